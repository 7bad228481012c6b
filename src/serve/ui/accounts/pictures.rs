//! Pictures of people and channels, under addresses that name their content.

use crate::people::{PictureHash, PictureOf};
use crate::serve::ui::pages::message;
use crate::serve::ui::reply::Reply;
use crate::serve::ui::routes::Visit;

/// GET /pictures/NAME/HASH
pub(in crate::serve::ui) fn of_person(visit: &Visit<'_>) -> Reply {
    let account = visit.house.people.account_named(visit.name());
    let of = account.map(|account| PictureOf::Person(account.id));
    of.map_or_else(|| message::not_found(visit), |of| picture(visit, of))
}

/// GET /pictures/NAME/channel/HASH, for whoever sees the channel.
pub(in crate::serve::ui) fn of_channel(visit: &Visit<'_>) -> Reply {
    let channel = visit.channel().ok();
    let of = channel.map(|channel| PictureOf::Channel(channel.account.id));
    of.map_or_else(|| message::not_found(visit), |of| picture(visit, of))
}

fn picture(visit: &Visit<'_>, of: PictureOf) -> Reply {
    let Some(hash) = PictureHash::parse(visit.places.get("hash")) else {
        return message::not_found(visit);
    };
    match visit.house.people.picture(of, hash) {
        Ok(Some((info, bytes))) => Reply::picture(info.kind.media_type(), bytes),
        Ok(None) => message::not_found(visit),
        Err(error) => {
            log::error!("a picture could not be read: {error}");
            message::failed()
        }
    }
}

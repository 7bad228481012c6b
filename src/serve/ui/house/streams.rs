//! Ending what is on air.

use crate::people::Role;
use crate::serve::ui::accounts::own::done;
use crate::serve::ui::house::people;
use crate::serve::ui::problem::Problem;
use crate::serve::ui::reply::Reply;
use crate::serve::ui::routes::Visit;
use crate::serve::ui::words::house;

/// For the encoder: the owner's doing.
const BY_OWNER: &str = "The owner of this box has ended the stream.";
/// For the encoder: its person's doing.
const BY_PERSON: &str = "The stream was ended by hand.";

/// Ends somebody's stream, and pauses their keys too if asked for: the owner anybody's; others their own, whose keys they can't
/// pause.
pub(in crate::serve::ui) fn end(visit: &Visit<'_>, name: &str, pause: bool) -> Result<(), Problem> {
    let (w, me) = (visit.words(), visit.me()?);
    let is_owner = me.role == Role::Owner;
    if !is_owner && (me.name != name || pause) {
        return Err(Problem::forbidden(w));
    }
    let account = visit.house.people.account_named(name);
    let account = account.ok_or_else(|| Problem::not_found(w))?;
    if pause {
        people::pause(visit, account.id)?;
    }
    let text = match me.name == name {
        true => BY_PERSON,
        false => BY_OWNER,
    };
    match visit.house.channels.end_stream(name, text) {
        true => Ok(()),
        false => {
            let h = house::Words::of(visit.request.language);
            Err(Problem::new(409, "off_air", h.not_live))
        }
    }
}

/// POST /api/v1/channels/NAME/end: `pause` for the keys too.
pub(in crate::serve::ui) fn api_end(visit: &Visit<'_>) -> Result<Reply, Problem> {
    let pause = visit.field("pause") == "1";
    end(visit, visit.name(), pause).map(|()| done())
}

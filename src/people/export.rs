//! All that is kept about one person, for that person: a value that writes itself, read row by row while it is written, so that
//! it needs no memory for all that somebody ever said. No hashes and no secrets but their own stream keys.

use super::channel::Visibility;
use super::keys::KeyUse;
use super::pictures::{PictureInfo, PictureOf};
use super::{AccountId, Moment, People, PeopleError, Position, Role};
use data_encoding::BASE64;
use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};

/// See the module.
#[derive(Clone, Copy, Debug)]
pub struct Export<'a> {
    people: &'a People,
    id: AccountId,
}

#[derive(Serialize)]
struct OwnAccount {
    number: u32,
    name: String,
    display_name: String,
    role: &'static str,
    joined: Option<Moment>,
    invited_by: Option<String>,
    last_here: Option<Moment>,
    comments_switched_off: bool,
    keys_paused: bool,
    bitrate_max: Option<u32>,
    picture: Option<OwnPicture>,
}

#[derive(Serialize)]
struct OwnPicture {
    #[serde(flatten)]
    info: PictureInfo,
    base64: String,
}

#[derive(Serialize)]
struct OwnChannel {
    title: String,
    description: String,
    tags: Vec<String>,
    who_may_watch: &'static str,
    last_live: Option<Moment>,
    followers: usize,
    muted: Vec<String>,
    picture: Option<OwnPicture>,
}

#[derive(Serialize)]
struct OwnKey {
    number: u32,
    label: String,
    key: Option<String>,
    paused: bool,
    last_use: Option<KeyUse>,
}

#[derive(Serialize)]
struct OwnInvitation {
    label: String,
    role: &'static str,
    uses: u16,
    used: u16,
    minutes_left: u32,
}

#[derive(Serialize)]
struct OwnComment {
    channel: String,
    number: u64,
    text: String,
    at: Moment,
    position: Option<Position>,
    removed_by: Option<String>,
}

impl People {
    /// All that is kept about a person, as a value that serialises itself. Reads the card while it is written.
    pub fn export_of(&self, id: AccountId) -> Result<Export<'_>, PeopleError> {
        self.must_exist(id)?;
        Ok(Export { people: self, id })
    }
}

impl Serialize for Export<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("Export", 6)?;
        out.serialize_field("account", &self.account())?;
        out.serialize_field("channel", &self.channel())?;
        out.serialize_field("keys", &self.keys())?;
        out.serialize_field("follows", &self.names(&self.people.followed_by(self.id)))?;
        out.serialize_field("invitations", &self.invitations())?;
        out.serialize_field("comments", &OwnComments(*self))?;
        out.end()
    }
}

/// Written one by one.
struct OwnComments<'a>(Export<'a>);

impl Serialize for OwnComments<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Export { people, id } = self.0;
        let channels: Vec<AccountId> = people.directory().comments.keys().copied().collect();
        let rows = channels.into_iter().flat_map(|channel| {
            let rows = people.comment_rows(channel);
            rows.filter(move |(_, row)| row.author == id)
                .filter_map(move |(_, row)| people.directory().comment(channel, row))
        });
        serializer.collect_seq(rows.map(|comment| OwnComment {
            channel: self.0.name(comment.channel),
            number: comment.id,
            text: comment.text,
            at: comment.at,
            position: comment.position,
            removed_by: comment.removed_by,
        }))
    }
}

impl Export<'_> {
    fn account(&self) -> Option<OwnAccount> {
        let directory = self.people.directory();
        let row = directory.accounts.get(&self.id)?.clone();
        let last_here = directory.last_heres.get(&self.id);
        let last_here = last_here.map(|at| directory.moment(*at));
        let joined = row.joined.map(|at| directory.moment(at));
        drop(directory);
        Some(OwnAccount {
            number: self.id.0,
            name: row.name,
            display_name: row.display_name,
            role: word(row.role),
            joined,
            invited_by: row.invited_by.map(|by| self.name(by)),
            last_here,
            comments_switched_off: row.muted,
            keys_paused: row.keys_paused,
            bitrate_max: row.bitrate_max,
            picture: self.picture(PictureOf::Person(self.id)),
        })
    }

    fn channel(&self) -> Option<OwnChannel> {
        let directory = self.people.directory();
        let row = directory
            .channels
            .get(&self.id)
            .cloned()
            .unwrap_or_default();
        let muted = directory.mutes.get(&self.id).cloned().unwrap_or_default();
        let followers = directory.followers(self.id).count();
        drop(directory);
        Some(OwnChannel {
            title: row.title,
            description: self.people.description(self.id).unwrap_or_default(),
            tags: row.tags,
            who_may_watch: match row.visibility {
                Visibility::Household => "household",
                Visibility::Members => "members",
                Visibility::PassPhrase => "pass-phrase",
            },
            last_live: self.people.last_live(self.id),
            followers,
            muted: self.names(&muted),
            picture: self.picture(PictureOf::Channel(self.id)),
        })
    }

    fn keys(&self) -> Vec<OwnKey> {
        let keys = self.people.keys(self.id).into_iter();
        let own = keys.map(|key| OwnKey {
            number: key.id.0,
            label: key.label,
            key: key.text.map(|text| text.grouped()),
            paused: key.is_paused,
            last_use: key.last_use,
        });
        own.collect()
    }

    fn invitations(&self) -> Vec<OwnInvitation> {
        let now = self.people.powered.latest();
        let all = self.people.invitations(self.id, now).unwrap_or_default();
        let own = all
            .into_iter()
            .filter(|invitation| invitation.made_by == self.id);
        let own = own.map(|invitation| OwnInvitation {
            label: invitation.label,
            role: word(invitation.role),
            uses: invitation.uses,
            used: invitation.used,
            minutes_left: invitation.minutes_left,
        });
        own.collect()
    }

    fn picture(&self, of: PictureOf) -> Option<OwnPicture> {
        let info = self.people.picture_info(of)?;
        let (info, bytes) = self.people.picture(of, info.hash).ok().flatten()?;
        let base64 = BASE64.encode(&bytes);
        Some(OwnPicture { info, base64 })
    }

    fn name(&self, id: AccountId) -> String {
        let account = self.people.account(id);
        account.map_or_else(String::new, |account| account.name)
    }

    fn names(&self, ids: &[AccountId]) -> Vec<String> {
        ids.iter().map(|id| self.name(*id)).collect()
    }
}

fn word(role: Role) -> &'static str {
    match role {
        Role::Owner => "owner",
        Role::Member => "member",
        Role::Guest => "guest",
        Role::Child => "child",
    }
}

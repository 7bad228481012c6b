//! What this floor keeps in the store.

use super::{AccountId, HouseSettings, KeyId, PictureKind, Role, Visibility};
use crate::store::{Durability, LOCAL_TABLE, Table, TableInfo};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::net::IpAddr;

/// A person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct AccountRow {
    pub(super) name: String,
    pub(super) display_name: String,
    pub(super) role: Role,
    /// PHC string.
    pub(super) password: String,
    /// Sessions of an earlier epoch no longer count.
    pub(super) epoch: u32,
    /// Since when; None for accounts from before this was written.
    pub(super) joined: Option<Stamp>,
    /// Who made the invitation.
    pub(super) invited_by: Option<AccountId>,
    /// May not comment anywhere.
    pub(super) muted: bool,
    /// None of the keys works for now.
    pub(super) keys_paused: bool,
    /// Bits/s that count instead of the house's.
    pub(super) bitrate_max: Option<u32>,
}

#[derive(Deserialize)]
struct AccountRow1 {
    name: String,
    display_name: String,
    role: Role,
    password: String,
    epoch: u32,
}

impl From<AccountRow1> for AccountRow {
    fn from(old: AccountRow1) -> AccountRow {
        AccountRow {
            name: old.name,
            display_name: old.display_name,
            role: old.role,
            password: old.password,
            epoch: old.epoch,
            joined: None,
            invited_by: None,
            muted: false,
            keys_paused: false,
            bitrate_max: None,
        }
    }
}

/// A stream key: how it is found, and sealed so that it can be shown again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct KeyRow {
    pub(super) account: AccountId,
    pub(super) label: String,
    pub(super) lookup: [u8; 32],
    pub(super) sealed: Vec<u8>,
    /// Powered-on minute from which it works no more: it was replaced.
    pub(super) stops: Option<u32>,
    /// Its person has stopped it for now.
    pub(super) paused: bool,
}

#[derive(Deserialize)]
struct KeyRow2 {
    account: AccountId,
    label: String,
    lookup: [u8; 32],
    sealed: Vec<u8>,
    stops: Option<u32>,
}

impl From<KeyRow2> for KeyRow {
    fn from(old: KeyRow2) -> KeyRow {
        KeyRow {
            account: old.account,
            label: old.label,
            lookup: old.lookup,
            sealed: old.sealed,
            stops: old.stops,
            paused: false,
        }
    }
}

#[derive(Deserialize)]
struct KeyRow1 {
    account: AccountId,
    label: String,
    lookup: [u8; 32],
    sealed: Vec<u8>,
}

impl From<KeyRow1> for KeyRow {
    fn from(old: KeyRow1) -> KeyRow {
        KeyRow {
            account: old.account,
            label: old.label,
            lookup: old.lookup,
            sealed: old.sealed,
            stops: None,
            paused: false,
        }
    }
}

/// A moment as rows hold it: the start of the box in which it fell (by the powered-on minute at which that began), and ms since.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Stamp {
    pub(super) boot: u32,
    pub(super) ms: u64,
}

/// When and from where a key was last used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct KeyUseRow {
    pub(super) account: AccountId,
    pub(super) at: Stamp,
    pub(super) from: IpAddr,
}

/// When a channel was last live.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct LastLiveRow {
    pub(super) began: Stamp,
    /// None: it still is, or the power was cut.
    pub(super) ended: Option<Stamp>,
}

/// What a channel says of itself, but for its description.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ChannelRow {
    pub(super) title: String,
    pub(super) tags: Vec<String>,
    pub(super) visibility: Visibility,
    /// PHC string of the pass-phrase.
    pub(super) phrase: Option<String>,
    /// Passes of an earlier epoch no longer count.
    pub(super) pass_epoch: u32,
}

/// An invitation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct InvitationRow {
    pub(super) lookup: [u8; 32],
    pub(super) label: String,
    pub(super) role: Role,
    pub(super) uses: u16,
    pub(super) used: u16,
    /// Powered-on minute from which it counts no more.
    pub(super) expires: u32,
    pub(super) made_by: AccountId,
}

/// A password reset link that nobody has used yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ResetRow {
    pub(super) lookup: [u8; 32],
    /// Powered-on minute from which it counts no more.
    pub(super) expires: u32,
}

/// A NAME that is kept back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct RetiredRow {
    pub(super) account: AccountId,
    /// Powered-on minute of the deletion.
    pub(super) since: u32,
    /// All that the person left has been cleaned away.
    pub(super) clean: bool,
}

/// What a picture is; its bytes are rows of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct PictureRow {
    pub(super) hash: [u8; 16],
    pub(super) kind: PictureKind,
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) bytes: u32,
}

/// Whose picture: 0 the person's, 1 the channel's.
pub(super) type PictureKey = (u8, AccountId);

/// A comment. Who is gone has number 0.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct CommentRow {
    pub(super) id: u64,
    pub(super) author: AccountId,
    pub(super) text: String,
    pub(super) at: Stamp,
    /// The session's tag and ms since it began.
    pub(super) position: Option<(u32, u64)>,
    pub(super) removed_by: Option<AccountId>,
}

/// A channel's comments lie in [`COMMENTS_KEPT`](crate::limits::people::COMMENTS_KEPT) places that are used in turn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct CommentHeadRow {
    /// Number of the next one.
    pub(super) next: u64,
    /// Its place.
    pub(super) place: u16,
    /// Places in use, ending before it.
    pub(super) count: u16,
    /// Bytes of text in them.
    pub(super) bytes: u32,
}

/// Powered-on time as last written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct PoweredRow {
    pub(super) minutes: u32,
    /// Written by an orderly stop.
    pub(super) stopped: bool,
}

/// The next numbers to give out: an account or key number is for life, also after its row is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct NextRow {
    pub(super) account: u32,
    pub(super) key: u32,
}

impl Default for NextRow {
    fn default() -> NextRow {
        NextRow { account: 1, key: 1 }
    }
}

macro_rules! table {
    ($(#[$doc:meta])* $table:ident, $id:expr, $name:literal, $durability:ident, $key:ty => $row:ty) => {
        table!($(#[$doc])* $table, $id, $name, $durability, $key => $row, 1, |_, _| None);
    };
    ($(#[$doc:meta])* $table:ident, $id:expr, $name:literal, $durability:ident, $key:ty => $row:ty, $version:literal, $older:expr) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub(super) struct $table;

        impl Table for $table {
            const ID: u8 = $id;
            const NAME: &'static str = $name;
            const VERSION: u8 = $version;
            const DURABILITY: Durability = Durability::$durability;
            type Key = $key;
            type Row = $row;

            fn migrate(version: u8, bytes: &[u8]) -> Option<$row> {
                let older: fn(u8, &[u8]) -> Option<$row> = $older;
                match version {
                    $version => read(bytes),
                    version => older(version, bytes),
                }
            }
        }
    };
}

table!(/// Everybody with a password.
Accounts, 1, "accounts", Durable, AccountId => AccountRow, 2,
|version, bytes| match version {
    1 => read::<AccountRow1>(bytes).map(AccountRow::from),
    _ => None,
});
table!(/// Everybody's stream keys.
Keys, 2, "keys", Durable, KeyId => KeyRow, 3,
|version, bytes| match version {
    1 => read::<KeyRow1>(bytes).map(KeyRow::from),
    2 => read::<KeyRow2>(bytes).map(KeyRow::from),
    _ => None,
});
table!(/// The first media sequence number of each channel that no session has been promised.
    Sequences, 3, "sequences", Durable, AccountId => u64);
table!(/// One row.
    Next, 4, "next", Durable, () => NextRow);
table!(/// One row.
    Powered, 5, "powered", Batched, () => PoweredRow);
table!(/// What channels say of themselves.
    Channels, 6, "channels", Durable, AccountId => ChannelRow);
table!(/// Their descriptions, read when somebody asks.
    Descriptions, 7, "descriptions", Durable, AccountId => String);
table!(/// Whom somebody follows.
    Follows, 8, "follows", Durable, AccountId => Vec<AccountId>);
table!(/// Comments by channel and place.
    Comments, 9, "comments", Batched, (AccountId, u16) => CommentRow);
table!(/// Where each channel's comments begin and end.
    CommentHeads, 10, "comment heads", Batched, AccountId => CommentHeadRow);
table!(/// Who is muted on a channel.
    Mutes, 11, "mutes", Durable, AccountId => Vec<AccountId>);
table!(/// Open invitations.
    Invitations, 12, "invitations", Durable, u32 => InvitationRow);
table!(/// Open password reset links.
    Resets, 13, "resets", Durable, AccountId => ResetRow);
table!(/// NAMEs of deleted accounts.
    Retired, 14, "retired names", Durable, String => RetiredRow);
table!(/// One row.
    House, 15, "house", Durable, () => HouseSettings);
table!(/// What pictures there are.
    Pictures, 16, "pictures", Durable, PictureKey => PictureRow);
table!(/// Their bytes.
    PictureParts, 17, "picture parts", Durable, (u8, AccountId, u8) => Vec<u8>);
table!(/// When and from where keys were last used.
    KeyUses, 18, "key uses", Batched, KeyId => KeyUseRow);
table!(/// When channels were last live.
    LastLives, 19, "last lives", Batched, AccountId => LastLiveRow);
table!(/// When people were last here.
    LastHeres, 20, "last heres", Batched, AccountId => Stamp);
table!(/// Wall-clock ms since 1970 at which a start of the box began, by its powered-on minute.
    Anchors, 21, "anchors", Batched, u32 => i64);
table!(/// One row: what makes this store another than those that a backup of it is restored to. In no backup.
    Lineages, LOCAL_TABLE, "lineage", Durable, () => [u8; 16]);

/// All of them: a store that knows others, or later versions, was written by a newer daemon.
pub const TABLES: &[TableInfo] = &[
    TableInfo::of::<Accounts>(),
    TableInfo::of::<Keys>(),
    TableInfo::of::<Sequences>(),
    TableInfo::of::<Next>(),
    TableInfo::of::<Powered>(),
    TableInfo::of::<Channels>(),
    TableInfo::of::<Descriptions>(),
    TableInfo::of::<Follows>(),
    TableInfo::of::<Comments>(),
    TableInfo::of::<CommentHeads>(),
    TableInfo::of::<Mutes>(),
    TableInfo::of::<Invitations>(),
    TableInfo::of::<Resets>(),
    TableInfo::of::<Retired>(),
    TableInfo::of::<House>(),
    TableInfo::of::<Pictures>(),
    TableInfo::of::<PictureParts>(),
    TableInfo::of::<KeyUses>(),
    TableInfo::of::<LastLives>(),
    TableInfo::of::<LastHeres>(),
    TableInfo::of::<Anchors>(),
    TableInfo::of::<Lineages>(),
];

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    match postcard::take_from_bytes(bytes) {
        Ok((row, [])) => Some(row),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn tables_have_their_numbers_for_themselves() {
        let ids: HashSet<u8> = TABLES.iter().map(|table| table.id).collect();
        assert_eq!(ids.len(), TABLES.len());
        assert!(!ids.contains(&255), "the end of an export");
    }

    #[test]
    fn accounts_from_the_first_version_are_read() {
        let bytes = b"\x04anna\x04Anna\x00\x01$\xac\x02";
        let row = Accounts::migrate(1, bytes).unwrap();
        assert_eq!(
            (row.name.as_str(), row.display_name.as_str()),
            ("anna", "Anna")
        );
        assert_eq!(
            (row.role, row.password.as_str(), row.epoch),
            (Role::Owner, "$", 300)
        );
        assert!(!row.muted && !row.keys_paused && row.joined.is_none());
        let now = postcard::to_allocvec(&row).unwrap();
        assert_eq!(Accounts::migrate(2, &now), Some(row));
        assert_eq!(Accounts::migrate(2, bytes), None);
        assert_eq!(Accounts::migrate(3, &now), None);
        assert_eq!(Accounts::migrate(1, &[&bytes[..], b"x"].concat()), None);
        assert_eq!(Accounts::migrate(1, b""), None);
    }

    #[test]
    fn keys_from_the_first_version_are_read_and_work_for_good() {
        let bytes = [&b"\x07\x03obs"[..], &[9; 32], b"\x02ab"].concat();
        let row = Keys::migrate(1, &bytes).unwrap();
        assert_eq!((row.account, row.label.as_str()), (AccountId(7), "obs"));
        assert_eq!((row.lookup, row.sealed.as_slice()), ([9; 32], &b"ab"[..]));
        assert_eq!((row.stops, row.paused), (None, false));
        let now = postcard::to_allocvec(&row).unwrap();
        assert_eq!(Keys::migrate(3, &now), Some(row));
        assert_eq!(Keys::migrate(4, &now), None);
    }

    #[test]
    fn keys_from_the_second_version_keep_their_end_and_are_not_paused() {
        let bytes = [&b"\x07\x03obs"[..], &[9; 32], b"\x02ab\x01\x05"].concat();
        let row = Keys::migrate(2, &bytes).unwrap();
        assert_eq!((row.stops, row.paused), (Some(5), false));
        assert_eq!(Keys::migrate(1, &bytes), None);
    }
}

//! What this floor keeps in the store.

use super::{AccountId, KeyId, Role};
use crate::store::{Durability, Table, TableInfo};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

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
}

/// A stream key: how it is found, and sealed so that it can be shown again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct KeyRow {
    pub(super) account: AccountId,
    pub(super) label: String,
    pub(super) lookup: [u8; 32],
    pub(super) sealed: Vec<u8>,
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
    ($(#[$doc:meta])* $table:ident, $id:literal, $name:literal, $durability:ident, $key:ty => $row:ty) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub(super) struct $table;

        impl Table for $table {
            const ID: u8 = $id;
            const NAME: &'static str = $name;
            const VERSION: u8 = 1;
            const DURABILITY: Durability = Durability::$durability;
            type Key = $key;
            type Row = $row;

            fn migrate(version: u8, bytes: &[u8]) -> Option<$row> {
                (version == 1).then(|| read(bytes)).flatten()
            }
        }
    };
}

table!(/// Everybody with a password.
    Accounts, 1, "accounts", Durable, AccountId => AccountRow);
table!(/// Everybody's stream keys.
    Keys, 2, "keys", Durable, KeyId => KeyRow);
table!(/// The first media sequence number of each channel that no session has been promised.
    Sequences, 3, "sequences", Durable, AccountId => u64);
table!(/// One row.
    Next, 4, "next", Durable, () => NextRow);
table!(/// One row.
    Powered, 5, "powered", Batched, () => PoweredRow);

/// All of them: a store that knows others, or later versions, was written by a newer daemon.
pub const TABLES: &[TableInfo] = &[
    TableInfo::of::<Accounts>(),
    TableInfo::of::<Keys>(),
    TableInfo::of::<Sequences>(),
    TableInfo::of::<Next>(),
    TableInfo::of::<Powered>(),
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
        let ids = [Accounts::ID, Keys::ID, Sequences::ID, Next::ID, Powered::ID];
        assert_eq!(ids.iter().collect::<HashSet<_>>().len(), ids.len());
    }

    #[test]
    fn rows_of_version_one_keep_their_bytes() {
        let row = AccountRow {
            name: "anna".into(),
            display_name: "Anna".into(),
            role: Role::Owner,
            password: "$".into(),
            epoch: 300,
        };
        let bytes = postcard::to_allocvec(&row).unwrap();
        assert_eq!(bytes, b"\x04anna\x04Anna\x00\x01$\xac\x02");
        assert_eq!(Accounts::migrate(1, &bytes), Some(row));
        assert_eq!(Accounts::migrate(2, &bytes), None);
        assert_eq!(Accounts::migrate(1, &[&bytes[..], b"x"].concat()), None);
        assert_eq!(Accounts::migrate(1, b""), None);
    }
}

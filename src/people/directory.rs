//! Everybody and their keys in memory: what lookups use, so that no reader waits for flash.

use super::names;
use super::tables::{AccountRow, KeyRow, NextRow};
use super::{AccountId, KeyId, Role};
use std::collections::{BTreeMap, HashMap};

/// See the module. Bounded by `ACCOUNTS_MAX` and `KEYS_PER_ACCOUNT_MAX` where rows are added.
#[derive(Debug, Default)]
pub(super) struct Directory {
    pub(super) accounts: BTreeMap<AccountId, AccountRow>,
    pub(super) keys: BTreeMap<KeyId, KeyRow>,
    by_name: HashMap<String, AccountId>,
    by_lookup: HashMap<[u8; 32], KeyId>,
    pub(super) next: NextRow,
}

impl Directory {
    pub(super) fn put_account(&mut self, id: AccountId, row: AccountRow) {
        self.by_name.insert(row.name.clone(), id);
        self.next.account = self.next.account.max(id.0.saturating_add(1));
        self.accounts.insert(id, row);
    }

    pub(super) fn put_key(&mut self, id: KeyId, row: KeyRow) {
        self.by_lookup.insert(row.lookup, id);
        self.next.key = self.next.key.max(id.0.saturating_add(1));
        self.keys.insert(id, row);
    }

    pub(super) fn remove_key(&mut self, id: KeyId) {
        if let Some(row) = self.keys.remove(&id) {
            self.by_lookup.remove(&row.lookup);
        }
    }

    pub(super) fn named(&self, name: &str) -> Option<AccountId> {
        self.by_name.get(name).copied()
    }

    /// Who logs in with this text: a NAME, what leads to one, or a display name that only one person has.
    pub(super) fn meant_by(&self, typed: &str) -> Option<AccountId> {
        let typed = typed.trim();
        if let Some(id) = self.named(typed) {
            return Some(id);
        }
        let shown = names::display_name(typed).ok();
        let so_called = |row: &AccountRow| Some(&row.display_name) == shown.as_ref();
        let mut same = self.accounts.iter().filter(|(_, row)| so_called(row));
        match (same.next(), same.next()) {
            (Some((id, _)), None) => Some(*id),
            _ => self.named(&names::name_from(typed)?),
        }
    }

    pub(super) fn holder(&self, lookup: &[u8; 32]) -> Option<(KeyId, &KeyRow, &AccountRow)> {
        let id = *self.by_lookup.get(lookup)?;
        let key = self.keys.get(&id)?;
        Some((id, key, self.accounts.get(&key.account)?))
    }

    pub(super) fn keys_of(&self, account: AccountId) -> impl Iterator<Item = (KeyId, &KeyRow)> {
        let of = move |row: &&KeyRow| row.account == account;
        self.keys
            .iter()
            .filter(move |(_, row)| of(row))
            .map(|(id, row)| (*id, row))
    }

    pub(super) fn has_owner(&self) -> bool {
        self.accounts.values().any(|a| a.role == Role::Owner)
    }
}

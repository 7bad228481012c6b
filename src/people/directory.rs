//! The household in memory: what lookups use, so that no reader waits for flash. Comments, descriptions and the bytes of
//! pictures are read from the store when somebody asks.

use super::names;
use super::tables::{
    AccountRow, Accounts, Anchors, ChannelRow, Channels, CommentHeadRow, CommentHeads, Follows,
    House, InvitationRow, Invitations, KeyRow, KeyUseRow, KeyUses, Keys, LastHeres, LastLiveRow,
    LastLives, Mutes, Next, NextRow, PictureKey, PictureRow, Pictures, ResetRow, Resets, Retired,
    RetiredRow, Stamp,
};
use super::{AccountId, HouseSettings, KeyId, Role};
use crate::store::{Store, StoreError};
use std::collections::{BTreeMap, HashMap};

/// See the module. Bounded by `limits::people` where rows are added, [`DIRECTORY_BYTES`](crate::limits::people::DIRECTORY_BYTES) in all.
#[derive(Debug, Default)]
pub(super) struct Directory {
    pub(super) accounts: BTreeMap<AccountId, AccountRow>,
    pub(super) keys: BTreeMap<KeyId, KeyRow>,
    by_name: HashMap<String, AccountId>,
    by_lookup: HashMap<[u8; 32], KeyId>,
    pub(super) next: NextRow,
    pub(super) house: HouseSettings,
    pub(super) channels: BTreeMap<AccountId, ChannelRow>,
    /// Whom each person follows, by number.
    pub(super) follows: BTreeMap<AccountId, Vec<AccountId>>,
    /// Who is muted on each channel, by number.
    pub(super) mutes: BTreeMap<AccountId, Vec<AccountId>>,
    pub(super) comments: BTreeMap<AccountId, CommentHeadRow>,
    pub(super) pictures: BTreeMap<PictureKey, PictureRow>,
    pub(super) invitations: BTreeMap<u32, InvitationRow>,
    pub(super) resets: BTreeMap<AccountId, ResetRow>,
    pub(super) retired: BTreeMap<String, RetiredRow>,
    pub(super) key_uses: BTreeMap<KeyId, KeyUseRow>,
    pub(super) last_lives: BTreeMap<AccountId, LastLiveRow>,
    pub(super) last_heres: BTreeMap<AccountId, Stamp>,
    pub(super) anchors: BTreeMap<u32, i64>,
}

impl Directory {
    /// What the store holds.
    pub(super) fn load(store: &Store) -> Result<Directory, StoreError> {
        let mut directory = Directory {
            next: store.get::<Next>(&())?.unwrap_or_default(),
            house: store.get::<House>(&())?.unwrap_or_default(),
            channels: store.scan::<Channels>()?.into_iter().collect(),
            follows: store.scan::<Follows>()?.into_iter().collect(),
            mutes: store.scan::<Mutes>()?.into_iter().collect(),
            comments: store.scan::<CommentHeads>()?.into_iter().collect(),
            pictures: store.scan::<Pictures>()?.into_iter().collect(),
            invitations: store.scan::<Invitations>()?.into_iter().collect(),
            resets: store.scan::<Resets>()?.into_iter().collect(),
            retired: store.scan::<Retired>()?.into_iter().collect(),
            key_uses: store.scan::<KeyUses>()?.into_iter().collect(),
            last_lives: store.scan::<LastLives>()?.into_iter().collect(),
            last_heres: store.scan::<LastHeres>()?.into_iter().collect(),
            anchors: store.scan::<Anchors>()?.into_iter().collect(),
            ..Directory::default()
        };
        for (id, row) in store.scan::<Accounts>()? {
            directory.put_account(id, row);
        }
        for (id, row) in store.scan::<Keys>()? {
            directory.put_key(id, row);
        }
        Ok(directory)
    }

    /// Takes a person and what is theirs out, but for what is in other people's rows.
    pub(super) fn remove_account(&mut self, id: AccountId) {
        let keys: Vec<KeyId> = self.keys_of(id).map(|(key, _)| key).collect();
        keys.into_iter().for_each(|key| self.remove_key(key));
        if let Some(row) = self.accounts.remove(&id) {
            self.by_name.remove(&row.name);
        }
        self.channels.remove(&id);
        self.follows.remove(&id);
        self.mutes.remove(&id);
        self.resets.remove(&id);
        self.last_lives.remove(&id);
        self.last_heres.remove(&id);
        self.pictures.retain(|(_, of), _| *of != id);
        self.invitations.retain(|_, row| row.made_by != id);
    }

    /// Takes a person out of what others follow and mute.
    pub(super) fn forget(&mut self, id: AccountId) {
        self.comments.remove(&id);
        for others in self.follows.values_mut().chain(self.mutes.values_mut()) {
            others.retain(|other| *other != id);
        }
    }

    pub(super) fn put_account(&mut self, id: AccountId, mut row: AccountRow) {
        row.display_name.shrink_to_fit();
        self.by_name.insert(row.name.clone(), id);
        self.next.account = self.next.account.max(id.0.saturating_add(1));
        self.accounts.insert(id, row);
    }

    pub(super) fn put_channel(&mut self, id: AccountId, mut row: ChannelRow) {
        row.title.shrink_to_fit();
        row.tags.iter_mut().for_each(String::shrink_to_fit);
        self.channels.insert(id, row);
    }

    pub(super) fn put_key(&mut self, id: KeyId, mut row: KeyRow) {
        row.label.shrink_to_fit();
        self.by_lookup.insert(row.lookup, id);
        self.next.key = self.next.key.max(id.0.saturating_add(1));
        self.keys.insert(id, row);
    }

    pub(super) fn remove_key(&mut self, id: KeyId) {
        if let Some(row) = self.keys.remove(&id) {
            self.by_lookup.remove(&row.lookup);
        }
        self.key_uses.remove(&id);
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
        self.owners() > 0
    }

    pub(super) fn owners(&self) -> usize {
        let roles = self.accounts.values().map(|row| row.role);
        roles.filter(|role| *role == Role::Owner).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::people::*;

    /// Bytes of `count` entries of a map with so many bytes of text each: nodes are at least 5/11 full, hash tables 7/16.
    fn map<K, V>(count: usize, texts: usize) -> usize {
        count * ((size_of::<K>() + size_of::<V>()) * 11 / 5 + 16 + texts)
    }

    /// A text of so many characters of four bytes; what is put in has no spare room.
    fn text(characters: usize) -> usize {
        4 * characters
    }

    #[test]
    fn a_full_house_fits_its_share_of_the_budget() {
        let phc = 128;
        let account = 2 * NAME_MAX + text(DISPLAY_NAME_MAX) + phc;
        let channel = text(TITLE_MAX) + TAGS_MAX * (text(TAG_MAX) + size_of::<String>()) + phc;
        let lists = |most: usize| map::<AccountId, Vec<AccountId>>(ACCOUNTS_MAX, 4 * most);
        let keys = KEYS_MAX;
        let throttled = 3 * THROTTLED_ADDRESSES_MAX + 2 * THROTTLED_ACCOUNTS_MAX;
        let all = [
            map::<AccountId, AccountRow>(ACCOUNTS_MAX, account),
            map::<String, AccountId>(ACCOUNTS_MAX, NAME_MAX),
            map::<KeyId, KeyRow>(keys, text(KEY_LABEL_MAX) + 64),
            map::<[u8; 32], KeyId>(keys, 0),
            map::<KeyId, KeyUseRow>(keys, 0),
            map::<AccountId, ChannelRow>(ACCOUNTS_MAX, channel),
            lists(FOLLOWED_MAX),
            lists(MUTED_MAX),
            map::<AccountId, CommentHeadRow>(ACCOUNTS_MAX, 0),
            map::<PictureKey, PictureRow>(2 * ACCOUNTS_MAX, 0),
            map::<u32, InvitationRow>(INVITATIONS_MAX, text(INVITATION_LABEL_MAX)),
            map::<AccountId, ResetRow>(ACCOUNTS_MAX, 0),
            map::<String, RetiredRow>(RETIRED_NAMES_MAX, NAME_MAX),
            map::<AccountId, LastLiveRow>(ACCOUNTS_MAX, 0),
            map::<AccountId, Stamp>(ACCOUNTS_MAX, 0),
            map::<u32, i64>(ANCHORS_MAX, 0),
            throttled * 128 + THROTTLED_ACCOUNTS_MAX * text(DISPLAY_NAME_MAX),
        ];
        let sum = all.iter().sum::<usize>() as u64;
        assert!(sum <= DIRECTORY_BYTES, "{sum}: {all:?}");
        assert!(
            sum > DIRECTORY_BYTES / 2,
            "{sum} is far less than its share"
        );
    }
}

//! Stream keys: found by HMAC, kept sealed, shown again, replaced.

use super::directory::Directory;
use super::key_text::KeyText;
use super::secret::{DeviceSecret, Purpose};
use super::tables::{KeyRow, KeyUses, Keys, Next, NextRow};
use super::{AccountId, KeyHolder, KeyId, Moment, People, PeopleError, names};
use crate::limits::people::{KEY_OVERLAP_MINUTES_MAX, KEYS_MAX, KEYS_PER_ACCOUNT_MAX};
use crate::store::Batch;
use crate::time::Mono;
use std::net::IpAddr;

/// A key as its owner's page lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyView {
    /// Number, for life.
    pub id: KeyId,
    /// What its owner calls it; may be empty.
    pub label: String,
    /// The key itself; None if this box has another device secret than the one that sealed it.
    pub text: Option<KeyText>,
    /// Whether it works.
    pub state: KeyState,
    /// Its person has stopped it for now.
    pub is_paused: bool,
    /// When and from where a session was last begun with it.
    pub last_use: Option<KeyUse>,
}

/// Whether a key works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// It does.
    Works,
    /// It was replaced and works on for these minutes of powered-on time.
    Ends(u32),
    /// Its person has stopped it for now, or the owner all keys of theirs.
    Paused,
    /// Its person may not go live.
    Idle,
}

/// A key's last use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct KeyUse {
    /// When the session began.
    pub at: Moment,
    /// The encoder's address.
    pub from: IpAddr,
}

impl People {
    /// Whose key this text is, if it works; dashes and case ignored; constant-time; None for any other text, a replaced key
    /// whose time is over, a paused one, and one of somebody who may not go live. Fast: no hashing of passwords, no disk.
    /// [`People::admit_key`] tells the reason.
    pub fn holder_of_key(&self, text: &str) -> Option<KeyHolder> {
        let holder = self.key_in_time(text)?;
        let directory = self.directory();
        let person = directory.accounts.get(&holder.account)?;
        let is_paused = person.keys_paused || directory.keys.get(&holder.key)?.paused;
        (person.role.may_publish() && !is_paused).then_some(holder)
    }

    /// Whose key this text is, if it was not replaced for good; whether they may go live with it is another question.
    pub fn key_in_time(&self, text: &str) -> Option<KeyHolder> {
        let key = KeyText::parse(text)?;
        let minute = self.powered.minute(self.powered.latest());
        // The table is searched by a keyed hash, so how long that takes says nothing about any key.
        let lookup = lookup(&self.secret, &key);
        let directory = self.directory();
        let (id, row, person) = directory.holder(&lookup)?;
        row.stops
            .is_none_or(|stops| minute < stops)
            .then(|| KeyHolder {
                account: row.account,
                name: person.name.clone(),
                display_name: person.display_name.clone(),
                key: id,
            })
    }

    /// Was this key replaced, and is its time over?
    pub fn is_key_over(&self, key: KeyId, now: Mono) -> bool {
        let minute = self.powered.minute(now);
        let directory = self.directory();
        directory
            .keys
            .get(&key)
            .is_some_and(|row| is_over(row, minute))
    }

    /// A person's keys, oldest first; without replaced ones whose time is over.
    pub fn keys(&self, account: AccountId) -> Vec<KeyView> {
        let minute = self.powered.minute(self.powered.latest());
        let directory = self.directory();
        let rows = directory.keys_of(account);
        let rows = rows.filter(|(_, row)| !is_over(row, minute));
        rows.map(|(id, row)| self.view(&directory, id, row, minute))
            .collect()
    }

    /// One more key. Writes durably (blocks).
    pub fn add_key(
        &self,
        account: AccountId,
        label: &str,
    ) -> Result<(KeyId, KeyText), PeopleError> {
        let label = names::key_label(label).map_err(PeopleError::DisplayName)?;
        let _turn = self.change();
        self.must_exist(account)?;
        self.has_room_for_key(account)?;
        self.put_new_key(account, &label, None)
    }

    /// Changes what a key is called. Writes durably (blocks).
    pub fn rename_key(
        &self,
        account: AccountId,
        key: KeyId,
        label: &str,
    ) -> Result<(), PeopleError> {
        let label = names::key_label(label).map_err(PeopleError::DisplayName)?;
        let _turn = self.change();
        let row = KeyRow {
            label,
            ..self.own_key(account, key)?
        };
        self.store.put::<Keys>(&key, &row)?;
        self.show(|directory| directory.put_key(key, row));
        Ok(())
    }

    /// Stops one of a person's own keys until it is resumed, or resumes it: what the owner has stopped stays so. A stream by it
    /// is to be ended. Writes durably (blocks).
    pub fn pause_key(
        &self,
        account: AccountId,
        key: KeyId,
        paused: bool,
    ) -> Result<(), PeopleError> {
        let _turn = self.change();
        let row = self.own_key(account, key)?;
        if row.paused == paused {
            return Ok(());
        }
        let row = KeyRow { paused, ..row };
        self.store.put::<Keys>(&key, &row)?;
        self.show(|directory| directory.put_key(key, row));
        Ok(())
    }

    /// Makes a new key in the place of `old`, which works on for these minutes of powered-on time (a day is
    /// [`KEY_OVERLAP_MINUTES`](crate::limits::people::KEY_OVERLAP_MINUTES)) and then stops by itself. A key that was replaced
    /// so already keeps its end. Writes durably (blocks).
    pub fn replace_key(
        &self,
        account: AccountId,
        old: KeyId,
        overlap_minutes: u32,
        now: Mono,
    ) -> Result<(KeyId, KeyText), PeopleError> {
        let minute = self.powered.minute(now);
        if overlap_minutes == 0 {
            return self.rotate_key(account, old);
        }
        let _turn = self.change();
        let row = self.own_key(account, old)?;
        if row.stops.is_some() {
            return Err(PeopleError::Unknown("key"));
        }
        self.has_room_for_key(account)?;
        let stops = minute.saturating_add(overlap_minutes.min(KEY_OVERLAP_MINUTES_MAX));
        let label = row.label.clone();
        let ending = KeyRow {
            stops: Some(stops),
            ..row
        };
        self.put_new_key(account, &label, Some((old, Some(ending))))
    }

    /// Room for one more key, once those are gone whose time is over.
    fn has_room_for_key(&self, account: AccountId) -> Result<(), PeopleError> {
        let minute = self.powered.minute(self.powered.latest());
        let directory = self.directory();
        let over = directory
            .keys_of(account)
            .filter(|(_, row)| is_over(row, minute));
        let over: Vec<KeyId> = over.map(|(id, _)| id).collect();
        let left = directory.keys_of(account).count() - over.len();
        let all = directory.keys.len() - over.len();
        drop(directory);
        if left >= KEYS_PER_ACCOUNT_MAX || all >= KEYS_MAX {
            return Err(PeopleError::Full("keys"));
        }
        let mut batch = Batch::new();
        for key in &over {
            batch.remove::<Keys>(key);
            batch.remove::<KeyUses>(key);
        }
        self.store.commit(batch)?;
        self.show(|directory| over.iter().for_each(|key| directory.remove_key(*key)));
        Ok(())
    }

    /// Puts a new key in the place of `old`, which counts no more from now on. Writes durably (blocks).
    pub fn rotate_key(
        &self,
        account: AccountId,
        old: KeyId,
    ) -> Result<(KeyId, KeyText), PeopleError> {
        let _turn = self.change();
        let label = self.own_key(account, old)?.label;
        self.put_new_key(account, &label, Some((old, None)))
    }

    /// Takes a key away. Writes durably (blocks).
    pub fn revoke_key(&self, account: AccountId, key: KeyId) -> Result<(), PeopleError> {
        let _turn = self.change();
        self.own_key(account, key)?;
        let mut batch = Batch::new();
        batch.remove::<Keys>(&key);
        batch.remove::<KeyUses>(&key);
        self.store.commit(batch)?;
        self.show(|directory| directory.remove_key(key));
        Ok(())
    }

    fn own_key(&self, account: AccountId, key: KeyId) -> Result<KeyRow, PeopleError> {
        let directory = self.directory();
        let row = directory
            .keys
            .get(&key)
            .filter(|row| row.account == account);
        row.cloned().ok_or(PeopleError::Unknown("key"))
    }

    fn put_new_key(
        &self,
        account: AccountId,
        label: &str,
        instead_of: Option<(KeyId, Option<KeyRow>)>,
    ) -> Result<(KeyId, KeyText), PeopleError> {
        let next = self.directory().next;
        let id = KeyId(next.key);
        let (text, row) = sealed_row(&self.secret, account, id, label)?;
        let key = next.key.checked_add(1).ok_or(PeopleError::Full("keys"))?;
        let mut batch = Batch::new();
        batch.put::<Next>(&(), &NextRow { key, ..next });
        batch.put::<Keys>(&id, &row);
        match &instead_of {
            Some((old, Some(ending))) => {
                batch.put::<Keys>(old, ending);
            }
            Some((old, None)) => {
                batch.remove::<Keys>(old);
                batch.remove::<KeyUses>(old);
            }
            None => {}
        }
        self.store.commit(batch)?;
        self.show(|directory| {
            match instead_of {
                Some((old, Some(ending))) => directory.put_key(old, ending),
                Some((old, None)) => directory.remove_key(old),
                None => {}
            }
            directory.put_key(id, row);
        });
        Ok((id, text))
    }

    fn view(&self, directory: &Directory, id: KeyId, row: &KeyRow, minute: u32) -> KeyView {
        let text = self.secret.unseal(&place(row.account, id), &row.sealed);
        let last_use = directory.key_uses.get(&id).map(|used| KeyUse {
            at: directory.moment(used.at),
            from: used.from,
        });
        let person = directory.accounts.get(&row.account);
        KeyView {
            id,
            label: row.label.clone(),
            text: text
                .and_then(|bytes| String::from_utf8(bytes).ok())
                .and_then(|text| KeyText::parse(&text)),
            state: match (person, row.stops) {
                (Some(person), _) if !person.role.may_publish() => KeyState::Idle,
                (Some(person), _) if person.keys_paused || row.paused => KeyState::Paused,
                (_, Some(stops)) => KeyState::Ends(stops.saturating_sub(minute)),
                _ => KeyState::Works,
            },
            is_paused: row.paused,
            last_use,
        }
    }
}

fn is_over(row: &KeyRow, minute: u32) -> bool {
    row.stops.is_some_and(|stops| minute >= stops)
}

/// A fresh key and its row.
pub(super) fn sealed_row(
    secret: &DeviceSecret,
    account: AccountId,
    id: KeyId,
    label: &str,
) -> Result<(KeyText, KeyRow), PeopleError> {
    let text = KeyText::random().map_err(|_| PeopleError::Random)?;
    let sealed = secret.seal(&place(account, id), text.plain().as_bytes());
    let row = KeyRow {
        account,
        label: label.to_owned(),
        lookup: lookup(secret, &text),
        sealed: sealed.ok_or(PeopleError::Random)?,
        stops: None,
        paused: false,
    };
    Ok((text, row))
}

fn lookup(secret: &DeviceSecret, key: &KeyText) -> [u8; 32] {
    secret.mac(Purpose::KeyLookup, &[key.plain().as_bytes()])
}

/// Ties a sealed key to its row: it opens nowhere else.
fn place(account: AccountId, id: KeyId) -> [u8; 8] {
    let mut place = [0; 8];
    let numbers = account
        .0
        .to_be_bytes()
        .into_iter()
        .chain(id.0.to_be_bytes());
    place
        .iter_mut()
        .zip(numbers)
        .for_each(|(to, from)| *to = from);
    place
}

//! Stream keys: found by HMAC, kept sealed, shown again, replaced.

use super::key_text::KeyText;
use super::secret::{DeviceSecret, Purpose};
use super::tables::{KeyRow, Keys, Next, NextRow};
use super::{AccountId, KeyHolder, KeyId, People, PeopleError, names};
use crate::limits::people::KEYS_PER_ACCOUNT_MAX;
use crate::store::Batch;

/// A key as its owner's page lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyView {
    /// Number, for life.
    pub id: KeyId,
    /// What its owner calls it; may be empty.
    pub label: String,
    /// The key itself; None if this box has another device secret than the one that sealed it.
    pub text: Option<KeyText>,
}

impl People {
    /// Who owns this key text; dashes and case ignored; constant-time; None for any other text. Fast: no hashing of passwords, no disk.
    pub fn holder_of_key(&self, text: &str) -> Option<KeyHolder> {
        let key = KeyText::parse(text)?;
        // The table is searched by a keyed hash, so how long that takes says nothing about any key.
        let lookup = lookup(&self.secret, &key);
        let directory = self.directory();
        let (id, row, person) = directory.holder(&lookup)?;
        person.role.may_publish().then(|| KeyHolder {
            account: row.account,
            name: person.name.clone(),
            display_name: person.display_name.clone(),
            key: id,
        })
    }

    /// A person's keys, oldest first.
    pub fn keys(&self, account: AccountId) -> Vec<KeyView> {
        let directory = self.directory();
        let rows = directory.keys_of(account);
        rows.map(|(id, row)| self.view(id, row)).collect()
    }

    /// One more key. Writes durably (blocks).
    pub fn add_key(
        &self,
        account: AccountId,
        label: &str,
    ) -> Result<(KeyId, KeyText), PeopleError> {
        let label = names::key_label(label).map_err(PeopleError::DisplayName)?;
        let _turn = self.change();
        let directory = self.directory();
        let known = directory.accounts.contains_key(&account);
        let count = directory.keys_of(account).count();
        drop(directory);
        match (known, count) {
            (false, _) => Err(PeopleError::Unknown("account")),
            (_, KEYS_PER_ACCOUNT_MAX..) => Err(PeopleError::Full("keys")),
            _ => self.put_new_key(account, &label, None),
        }
    }

    /// Puts a new key in the place of `old`, which counts no more from now on. Writes durably (blocks).
    pub fn rotate_key(
        &self,
        account: AccountId,
        old: KeyId,
    ) -> Result<(KeyId, KeyText), PeopleError> {
        let _turn = self.change();
        let label = self.own_key(account, old)?.label;
        self.put_new_key(account, &label, Some(old))
    }

    /// Takes a key away. Writes durably (blocks).
    pub fn revoke_key(&self, account: AccountId, key: KeyId) -> Result<(), PeopleError> {
        let _turn = self.change();
        self.own_key(account, key)?;
        self.store.remove::<Keys>(&key)?;
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
        instead_of: Option<KeyId>,
    ) -> Result<(KeyId, KeyText), PeopleError> {
        let next = self.directory().next;
        let id = KeyId(next.key);
        let (text, row) = sealed_row(&self.secret, account, id, label)?;
        let key = next.key.checked_add(1).ok_or(PeopleError::Full("keys"))?;
        let mut batch = Batch::new();
        batch.put::<Next>(&(), &NextRow { key, ..next });
        batch.put::<Keys>(&id, &row);
        if let Some(old) = instead_of {
            batch.remove::<Keys>(&old);
        }
        self.store.commit(batch)?;
        self.show(|directory| {
            if let Some(old) = instead_of {
                directory.remove_key(old);
            }
            directory.put_key(id, row);
        });
        Ok((id, text))
    }

    fn view(&self, id: KeyId, row: &KeyRow) -> KeyView {
        let text = self.secret.unseal(&place(row.account, id), &row.sealed);
        KeyView {
            id,
            label: row.label.clone(),
            text: text
                .and_then(|bytes| String::from_utf8(bytes).ok())
                .and_then(|text| KeyText::parse(&text)),
        }
    }
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

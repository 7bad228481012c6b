//! Joining: who may make an account, and the links that let people in.

use super::directory::Directory;
use super::key_text::{plain, random_text};
use super::secret::Purpose;
use super::tables::{InvitationRow, Invitations};
use super::{
    Account, AccountId, Added, NewAccount, PasswordError, People, PeopleError, Role, texts,
};
use crate::limits::people::{
    INVITATION_LABEL_MAX, INVITATION_MINUTES_MAX, INVITATION_USES_MAX, INVITATIONS_MAX,
    LINK_SECRET_CHARACTERS, LINK_SECRET_TEXT_MAX,
};
use crate::store::{Batch, StoreError};
use crate::time::Mono;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// Who may make an account. Stored by position: new ones go to the end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Joining {
    /// Whom the owner invites.
    #[default]
    Invited,
    /// Everybody on the home network.
    Open,
    /// Nobody, invited or not.
    Closed,
}

/// An invitation to be made.
#[derive(Clone, Copy, Debug)]
pub struct NewInvitation<'a> {
    /// For whom, in the owner's words; may be empty.
    pub label: &'a str,
    /// What those who come by it will be; not owner.
    pub role: Role,
    /// How many may come by it.
    pub uses: u16,
    /// How long it counts, minutes of powered-on time.
    pub minutes: u32,
}

/// A fresh invitation; its secret is never shown again.
#[derive(Clone, Debug)]
pub struct InvitationLink {
    /// Number, for the list.
    pub id: u32,
    /// What the link carries.
    pub secret: String,
    /// How long it counts, minutes of powered-on time.
    pub minutes_left: u32,
}

/// An open invitation as the owner's page lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// Number.
    pub id: u32,
    /// For whom; may be empty.
    pub label: String,
    /// What those who come by it will be.
    pub role: Role,
    /// How many may come by it.
    pub uses: u16,
    /// How many have.
    pub used: u16,
    /// How long it still counts, minutes of powered-on time.
    pub minutes_left: u32,
    /// Who made it.
    pub made_by: AccountId,
}

/// Where somebody comes in who wants an account.
#[derive(Clone, Copy, Debug)]
pub struct Door {
    /// Their address.
    pub from: IpAddr,
    /// Whether that is on the home network.
    pub is_home: bool,
}

/// Why somebody could not join.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JoinError {
    /// Nobody may join.
    #[error("nobody can join this house just now")]
    Closed,
    /// One joins by an invitation.
    #[error("ask the owner for an invitation")]
    NotInvited,
    /// The invitation does not count: never made, used up, run out or taken back.
    #[error("this invitation does not work any more: ask for a new one")]
    Spent,
    /// Too many tries from this address.
    #[error("too many tries, go on in {0} s")]
    Slow(u32),
    /// The account could not be made.
    #[error("{0}")]
    Account(#[from] PeopleError),
}

/// An invitation on the way to being used once more.
#[derive(Clone, Debug)]
pub(super) struct Ticket {
    id: u32,
    /// As it will be; None: used up.
    left: Option<InvitationRow>,
    made_by: AccountId,
}

impl Ticket {
    fn of(id: u32, row: &InvitationRow) -> Ticket {
        let used = row.used.saturating_add(1);
        Ticket {
            id,
            left: (used < row.uses).then(|| InvitationRow {
                used,
                ..row.clone()
            }),
            made_by: row.made_by,
        }
    }

    pub(super) fn made_by(&self) -> AccountId {
        self.made_by
    }

    pub(super) fn stamp(&self, batch: &mut Batch) {
        match &self.left {
            Some(row) => batch.put::<Invitations>(&self.id, row),
            None => batch.remove::<Invitations>(&self.id),
        };
    }

    pub(super) fn show(self, directory: &mut Directory) {
        match self.left {
            Some(row) => directory.invitations.insert(self.id, row),
            None => directory.invitations.remove(&self.id),
        };
    }
}

impl People {
    /// Makes an invitation; for owners. Writes durably (blocks).
    pub fn invite(
        &self,
        by: AccountId,
        new: NewInvitation<'_>,
        now: Mono,
    ) -> Result<InvitationLink, PeopleError> {
        self.must_run_the_house(by)?;
        if new.role == Role::Owner {
            return Err(PeopleError::NotAllowed);
        }
        let range = |what, least, most| PeopleError::Range { what, least, most };
        if !(1..=INVITATION_USES_MAX).contains(&new.uses) {
            return Err(range("how many may come", 1, INVITATION_USES_MAX.into()));
        }
        let label = texts::one_line(new.label, INVITATION_LABEL_MAX);
        let label = label.map_err(|why| PeopleError::Text { what: "label", why })?;
        let minutes_left = new.minutes.clamp(1, INVITATION_MINUTES_MAX);
        let minute = self.powered.minute(now);
        let secret = random_text(LINK_SECRET_CHARACTERS).map_err(|_| PeopleError::Random)?;
        let row = InvitationRow {
            lookup: self.link_mac(Purpose::Invitation, &secret),
            label,
            role: new.role,
            uses: new.uses,
            used: 0,
            expires: minute.saturating_add(minutes_left),
            made_by: by,
        };
        let id = self.put_invitation(row, minute)?;
        Ok(InvitationLink {
            id,
            secret,
            minutes_left,
        })
    }

    /// Writes an invitation, and takes those away that have run out.
    fn put_invitation(&self, row: InvitationRow, minute: u32) -> Result<u32, PeopleError> {
        let _turn = self.change();
        let directory = self.directory();
        let over = directory
            .invitations
            .iter()
            .filter(|(_, row)| row.expires <= minute);
        let over: Vec<u32> = over.map(|(id, _)| *id).collect();
        if directory.invitations.len() - over.len() >= INVITATIONS_MAX {
            return Err(PeopleError::Full("invitations"));
        }
        let last = directory.invitations.keys().next_back();
        let id = last.map_or(Some(1), |last| last.checked_add(1));
        let id = id.ok_or(PeopleError::Full("invitations"))?;
        drop(directory);
        let mut batch = Batch::new();
        batch.put::<Invitations>(&id, &row);
        for over in &over {
            batch.remove::<Invitations>(over);
        }
        self.store.commit(batch)?;
        self.show(|directory| {
            directory.invitations.retain(|id, _| !over.contains(id));
            directory.invitations.insert(id, row);
        });
        Ok(id)
    }

    /// Open invitations, oldest first; for owners.
    pub fn invitations(&self, by: AccountId, now: Mono) -> Result<Vec<Invitation>, PeopleError> {
        self.must_run_the_house(by)?;
        let minute = self.powered.minute(now);
        let directory = self.directory();
        let open = directory
            .invitations
            .iter()
            .filter(|(_, row)| row.expires > minute);
        Ok(open.map(|(id, row)| invitation(*id, row, minute)).collect())
    }

    /// Takes an invitation back; for owners. Writes durably (blocks).
    pub fn revoke_invitation(&self, by: AccountId, id: u32) -> Result<(), PeopleError> {
        self.must_run_the_house(by)?;
        let _turn = self.change();
        if !self.directory().invitations.contains_key(&id) {
            return Err(PeopleError::Unknown("invitation"));
        }
        self.store.remove::<Invitations>(&id)?;
        self.show(|directory| {
            directory.invitations.remove(&id);
        });
        Ok(())
    }

    /// What a link's secret opens, and who made it: "Anna invited you". None if it does not count.
    pub fn invitation(&self, secret: &str, now: Mono) -> Option<(Invitation, Account)> {
        let minute = self.powered.minute(now);
        let lookup = self.link_lookup(Purpose::Invitation, secret)?;
        let directory = self.directory();
        let (id, row) = open_invitation(&directory, &lookup, minute)?;
        let made_by = directory.view(row.made_by)?;
        Some((invitation(id, row, minute), made_by))
    }

    /// May somebody without an invitation make an account here?
    pub fn may_join(&self, is_home: bool) -> bool {
        is_home && self.directory().house.joining == Joining::Open
    }

    /// Makes an account as the house allows: members on an open home network, else by invitation, with its role (that of
    /// `new` does not count). Throttled by address. Hashes and writes durably (blocks).
    pub fn register(
        &self,
        new: NewAccount<'_>,
        invitation: Option<&str>,
        door: Door,
        now: Mono,
    ) -> Result<Added, JoinError> {
        let address = door.from.to_canonical();
        if let Some(seconds) = self.tries().joins.wait(&address, now) {
            return Err(JoinError::Slow(seconds));
        }
        let minute = self.powered.minute(now);
        let lookup = invitation.map(|secret| self.link_lookup(Purpose::Invitation, secret));
        let admit = |directory: &Directory| admit(directory, lookup, door.is_home, minute);
        let admitted = admit(&self.directory());
        let added = admitted.and_then(|(role, _)| {
            let ticket = |directory: &Directory| admit(directory).map(|(_, ticket)| ticket);
            self.add(NewAccount { role, ..new }, ticket)
        });
        // What was typed wrong costs nothing; a guess and an account do.
        if matches!(added, Ok(_) | Err(JoinError::Spent)) {
            self.tries().joins.failed(&address, now);
        }
        added
    }

    /// The keyed hash of a link's secret as it is stored; None if the text can be no such secret.
    pub(super) fn link_lookup(&self, purpose: Purpose, typed: &str) -> Option<[u8; 32]> {
        if typed.len() > LINK_SECRET_TEXT_MAX {
            return None;
        }
        let secret = plain(typed);
        (secret.len() == LINK_SECRET_CHARACTERS).then(|| self.link_mac(purpose, &secret))
    }

    pub(super) fn link_mac(&self, purpose: Purpose, secret: &str) -> [u8; 32] {
        self.secret
            .mac(purpose, &[&self.lineage, secret.as_bytes()])
    }
}

/// Role and invitation with which somebody comes in.
fn admit(
    directory: &Directory,
    lookup: Option<Option<[u8; 32]>>,
    is_home: bool,
    minute: u32,
) -> Result<(Role, Option<Ticket>), JoinError> {
    match (directory.house.joining, lookup) {
        (Joining::Closed, _) => Err(JoinError::Closed),
        (_, Some(lookup)) => {
            let open = lookup.and_then(|lookup| open_invitation(directory, &lookup, minute));
            let (id, row) = open.ok_or(JoinError::Spent)?;
            Ok((row.role, Some(Ticket::of(id, row))))
        }
        (Joining::Open, None) if is_home => Ok((Role::Member, None)),
        _ => Err(JoinError::NotInvited),
    }
}

fn open_invitation<'a>(
    directory: &'a Directory,
    lookup: &[u8; 32],
    minute: u32,
) -> Option<(u32, &'a InvitationRow)> {
    let mut rows = directory.invitations.iter();
    // A keyed hash is compared: how long that takes says nothing about any secret.
    let (id, row) = rows.find(|(_, row)| row.lookup == *lookup && row.expires > minute)?;
    Some((*id, row))
}

fn invitation(id: u32, row: &InvitationRow, minute: u32) -> Invitation {
    Invitation {
        id,
        label: row.label.clone(),
        role: row.role,
        uses: row.uses,
        used: row.used,
        minutes_left: row.expires.saturating_sub(minute),
        made_by: row.made_by,
    }
}

impl From<PasswordError> for JoinError {
    fn from(error: PasswordError) -> JoinError {
        JoinError::Account(error.into())
    }
}

impl From<StoreError> for JoinError {
    fn from(error: StoreError) -> JoinError {
        JoinError::Account(error.into())
    }
}

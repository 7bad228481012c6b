//! What the card says about people: the owner's account, who may join, the house's time.

use super::file::{Card, Owner};
use super::{keep, setup_note};
use crate::daemon::StartError;
use crate::daemon::user::open_store;
use crate::people::{AccountId, NewAccount, People, PeopleError, Role, names};
use crate::time::Mono;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::sync::Arc;

/// What was last taken over of the card, in the data folder: later changes on the pages stay.
const TAKEN_OVER: &str = "card-taken-over";

/// Largest such file, bytes.
const TAKEN_OVER_MOST: u64 = 256;

/// Makes the owner's account and takes over what has changed. The accounts are opened only if there is something to do.
///
/// # Errors
/// A sentence for the owner.
pub(super) fn prepare(data: &Path, card: &Card) -> Result<(), String> {
    let owner = card
        .owner
        .as_ref()
        .filter(|owner| !owner.password.is_empty());
    let wanted = format!("{:?} {:?}\n", card.joining, card.utc_offset_minutes);
    let taken_over = keep::read(&data.join(TAKEN_OVER), TAKEN_OVER_MOST).unwrap_or_default();
    let asks = card.joining.is_some() || card.utc_offset_minutes.is_some();
    let has_changed = asks && wanted != taken_over;
    if owner.is_none() && !has_changed {
        return Ok(());
    }
    with_people(data, |people| {
        if let Some(owner) = owner {
            claim(people, owner)?;
            setup_note::forget(data).map_err(|error| error.to_string())?;
        }
        match owner_of(people) {
            Some(by) if has_changed => {
                take_over(people, by, card).map_err(|error| error.to_string())?;
                keep::write(&data.join(TAKEN_OVER), &wanted).map_err(|error| error.to_string())
            }
            // Nobody may set it yet: the next start finds the owner.
            _ => Ok(()),
        }
    })
}

fn with_people(data: &Path, act: impl FnOnce(&People) -> Result<(), String>) -> Result<(), String> {
    let open = || -> Result<_, StartError> {
        let store = Arc::new(open_store(data)?);
        let people = People::open(Arc::clone(&store), data)?;
        Ok((store, people))
    };
    let (store, people) = open().map_err(|error| format!("Accounts can't be opened: {error}"))?;
    let outcome = act(&people);
    store.close().map_err(|error| error.to_string())?;
    outcome
}

/// Makes the owner's account. One that is there gets this password: who holds the card holds the box, and there is no other way
/// back for an owner who forgot theirs.
fn claim(people: &People, owner: &Owner) -> Result<(), String> {
    let new = NewAccount {
        display_name: &owner.name,
        name: (!owner.address.is_empty()).then_some(&*owner.address),
        password: &owner.password,
        role: Role::Owner,
    };
    match people.claim_owner(new) {
        Ok(_) => Ok(()),
        Err(PeopleError::OwnerExists) => give_password(people, owner),
        Err(error) => Err(format!("The owner's account could not be made: {error}")),
    }
}

/// Sessions end only if the password is another one: the card may say the same at every start.
fn give_password(people: &People, owner: &Owner) -> Result<(), String> {
    let name = match owner.address.trim() {
        "" => names::name_from(&owner.name).unwrap_or_default(),
        address => address.to_ascii_lowercase(),
    };
    let account = people.account_named(&name);
    let Some(account) = account.filter(|account| account.role == Role::Owner) else {
        let is_owned = "the box has an owner already, who goes by another name";
        return Err(format!("owner.password was not used: {is_owned}"));
    };
    let here = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let is_known = people.confirm_password(account.id, &owner.password, here, Mono::default());
    if is_known.is_ok() {
        return Ok(());
    }
    let given = people.set_password(account.id, &owner.password);
    given.map_err(|error| format!("The owner's password could not be changed: {error}"))
}

fn owner_of(people: &People) -> Option<AccountId> {
    let mut accounts = people.accounts().into_iter();
    let owner = accounts.find(|account| account.role == Role::Owner);
    owner.map(|account| account.id)
}

fn take_over(people: &People, by: AccountId, card: &Card) -> Result<(), PeopleError> {
    let mut house = people.house();
    house.joining = card.joining.unwrap_or(house.joining);
    house.utc_offset_minutes = card.utc_offset_minutes.unwrap_or(house.utc_offset_minutes);
    people.set_house(by, house)
}

//! Who may do what, beside what a person does to what is their own.

use super::{AccountId, People, PeopleError, Role};

impl People {
    /// The role of somebody.
    pub fn role_of(&self, id: AccountId) -> Option<Role> {
        self.directory().accounts.get(&id).map(|row| row.role)
    }

    /// `NotAllowed` unless `by` runs the house.
    pub(super) fn must_run_the_house(&self, by: AccountId) -> Result<(), PeopleError> {
        match self.role_of(by).is_some_and(Role::runs_the_house) {
            true => Ok(()),
            false => Err(PeopleError::NotAllowed),
        }
    }

    /// `NotAllowed` unless `by` is `whose` or runs the house.
    pub(super) fn must_be_or_run(
        &self,
        by: AccountId,
        whose: AccountId,
    ) -> Result<(), PeopleError> {
        match by == whose && self.role_of(by).is_some() {
            true => Ok(()),
            false => self.must_run_the_house(by),
        }
    }
}

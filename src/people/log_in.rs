//! Logging in, and what a session token is worth.

use super::password::{PasswordError, Verdict};
use super::session::{self, Claims, Signer};
use super::throttle::{Pace, Throttle};
use super::{Account, AccountId, People, PeopleError};
use crate::limits::people::{
    DISPLAY_NAME_MAX, JOINS_PER_ADDRESS, JOINS_WAIT, JOINS_WINDOW, PHRASES_PER_ADDRESS,
    PHRASES_PER_CHANNEL, SESSION_MINUTES, THROTTLED_ACCOUNTS_MAX, THROTTLED_ADDRESSES_MAX,
    TRIES_PER_ACCOUNT, TRIES_PER_ADDRESS, TRIES_WAIT, TRIES_WINDOW,
};
use crate::time::Mono;
use std::net::IpAddr;
use std::sync::{MutexGuard, PoisonError};

/// Why a log-in failed.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LogInError {
    /// Name and password do not match; it is not said which.
    #[error("name and password do not match")]
    Wrong,
    /// Too many wrong tries.
    #[error("too many tries, go on in {0} s")]
    Slow(u32),
    /// Too many log-ins are being checked just now.
    #[error("too many people log in just now")]
    Busy,
    /// The system failed.
    #[error("{0}")]
    System(&'static str),
}

/// Somebody who is logged in.
#[derive(Clone, Debug)]
pub struct Session {
    /// Who.
    pub account: Account,
    /// What this session's forms carry.
    pub form_token: String,
    /// A token to go on with, once half of its time is over: the same session anew.
    pub renewed: Option<String>,
}

/// Failed log-ins by address and by name, and what else is guessed at.
#[derive(Debug)]
pub(super) struct Tries {
    addresses: Throttle<IpAddr>,
    names: Throttle<String>,
    /// Accounts made, wrong invitations and wrong reset links.
    pub(super) joins: Throttle<IpAddr>,
    /// Wrong pass-phrases.
    pub(super) phrase_addresses: Throttle<IpAddr>,
    pub(super) phrase_channels: Throttle<AccountId>,
}

impl Tries {
    pub(super) fn new() -> Tries {
        let pace = |tries, keys_max| Pace {
            tries,
            window: TRIES_WINDOW,
            wait: TRIES_WAIT,
            keys_max,
        };
        Tries {
            addresses: Throttle::new(pace(TRIES_PER_ADDRESS, THROTTLED_ADDRESSES_MAX)),
            names: Throttle::new(pace(TRIES_PER_ACCOUNT, THROTTLED_ACCOUNTS_MAX)),
            joins: Throttle::new(Pace {
                window: JOINS_WINDOW,
                wait: JOINS_WAIT,
                ..pace(JOINS_PER_ADDRESS, THROTTLED_ADDRESSES_MAX)
            }),
            phrase_addresses: Throttle::new(pace(PHRASES_PER_ADDRESS, THROTTLED_ADDRESSES_MAX)),
            phrase_channels: Throttle::new(pace(PHRASES_PER_CHANNEL, THROTTLED_ACCOUNTS_MAX)),
        }
    }

    fn wait(&self, address: &IpAddr, name: &String, now: Mono) -> Option<u32> {
        self.addresses
            .wait(address, now)
            .max(self.names.wait(name, now))
    }
}

impl People {
    /// Checks name and password. Hashes (blocks), for an unknown name just as long as for a known one.
    pub fn log_in(
        &self,
        typed_name: &str,
        password: &str,
        from: IpAddr,
        now: Mono,
    ) -> Result<AccountId, LogInError> {
        let (known, name, phc) = self.log_in_target(typed_name);
        let address = from.to_canonical();
        if let Some(seconds) = self.tries().wait(&address, &name, now) {
            return Err(LogInError::Slow(seconds));
        }
        match (self.hasher.verify(password, phc.as_deref()), known) {
            (Err(PasswordError::Busy), _) => Err(LogInError::Busy),
            (Err(_), _) => Err(LogInError::System("the password could not be checked")),
            (Ok(Verdict::Wrong), _) | (Ok(_), None) => {
                let mut tries = self.tries();
                tries.addresses.failed(&address, now);
                tries.names.failed(&name, now);
                Err(LogInError::Wrong)
            }
            // The address's failures stay: they may have been for somebody else's name.
            (Ok(verdict), Some(id)) => {
                if verdict == Verdict::RightButOld {
                    self.hash_again(id, password);
                }
                Ok(id)
            }
        }
    }

    /// Checks a person's own password again, under the same rules as a log-in.
    pub fn confirm_password(
        &self,
        id: AccountId,
        password: &str,
        from: IpAddr,
        now: Mono,
    ) -> Result<(), LogInError> {
        let name = self.account(id).ok_or(LogInError::Wrong)?.name;
        self.log_in(&name, password, from, now).map(|_| ())
    }

    /// A token for a person who logged in; writes nothing.
    pub fn start_session(&self, id: AccountId, now: Mono) -> Option<String> {
        let epoch = self.directory().accounts.get(&id)?.epoch;
        let claims = Claims::new(id, epoch, self.powered.minute(now))?;
        Some(session::sign(self.signer(), claims))
    }

    /// Whose token this is; None if it is not one of this box, too old, or ended.
    pub fn session(&self, token: &str, now: Mono) -> Option<Session> {
        let claims = session::read(self.signer(), token)?;
        let minute = self.powered.minute(now);
        let epoch = self.directory().accounts.get(&claims.account)?.epoch;
        if epoch != claims.epoch || !claims.is_fresh(minute) {
            return None;
        }
        let is_aging = minute.saturating_sub(claims.issued) > SESSION_MINUTES / 2;
        // With the epoch that was looked at: one that is raised meanwhile ends this token too.
        let renewed = claims.issued_at(minute);
        Some(Session {
            account: self.account(claims.account)?,
            form_token: session::form_token(&self.secret, claims),
            renewed: is_aging.then(|| session::sign(self.signer(), renewed)),
        })
    }

    pub(super) fn signer(&self) -> Signer<'_> {
        Signer {
            secret: &self.secret,
            lineage: &self.lineage,
        }
    }

    fn log_in_target(&self, typed: &str) -> (Option<AccountId>, String, Option<String>) {
        let directory = self.directory();
        let id = directory.meant_by(typed);
        match id.and_then(|id| directory.accounts.get(&id)) {
            Some(row) => (id, row.name.clone(), Some(row.password.clone())),
            None => (None, typed.chars().take(DISPLAY_NAME_MAX).collect(), None),
        }
    }

    /// A failure here costs nothing: it is tried again at the next log-in.
    fn hash_again(&self, id: AccountId, password: &str) {
        let again = || -> Result<(), PeopleError> {
            let phc = self.hasher.hash(password)?;
            self.update_account(id, |row| row.password = phc)
        };
        if let Err(error) = again() {
            log::warn!("a password keeps its old hash: {error}");
        }
    }

    pub(super) fn tries(&self) -> MutexGuard<'_, Tries> {
        self.tries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

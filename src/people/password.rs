//! Passwords: argon2id, one at a time.

use crate::limits::people::{
    HASH_MEMORY_KIB, HASH_PASSES, HASH_WAITERS_MAX, PASSWORD_MAX, PASSWORD_MIN,
};
use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// Why a password was not hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PasswordError {
    /// Under 10 characters.
    #[error("a password has at least 10 characters")]
    Short,
    /// Over 256 bytes.
    #[error("a password has at most 256 bytes")]
    Long,
    /// So many wait already that another would wait too long.
    #[error("too many people log in just now")]
    Busy,
    /// The system gave no memory or no random bytes.
    #[error("the password could not be hashed: {0}")]
    System(&'static str),
}

/// What a comparison showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Not this password.
    Wrong,
    /// This password.
    Right,
    /// This password, but hashed with other parameters than today's.
    RightButOld,
}

/// Checks the length of a new password.
pub fn check_password(password: &str) -> Result<(), PasswordError> {
    if password.chars().count() < PASSWORD_MIN {
        return Err(PasswordError::Short);
    }
    if password.len() > PASSWORD_MAX {
        return Err(PasswordError::Long);
    }
    Ok(())
}

/// Hashes under a permit of one, since a hash is the largest allocation of the daemon.
#[derive(Debug)]
pub(super) struct Hasher {
    permit: Mutex<()>,
    inside: AtomicUsize,
    params: Params,
    /// Compared with when there is no such account, so that both take as long.
    nobody: String,
}

impl Hasher {
    /// With the parameters of `limits::people`.
    pub(super) fn new() -> Result<Hasher, PasswordError> {
        let params = Params::new(HASH_MEMORY_KIB, HASH_PASSES, 1, None)
            .map_err(|_| PasswordError::System("its parameters are out of range"))?;
        let (salt, hash) = ("A".repeat(22), "A".repeat(43));
        let cost = format!("m={HASH_MEMORY_KIB},t={HASH_PASSES},p=1");
        Ok(Hasher {
            permit: Mutex::new(()),
            inside: AtomicUsize::new(0),
            params,
            nobody: format!("$argon2id$v=19${cost}${salt}${hash}"),
        })
    }

    /// The PHC string of a password. Blocks for its turn and for tens to hundreds of ms.
    pub(super) fn hash(&self, password: &str) -> Result<String, PasswordError> {
        check_password(password)?;
        self.one_at_a_time(|| self.hash_bytes(password.as_bytes()))
    }

    /// The PHC string of a pass-phrase, whose length its channel checks. Blocks like `hash`.
    pub(super) fn hash_phrase(&self, phrase: &str) -> Result<String, PasswordError> {
        self.one_at_a_time(|| self.hash_bytes(phrase.as_bytes()))
    }

    /// Compares a password with a PHC string; None stands for an unknown account and is always wrong. Blocks like `hash`.
    pub(super) fn verify(
        &self,
        password: &str,
        phc: Option<&str>,
    ) -> Result<Verdict, PasswordError> {
        if password.len() > PASSWORD_MAX {
            return Ok(Verdict::Wrong);
        }
        self.one_at_a_time(|| {
            let against = phc.unwrap_or(&self.nobody);
            let Ok(hash) = PasswordHash::new(against) else {
                return Ok(Verdict::Wrong);
            };
            let same = self.argon2().verify_password(password.as_bytes(), &hash);
            Ok(match (phc, same) {
                (None, _) | (_, Err(_)) => Verdict::Wrong,
                (Some(_), Ok(())) if self.is_current(&hash) => Verdict::Right,
                (Some(_), Ok(())) => Verdict::RightButOld,
            })
        })
    }

    fn argon2(&self) -> Argon2<'static> {
        Argon2::new(Algorithm::Argon2id, Version::V0x13, self.params.clone())
    }

    fn hash_bytes(&self, password: &[u8]) -> Result<String, PasswordError> {
        let mut salt = [0u8; 16];
        fill(&mut salt)?;
        self.argon2()
            .hash_password_with_salt(password, &salt)
            .map(|hash| hash.to_string())
            .map_err(|_| PasswordError::System("argon2 gave up"))
    }

    fn is_current(&self, hash: &PasswordHash) -> bool {
        hash.algorithm == Algorithm::Argon2id.ident()
            && Params::try_from(hash).is_ok_and(|theirs| {
                let of = |p: &Params| (p.m_cost(), p.t_cost(), p.p_cost());
                of(&theirs) == of(&self.params)
            })
    }

    fn one_at_a_time<T>(
        &self,
        work: impl FnOnce() -> Result<T, PasswordError>,
    ) -> Result<T, PasswordError> {
        let before = self.inside.fetch_add(1, Ordering::SeqCst);
        let result = if before > HASH_WAITERS_MAX {
            Err(PasswordError::Busy)
        } else {
            let _turn = self.permit.lock().unwrap_or_else(PoisonError::into_inner);
            work()
        };
        self.inside.fetch_sub(1, Ordering::SeqCst);
        result
    }
}

fn fill(bytes: &mut [u8]) -> Result<(), PasswordError> {
    getrandom::fill(bytes).map_err(|_| PasswordError::System("no random bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_known_again_and_another_is_not() {
        let hasher = Hasher::new().unwrap();
        let phc = hasher.hash("a short sentence").unwrap();
        assert!(phc.starts_with("$argon2id$v=19$m=7168,t=5,p=1$"), "{phc}");
        let verify = |p: &str| hasher.verify(p, Some(&phc)).unwrap();
        assert_eq!(verify("a short sentence"), Verdict::Right);
        assert_eq!(verify("a short Sentence"), Verdict::Wrong);
        assert_eq!(verify(&"x".repeat(100_000)), Verdict::Wrong);
    }

    #[test]
    fn a_hash_with_other_parameters_is_known_and_marked_old() {
        // From the C reference library: password "password", salt "0123456789abcdef".
        let phc = "$argon2id$v=19$m=19456,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg$0qsHs573+LgGInzYb7sRqlOTBmqY4X6srNEm6ybpJ20";
        let hasher = Hasher::new().unwrap();
        let verdict = hasher.verify("password", Some(phc)).unwrap();
        assert_eq!(verdict, Verdict::RightButOld);
    }

    #[test]
    fn nobody_can_log_in_as_nobody() {
        let hasher = Hasher::new().unwrap();
        assert_eq!(hasher.verify("password", None), Ok(Verdict::Wrong));
        assert_eq!(hasher.verify("password", Some("")), Ok(Verdict::Wrong));
        assert!(PasswordHash::new(&hasher.nobody).is_ok_and(|h| hasher.is_current(&h)));
    }

    #[test]
    fn short_and_endless_passwords_are_refused() {
        assert_eq!(check_password("123456789"), Err(PasswordError::Short));
        assert_eq!(check_password("小雨小雨小雨小雨小雨"), Ok(()));
        assert_eq!(check_password(&"x".repeat(257)), Err(PasswordError::Long));
    }

    #[test]
    fn a_queue_that_is_too_long_is_refused_and_recovers() {
        let hasher = Hasher::new().unwrap();
        hasher.inside.store(HASH_WAITERS_MAX + 1, Ordering::SeqCst);
        assert_eq!(hasher.verify("x", None), Err(PasswordError::Busy));
        hasher.inside.store(0, Ordering::SeqCst);
        assert_eq!(hasher.verify("x", None), Ok(Verdict::Wrong));
    }
}

//! Sessions as signed tokens: a log-in writes nothing to flash.
//!
//! Token: base64url of version (1 byte), account, epoch, minute of issue (4 bytes each, big-endian), 8 random bytes, HMAC (32).
//! The HMAC covers the store's lineage too, so that no backup brings a session back.
//! The minute counts powered-on time, so no clock that jumps can end a session or make it last. A renewed token differs in minute and
//! HMAC alone: it is the same session, with the same forms. A person's epoch lives in
//! the store: raising it ends all sessions of that person. The signing key is the device secret's, which no backup holds.

use super::AccountId;
use super::secret::{DeviceSecret, Purpose};
use crate::limits::people::{SESSION_MINUTES, SESSION_TOKEN_MAX};
use data_encoding::BASE64URL_NOPAD;
use subtle::ConstantTimeEq as _;

const VERSION: u8 = 2;

/// What a token is signed with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Signer<'a> {
    pub(super) secret: &'a DeviceSecret,
    pub(super) lineage: &'a [u8; 16],
}

impl Signer<'_> {
    fn mac(&self, signed: &[u8]) -> [u8; 32] {
        self.secret.mac(Purpose::Session, &[self.lineage, signed])
    }
}

/// Random bytes that tell two sessions of a person apart.
const RANDOM: usize = 8;
const SIGNED: usize = 1 + 4 + 4 + 4 + RANDOM;
const LENGTH: usize = SIGNED + 32;

/// What a genuine token says; whether it still counts is for the caller, who knows the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Claims {
    pub(super) account: AccountId,
    pub(super) epoch: u32,
    pub(super) issued: u32,
    random: [u8; RANDOM],
}

impl Claims {
    /// What a new session says. None if the system has no random bytes.
    pub(super) fn new(account: AccountId, epoch: u32, issued: u32) -> Option<Claims> {
        let mut random = [0; RANDOM];
        getrandom::fill(&mut random).ok()?;
        Some(Claims {
            account,
            epoch,
            issued,
            random,
        })
    }

    /// The same session, given out anew at this powered-on minute.
    pub(super) fn issued_at(self, issued: u32) -> Claims {
        Claims { issued, ..self }
    }

    /// Is the session still young enough at this powered-on minute?
    pub(super) fn is_fresh(self, minute: u32) -> bool {
        minute.saturating_sub(self.issued) < SESSION_MINUTES
    }
}

/// A signed token.
pub(super) fn sign(signer: Signer<'_>, claims: Claims) -> String {
    let mut token = Vec::with_capacity(LENGTH);
    token.push(VERSION);
    for number in [claims.account.0, claims.epoch, claims.issued] {
        token.extend(number.to_be_bytes());
    }
    token.extend(claims.random);
    let mac = signer.mac(&token);
    token.extend(mac);
    BASE64URL_NOPAD.encode(&token)
}

/// Reads a token; None unless this box signed it.
pub(super) fn read(signer: Signer<'_>, token: &str) -> Option<Claims> {
    if token.len() > SESSION_TOKEN_MAX {
        return None;
    }
    let bytes = BASE64URL_NOPAD.decode(token.as_bytes()).ok()?;
    let (signed, mac) = bytes.split_at_checked(SIGNED)?;
    if !bool::from(signer.mac(signed).ct_eq(mac)) {
        return None;
    }
    let (version, rest) = signed.split_first()?;
    let (rest, random) = rest.split_last_chunk::<RANDOM>()?;
    let mut numbers = rest.chunks_exact(4).map_while(|n| n.try_into().ok());
    let mut number = || numbers.next().map(u32::from_be_bytes);
    let claims = Claims {
        account: AccountId(number()?),
        epoch: number()?,
        issued: number()?,
        random: *random,
    };
    (*version == VERSION).then_some(claims)
}

/// The token that this session's forms carry, also those of pages from before it was renewed.
pub(super) fn form_token(secret: &DeviceSecret, claims: Claims) -> String {
    let Claims {
        account,
        epoch,
        random,
        ..
    } = claims;
    let parts: [&[u8]; 3] = [&account.0.to_be_bytes(), &epoch.to_be_bytes(), &random];
    let mac = secret.mac(Purpose::Form, &parts);
    BASE64URL_NOPAD.encode(mac.get(..16).unwrap_or(&mac))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLAIMS: Claims = Claims {
        account: AccountId(7),
        epoch: 3,
        issued: 1000,
        random: [9; RANDOM],
    };

    fn secret() -> DeviceSecret {
        DeviceSecret::open(tempfile::tempdir().unwrap().path()).unwrap()
    }

    fn signer(secret: &DeviceSecret) -> Signer<'_> {
        Signer {
            secret,
            lineage: &[7; 16],
        }
    }

    #[test]
    fn a_token_is_read_again_and_two_sessions_are_never_equal() {
        let secret = secret();
        let new = || Claims::new(AccountId(7), 3, 1000).unwrap();
        let (a, b) = (new(), new());
        let token = sign(signer(&secret), a);
        assert_ne!(token, sign(signer(&secret), b));
        assert_ne!(form_token(&secret, a), form_token(&secret, b));
        assert_eq!(read(signer(&secret), &token), Some(a));
        assert!(token.len() <= SESSION_TOKEN_MAX);
    }

    #[test]
    fn forms_outlive_a_renewal_and_neither_a_new_epoch_nor_another_person() {
        let secret = secret();
        let forms = |claims| form_token(&secret, claims);
        assert_eq!(forms(CLAIMS.issued_at(2000)), forms(CLAIMS));
        let ended = Claims { epoch: 4, ..CLAIMS };
        assert_ne!(forms(ended), forms(CLAIMS));
        let other = Claims {
            account: AccountId(8),
            ..CLAIMS
        };
        assert_ne!(forms(other), forms(CLAIMS));
    }

    #[test]
    fn one_touched_bit_anywhere_makes_it_worthless() {
        let secret = secret();
        let good = BASE64URL_NOPAD
            .decode(sign(signer(&secret), CLAIMS).as_bytes())
            .unwrap();
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 1;
            assert_eq!(read(signer(&secret), &BASE64URL_NOPAD.encode(&bad)), None);
        }
        for cut in 0..good.len() {
            assert_eq!(
                read(signer(&secret), &BASE64URL_NOPAD.encode(&good[..cut])),
                None
            );
        }
        assert_eq!(read(signer(&secret), "not/base64"), None);
    }

    #[test]
    fn another_box_does_not_take_it() {
        let token = sign(signer(&secret()), CLAIMS);
        assert_eq!(read(signer(&secret()), &token), None);
    }

    #[test]
    fn a_restored_store_does_not_take_what_the_one_before_signed() {
        let secret = secret();
        let token = sign(signer(&secret), CLAIMS);
        let restored = Signer {
            lineage: &[8; 16],
            ..signer(&secret)
        };
        assert_eq!(read(restored, &token), None);
    }

    #[test]
    fn thirty_days_of_powered_on_time_and_no_more() {
        assert!(CLAIMS.is_fresh(1000));
        assert!(CLAIMS.is_fresh(1000 + SESSION_MINUTES - 1));
        assert!(!CLAIMS.is_fresh(1000 + SESSION_MINUTES));
        assert!(CLAIMS.is_fresh(900), "a minute lost at a power cut");
    }
}

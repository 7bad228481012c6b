//! Sessions as signed tokens: a log-in writes nothing to flash.
//!
//! Token: base64url of version (1 byte), account, epoch, minute of issue (4 bytes each, big-endian), 8 random bytes, HMAC (32).
//! The minute counts powered-on time, so no clock that jumps can end a session or make it last. A person's epoch lives in
//! the store: raising it ends all sessions of that person. The signing key is the device secret's, which no backup holds.

use super::AccountId;
use super::secret::{DeviceSecret, Purpose};
use crate::limits::people::{SESSION_MINUTES, SESSION_TOKEN_MAX};
use data_encoding::BASE64URL_NOPAD;
use subtle::ConstantTimeEq as _;

const VERSION: u8 = 1;
const SIGNED: usize = 1 + 4 + 4 + 4 + 8;
const LENGTH: usize = SIGNED + 32;

/// What a genuine token says; whether it still counts is for the caller, who knows the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Claims {
    pub(super) account: AccountId,
    pub(super) epoch: u32,
    pub(super) issued: u32,
}

impl Claims {
    /// Is the session still young enough at this powered-on minute?
    pub(super) fn is_fresh(self, minute: u32) -> bool {
        minute.saturating_sub(self.issued) < SESSION_MINUTES
    }
}

/// A signed token. None if the system has no random bytes.
pub(super) fn sign(secret: &DeviceSecret, claims: Claims) -> Option<String> {
    let mut token = Vec::with_capacity(LENGTH);
    token.push(VERSION);
    for number in [claims.account.0, claims.epoch, claims.issued] {
        token.extend(number.to_be_bytes());
    }
    let mut random = [0u8; 8];
    getrandom::fill(&mut random).ok()?;
    token.extend(random);
    let mac = secret.mac(Purpose::Session, &[&token]);
    token.extend(mac);
    Some(BASE64URL_NOPAD.encode(&token))
}

/// Reads a token; None unless this box signed it.
pub(super) fn read(secret: &DeviceSecret, token: &str) -> Option<Claims> {
    if token.len() > SESSION_TOKEN_MAX {
        return None;
    }
    let bytes = BASE64URL_NOPAD.decode(token.as_bytes()).ok()?;
    let (signed, mac) = bytes.split_at_checked(SIGNED)?;
    if !bool::from(secret.mac(Purpose::Session, &[signed]).ct_eq(mac)) {
        return None;
    }
    let (version, rest) = signed.split_first()?;
    let mut numbers = rest.chunks_exact(4).map_while(|n| n.try_into().ok());
    let mut number = || numbers.next().map(u32::from_be_bytes);
    let claims = Claims {
        account: AccountId(number()?),
        epoch: number()?,
        issued: number()?,
    };
    (*version == VERSION).then_some(claims)
}

/// The token that this session's forms carry.
pub(super) fn form_token(secret: &DeviceSecret, token: &str) -> String {
    let mac = secret.mac(Purpose::Form, &[token.as_bytes()]);
    BASE64URL_NOPAD.encode(mac.get(..16).unwrap_or(&mac))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLAIMS: Claims = Claims {
        account: AccountId(7),
        epoch: 3,
        issued: 1000,
    };

    fn secret() -> DeviceSecret {
        DeviceSecret::open(tempfile::tempdir().unwrap().path()).unwrap()
    }

    #[test]
    fn a_token_is_read_again_and_two_are_never_equal() {
        let secret = secret();
        let (a, b) = (
            sign(&secret, CLAIMS).unwrap(),
            sign(&secret, CLAIMS).unwrap(),
        );
        assert_ne!(a, b);
        assert_ne!(form_token(&secret, &a), form_token(&secret, &b));
        assert_eq!(read(&secret, &a), Some(CLAIMS));
        assert!(a.len() <= SESSION_TOKEN_MAX);
    }

    #[test]
    fn one_touched_bit_anywhere_makes_it_worthless() {
        let secret = secret();
        let good = BASE64URL_NOPAD
            .decode(sign(&secret, CLAIMS).unwrap().as_bytes())
            .unwrap();
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 1;
            assert_eq!(read(&secret, &BASE64URL_NOPAD.encode(&bad)), None);
        }
        for cut in 0..good.len() {
            assert_eq!(read(&secret, &BASE64URL_NOPAD.encode(&good[..cut])), None);
        }
        assert_eq!(read(&secret, "not/base64"), None);
    }

    #[test]
    fn another_box_does_not_take_it() {
        let token = sign(&secret(), CLAIMS).unwrap();
        assert_eq!(read(&secret(), &token), None);
    }

    #[test]
    fn thirty_days_of_powered_on_time_and_no_more() {
        assert!(CLAIMS.is_fresh(1000));
        assert!(CLAIMS.is_fresh(1000 + SESSION_MINUTES - 1));
        assert!(!CLAIMS.is_fresh(1000 + SESSION_MINUTES));
        assert!(CLAIMS.is_fresh(900), "a minute lost at a power cut");
    }
}

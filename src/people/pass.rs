//! Passes: who may watch a channel that is not open to the whole household, as a token in the path of its media.
//!
//! Token: base64url of version (1 byte), minute of expiry (4 bytes, big-endian), viewer (8 bytes), HMAC (16). The HMAC also covers the store's lineage, the
//! channel's NAME and the epochs under which it was given: the channel's, which is raised to end all its passes, and that of the
//! viewer's sessions, so that signing out everywhere ends theirs. The minute counts powered-on time, as for sessions.

use super::secret::Purpose;
use super::session::Signer;
use super::{Access, Account, AccountId, People, Visibility};
use crate::limits::people::{PASS_MINUTES, PASS_TOKEN_MAX};
use crate::time::Mono;
use data_encoding::BASE64URL_NOPAD;
use subtle::ConstantTimeEq as _;

const VERSION: u8 = 2;
const SIGNED: usize = 1 + 4 + 8;
const MAC: usize = 16;

/// What a genuine pass says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Pass {
    /// The powered-on minute from which it counts no more.
    expires: u32,
    /// Whose it is: the giver's number for them, to tell viewers apart. `PHRASE_KNOWN` for who told the pass-phrase.
    viewer: u64,
}

/// What ends passes by moving on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Epochs {
    /// Of the channel's passes.
    channel: u32,
    /// Of the viewer's sessions; 0 for who told the pass-phrase.
    viewer: u32,
}

/// The viewer of passes that were given for the pass-phrase.
const PHRASE_KNOWN: u64 = 0;

impl Pass {
    /// The person whose own it is.
    fn person(self) -> Option<AccountId> {
        let number = self.viewer.checked_sub(1)?;
        u32::try_from(number).ok().map(AccountId)
    }
}

impl People {
    /// The token by which this person may watch a channel; None if they may not without the pass-phrase. Writes nothing.
    pub fn watch_pass(
        &self,
        viewer: Option<&Account>,
        channel: &Account,
        now: Mono,
    ) -> Option<String> {
        let number = u64::from(viewer?.id.0) + 1;
        (self.may_see(viewer, channel.id) == Access::Open)
            .then(|| self.pass_for(channel, number, now))
            .flatten()
    }

    /// The token for who told the channel's pass-phrase; None if there is no such channel any more. Writes nothing.
    pub fn phrase_pass(&self, channel: &Account, now: Mono) -> Option<String> {
        self.pass_for(channel, PHRASE_KNOWN, now)
    }

    fn pass_for(&self, channel: &Account, viewer: u64, now: Mono) -> Option<String> {
        let expires = self.powered.minute(now).saturating_add(PASS_MINUTES);
        let pass = Pass { expires, viewer };
        let epochs = self.epochs(&channel.name, pass)?;
        Some(sign(self.signer(), &channel.name, epochs, pass))
    }

    /// The epochs of now; None if the channel or the viewer is gone.
    fn epochs(&self, channel: &str, pass: Pass) -> Option<Epochs> {
        let viewer = match pass.viewer {
            PHRASE_KNOWN => 0,
            _ => self.directory().accounts.get(&pass.person()?)?.epoch,
        };
        let channel = self.pass_epoch_of(channel)?;
        Some(Epochs { channel, viewer })
    }

    /// Does this token let its holder watch the channel of this NAME now? A person's own one counts only as long as they may see
    /// the channel, and until their sessions are ended. Waits for nothing.
    pub fn may_watch(&self, name: &str, token: &str, now: Mono) -> bool {
        let Some(pass) = self.pass_of(name, token, now) else {
            return false;
        };
        match pass.viewer {
            PHRASE_KNOWN => self.visibility_of(name) == Some(Visibility::PassPhrase),
            _ => {
                let viewer = pass.person().and_then(|id| self.account(id));
                let channel = self.account_named(name);
                channel.is_some_and(|channel| {
                    viewer.is_some() && self.may_see(viewer.as_ref(), channel.id) == Access::Open
                })
            }
        }
    }

    /// Whose own pass for the channel of this NAME this token is; None if it is nobody's. Waits for nothing.
    pub fn pass_holder(&self, name: &str, token: &str, now: Mono) -> Option<AccountId> {
        self.pass_of(name, token, now)?.person()
    }

    /// For how many minutes of powered-on time this token still counts for the channel of this NAME; None if it does not.
    /// Waits for nothing.
    pub fn pass_minutes_left(&self, name: &str, token: &str, now: Mono) -> Option<u32> {
        let pass = self.pass_of(name, token, now)?;
        Some(pass.expires.saturating_sub(self.powered.minute(now)))
    }

    /// The pass that `token` is for this channel, if it still counts.
    fn pass_of(&self, name: &str, token: &str, now: Mono) -> Option<Pass> {
        let pass = read(self.signer(), name, token, |pass| self.epochs(name, pass))?;
        (self.powered.minute(now) < pass.expires).then_some(pass)
    }
}

fn sign(signer: Signer<'_>, channel: &str, epochs: Epochs, pass: Pass) -> String {
    let mut token = Vec::with_capacity(SIGNED + MAC);
    token.push(VERSION);
    token.extend(pass.expires.to_be_bytes());
    token.extend(pass.viewer.to_be_bytes());
    let mac = mac(signer, channel, epochs, &token);
    token.extend(mac);
    BASE64URL_NOPAD.encode(&token)
}

/// Reads a token; None unless this box signed it for this channel, under the epochs that such a pass has now.
fn read(
    signer: Signer<'_>,
    channel: &str,
    token: &str,
    epochs: impl FnOnce(Pass) -> Option<Epochs>,
) -> Option<Pass> {
    if token.len() > PASS_TOKEN_MAX {
        return None;
    }
    let bytes = BASE64URL_NOPAD.decode(token.as_bytes()).ok()?;
    let (signed, given) = bytes.split_at_checked(SIGNED)?;
    let (version, rest) = signed.split_first()?;
    let (expires, viewer) = rest.split_first_chunk::<4>()?;
    let pass = Pass {
        expires: u32::from_be_bytes(*expires),
        viewer: u64::from_be_bytes(viewer.try_into().ok()?),
    };
    let genuine = mac(signer, channel, epochs(pass)?, signed);
    (*version == VERSION && bool::from(genuine.ct_eq(given))).then_some(pass)
}

/// The channel comes last: all other parts have fixed lengths.
fn mac(signer: Signer<'_>, channel: &str, epochs: Epochs, signed: &[u8]) -> [u8; MAC] {
    let parts: [&[u8]; 5] = [
        signer.lineage,
        signed,
        &epochs.channel.to_be_bytes(),
        &epochs.viewer.to_be_bytes(),
        channel.as_bytes(),
    ];
    let whole = signer.secret.mac(Purpose::Pass, &parts);
    let mut short = [0; MAC];
    short
        .iter_mut()
        .zip(whole)
        .for_each(|(to, from)| *to = from);
    short
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::people::secret::DeviceSecret;
    use proptest::prelude::*;
    use std::sync::LazyLock;

    static SECRET: LazyLock<DeviceSecret> =
        LazyLock::new(|| DeviceSecret::open(tempfile::tempdir().unwrap().path()).unwrap());

    const PASS: Pass = Pass {
        expires: 1_000,
        viewer: 7,
    };

    fn house() -> Signer<'static> {
        Signer {
            secret: &SECRET,
            lineage: &[7; 16],
        }
    }

    const NOW: Epochs = Epochs {
        channel: 3,
        viewer: 5,
    };

    fn read_at(signer: Signer<'_>, channel: &str, epochs: Epochs, token: &str) -> Option<Pass> {
        read(signer, channel, token, |_| Some(epochs))
    }

    #[test]
    fn neither_another_box_nor_a_restored_store_takes_it() {
        let secret = DeviceSecret::open(tempfile::tempdir().unwrap().path()).unwrap();
        let token = sign(house(), "anna", NOW, PASS);
        let other = Signer {
            secret: &secret,
            ..house()
        };
        assert_eq!(read_at(other, "anna", NOW, &token), None);
        let restored = Signer {
            lineage: &[8; 16],
            ..house()
        };
        assert_eq!(read_at(restored, "anna", NOW, &token), None);
    }

    #[test]
    fn a_cut_or_lengthened_token_is_worthless() {
        let token = sign(house(), "anna", NOW, PASS);
        assert_eq!(read_at(house(), "anna", NOW, &token), Some(PASS));
        for cut in 0..token.len() {
            assert_eq!(read_at(house(), "anna", NOW, &token[..cut]), None);
        }
        assert_eq!(read_at(house(), "anna", NOW, &format!("{token}A")), None);
        assert_eq!(read_at(house(), "anna", NOW, &"A".repeat(1 << 16)), None);
    }

    proptest! {
        #[test]
        fn a_pass_is_read_again_for_its_channel_and_epochs_alone(
            expires: u32, viewer: u64, ours: (u32, u32), others: (u32, u32),
            channel in "[a-z0-9][a-z0-9_-]{1,31}", elsewhere in "[a-z0-9][a-z0-9_-]{1,31}",
        ) {
            let pass = Pass { expires, viewer };
            let epochs = |(channel, viewer)| Epochs { channel, viewer };
            let token = sign(house(), &channel, epochs(ours), pass);
            prop_assert!(token.len() <= PASS_TOKEN_MAX);
            prop_assert!(token.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'));
            prop_assert_eq!(read_at(house(), &channel, epochs(ours), &token), Some(pass));
            for other in [(others.0, ours.1), (ours.0, others.1)] {
                if other != ours {
                    prop_assert_eq!(read_at(house(), &channel, epochs(other), &token), None);
                }
            }
            if elsewhere != channel {
                prop_assert_eq!(read_at(house(), &elsewhere, epochs(ours), &token), None);
            }
        }

        #[test]
        fn one_touched_bit_makes_it_worthless(at in 0..SIGNED + MAC, bit in 0..8u8) {
            let mut bytes = BASE64URL_NOPAD.decode(sign(house(), "anna", NOW, PASS).as_bytes()).unwrap();
            bytes[at] ^= 1 << bit;
            prop_assert_eq!(read_at(house(), "anna", NOW, &BASE64URL_NOPAD.encode(&bytes)), None);
        }

        #[test]
        fn any_text_is_no_pass(text in ".{0,80}") {
            prop_assert_eq!(read_at(house(), "anna", NOW, &text), None);
        }
    }
}

//! Who gets in when somebody with a right to this channel is already publishing.
//!
//! The same key takes over at once, whatever state its older connection is in; the address that lost is refused for a
//! while as long as the winner lives, so that two encoders can't fight for ever. Another key of the same person waits
//! until that person says so on the studio page.

use crate::limits::station as limits;
use crate::people::{self, AccountId, KeyHolder, KeyId};
use crate::time::Mono;
use std::net::IpAddr;

/// What the publisher that lost reads.
pub const TAKEN_OVER: &str = "Another encoder took over with this key";

/// Why a publish was refused; the texts are for the encoder's window.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// This address lost a takeover moments ago.
    #[error("{TAKEN_OVER}")]
    TakenOver,
    /// Another key of the same person is live.
    #[error(
        "You are already live from {0}. Stop there first, or open the studio page and let this encoder in"
    )]
    AlreadyLive(IpAddr),
    /// Every ring is in use.
    #[error("The box is full: no room for another live channel right now")]
    Full,
}

/// The publisher that is there already.
#[derive(Clone, Copy, Debug)]
pub struct Incumbent {
    /// Its key.
    pub key: KeyId,
    /// Its address.
    pub address: IpAddr,
    /// When it last sent anything.
    pub last_bytes: Mono,
}

/// What the desk remembers of those it turned away.
#[derive(Debug, Default)]
pub struct Desk {
    losers: Vec<Loser>,
    switches: Vec<Switch>,
    /// Oldest first.
    wrong_keys: Vec<WrongKey>,
    turned_away: Vec<TurnedAway>,
}

/// A publish with a key that works, by somebody who may not go live now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TurnedAway {
    /// Whose key it was.
    pub account: AccountId,
    /// From where.
    pub address: IpAddr,
    /// When, the last time.
    pub at: Mono,
    /// Why.
    pub why: people::Refusal,
}

/// A publish with a key that nobody has; what was tried again and again counts as one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrongKey {
    /// From where.
    pub address: IpAddr,
    /// When, the last time.
    pub at: Mono,
    /// How the key begins: letters and figures only.
    pub begins: heapless::String<{ limits::WRONG_KEY_CHARS }>,
}

#[derive(Debug)]
struct Loser {
    account: AccountId,
    key: KeyId,
    address: IpAddr,
    until: Mono,
}

/// Another key of a person who is live.
#[derive(Debug)]
struct Switch {
    account: AccountId,
    refused: Option<(IpAddr, Mono)>,
    allowed_until: Option<Mono>,
}

impl Desk {
    /// Decides on a newcomer while `incumbent` publishes the same channel.
    ///
    /// # Errors
    /// The refusal; otherwise the incumbent must go.
    pub fn admit(
        &mut self,
        holder: &KeyHolder,
        address: IpAddr,
        incumbent: Incumbent,
        now: Mono,
    ) -> Result<(), Refusal> {
        let alive = now.since(incumbent.last_bytes) < limits::ALIVE_MS;
        self.losers.retain(|loser| loser.until > now);
        let lost = |loser: &Loser| {
            (loser.account, loser.key, loser.address) == (holder.account, holder.key, address)
        };
        if alive && self.losers.iter().any(lost) {
            return Err(Refusal::TakenOver);
        }
        if holder.key != incumbent.key && !self.take_permission(holder.account, now) {
            self.note_refused_switch(holder.account, address, now);
            return Err(Refusal::AlreadyLive(incumbent.address));
        }
        if alive {
            let until = now.plus(limits::LOSER_REFUSED_MS);
            let loser = Loser {
                account: holder.account,
                key: incumbent.key,
                address: incumbent.address,
                until,
            };
            push_bounded(&mut self.losers, loser);
        }
        Ok(())
    }

    /// The publisher of this account left: nobody needs protection from those who lost against it.
    pub fn winner_left(&mut self, account: AccountId) {
        self.losers.retain(|loser| loser.account != account);
    }

    /// For a minute, another key of this account takes over.
    pub fn allow_switch(&mut self, account: AccountId, now: Mono) {
        self.switch(account).allowed_until = Some(now.plus(limits::SWITCH_ALLOWED_MS));
    }

    /// Last refused publish with another key of this account.
    pub fn refused_switch(&self, account: AccountId) -> Option<(IpAddr, Mono)> {
        self.switches
            .iter()
            .find(|switch| switch.account == account)?
            .refused
    }

    /// An unknown key came.
    pub fn note_wrong_key(&mut self, address: IpAddr, key: &str, now: Mono) {
        let plain = key.chars().filter(char::is_ascii_alphanumeric);
        let begins = plain.take(limits::WRONG_KEY_CHARS).collect();
        self.wrong_keys
            .retain(|known| known.address != address || known.begins != begins);
        if self.wrong_keys.len() >= limits::WRONG_KEYS {
            self.wrong_keys.remove(0);
        }
        self.wrong_keys.push(WrongKey {
            address,
            at: now,
            begins,
        });
    }

    /// Somebody's encoder was turned away; of each person the last is kept.
    pub fn note_turned_away(&mut self, one: TurnedAway) {
        self.turned_away
            .retain(|known| known.account != one.account);
        push_bounded(&mut self.turned_away, one);
    }

    /// The last encoder of this account that was turned away.
    pub fn turned_away(&self, account: AccountId) -> Option<TurnedAway> {
        let mut known = self.turned_away.iter();
        known.find(|one| one.account == account).copied()
    }

    /// Last publish with an unknown key.
    pub fn wrong_key(&self) -> Option<(IpAddr, Mono)> {
        let last = self.wrong_keys.last()?;
        Some((last.address, last.at))
    }

    /// The last of them, the newest first.
    pub fn wrong_keys(&self) -> Vec<WrongKey> {
        self.wrong_keys.iter().rev().cloned().collect()
    }

    fn take_permission(&mut self, account: AccountId, now: Mono) -> bool {
        let Some(switch) = self
            .switches
            .iter_mut()
            .find(|switch| switch.account == account)
        else {
            return false;
        };
        let allowed = switch.allowed_until.take().is_some_and(|until| until > now);
        if allowed {
            switch.refused = None;
        }
        allowed
    }

    fn note_refused_switch(&mut self, account: AccountId, address: IpAddr, now: Mono) {
        self.switch(account).refused = Some((address, now));
    }

    fn switch(&mut self, account: AccountId) -> &mut Switch {
        let at = self
            .switches
            .iter()
            .position(|switch| switch.account == account)
            .unwrap_or_else(|| {
                push_bounded(
                    &mut self.switches,
                    Switch {
                        account,
                        refused: None,
                        allowed_until: None,
                    },
                );
                self.switches.len() - 1
            });
        &mut self.switches[at]
    }
}

fn push_bounded<T>(list: &mut Vec<T>, item: T) {
    if list.len() >= limits::REFUSALS {
        list.remove(0);
    }
    list.push(item);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holder(key: u32) -> KeyHolder {
        KeyHolder {
            account: AccountId(1),
            name: "anna".into(),
            display_name: "Anna".into(),
            key: KeyId(key),
        }
    }

    fn ip(last: u8) -> IpAddr {
        IpAddr::from([192, 168, 1, last])
    }

    fn incumbent(key: u32, last: u8, at: u64) -> Incumbent {
        Incumbent {
            key: KeyId(key),
            address: ip(last),
            last_bytes: Mono(at),
        }
    }

    #[test]
    fn same_key_takes_over_at_once() {
        let mut desk = Desk::default();
        assert_eq!(
            desk.admit(&holder(7), ip(2), incumbent(7, 1, 1_000), Mono(1_000)),
            Ok(())
        );
    }

    #[test]
    fn a_living_loser_is_refused_while_the_winner_lives() {
        let mut desk = Desk::default();
        desk.admit(&holder(7), ip(2), incumbent(7, 1, 1_000), Mono(1_000))
            .unwrap();
        let winner = incumbent(7, 2, 5_000);
        assert_eq!(
            desk.admit(&holder(7), ip(1), winner, Mono(5_000)),
            Err(Refusal::TakenOver)
        );
        assert_eq!(
            desk.admit(&holder(7), ip(1), incumbent(7, 2, 31_000), Mono(31_000)),
            Ok(())
        );
    }

    #[test]
    fn a_loser_returns_when_the_winner_is_silent_or_gone() {
        let mut desk = Desk::default();
        desk.admit(&holder(7), ip(2), incumbent(7, 1, 1_000), Mono(1_000))
            .unwrap();
        assert_eq!(
            desk.admit(&holder(7), ip(1), incumbent(7, 2, 2_000), Mono(4_500)),
            Ok(())
        );
        desk.winner_left(AccountId(1));
        assert_eq!(
            desk.admit(&holder(7), ip(2), incumbent(7, 1, 4_600), Mono(4_600)),
            Ok(())
        );
    }

    #[test]
    fn an_encoder_that_was_already_silent_is_not_punished() {
        let mut desk = Desk::default();
        desk.admit(&holder(7), ip(1), incumbent(7, 1, 1_000), Mono(9_000))
            .unwrap();
        assert_eq!(
            desk.admit(&holder(7), ip(1), incumbent(7, 1, 10_000), Mono(10_000)),
            Ok(())
        );
    }

    #[test]
    fn another_key_of_the_same_person_waits_for_the_studio_page() {
        let mut desk = Desk::default();
        let refused = desk.admit(&holder(8), ip(2), incumbent(7, 1, 1_000), Mono(1_000));
        assert_eq!(refused, Err(Refusal::AlreadyLive(ip(1))));
        assert_eq!(
            desk.refused_switch(AccountId(1)),
            Some((ip(2), Mono(1_000)))
        );
        desk.allow_switch(AccountId(1), Mono(2_000));
        assert_eq!(
            desk.admit(&holder(8), ip(2), incumbent(7, 1, 3_000), Mono(3_000)),
            Ok(())
        );
        assert_eq!(
            desk.admit(&holder(9), ip(3), incumbent(8, 2, 4_000), Mono(4_000)),
            Err(Refusal::AlreadyLive(ip(2)))
        );
    }

    #[test]
    fn permission_to_switch_runs_out() {
        let mut desk = Desk::default();
        desk.allow_switch(AccountId(1), Mono(0));
        assert!(
            desk.admit(&holder(8), ip(2), incumbent(7, 1, 61_000), Mono(61_000))
                .is_err()
        );
    }

    #[test]
    fn wrong_keys_are_told_apart_and_bounded_and_never_kept_whole() {
        let mut desk = Desk::default();
        for at in 0..3 {
            desk.note_wrong_key(ip(1), "ab-cdefgh", Mono(at));
        }
        let known = desk.wrong_keys();
        assert_eq!(known.len(), 1);
        assert_eq!((&*known[0].begins, known[0].at), ("abcd", Mono(2)));
        for last in 0..100 {
            desk.note_wrong_key(ip(last), "钥匙", Mono(100));
        }
        let known = desk.wrong_keys();
        assert_eq!(known.len(), limits::WRONG_KEYS);
        assert_eq!((known[0].address, &*known[0].begins), (ip(99), ""));
        assert_eq!(desk.wrong_key(), Some((ip(99), Mono(100))));
    }

    #[test]
    fn refusals_are_bounded() {
        let mut desk = Desk::default();
        for account in 0..1_000 {
            desk.allow_switch(AccountId(account), Mono(0));
            for at in 0..2 {
                desk.note_turned_away(TurnedAway {
                    account: AccountId(account),
                    address: ip(1),
                    at: Mono(at),
                    why: people::Refusal::KeyPaused,
                });
            }
        }
        assert_eq!(desk.switches.len(), limits::REFUSALS);
        assert_eq!(desk.turned_away.len(), limits::REFUSALS);
        let last = desk.turned_away(AccountId(999)).unwrap();
        assert_eq!((last.at, last.why), (Mono(1), people::Refusal::KeyPaused));
        assert_eq!(desk.turned_away(AccountId(0)), None);
    }
}

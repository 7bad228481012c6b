//! How much a person's encoder may send, and what becomes of one that sends more.

use crate::limits::station as limits;
use crate::time::Mono;

/// See the module.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Allowance {
    most_kbps: Option<u32>,
    /// Since when it is far too much.
    exceeded: Option<Mono>,
}

impl Allowance {
    /// Most that is allowed, kbit/s.
    pub(super) fn most(&self) -> Option<u32> {
        self.most_kbps
    }

    /// Takes note of what is sent and allowed now, kbit/s; the text with which the encoder must leave, if it must.
    pub(super) fn note(&mut self, kbps: u32, most_kbps: Option<u32>, now: Mono) -> Option<String> {
        self.most_kbps = most_kbps;
        let most = most_kbps.filter(|most| is_far_more(kbps, *most));
        let Some(most) = most else {
            self.exceeded = None;
            return None;
        };
        let since = *self.exceeded.get_or_insert(now);
        (now.since(since) >= limits::EXCESS_MS).then(|| {
            format!(
                "Your stream has {kbps} kbit/s and this box allows you {most}. Lower the bitrate in your encoder and start again"
            )
        })
    }
}

fn is_far_more(kbps: u32, most: u32) -> bool {
    u64::from(kbps) * 100 > u64::from(most) * u64::from(100 + limits::EXCESS_PERCENT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_quarter_more_for_half_a_minute_ends_a_stream() {
        let mut allowance = Allowance::default();
        assert_eq!(allowance.note(99_999, None, Mono(0)), None);
        for second in 0..60 {
            let now = Mono(second * 1_000);
            assert_eq!(allowance.note(1_250, Some(1_000), now), None, "{second}");
        }
        assert_eq!(allowance.note(1_251, Some(1_000), Mono(60_000)), None);
        assert_eq!(allowance.note(1_251, Some(1_000), Mono(89_999)), None);
        let text = allowance.note(2_000, Some(1_000), Mono(90_000)).unwrap();
        assert!(text.contains("2000") && text.contains("1000"), "{text}");
    }

    #[test]
    fn a_pause_begins_the_time_anew() {
        let mut allowance = Allowance::default();
        allowance.note(2_000, Some(1_000), Mono(0));
        allowance.note(900, Some(1_000), Mono(20_000));
        allowance.note(2_000, Some(1_000), Mono(21_000));
        assert_eq!(allowance.note(2_000, Some(1_000), Mono(40_000)), None);
        assert!(allowance.note(2_000, Some(1_000), Mono(51_000)).is_some());
    }
}

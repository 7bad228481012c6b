//! The two slots of a card and their tries, as the boot script (`rootfs/build/boot.cmd`) knows them.

use crate::wire::boot_env::Variables;

/// How often the boot script starts a slot that nobody calls good.
pub(in crate::daemon) const TRIES: u32 = 3;

/// One of the two systems on a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::daemon) enum Slot {
    A,
    B,
}

impl Slot {
    /// The other one.
    pub(in crate::daemon) fn other(self) -> Slot {
        match self {
            Slot::A => Slot::B,
            Slot::B => Slot::A,
        }
    }

    /// As partitions are named: `a`, `b`.
    pub(in crate::daemon) fn letter(self) -> &'static str {
        match self {
            Slot::A => "a",
            Slot::B => "b",
        }
    }

    pub(super) fn of_letter(letter: &str) -> Option<Slot> {
        match letter {
            "a" | "A" => Some(Slot::A),
            "b" | "B" => Some(Slot::B),
            _ => None,
        }
    }

    /// As the boot script names it.
    fn word(self) -> &'static str {
        match self {
            Slot::A => "A",
            Slot::B => "B",
        }
    }
}

/// What the kernel was told by the boot script.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::daemon) struct Booted {
    /// The slot that runs; None: nothing here has slots.
    pub(in crate::daemon) slot: Option<Slot>,
    /// The other one did not become good within its tries.
    pub(in crate::daemon) other_failed: bool,
}

impl Booted {
    /// From `/proc/cmdline`.
    pub(in crate::daemon) fn of(command_line: &str) -> Booted {
        let value = |name: &str| {
            let mut words = command_line.split_whitespace().rev();
            let value = words.find_map(|word| word.strip_prefix(name));
            value.and_then(Slot::of_letter)
        };
        let slot = value("root=PARTLABEL=hearth-root-");
        let failed = value("hearth.failed=");
        Booted {
            slot,
            other_failed: slot.is_some() && failed == slot.map(Slot::other),
        }
    }
}

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Slots {
    /// Which is started first. One that holds nothing is not in it.
    order: Vec<Slot>,
    left: [u32; 2],
    /// The one that was written last and is not good yet.
    trial: Option<Slot>,
    /// How often this was written: the copy with the larger number counts.
    pub(super) writes: u32,
}

impl Default for Slots {
    /// What the boot script takes for granted where it knows nothing.
    fn default() -> Slots {
        Slots {
            order: vec![Slot::A, Slot::B],
            left: [TRIES; 2],
            trial: None,
            writes: 0,
        }
    }
}

impl Slots {
    /// From a copy; what is missing or senseless is as the boot script would take it.
    pub(super) fn of(variables: &Variables) -> Slots {
        let value = |name: &str| variables.get(name).map_or("", String::as_str);
        // setexpr writes hexadecimal numbers.
        let number = |name: &str| u32::from_str_radix(value(name), 16).ok();
        let unknown = Slots::default();
        let order: Vec<Slot> = value("BOOT_ORDER")
            .split_whitespace()
            .filter_map(Slot::of_letter)
            .collect();
        Slots {
            order: if order.is_empty() {
                unknown.order
            } else {
                order
            },
            left: [
                number("BOOT_A_LEFT").unwrap_or(TRIES),
                number("BOOT_B_LEFT").unwrap_or(TRIES),
            ],
            trial: Slot::of_letter(value("BOOT_TRIAL")),
            writes: number("BOOT_WRITES").unwrap_or(0),
        }
    }

    pub(super) fn variables(&self) -> Variables {
        let order: Vec<&str> = self.order.iter().map(|slot| slot.word()).collect();
        let trial = self.trial.map_or("none", Slot::word);
        let of = |name: &str, value: String| (name.to_owned(), value);
        Variables::from([
            of("BOOT_ORDER", order.join(" ")),
            of("BOOT_A_LEFT", format!("{:x}", self.left(Slot::A))),
            of("BOOT_B_LEFT", format!("{:x}", self.left(Slot::B))),
            of("BOOT_TRIAL", trial.to_owned()),
            of("BOOT_WRITES", format!("{:x}", self.writes)),
        ])
    }

    /// Tries that a slot has left.
    pub(super) fn left(&self, slot: Slot) -> u32 {
        let [a, b] = self.left;
        match slot {
            Slot::A => a,
            Slot::B => b,
        }
    }

    fn set_left(&mut self, slot: Slot, tries: u32) {
        let [a, b] = &mut self.left;
        match slot {
            Slot::A => *a = tries,
            Slot::B => *b = tries,
        }
    }

    pub(super) fn is_on_trial(&self, slot: Slot) -> bool {
        self.trial == Some(slot)
    }

    /// The slot that runs has shown that it does its work. If an update was written meanwhile, that is still tried next.
    pub(super) fn found_well(&mut self, running: Slot) {
        let other = running.other();
        let is_to_be_tried = self.is_on_trial(other) && self.left(other) > 0;
        if !is_to_be_tried {
            self.mark_good(running);
        }
    }

    /// The slot that runs is started first, with all tries.
    pub(super) fn mark_good(&mut self, running: Slot) {
        self.set_left(running, TRIES);
        self.order.retain(|slot| *slot != running);
        self.order.insert(0, running);
        self.trial = None;
    }

    /// The other slot is about to be written: until that is done there is none to fall back to. Not for a slot on trial.
    pub(super) fn close_other(&mut self, running: Slot) {
        self.mark_good(running);
        self.order = vec![running];
        self.set_left(running.other(), 0);
    }

    /// The other slot holds a whole system: it is started next, and falls back to this one.
    pub(super) fn try_other(&mut self, running: Slot) {
        self.order = vec![running.other(), running];
        self.left = [TRIES; 2];
        self.trial = Some(running.other());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The rule of the boot script: the first in the order with tries left, one of which it takes.
    fn boot(slots: &mut Slots) -> Option<Slot> {
        let order = slots.order.clone().into_iter();
        let chosen = order.into_iter().find(|slot| slots.left(*slot) > 0)?;
        slots.set_left(chosen, slots.left(chosen) - 1);
        Some(chosen)
    }

    fn shipped() -> Slots {
        let text = include_str!("../../../rootfs/build/slots.env");
        let lines = text.lines().filter_map(|line| line.split_once('='));
        Slots::of(&lines.map(|(n, v)| (n.to_owned(), v.to_owned())).collect())
    }

    #[test]
    fn a_new_card_knows_slot_a_alone() {
        let mut slots = shipped();
        assert_eq!(
            (slots.order.as_slice(), slots.trial),
            (&[Slot::A][..], None)
        );
        for _ in 0..TRIES {
            assert_eq!(boot(&mut slots), Some(Slot::A));
        }
        assert_eq!(boot(&mut slots), None);
    }

    #[test]
    fn a_new_system_has_three_tries_and_then_the_old_one_runs() {
        let mut slots = shipped();
        slots.close_other(Slot::A);
        assert_eq!(
            boot(&mut slots),
            Some(Slot::A),
            "half an update is never started"
        );
        slots.mark_good(Slot::A);
        slots.try_other(Slot::A);
        for _ in 0..TRIES {
            assert_eq!(boot(&mut slots), Some(Slot::B));
            assert!(slots.is_on_trial(Slot::B));
        }
        assert_eq!(boot(&mut slots), Some(Slot::A));
        slots.mark_good(Slot::A);
        assert_eq!(boot(&mut slots), Some(Slot::A));
        assert_eq!((slots.left(Slot::B), slots.trial), (0, None));
    }

    #[test]
    fn a_new_system_that_is_good_stays_and_the_old_one_is_kept_for_later() {
        let mut slots = shipped();
        slots.try_other(Slot::A);
        assert_eq!(boot(&mut slots), Some(Slot::B));
        slots.mark_good(Slot::B);
        assert!(!slots.is_on_trial(Slot::B));
        for _ in 0..TRIES {
            assert_eq!(boot(&mut slots), Some(Slot::B));
        }
        assert_eq!(boot(&mut slots), Some(Slot::A));
    }

    #[test]
    fn an_update_that_is_written_before_the_running_slot_is_found_well_is_tried_all_the_same() {
        let mut slots = shipped();
        assert_eq!(boot(&mut slots), Some(Slot::A));
        slots.close_other(Slot::A);
        slots.try_other(Slot::A);
        slots.found_well(Slot::A);
        for _ in 0..TRIES {
            assert_eq!(boot(&mut slots), Some(Slot::B));
        }
        // It did not come up, and what runs again is found well.
        assert_eq!(boot(&mut slots), Some(Slot::A));
        slots.found_well(Slot::A);
        assert_eq!((slots.left(Slot::A), slots.trial), (TRIES, None));
        slots.try_other(Slot::A);
        assert_eq!(boot(&mut slots), Some(Slot::B));
        slots.found_well(Slot::B);
        assert_eq!((slots.left(Slot::B), slots.trial), (TRIES, None));
    }

    #[test]
    fn the_kernels_command_line_says_which_slot_runs_and_which_failed() {
        let of = |text| Booted::of(text);
        let slot = |slot, other_failed| Booted { slot, other_failed };
        assert_eq!(of("quiet"), Booted::default());
        assert_eq!(of("root=/dev/sda1 hearth.failed=b"), Booted::default());
        assert_eq!(
            of("ro root=PARTLABEL=hearth-root-a"),
            slot(Some(Slot::A), false)
        );
        let fell_back = "root=PARTLABEL=hearth-root-a ro hearth.failed=b quiet\n";
        assert_eq!(of(fell_back), slot(Some(Slot::A), true));
        let senseless = "root=PARTLABEL=hearth-root-a hearth.failed=a";
        assert_eq!(of(senseless), slot(Some(Slot::A), false));
    }

    fn any_slot() -> impl Strategy<Value = Slot> {
        prop_oneof![Just(Slot::A), Just(Slot::B)]
    }

    proptest! {
        #[test]
        fn slots_survive_their_variables(
            order in prop_oneof![Just(vec![Slot::A]), Just(vec![Slot::B]), Just(vec![Slot::B, Slot::A])],
            left in any::<[u32; 2]>(),
            trial in proptest::option::of(any_slot()),
            writes in any::<u32>(),
        ) {
            let slots = Slots { order, left, trial, writes };
            prop_assert_eq!(Slots::of(&slots.variables()), slots);
        }

        #[test]
        fn whatever_was_done_before_a_good_slot_is_started_next(
            deeds in proptest::collection::vec((0_u8..4, any_slot()), 0..12),
            good in any_slot(),
        ) {
            let mut slots = shipped();
            for (deed, slot) in deeds {
                match deed {
                    0 => slots.mark_good(slot),
                    1 => slots.close_other(slot),
                    2 => slots.try_other(slot),
                    _ => { boot(&mut slots); }
                }
            }
            slots.mark_good(good);
            prop_assert_eq!(boot(&mut slots), Some(good));
        }
    }
}

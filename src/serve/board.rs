//! The health of the board: power, heat, wear of the card, clock. Read from `/sys` when somebody asks.
//!
//! What a board does not tell is None: a laptop has no firmware that counts under-voltage, few cards tell their wear.

use crate::limits::network::{BOARD_ENTRIES_MAX, BOARD_FILE_MAX};
use nix::sys::stat::{major, minor};
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// A warning of the firmware.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Warning {
    /// It holds at this moment.
    pub now: bool,
    /// It held at some time since power-on.
    pub since_boot: bool,
}

/// See the module.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Board {
    /// The supply is too weak, most often its cable.
    pub under_voltage: Option<Warning>,
    /// The processor runs slower than it could, for heat or want of power.
    pub throttled: Option<Warning>,
    /// The hottest sensor, thousandths of a degree Celsius.
    pub temperature_millidegrees: Option<i32>,
    /// Bytes written to the card since power-on.
    pub card_written_bytes: Option<u64>,
    /// How much of its life the card says is used, percent in steps of ten.
    pub card_life_used_percent: Option<u8>,
    /// Whether the clock was set by a time server; None: nothing here says so.
    pub clock_synchronised: Option<bool>,
}

/// Where the firmware's warnings are (kernels of the Raspberry Pi).
const THROTTLED: &str = "sys/devices/platform/soc/soc:firmware/get_throttled";

/// Bytes of a sector in `stat`, whatever the device's own are.
const SECTOR: u64 = 512;

impl Board {
    /// What the files under `root` (`/` but in tests) tell now, of the card that the folder `data` is on too. Reads a dozen
    /// small files.
    pub fn read(root: &Path, data: &Path) -> Board {
        let card = card(root, data);
        let bits = text(&root.join(THROTTLED)).and_then(|text| hexadecimal(&text));
        let warning = |now: u32, mask: u32| {
            bits.map(|bits| Warning {
                now: bits & (mask << now) != 0,
                since_boot: bits & (mask << (now + 16)) != 0,
            })
        };
        Board {
            under_voltage: warning(0, 1).or_else(|| voltage_alarm(root)),
            // Frequency capped, throttled, soft temperature limit: all of them cost speed.
            throttled: warning(1, 0b111),
            temperature_millidegrees: temperature(root),
            card_written_bytes: card.as_deref().and_then(written),
            card_life_used_percent: card.as_deref().and_then(life_used),
            clock_synchronised: synchronised(root),
        }
    }
}

/// The hardware monitor `rpi_volt`; it knows the present only.
fn voltage_alarm(root: &Path) -> Option<Warning> {
    let monitors = entries(&root.join("sys/class/hwmon"));
    let alarms = monitors
        .iter()
        .filter(|monitor| text(&monitor.join("name")).is_some_and(|name| name == "rpi_volt"))
        .filter_map(|monitor| text(&monitor.join("in0_lcrit_alarm")));
    let alarm = alarms.map(|alarm| alarm != "0").next()?;
    Some(Warning {
        now: alarm,
        since_boot: alarm,
    })
}

fn temperature(root: &Path) -> Option<i32> {
    let zones = entries(&root.join("sys/class/thermal"));
    let sensors = zones.iter().filter(|zone| {
        let name = zone.file_name().unwrap_or_default();
        name.to_string_lossy().starts_with("thermal_zone")
    });
    sensors
        .filter_map(|zone| text(&zone.join("temp"))?.parse().ok())
        .max()
}

/// The whole device that a folder's file system is on, not its partition; None for one that is on no single device.
fn card(root: &Path, data: &Path) -> Option<PathBuf> {
    let device = fs::metadata(data).ok()?.dev();
    let name = format!("{}:{}", major(device), minor(device));
    let device = fs::canonicalize(root.join("sys/dev/block").join(name)).ok()?;
    if device.join("partition").exists() {
        return device.parent().map(Path::to_owned);
    }
    Some(device)
}

/// The seventh figure of `stat`: sectors written (Linux, Documentation/block/stat.rst).
fn written(card: &Path) -> Option<u64> {
    let stat = text(&card.join("stat"))?;
    let sectors: u64 = stat.split_whitespace().nth(6)?.parse().ok()?;
    sectors.checked_mul(SECTOR)
}

/// eMMC 5.0: two memory types, each 0x01 (up to 10 % used) to 0x0a, 0x0b beyond; 0x00 is not told.
fn life_used(card: &Path) -> Option<u8> {
    let life = text(&card.join("device/life_time"))?;
    let worst = life.split_whitespace().filter_map(hexadecimal).max()?;
    match worst {
        1..=11 => u8::try_from(worst.min(10) * 10).ok(),
        _ => None,
    }
}

/// As systemd-timesyncd tells it.
fn synchronised(root: &Path) -> Option<bool> {
    let folder = root.join("run/systemd/timesync");
    folder
        .is_dir()
        .then(|| folder.join("synchronized").exists())
}

fn text(path: &Path) -> Option<String> {
    let mut text = String::new();
    let file = File::open(path).ok()?;
    file.take(BOARD_FILE_MAX).read_to_string(&mut text).ok()?;
    Some(text.trim().to_owned())
}

fn hexadecimal(text: &str) -> Option<u32> {
    u32::from_str_radix(text.trim_start_matches("0x"), 16).ok()
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| entry.path())
        .take(BOARD_ENTRIES_MAX)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, format!("{text}\n")).unwrap();
        }
        root
    }

    fn of(files: &[(&str, &str)]) -> Board {
        let root = tree(files);
        Board::read(root.path(), root.path())
    }

    /// What a card tells that has `stat` and `life` for itself, and nothing for its data partition, while other cards are there too.
    fn of_card(stat: &str, life: &str) -> Board {
        let root = tree(&[
            ("sys/block/mmcblk0/stat", "0 0 0 0 0 0 77 0"),
            ("sys/block/mmcblk0/device/life_time", "0x0a 0x0a"),
            ("sys/devices/host/mmcblk1/stat", stat),
            ("sys/devices/host/mmcblk1/device/life_time", life),
            ("sys/devices/host/mmcblk1/mmcblk1p7/partition", "7"),
            (
                "sys/devices/host/mmcblk1/mmcblk1p7/stat",
                "0 0 0 0 0 0 55 0",
            ),
        ]);
        let device = fs::metadata(root.path()).unwrap().dev();
        let links = root.path().join("sys/dev/block");
        fs::create_dir_all(&links).unwrap();
        let link = links.join(format!("{}:{}", major(device), minor(device)));
        std::os::unix::fs::symlink("../../devices/host/mmcblk1/mmcblk1p7", link).unwrap();
        Board::read(root.path(), root.path())
    }

    #[test]
    fn a_board_that_tells_nothing_is_unknown_and_not_well() {
        assert_eq!(of(&[]), Board::default());
        let garbage = of(&[
            (THROTTLED, "yes"),
            ("sys/class/thermal/thermal_zone0/temp", "hot"),
            ("sys/class/hwmon/hwmon0/name", "cpu_thermal"),
        ]);
        assert_eq!(garbage, Board::default());
        assert_eq!(of_card("1 2 3", "0x00 0x00"), Board::default());
    }

    #[test]
    fn the_card_is_the_one_that_the_data_are_on() {
        let stat = "  3414  1289  233194  1834  211  99  2048  913  0  2012  2748";
        let board = of_card(stat, "0x01 0x03");
        assert_eq!(board.card_written_bytes, Some(1 << 20));
        assert_eq!(board.card_life_used_percent, Some(30));
    }

    #[test]
    fn the_firmwares_bits_are_read_as_documented() {
        let at = |bits: &str| {
            let board = of(&[(THROTTLED, bits)]);
            let pair = |w: Option<Warning>| w.map(|w| (w.now, w.since_boot));
            (pair(board.under_voltage), pair(board.throttled))
        };
        let (no, before, both) = (
            Some((false, false)),
            Some((false, true)),
            Some((true, true)),
        );
        assert_eq!(at("0"), (no, no));
        assert_eq!(at("0x50005"), (both, both));
        assert_eq!(at("50000"), (before, before));
        assert_eq!(at("80008"), (no, both));
        assert_eq!(at("20002"), (no, both));
    }

    #[test]
    fn without_firmware_the_hardware_monitor_tells_of_low_voltage() {
        let alarm = |value: &str| {
            of(&[
                ("sys/class/hwmon/hwmon0/name", "cpu_thermal"),
                ("sys/class/hwmon/hwmon1/name", "rpi_volt"),
                ("sys/class/hwmon/hwmon1/in0_lcrit_alarm", value),
            ])
            .under_voltage
            .unwrap()
            .now
        };
        assert!(alarm("1") && !alarm("0"));
    }

    #[test]
    fn heat_and_clock_come_from_their_files() {
        let mut files = vec![
            ("sys/class/thermal/thermal_zone0/temp", "48312"),
            ("sys/class/thermal/thermal_zone1/temp", "61000"),
            ("sys/class/thermal/cooling_device0/temp", "99000"),
            ("run/systemd/timesync/clock", ""),
        ];
        let board = of(&files);
        assert_eq!(board.temperature_millidegrees, Some(61_000));
        assert_eq!(board.clock_synchronised, Some(false));
        files.push(("run/systemd/timesync/synchronized", ""));
        assert_eq!(of(&files).clock_synchronised, Some(true));
    }
}

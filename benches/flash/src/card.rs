//! A card: a file behind a loop device with an ext4 on it, and what the device counted.

use crate::Outcome;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const CARD_BYTES: u64 = 512 << 20;

/// What reached the device.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cost {
    pub(crate) bytes: u64,
    pub(crate) flushes: u64,
}

/// Mounted for as long as it lives.
pub(crate) struct Card {
    base: PathBuf,
    mount: PathBuf,
    device: String,
}

impl Card {
    /// `commit`: seconds after which the file system writes what nobody asked to be safe, such as when a file was last changed.
    pub(crate) fn new(commit: u32) -> Outcome<Card> {
        let base = std::env::temp_dir().join(format!("hearth-flash-{}", std::process::id()));
        let mount = base.join("mount");
        fs::create_dir_all(&mount)?;
        let image = base.join("card.img");
        fs::File::create(&image)?.set_len(CARD_BYTES)?;
        let options = "lazy_itable_init=0,lazy_journal_init=0";
        run(
            "mkfs.ext4",
            &["-q", "-F", "-b", "4096", "-E", options, text(&image)],
        )?;
        let device = run(
            "losetup",
            &["--direct-io=on", "--find", "--show", text(&image)],
        )?;
        let mut card = Card {
            base,
            mount,
            device: device.trim().to_owned(),
        };
        let options = format!("noatime,commit={commit}");
        let mounted = run("mount", &["-o", &options, &card.device, text(&card.mount)]);
        if let Err(error) = mounted {
            card.mount.clear();
            return Err(error);
        }
        Ok(card)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.mount
    }

    /// What `work` costs, everything that it leaves to be written later included.
    pub(crate) fn cost(&self, work: impl FnOnce() -> Outcome<()>) -> Outcome<Cost> {
        run("sync", &["-f", text(&self.mount)])?;
        let before = self.counted()?;
        work()?;
        run("sync", &["-f", text(&self.mount)])?;
        let after = self.counted()?;
        Ok(Cost {
            bytes: after.bytes - before.bytes,
            flushes: after.flushes - before.flushes,
        })
    }

    fn counted(&self) -> Outcome<Cost> {
        let device = self.device.trim_start_matches("/dev/");
        let stat = fs::read_to_string(format!("/sys/block/{device}/stat"))?;
        let numbers: Vec<u64> = stat
            .split_whitespace()
            .map(str::parse)
            .collect::<Result<_, _>>()?;
        let field = |n: usize| {
            numbers
                .get(n)
                .copied()
                .ok_or("the kernel counts no flushes")
        };
        Ok(Cost {
            bytes: field(6)? * 512,
            flushes: field(15)?,
        })
    }
}

impl Drop for Card {
    fn drop(&mut self) {
        if !self.mount.as_os_str().is_empty() {
            let _ = run("umount", &[text(&self.mount)]);
        }
        let _ = run("losetup", &["-d", &self.device]);
        let _ = fs::remove_dir_all(&self.base);
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap_or_default()
}

fn run(program: &str, arguments: &[&str]) -> Outcome<String> {
    let output = Command::new(program).args(arguments).output()?;
    if !output.status.success() {
        let error = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{program}: {error} (a loop device needs root)").into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

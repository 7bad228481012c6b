//! `hearth slot write`: takes an update from standard input into the slot that does not run.
//!
//! It is root's, started by the daemon's connection to a socket, and believes nothing that comes over it: the signature is
//! checked before anything is written, the bytes are while they come, and once more as the card gives them back. Until all of
//! that has held, the boot script knows only the slot that runs.

use super::copies::Copies;
use super::table::Slot;
use crate::wire::update_answer::Refusal;
use crate::wire::update_head::{HEAD_BYTES, Head, HeadError, Part};
use data_encoding::HEXLOWER;
use ed25519_compact::{PublicKey, Signature};
use nix::fcntl::{PosixFadviseAdvice, posix_fadvise};
use sha2::{Digest, Sha256};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Bytes that are taken at a time.
const PIECE_BYTES: usize = 256 << 10;

/// After so many bytes they are on the card before more is taken: what waits for a slow card is memory.
const SYNC_BYTES: u64 = 4 << 20;

/// Where an update goes.
#[derive(Clone, Debug)]
pub(super) struct Target {
    /// The public key, 64 hexadecimal digits.
    pub(super) key: PathBuf,
    /// The folder that names partitions.
    pub(super) partitions: PathBuf,
    pub(super) env: PathBuf,
    pub(super) running: Slot,
}

/// Takes an update; its version.
pub(super) fn install(from: &mut impl Read, target: &Target) -> Result<String, Refusal> {
    let mut block = [0; HEAD_BYTES];
    from.read_exact(&mut block).map_err(|_| Refusal::CutShort)?;
    let head = Head::read(&block).map_err(|error| match error {
        HeadError::OtherBoard(_) => Refusal::OtherBoard,
        _ => Refusal::NotAnUpdate,
    })?;
    if !is_signed(&head, &target.key) {
        return Err(Refusal::Unsigned);
    }
    let copies = Copies::at(&target.env);
    if copies.read().map_err(on_card)?.is_on_trial(target.running) {
        return Err(Refusal::OnTrial);
    }
    let into = target.running.other().letter();
    let open = |what: &str, part: &Part| {
        let path = target.partitions.join(format!("hearth-{what}-{into}"));
        room(&path, part)
    };
    let kernel = open("kernel", &head.kernel)?;
    let root = open("root", &head.root)?;
    copies
        .change(|slots| slots.close_other(target.running))
        .map_err(on_card)?;
    write(from, &kernel, &head.kernel)?;
    write(from, &root, &head.root)?;
    check(kernel, &head.kernel)?;
    check(root, &head.root)?;
    copies
        .change(|slots| slots.try_other(target.running))
        .map_err(on_card)?;
    Ok(head.version)
}

fn on_card(error: io::Error) -> Refusal {
    eprintln!("hearth slot: the card: {error}");
    Refusal::Card
}

fn is_signed(head: &Head<'_>, key: &Path) -> bool {
    let text = fs::read_to_string(key).unwrap_or_default();
    let key = HEXLOWER.decode(text.trim().as_bytes()).unwrap_or_default();
    let Ok(key) = PublicKey::from_slice(&key) else {
        eprintln!("hearth slot: there is no key to check updates with");
        return false;
    };
    key.verify(head.signed, &Signature::new(head.signature))
        .is_ok()
}

/// The partition, if the part fits.
fn room(path: &Path, part: &Part) -> Result<File, Refusal> {
    let open = || -> io::Result<(File, u64)> {
        let mut file = OpenOptions::new().read(true).write(true).open(path)?;
        let room = file.seek(SeekFrom::End(0))?;
        file.rewind()?;
        Ok((file, room))
    };
    let (file, room) = open().map_err(on_card)?;
    match part.bytes <= room {
        true => Ok(file),
        false => Err(Refusal::TooLarge),
    }
}

fn write(from: &mut impl Read, mut to: &File, part: &Part) -> Result<(), Refusal> {
    let (mut hash, mut piece) = (Sha256::new(), vec![0; PIECE_BYTES]);
    let (mut left, mut unsynced) = (part.bytes, 0);
    while left > 0 {
        let most = usize::try_from(left).map_or(PIECE_BYTES, |left| left.min(PIECE_BYTES));
        let piece = piece.get_mut(..most).unwrap_or_default();
        from.read_exact(piece).map_err(|_| Refusal::CutShort)?;
        hash.update(&*piece);
        to.write_all(piece).map_err(on_card)?;
        left -= most as u64;
        unsynced += most as u64;
        if unsynced >= SYNC_BYTES {
            forget(to).map_err(on_card)?;
            unsynced = 0;
        }
    }
    forget(to).map_err(on_card)?;
    match *hash.finalize() == part.digest {
        true => Ok(()),
        false => Err(Refusal::Damaged),
    }
}

/// What was written is on the card, and nowhere else: it is read back from there.
fn forget(file: &File) -> io::Result<()> {
    file.sync_data()?;
    posix_fadvise(file, 0, 0, PosixFadviseAdvice::POSIX_FADV_DONTNEED)?;
    Ok(())
}

fn check(mut file: File, part: &Part) -> Result<(), Refusal> {
    let mut hash = Sha256::new();
    let mut read = || -> io::Result<()> {
        file.rewind()?;
        let mut written = (&file).take(part.bytes);
        let mut piece = vec![0; PIECE_BYTES];
        loop {
            match written.read(&mut piece)? {
                0 => return Ok(()),
                more => hash.update(piece.get(..more).unwrap_or_default()),
            }
        }
    };
    read().map_err(on_card)?;
    match *hash.finalize() == part.digest {
        true => Ok(()),
        false => Err(Refusal::Card),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ed25519_compact::{KeyPair, Seed};

    const KERNEL: usize = 300_000;
    const ROOT: usize = 5 << 20;

    struct Card {
        folder: tempfile::TempDir,
        target: Target,
    }

    fn keys(seed: u8) -> KeyPair {
        KeyPair::from_seed(Seed::new([seed; 32]))
    }

    fn card() -> Card {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("key"), HEXLOWER.encode(keys(1).pk.as_ref()) + "\n").unwrap();
        fs::write(path("hearth-env"), vec![0; 1 << 20]).unwrap();
        for (name, bytes) in [("kernel", KERNEL + 1000), ("root", ROOT + 1000)] {
            for slot in ["a", "b"] {
                fs::write(path(&format!("hearth-{name}-{slot}")), vec![0xee; bytes]).unwrap();
            }
        }
        let target = Target {
            key: path("key"),
            partitions: folder.path().into(),
            env: path("hearth-env"),
            running: Slot::A,
        };
        Card { folder, target }
    }

    impl Card {
        fn read(&self, name: &str) -> Vec<u8> {
            fs::read(self.folder.path().join(name)).unwrap()
        }

        fn slots(&self) -> super::super::table::Slots {
            Copies::at(&self.target.env).read().unwrap()
        }

        /// The slot that runs is as it was, and the only one that is started.
        fn is_untouched(&self) -> bool {
            let whole = |name, bytes| self.read(name) == vec![0xee; bytes];
            whole("hearth-kernel-a", KERNEL + 1000)
                && whole("hearth-root-a", ROOT + 1000)
                && !self.slots().is_on_trial(Slot::B)
        }
    }

    fn content(bytes: usize, seed: u8) -> Vec<u8> {
        (0..bytes).map(|at| ((at * 31) >> 4) as u8 ^ seed).collect()
    }

    fn update(key: &KeyPair, kernel: &[u8], root: &[u8]) -> Vec<u8> {
        let digest = |part: &[u8]| HEXLOWER.encode(&Sha256::digest(part));
        let mut head = format!(
            "hearth update 1\nversion 9.9.9\nboard arm64\nkernel {} {}\nroot {} {}\n",
            kernel.len(),
            digest(kernel),
            root.len(),
            digest(root)
        );
        let signature = key.sk.sign(&head, None);
        head += &format!("signature {}\n", HEXLOWER.encode(signature.as_ref()));
        let mut file = head.into_bytes();
        file.resize(HEAD_BYTES, b'\n');
        [&file, kernel, root].concat()
    }

    fn good() -> Vec<u8> {
        update(&keys(1), &content(KERNEL, 1), &content(ROOT, 2))
    }

    #[test]
    fn an_update_goes_into_the_other_slot_which_is_tried_next() {
        let card = card();
        let taken = install(&mut good().as_slice(), &card.target);
        assert_eq!(taken, Ok("9.9.9".to_owned()));
        assert!(
            card.read("hearth-kernel-b")
                .starts_with(&content(KERNEL, 1))
        );
        assert!(card.read("hearth-root-b").starts_with(&content(ROOT, 2)));
        assert!(card.slots().is_on_trial(Slot::B));
        assert!(card.read("hearth-root-a").iter().all(|byte| *byte == 0xee));
    }

    #[test]
    fn while_what_runs_is_on_trial_the_other_slot_is_the_way_back_and_is_not_written() {
        let card = card();
        install(&mut good().as_slice(), &card.target).unwrap();
        let before = card.slots();
        let tried = Target {
            running: Slot::B,
            ..card.target.clone()
        };
        let refused = install(&mut good().as_slice(), &tried);
        assert_eq!(refused, Err(Refusal::OnTrial));
        assert!(card.read("hearth-root-a").iter().all(|byte| *byte == 0xee));
        assert_eq!(card.slots(), before);
        let copies = Copies::at(&tried.env);
        copies.change(|slots| slots.mark_good(Slot::B)).unwrap();
        install(&mut good().as_slice(), &tried).unwrap();
        assert!(card.slots().is_on_trial(Slot::A));
    }

    #[test]
    fn what_is_not_signed_by_our_builder_is_refused_before_anything_is_written() {
        let card = card();
        let mut changed = good();
        changed[24] ^= 1;
        let foreign = update(&keys(2), &content(KERNEL, 1), &content(ROOT, 2));
        for file in [changed, foreign] {
            assert_eq!(
                install(&mut file.as_slice(), &card.target),
                Err(Refusal::Unsigned)
            );
        }
        fs::remove_file(&card.target.key).unwrap();
        assert_eq!(
            install(&mut good().as_slice(), &card.target),
            Err(Refusal::Unsigned)
        );
        assert!(card.is_untouched());
        assert_eq!(card.slots(), super::super::table::Slots::default());
        assert!(card.read("hearth-root-b").iter().all(|byte| *byte == 0xee));
    }

    #[test]
    fn damage_anywhere_is_found_and_the_running_slot_stays() {
        for at in [
            HEAD_BYTES,
            HEAD_BYTES + KERNEL,
            HEAD_BYTES + KERNEL + ROOT - 1,
        ] {
            let card = card();
            let mut file = good();
            file[at] ^= 1;
            assert_eq!(
                install(&mut file.as_slice(), &card.target),
                Err(Refusal::Damaged)
            );
            assert!(card.is_untouched());
        }
    }

    #[test]
    fn an_update_that_ends_early_leaves_the_running_slot_alone_in_the_order() {
        for keep in [100, HEAD_BYTES + 7, HEAD_BYTES + KERNEL + ROOT - 1] {
            let card = card();
            let file = good();
            let cut = install(&mut &file[..keep], &card.target);
            assert_eq!(cut, Err(Refusal::CutShort));
            assert!(card.is_untouched());
        }
    }

    #[test]
    fn what_has_no_room_is_refused_before_anything_is_written() {
        let card = card();
        let file = update(&keys(1), &content(KERNEL + 1001, 1), &content(9, 2));
        assert_eq!(
            install(&mut file.as_slice(), &card.target),
            Err(Refusal::TooLarge)
        );
        assert!(card.is_untouched());
        assert_eq!(
            install(&mut &[b'x'; 5000][..], &card.target),
            Err(Refusal::NotAnUpdate)
        );
    }
}

//! The device secret: a file beside the store, never in it, so that neither a backup nor a stolen store opens keys or sessions.

use chacha20poly1305::aead::{Aead, KeyInit as _, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce};
use data_encoding::HEXLOWER_PERMISSIVE;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

/// Name of the file in the data directory.
const FILE: &str = "secret";
/// Bytes of the secret.
const LENGTH: usize = 32;
/// Longest file that is read as one: 64 hex digits and a line end, with some room.
const FILE_MAX: u64 = 80;
/// Bytes of a ChaCha20-Poly1305 nonce.
const NONCE: usize = 12;

/// What an HMAC is made for; each purpose has a key of its own.
#[derive(Clone, Copy, Debug)]
pub(super) enum Purpose {
    /// Finding a stream key without keeping it.
    KeyLookup,
    /// Signing sessions.
    Session,
    /// The token in forms.
    Form,
    /// Letting viewers into channels that are not open to all.
    Pass,
    /// Encrypting stream keys.
    Seal,
    /// Finding an invitation without keeping its secret.
    Invitation,
    /// Knowing a password reset link again.
    Reset,
}

/// See the module. `Debug` shows nothing of it.
pub(super) struct DeviceSecret {
    lookup: [u8; 32],
    session: [u8; 32],
    form: [u8; 32],
    pass: [u8; 32],
    seal: [u8; 32],
    invitation: [u8; 32],
    reset: [u8; 32],
}

impl fmt::Debug for DeviceSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeviceSecret")
    }
}

impl DeviceSecret {
    /// Reads the secret of `dir`, or makes it: complete and flushed before it has its name.
    pub(super) fn open(dir: &Path) -> io::Result<DeviceSecret> {
        let path = dir.join(FILE);
        match File::open(&path) {
            Ok(file) => read(file, &path),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                fs::create_dir_all(dir)?;
                make(dir)?;
                read(File::open(&path)?, &path)
            }
            Err(error) => Err(error),
        }
    }

    fn from_root(root: &[u8; LENGTH]) -> DeviceSecret {
        let derive = |what: &str| mac(root, &[b"hearth/1/", what.as_bytes()]);
        DeviceSecret {
            lookup: derive("key lookup"),
            session: derive("session"),
            form: derive("form"),
            pass: derive("pass"),
            seal: derive("key seal"),
            invitation: derive("invitation"),
            reset: derive("password reset"),
        }
    }

    /// HMAC-SHA256 over the parts; callers use parts of fixed lengths, so that they can't run into each other.
    pub(super) fn mac(&self, purpose: Purpose, parts: &[&[u8]]) -> [u8; 32] {
        mac(self.key(purpose), parts)
    }

    fn key(&self, purpose: Purpose) -> &[u8; 32] {
        match purpose {
            Purpose::KeyLookup => &self.lookup,
            Purpose::Session => &self.session,
            Purpose::Form => &self.form,
            Purpose::Pass => &self.pass,
            Purpose::Seal => &self.seal,
            Purpose::Invitation => &self.invitation,
            Purpose::Reset => &self.reset,
        }
    }

    /// Encrypts `text` for the row named by `place`: nonce, then ciphertext. None if the system has no random bytes.
    pub(super) fn seal(&self, place: &[u8], text: &[u8]) -> Option<Vec<u8>> {
        let mut nonce = [0u8; NONCE];
        getrandom::fill(&mut nonce).ok()?;
        let payload = Payload {
            msg: text,
            aad: place,
        };
        let sealed = self.cipher().encrypt(&Nonce::from(nonce), payload).ok()?;
        Some([nonce.as_slice(), &sealed].concat())
    }

    /// Opens what [`DeviceSecret::seal`] made for the same row; None for anything else.
    pub(super) fn unseal(&self, place: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, text) = sealed.split_at_checked(NONCE)?;
        let nonce: [u8; NONCE] = nonce.try_into().ok()?;
        let payload = Payload {
            msg: text,
            aad: place,
        };
        self.cipher().decrypt(&Nonce::from(nonce), payload).ok()
    }

    fn cipher(&self) -> ChaCha20Poly1305 {
        ChaCha20Poly1305::new(&Key::from(*self.key(Purpose::Seal)))
    }
}

fn mac(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    // A 32-byte key is one block: HMAC takes any length, so the other arm can't be reached.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else {
        return [0; 32];
    };
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

fn read(file: File, path: &Path) -> io::Result<DeviceSecret> {
    let mode = file.metadata()?.permissions().mode();
    if mode & 0o077 != 0 {
        file.set_permissions(fs::Permissions::from_mode(0o600))?;
    }
    let mut text = String::new();
    file.take(FILE_MAX).read_to_string(&mut text)?;
    let bytes = HEXLOWER_PERMISSIVE.decode(text.trim().as_bytes()).ok();
    match bytes.and_then(|b| <[u8; LENGTH]>::try_from(b).ok()) {
        Some(root) => Ok(DeviceSecret::from_root(&root)),
        None => Err(io::Error::new(
            io::ErrorKind::InvalidData,
            format!("{} does not hold 64 hex digits", path.display()),
        )),
    }
}

fn make(dir: &Path) -> io::Result<()> {
    let mut root = [0u8; LENGTH];
    getrandom::fill(&mut root).map_err(|e| io::Error::other(e.to_string()))?;
    let unfinished = dir.join("secret.new");
    match fs::remove_file(&unfinished) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&unfinished)?;
    writeln!(file, "{}", HEXLOWER_PERMISSIVE.encode(&root))?;
    file.sync_all()?;
    fs::rename(&unfinished, dir.join(FILE))?;
    File::open(dir)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_secret_is_made_once_and_read_again() {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        let first = DeviceSecret::open(&data).unwrap();
        let again = DeviceSecret::open(&data).unwrap();
        assert_eq!(first.seal, again.seal);
        let mode = fs::metadata(data.join(FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(fs::read_dir(&data).unwrap().count(), 1);
    }

    #[test]
    fn another_box_has_another_secret() {
        let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let a = DeviceSecret::open(a.path()).unwrap();
        let b = DeviceSecret::open(b.path()).unwrap();
        let sealed = a.seal(b"row", b"text").unwrap();
        assert_eq!(a.unseal(b"row", &sealed).unwrap(), b"text");
        assert_eq!(b.unseal(b"row", &sealed), None);
    }

    #[test]
    fn a_damaged_secret_is_an_error_and_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(FILE), "short").unwrap();
        let error = DeviceSecret::open(dir.path()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        assert_eq!(fs::read(dir.path().join(FILE)).unwrap(), b"short");
    }

    #[test]
    fn a_readable_secret_is_closed_to_others() {
        let dir = tempfile::tempdir().unwrap();
        DeviceSecret::open(dir.path()).unwrap();
        let path = dir.path().join(FILE);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        DeviceSecret::open(dir.path()).unwrap();
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn sealed_text_opens_only_where_it_was_put_and_untouched() {
        let dir = tempfile::tempdir().unwrap();
        let secret = DeviceSecret::open(dir.path()).unwrap();
        let sealed = secret.seal(b"row 1", b"text").unwrap();
        assert_eq!(secret.unseal(b"row 2", &sealed), None);
        let mut touched = sealed.clone();
        *touched.last_mut().unwrap() ^= 1;
        assert_eq!(secret.unseal(b"row 1", &touched), None);
        assert_eq!(secret.unseal(b"row 1", &[]), None);
    }

    #[test]
    fn purposes_do_not_share_a_key() {
        let dir = tempfile::tempdir().unwrap();
        let secret = DeviceSecret::open(dir.path()).unwrap();
        let all = [Purpose::KeyLookup, Purpose::Session, Purpose::Form];
        let macs: Vec<_> = all.iter().map(|p| secret.mac(*p, &[b"x"])).collect();
        assert!(macs[0] != macs[1] && macs[1] != macs[2] && macs[0] != macs[2]);
    }
}

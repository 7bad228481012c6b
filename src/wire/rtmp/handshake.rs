//! The handshake (RTMP 1.0 §5.2) and its digest form, which old Flash players demand and ffmpeg offers.
use super::error::ProtocolError;
use bytes::{BufMut, BytesMut};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

/// Bytes of C1, S1, C2 and S2.
pub const PACKET: usize = 1536;
/// The version that everybody speaks.
pub const VERSION: u8 = 3;

const DIGEST: usize = 32;
const PLAYER_KEY: &[u8; 30] = b"Genuine Adobe Flash Player 001";
const SERVER_KEY: &[u8; 68] = b"Genuine Adobe Flash Media Server 001\
    \xf0\xee\xc2\x4a\x80\x68\xbe\xe8\x2e\x00\xd0\xd1\x02\x9e\x7e\x57\
    \x6e\xec\x5d\x2d\x29\x80\x6f\xab\x93\xb8\xe6\x36\xcf\xeb\x31\xae";
/// The part of [`SERVER_KEY`] that signs S1.
const SERVER_KEY_TEXT: usize = 36;
/// The version that a digest S1 claims, so that clients look for its digest.
const DIGEST_SERVER_VERSION: [u8; 4] = [4, 5, 0, 1];

/// The server's side: takes C0, C1, C2; writes S0, S1, S2 in one piece.
#[derive(Debug)]
pub struct ServerHandshake {
    seed: [u8; 32],
    received: usize,
    c1: Vec<u8>,
}

impl ServerHandshake {
    /// `seed` fills S1 (and S2 of a digest handshake).
    pub fn new(seed: &[u8; 32]) -> ServerHandshake {
        ServerHandshake {
            seed: *seed,
            received: 0,
            c1: Vec::new(),
        }
    }

    /// Takes what belongs to the handshake from `input`; true when it is over.
    pub fn read(&mut self, input: &mut &[u8], out: &mut BytesMut) -> Result<bool, ProtocolError> {
        if self.received == 0 {
            let Some((&version, rest)) = input.split_first() else {
                return Ok(false);
            };
            if version != VERSION {
                return Err(ProtocolError::Version(version));
            }
            *input = rest;
            self.received = 1;
        }
        if self.received <= PACKET {
            let taken = take(input, 1 + PACKET - self.received);
            self.received += taken.len();
            self.c1.extend_from_slice(taken);
            if self.received == 1 + PACKET {
                answer(&std::mem::take(&mut self.c1), &self.seed, out);
            }
        }
        if self.received > PACKET {
            // C2 is not compared: Flash and some phones do not echo S1.
            self.received += take(input, ServerHandshake::LENGTH - self.received).len();
        }
        Ok(self.received == ServerHandshake::LENGTH)
    }

    /// Bytes of C0, C1 and C2.
    pub const LENGTH: usize = 1 + 2 * PACKET;

    /// Says how far a handshake got that ended early.
    pub fn cut(&self) -> ProtocolError {
        ProtocolError::HandshakeCut {
            got: self.received,
            expected: ServerHandshake::LENGTH,
        }
    }
}

/// Up to `wanted` bytes from the front of `input`.
fn take<'a>(input: &mut &'a [u8], wanted: usize) -> &'a [u8] {
    let (taken, rest) = input.split_at_checked(wanted).unwrap_or((*input, &[]));
    *input = rest;
    taken
}

/// S0, S1 and S2 for this C1.
fn answer(c1: &[u8], seed: &[u8; 32], out: &mut BytesMut) {
    let mut s1 = [0; PACKET];
    fill(seed, 1, &mut s1[8..]);
    out.put_u8(VERSION);
    match find_digest(c1, PLAYER_KEY) {
        Some((schema, client_digest)) => {
            s1[4..8].copy_from_slice(&DIGEST_SERVER_VERSION);
            sign(&mut s1, schema);
            out.put_slice(&s1);
            out.put_slice(&digest_s2(&client_digest, seed));
        }
        None => {
            out.put_slice(&s1);
            out.put_slice(c1);
        }
    }
}

/// Pseudo-random filling; nothing depends on its secrecy.
fn fill(seed: &[u8; 32], packet: u8, out: &mut [u8]) {
    for (index, block) in out.chunks_mut(32).enumerate() {
        let hash = Sha256::new()
            .chain_update(seed)
            .chain_update([packet, index as u8])
            .finalize();
        block.iter_mut().zip(hash).for_each(|(to, from)| *to = from);
    }
}

/// Where the digest of a packet lies in each of the two schemata.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Schema {
    /// Offset from bytes 772–775.
    Late,
    /// Offset from bytes 8–11.
    Early,
}

impl Schema {
    fn offset(self, packet: &[u8]) -> Option<usize> {
        let base: usize = match self {
            Schema::Late => 772,
            Schema::Early => 8,
        };
        let sum: usize = packet
            .get(base..base + 4)?
            .iter()
            .map(|byte| usize::from(*byte))
            .sum();
        Some(base + 4 + sum % 728)
    }
}

/// HMAC-SHA256 over a packet without the 32 bytes of its digest.
fn packet_digest(packet: &[u8], offset: usize, key: &[u8]) -> Option<[u8; DIGEST]> {
    let mut mac = hmac(key)?;
    mac.update(packet.get(..offset)?);
    mac.update(packet.get(offset + DIGEST..)?);
    Some(mac.finalize().into_bytes().into())
}

fn hmac(key: &[u8]) -> Option<Hmac<Sha256>> {
    Hmac::new_from_slice(key).ok()
}

fn find_digest(packet: &[u8], key: &[u8]) -> Option<(Schema, [u8; DIGEST])> {
    [Schema::Late, Schema::Early]
        .into_iter()
        .find_map(|schema| {
            let offset = schema.offset(packet)?;
            let digest = packet_digest(packet, offset, key)?;
            (packet.get(offset..offset + DIGEST)? == digest).then_some((schema, digest))
        })
}

fn sign(packet: &mut [u8; PACKET], schema: Schema) {
    let offset = schema.offset(packet);
    let digest =
        offset.and_then(|offset| packet_digest(packet, offset, SERVER_KEY.get(..SERVER_KEY_TEXT)?));
    if let Some((offset, digest)) = offset.zip(digest)
        && let Some(place) = packet.get_mut(offset..offset + DIGEST)
    {
        place.copy_from_slice(&digest);
    }
}

/// S2 proves that the server saw the client's digest.
fn digest_s2(client_digest: &[u8; DIGEST], seed: &[u8; 32]) -> [u8; PACKET] {
    let mut s2 = [0; PACKET];
    let (random, place) = s2.split_at_mut(PACKET - DIGEST);
    fill(seed, 2, random);
    let signed = hmac(SERVER_KEY).and_then(|mac| {
        let key = mac.chain_update(client_digest).finalize().into_bytes();
        Some(hmac(&key)?.chain_update(&*random).finalize().into_bytes())
    });
    if let Some(signature) = signed {
        place.copy_from_slice(&signature);
    }
    s2
}

/// The client's side, in the simple form: writes C0 and C1 at once and C2 when S1 is there.
#[derive(Debug)]
pub struct ClientHandshake {
    received: usize,
    s1: Vec<u8>,
}

impl ClientHandshake {
    /// Writes C0 and C1.
    pub fn start(seed: &[u8; 32], out: &mut BytesMut) -> ClientHandshake {
        let mut c1 = [0; PACKET];
        fill(seed, 0, &mut c1[8..]);
        out.put_u8(VERSION);
        out.put_slice(&c1);
        ClientHandshake {
            received: 0,
            s1: Vec::new(),
        }
    }

    /// Takes what belongs to the handshake from `input`; true when S0, S1 and S2 are there and C2 is written.
    pub fn read(&mut self, input: &mut &[u8], out: &mut BytesMut) -> Result<bool, ProtocolError> {
        const LENGTH: usize = 1 + 2 * PACKET;
        while self.received < LENGTH {
            let Some((&byte, rest)) = input.split_first() else {
                return Ok(false);
            };
            *input = rest;
            match self.received {
                0 if byte != VERSION => return Err(ProtocolError::Version(byte)),
                1..=PACKET => self.s1.push(byte),
                _ => {}
            }
            self.received += 1;
            if self.received == 1 + PACKET {
                out.put_slice(&std::mem::take(&mut self.s1));
            }
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEED: [u8; 32] = [7; 32];

    fn run(input: &[u8]) -> (bool, BytesMut, usize) {
        let mut out = BytesMut::new();
        let mut rest = input;
        let done = ServerHandshake::new(&SEED)
            .read(&mut rest, &mut out)
            .unwrap();
        (done, out, rest.len())
    }

    #[test]
    fn a_plain_client_gets_its_own_bytes_back_and_keeps_what_follows_c2() {
        let mut input = vec![3];
        input.extend((0..2 * PACKET).map(|i| i as u8));
        input.extend(b"commands");
        let (done, out, left) = run(&input);
        assert!(done);
        assert_eq!(left, 8);
        assert_eq!(out.len(), 1 + 2 * PACKET);
        assert_eq!(out[5..9], [0; 4]);
        assert_eq!(out[1 + PACKET..], input[1..=PACKET]);
    }

    #[test]
    fn a_handshake_in_single_bytes_is_answered_once_and_ends_with_c2() {
        let mut handshake = ServerHandshake::new(&SEED);
        let mut out = BytesMut::new();
        let input = [vec![3], vec![1; 2 * PACKET]].concat();
        for (index, byte) in input.iter().enumerate() {
            let done = handshake.read(&mut &[*byte][..], &mut out).unwrap();
            assert_eq!(done, index + 1 == input.len());
            assert_eq!(out.len(), if index >= PACKET { 1 + 2 * PACKET } else { 0 });
        }
    }

    #[test]
    fn a_client_with_a_digest_gets_a_server_that_proves_itself() {
        for schema in [Schema::Late, Schema::Early] {
            let mut c1 = [0x5A; PACKET];
            let offset = schema.offset(&c1).unwrap();
            let digest = packet_digest(&c1, offset, PLAYER_KEY).unwrap();
            c1[offset..offset + DIGEST].copy_from_slice(&digest);
            let (_, out, _) = run(&[&[3], &c1[..]].concat());
            let s1 = &out[1..=PACKET];
            assert_ne!(s1[4..8], [0; 4]);
            assert_eq!(
                find_digest(s1, &SERVER_KEY[..SERVER_KEY_TEXT]).unwrap().0,
                schema
            );
            let s2 = &out[1 + PACKET..];
            let key = hmac(SERVER_KEY)
                .unwrap()
                .chain_update(digest)
                .finalize()
                .into_bytes();
            let proof = hmac(&key)
                .unwrap()
                .chain_update(&s2[..PACKET - DIGEST])
                .finalize()
                .into_bytes();
            assert_eq!(s2[PACKET - DIGEST..], proof[..]);
        }
    }

    #[test]
    fn a_foreign_protocol_is_refused_at_its_first_byte() {
        let mut handshake = ServerHandshake::new(&SEED);
        let refused = handshake.read(&mut &b"GET /"[..], &mut BytesMut::new());
        assert_eq!(refused, Err(ProtocolError::Version(b'G')));
    }

    #[test]
    fn both_sides_agree_when_the_client_begins() {
        let (mut to_server, mut to_client) = (BytesMut::new(), BytesMut::new());
        let mut client = ClientHandshake::start(&SEED, &mut to_server);
        let mut server = ServerHandshake::new(&SEED);
        let first = to_server.split();
        assert!(!server.read(&mut &first[..], &mut to_client).unwrap());
        assert!(
            client
                .read(&mut &to_client.split()[..], &mut to_server)
                .unwrap()
        );
        assert!(server.read(&mut &to_server[..], &mut to_client).unwrap());
    }
}

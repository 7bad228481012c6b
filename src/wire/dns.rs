//! Questions about names, RFC 1035, and the one answer that an access point without a way out has: its own address.

use crate::limits::wifi::{DNS_BYTES, DNS_TTL_S};
use std::net::Ipv4Addr;

/// Bytes of a header.
const HEADER: usize = 12;
/// A response to a query that wanted recursion, which is said to be there: resolvers that hear otherwise ask elsewhere.
const FLAGS: u16 = 0x8180;
/// The query's wish for recursion.
const WANTS_RECURSION: u16 = 0x0100;
/// Bits that a standard query does not have: response, another operation, truncated.
const NOT_A_QUERY: u16 = 0xfa00;
const A: u16 = 1;
const ANY: u16 = 255;
const INTERNET: u16 = 1;

/// Answers a question about any name: with `address` to those about IPv4 addresses, with nothing (and no error) to those
/// about anything else. None for what is no single question; it gets no answer at all.
pub fn answer(query: &[u8], address: Ipv4Addr) -> Option<Vec<u8>> {
    if query.len() > DNS_BYTES {
        return None;
    }
    let word = |at: usize| Some(u16::from_be_bytes([*query.get(at)?, *query.get(at + 1)?]));
    let (flags, questions, answers) = (word(2)?, word(4)?, word(6)?);
    if flags & NOT_A_QUERY != 0 || (questions, answers) != (1, 0) {
        return None;
    }
    let end = end_of_name(query, HEADER)?;
    let (kind, class) = (word(end)?, word(end + 2)?);
    let has_answer = matches!(kind, A | ANY) && class == INTERNET;
    let question = query.get(HEADER..end + 4)?;
    let mut reply = Vec::with_capacity(HEADER + question.len() + 16);
    reply.extend(query.get(..2)?);
    reply.extend((FLAGS & !WANTS_RECURSION | flags & WANTS_RECURSION).to_be_bytes());
    for count in [1, u16::from(has_answer), 0, 0] {
        reply.extend(count.to_be_bytes());
    }
    reply.extend(question);
    if has_answer {
        // The name of the question, by a pointer.
        reply.extend([0xc0, 12]);
        reply.extend(A.to_be_bytes());
        reply.extend(INTERNET.to_be_bytes());
        reply.extend(DNS_TTL_S.to_be_bytes());
        reply.extend(4u16.to_be_bytes());
        reply.extend(address.octets());
    }
    Some(reply)
}

/// Where the name that begins at `at` ends. A question has no pointers.
fn end_of_name(packet: &[u8], mut at: usize) -> Option<usize> {
    let start = at;
    loop {
        let length = usize::from(*packet.get(at)?);
        at += 1;
        match length {
            0 => return Some(at),
            1..=63 if at + length - start < 255 => at += length,
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const BOX: Ipv4Addr = Ipv4Addr::new(10, 73, 0, 1);

    fn query(kind: u16) -> Vec<u8> {
        let mut query = b"\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x07captive\x05apple\x03com\0".to_vec();
        query.extend(kind.to_be_bytes());
        query.extend([0, 1]);
        query
    }

    #[test]
    fn every_name_is_the_boxs_address() {
        let reply = answer(&query(1), BOX).unwrap();
        let mut expected = query(1);
        expected[2..8].copy_from_slice(b"\x81\x80\0\x01\0\x01");
        expected.extend(b"\xc0\x0c\0\x01\0\x01\0\0\0\x05\0\x04\x0a\x49\0\x01");
        assert_eq!(reply, expected);
    }

    #[test]
    fn questions_about_anything_else_get_an_empty_answer() {
        for kind in [28, 65, 15, 2] {
            let reply = answer(&query(kind), BOX).unwrap();
            assert_eq!(reply.len(), query(kind).len());
            assert_eq!(&reply[2..8], b"\x81\x80\0\x01\0\0");
        }
    }

    #[test]
    fn what_is_no_question_is_not_answered() {
        let mut response = query(1);
        response[2] = 0x81;
        let mut pointer = query(1);
        pointer[12] = 0xc0;
        let mut two = query(1);
        two[5] = 2;
        let short = &query(1)[..14];
        for bad in [&response, &pointer, &two, short, b"", &[0; 600][..]] {
            assert_eq!(answer(bad, BOX), None);
        }
        let mut long = b"\x12\x34\x01\0\0\x01\0\0\0\0\0\0".to_vec();
        for _ in 0..5 {
            long.push(63);
            long.extend([b'a'; 63]);
        }
        long.extend([0, 0, 1, 0, 1]);
        assert_eq!(answer(&long, BOX), None);
    }

    #[test]
    fn an_extended_query_is_answered_as_a_plain_one() {
        let mut extended = query(1);
        extended[11] = 1;
        extended.extend(b"\0\0\x29\x10\0\0\0\0\0\0\0");
        assert_eq!(answer(&extended, BOX), answer(&query(1), BOX));
    }

    proptest! {
        #[test]
        fn any_packet_gets_at_most_a_bounded_answer(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
            if let Some(reply) = answer(&bytes, BOX) {
                prop_assert!(reply.len() <= bytes.len() + 16);
                prop_assert_eq!(&reply[..2], &bytes[..2]);
            }
        }

        #[test]
        fn bent_questions_do_not_break_it(at in 0usize..40, byte: u8) {
            let mut bent = query(1);
            if let Some(place) = bent.get_mut(at) {
                *place = byte;
            }
            let _ = answer(&bent, BOX);
        }
    }
}

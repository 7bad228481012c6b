use super::super::Host;
use super::*;

fn read(text: &str) -> Result<Option<(Request<'_>, usize)>, HeadError> {
    Request::read(text.as_bytes())
}

fn whole(text: &str) -> Request<'_> {
    read(text).unwrap().unwrap().0
}

fn refused(text: &str) -> u16 {
    read(text).unwrap_err().status()
}

const BROWSER: &str = "GET /live/ann/media.m3u8?x=1 HTTP/1.1\r\nHost: Hearth.local:8080\r\n\
    User-Agent: Mozilla/5.0\r\nAccept: */*\r\nAccept-Encoding: gzip, deflate\r\n\
    Sec-Fetch-Site: same-origin\r\nCookie: a=b\r\n\r\n";

#[test]
fn a_browsers_head_is_read_whole() {
    let (request, used) = read(BROWSER).unwrap().unwrap();
    assert_eq!(used, BROWSER.len());
    assert_eq!(request.method, Method::Get);
    assert_eq!(request.target.path, "/live/ann/media.m3u8");
    assert_eq!(request.target.query, "x=1");
    let host = request.host.unwrap();
    assert_eq!(
        (host.host, host.port),
        (Host::Name("Hearth.local"), Some(8080))
    );
    assert!(request.keep_alive && !request.is_http10 && !request.expects_continue);
    assert_eq!(request.content_length, 0);
    assert_eq!(request.text("sec-fetch-site"), Some("same-origin"));
    assert_eq!(request.fields().count(), 6);
}

#[test]
fn every_strict_prefix_waits_for_more() {
    for end in 0..BROWSER.len() {
        assert!(read(&BROWSER[..end]).unwrap().is_none(), "at {end}");
    }
}

#[test]
fn a_pipelined_rest_is_left_alone() {
    let two = format!("{BROWSER}{BROWSER}");
    assert_eq!(read(&two).unwrap().unwrap().1, BROWSER.len());
}

#[test]
fn connection_options_rule_keep_alive() {
    let table = [
        ("HTTP/1.1\r\nHost: h\r\n", true),
        ("HTTP/1.1\r\nHost: h\r\nConnection: Close\r\n", false),
        ("HTTP/1.1\r\nHost: h\r\nConnection: x, close\r\n", false),
        (
            "HTTP/1.1\r\nHost: h\r\nConnection: x\r\nConnection: close\r\n",
            false,
        ),
        ("HTTP/1.0\r\n", false),
        ("HTTP/1.0\r\nConnection: Keep-Alive\r\n", true),
    ];
    for (rest, kept) in table {
        assert_eq!(
            whole(&format!("GET / {rest}\r\n")).keep_alive,
            kept,
            "{rest}"
        );
    }
}

#[test]
fn one_content_length_of_digits_or_none() {
    let post = |fields: &str| format!("POST / HTTP/1.1\r\nHost: h\r\n{fields}\r\n");
    assert_eq!(whole(&post("Content-Length: 42\r\n")).content_length, 42);
    for bad in [
        "Content-Length: 1\r\nContent-Length: 1\r\n",
        "Content-Length: +1\r\n",
        "Content-Length: -1\r\n",
        "Content-Length: 1, 1\r\n",
        "Content-Length: 0x10\r\n",
        "Content-Length: \r\n",
        "Content-Length: 18446744073709551616\r\n",
    ] {
        assert_eq!(refused(&post(bad)), 400, "{bad}");
    }
}

#[test]
fn transfer_codings_are_refused_whatever_they_say() {
    for coding in ["chunked", "identity", "gzip, chunked", "xchunked", ""] {
        let text = format!("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: {coding}\r\n\r\n");
        assert_eq!(refused(&text), 411, "{coding}");
    }
}

#[test]
fn one_host_is_a_must_on_http_11() {
    assert_eq!(refused("GET / HTTP/1.1\r\n\r\n"), 400);
    assert_eq!(refused("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"), 400);
    assert_eq!(refused("GET / HTTP/1.1\r\nHost: a b\r\n\r\n"), 400);
    assert_eq!(refused("GET / HTTP/1.1\r\nHost:\r\n\r\n"), 400);
    assert!(whole("GET / HTTP/1.0\r\n\r\n").host.is_none());
    let absolute = whole("GET http://one/ HTTP/1.1\r\nHost: two\r\n\r\n");
    assert_eq!(absolute.host.unwrap().host, Host::Name("one"));
}

#[test]
fn other_versions_and_other_protocols_are_refused() {
    assert_eq!(refused("GET / HTTP/2.0\r\nHost: h\r\n\r\n"), 505);
    assert_eq!(refused("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 505);
    assert_eq!(
        Request::read(&[0x16, 3, 1, 2, 0, 1, 0])
            .unwrap_err()
            .status(),
        400
    );
    assert_eq!(refused("GET / HTTP/1.1\r\nHost : h\r\n\r\n"), 400);
    assert_eq!(refused("GET / HTTP/1.1\r\nHost: h\r\n folded\r\n\r\n"), 400);
    assert_eq!(refused("GET /../x HTTP/1.1\r\nHost: h\r\n\r\n"), 400);
}

#[test]
fn only_one_expectation_is_known() {
    let expect = |e: &str| format!("POST / HTTP/1.1\r\nHost: h\r\nExpect: {e}\r\n\r\n");
    assert!(whole(&expect("100-Continue")).expects_continue);
    assert_eq!(refused(&expect("the-moon")), 417);
}

#[test]
fn a_head_is_bounded_in_bytes_and_fields() {
    let fields = |n: usize| "A: b\r\n".repeat(n);
    let head = |n: usize| format!("GET / HTTP/1.1\r\nHost: h\r\n{}\r\n", fields(n));
    assert_eq!(whole(&head(HEAD_FIELDS - 1)).fields().count(), HEAD_FIELDS);
    assert_eq!(refused(&head(HEAD_FIELDS)), 431);

    let start = "GET / HTTP/1.1\r\nHost: h\r\nX: ";
    let fit = HEAD_BYTES - start.len() - 4;
    let long = |n: usize| format!("{start}{}\r\n\r\n", "x".repeat(n));
    assert_eq!(read(&long(fit)).unwrap().unwrap().1, HEAD_BYTES);
    assert_eq!(refused(&long(fit + 1)), 431);
    assert_eq!(refused(&"G".repeat(HEAD_BYTES)), 431);
}

/// A small generator with a seed: the same heads on every machine.
struct Xorshift(u64);

impl Xorshift {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound.max(1) as u64).unwrap()
    }
}

fn mutate(bytes: &mut Vec<u8>, random: &mut Xorshift) {
    const SPICE: [&[u8]; 8] = [
        b"\r\n",
        b"\n",
        b"%",
        b"Content-Length: 7\r\n",
        b"Host: x\r\n",
        b"..",
        b"\0",
        b"Transfer-Encoding: chunked\r\n",
    ];
    for _ in 0..=random.below(4) {
        let at = random.below(bytes.len());
        match random.below(4) {
            0 => bytes[at] = u8::try_from(random.below(256)).unwrap(),
            1 => drop(bytes.remove(at)),
            2 => drop(bytes.splice(at..at, SPICE[random.below(SPICE.len())].iter().copied())),
            _ => bytes.truncate(at.max(1)),
        }
        if bytes.is_empty() {
            bytes.push(b'G');
        }
    }
}

#[test]
fn mutated_heads_never_panic_and_what_is_accepted_keeps_the_rules() {
    let seeds = [
        BROWSER,
        "POST http://h:1/a%20b HTTP/1.1\r\nHost: [::1]:80\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\nhello",
        "HEAD /assets/x HTTP/1.0\r\nRange: bytes=0-5\r\nConnection: keep-alive\r\n\r\n",
    ];
    let mut random = Xorshift(0x9E37_79B9_7F4A_7C15);
    let mut accepted = 0;
    for round in 0..60_000 {
        let mut bytes = seeds[round % seeds.len()].as_bytes().to_vec();
        mutate(&mut bytes, &mut random);
        let Ok(Some((request, used))) = Request::read(&bytes) else {
            continue;
        };
        accepted += 1;
        assert!(used <= bytes.len());
        assert!(request.value("transfer-encoding").is_none());
        assert!(request.values("content-length").count() <= 1);
        assert!(request.host.is_some() || request.is_http10);
        assert!(!request.target.path.split('/').any(|s| s == ".."));
        assert!(!request.target.path.contains(['\0', '\\']));
        let mut longer = bytes[..used].to_vec();
        longer.extend_from_slice(b"\r\nGET / HTTP/1.1\r\n");
        assert_eq!(Request::read(&longer).unwrap().unwrap().1, used);
    }
    assert!(
        accepted > 1_000,
        "the mutations hit nothing that parses: {accepted}"
    );
}

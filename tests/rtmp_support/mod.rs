//! A station with people, RTMP on a free port of the loopback, and encoders that say exactly what they are told to, each
//! from an address of its own.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use hearth::media::storage::TmpfsStorage;
use hearth::people::{AccountId, NewAccount, People, Role};
use hearth::serve::edge::{Networks, Reach};
use hearth::serve::rtmp::{Places, RtmpServer, serve};
use hearth::serve::station::{Station, StationSettings};
use hearth::store::Store;
use hearth::time::Clock;
use hearth::wire::flv::{FlvFile, FlvTagKind};
use hearth::wire::rtmp::Publisher;
use hearth::wire::rtmp::client::PublisherState;
use nix::sys::socket::{
    AddressFamily, SockFlag, SockType, SockaddrIn, bind, connect, setsockopt, socket, sockopt,
};
use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpStream};
use std::os::fd::AsRawFd;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// No answer takes this long unless it never comes.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Eight seconds of picture and sound.
pub(crate) static CLIP: &[u8] = include_bytes!("../../web/demo/clip.flv");

/// Its length, ms.
const CLIP_MS: u32 = 8_000;

/// See the module.
pub(crate) struct House {
    pub(crate) people: Arc<People>,
    pub(crate) station: Arc<Station>,
    pub(crate) at: SocketAddr,
    ahead: &'static AtomicU64,
    _stop: oneshot::Sender<()>,
    _dir: tempfile::TempDir,
}

/// A house without a network: what the station's rules need.
pub(crate) fn station(
    store: Arc<Store>,
    dir: &Path,
) -> (Arc<People>, Arc<Station>, &'static AtomicU64) {
    let ahead: &'static AtomicU64 = Box::leak(Box::default());
    let people = Arc::new(People::open(store, dir).unwrap());
    let station = Arc::new(Station::new(StationSettings {
        storage: Arc::new(TmpfsStorage::new(Path::new("/dev/shm")).unwrap()),
        ring_bytes: 32 << 20,
        live_channels: 3,
        least_share: 8 << 20,
        poster_bytes: 2 << 20,
        clock: Clock::shifted(ahead),
    }));
    (people, station, ahead)
}

impl House {
    pub(crate) fn new() -> House {
        House::with_places(8)
    }

    pub(crate) fn with_places(connections: usize) -> House {
        let dir = tempfile::tempdir().unwrap();
        let (people, station, ahead) = station(Arc::new(Store::in_memory()), dir.path());
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let at = listener.local_addr().unwrap();
        let server = Arc::new(RtmpServer {
            people: Arc::clone(&people),
            station: Arc::clone(&station),
            networks: Arc::new(Networks::new(Reach::Home)),
            studio_url: "http://hearth.local/studio".into(),
            connections,
            places: Places::default(),
        });
        let (stop, stopped) = oneshot::channel::<()>();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                tokio::select! {
                    _ = stopped => {}
                    () = serve(listener, server) => {}
                }
            });
        });
        House {
            people,
            station,
            at,
            ahead,
            _stop: stop,
            _dir: dir,
        }
    }

    /// An account and its first key.
    pub(crate) fn person(&self, name: &str) -> (AccountId, String) {
        person(&self.people, name)
    }

    /// `ms` go by in no time.
    pub(crate) fn pass(&self, ms: u64) {
        self.ahead.fetch_add(ms, Ordering::Relaxed);
    }

    /// An encoder at 127.0.0.`from` that was let in.
    pub(crate) fn live(&self, from: u8, key: &str) -> Encoder {
        let encoder = Encoder::publish(self.at, from, key);
        assert_eq!(encoder.state(), &PublisherState::Publishing);
        encoder
    }
}

pub(crate) fn person(people: &People, name: &str) -> (AccountId, String) {
    let added = people
        .add_account(NewAccount {
            display_name: name,
            name: Some(name),
            password: "a short sentence",
            role: Role::Member,
        })
        .unwrap();
    (added.account, added.key.unwrap().plain().to_owned())
}

/// A connection to port `at` from 127.0.0.`from`.
pub(crate) fn dial(at: SocketAddr, from: u8) -> TcpStream {
    dial_with(at, from, None)
}

/// The same with buffers of so many bytes at this end, so that what waits, waits at the other.
pub(crate) fn dial_with(at: SocketAddr, from: u8, buffers: Option<usize>) -> TcpStream {
    let SocketAddr::V4(at) = at else { panic!() };
    let fd = socket(
        AddressFamily::Inet,
        SockType::Stream,
        SockFlag::SOCK_CLOEXEC,
        None,
    )
    .unwrap();
    if let Some(bytes) = buffers {
        setsockopt(&fd, sockopt::RcvBuf, &bytes).unwrap();
        setsockopt(&fd, sockopt::SndBuf, &bytes).unwrap();
    }
    let own = SocketAddrV4::new(Ipv4Addr::new(127, 0, 0, from), 0);
    bind(fd.as_raw_fd(), &SockaddrIn::from(own)).unwrap();
    connect(fd.as_raw_fd(), &SockaddrIn::from(at)).unwrap();
    let stream = TcpStream::from(fd);
    stream.set_nodelay(true).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// What an encoder sees.
pub(crate) struct Encoder {
    pub(crate) stream: TcpStream,
    publisher: Publisher,
    position: u32,
}

impl Encoder {
    /// Goes through the dialogue to its end, whichever it is.
    pub(crate) fn publish(at: SocketAddr, from: u8, key: &str) -> Encoder {
        let mut encoder = Encoder {
            stream: dial(at, from),
            publisher: Publisher::new(&at.to_string(), "live", key),
            position: 0,
        };
        while *encoder.state() == PublisherState::Connecting {
            encoder.flush();
            assert!(encoder.take() > 0, "closed without an answer");
        }
        encoder
    }

    pub(crate) fn state(&self) -> &PublisherState {
        self.publisher.state()
    }

    /// Code and text of the refusal.
    pub(crate) fn refusal(&self) -> (String, String) {
        match self.state() {
            PublisherState::Refused { code, description } => (code.clone(), description.clone()),
            other => panic!("{other:?}"),
        }
    }

    fn flush(&mut self) {
        self.stream.write_all(self.publisher.output()).unwrap();
        self.publisher.output().clear();
    }

    fn take(&mut self) -> usize {
        let mut buffer = [0; 4096];
        let read = self.stream.read(&mut buffer).unwrap();
        self.publisher.feed(&buffer[..read]).unwrap();
        read
    }

    /// Waits for the refusal and the close that follows it.
    pub(crate) fn wait_for_refusal(&mut self) -> (String, String) {
        while self.take() > 0 {}
        self.refusal()
    }

    /// Sends the next `ms` of the clip, which is repeated for ever, as fast as it goes.
    pub(crate) fn send(&mut self, ms: u32) {
        self.send_padded(ms, &[]);
    }

    /// The same with `padding` (NAL units with their lengths) behind every picture.
    pub(crate) fn send_padded(&mut self, ms: u32, padding: &[u8]) {
        let (start, end) = (self.position, self.position + ms);
        for lap in start / CLIP_MS..=end / CLIP_MS {
            for tag in FlvFile::tags(CLIP).unwrap() {
                let timestamp = lap * CLIP_MS + tag.timestamp;
                let setup = tag.timestamp == 0 && tag.body.get(1) == Some(&0);
                if !(start..end).contains(&timestamp) || (setup && lap > 0) {
                    continue;
                }
                match tag.kind {
                    FlvTagKind::Script if lap == 0 => self.publisher.write_metadata(tag.body),
                    FlvTagKind::Audio => self.publisher.write_audio(timestamp, tag.body),
                    FlvTagKind::Video if setup => self.publisher.write_video(timestamp, tag.body),
                    FlvTagKind::Video => {
                        let body = [tag.body, padding].concat();
                        self.publisher.write_video(timestamp, &body);
                    }
                    _ => {}
                }
            }
        }
        self.position = end;
        self.flush();
    }

    /// Sends the next `ms` of the clip without the tags that `lost` names by their place and kind; setup tags always go. How
    /// many pictures and sounds went.
    pub(crate) fn send_torn(
        &mut self,
        ms: u32,
        mut lost: impl FnMut(u32, FlvTagKind, bool) -> bool,
    ) -> u64 {
        let (start, end) = (self.position, self.position + ms);
        let mut sent = 0;
        for lap in start / CLIP_MS..=end / CLIP_MS {
            for tag in FlvFile::tags(CLIP).unwrap() {
                let at = lap * CLIP_MS + tag.timestamp;
                let setup = tag.timestamp == 0 && tag.body.get(1) == Some(&0);
                let key = tag.body.first().is_some_and(|first| first >> 4 == 1);
                let out = !(start..end).contains(&at) || (setup && lap > 0);
                if out || (!setup && lost(at, tag.kind, key)) {
                    continue;
                }
                sent += u64::from(!setup && tag.kind != FlvTagKind::Script);
                match tag.kind {
                    FlvTagKind::Script if lap == 0 => self.publisher.write_metadata(tag.body),
                    FlvTagKind::Audio => self.publisher.write_audio(at, tag.body),
                    FlvTagKind::Video => self.publisher.write_video(at, tag.body),
                    _ => {}
                }
            }
        }
        self.position = end;
        self.flush();
        sent
    }

    /// A picture of whatever kind.
    pub(crate) fn send_video(&mut self, body: &[u8]) {
        self.publisher.write_video(0, body);
        self.flush();
    }

    /// FCUnpublish, deleteStream.
    pub(crate) fn say_goodbye(&mut self) {
        self.publisher.finish();
        self.flush();
    }
}

/// The peer closed, with or without a reset; what it said before is passed over.
pub(crate) fn is_closed_within(stream: &mut TcpStream, within: Duration) -> bool {
    let start = Instant::now();
    stream.set_read_timeout(Some(within)).unwrap();
    let mut buffer = [0; 4096];
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => return true,
            Ok(_) if start.elapsed() < within => {}
            Err(error) if error.kind() == ErrorKind::ConnectionReset => return true,
            _ => return false,
        }
    }
}

/// Waits for what will come.
pub(crate) fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < PATIENCE, "{what} never came");
        std::thread::sleep(Duration::from_millis(2));
    }
}

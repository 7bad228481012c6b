//! An edge on a free port of the loopback, a station and a UI that do as they are told, and a
//! client that sees every byte.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use bytes::Bytes;
use hearth::media::cursor::Cursor;
use hearth::media::rendition::{ListForm, Reach, Rendition, Resource};
use hearth::people::Account;
use hearth::serve::assets::Asset;
use hearth::serve::edge::{
    Channel, EdgeSettings, Live, MediaFile, MediaResource, Visibility, serve,
};
use hearth::serve::events::EventBus;
use hearth::time::{Clock, Mono};
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::FileExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::{Notify, watch};

/// No answer takes this long unless it never comes.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

// ---- media -------------------------------------------------------------------------------

/// A segment in a tmpfs file, or in memory.
pub(crate) struct Segment {
    file: Option<File>,
    bytes: Vec<u8>,
    len: u64,
    pub(crate) closed: AtomicBool,
    pub(crate) cut: AtomicBool,
}

/// Bytes that tell where they are from.
pub(crate) fn pattern(len: usize) -> Vec<u8> {
    (0..len)
        .map(|at| (at % 251) as u8 ^ (at / 65_536) as u8)
        .collect()
}

impl Segment {
    pub(crate) fn on_tmpfs(bytes: &[u8]) -> Arc<Segment> {
        let mut file = tempfile::tempfile_in("/dev/shm").unwrap();
        file.write_all(bytes).unwrap();
        Segment::of(Some(file), Vec::new(), bytes.len() as u64)
    }

    /// So many bytes that read as zero and take no memory until then.
    pub(crate) fn sparse(len: u64) -> Arc<Segment> {
        let file = tempfile::tempfile_in("/dev/shm").unwrap();
        file.set_len(len).unwrap();
        Segment::of(Some(file), Vec::new(), len)
    }

    pub(crate) fn in_memory(bytes: &[u8]) -> Arc<Segment> {
        Segment::of(None, bytes.to_vec(), bytes.len() as u64)
    }

    fn of(file: Option<File>, bytes: Vec<u8>, len: u64) -> Arc<Segment> {
        Arc::new(Segment {
            file,
            bytes,
            len,
            closed: AtomicBool::new(true),
            cut: AtomicBool::new(false),
        })
    }
}

impl MediaFile for Segment {
    fn len(&self) -> u64 {
        self.len
    }
    fn is_closed(&self) -> bool {
        self.closed.load(SeqCst)
    }
    fn is_cut(&self) -> bool {
        self.cut.load(SeqCst)
    }
    fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.file.as_ref().map(|file| file.as_fd())
    }
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        match &self.file {
            Some(file) => file.read_at(buffer, offset),
            None => (&self.bytes[offset as usize..]).read(buffer),
        }
    }
}

/// Of a list that has no parts.
const NO_PARTS: Reach = Reach {
    open: 0,
    parts: 0,
    previous_parts: 0,
    part_target: None,
    target_duration_s: 2,
    can_skip: false,
    ended: false,
};

/// A session that a test sets up.
#[derive(Default)]
pub(crate) struct FakeChannel {
    pub(crate) index: Mutex<Option<Bytes>>,
    pub(crate) media: Mutex<Option<Bytes>>,
    /// Other forms of it; the same where they are not set.
    pub(crate) delta: Mutex<Option<Bytes>>,
    pub(crate) plain: Mutex<Option<Bytes>>,
    pub(crate) reach: Mutex<Option<Reach>>,
    pub(crate) ts: Mutex<Option<Bytes>>,
    /// What the next making of TS gives.
    pub(crate) ts_to_make: Mutex<Option<Bytes>>,
    pub(crate) ts_made: AtomicUsize,
    pub(crate) ts_making: AtomicUsize,
    pub(crate) ts_at_once: AtomicUsize,
    pub(crate) files: Mutex<HashMap<String, MediaResource>>,
    pub(crate) version: AtomicU64,
    pub(crate) ended: AtomicBool,
    pub(crate) changed: Notify,
    pub(crate) viewers: Mutex<Vec<u64>>,
    /// What the instant stream shows; its files too, where no others are set.
    pub(crate) rendition: Mutex<Option<Arc<Rendition>>>,
}

impl FakeChannel {
    pub(crate) fn put(&self, name: &str, segment: &Arc<Segment>) {
        let segment: Arc<dyn MediaFile> = segment.clone();
        self.files
            .lock()
            .unwrap()
            .insert(name.to_owned(), MediaResource::Segment(segment));
    }

    pub(crate) fn set_media(&self, text: &str) {
        *self.media.lock().unwrap() = Some(Bytes::copy_from_slice(text.as_bytes()));
        *self.index.lock().unwrap() = Some(Bytes::from_static(b"#EXTM3U\nmedia.m3u8\n"));
        self.change();
    }

    /// A list with parts: `open` is its open segment and `parts` those listed of it.
    pub(crate) fn set_parts(&self, open: u64, parts: u32) {
        *self.reach.lock().unwrap() = Some(Reach {
            open,
            parts,
            previous_parts: 5,
            part_target: Some(36_000),
            target_duration_s: 1,
            can_skip: true,
            ended: false,
        });
        let form = |name: &str| Some(Bytes::from(format!("#EXTM3U\n#{name} {open}.{parts}\n")));
        *self.delta.lock().unwrap() = form("delta");
        *self.plain.lock().unwrap() = form("plain");
        self.set_media(&format!("#EXTM3U\n#whole {open}.{parts}\n"));
    }

    /// Another reach, of which nobody is told yet.
    pub(crate) fn alter_reach(&self, alter: impl FnOnce(&mut Reach)) {
        alter(self.reach.lock().unwrap().get_or_insert(NO_PARTS));
    }

    pub(crate) fn set_resource(&self, name: &str, resource: Option<MediaResource>) {
        let mut files = self.files.lock().unwrap();
        match resource {
            Some(resource) => drop(files.insert(name.to_owned(), resource)),
            None => drop(files.remove(name)),
        }
        drop(files);
        self.change();
    }

    pub(crate) fn change(&self) {
        self.version.fetch_add(1, SeqCst);
        self.changed.notify_waiters();
    }
}

impl Channel for FakeChannel {
    fn has_ended(&self) -> bool {
        self.ended.load(SeqCst)
    }
    fn version(&self) -> u64 {
        self.version.load(SeqCst)
    }
    fn multivariant_playlist(&self) -> Option<Bytes> {
        self.index.lock().unwrap().clone()
    }
    fn media_playlist(&self, form: ListForm) -> Option<Bytes> {
        let other = match form {
            ListForm::Delta => self.delta.lock().unwrap().clone(),
            ListForm::Plain => self.plain.lock().unwrap().clone(),
            _ => None,
        };
        other.or_else(|| self.media.lock().unwrap().clone())
    }
    fn reach(&self) -> Reach {
        self.reach.lock().unwrap().unwrap_or(NO_PARTS)
    }
    fn ts_playlist(&self) -> Option<Bytes> {
        self.ts.lock().unwrap().clone()
    }
    fn ask_ts(&self, _now: Mono) {}
    fn refresh_ts(&self, _now: Mono) {
        let at_once = self.ts_making.fetch_add(1, SeqCst) + 1;
        self.ts_at_once.fetch_max(at_once, SeqCst);
        std::thread::sleep(Duration::from_millis(30));
        if let Some(made) = self.ts_to_make.lock().unwrap().clone() {
            *self.ts.lock().unwrap() = Some(made);
        }
        self.ts_made.fetch_add(1, SeqCst);
        self.ts_making.fetch_sub(1, SeqCst);
    }
    fn resource(&self, file: &str) -> Option<MediaResource> {
        let set_up = self.files.lock().unwrap().get(file).cloned();
        let rendition = self.rendition.lock().unwrap().clone();
        set_up.or_else(|| match rendition?.resource(file)? {
            Resource::Init(bytes) => Some(MediaResource::Init(bytes)),
            Resource::Segment(segment) => Some(MediaResource::Segment(segment)),
            Resource::Part { file, offset, len } => Some(MediaResource::Part { file, offset, len }),
            Resource::Awaited => Some(MediaResource::Awaited),
        })
    }
    fn cursor(&self) -> Option<Cursor> {
        self.rendition.lock().unwrap().clone().map(Cursor::new)
    }
    fn changed(&self) -> &Notify {
        &self.changed
    }
    fn viewer_seen(&self, viewer: u64, _now: Mono) {
        self.viewers.lock().unwrap().push(viewer);
    }
}

/// A station that a test sets up.
pub(crate) struct FakeLive {
    clock: Clock,
    pub(crate) channels: Mutex<HashMap<String, Arc<FakeChannel>>>,
    pub(crate) ended: Mutex<HashMap<String, Bytes>>,
    /// What pages are told.
    pub(crate) bus: Mutex<Option<Arc<EventBus>>>,
    /// Channels that are not open to all; a pass for one is `pass-NAME`.
    pub(crate) closed: Mutex<HashMap<String, Visibility>>,
    /// People by session.
    pub(crate) sessions: Mutex<HashMap<String, Account>>,
}

impl FakeLive {
    pub(crate) fn add(&self, name: &str) -> Arc<FakeChannel> {
        let channel = Arc::new(FakeChannel::default());
        self.channels
            .lock()
            .unwrap()
            .insert(name.to_owned(), Arc::clone(&channel));
        channel
    }
}

impl Live for FakeLive {
    fn channel(&self, name: &str) -> Option<Arc<dyn Channel>> {
        let channel = self.channels.lock().unwrap().get(name).cloned()?;
        Some(channel)
    }
    fn ended_playlist(&self, name: &str, _form: ListForm) -> Option<Bytes> {
        self.ended.lock().unwrap().get(name).cloned()
    }
    fn playable(&self) -> Vec<String> {
        self.channels.lock().unwrap().keys().cloned().collect()
    }
    fn now(&self) -> Mono {
        self.clock.now()
    }
    fn visibility(&self, name: &str) -> Visibility {
        let closed = self.closed.lock().unwrap();
        closed.get(name).copied().unwrap_or_default()
    }
    fn has_pass(&self, name: &str, token: &str) -> bool {
        token.strip_prefix("pass-") == Some(name)
    }
    fn account(&self, session: &str) -> Option<Account> {
        self.sessions.lock().unwrap().get(session).cloned()
    }
    fn events(&self) -> Option<Arc<EventBus>> {
        self.bus.lock().unwrap().clone()
    }
}

// ---- the edge ----------------------------------------------------------------------------

pub(crate) static BIG_ASSET: [u8; 3_000_000] = [b'x'; 3_000_000];

fn find_asset(path: &str) -> Option<Asset> {
    let asset = |body, gzip| {
        Some(Asset {
            content_type: "text/css",
            body,
            gzip,
        })
    };
    match path {
        "/assets/0a1b/base.css" => asset(b"body{}", Some(b"packed")),
        "/assets/0a1b/plain.css" => asset(b"p{}", None),
        "/assets/0a1b/big.css" => asset(&BIG_ASSET[..], None),
        "/favicon.ico" => asset(b"icon", None),
        _ => None,
    }
}

/// A running edge; it shuts down when dropped.
pub(crate) struct Edge {
    pub(crate) at: SocketAddr,
    pub(crate) live: Arc<FakeLive>,
    pub(crate) ui_socket: PathBuf,
    folder: tempfile::TempDir,
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

impl Edge {
    pub(crate) fn start() -> Edge {
        Edge::with(EdgeSettings::default())
    }

    pub(crate) fn with(settings: EdgeSettings) -> Edge {
        Edge::beside(settings, tempfile::tempdir().unwrap())
    }

    /// An edge whose UI socket is `ui` in `folder`.
    pub(crate) fn beside(settings: EdgeSettings, folder: tempfile::TempDir) -> Edge {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let at = listener.local_addr().unwrap();
        let live = Arc::new(FakeLive {
            clock: Clock::start(),
            channels: Mutex::default(),
            ended: Mutex::default(),
            bus: Mutex::default(),
            closed: Mutex::default(),
            sessions: Mutex::default(),
        });
        let ui_socket = folder.path().join("ui");
        let (stop, stopped) = watch::channel(false);
        let (station, socket) = (Arc::clone(&live), ui_socket.clone());
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            let edge = serve(
                vec![listener],
                settings,
                station,
                find_asset,
                // Longer than what the kernel takes for a reader that does not read.
                Arc::new(|figures| format!("{figures:?}\n{}", " ".repeat(16 << 20))),
                socket,
                stopped,
            );
            runtime.block_on(edge).unwrap();
        });
        Edge {
            at,
            live,
            ui_socket,
            folder,
            stop,
            thread: Some(thread),
        }
    }

    pub(crate) fn client(&self) -> Client {
        Client::to(self.at)
    }

    /// One GET on a connection of its own.
    pub(crate) fn get(&self, path: &str) -> Reply {
        self.get_with(path, "")
    }

    /// The same with more fields, each with its line end.
    pub(crate) fn get_with(&self, path: &str, fields: &str) -> Reply {
        let mut client = self.client();
        client.send(&format!(
            "GET {path} HTTP/1.1\r\nHost: hearth.local\r\n{fields}\r\n"
        ));
        client.reply()
    }

    pub(crate) fn stop(&mut self) {
        let _ = self.stop.send(true);
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

impl Drop for Edge {
    fn drop(&mut self) {
        self.stop();
    }
}

// ---- a client ----------------------------------------------------------------------------

/// An answer, whole.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (key, value) = line.split_once(": ")?;
            key.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    pub(crate) fn text(&self) -> &str {
        str::from_utf8(&self.body).unwrap()
    }
}

/// A connection.
pub(crate) struct Client {
    pub(crate) stream: TcpStream,
    reader: BufReader<TcpStream>,
}

impl Client {
    pub(crate) fn to(at: SocketAddr) -> Client {
        let stream = TcpStream::connect(at).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        let reader = BufReader::new(stream.try_clone().unwrap());
        Client { stream, reader }
    }

    /// From another address of the loopback.
    pub(crate) fn from(source: [u8; 4], at: SocketAddr) -> Client {
        use nix::sys::socket::{
            AddressFamily, SockFlag, SockType, SockaddrIn, bind, connect, socket,
        };
        let socket = socket(
            AddressFamily::Inet,
            SockType::Stream,
            SockFlag::empty(),
            None,
        )
        .unwrap();
        let [a, b, c, d] = source;
        use std::os::fd::AsRawFd;
        bind(socket.as_raw_fd(), &SockaddrIn::new(a, b, c, d, 0)).unwrap();
        let SocketAddr::V4(v4) = at else {
            unreachable!()
        };
        connect(socket.as_raw_fd(), &SockaddrIn::from(v4)).unwrap();
        let stream = TcpStream::from(socket);
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let reader = BufReader::new(stream.try_clone().unwrap());
        Client { stream, reader }
    }

    pub(crate) fn send(&mut self, text: &str) {
        self.stream.write_all(text.as_bytes()).unwrap();
    }

    pub(crate) fn get(&mut self, path: &str) -> Reply {
        self.send(&format!(
            "GET {path} HTTP/1.1\r\nHost: hearth.local\r\n\r\n"
        ));
        self.reply()
    }

    /// The next answer with its body.
    pub(crate) fn reply(&mut self) -> Reply {
        let mut reply = self.reply_head().expect("an answer");
        let len = reply
            .field("content-length")
            .map_or(0, |len| len.parse().unwrap());
        reply.body = vec![0; len];
        self.reader.read_exact(&mut reply.body).unwrap();
        reply
    }

    /// The next answer's head: an error if the connection ends instead.
    pub(crate) fn reply_head(&mut self) -> io::Result<Reply> {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if self.reader.read_line(&mut head)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Ok(Reply {
            status,
            head,
            body: Vec::new(),
        })
    }

    /// What comes until the end, which may be a reset.
    pub(crate) fn rest(&mut self) -> (Vec<u8>, io::Result<()>) {
        let mut rest = Vec::new();
        let end = self.reader.read_to_end(&mut rest).map(drop);
        (rest, end)
    }

    /// The next line, without its end; an error if the connection ends instead.
    pub(crate) fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        match self.reader.read_line(&mut line)? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(line.trim_end_matches('\n').to_owned()),
        }
    }

    /// The connection is over, politely or not, without another byte.
    pub(crate) fn is_over(&mut self) -> bool {
        match self.reader.read(&mut [0]) {
            Ok(read) => read == 0,
            Err(error) => error.kind() == io::ErrorKind::ConnectionReset,
        }
    }
}

// ---- a UI --------------------------------------------------------------------------------

/// What a request to the UI looked like.
#[derive(Debug, Clone)]
pub(crate) struct UiAsked {
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

/// Answers with whole replies, as bytes. Runs on one thread a connection.
pub(crate) type UiHandler = dyn Fn(&UiAsked) -> Vec<u8> + Send + Sync;

/// A UI on a Unix socket.
pub(crate) struct FakeUi {
    pub(crate) asked: Arc<Mutex<Vec<UiAsked>>>,
    pub(crate) accepted: Arc<AtomicUsize>,
    pub(crate) open: Arc<AtomicUsize>,
    pub(crate) most_open: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
    path: PathBuf,
    streams: Arc<Mutex<Vec<UnixStream>>>,
    thread: Option<JoinHandle<()>>,
}

impl FakeUi {
    pub(crate) fn start(
        path: &Path,
        handler: impl Fn(&UiAsked) -> Vec<u8> + Send + Sync + 'static,
    ) -> FakeUi {
        let _ = std::fs::remove_file(path);
        let listener = UnixListener::bind(path).unwrap();
        let handler: Arc<UiHandler> = Arc::new(handler);
        let mut ui = FakeUi {
            asked: Arc::default(),
            accepted: Arc::default(),
            open: Arc::default(),
            most_open: Arc::default(),
            stop: Arc::default(),
            path: path.to_owned(),
            streams: Arc::default(),
            thread: None,
        };
        let (asked, accepted, open, most, stop, streams) = (
            ui.asked.clone(),
            ui.accepted.clone(),
            ui.open.clone(),
            ui.most_open.clone(),
            ui.stop.clone(),
            ui.streams.clone(),
        );
        ui.thread = Some(std::thread::spawn(move || {
            for stream in listener.incoming() {
                if stop.load(SeqCst) {
                    return;
                }
                let stream = stream.unwrap();
                accepted.fetch_add(1, SeqCst);
                most.fetch_max(open.fetch_add(1, SeqCst) + 1, SeqCst);
                streams.lock().unwrap().push(stream.try_clone().unwrap());
                let (handler, asked, open) = (handler.clone(), asked.clone(), open.clone());
                std::thread::spawn(move || {
                    serve_ui(stream, &*handler, &asked);
                    open.fetch_sub(1, SeqCst);
                });
            }
        }));
        ui
    }

    /// Requests other than the opening ones.
    pub(crate) fn requests(&self) -> Vec<UiAsked> {
        let asked = self.asked.lock().unwrap();
        asked
            .iter()
            .filter(|asked| !asked.head.contains("/healthz-ui"))
            .cloned()
            .collect()
    }
}

impl Drop for FakeUi {
    fn drop(&mut self) {
        self.stop.store(true, SeqCst);
        let _ = UnixStream::connect(&self.path);
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
        let _ = std::fs::remove_file(&self.path);
        for stream in self.streams.lock().unwrap().drain(..) {
            let _ = stream.shutdown(std::net::Shutdown::Both);
        }
    }
}

fn serve_ui(stream: UnixStream, handler: &UiHandler, log: &Mutex<Vec<UiAsked>>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut stream = stream;
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            match reader.read_line(&mut head) {
                Ok(0) | Err(_) => return,
                Ok(_) => {}
            }
        }
        let len = head
            .lines()
            .find_map(|line| line.strip_prefix("Content-Length: "))
            .map_or(0, |len| len.parse().unwrap());
        let mut body = vec![0; len];
        reader.read_exact(&mut body).unwrap();
        let asked = UiAsked { head, body };
        log.lock().unwrap().push(asked.clone());
        if stream.write_all(&handler(&asked)).is_err() {
            return;
        }
    }
}

/// A reply as tiny_http writes it.
pub(crate) fn ui_reply(status: &str, fields: &str, body: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 {status}\r\nServer: tiny-http (Rust)\r\nDate: Thu, 1 Jan 1970 00:00:00 GMT\r\n{fields}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// Waits for `done` without guessing how long that takes.
pub(crate) fn until(what: &str, mut done: impl FnMut() -> bool) {
    let start = std::time::Instant::now();
    while !done() {
        assert!(start.elapsed() < PATIENCE, "{what} never came");
        std::thread::sleep(Duration::from_millis(2));
    }
}

impl Read for Client {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.reader.read(buffer)
    }
}

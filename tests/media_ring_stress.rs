//! One writer at full speed against readers of every kind: each byte that arrives is the one that was appended.
//!
//! A byte is given by its segment's number and its offset alone, so a reader knows what must come.
#![allow(clippy::unwrap_used, clippy::panic)]
use bytes::Bytes;
use hearth::media::Tracks;
use hearth::media::ring::{AppendError, FragmentEntry, InitSegment, Opening, Ring};
use hearth::media::segment_file::SegmentFile;
use hearth::media::storage::{SegmentBlob, SegmentStorage, TmpfsStorage};
use nix::errno::Errno;
use nix::sys::sendfile::sendfile;
use nix::sys::socket::{self, AddressFamily, SockFlag, SockType, setsockopt, sockopt};
use nix::sys::stat::fstat;
use std::fs::File;
use std::io::{self, IoSlice, Read};
use std::net::{TcpListener, TcpStream};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Condvar, LazyLock, Mutex};
use std::thread;
use std::time::{Duration, Instant};

const READERS: u64 = 50;
const STALLED: u64 = 2;
const FRAGMENTS: usize = 20;
const LARGEST_FRAGMENT: u64 = 40_000;
/// What a reader asks for at most.
const CHUNK: u64 = 65_536;
/// A prime: no two segments of a run begin at the same place of the table.
const PERIOD: u64 = 65_537;

static TABLE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut random = Random(9);
    let period: Vec<u8> = (0..PERIOD).map(|_| random.below(256) as u8).collect();
    [period.as_slice(), period.as_slice()].concat()
});

/// The bytes of segment `sequence` from `offset`, at most [`PERIOD`].
fn pattern(sequence: u64, offset: u64, len: u64) -> &'static [u8] {
    let start = (offset + sequence * 7919) % PERIOD;
    &TABLE[start as usize..(start + len) as usize]
}

/// xorshift64.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % end
    }
}

/// A storage that counts what its files really take.
#[derive(Debug)]
struct Metered {
    inner: TmpfsStorage,
    blocks: Arc<AtomicU64>,
}

#[derive(Debug)]
struct MeteredBlob {
    inner: Option<Box<dyn SegmentBlob>>,
    counted: AtomicU64,
    blocks: Arc<AtomicU64>,
}

impl SegmentStorage for Metered {
    fn create(&self) -> io::Result<Box<dyn SegmentBlob>> {
        Ok(Box::new(MeteredBlob {
            inner: Some(self.inner.create()?),
            counted: AtomicU64::new(0),
            blocks: Arc::clone(&self.blocks),
        }))
    }

    fn block_size(&self) -> u64 {
        self.inner.block_size()
    }
}

impl MeteredBlob {
    fn blob(&self) -> &dyn SegmentBlob {
        self.inner.as_deref().unwrap()
    }
}

impl SegmentBlob for MeteredBlob {
    fn append_at(&self, offset: u64, parts: &[IoSlice<'_>]) -> io::Result<()> {
        self.blob().append_at(offset, parts)?;
        let taken = fstat(self.blob().fd().unwrap())?.st_blocks as u64 * 512;
        let before = self.counted.swap(taken, SeqCst);
        self.blocks.fetch_add(taken - before, SeqCst);
        Ok(())
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        self.blob().read_at(offset, buffer)
    }

    fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.blob().fd()
    }
}

impl Drop for MeteredBlob {
    fn drop(&mut self) {
        self.inner = None;
        self.blocks.fetch_sub(self.counted.load(SeqCst), SeqCst);
    }
}

/// What must never be done: a few files, used again and again.
#[derive(Debug)]
struct Reusing {
    files: Vec<Arc<File>>,
    next: AtomicU64,
}

#[derive(Debug)]
struct ReusedBlob(Arc<File>);

impl SegmentStorage for Reusing {
    fn create(&self) -> io::Result<Box<dyn SegmentBlob>> {
        let turn = self.next.fetch_add(1, SeqCst) as usize % self.files.len();
        Ok(Box::new(ReusedBlob(Arc::clone(&self.files[turn]))))
    }
}

impl SegmentBlob for ReusedBlob {
    fn append_at(&self, offset: u64, parts: &[IoSlice<'_>]) -> io::Result<()> {
        self.0.write_all_at(&parts[0], offset)
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read_at(buffer, offset)
    }

    fn fd(&self) -> Option<BorrowedFd<'_>> {
        Some(self.0.as_fd())
    }
}

#[derive(Debug, Default)]
struct Tally {
    whole: AtomicU64,
    cut: AtomicU64,
    foreign: AtomicU64,
    stalled_done: AtomicU64,
    refused: AtomicU64,
}

struct Scene {
    ring: Mutex<Ring>,
    written: Condvar,
    is_over: AtomicBool,
    tally: Tally,
}

/// How a body ended.
enum End {
    Whole,
    Cut,
    Foreign,
}

impl Scene {
    fn count(&self, end: &End) {
        let counter = match end {
            End::Whole => &self.tally.whole,
            End::Cut => &self.tally.cut,
            End::Foreign => &self.tally.foreign,
        };
        counter.fetch_add(1, SeqCst);
    }

    /// Any segment of the ring, often the newest.
    fn pick(&self, random: &mut Random) -> Option<Arc<SegmentFile>> {
        let ring = self.ring.lock().unwrap();
        let files: Vec<_> = ring.segments().map(|segment| &segment.file).collect();
        let place = random.below(2 * files.len().max(1) as u64) as usize;
        files
            .get(place)
            .or(files.last())
            .map(|file| Arc::clone(file))
    }
}

fn is_pattern(file: &SegmentFile, offset: u64, bytes: &[u8]) -> bool {
    is_pattern_of(file.sequence(), offset, bytes)
}

fn is_pattern_of(sequence: u64, offset: u64, bytes: &[u8]) -> bool {
    bytes == pattern(sequence, offset, bytes.len() as u64)
}

/// A reader's pace: how much it takes at a time, and the pause after that.
#[derive(Clone, Copy)]
struct Pace {
    chunk: u64,
    pause: Duration,
}

impl Pace {
    fn random(random: &mut Random) -> Pace {
        let chunk = 1024 << random.below(7);
        let pause = Duration::from_micros(random.below(3) * random.below(2_000));
        Pace { chunk, pause }
    }

    fn rest(&self) {
        match self.pause.is_zero() {
            true => thread::yield_now(),
            false => thread::sleep(self.pause),
        }
    }
}

fn read_directly(file: Arc<SegmentFile>, pace: Pace) -> End {
    let end = file.len();
    let mut at = 0;
    let mut buffer = vec![0; CHUNK as usize];
    while at < end {
        let wanted = pace.chunk.min(end - at) as usize;
        match file.read_at(at, &mut buffer[..wanted]) {
            Ok(read) if read == wanted && is_pattern(&file, at, &buffer[..read]) => {
                at += read as u64;
            }
            Ok(_) => return End::Foreign,
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => return End::Cut,
            Err(error) => panic!("{error}"),
        }
        pace.rest();
    }
    End::Whole
}

/// Both ends of a connection, neither blocking, with a small send buffer.
fn connection(over_tcp: bool) -> (OwnedFd, File) {
    let (send, receive) = if over_tcp {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let receive = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (send, _) = listener.accept().unwrap();
        send.set_nonblocking(true).unwrap();
        receive.set_nonblocking(true).unwrap();
        (OwnedFd::from(send), OwnedFd::from(receive))
    } else {
        let flags = SockFlag::SOCK_NONBLOCK | SockFlag::SOCK_CLOEXEC;
        socket::socketpair(AddressFamily::Unix, SockType::Stream, None, flags).unwrap()
    };
    setsockopt(&send, sockopt::SndBuf, &32_768).unwrap();
    (send, File::from(receive))
}

/// A body on its way from a file to a peer by `sendfile`.
struct Transfer {
    file: Option<Arc<SegmentFile>>,
    sequence: u64,
    end: u64,
    send: OwnedFd,
    receive: File,
    sent: u64,
    received: u64,
    buffer: Vec<u8>,
}

impl Transfer {
    fn new(file: Arc<SegmentFile>, over_tcp: bool) -> Transfer {
        let (send, receive) = connection(over_tcp);
        Transfer {
            sequence: file.sequence(),
            end: file.len(),
            file: Some(file),
            send,
            receive,
            sent: 0,
            received: 0,
            buffer: vec![0; CHUNK as usize],
        }
    }

    /// Sends what the socket takes, at most `most`; the file is let go when it is cut or wholly sent.
    fn push(&mut self, most: u64) -> Option<End> {
        let file = self.file.take().filter(|_| self.sent < self.end)?;
        if file.is_cut() {
            return Some(End::Cut);
        }
        let mut offset = self.sent as nix::libc::off_t;
        let most = most.min(self.end - self.sent) as usize;
        match sendfile(&self.send, file.fd().unwrap(), Some(&mut offset), most) {
            Ok(0) => return Some(End::Foreign),
            Ok(sent) => self.sent += sent as u64,
            Err(Errno::EAGAIN) => {}
            Err(error) => panic!("{error}"),
        }
        self.file = Some(file);
        None
    }

    /// Takes what has arrived, at most `most`; false if it is not what was appended.
    fn pull(&mut self, most: u64) -> bool {
        match self.receive.read(&mut self.buffer[..most as usize]) {
            Ok(read) => {
                let at = self.received;
                self.received += read as u64;
                is_pattern_of(self.sequence, at, &self.buffer[..read])
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => true,
            Err(error) => panic!("{error}"),
        }
    }

    /// All the rest; what is in the socket is looked at even after a cut, when its file may be gone.
    fn run(mut self, pace: Pace) -> End {
        let mut end = End::Whole;
        loop {
            if let Some(early) = self.push(CHUNK) {
                end = early;
            }
            if !self.pull(pace.chunk) || matches!(end, End::Foreign) {
                return End::Foreign;
            }
            if self.file.is_none() && self.received == self.sent {
                return end;
            }
            pace.rest();
        }
    }
}

fn reader(scene: &Scene, number: u64) {
    let mut random = Random(number + 1);
    while !scene.is_over.load(SeqCst) {
        let Some(file) = scene.pick(&mut random) else {
            thread::yield_now();
            continue;
        };
        let pace = Pace::random(&mut random);
        let end = match number % 3 {
            0 => read_directly(file, pace),
            kind => Transfer::new(file, kind == 1).run(pace),
        };
        scene.count(&end);
    }
}

/// Fills its socket, sleeps while the list moves on by three windows, and then looks at what it has got.
fn stalled_reader(scene: &Scene, number: u64) {
    let mut ring = scene.ring.lock().unwrap();
    while ring.listed().count() < 6 {
        ring = scene.written.wait(ring).unwrap();
    }
    let newest = Arc::clone(&ring.listed().next_back().unwrap().file);
    let until = newest.sequence() + 3 * ring.listed().count() as u64;
    drop(ring);
    let mut transfer = Transfer::new(newest, number.is_multiple_of(2));
    for _ in 0..4 {
        assert!(transfer.push(CHUNK).is_none());
    }
    assert!(transfer.sent > 0);
    let mut ring = scene.ring.lock().unwrap();
    while ring.media_sequence() < until {
        ring = scene.written.wait(ring).unwrap();
    }
    drop(ring);
    let pace = Pace {
        chunk: CHUNK,
        pause: Duration::ZERO,
    };
    scene.count(&transfer.run(pace));
    scene.tally.stalled_done.fetch_add(1, SeqCst);
}

fn opening() -> Opening {
    let tracks = Tracks {
        video: None,
        audio: None,
    };
    Opening {
        start: 0,
        independent: true,
        discontinuity: false,
        init: Arc::new(InitSegment {
            number: 0,
            bytes: Bytes::new(),
            tracks: Arc::new(tracks),
        }),
    }
}

/// Appends one fragment; false if there was no room.
fn append(scene: &Scene, opening: &Opening, len: u64) -> bool {
    let reserved = scene.ring.lock().unwrap().reserve(len);
    let file = match reserved {
        Ok(file) => file,
        Err(AppendError::NoRoom(_)) => return false,
        Err(error) => panic!("{error}"),
    };
    let bytes = pattern(file.sequence(), file.len(), len);
    let offset = file.append(&[IoSlice::new(bytes)]).unwrap();
    let mut ring = scene.ring.lock().unwrap();
    if ring.open_segment().is_none() {
        ring.open(file, opening.clone());
    }
    ring.record(FragmentEntry {
        offset,
        start: 0,
        ts_segment: 0,
        part: None,
        len: len as u32,
        duration: 9_000,
        independent: true,
        discontinuity: false,
    });
    true
}

fn write_segment(scene: &Scene, opening: &Opening, random: &mut Random, check: &impl Fn(&Ring)) {
    for _ in 0..FRAGMENTS {
        let len = 1 + random.below(LARGEST_FRAGMENT);
        let has_fit = append(scene, opening, len);
        check(&scene.ring.lock().unwrap());
        if !has_fit {
            scene.tally.refused.fetch_add(1, SeqCst);
            thread::yield_now();
            break;
        }
    }
    scene.ring.lock().unwrap().close();
    scene.written.notify_all();
}

/// Writes for `time`, and until the stalled readers have seen three windows pass.
fn play(
    storage: Arc<dyn SegmentStorage>,
    budget: u64,
    time: Duration,
    check: impl Fn(&Ring),
) -> Scene {
    let scene = Scene {
        ring: Mutex::new(Ring::new(storage, budget, 0)),
        written: Condvar::new(),
        is_over: AtomicBool::new(false),
        tally: Tally::default(),
    };
    let started = Instant::now();
    thread::scope(|threads| {
        for number in 0..READERS {
            let scene = &scene;
            threads.spawn(move || reader(scene, number));
        }
        for number in 0..STALLED {
            let scene = &scene;
            threads.spawn(move || stalled_reader(scene, number));
        }
        let mut random = Random(77);
        let opening = opening();
        while started.elapsed() < time || scene.tally.stalled_done.load(SeqCst) < STALLED {
            assert!(
                started.elapsed() < Duration::from_secs(60),
                "the writer is stuck"
            );
            write_segment(&scene, &opening, &mut random, &check);
        }
        scene.is_over.store(true, SeqCst);
    });
    scene
}

/// The rule under test, on a real tmpfs, with what the files take measured beside what the ring believes.
fn play_on_tmpfs(budget: u64, time: Duration) -> Scene {
    let directory = tempfile::tempdir_in("/dev/shm").unwrap();
    let blocks = Arc::new(AtomicU64::new(0));
    let storage = Metered {
        inner: TmpfsStorage::new(directory.path()).unwrap(),
        blocks: Arc::clone(&blocks),
    };
    let scene = play(Arc::new(storage), budget, time, |ring| {
        assert!(ring.live_bytes() <= budget);
        assert!(blocks.load(SeqCst) <= budget);
    });
    let live = scene.ring.lock().unwrap().live_bytes();
    assert_eq!(live, blocks.load(SeqCst), "belief and truth at rest");
    println!("{:?}", scene.tally);
    scene
}

#[test]
fn readers_get_what_was_appended_while_the_budget_is_kept() {
    let scene = play_on_tmpfs(24 << 20, Duration::from_millis(800));
    assert_eq!(scene.tally.foreign.load(SeqCst), 0);
    assert!(scene.tally.whole.load(SeqCst) > READERS);
}

#[test]
fn in_a_squeezed_ring_readers_get_what_was_appended_or_are_cut() {
    let scene = play_on_tmpfs(4 << 20, Duration::from_millis(800));
    assert_eq!(scene.tally.foreign.load(SeqCst), 0);
    assert!(scene.tally.cut.load(SeqCst) > 0);
    assert!(scene.ring.lock().unwrap().cuts() > 0);
    assert!(scene.tally.whole.load(SeqCst) > 0);
}

#[test]
fn a_storage_that_uses_files_again_is_found_out() {
    let directory = tempfile::tempdir_in("/dev/shm").unwrap();
    let files = (0..12).map(|_| Arc::new(tempfile::tempfile_in(directory.path()).unwrap()));
    let storage = Reusing {
        files: files.collect(),
        next: AtomicU64::new(0),
    };
    let scene = play(
        Arc::new(storage),
        24 << 20,
        Duration::from_millis(300),
        |_| {},
    );
    println!("{:?}", scene.tally);
    assert!(scene.tally.foreign.load(SeqCst) > 0);
}

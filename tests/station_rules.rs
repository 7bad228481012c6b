//! Sessions: grace, ending, numbers that never go back. Minutes pass in no time.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod rtmp_support;

use bytes::Bytes;
use hearth::media::ingest::Ingest;
use hearth::media::rendition::ListForm;
use hearth::people::{KeyHolder, People, TABLES};
use hearth::serve::edge::Live;
use hearth::serve::station::{OnAir, Phase, Publication, Station};
use hearth::store::storage::{LogFile, Memory, Storage};
use hearth::store::{Options, Store};
use hearth::wire::flv::{FlvFile, FlvTagKind};
use rtmp_support::{CLIP, person, station};
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use tempfile::TempDir;

const HOME: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 168, 1, 2));

/// A card in memory that can be broken.
#[derive(Clone, Debug, Default)]
struct Card {
    files: Memory,
    broken: Arc<AtomicBool>,
}

#[derive(Debug)]
struct CardFile(Arc<dyn LogFile>, Arc<AtomicBool>);

impl Storage for Card {
    fn list(&self) -> io::Result<Vec<String>> {
        self.files.list()
    }
    fn open(&self, name: &str) -> io::Result<Arc<dyn LogFile>> {
        Ok(Arc::new(CardFile(
            self.files.open(name)?,
            self.broken.clone(),
        )))
    }
    fn create(&self, name: &str) -> io::Result<Arc<dyn LogFile>> {
        Ok(Arc::new(CardFile(
            self.files.create(name)?,
            self.broken.clone(),
        )))
    }
    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.files.rename(from, to)
    }
    fn sync_names(&self) -> io::Result<()> {
        Ok(())
    }
}

impl LogFile for CardFile {
    fn len(&self) -> io::Result<u64> {
        self.0.len()
    }
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        self.0.read_at(buffer, offset)
    }
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        match self.1.load(Ordering::Relaxed) {
            true => Err(io::Error::other("the card is gone")),
            false => self.0.write_at(bytes, offset),
        }
    }
    fn sync(&self) -> io::Result<()> {
        match self.1.load(Ordering::Relaxed) {
            true => Err(io::Error::other("the card is gone")),
            false => self.0.sync(),
        }
    }
}

/// A box that may be switched off and on again.
struct House {
    people: Arc<People>,
    station: Arc<Station>,
    ahead: &'static AtomicU64,
    card: Card,
    dir: TempDir,
    holder: KeyHolder,
}

impl House {
    fn new() -> House {
        let (card, dir) = (Card::default(), tempfile::tempdir().unwrap());
        let (people, station, ahead) = station(open(&card), dir.path());
        let (_, key) = person(&people, "anna");
        House {
            holder: people.holder_of_key(&key).unwrap(),
            people,
            station,
            ahead,
            card,
            dir,
        }
    }

    fn restarted(self) -> House {
        let House {
            card, dir, holder, ..
        } = self;
        let (people, station, ahead) = station(open(&card), dir.path());
        House {
            people,
            station,
            ahead,
            card,
            dir,
            holder,
        }
    }

    fn pass(&self, ms: u64) {
        self.ahead.fetch_add(ms, Ordering::Relaxed);
        self.station.tick();
    }

    fn publish(&self) -> Publication {
        self.station.publish(&self.holder, HOME).unwrap()
    }

    fn begin(&self, publication: &mut Publication) -> Option<Ingest> {
        let start = block_on(publication.begin(&self.people))?;
        Some(Ingest::new(start, self.station.clock().now()))
    }

    /// Publishes the clip; the publication goes on.
    fn go_live(&self) -> Publication {
        let mut publication = self.publish();
        let mut ingest = self.begin(&mut publication).unwrap();
        let now = self.station.clock().now();
        for tag in FlvFile::tags(CLIP).unwrap() {
            let body = Bytes::copy_from_slice(tag.body);
            match tag.kind {
                FlvTagKind::Audio => ingest.audio(tag.timestamp, body, now).unwrap(),
                FlvTagKind::Video => ingest.video(tag.timestamp, body, now).unwrap(),
                _ => {}
            }
            while let Some(output) = ingest.poll() {
                publication.take(output, now).unwrap();
            }
        }
        publication
    }

    fn on_air(&self) -> Arc<OnAir> {
        self.station.on_air("anna").unwrap()
    }

    fn playlist(&self) -> String {
        text(self.on_air().rendition.media_playlist(ListForm::Plain))
    }

    /// The list with its parts, but for the one that is hinted at.
    fn whole_playlist(&self) -> String {
        let whole = text(self.on_air().rendition.media_playlist(ListForm::Whole));
        let lines = whole.split_inclusive('\n');
        lines
            .filter(|line| !line.starts_with("#EXT-X-PRELOAD-HINT"))
            .collect()
    }

    fn end(&self, publication: Publication) {
        publication.leave(true);
        self.pass(10_001);
        assert!(self.station.on_air("anna").is_none());
    }
}

fn open(card: &Card) -> Arc<Store> {
    Arc::new(Store::open_on(Arc::new(card.clone()), "card", TABLES, Options::default()).unwrap())
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(future)
}

fn text(playlist: Option<Bytes>) -> String {
    String::from_utf8(playlist.unwrap().to_vec()).unwrap()
}

fn tag(playlist: &str, name: &str) -> u64 {
    let line = playlist.lines().find_map(|line| line.strip_prefix(name));
    line.unwrap().parse().unwrap()
}

fn media_sequence(playlist: &str) -> u64 {
    tag(playlist, "#EXT-X-MEDIA-SEQUENCE:")
}

fn segments(playlist: &str) -> usize {
    playlist.matches("#EXTINF").count()
}

#[test]
fn a_lost_connection_is_waited_for_longer_than_a_goodbye() {
    for (goodbye, grace) in [(true, 10_000), (false, 60_000)] {
        let house = House::new();
        let publication = house.go_live();
        if goodbye {
            publication.leave(true);
        } else {
            drop(publication);
        }
        let before = house.whole_playlist();
        assert!(!before.contains("ENDLIST"), "{before}");
        house.pass(grace - 1_000);
        assert!(matches!(house.on_air().phase(), Phase::Grace { .. }));
        assert_eq!(
            house.whole_playlist(),
            before,
            "the list changed while it waited"
        );
        let on_air = house.on_air();
        house.pass(1_001);
        assert!(house.station.on_air("anna").is_none());
        assert_eq!(on_air.phase(), Phase::Ended);
        let ended = text(house.station.ended_playlist("anna", ListForm::Whole));
        assert!(ended.ends_with("#EXT-X-ENDLIST\n"), "{ended}");
        assert_eq!(ended.replace("#EXT-X-ENDLIST\n", ""), before);
        house.pass(60_001);
        assert!(
            house
                .station
                .ended_playlist("anna", ListForm::Whole)
                .is_none()
        );
    }
}

#[test]
fn all_that_came_is_listed_as_soon_as_the_publisher_is_gone() {
    let house = House::new();
    let publication = house.go_live();
    let while_live = segments(&house.playlist());
    drop(publication);
    assert_eq!(segments(&house.playlist()), while_live + 1);
}

#[test]
fn a_return_within_grace_goes_on_at_the_same_url_behind_one_discontinuity() {
    let house = House::new();
    drop(house.go_live());
    let before = house.playlist();
    let (first, name) = (media_sequence(&before), house.on_air().rendition.tag());
    house.pass(30_000);
    let publication = house.go_live();
    let after = house.playlist();
    assert_eq!(house.on_air().phase(), Phase::Live);
    assert_eq!(house.on_air().rendition.tag(), name);
    assert!(media_sequence(&after) >= first);
    assert_eq!(
        after.matches("#EXT-X-DISCONTINUITY\n").count(),
        1,
        "{after}"
    );
    let (head, tail) = after.split_once("#EXT-X-DISCONTINUITY\n").unwrap();
    assert_eq!(segments(head), segments(&before));
    assert!(segments(tail) >= 2);
    drop(publication);
}

#[test]
fn a_new_session_goes_on_with_the_numbers_and_begins_with_a_discontinuity() {
    let house = House::new();
    let publication = house.go_live();
    assert!(!house.playlist().contains("#EXT-X-DISCONTINUITY\n"));
    let (old_tag, old) = (
        house.on_air().rendition.tag(),
        media_sequence(&house.playlist()),
    );
    house.end(publication);
    let again = house.go_live();
    let playlist = house.playlist();
    assert_ne!(house.on_air().rendition.tag(), old_tag);
    assert!(media_sequence(&playlist) >= old + 4, "{playlist}");
    assert!(tag(&playlist, "#EXT-X-DISCONTINUITY-SEQUENCE:") > 0);
    let before_first = playlist.split("#EXTINF").next().unwrap();
    assert!(
        before_first.contains("#EXT-X-DISCONTINUITY\n"),
        "{playlist}"
    );
    drop(again);
}

#[test]
fn rings_are_free_after_the_end_even_if_somebody_still_reads() {
    let house = House::new();
    let publication = house.go_live();
    let on_air = house.on_air();
    let newest = on_air.rendition.newest_independent().unwrap();
    let stats = on_air.rendition.stats();
    assert!(stats.listed_bytes > 0);
    house.end(publication);
    house.pass(60_000);
    assert!(
        newest.file.is_cut(),
        "a reader could keep the ring for ever"
    );
    assert!(on_air.rendition.stats().held_bytes > 0);
    assert!(
        house.station.ring_bytes_granted() > 0,
        "its bytes were promised to somebody else"
    );
    drop(newest);
    house.station.tick();
    let stats = on_air.rendition.stats();
    assert_eq!(
        (stats.listed_bytes, stats.held_bytes, on_air.ts.bytes()),
        (0, 0, 0)
    );
    assert_eq!(house.station.ring_bytes_granted(), 0);
}

/// What `list` names, of a session that is over.
fn is_there(house: &House, list: &str) -> bool {
    let Some(channel) = Live::channel(&*house.station, "anna") else {
        return false;
    };
    assert!(channel.has_ended());
    let names = list.lines().filter(|line| !line.starts_with('#'));
    names.clone().count() > 0
        && names
            .into_iter()
            .all(|name| channel.resource(name).is_some())
}

#[test]
fn who_is_behind_plays_to_the_end_as_segments_and_as_ts() {
    let house = House::new();
    let publication = house.go_live();
    let on_air = house.on_air();
    on_air.ts.ask(house.station.clock().now());
    house.end(publication);
    let list = text(house.station.ended_playlist("anna", ListForm::Plain));
    assert!(is_there(&house, &list), "{list}");
    for on_air in house.station.all_with_media() {
        on_air.ts.refresh(house.station.clock().now());
    }
    let ts = text(
        Live::channel(&*house.station, "anna")
            .unwrap()
            .ts_playlist(),
    );
    assert!(ts.ends_with("#EXT-X-ENDLIST\n"), "{ts}");
    assert!(is_there(&house, &ts), "{ts}");
    house.pass(60_000);
    assert!(Live::channel(&*house.station, "anna").is_none());
    assert!(house.station.all_with_media().is_empty());
}

#[test]
fn what_is_over_makes_room_for_a_newcomer() {
    let house = House::new();
    house.end(house.go_live());
    let list = text(house.station.ended_playlist("anna", ListForm::Plain));
    assert!(is_there(&house, &list));
    let before = house.station.ring_bytes_granted();
    let (_, key) = person(&house.people, "ben");
    let ben = house.people.holder_of_key(&key).unwrap();
    let publication = house.station.publish(&ben, HOME).unwrap();
    assert!(!is_there(&house, &list));
    assert_eq!(house.station.ring_bytes_granted(), before, "half of all");
    drop(publication);
}

#[test]
fn a_stream_that_somebody_ended_is_gone_at_once() {
    let house = House::new();
    let publication = house.go_live();
    house.station.end_stream("anna", "Over.");
    publication.leave(true);
    house.pass(1);
    assert!(house.station.on_air("anna").is_none());
    assert!(Live::channel(&*house.station, "anna").is_none());
    assert_eq!(house.station.ring_bytes_granted(), 0);
}

#[test]
fn numbers_never_go_back_over_a_restart() {
    let mut house = House::new();
    let mut highest = 0;
    for _ in 0..3 {
        let publication = house.go_live();
        let playlist = house.playlist();
        assert!(media_sequence(&playlist) >= highest);
        highest = media_sequence(&playlist) + segments(&playlist) as u64;
        // The power goes while it is live.
        std::mem::forget(publication);
        house = house.restarted();
    }
}

#[test]
fn numbers_rise_even_while_the_card_can_not_be_written() {
    let mut house = House::new();
    let first = house.go_live();
    let mut highest = media_sequence(&house.playlist());
    house.end(first);
    house.card.broken.store(true, Ordering::Relaxed);
    for _ in 0..2 {
        let publication = house.go_live();
        let number = media_sequence(&house.playlist());
        assert!(number >= highest + 4, "{number} after {highest}");
        highest = number;
        house.end(publication);
    }
    assert!(
        highest < 1 << 32,
        "players with 32 bits can't read {highest}"
    );
    // A restart with the same card, which can't be written again once it was read. Sessions use fewer than one number
    // a second, except here, where they last no time.
    house.card.broken.store(false, Ordering::Relaxed);
    house = house.restarted();
    house.card.broken.store(true, Ordering::Relaxed);
    let publication = house.go_live();
    assert!(media_sequence(&house.playlist()) + 16 >= highest);
    drop(publication);
}

#[test]
fn a_newcomer_that_was_taken_over_before_it_began_does_not_mute_the_winner() {
    let house = House::new();
    let mut slow = house.publish();
    let mut winner = house.publish();
    assert_eq!(
        slow.dismissal().as_deref(),
        Some("Another encoder took over with this key")
    );
    assert!(house.begin(&mut winner).is_some());
    assert!(house.begin(&mut slow).is_none());
    drop(slow);
    let on_air = house.on_air();
    assert_eq!(on_air.phase(), Phase::Live);
    drop(winner);
    assert!(matches!(on_air.phase(), Phase::Grace { .. }));
}

#[test]
fn a_publisher_that_never_began_leaves_no_session_behind() {
    let house = House::new();
    drop(house.publish());
    assert!(house.station.channels().is_empty());
    assert_eq!(house.station.ring_bytes_granted(), 0);
}

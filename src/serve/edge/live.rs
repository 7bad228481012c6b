//! What the edge asks of the station. The station and its sessions are the one real answer;
//! tests bring their own, over files of their own.

use crate::media::cursor::Cursor;
use crate::media::rendition::{ListForm, Reach, Resource};
use crate::media::segment_file::SegmentFile;
use crate::people::{self, Account, AccountId};
use crate::serve::events::{Audience, EventBus};
use crate::serve::station::{OnAir, Phase, Station};
use crate::time::{Clock, Mono};
use bytes::Bytes;
use std::io;
use std::os::fd::BorrowedFd;
use std::sync::Arc;
use tokio::sync::Notify;

/// All channels.
pub trait Live: Send + Sync {
    /// The running session of a channel, also in grace; or one that has ended and whose media is still there.
    fn channel(&self, name: &str) -> Option<Arc<dyn Channel>>;
    /// The last `media.m3u8`, with ENDLIST, of a session that ended a short while ago.
    fn ended_playlist(&self, name: &str, form: ListForm) -> Option<Bytes>;
    /// Names of the channels that a player can start now, in no order.
    fn playable(&self) -> Vec<String>;
    /// The last picture of a channel, live or not, as an MP4 of one sample.
    fn poster(&self, name: &str) -> Option<Bytes> {
        let _ = name;
        None
    }
    /// Now, in the daemon's time.
    fn now(&self) -> Mono;
    /// Who may watch a channel, on air or not. Waits for nothing.
    fn visibility(&self, _name: &str) -> Visibility {
        Visibility::Household
    }
    /// Whether this token lets its holder into the channel now. Waits for nothing.
    fn has_pass(&self, _name: &str, _token: &str) -> bool {
        false
    }
    /// Whose own pass for a channel this token is; None for all others. Waits for nothing.
    fn pass_holder(&self, _name: &str, _token: &str) -> Option<AccountId> {
        None
    }
    /// Whose session this is; None if it is nobody's, or over. Waits for nothing.
    fn account(&self, _session: &str) -> Option<Account> {
        None
    }
    /// What pages are told; None if nothing.
    fn events(&self) -> Option<Arc<EventBus>> {
        None
    }
    /// Wall-clock milliseconds since 1970: a guess until the box has synchronised.
    fn unix_ms(&self) -> i64 {
        Clock::start().unix_ms()
    }
}

/// Who may watch a channel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Visibility {
    /// Everybody on the network.
    #[default]
    Household,
    /// People of this box, with a pass that their page gives them.
    Members,
    /// Whoever knows its pass-phrase, with a pass for it.
    PassPhrase,
}

impl From<people::Visibility> for Visibility {
    fn from(kept: people::Visibility) -> Visibility {
        match kept {
            people::Visibility::Household => Visibility::Household,
            people::Visibility::Members => Visibility::Members,
            people::Visibility::PassPhrase => Visibility::PassPhrase,
        }
    }
}

impl Visibility {
    /// Who may be told of the channel `name` that is seen so.
    pub fn audience(self, name: &str) -> Audience {
        match self {
            Visibility::Household => Audience::Everyone,
            Visibility::Members => Audience::Members,
            Visibility::PassPhrase => Audience::Holders(name.to_owned()),
        }
    }
}

/// One channel's running session.
pub trait Channel: Send + Sync {
    /// It is over: only its last playlist is left.
    fn has_ended(&self) -> bool;
    /// Rises with each change of a playlist.
    fn version(&self) -> u64;
    /// `index.m3u8`; None until two parts or a segment are complete.
    fn multivariant_playlist(&self) -> Option<Bytes>;
    /// `media.m3u8`; None likewise, of the plain form until a segment is complete.
    fn media_playlist(&self, form: ListForm) -> Option<Bytes>;
    /// How far that reaches.
    fn reach(&self) -> Reach;
    /// `ts.m3u8`; None until a first TS segment is made.
    fn ts_playlist(&self) -> Option<Bytes>;
    /// TS is wanted from `now` on.
    fn ask_ts(&self, now: Mono);
    /// Makes the TS that is missing. Blocking: milliseconds per segment.
    fn refresh_ts(&self, now: Mono);
    /// What a file name of this session stands for.
    fn resource(&self, file: &str) -> Option<MediaResource>;
    /// A place at the newest keyframe, for the instant stream.
    fn cursor(&self) -> Option<Cursor> {
        None
    }
    /// Notified with each new fragment and each change of phase.
    fn changed(&self) -> &Notify;
    /// A viewer asked for media.
    fn viewer_seen(&self, viewer: u64, now: Mono);
    /// The same; true if it should be said whose viewer it is.
    fn viewer_came(&self, viewer: u64, now: Mono) -> bool {
        self.viewer_seen(viewer, now);
        false
    }
    /// Who is logged in where that viewer is; None: nobody.
    fn viewer_is(&self, _viewer: u64, _account: Option<AccountId>, _now: Mono) {}
}

/// What a file name stands for.
#[derive(Clone)]
pub enum MediaResource {
    /// An init segment.
    Init(Bytes),
    /// A segment.
    Segment(Arc<dyn MediaFile>),
    /// Part of a segment that may still grow.
    Part {
        /// The segment.
        file: Arc<dyn MediaFile>,
        /// Its first byte.
        offset: u64,
        /// Bytes.
        len: u64,
    },
    /// The part that comes next: its name is known, and nothing of it is there.
    Awaited,
}

/// A segment's bytes. Those below `len` never change.
pub trait MediaFile: Send + Sync {
    /// Bytes.
    fn len(&self) -> u64;
    /// No byte yet.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// All bytes are there.
    fn is_closed(&self) -> bool;
    /// Readers must stop at once: the budget needs the pages.
    fn is_cut(&self) -> bool;
    /// For `sendfile`.
    fn fd(&self) -> Option<BorrowedFd<'_>>;
    /// For readers without it.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize>;
}

impl MediaFile for SegmentFile {
    fn len(&self) -> u64 {
        self.len()
    }
    fn is_closed(&self) -> bool {
        self.is_closed()
    }
    fn is_cut(&self) -> bool {
        self.is_cut()
    }
    fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.fd()
    }
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        self.read_at(offset, buffer)
    }
}

impl Channel for OnAir {
    fn has_ended(&self) -> bool {
        self.phase() == Phase::Ended
    }
    fn version(&self) -> u64 {
        self.rendition.version()
    }
    fn multivariant_playlist(&self) -> Option<Bytes> {
        self.rendition.multivariant_playlist()
    }
    fn media_playlist(&self, form: ListForm) -> Option<Bytes> {
        self.rendition.media_playlist(form)
    }
    fn reach(&self) -> Reach {
        self.rendition.reach()
    }
    fn ts_playlist(&self) -> Option<Bytes> {
        self.ts.playlist()
    }
    fn ask_ts(&self, now: Mono) {
        self.ts.ask(now);
    }
    fn refresh_ts(&self, now: Mono) {
        self.ts.refresh(now);
    }
    fn resource(&self, file: &str) -> Option<MediaResource> {
        match self.rendition.resource(file) {
            Some(Resource::Init(bytes)) => Some(MediaResource::Init(bytes)),
            Some(Resource::Segment(segment)) => Some(MediaResource::Segment(segment)),
            Some(Resource::Part { file, offset, len }) => {
                Some(MediaResource::Part { file, offset, len })
            }
            Some(Resource::Awaited) => Some(MediaResource::Awaited),
            None => {
                let segment = self.ts.segment(file)?;
                Some(MediaResource::Segment(segment))
            }
        }
    }
    fn cursor(&self) -> Option<Cursor> {
        Some(Cursor::new(Arc::clone(&self.rendition)))
    }
    fn changed(&self) -> &Notify {
        &self.changed
    }
    fn viewer_seen(&self, viewer: u64, now: Mono) {
        OnAir::viewer_seen(self, viewer, now);
    }
    fn viewer_came(&self, viewer: u64, now: Mono) -> bool {
        OnAir::viewer_seen(self, viewer, now)
    }
    fn viewer_is(&self, viewer: u64, account: Option<AccountId>, now: Mono) {
        OnAir::viewer_is(self, viewer, account, now);
    }
}

impl Live for Station {
    fn channel(&self, name: &str) -> Option<Arc<dyn Channel>> {
        let on_air = self.on_air(name).or_else(|| self.ending(name))?;
        Some(on_air)
    }
    fn ended_playlist(&self, name: &str, form: ListForm) -> Option<Bytes> {
        Station::ended_playlist(self, name, form)
    }
    fn playable(&self) -> Vec<String> {
        self.channels()
            .into_iter()
            .filter(|channel| channel.playable && channel.phase != Phase::Ended)
            .map(|channel| channel.name)
            .collect()
    }
    fn poster(&self, name: &str) -> Option<Bytes> {
        Station::poster(self, name)
    }
    fn now(&self) -> Mono {
        self.clock().now()
    }
}

//! One encoder: from its first byte to its last.

use super::closing::say_and_close;
use super::listener::RtmpServer;
use super::places::Place;
use crate::limits::rtmp_server as limits;
use crate::media::ingest::{Ingest, IngestError};
use crate::media::rendition::AppendError;
use crate::people::{AccountId, KeyHolder, Refusal};
use crate::serve::station::Publication;
use crate::time::{Clock, Mono};
use crate::wire::rtmp::{Connection, Event, ProtocolError, PublishRequest};
use std::cell::RefCell;
use std::io::{self, ErrorKind};
use std::net::IpAddr;
use std::sync::Arc;
use tokio::net::TcpStream;

thread_local! {
    /// All connections of the runtime's thread read into this: nothing is held between reads.
    static BUFFER: RefCell<Vec<u8>> = RefCell::new(vec![0; limits::READ_BUFFER]);
}

/// Why a session ends.
#[derive(Debug, thiserror::Error)]
enum End {
    #[error("closed by the encoder")]
    Closed,
    #[error("said goodbye")]
    Goodbye,
    #[error("refused: {0}")]
    Refused(String),
    #[error("sent nothing for {} s", limits::SILENCE_MS / 1_000)]
    Silent,
    #[error("did not begin to publish within {} s", limits::DIALOGUE_MS / 1_000)]
    Slow,
    #[error("did not read our answers")]
    Deaf,
    #[error("{0}")]
    Protocol(#[from] ProtocolError),
    #[error("{0}")]
    Io(#[from] io::Error),
}

struct Session<'a> {
    server: &'a RtmpServer,
    clock: Clock,
    stream: &'a TcpStream,
    address: IpAddr,
    place: &'a Place,
    connection: Connection,
    live: Option<Live>,
    began: Mono,
    last_bytes: Mono,
    last_ping: Mono,
    /// Since when output waits for the peer.
    stuck_since: Option<Mono>,
}

/// A publish that was let in.
struct Live {
    publication: Publication,
    account: AccountId,
    ingest: Ingest,
    stream: u32,
    noted: Mono,
    /// Fragments lost in the gap that is open.
    lost: u64,
}

/// Serves one connection.
pub(super) async fn run(stream: TcpStream, address: IpAddr, server: &RtmpServer, place: &Place) {
    let clock = server.station.clock();
    let mut random = [0; 32];
    if let Err(error) = getrandom::fill(&mut random) {
        log::error!("no random numbers: {error}");
        return;
    }
    let now = clock.now();
    let connection = Connection::new(&random);
    let mut session = Session {
        server,
        clock,
        stream: &stream,
        address,
        place,
        connection,
        live: None,
        began: now,
        last_bytes: now,
        last_ping: now,
        stuck_since: None,
    };
    let end = session.talk().await;
    place.set_live(false);
    session.finish(&end);
    let mut connection = session.connection;
    match end {
        End::Refused(_) | End::Goodbye => say_and_close(stream, &mut connection).await,
        _ => drop(stream),
    }
}

impl Session<'_> {
    async fn talk(&mut self) -> End {
        loop {
            if let Err(end) = self.step().await {
                return end;
            }
        }
    }

    /// Waits for bytes, a deadline, room to write, or the order to leave; then does what is due.
    async fn step(&mut self) -> Result<(), End> {
        self.flush()?;
        let deadline = self.clock.instant(self.deadline()).into();
        let waits_to_write = !self.connection.output().is_empty();
        let stream = self.stream;
        tokio::select! {
            biased;
            text = dismissed(&mut self.live) => return Err(self.refuse("NetStream.Publish.BadName", &text)),
            ready = stream.readable() => { ready?; self.read().await?; }
            ready = stream.writable(), if waits_to_write => ready?,
            () = tokio::time::sleep_until(deadline) => {}
        }
        self.on_time().await
    }

    async fn read(&mut self) -> Result<(), End> {
        let stream = self.stream;
        let connection = &mut self.connection;
        let read = BUFFER.with_borrow_mut(|buffer| match stream.try_read(buffer) {
            Ok(0) => Err(connection
                .end_of_input()
                .map_or_else(End::from, |()| End::Closed)),
            Ok(count) => connection
                .feed(buffer.get(..count).unwrap_or_default())
                .map(|()| true)
                .map_err(End::from),
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(false),
            Err(error) => Err(End::Io(error)),
        });
        // What came before a violation is still good: a key frame, or the publish that deserves an answer.
        if !matches!(read, Ok(false)) {
            self.last_bytes = self.clock.now();
            if let Some(live) = &self.live {
                live.publication.note_bytes(self.last_bytes);
            }
            self.take_events().await?;
        }
        read.map(|_| ())
    }

    async fn take_events(&mut self) -> Result<(), End> {
        while let Some(event) = self.connection.poll_event() {
            match event {
                Event::Publish(request) => self.publish(request).await?,
                Event::Play { stream, .. } => {
                    self.connection.refuse(
                        stream,
                        "NetStream.Play.StreamNotFound",
                        "Watch in a browser: this address is for encoders",
                    );
                    return Err(End::Refused("play is not served here".into()));
                }
                Event::Unpublish => return Err(End::Goodbye),
                Event::Pong => {}
                media => self.take_media(media)?,
            }
        }
        self.take_outputs()
    }

    async fn publish(&mut self, request: PublishRequest) -> Result<(), End> {
        if self.live.is_some() {
            return Err(self.refuse_on(
                request.stream,
                "NetStream.Publish.BadName",
                "This connection is already live",
            ));
        }
        let now = self.clock.now();
        let holder = match self.server.people.admit_key(&request.key, now) {
            Ok(holder) => holder,
            Err(refusal) => {
                let text = self.refusal(&request, refusal);
                return Err(self.refuse_on(request.stream, "NetStream.Publish.BadName", &text));
            }
        };
        let mut publication = match self.server.station.publish(&holder, self.address) {
            Ok(publication) => publication,
            Err(refusal) => {
                return Err(self.refuse_on(
                    request.stream,
                    "NetStream.Publish.BadName",
                    &refusal.to_string(),
                ));
            }
        };
        self.place.set_live(true);
        self.connection.accept_publish(request.stream);
        self.flush()?;
        let Some(start) = publication.begin(&self.server.people).await else {
            let text = publication
                .dismissal()
                .unwrap_or_else(|| "The channel was closed meanwhile. Start again".into());
            return Err(self.refuse_on(request.stream, "NetStream.Publish.BadName", &text));
        };
        log::info!(
            "{} is live from {} with {}",
            holder.name,
            self.address,
            if request.agent.is_empty() {
                "an encoder"
            } else {
                &request.agent
            }
        );
        let (now, account) = (self.clock.now(), holder.account);
        if publication.begins() {
            self.write_down(holder, now);
        }
        self.live = Some(Live {
            publication,
            account,
            ingest: Ingest::new(start, now),
            stream: request.stream,
            noted: now,
            lost: 0,
        });
        Ok(())
    }

    /// Why this key does not get in, in words for the encoder's window.
    fn refusal(&self, request: &PublishRequest, refusal: Refusal) -> String {
        let (studio, station) = (&self.server.studio_url, &self.server.station);
        if refusal != Refusal::Key {
            // The page of whose key it is says so too.
            if let Some(holder) = self.server.people.key_in_time(&request.key) {
                station.note_turned_away(holder.account, self.address, refusal);
            }
            return refusal.to_string();
        }
        // Where nothing follows the app, the app is taken for the key.
        if request.app.is_empty() && matches!(&*request.key, "" | "live") {
            return format!("The stream key is missing. Copy it from {studio}");
        }
        station.note_wrong_key(self.address, &request.key);
        format!("Wrong stream key. Copy it again from {studio}")
    }

    /// Writes down that a session began, away from the thread that carries media.
    fn write_down(&self, holder: KeyHolder, now: Mono) {
        let (people, from) = (Arc::clone(&self.server.people), self.address);
        tokio::task::spawn_blocking(move || {
            if let Err(error) = people.went_live(&holder, from, now) {
                log::warn!("{}: going live is not written down: {error}", holder.name);
            }
        });
    }

    fn take_media(&mut self, event: Event) -> Result<(), End> {
        let now = self.clock.now();
        let Some(live) = &mut self.live else {
            return Ok(());
        };
        let taken = match event {
            Event::Metadata(metadata) => {
                live.ingest.metadata(&metadata);
                Ok(())
            }
            Event::Audio { timestamp, payload } => live.ingest.audio(timestamp, payload, now),
            Event::Video { timestamp, payload } => live.ingest.video(timestamp, payload, now),
            _ => Ok(()),
        };
        taken.map_err(|error: IngestError| {
            self.refuse("NetStream.Publish.Rejected", &error.to_string())
        })
    }

    /// Hands fragments on as soon as they are made.
    fn take_outputs(&mut self) -> Result<(), End> {
        let now = self.clock.now();
        let Some(live) = &mut self.live else {
            return Ok(());
        };
        match live.hand_on(now) {
            Ok(()) => Ok(()),
            Err(error) => Err(self.refuse("NetStream.Publish.Rejected", &error.to_string())),
        }
    }

    async fn on_time(&mut self) -> Result<(), End> {
        let now = self.clock.now();
        if let Some(live) = &mut self.live {
            if live
                .ingest
                .deadline()
                .is_some_and(|deadline| deadline <= now)
            {
                live.ingest.tick(now);
            }
            if now.since(live.noted) >= limits::HEALTH_MS {
                live.noted = now;
                live.publication.note_health(live.ingest.health());
                live.publication.keep_reserved(&self.server.people).await;
                // Whole kbit/s; a bound that is changed counts at once.
                let most = self.server.people.bitrate_max_of(live.account);
                let text = live.publication.note_rate(most.map(|bits| bits / 1_000));
                if let Some(text) = text {
                    return Err(self.refuse("NetStream.Publish.Rejected", &text));
                }
            }
        }
        self.take_outputs()?;
        if self
            .stuck_since
            .is_some_and(|since| now.since(since) >= limits::WRITE_TIMEOUT_MS)
        {
            return Err(End::Deaf);
        }
        if self.gives_up_at() <= now {
            return Err(match self.live {
                Some(_) => End::Silent,
                None => End::Slow,
            });
        }
        if self.live.is_some() && now.since(self.last_bytes.max(self.last_ping)) >= limits::PING_MS
        {
            self.last_ping = now;
            self.connection
                .ping(u32::try_from(now.0 & u64::from(u32::MAX)).unwrap_or(0));
        }
        Ok(())
    }

    /// A publisher may be silent for a while; a stranger has only so long to become one, whatever it sends.
    fn gives_up_at(&self) -> Mono {
        match self.live {
            Some(_) => self.last_bytes.plus(limits::SILENCE_MS),
            None => self.began.plus(limits::DIALOGUE_MS),
        }
    }

    fn deadline(&self) -> Mono {
        let mut deadline = self.gives_up_at();
        if let Some(live) = &self.live {
            deadline = deadline
                .min(self.last_bytes.max(self.last_ping).plus(limits::PING_MS))
                .min(live.noted.plus(limits::HEALTH_MS));
            deadline = live
                .ingest
                .deadline()
                .map_or(deadline, |ingest| ingest.min(deadline));
        }
        self.stuck_since.map_or(deadline, |since| {
            since.plus(limits::WRITE_TIMEOUT_MS).min(deadline)
        })
    }

    fn flush(&mut self) -> Result<(), End> {
        loop {
            let output = self.connection.output();
            if output.is_empty() {
                self.stuck_since = None;
                return Ok(());
            }
            match self.stream.try_write(output) {
                Ok(written) => {
                    let _ = self.connection.output().split_to(written);
                    self.stuck_since = None;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    self.stuck_since.get_or_insert(self.clock.now());
                    return Ok(());
                }
                Err(error) => return Err(End::Io(error)),
            }
        }
    }

    fn refuse(&mut self, code: &str, text: &str) -> End {
        let stream = self.live.as_ref().map_or(1, |live| live.stream);
        self.refuse_on(stream, code, text)
    }

    fn refuse_on(&mut self, stream: u32, code: &str, text: &str) -> End {
        self.connection.refuse(stream, code, text);
        End::Refused(text.to_owned())
    }

    /// What is complete goes out; the channel learns that its publisher left.
    fn finish(&mut self, end: &End) {
        let Some(mut live) = self.live.take() else {
            // Who connects and says nothing looks whether we are there: our own watchdog does, every few seconds.
            let said_nothing = matches!(
                end,
                End::Protocol(ProtocolError::HandshakeCut { got: 0, .. })
            );
            let level = if said_nothing {
                log::Level::Debug
            } else {
                log::Level::Info
            };
            log::log!(level, "RTMP {}: {end}", self.address);
            return;
        };
        let now = self.clock.now();
        live.ingest.finish(now);
        if let Err(error) = live.hand_on(now) {
            log::warn!("{}: {error}", live.publication.name());
        }
        live.publication.note_health(live.ingest.health());
        log::info!("{} left ({}): {end}", live.publication.name(), self.address);
        live.publication.leave(matches!(end, End::Goodbye));
    }
}

impl Live {
    /// Gives the station what was made. One line in the log a gap, however many fragments are lost in it.
    ///
    /// # Errors
    /// The stream is too large for its ring.
    fn hand_on(&mut self, now: Mono) -> Result<(), AppendError> {
        while let Some(output) = self.ingest.poll() {
            match self.publication.take(output, now) {
                Ok(()) if self.lost > 0 => {
                    let lost = std::mem::take(&mut self.lost);
                    let name = self.publication.name();
                    log::info!("{name}: goes on after {lost} lost fragments");
                }
                Ok(()) => {}
                Err(error @ AppendError::BitrateTooHigh(_)) => return Err(error),
                Err(error) => {
                    if self.lost == 0 {
                        log::warn!("{}: {error}", self.publication.name());
                    }
                    self.lost = self.lost.saturating_add(1);
                }
            }
        }
        Ok(())
    }
}

async fn dismissed(live: &mut Option<Live>) -> String {
    match live {
        Some(live) => live.publication.dismissed().await,
        None => std::future::pending().await,
    }
}

//! A publisher's hold on its channel, from the moment it was let in until it leaves.

use super::Station;
use super::on_air::OnAir;
use crate::limits::station as limits;
use crate::media::ingest::{Health, IngestStart, Output};
use crate::media::rendition::{AppendError, ListForm};
use crate::people::{KeyHolder, People};
use crate::time::Mono;
use std::sync::Arc;
use tokio::sync::oneshot;

/// See the module. Dropping it without [`Publication::leave`] counts as a lost connection.
#[derive(Debug)]
pub struct Publication {
    station: Arc<Station>,
    name: String,
    holder: KeyHolder,
    number: u64,
    on_air: Option<Arc<OnAir>>,
    dismissed: oneshot::Receiver<String>,
    gone: bool,
    told: Told,
    begins: bool,
}

/// What the station knows of its beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    Nothing,
    Begun,
    Playable,
}

impl Publication {
    pub(super) fn new(
        station: Arc<Station>,
        holder: &KeyHolder,
        number: u64,
        dismissed: oneshot::Receiver<String>,
        on_air: Option<Arc<OnAir>>,
    ) -> Publication {
        let name = holder.name.clone();
        Publication {
            station,
            name,
            holder: holder.clone(),
            number,
            on_air,
            dismissed,
            gone: false,
            told: Told::Nothing,
            begins: false,
        }
    }

    /// Whose channel it is.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Puts the channel on air (reserving its sequence numbers if the session is new) and tells how the ingest starts.
    /// None if this publisher was pushed aside meanwhile.
    pub async fn begin(&mut self, people: &Arc<People>) -> Option<IngestStart> {
        let on_air = match self.on_air.clone() {
            Some(on_air) => {
                self.begins = on_air.last_key() != Some(self.holder.key);
                on_air
            }
            None => {
                self.begins = true;
                let (first, end) = self.reserve(people, None).await;
                self.station
                    .begin(&self.name, self.number, self.holder.key, first, end)?
            }
        };
        on_air.rendition.pause();
        on_air.publishes(self.number, self.holder.key);
        let now = self.station.clock().now();
        let start = IngestStart {
            at: on_air.ticks_at(now).max(on_air.rendition.end_ticks()),
            expected_keyframe_interval_ms: self.station.expected_keyframe_interval(&self.name),
            parts: on_air.rendition.part_rule(),
        };
        self.on_air = Some(on_air);
        Some(start)
    }

    /// A block of numbers, its first and its end: from the store, or what stands in for it. `in_use` is the end of the
    /// block that a running session has.
    async fn reserve(&self, people: &Arc<People>, in_use: Option<u64>) -> (u64, u64) {
        let account = self.holder.account;
        let least = in_use.unwrap_or(0).max(self.station.unwritten(account));
        let asked = Arc::clone(people);
        let reserved = tokio::task::spawn_blocking(move || {
            asked.reserve_sequence_from(account, least, limits::SEQUENCE_BLOCK)
        })
        .await;
        let reason = match reserved {
            Ok(Ok(first)) => {
                self.station.note_written(account);
                return (first, first.saturating_add(limits::SEQUENCE_BLOCK));
            }
            Ok(Err(error)) => error.to_string(),
            Err(error) => error.to_string(),
        };
        log::error!(
            "{}: sequence numbers could not be reserved: {reason}",
            self.name
        );
        let known = people.next_sequence(account).unwrap_or(0);
        let first = match in_use {
            Some(_) => least,
            None => known.saturating_add(self.seconds_of_today()).max(least),
        };
        // A short block, so that the store is asked again before long.
        let end = first.saturating_add(2 * limits::SEQUENCE_LOW);
        self.station.note_unwritten(account, end);
        (first, end)
    }

    /// Where the store can't write, the time of day keeps numbers rising over restarts: a session uses fewer than one a
    /// second.
    fn seconds_of_today(&self) -> u64 {
        let since = self.station.clock().unix_ms() / 1_000 - limits::SEQUENCE_EPOCH_S;
        u64::try_from(since).unwrap_or(0)
    }

    /// Takes what the ingest made.
    ///
    /// # Errors
    /// What the ring met; the caller decides whether the publisher must leave.
    pub fn take(&mut self, output: Output, now: Mono) -> Result<(), AppendError> {
        let Some(on_air) = self
            .on_air
            .as_ref()
            .filter(|on_air| on_air.is_writer(self.number))
        else {
            return Ok(());
        };
        match output {
            Output::Tracks(tracks) => {
                on_air.rendition.set_tracks(tracks);
                Ok(())
            }
            Output::Fragment(fragment) => {
                on_air.rendition.append(&fragment, now)?;
                self.tell_beginning();
                Ok(())
            }
        }
    }

    /// Says that the first fragment is there, and that the first playlist is, once each.
    fn tell_beginning(&mut self) {
        let playable =
            |on_air: &Arc<OnAir>| on_air.rendition.media_playlist(ListForm::Whole).is_some();
        let told = match self.told {
            Told::Playable => return,
            _ if self.on_air.as_ref().is_some_and(playable) => Told::Playable,
            _ => Told::Begun,
        };
        if self.told != told {
            self.told = told;
            self.station.note_begun(&self.name, self.number);
        }
    }

    /// Reserves a further block when the present one runs low.
    pub async fn keep_reserved(&self, people: &Arc<People>) {
        let Some(on_air) = &self.on_air else { return };
        let (next, _) = on_air.rendition.next_numbers();
        let reserved = on_air.reserved();
        if next.saturating_add(limits::SEQUENCE_LOW) < reserved {
            return;
        }
        let (_, end) = self.reserve(people, Some(reserved)).await;
        on_air.reserve_up_to(end);
    }

    /// Is it the first of its session, or the first with its key? Such a use of a key is written down.
    pub fn begins(&self) -> bool {
        self.begins
    }

    /// Takes note of what is sent and allowed now; the text with which this publisher must leave, if it must.
    pub fn note_rate(&self, most_kbps: Option<u32>) -> Option<String> {
        self.station.note_rate(&self.name, self.number, most_kbps)
    }

    /// The text with which this publisher must leave, if it must.
    pub fn dismissal(&mut self) -> Option<String> {
        self.dismissed.try_recv().ok()
    }

    /// Resolves with the text with which this publisher must leave.
    pub async fn dismissed(&mut self) -> String {
        match (&mut self.dismissed).await {
            Ok(text) => text,
            // The station forgot this publisher without a word: it was told already or never will be.
            Err(_) => std::future::pending().await,
        }
    }

    /// Bytes came.
    pub fn note_bytes(&self, now: Mono) {
        self.station.note_bytes(&self.name, self.number, now);
    }

    /// What the ingest measured.
    pub fn note_health(&self, health: &Health) {
        self.station.note_health(&self.name, self.number, health);
    }

    /// The publisher leaves; `goodbye` if it said so itself.
    pub fn leave(mut self, goodbye: bool) {
        self.gone = true;
        self.station.leave(&self.name, self.number, goodbye);
    }
}

impl Drop for Publication {
    fn drop(&mut self) {
        if !self.gone {
            self.station.leave(&self.name, self.number, false);
        }
    }
}

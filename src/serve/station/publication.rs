//! A publisher's hold on its channel, from the moment it was let in until it leaves.

use super::Station;
use super::on_air::OnAir;
use crate::limits::station as limits;
use crate::media::fragment::Fragment;
use crate::media::ingest::{Health, IngestStart, Output};
use crate::media::rendition::AppendError;
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
    /// The next fragment stands behind what another publisher left.
    continues: bool,
    gone: bool,
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
            continues: false,
            gone: false,
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
                on_air.rendition.pause();
                self.continues = true;
                on_air
            }
            None => {
                let (first, end) = self.reserve(people).await;
                self.station
                    .begin(&self.name, self.holder.key, first, end)?
            }
        };
        on_air.publishes(self.number, self.holder.key);
        let now = self.station.clock().now();
        let start = IngestStart {
            at: on_air.ticks_at(now).max(on_air.rendition.end_ticks()),
            expected_keyframe_interval_ms: self.station.expected_keyframe_interval(&self.name),
        };
        self.on_air = Some(on_air);
        Some(start)
    }

    /// A block of numbers: the first and the end. Where the store can't write, a far jump in memory keeps them rising.
    async fn reserve(&self, people: &Arc<People>) -> (u64, u64) {
        let (people, account) = (Arc::clone(people), self.holder.account);
        let reserved = tokio::task::spawn_blocking(move || {
            people.reserve_sequence(account, limits::SEQUENCE_BLOCK)
        })
        .await;
        let first = match reserved {
            Ok(Ok(first)) => first,
            Ok(Err(error)) => {
                log::error!(
                    "{}: sequence numbers could not be reserved: {error}",
                    self.name
                );
                self.number_from_clock()
            }
            Err(error) => {
                log::error!("{}: reserving sequence numbers failed: {error}", self.name);
                self.number_from_clock()
            }
        };
        (first, first + limits::SEQUENCE_BLOCK)
    }

    /// One block a second of wall-clock time: beyond anything reserved before, unless the clock goes back by years.
    fn number_from_clock(&self) -> u64 {
        u64::try_from(self.station.clock().unix_ms() / 1_000).unwrap_or(0) * limits::SEQUENCE_BLOCK
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
                let discontinuity = fragment.discontinuity || std::mem::take(&mut self.continues);
                let fragment = Fragment {
                    discontinuity,
                    starts_segment: fragment.starts_segment || discontinuity,
                    ..fragment
                };
                on_air.rendition.append(&fragment, now)
            }
        }
    }

    /// Reserves a further block when the present one runs low.
    pub async fn keep_reserved(&self, people: &Arc<People>) {
        let Some(on_air) = &self.on_air else { return };
        let (next, _) = on_air.rendition.next_numbers();
        if next + limits::SEQUENCE_LOW < on_air.reserved() {
            return;
        }
        let (first, end) = self.reserve(people).await;
        if first == on_air.reserved() {
            on_air.reserve_up_to(end);
        } else {
            log::warn!(
                "{}: sequence numbers {first}.. do not follow those in use",
                self.name
            );
            on_air.reserve_up_to(on_air.reserved() + limits::SEQUENCE_BLOCK);
        }
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

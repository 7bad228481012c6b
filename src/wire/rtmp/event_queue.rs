//! Events between the reading of messages and the caller, with a bound on their number and on their bytes.
use super::connection::Event;
use super::error::ProtocolError;
use crate::limits::rtmp as limits;
use std::collections::VecDeque;

/// Two queues: what the caller may have, and what an encoder sent before its `publish` was answered.
#[derive(Debug, Default)]
pub(super) struct EventQueue {
    ready: VecDeque<Event>,
    held: VecDeque<Event>,
    media_bytes: usize,
    dropped: u64,
}

impl EventQueue {
    pub(super) fn push(&mut self, event: Event) -> Result<(), ProtocolError> {
        self.check_room()?;
        self.ready.push_back(event);
        Ok(())
    }

    /// An event of an accepted stream.
    pub(super) fn push_media(&mut self, event: Event) -> Result<(), ProtocolError> {
        if self.count(&event, limits::MAX_QUEUED_BYTES) {
            self.push(event)
        } else {
            Ok(())
        }
    }

    /// An event of a stream whose `publish` awaits its answer.
    pub(super) fn hold(&mut self, event: Event) -> Result<(), ProtocolError> {
        if self.count(&event, limits::MAX_HELD_BYTES) {
            self.check_room()?;
            self.held.push_back(event);
        }
        Ok(())
    }

    pub(super) fn pop(&mut self) -> Option<Event> {
        let Some(event) = self.ready.pop_front() else {
            // A burst of many small messages must not keep its room for the rest of the connection's life.
            self.ready.shrink_to(limits::KEPT_EVENTS);
            return None;
        };
        self.media_bytes -= media_bytes(&event);
        Some(event)
    }

    /// The `publish` was accepted: what waited for that follows.
    pub(super) fn release(&mut self) {
        self.ready.append(&mut self.held);
    }

    /// The stream was refused: nothing of it is wanted any more.
    pub(super) fn drop_media(&mut self) {
        let before = self.ready.len() + self.held.len();
        self.held.clear();
        self.ready.retain(|event| {
            !matches!(
                event,
                Event::Audio { .. } | Event::Video { .. } | Event::Metadata(_)
            )
        });
        self.dropped += (before - self.ready.len()) as u64;
        self.media_bytes = 0;
    }

    pub(super) fn count_dropped(&mut self) {
        self.dropped += 1;
    }

    pub(super) fn dropped(&self) -> u64 {
        self.dropped
    }

    pub(super) fn media_bytes(&self) -> usize {
        self.media_bytes
    }

    fn check_room(&self) -> Result<(), ProtocolError> {
        if self.ready.len() + self.held.len() >= limits::MAX_EVENTS {
            return Err(ProtocolError::TooManyEvents);
        }
        Ok(())
    }

    /// False, and counted as dropped, if the waiting media would pass `room` bytes.
    fn count(&mut self, event: &Event, room: usize) -> bool {
        let bytes = self.media_bytes + media_bytes(event);
        let fits = bytes <= room;
        if fits {
            self.media_bytes = bytes;
        } else {
            self.dropped += 1;
        }
        fits
    }
}

fn media_bytes(event: &Event) -> usize {
    match event {
        Event::Audio { payload, .. } | Event::Video { payload, .. } => payload.len(),
        _ => 0,
    }
}

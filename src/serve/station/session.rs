//! A session: one channel's time on air, over reconnects and takeovers.

use super::allowance::Allowance;
use super::on_air::{OnAir, Phase};
use super::shares::Share;
use super::{ChannelView, admission};
use crate::media::doctor::History;
use crate::media::ingest::Health;
use crate::media::rendition::ListForm;
use crate::people::{AccountId, KeyId};
use crate::time::Mono;
use std::net::IpAddr;
use std::sync::Arc;
use tokio::sync::oneshot;

/// A running session as the station sees it.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) account: AccountId,
    pub(super) began: Mono,
    pub(super) share: Share,
    /// None until its sequence numbers are reserved.
    pub(super) on_air: Option<Arc<OnAir>>,
    pub(super) publisher: Option<Connected>,
    /// Set while nobody publishes.
    pub(super) grace_until: Option<Mono>,
    pub(super) health: Health,
    pub(super) history: History,
    /// Connections that were lost and found again.
    pub(super) reconnects: u32,
    /// Encoders that were pushed aside by another.
    pub(super) takeovers: u32,
    /// When the last publisher left.
    pub(super) left: Option<Mono>,
    /// They said so themselves, or were told to.
    pub(super) said_goodbye: bool,
    /// It is to end with its publisher, without waiting for another.
    pub(super) is_to_end: bool,
    /// What its person may send.
    pub(super) allowance: Allowance,
}

/// The publisher of a session.
#[derive(Debug)]
pub(super) struct Connected {
    pub(super) publication: u64,
    pub(super) key: KeyId,
    pub(super) address: IpAddr,
    pub(super) last_bytes: Mono,
    pub(super) has_begun: bool,
    pub(super) dismiss: Option<oneshot::Sender<String>>,
}

impl Session {
    pub(super) fn new(account: AccountId, share: Share, now: Mono) -> Session {
        Session {
            account,
            began: now,
            share,
            on_air: None,
            publisher: None,
            grace_until: None,
            health: Health::default(),
            history: History::default(),
            reconnects: 0,
            takeovers: 0,
            left: None,
            said_goodbye: false,
            is_to_end: false,
            allowance: Allowance::default(),
        }
    }

    pub(super) fn dismiss(&mut self, text: &str) {
        if let Some(connected) = &mut self.publisher
            && let Some(dismiss) = connected.dismiss.take()
        {
            // A publisher whose task is already gone needs no telling.
            let _ = dismiss.send(text.to_owned());
        }
    }

    pub(super) fn is_over(&self, now: Mono) -> bool {
        self.grace_until.is_some_and(|until| now >= until)
    }

    pub(super) fn view(&self, name: &str, now: Mono) -> ChannelView {
        ChannelView {
            name: name.to_owned(),
            phase: self
                .grace_until
                .map_or(Phase::Live, |until| Phase::Grace { until }),
            since: self.began,
            viewers: self.on_air.as_ref().map_or(0, |on_air| on_air.viewers(now)),
            playable: self
                .on_air
                .as_ref()
                .is_some_and(|on_air| on_air.rendition.media_playlist(ListForm::Whole).is_some()),
            early_ms: self.on_air.as_ref().map_or(0, |it| it.early_ms()),
            newest_at: self
                .on_air
                .as_ref()
                .and_then(|on_air| on_air.rendition.newest_at()),
            starting: self.publisher.as_ref().is_some_and(|p| !p.has_begun),
            health: self.health.clone(),
            publisher: self.publisher.as_ref().map(|connected| connected.address),
            key: self.publisher.as_ref().map(|connected| connected.key),
        }
    }
}

impl Connected {
    pub(super) fn incumbent(&self) -> admission::Incumbent {
        admission::Incumbent {
            key: self.key,
            address: self.address,
            last_bytes: self.last_bytes,
        }
    }
}

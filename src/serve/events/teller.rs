//! Turns what the station does into events: compares every channel with what was last told of it.

use super::{Audience, Event};
use crate::limits::events::COUNTS_EVERY;
use crate::serve::edge::{Household, Live};
use crate::serve::station::{ChannelView, Phase};
use crate::serve::ui::channel_json;
use crate::time::Mono;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::time::{MissedTickBehavior, interval};

/// What was told. One entry for each running session.
#[derive(Debug, Default)]
struct Teller {
    channels: HashMap<String, Last>,
    notices: u64,
}

/// What was last told of a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Last {
    standing: Standing,
    viewers: u32,
}

/// What makes a page look again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Standing {
    is_live: bool,
    since: Mono,
    playable: bool,
    starting: bool,
}

/// Tells for ever: phases and beginnings the moment that the station notes them, counts of viewers once a second.
pub async fn tell(household: Arc<Household>) {
    let mut counts = interval(COUNTS_EVERY);
    counts.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut teller = Teller::default();
    loop {
        let counted = tokio::select! {
            () = household.station.changed().notified() => false,
            _ = counts.tick() => true,
        };
        teller.look(&household);
        if counted {
            teller.count(&household);
        }
    }
}

impl Teller {
    fn look(&mut self, household: &Household) {
        let views = household.station.channels();
        let over: Vec<String> = self.channels.keys().cloned().collect();
        let over = over
            .into_iter()
            .filter(|name| !views.iter().any(|view| view.name == *name));
        for name in over {
            self.channels.remove(&name);
            tell_channel(household, &name, None);
        }
        for view in views {
            let now = Last {
                standing: Standing::of(&view),
                viewers: view.viewers,
            };
            let last = self.channels.get(&view.name);
            // Between an encoder's connection and its ring there is nothing that a page could ask for.
            if last.is_none() && household.station.on_air(&view.name).is_none() {
                continue;
            }
            if last.is_none_or(|last| last.standing != now.standing) {
                self.channels.insert(view.name.clone(), now);
                tell_channel(household, &view.name.clone(), Some(view));
            }
        }
    }

    fn count(&mut self, household: &Household) {
        let bus = household.station.events();
        for view in household.station.channels() {
            let Some(last) = self.channels.get_mut(&view.name) else {
                continue;
            };
            if last.viewers != view.viewers {
                last.viewers = view.viewers;
                // A NAME needs no escaping.
                let data = format!(r#"{{"name":"{}","viewers":{}}}"#, view.name, view.viewers);
                bus.publish(Event {
                    kind: "viewers",
                    data,
                    audience: audience(household, &view.name),
                });
            }
        }
        let notices = household.station.notices();
        if notices != self.notices {
            self.notices = notices;
            bus.publish(Event {
                kind: "studio",
                data: "{}".into(),
                audience: Audience::LoggedIn,
            });
        }
    }
}

impl Standing {
    fn of(view: &ChannelView) -> Standing {
        Standing {
            is_live: view.phase == Phase::Live,
            since: view.since,
            playable: view.playable,
            starting: view.starting,
        }
    }
}

fn tell_channel(household: &Household, name: &str, view: Option<ChannelView>) {
    // A channel that is gone was taken off all pages by what took it away.
    let Some(profile) = household.people.channel_named(name) else {
        return;
    };
    household.station.events().publish(Event {
        kind: "channel",
        data: channel_json(&profile, view, household.now()),
        audience: audience(household, name),
    });
}

/// Who may know of a channel.
fn audience(household: &Household, name: &str) -> Audience {
    household.visibility(name).audience(name)
}

//! What pages are told while they are open: a bounded ring of recent events, and a cursor for each page.
//!
//! Whoever has news publishes an [`Event`] on the station's [`EventBus`]; the edge answers `/events` from it. Nothing is queued for a page: it
//! has the number of the last event that it was told, and one that falls behind the ring is told to fetch everything anew.

mod audience;
mod bus;
mod teller;

pub use audience::{Audience, Listener, may_hear};
pub(in crate::serve) use bus::frame;
pub use bus::{Event, EventBus, Next, Place, Told};
pub use teller::tell;

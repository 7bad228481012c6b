//! Accepting: never stops, whatever happens; what has no room is told so and closed.

use super::Shared;
use super::answer::{Answer, Body};
use super::connection::Connection;
use super::reader;
use super::route::{Ends, Manner};
use super::settings::EdgeLimits;
use super::table::Place;
use crate::limits::http::{ACCEPT_PAUSE, BACKLOG, LINGER, SHED_AT_ONCE};
use nix::sys::socket::{Backlog, listen, setsockopt, sockopt};
use std::io;
use std::net::SocketAddr;
use std::os::fd::AsFd;
use std::sync::Arc;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

/// Milliseconds until data that is not acknowledged ends a connection.
const USER_TIMEOUT: u32 = 20_000;
/// Seconds of silence before a peer is probed, between probes, and how many may be lost.
const KEEPALIVE: (u32, u32, u32) = (20, 5, 3);

/// Makes a bound listener ready. Connections that wait in its queue already have the kernel's
/// default options, so each gets ours when it is accepted; later ones inherit a window that fits.
pub(super) fn prepare(
    listener: std::net::TcpListener,
    limits: &EdgeLimits,
) -> io::Result<TcpListener> {
    listener.set_nonblocking(true)?;
    set_options(&listener, limits)?;
    listen(&listener, Backlog::new(BACKLOG)?)?;
    TcpListener::from_std(listener)
}

fn set_options(socket: &impl AsFd, limits: &EdgeLimits) -> io::Result<()> {
    setsockopt(socket, sockopt::TcpNoDelay, &true)?;
    setsockopt(socket, sockopt::TcpUserTimeout, &USER_TIMEOUT)?;
    setsockopt(socket, sockopt::KeepAlive, &true)?;
    setsockopt(socket, sockopt::TcpKeepIdle, &KEEPALIVE.0)?;
    setsockopt(socket, sockopt::TcpKeepInterval, &KEEPALIVE.1)?;
    setsockopt(socket, sockopt::TcpKeepCount, &KEEPALIVE.2)?;
    setsockopt(socket, sockopt::SndBuf, &limits.send_buffer)?;
    setsockopt(socket, sockopt::RcvBuf, &limits.receive_buffer)?;
    Ok(())
}

/// Accepts for ever.
pub(super) async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let shedding = Arc::new(Semaphore::new(SHED_AT_ONCE));
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => admit(stream, peer, &shared, &shedding).await,
            Err(error) => {
                log::warn!("a connection can't be accepted: {error}");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn admit(
    stream: TcpStream,
    peer: SocketAddr,
    shared: &Arc<Shared>,
    shedding: &Arc<Semaphore>,
) {
    // Either fails only if the peer has gone.
    let (Ok(local), Ok(())) = (
        stream.local_addr(),
        set_options(&stream, &shared.settings.limits),
    ) else {
        return;
    };
    let ends = Ends {
        peer: peer.ip().to_canonical(),
        local: SocketAddr::new(local.ip().to_canonical(), local.port()),
    };
    if !shared.networks.reaches(ends.peer) {
        log::info!("{} is outside of the house", ends.peer);
        shared.metrics.count_outsider();
        let outside = Answer::text(403, "This box answers at home only.\n");
        return shed(stream, outside, shedding);
    }
    match place_for(shared, ends).await {
        Some(place) => start(stream, ends, shared, place),
        None => {
            log::info!("no room for {}", ends.peer);
            shared.metrics.count_refused();
            shed(stream, Answer::busy(true, true), shedding);
        }
    }
}

async fn place_for(shared: &Arc<Shared>, ends: Ends) -> Option<Place> {
    if let Some(place) = Place::claim(shared, ends.peer) {
        return Some(place);
    }
    if !shared.table.evict_for(ends.peer) {
        return None;
    }
    // The one that was chosen leaves when it is its turn.
    tokio::task::yield_now().await;
    Place::claim(shared, ends.peer)
}

fn start(stream: TcpStream, ends: Ends, shared: &Arc<Shared>, place: Place) {
    let ticket = place.ticket();
    let connection = Connection::new(stream, ends, Arc::clone(shared), place);
    let task = tokio::spawn(connection.run());
    shared.table.attach(ticket, task.abort_handle());
}

/// Answers without having read anything, and closes.
fn shed(mut stream: TcpStream, answer: Answer, shedding: &Arc<Semaphore>) {
    let Some(text) = refusal(answer) else {
        return;
    };
    let Ok(permit) = Arc::clone(shedding).try_acquire_owned() else {
        // A fresh socket has room; one that has not is closed without words.
        let _ = stream.try_write(&text);
        return;
    };
    tokio::spawn(async move {
        let told = async {
            if stream.writable().await.is_ok() && stream.try_write(&text).is_ok() {
                reader::part(&mut stream).await;
            }
        };
        // Whoever does not take it in time is closed without words.
        let _ = tokio::time::timeout(LINGER * 2, told).await;
        drop(permit);
    });
}

fn refusal(answer: Answer) -> Option<Vec<u8>> {
    let Answer::Own {
        mut head,
        body: Body::Bytes(body),
    } = answer
    else {
        return None;
    };
    Manner::closing().complete(&mut head);
    let head = head.render().ok()?;
    Some([head.as_bytes(), &body[..]].concat())
}

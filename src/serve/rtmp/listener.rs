//! Accepts encoders, within limits in total and per address.

use super::{closing, session};
use crate::limits::rtmp_server as limits;
use crate::people::People;
use crate::serve::edge::Networks;
use crate::serve::station::Station;
use nix::sys::socket::{setsockopt, sockopt};
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};

/// What every RTMP connection needs.
#[derive(Debug)]
pub struct RtmpServer {
    /// Who holds which key.
    pub people: Arc<People>,
    /// Who is on air.
    pub station: Arc<Station>,
    /// Whom it answers.
    pub networks: Arc<Networks>,
    /// Where a streamer finds the key, for texts: `http://hearth.local/studio`.
    pub studio_url: String,
    /// Encoders connected at once.
    pub connections: usize,
    /// Who is connected.
    pub places: Places,
}

/// Connections by address.
#[derive(Debug, Default)]
pub struct Places(Mutex<HashMap<IpAddr, usize>>);

/// One connection's place; freed when dropped.
struct Place {
    server: Arc<RtmpServer>,
    address: IpAddr,
}

/// Accepts on `listener` until the runtime ends.
pub async fn serve(listener: TcpListener, server: Arc<RtmpServer>) {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => welcome(stream, peer, &server),
            Err(error) => {
                log::warn!("RTMP accept: {error}");
                tokio::time::sleep(Duration::from_millis(limits::ACCEPT_PAUSE_MS)).await;
            }
        }
    }
}

fn welcome(stream: TcpStream, peer: SocketAddr, server: &Arc<RtmpServer>) {
    let address = peer.ip().to_canonical();
    if !server.networks.reaches(address) {
        log::info!("RTMP: {address} is not on a network of this house");
        return;
    }
    if let Err(error) = prepare(&stream) {
        log::debug!("RTMP {address}: {error}");
        return;
    }
    let Some(place) = Place::take(server, address) else {
        log::warn!("RTMP: no place for {address}");
        tokio::spawn(closing::turn_away(stream));
        return;
    };
    tokio::spawn(async move {
        session::run(stream, address, &place.server).await;
        drop(place);
    });
}

fn prepare(stream: &TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    setsockopt(stream, sockopt::RcvBuf, &limits::RECEIVE_BUFFER)?;
    setsockopt(stream, sockopt::SndBuf, &limits::SEND_BUFFER)?;
    setsockopt(stream, sockopt::KeepAlive, &true)?;
    setsockopt(stream, sockopt::TcpUserTimeout, &limits::USER_TIMEOUT_MS)?;
    Ok(())
}

impl Place {
    fn take(server: &Arc<RtmpServer>, address: IpAddr) -> Option<Place> {
        let mut places = server
            .places
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let total: usize = places.values().sum();
        let own = places.get(&address).copied().unwrap_or(0);
        if total >= server.connections || own >= limits::CONNECTIONS_PER_ADDRESS {
            return None;
        }
        places.insert(address, own + 1);
        Some(Place {
            server: Arc::clone(server),
            address,
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut places = self
            .server
            .places
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = places.get_mut(&self.address) {
            *own -= 1;
            if *own == 0 {
                places.remove(&self.address);
            }
        }
    }
}

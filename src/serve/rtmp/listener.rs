//! Accepts encoders, within limits in total and per address.

use super::places::{Bounds, Places};
use super::session;
use crate::limits::rtmp_server as limits;
use crate::people::People;
use crate::serve::edge::Networks;
use crate::serve::station::Station;
use nix::sys::socket::{setsockopt, sockopt};
use std::net::SocketAddr;
use std::sync::Arc;
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
    let bounds = Bounds {
        total: server.connections,
        per_address: limits::CONNECTIONS_PER_ADDRESS,
    };
    let Some((place, leave)) = server.places.take(address, bounds) else {
        log::warn!("RTMP: no place for {address}: every encoder that is connected is live");
        return;
    };
    let server = Arc::clone(server);
    tokio::spawn(async move {
        tokio::select! {
            biased;
            // Its sender is gone only with the place.
            _ = leave => log::debug!("RTMP {address}: closed for a newcomer, because it was not live"),
            () = session::run(stream, address, &server, &place) => {}
        }
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

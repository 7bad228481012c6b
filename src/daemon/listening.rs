//! The sockets that the daemon listens on.

use super::StartError;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};

/// Where a listener is reached on this machine.
pub(super) fn from_here(listener: SocketAddr) -> SocketAddr {
    let ip = match listener.ip() {
        ip if !ip.is_unspecified() => ip,
        _ => IpAddr::from(Ipv4Addr::LOCALHOST),
    };
    SocketAddr::new(ip, listener.port())
}

/// Listens on all of them; `what` is the option that names them.
pub(super) fn bind_all(
    addresses: &[SocketAddr],
    what: &str,
) -> Result<Vec<TcpListener>, StartError> {
    addresses
        .iter()
        .map(|address| bind(*address, what))
        .collect()
}

/// Where there is no IPv6, everywhere means every IPv4 address.
fn bind(address: SocketAddr, what: &str) -> Result<TcpListener, StartError> {
    let everywhere = address.ip() == IpAddr::from(Ipv6Addr::UNSPECIFIED);
    let bound = TcpListener::bind(address).or_else(|error| {
        let v4 = SocketAddr::new(IpAddr::from(Ipv4Addr::UNSPECIFIED), address.port());
        if everywhere && error.kind() != std::io::ErrorKind::AddrInUse {
            TcpListener::bind(v4)
        } else {
            Err(error)
        }
    });
    bound.map_err(|error| {
        StartError::Cannot(match error.kind() {
            std::io::ErrorKind::AddrInUse => format!(
                "port {} is in use by another program; choose another with --{what}",
                address.port()
            ),
            std::io::ErrorKind::PermissionDenied => format!(
                "port {} needs more rights; choose one above 1023 with --{what}",
                address.port()
            ),
            _ => format!("cannot listen on {address} (--{what}): {error}"),
        })
    })
}

/// The same listeners once more.
pub(super) fn clones(listeners: &[TcpListener]) -> Result<Vec<TcpListener>, StartError> {
    let cloned: Result<Vec<_>, _> = listeners.iter().map(TcpListener::try_clone).collect();
    cloned.map_err(|error| StartError::Cannot(format!("cannot listen: {error}")))
}

/// Where the first one listens.
pub(super) fn local(listeners: &[TcpListener]) -> Result<SocketAddr, StartError> {
    let first = listeners
        .first()
        .ok_or_else(|| StartError::Usage("no address to listen on".into()))?;
    first
        .local_addr()
        .map_err(|error| StartError::Cannot(format!("cannot listen: {error}")))
}

/// Its port; 0 if there is none.
pub(super) fn port_of(listeners: &[TcpListener]) -> u16 {
    listeners
        .first()
        .and_then(|listener| listener.local_addr().ok())
        .map_or(0, |address| address.port())
}

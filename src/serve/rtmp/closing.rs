//! Leaving so that the encoder sees why: flush, half-close, wait a moment, close.

use crate::limits::rtmp_server as limits;
use crate::wire::rtmp::Connection;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Sends what `connection` still has to say and closes once the peer has read it, or after a second.
pub(super) async fn say_and_close(mut stream: TcpStream, connection: &mut Connection) {
    let last_words = async {
        stream.write_all(connection.output()).await?;
        connection.output().clear();
        stream.shutdown().await
    };
    let wait = Duration::from_millis(limits::LINGER_MS);
    if matches!(timeout(wait, last_words).await, Ok(Ok(()))) {
        drain(&mut stream, wait).await;
    }
}

/// Reads and forgets until the peer closes: closing with unread bytes would reset the connection under our last words.
async fn drain(stream: &mut TcpStream, wait: Duration) {
    let mut buffer = [0; 4096];
    let until_closed =
        async { while matches!(stream.read(&mut buffer).await, Ok(read) if read > 0) {} };
    // A peer that goes on sending has had its second.
    let _ = timeout(wait, until_closed).await;
}

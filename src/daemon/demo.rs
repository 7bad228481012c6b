//! The demo: a built-in moving picture with sound, published through real RTMP to this very daemon.

use crate::people::{NewAccount, People, PeopleError, Role};
use crate::wire::flv::{FlvFile, FlvTagKind};
use crate::wire::rtmp::Publisher;
use crate::wire::rtmp::client::PublisherState;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, sleep_until};

/// The test picture: made once by `web/demo/make-clip.sh`, loops without a seam.
static CLIP: &[u8] = include_bytes!("../../web/demo/clip.flv");

/// Length of the clip, ms: a whole number of its pictures and of its audio frames.
const CLIP_MS: u32 = 8_000;

/// The channel's NAME.
pub(super) const NAME: &str = "demo";

/// Pause before the picture is put back on air, s.
const RETRY_S: u64 = 2;

/// The stream key of the demo's account, which is made if it is not there. Nobody knows its password.
pub(super) fn key(people: &People) -> Result<String, PeopleError> {
    if let Some(account) = people.account_named(NAME) {
        let known = people.keys(account.id).into_iter().find_map(|key| key.text);
        return match known {
            Some(key) => Ok(key.plain().to_owned()),
            None => people
                .add_key(account.id, "")
                .map(|(_, key)| key.plain().to_owned()),
        };
    }
    let mut random = [0; 24];
    getrandom::fill(&mut random).map_err(|_| PeopleError::Random)?;
    let password = data_encoding::BASE32_NOPAD.encode(&random);
    let new = NewAccount {
        display_name: "Demo",
        name: Some(NAME),
        password: &password,
        role: Role::Member,
    };
    let added = people.add_account(new)?;
    added
        .key
        .map(|key| key.plain().to_owned())
        .ok_or(PeopleError::Unknown("key"))
}

/// Keeps the picture on air until the runtime ends.
pub(super) async fn run(server: SocketAddr, key: Arc<str>) {
    loop {
        match publish(server, &key).await {
            Ok(()) => log::info!("the test picture was taken off air"),
            Err(error) => log::warn!("the test picture stopped: {error}"),
        }
        sleep(Duration::from_secs(RETRY_S)).await;
    }
}

async fn publish(server: SocketAddr, key: &str) -> io::Result<()> {
    let mut stream = TcpStream::connect(server).await?;
    stream.set_nodelay(true)?;
    let mut publisher = Publisher::new(&server.to_string(), "live", key);
    connect(&mut stream, &mut publisher).await?;
    let start = Instant::now();
    for lap in 0_u32.. {
        for tag in FlvFile::tags(CLIP).map_err(io::Error::other)? {
            let timestamp = lap.wrapping_mul(CLIP_MS).wrapping_add(tag.timestamp);
            match tag.kind {
                FlvTagKind::Script if lap == 0 => publisher.write_metadata(tag.body),
                FlvTagKind::Script | FlvTagKind::Other(_) => continue,
                FlvTagKind::Audio => publisher.write_audio(timestamp, tag.body),
                FlvTagKind::Video => publisher.write_video(timestamp, tag.body),
            }
            sleep_until(
                start
                    + Duration::from_millis(
                        u64::from(lap) * u64::from(CLIP_MS) + u64::from(tag.timestamp),
                    ),
            )
            .await;
            if !exchange(&mut stream, &mut publisher).await? {
                return Ok(());
            }
        }
    }
    Ok(())
}

async fn connect(stream: &mut TcpStream, publisher: &mut Publisher) -> io::Result<()> {
    let mut buffer = [0; 4096];
    while *publisher.state() == PublisherState::Connecting {
        flush(stream, publisher).await?;
        let read = stream.read(&mut buffer).await?;
        if read == 0 {
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        publisher
            .feed(buffer.get(..read).unwrap_or_default())
            .map_err(io::Error::other)?;
    }
    still_welcome(publisher).map(|_| ())
}

/// Sends what is written and takes what has come (acknowledgements, pings); false once the station wants no more.
async fn exchange(stream: &mut TcpStream, publisher: &mut Publisher) -> io::Result<bool> {
    flush(stream, publisher).await?;
    let mut buffer = [0; 4096];
    match stream.try_read(&mut buffer) {
        Ok(0) => return Ok(false),
        Ok(read) => publisher
            .feed(buffer.get(..read).unwrap_or_default())
            .map_err(io::Error::other)?,
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
        Err(error) => return Err(error),
    }
    still_welcome(publisher)
}

fn still_welcome(publisher: &Publisher) -> io::Result<bool> {
    match publisher.state() {
        PublisherState::Refused { description, .. } => Err(io::Error::other(description.clone())),
        state => Ok(*state == PublisherState::Publishing),
    }
}

async fn flush(stream: &mut TcpStream, publisher: &mut Publisher) -> io::Result<()> {
    stream.write_all(publisher.output()).await?;
    publisher.output().clear();
    Ok(())
}

//! What a supervised box shows while its data folder can't be used: one page that says so, until it can be.
//!
//! Nobody sits at a box's terminal, so a daemon that ends with a sentence tells nobody. Without its data there are no
//! accounts and no keys: nothing is live, nothing can be changed, and a set-up page would hand the box to whoever comes
//! first. So every request gets the same page, and the data are tried again every few seconds.

use super::StartError;
use super::config::Config;
use super::notify::Supervisor;
use super::state::State;
use super::user::open_store;
use crate::serve::NetworkName;
use crate::serve::edge::Networks;
use crate::serve::mdns::{Mdns, MdnsSettings};
use crate::store::OpenError;
use std::net::{SocketAddr, TcpListener as StdListener};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{interval, sleep, timeout};

/// How often the data are tried.
const TRY_AGAIN: Duration = Duration::from_secs(10);

/// How long a request may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Requests at once; more are closed without an answer.
const AT_ONCE: usize = 32;

/// Of a request, bytes; what it asks for makes no difference.
const HEAD_MOST: usize = 8 << 10;

/// Pause after an accept that failed.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// Shows the page on `listeners` until the data of `config` can be used. Returns at once if nobody supervises: then
/// somebody is there to read `reason`.
///
/// # Errors
/// `reason`, if the page can't be shown.
pub(super) fn until_usable(
    config: &Config,
    listeners: Vec<StdListener>,
    networks: Networks,
    supervisor: &Supervisor,
    reason: StartError,
) -> Result<(), StartError> {
    log::error!("{reason}; showing a page that says so");
    supervisor.ready(&format!("The data can't be used: {reason}"));
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
    else {
        return Err(reason);
    };
    let said = said(&reason);
    let why = reason.to_string();
    let page: Arc<str> = page(said, &why).into();
    let listened = listeners.first().and_then(|first| first.local_addr().ok());
    // Dropped at the end, before the daemon takes the name.
    let _name = listened.and_then(|http| name(config, http));
    let tell = || {
        if let (Some(ring), Some(http)) = (&config.ring, listened) {
            leave_state(config, http, ring, said.screen(&why));
        }
    };
    let outcome = runtime.block_on(async {
        let networks = Arc::new(networks);
        let permits = Arc::new(Semaphore::new(AT_ONCE));
        let mut tasks = JoinSet::new();
        for listener in listeners {
            let listener = listener
                .set_nonblocking(true)
                .and_then(|()| TcpListener::from_std(listener));
            let Ok(listener) = listener else {
                return Err(reason);
            };
            let (networks, permits, page) = (
                Arc::clone(&networks),
                Arc::clone(&permits),
                Arc::clone(&page),
            );
            tasks.spawn(serve(listener, networks, permits, page));
        }
        let mut signs = interval(
            supervisor
                .patience
                .map_or(TRY_AGAIN, |patience| patience / 3),
        );
        let mut tries = interval(TRY_AGAIN);
        loop {
            tokio::select! {
                _ = signs.tick() => supervisor.alive(),
                _ = tries.tick() => match open_store(&config.data) {
                    Ok(store) => return store.close().map_err(StartError::from),
                    // Addresses come and go meanwhile.
                    Err(_) => tell(),
                },
            }
        }
    });
    if let Some(ring) = &config.ring {
        State::take_away(ring);
    }
    outcome
}

/// The page is of use only to those who find it.
fn name(config: &Config, http: SocketAddr) -> Option<Mdns> {
    let settings = MdnsSettings {
        name: NetworkName::new(&config.host),
        http_port: http.port(),
        rtmp_port: config.rtmp.first().map_or(0, SocketAddr::port),
        kept: config.data.join("mdns-name"),
    };
    let is_wanted = config.mdns && !http.ip().is_loopback();
    is_wanted.then(|| Mdns::start(settings).ok()).flatten()
}

/// For the screen and the light.
fn leave_state(config: &Config, http: SocketAddr, ring: &Path, what: String) {
    let problems = [what].into_iter().chain(config.problems.iter().cloned());
    let state = State::without_data(&config.host, http, problems.collect());
    if let Err(error) = state.leave(ring) {
        log::warn!("the screen can't be told: {error}");
    }
}

async fn serve(
    listener: TcpListener,
    networks: Arc<Networks>,
    permits: Arc<Semaphore>,
    page: Arc<str>,
) {
    loop {
        let Ok((stream, peer)) = listener.accept().await else {
            sleep(ACCEPT_PAUSE).await;
            continue;
        };
        greet(stream, peer, &networks, &permits, &page);
    }
}

fn greet(
    stream: TcpStream,
    peer: SocketAddr,
    networks: &Networks,
    permits: &Arc<Semaphore>,
    page: &Arc<str>,
) {
    let Ok(permit) = Arc::clone(permits).try_acquire_owned() else {
        return;
    };
    if networks.reaches(peer.ip()) {
        let page = Arc::clone(page);
        tokio::spawn(async move {
            // A peer that is slow or gone does not matter: the page is the same for the next one.
            let _ = timeout(PATIENCE, answer(stream, &page)).await;
            drop(permit);
        });
    }
}

async fn answer(mut stream: TcpStream, page: &str) -> std::io::Result<()> {
    let mut head = vec![0; HEAD_MOST];
    let mut read = 0;
    while let Some(rest) = head.get_mut(read..).filter(|rest| !rest.is_empty()) {
        let more = stream.read(rest).await?;
        read += more;
        let so_far = head.get(..read).unwrap_or_default();
        if more == 0 || so_far.windows(4).any(|bytes| bytes == b"\r\n\r\n") {
            break;
        }
    }
    stream.write_all(page.as_bytes()).await?;
    stream.shutdown().await
}

/// What people are told, in English and in Chinese.
#[derive(Clone, Copy)]
struct Said {
    title: [&'static str; 2],
    more: [&'static str; 2],
    /// What to do, on the screen.
    then: &'static str,
}

/// The card does not give what it has.
const CARD: Said = Said {
    title: ["Hearth can't read its card", "Hearth 无法读取存储卡"],
    more: [
        "The box runs, but the part of the card that holds accounts and keys can't be used, so nobody can stream or sign in. \
        Switch the box off and on once. If this page comes back, the card is worn out: flash Hearth on a new card, and restore \
        your backup if you have one.",
        "设备在运行，但存储卡上保存账号和密钥的分区无法使用，因此无法直播或登录。请断电后重新启动一次。\
        如果仍然看到此页面，说明存储卡已损坏：请将 Hearth 写入新卡，如有备份请恢复备份。",
    ],
    then: "Off and on once; if this stays, the card is worn out.",
};

/// An update that did not come up had written something that only it can read.
const NEWER: Said = Said {
    title: [
        "This Hearth is older than its accounts",
        "当前的 Hearth 比账号数据旧",
    ],
    more: [
        "Nothing is broken or lost: accounts and keys are whole, but a newer Hearth wrote them, and the one that runs can't read \
        them. Write an image of that newer version, or of a later one, to another card, and restore your backup there, or copy \
        what is on the partition hearth-data of this card.",
        "没有损坏，也没有丢失：账号和密钥都在，但它们由较新版本的 Hearth 写入，当前运行的版本无法读取。\
        请把该版本或更新版本的镜像写入另一张卡，然后恢复备份，或复制此卡 hearth-data 分区中的内容。",
    ],
    then: "Nothing is lost: write an image of the newer version to another card.",
};

fn said(reason: &StartError) -> Said {
    match reason {
        StartError::Store(OpenError::Newer { .. }) => NEWER,
        _ => CARD,
    }
}

impl Said {
    fn screen(self, why: &str) -> String {
        let [title, _] = self.title;
        format!("{title}: {why}. {}", self.then)
    }
}

/// The whole answer.
fn page(said: Said, reason: &str) -> String {
    let ([title, title_zh], [more, more_zh]) = (said.title, said.more);
    let body = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
        <meta name=\"viewport\" content=\"width=device-width\"><title>Hearth</title>\
        <h1>{title}</h1><p>{more}</p>\
        <h1 lang=\"zh-Hans\">{title_zh}</h1><p lang=\"zh-Hans\">{more_zh}</p>\
        <p><code>{}</code></p></html>\n",
        escaped(reason)
    );
    format!(
        "HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\n\
        Content-Security-Policy: default-src 'none'\r\nCache-Control: no-store\r\nRetry-After: {}\r\n\
        Connection: close\r\n\r\n{body}",
        body.len(),
        TRY_AGAIN.as_secs()
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_a_whole_answer_and_shows_the_reason_as_text() {
        let page = page(CARD, "cannot use /data: <Read-only> & broken");
        let (head, body) = page.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 503 "));
        assert!(head.contains(&format!("Content-Length: {}\r\n", body.len())));
        assert!(body.contains("&lt;Read-only&gt; &amp; broken"));
    }

    #[test]
    fn data_of_a_newer_hearth_are_not_called_a_worn_out_card() {
        let newer = StartError::Store(OpenError::Newer {
            path: "/data/store".to_owned(),
            what: "accounts of version 9".to_owned(),
        });
        let told = [
            page(said(&newer), &newer.to_string()),
            said(&newer).screen(&newer.to_string()),
        ];
        for told in told {
            assert!(told.contains("accounts of version 9"), "{told}");
            assert!(!told.contains("worn out"), "{told}");
        }
        let broken = StartError::Data("cannot use /data".to_owned());
        assert!(page(said(&broken), "").contains("worn out"));
    }
}

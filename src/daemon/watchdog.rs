//! Signs of life for the supervisor, only while every duty makes progress.
//!
//! A duty is tried from outside, as its users would: a connection that the RTMP accept loop must take, a request that
//! the edge must answer, a turn of the store's thread. What hangs is not alive, though its process is.

use super::notify::Supervisor;
use crate::store::Store;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, interval, sleep, timeout};

/// How old a proof of progress may be, and how often proofs are taken and signs given.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    pub(super) fresh: Duration,
    pub(super) every: Duration,
}

/// Three tries fit into the time for which a proof is good; signs come six times in systemd's 30 s.
pub(super) const PACE: Pace = Pace {
    fresh: Duration::from_secs(15),
    every: Duration::from_secs(5),
};

/// Answers that are read of a page, bytes: the status line is enough.
const ANSWER: usize = 64;

type Attempt = Pin<Box<dyn Future<Output = bool> + Send>>;

/// Something that must make progress; `attempt` resolves to true when it has.
pub(super) struct Duty {
    pub(super) name: String,
    pub(super) attempt: Box<dyn Fn() -> Attempt + Send>,
}

impl Duty {
    fn new<F: Future<Output = bool> + Send + 'static>(
        name: String,
        attempt: impl Fn() -> F + Send + 'static,
    ) -> Duty {
        Duty {
            name,
            attempt: Box::new(move || Box::pin(attempt())),
        }
    }

    /// The accept loop at `address` takes a connection, and lets go of one that says nothing.
    pub(super) fn encoders(address: SocketAddr) -> Duty {
        Duty::new(format!("encoders at {address}"), move || async move {
            let Ok(mut stream) = TcpStream::connect(address).await else {
                return false;
            };
            // The kernel connects for a loop that hangs, too; only the loop's other side closes.
            let closed = stream.shutdown().await.is_ok();
            closed
                && stream
                    .read(&mut [0; ANSWER])
                    .await
                    .is_ok_and(|read| read == 0)
        })
    }

    /// The edge at `address` answers a request, if only with a refusal.
    pub(super) fn pages(address: SocketAddr) -> Duty {
        Duty::new(format!("pages at {address}"), move || async move {
            let Ok(mut stream) = TcpStream::connect(address).await else {
                return false;
            };
            let request = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
            let mut answer = [0; ANSWER];
            stream.write_all(request).await.is_ok()
                && stream.read(&mut answer).await.is_ok()
                && answer.starts_with(b"HTTP/1.1 ")
        })
    }

    /// The store's thread takes a turn. One whose card has failed has told everybody so: a new start would not mend it
    /// and would cut who is live.
    pub(super) fn store(store: Arc<Store>) -> Duty {
        Duty::new("the store".into(), move || {
            let store = Arc::clone(&store);
            async move {
                let before = store.turns();
                loop {
                    store.nudge();
                    sleep(Duration::from_millis(10)).await;
                    if store.is_broken() || store.turns() != before {
                        return true;
                    }
                }
            }
        })
    }
}

/// Tries the duties and gives signs until the runtime ends. `well` says whether every duty has proved itself, and lately.
pub(super) async fn feed(
    supervisor: Arc<Supervisor>,
    duties: Vec<Duty>,
    pace: Pace,
    well: Arc<AtomicBool>,
) {
    let start = Instant::now();
    let mut proofs = Vec::new();
    for duty in duties {
        let proved = Arc::new(AtomicU64::new(0));
        proofs.push((duty.name.clone(), Arc::clone(&proved)));
        tokio::spawn(prove(duty, proved, start, pace));
    }
    let mut signs = interval(pace.every);
    let mut was_well = true;
    loop {
        signs.tick().await;
        let oldest = ms(start).saturating_sub(ms_of(pace.fresh));
        let stalled: Vec<&str> = proofs
            .iter()
            .filter(|(_, proved)| proved.load(Ordering::Relaxed) < oldest)
            .map(|(name, _)| name.as_str())
            .collect();
        let is_well = stalled.is_empty();
        // The start counts as a proof for the supervisor, not for anybody else.
        let all_proved = proofs
            .iter()
            .all(|(_, proved)| proved.load(Ordering::Relaxed) > 0);
        well.store(is_well && all_proved, Ordering::Relaxed);
        if is_well {
            supervisor.alive();
        } else if was_well {
            log::error!(
                "no progress for {} s: {}",
                pace.fresh.as_secs(),
                stalled.join(", ")
            );
        }
        was_well = is_well;
    }
}

/// Notes when the duty last made progress, in ms since `start`.
async fn prove(duty: Duty, proved: Arc<AtomicU64>, start: Instant, pace: Pace) {
    loop {
        if let Ok(true) = timeout(pace.fresh, (duty.attempt)()).await {
            proved.store(ms(start).max(1), Ordering::Relaxed);
        }
        sleep(pace.every).await;
    }
}

fn ms(since: Instant) -> u64 {
    ms_of(since.elapsed())
}

fn ms_of(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixDatagram;

    const QUICK: Pace = Pace {
        fresh: Duration::from_millis(150),
        every: Duration::from_millis(30),
    };

    /// Runs `feed` on duties for `time`; how many signs came, and whether all is well at the end.
    fn signs(time: Duration, duties: impl FnOnce() -> Vec<Duty>) -> (usize, bool) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let listener = UnixDatagram::bind(&path).unwrap();
        listener.set_nonblocking(true).unwrap();
        let supervisor = Arc::new(Supervisor::at(path.as_os_str(), None).unwrap());
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let well = Arc::<AtomicBool>::default();
        runtime.block_on(async {
            // Ends by the time alone: feeding never does.
            let _ = timeout(time, feed(supervisor, duties(), QUICK, Arc::clone(&well))).await;
        });
        let mut buffer = [0; 32];
        let came = std::iter::from_fn(|| listener.recv(&mut buffer).ok())
            .inspect(|count| assert_eq!(*count, "WATCHDOG=1".len()))
            .count();
        (came, well.load(Ordering::Relaxed))
    }

    fn steady() -> Duty {
        Duty::new("steady".into(), || async { true })
    }

    #[test]
    fn signs_come_while_every_duty_makes_progress() {
        let (came, well) = signs(Duration::from_millis(600), || vec![steady(), steady()]);
        assert!(came >= 8 && well, "{came}");
    }

    #[test]
    fn a_duty_that_hangs_or_fails_ends_the_signs() {
        let hangs = || Duty::new("hangs".into(), std::future::pending::<bool>);
        let fails = || Duty::new("fails".into(), || async { false });
        for bad in [hangs as fn() -> Duty, fails] {
            let (came, well) = signs(Duration::from_millis(800), || vec![steady(), bad()]);
            // The time for which the start counts as proof, and no sign more.
            assert!((1..=6).contains(&came) && !well, "{came}");
        }
    }

    #[test]
    fn what_never_was_proved_is_not_well_though_it_may_still_become_so() {
        let never = || Duty::new("hangs".into(), std::future::pending::<bool>);
        let (came, well) = signs(Duration::from_millis(100), || vec![steady(), never()]);
        assert!(came >= 1 && !well, "{came}");
    }

    #[test]
    fn a_duty_that_recovers_brings_the_signs_back() {
        let works = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&works);
        let (came, well) = signs(Duration::from_millis(1_200), || {
            let late = Arc::clone(&works);
            tokio::spawn(async move {
                sleep(Duration::from_millis(600)).await;
                late.store(true, Ordering::Relaxed);
            });
            vec![Duty::new("late".into(), move || {
                std::future::ready(seen.load(Ordering::Relaxed))
            })]
        });
        assert!((10..=30).contains(&came) && well, "{came}");
    }

    #[test]
    fn a_listener_that_nobody_serves_is_no_progress() {
        let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = silent.local_addr().unwrap();
        for duty in [Duty::encoders as fn(SocketAddr) -> Duty, Duty::pages] {
            let (came, well) = signs(Duration::from_millis(800), || vec![duty(address)]);
            assert!((1..=6).contains(&came) && !well, "{came}");
        }
    }

    #[test]
    fn a_store_that_works_or_has_told_of_its_end_is_progress() {
        let store = Arc::new(Store::in_memory());
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let duty = Duty::store(Arc::clone(&store));
        let wait = Duration::from_secs(10);
        for _ in 0..2 {
            assert_eq!(
                runtime.block_on(async { timeout(wait, (duty.attempt)()).await }),
                Ok(true)
            );
        }
        store.close().unwrap();
        let after =
            runtime.block_on(async { timeout(Duration::from_millis(100), (duty.attempt)()).await });
        assert!(after.is_err(), "its thread has ended");
    }
}

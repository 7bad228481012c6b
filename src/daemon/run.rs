//! `hearth serve` and `hearth demo`: start, supervise, stop.

use super::config::{Config, Reach as ReachSetting};
use super::ring_folder::RingFolder;
use super::user::open_store;
use super::{StartError, addresses, control, demo, memory};
use crate::limits::budget::{Budget, PAGE_RECEIVE_BUFFER, PAGE_SEND_BUFFER};
use crate::media::storage::TmpfsStorage;
use crate::people::{People, setup};
use crate::serve::assets;
use crate::serve::edge::{self, EdgeLimits, EdgeSettings, Networks, Reach, WriteMetrics};
use crate::serve::metrics::{self, Figures};
use crate::serve::rtmp::{self, Places, RtmpServer};
use crate::serve::station::{Station, StationSettings};
use crate::serve::ui::{Ui, UiSettings};
use crate::store::Store;
use crate::time::Clock;
use std::io::{self, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// How often sessions are looked after: grace, TS that somebody waits for.
const TICK_MS: u64 = 250;

/// How often powered-on time is looked after.
const KEEP_TIME_S: u64 = 60;

/// Threads that may block for flash or TS at once, beside the runtime's own.
const BLOCKING_THREADS: usize = 4;

/// Everything that runs, in the order in which it is dropped.
struct Parts {
    http: Vec<TcpListener>,
    rtmp: Vec<TcpListener>,
    store: Arc<Store>,
    people: Arc<People>,
    station: Arc<Station>,
    ui: Ui,
    reach: Reach,
    budget: Budget,
    folder: RingFolder,
}

/// Runs until told to stop.
pub(super) fn run(config: &Config, with_demo: bool) -> Result<(), StartError> {
    env_logger::Builder::from_env(env_logger::Env::default().default_filter_or("info"))
        .format_target(false)
        .init();
    let setup_code = setup::code().map_err(|error| {
        StartError::Cannot(format!("the system gives no random bytes: {error}"))
    })?;
    let parts = Parts::make(config, &setup_code)?;
    let demo_key = if with_demo {
        Some(demo::key(&parts.people).map_err(|error| StartError::Cannot(error.to_string()))?)
    } else {
        None
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(BLOCKING_THREADS)
        .build()
        .map_err(|error| StartError::Cannot(format!("cannot start: {error}")))?;
    let outcome = runtime.block_on(serve(config, &parts, demo_key, &setup_code));
    runtime.shutdown_timeout(Duration::from_secs(1));
    if let Err(error) = parts.people.stop(parts.station.clock().now()) {
        log::warn!("powered-on time could not be written: {error}");
    }
    parts.store.close()?;
    outcome
}

impl Parts {
    fn make(config: &Config, setup_code: &str) -> Result<Parts, StartError> {
        let budget = Budget::of(memory::allowed(config.memory)?);
        let http = bind_all(&config.http, "http")?;
        let rtmp = bind_all(&config.rtmp, "rtmp")?;
        let folder = RingFolder::prepare(config.ring.as_deref())?;
        let storage = Arc::new(TmpfsStorage::new(folder.path())?);
        let store = Arc::new(open_store(&config.data)?);
        let people = Arc::new(People::open(Arc::clone(&store), &config.data)?);
        let station = Arc::new(Station::new(StationSettings {
            storage,
            ring_bytes: budget.ring_bytes,
            live_channels: budget.live_channels,
            clock: Clock::start(),
        }));
        let settings = UiSettings {
            rtmp_port: port_of(&rtmp),
            http_port: port_of(&http),
            setup_code: (!people.has_owner()).then(|| setup_code.to_owned()),
        };
        let ui = Ui::start(
            folder.path(),
            Arc::clone(&people),
            Arc::clone(&station),
            settings,
        )
        .map_err(|error| StartError::Cannot(format!("cannot start the pages: {error}")))?;
        let reach = match config.reach {
            ReachSetting::Home => Reach::Home,
            ReachSetting::Anywhere => Reach::Anywhere,
        };
        Ok(Parts {
            http,
            rtmp,
            store,
            people,
            station,
            ui,
            reach,
            budget,
            folder,
        })
    }

    fn edge_settings(&self, config: &Config) -> EdgeSettings {
        let budget = &self.budget;
        EdgeSettings {
            names: vec![config.name.clone()],
            embed_origins: config.embed_origins.clone(),
            reach: self.reach,
            limits: EdgeLimits {
                connections: budget.connections,
                per_address: (budget.connections / 4).max(32),
                media_seats: budget.media_seats,
                waiters: budget.waiters,
                ui_reply_bytes: usize::try_from(budget.ui_reply_bytes).unwrap_or(usize::MAX),
                send_buffer: PAGE_SEND_BUFFER,
                media_send_buffer: budget.segment_send_buffer,
                receive_buffer: PAGE_RECEIVE_BUFFER,
                ..EdgeLimits::default()
            },
            ..EdgeSettings::default()
        }
    }
}

async fn serve(
    config: &Config,
    parts: &Parts,
    demo_key: Option<String>,
    setup_code: &str,
) -> Result<(), StartError> {
    let cannot = |error: std::io::Error| StartError::Cannot(format!("cannot start: {error}"));
    let mut interrupt = signal(SignalKind::interrupt()).map_err(cannot)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(cannot)?;
    let (stop, stopped) = watch::channel(false);
    let mut edge = tokio::spawn(edge::serve(
        clones(&parts.http)?,
        parts.edge_settings(config),
        Arc::clone(&parts.station) as Arc<dyn edge::Live>,
        assets::find,
        metrics_of(parts),
        parts.ui.socket(),
        stopped,
    ));
    let control = control::listen(&config.data)?;
    tokio::spawn(control::serve(control, Arc::clone(&parts.people)));
    serve_rtmp(parts)?;
    tokio::spawn(look_after(
        Arc::clone(&parts.station),
        Arc::clone(&parts.people),
    ));
    let rtmp = local(&parts.rtmp)?;
    if let Some(key) = demo_key {
        tokio::spawn(demo::run(from_here(rtmp), key.into()));
    }
    let code = (!parts.people.has_owner()).then_some(setup_code);
    let http = local(&parts.http)?;
    if let Err(error) = announce(http, rtmp, code, demo::NAME, config, parts) {
        log::debug!("nobody reads the addresses: {error}");
    }
    let ended = tokio::select! {
        _ = interrupt.recv() => None,
        _ = terminate.recv() => None,
        ended = &mut edge => Some(ended),
    };
    log::info!("stopping");
    let ended = match ended {
        // A station without its web server is of no use: whoever supervises us shall start it anew.
        Some(Ok(Ok(()))) => return Err(StartError::Cannot("the web server stopped".into())),
        Some(ended) => ended,
        None => {
            // Fails only if the edge has ended meanwhile; its task tells why.
            let _ = stop.send(true);
            edge.await
        }
    };
    match ended {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(StartError::Cannot(format!(
            "the web server stopped: {error}"
        ))),
        Err(error) => Err(StartError::Cannot(format!(
            "the web server stopped: {error}"
        ))),
    }
}

/// Writes the page of metrics. While the store is being changed, its figures of a moment ago stand.
fn metrics_of(parts: &Parts) -> WriteMetrics {
    let (store, station) = (Arc::clone(&parts.store), Arc::clone(&parts.station));
    let last = Mutex::new(store.stats());
    let (ring_bytes_most, memory_bytes_most) = (parts.budget.ring_bytes, parts.budget.memory);
    Arc::new(move |edge| {
        let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
        *last = store.stats_now().unwrap_or(*last);
        let figures = Figures {
            store: *last,
            store_broken: store.is_broken(),
            edge: *edge,
            channels: metrics::channels(&station),
            ring_bytes_granted: station.ring_bytes_granted(),
            ring_bytes_most,
            resident_bytes: memory::of_this_process(),
            memory_bytes_most,
        };
        figures.page()
    })
}

fn serve_rtmp(parts: &Parts) -> Result<(), StartError> {
    let server = Arc::new(RtmpServer {
        people: Arc::clone(&parts.people),
        station: Arc::clone(&parts.station),
        networks: Arc::new(Networks::new(parts.reach)),
        studio_url: addresses::url(
            "http",
            addresses::reachable(local(&parts.http)?),
            80,
            "/studio",
        ),
        connections: parts.budget.encoders,
        places: Places::default(),
    });
    for listener in clones(&parts.rtmp)? {
        let listener = listener
            .set_nonblocking(true)
            .and_then(|()| tokio::net::TcpListener::from_std(listener));
        let listener = listener
            .map_err(|error| StartError::Cannot(format!("cannot listen for encoders: {error}")))?;
        tokio::spawn(rtmp::serve(listener, Arc::clone(&server)));
    }
    Ok(())
}

/// Ends sessions whose grace is over, makes the TS that somebody waits for, keeps powered-on time.
async fn look_after(station: Arc<Station>, people: Arc<People>) {
    let mut ticks = tokio::time::interval(Duration::from_millis(TICK_MS));
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut time_kept = station.clock().now();
    loop {
        ticks.tick().await;
        station.tick();
        let now = station.clock().now();
        for on_air in station.all_on_air() {
            if on_air.ts.is_wanted(now) || on_air.ts.bytes() > 0 {
                let ts = Arc::clone(&on_air.ts);
                report(tokio::task::spawn_blocking(move || ts.refresh(now)).await);
            }
        }
        if now.since(time_kept) >= KEEP_TIME_S * 1_000 {
            time_kept = now;
            let people = Arc::clone(&people);
            report(tokio::task::spawn_blocking(move || people.keep_time(now)).await);
        }
    }
}

fn report<T>(outcome: Result<T, tokio::task::JoinError>) {
    if let Err(error) = outcome {
        log::error!("a task of the station failed: {error}");
    }
}

/// Tells a person what there is to know now.
fn announce(
    http: SocketAddr,
    rtmp: SocketAddr,
    setup_code: Option<&str>,
    demo_name: &str,
    config: &Config,
    parts: &Parts,
) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let page = addresses::url("http", addresses::reachable(http), 80, "/");
    writeln!(
        out,
        "Hearth is on, with {} MiB of memory; accounts are in {}, live media in {}.",
        parts.budget.memory >> 20,
        config.data.display(),
        parts.folder.path().display()
    )?;
    writeln!(
        out,
        "  Watch      {page}   here: {}",
        addresses::url("http", from_here(http), 80, "/")
    )?;
    writeln!(
        out,
        "  Stream to  {}",
        addresses::url("rtmp", addresses::reachable(rtmp), 1935, "/live")
    )?;
    match setup_code {
        Some(code) => writeln!(
            out,
            "  Set up     {}   with the code {code}",
            addresses::url("http", from_here(http), 80, "/setup")
        ),
        None => writeln!(
            out,
            "  Your key   {}",
            addresses::url("http", addresses::reachable(http), 80, "/studio")
        ),
    }?;
    if parts.people.account_named(demo_name).is_some() {
        writeln!(out, "  Demo       {page}@{demo_name}")?;
    }
    writeln!(out, "Ctrl-C stops it.")
}

fn from_here(listener: SocketAddr) -> SocketAddr {
    let ip = match listener.ip() {
        ip if !ip.is_unspecified() => ip,
        _ => IpAddr::from(Ipv4Addr::LOCALHOST),
    };
    SocketAddr::new(ip, listener.port())
}

fn bind_all(addresses: &[SocketAddr], what: &str) -> Result<Vec<TcpListener>, StartError> {
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

fn clones(listeners: &[TcpListener]) -> Result<Vec<TcpListener>, StartError> {
    let cloned: Result<Vec<_>, _> = listeners.iter().map(TcpListener::try_clone).collect();
    cloned.map_err(|error| StartError::Cannot(format!("cannot listen: {error}")))
}

fn local(listeners: &[TcpListener]) -> Result<SocketAddr, StartError> {
    let first = listeners
        .first()
        .ok_or_else(|| StartError::Usage("no address to listen on".into()))?;
    first
        .local_addr()
        .map_err(|error| StartError::Cannot(format!("cannot listen: {error}")))
}

fn port_of(listeners: &[TcpListener]) -> u16 {
    listeners
        .first()
        .and_then(|listener| listener.local_addr().ok())
        .map_or(0, |address| address.port())
}

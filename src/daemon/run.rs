//! `hearth serve` and `hearth demo`: start, supervise, stop.

use super::anew::{self, After};
use super::config::{Config, Reach as ReachSetting, Setup};
use super::listening::{bind_all, clones, from_here, local, port_of};
use super::notify::Supervisor;
use super::recent_log::RecentLog;
use super::ring_folder::RingFolder;
use super::state::Source;
use super::user::open_store_of;
use super::watchdog::{self, Duty};
use super::{StartError, addresses, card, control, demo, memory, rescue, slot};
use crate::limits::budget::{Budget, PAGE_RECEIVE_BUFFER, PAGE_SEND_BUFFER};
use crate::limits::http::SEATS_OF_EIGHT_PER_ADDRESS;
use crate::limits::network::SETUP_OPEN;
use crate::media::storage::TmpfsStorage;
use crate::people::{People, Visibility, setup};
use crate::serve::assets;
use crate::serve::board::Board;
use crate::serve::downloads::Downloads;
use crate::serve::edge::{
    self, EdgeLimits, EdgeSettings, Household, Networks, Reach, WriteMetrics,
};
use crate::serve::events;
use crate::serve::mdns::{Mdns, MdnsSettings};
use crate::serve::metrics::{self, Figures};
use crate::serve::rtmp::{self, Places, RtmpServer};
use crate::serve::station::{Over, Station, StationSettings};
use crate::serve::ui::{Machine, Ui, UiSettings};
use crate::serve::updates;
use crate::serve::uploads::Uploads;
use crate::serve::{NetworkName, quiet, replaced, wifi};
use crate::store::Store;
use crate::time::{Clock, Mono};
use std::io::{self, Write as _};
use std::iter;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{Notify, watch};

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
    downloads: Arc<Downloads>,
    reach: Reach,
    network_name: NetworkName,
    open_until: Mono,
    budget: Budget,
    folder: RingFolder,
    uploads: Arc<Uploads>,
    /// A page wants the daemon to start anew.
    again: Arc<Notify>,
}

/// Runs until told to stop.
pub(super) fn run(config: &Config, with_demo: bool) -> Result<(), StartError> {
    let log = RecentLog::install();
    let setup_code = match card::setup_code(&config.data) {
        Some(code) => code,
        None => setup::code().map_err(|error| {
            StartError::Cannot(format!("the system gives no random bytes: {error}"))
        })?,
    };
    let supervisor = Supervisor::of_this_process().map(Arc::new);
    for problem in &config.problems {
        log::error!("{problem}");
    }
    let parts = match (Parts::make(config, &setup_code, &log), &supervisor) {
        (Err(reason), Some(supervisor)) if reason.is_about_data() => {
            let networks = Networks::new(reach(config));
            let listeners = bind_all(&config.http, "http")?;
            rescue::until_usable(config, listeners, networks, supervisor, reason)?;
            Parts::make(config, &setup_code, &log)
        }
        (made, _) => made,
    }?;
    let is_supervised = supervisor.is_some();
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
    let outcome = runtime.block_on(serve(config, &parts, demo_key, &setup_code, supervisor));
    runtime.shutdown_timeout(Duration::from_secs(1));
    write_down_who_is_live(&parts.people, &parts.station);
    forget_used_code(&parts.people, &config.data);
    if let Err(error) = parts.people.stop(parts.station.clock().now()) {
        log::warn!("powered-on time could not be written: {error}");
    }
    parts.store.close()?;
    match outcome? {
        // Whoever supervises us starts us anew.
        After::Again if !is_supervised => {
            drop(parts);
            Err(anew::begin())
        }
        _ => Ok(()),
    }
}

impl Parts {
    fn make(config: &Config, setup_code: &str, log: &RecentLog) -> Result<Parts, StartError> {
        let budget = Budget::of(memory::allowed(config.memory)?);
        let http = bind_all(&config.http, "http")?;
        let rtmp = bind_all(&config.rtmp, "rtmp")?;
        let folder = RingFolder::prepare(config.ring.as_deref())?;
        let storage = Arc::new(TmpfsStorage::new(folder.path())?);
        let restored = anew::restore(&config.data, budget.store_rows);
        let store = Arc::new(open_store_of(&config.data, budget.store_rows)?);
        let people = Arc::new(People::open(Arc::clone(&store), &config.data)?);
        let station = Arc::new(Station::new(StationSettings {
            storage,
            ring_bytes: budget.ring_bytes,
            poster_bytes: budget.poster_bytes,
            live_channels: budget.live_channels,
            least_share: budget.least_share,
            clock: Clock::start(),
        }));
        let downloads = Arc::new(Downloads::default());
        let (uploads, again) = (Arc::new(Uploads::default()), Arc::new(Notify::new()));
        let open_until = match config.setup {
            Setup::Open => open_until(powered_on_ms()),
            Setup::Code => Mono(0),
        };
        let network_name = NetworkName::new(&config.host);
        let settings = UiSettings {
            rtmp_port: port_of(&rtmp),
            http_port: port_of(&http),
            setup_code: (!people.has_owner()).then(|| setup_code.to_owned()),
            is_home_only: config.reach == ReachSetting::Home,
            machine: Some(Arc::new(Machine {
                name: network_name.clone(),
                restored,
                start_anew: anew::on(&again),
                ..machine(config, budget, &store, log)
            })),
            downloads: Arc::clone(&downloads),
            uploads: Arc::clone(&uploads),
            setup_open_until: open_until,
            problems: config.problems.clone(),
            wifi: Some(PathBuf::from(wifi::SOCKET)),
        };
        let ui = Ui::start(
            folder.path(),
            Arc::clone(&people),
            Arc::clone(&station),
            settings,
        )
        .map_err(|error| StartError::Cannot(format!("cannot start the pages: {error}")))?;
        Ok(Parts {
            http,
            rtmp,
            store,
            people,
            station,
            ui,
            downloads,
            reach: reach(config),
            network_name,
            open_until,
            budget,
            folder,
            uploads,
            again,
        })
    }

    /// What must make progress for the supervisor to hear that all is well.
    fn duties(&self) -> Vec<Duty> {
        let at = |listeners: &[TcpListener]| -> Vec<SocketAddr> {
            let addresses = listeners.iter().flat_map(TcpListener::local_addr);
            addresses.map(from_here).collect()
        };
        let mut duties = vec![Duty::store(Arc::clone(&self.store))];
        duties.extend(at(&self.http).into_iter().map(Duty::pages));
        duties.extend(at(&self.rtmp).into_iter().map(Duty::encoders));
        duties
    }

    fn edge_settings(&self, config: &Config) -> EdgeSettings {
        let budget = &self.budget;
        EdgeSettings {
            names: iter::once(&config.host)
                .chain(&config.names)
                .cloned()
                .collect(),
            network_name: Some(self.network_name.clone()),
            embed_origins: config.embed_origins.clone(),
            reach: self.reach,
            limits: EdgeLimits {
                connections: budget.connections,
                per_address: (budget.connections / 4).max(32),
                media_seats: budget.media_seats,
                media_seats_per_address: budget.media_seats / 8 * SEATS_OF_EIGHT_PER_ADDRESS,
                listeners: budget.listeners,
                listeners_per_address: (budget.listeners / 4).max(16),
                waiters: budget.waiters,
                ui_reply_bytes: usize::try_from(budget.ui_reply_bytes).unwrap_or(usize::MAX),
                send_buffer: PAGE_SEND_BUFFER,
                media_send_buffer: budget.segment_send_buffer,
                receive_buffer: PAGE_RECEIVE_BUFFER,
                ..EdgeLimits::default()
            },
            downloads: Arc::clone(&self.downloads),
            uploads: Arc::clone(&self.uploads),
            ..EdgeSettings::default()
        }
    }
}

/// What the owner's page tells of the box.
fn machine(config: &Config, budget: Budget, store: &Arc<Store>, log: &RecentLog) -> Machine {
    let log = log.clone();
    Machine {
        budget,
        store: Arc::clone(store),
        data: config.data.clone(),
        name: NetworkName::new(&config.host),
        is_announced: is_announced(config),
        addresses: addresses::all_of_this_box,
        resident: memory::of_this_process,
        recent_log: Arc::new(move || log.lines()),
        went_back: slot::booted().other_failed,
        updates: Some(PathBuf::from(updates::SOCKET)).filter(|socket| socket.exists()),
        restored: None,
        start_anew: Arc::new(|| {}),
    }
}

async fn serve(
    config: &Config,
    parts: &Parts,
    demo_key: Option<String>,
    setup_code: &str,
    supervisor: Option<Arc<Supervisor>>,
) -> Result<After, StartError> {
    let cannot = |error: std::io::Error| StartError::Cannot(format!("cannot start: {error}"));
    let mut interrupt = signal(SignalKind::interrupt()).map_err(cannot)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(cannot)?;
    let (stop, stopped) = watch::channel(false);
    let household = Arc::new(Household {
        station: Arc::clone(&parts.station),
        people: Arc::clone(&parts.people),
    });
    tokio::spawn(events::tell(Arc::clone(&household)));
    let mut edge = tokio::spawn(edge::serve(
        clones(&parts.http)?,
        parts.edge_settings(config),
        Arc::clone(&household) as Arc<dyn edge::Live>,
        assets::find,
        metrics_of(parts, config.data.clone()),
        parts.ui.socket(),
        stopped,
    ));
    let mdns = mdns(config, parts);
    let control = control::listen(&config.data)?;
    let source = source(config, parts, setup_code, mdns.is_some())?;
    let well = Arc::clone(&source.well);
    tokio::spawn(control::serve(control, Arc::new(source)));
    serve_rtmp(parts)?;
    let (people, clock) = (Arc::clone(&parts.people), parts.station.clock());
    tokio::task::spawn_blocking(move || tell_clock(&people, clock));
    tokio::spawn(look_after(
        Arc::clone(&parts.station),
        Arc::clone(&parts.people),
        config.data.clone(),
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
    if let Some(supervisor) = &supervisor {
        supervisor.ready("On");
        if supervisor.patience.is_some() {
            let duties = parts.duties();
            tokio::spawn(watchdog::feed(
                Arc::clone(supervisor),
                duties,
                watchdog::PACE,
                well,
            ));
        }
    }
    let mut after = After::Nothing;
    let ended = tokio::select! {
        _ = interrupt.recv() => None,
        _ = terminate.recv() => None,
        () = anew::wanted(&parts.again) => {
            after = After::Again;
            None
        }
        ended = &mut edge => Some(ended),
    };
    log::info!("stopping");
    if let Some(supervisor) = &supervisor {
        supervisor.stopping();
    }
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
        Ok(Ok(())) => Ok(after),
        Ok(Err(error)) => Err(StartError::Cannot(format!(
            "the web server stopped: {error}"
        ))),
        Err(error) => Err(StartError::Cannot(format!(
            "the web server stopped: {error}"
        ))),
    }
}

/// Writes the page of metrics. While the store is being changed, its figures of a moment ago stand. Whoever is in the network may
/// read it, so it tells of no channel that not everybody may see.
fn metrics_of(parts: &Parts, data: PathBuf) -> WriteMetrics {
    let (store, station) = (Arc::clone(&parts.store), Arc::clone(&parts.station));
    let people = Arc::clone(&parts.people);
    let is_for_all = move |name: &str| people.visibility_of(name) == Some(Visibility::Household);
    let last = Mutex::new(store.stats());
    let (ring_bytes_most, memory_bytes_most) = (parts.budget.ring_bytes, parts.budget.memory);
    Arc::new(move |edge| {
        let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
        *last = store.stats_now().unwrap_or(*last);
        let figures = Figures {
            store: *last,
            store_broken: store.is_broken(),
            edge: *edge,
            channels: metrics::channels(&station, &is_for_all),
            ring_bytes_granted: station.ring_bytes_granted(),
            ring_bytes_most,
            resident_bytes: memory::of_this_process(),
            memory_bytes_most,
            board: Board::read(Path::new("/"), &data),
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

/// At the end: those who are live are not any more.
fn write_down_who_is_live(people: &People, station: &Station) {
    let now = station.clock().now();
    let live = station.channels().into_iter();
    let live = live.filter_map(|view| people.account_named(&view.name));
    let over = live.map(|account| Over {
        account: account.id,
        at: now,
    });
    write_down(people, &over.collect::<Vec<_>>());
}

fn write_down(people: &People, over: &[Over]) {
    for over in over {
        if let Err(error) = people.went_off_air(over.account, over.at) {
            log::warn!("the end of a stream is not written down: {error}");
        }
    }
}

/// Tells people the wall clock where the system says that it is right.
fn tell_clock(people: &People, clock: Clock) {
    if clock_is_synchronised()
        && let Err(error) = people.clock_is_known(clock.now(), clock.unix_ms())
    {
        log::warn!("the date could not be written: {error}");
    }
}

/// systemd-timesyncd and chrony's helper leave this file; a clock chip is as good.
fn clock_is_synchronised() -> bool {
    ["/run/systemd/timesync/synchronized", "/dev/rtc0"]
        .iter()
        .any(|path| std::path::Path::new(path).exists())
}

/// Ends sessions whose grace is over, makes the TS that somebody waits for, keeps powered-on time.
async fn look_after(station: Arc<Station>, people: Arc<People>, data: PathBuf) {
    let mut ticks = tokio::time::interval(Duration::from_millis(TICK_MS));
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut time_kept = station.clock().now();
    loop {
        ticks.tick().await;
        quiet::keep(&station, &people);
        replaced::keep(&station, &people);
        station.tick();
        let over = station.take_over();
        if !over.is_empty() {
            let people = Arc::clone(&people);
            report(tokio::task::spawn_blocking(move || write_down(&people, &over)).await);
        }
        let now = station.clock().now();
        for on_air in station.all_with_media() {
            if on_air.ts.is_wanted(now) || on_air.ts.bytes() > 0 {
                let ts = Arc::clone(&on_air.ts);
                report(tokio::task::spawn_blocking(move || ts.refresh(now)).await);
            }
        }
        if now.since(time_kept) >= KEEP_TIME_S * 1_000 {
            time_kept = now;
            let (people, clock, data) = (Arc::clone(&people), station.clock(), data.clone());
            let keep = move || {
                tell_clock(&people, clock);
                forget_used_code(&people, &data);
                people.keep_time(now)
            };
            report(tokio::task::spawn_blocking(keep).await);
        }
    }
}

/// A code on the card is of no use once there is an owner, and the next start takes it off.
fn forget_used_code(people: &People, data: &Path) {
    if people.has_owner() && card::setup_code(data).is_some() {
        card::forget_setup_code(data);
    }
}

/// Until when a box that has been on for `powered_on_ms` needs no set-up code, on a clock that starts now.
fn open_until(powered_on_ms: Option<u64>) -> Mono {
    let open = u64::try_from(SETUP_OPEN.as_millis()).unwrap_or(0);
    // How long it has been on is not known: it may have been long.
    Mono(open.saturating_sub(powered_on_ms.unwrap_or(open)))
}

/// How long the kernel has run, ms.
fn powered_on_ms() -> Option<u64> {
    let uptime = std::fs::read_to_string("/proc/uptime").ok()?;
    let seconds: f64 = uptime.split_whitespace().next()?.parse().ok()?;
    Some((seconds * 1_000.0) as u64)
}

/// Whether the network is told our name: unless that is not wanted or nobody could come.
fn is_announced(config: &Config) -> bool {
    let is_reachable = |address: &SocketAddr| !address.ip().is_loopback();
    config.mdns && config.http.iter().any(is_reachable)
}

fn mdns(config: &Config, parts: &Parts) -> Option<Mdns> {
    if !is_announced(config) {
        return None;
    }
    let settings = MdnsSettings {
        name: parts.network_name.clone(),
        http_port: port_of(&parts.http),
        rtmp_port: port_of(&parts.rtmp),
        kept: config.data.join("mdns-name"),
    };
    match Mdns::start(settings) {
        Ok(mdns) => Some(mdns),
        Err(error) => {
            log::warn!("the box has no name in the network: {error}");
            None
        }
    }
}

fn source(
    config: &Config,
    parts: &Parts,
    setup_code: &str,
    has_name: bool,
) -> Result<Source, StartError> {
    Ok(Source {
        people: Arc::clone(&parts.people),
        station: Arc::clone(&parts.station),
        store: Arc::clone(&parts.store),
        data: config.data.clone(),
        name: has_name.then(|| parts.network_name.clone()),
        http: local(&parts.http)?,
        setup_code: setup_code.to_owned(),
        open_until: parts.open_until.0,
        problems: config.problems.clone(),
        well: Arc::default(),
    })
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

fn reach(config: &Config) -> Reach {
    match config.reach {
        ReachSetting::Home => Reach::Home,
        ReachSetting::Anywhere => Reach::Anywhere,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_daemon_that_starts_anew_does_not_open_the_box_again() {
        assert_eq!(open_until(Some(0)), Mono(15 * 60_000));
        assert_eq!(open_until(Some(14 * 60_000)), Mono(60_000));
        assert_eq!(open_until(Some(16 * 60_000)), Mono(0));
        assert_eq!(open_until(None), Mono(0));
    }
}

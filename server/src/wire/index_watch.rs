//! New index content going live, and damaged content taken out of service.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use hunktrace_indexer::index::folder::IndexError;
use hunktrace_proto::v1::hunktrace_server::HunktraceServer;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

use crate::index::live_index::LiveIndex;
use crate::wire::heavy_threads::HeavyWork;
use crate::wire::service::HunktraceService;

/// How often the service looks for a new generation of its index, and for damage.
const REFRESH_INTERVAL: Duration = Duration::from_millis(500);

/// How often all files are compared with their checksums; of a new generation they are at once.
const CHECK_INTERVAL: Duration = Duration::from_secs(6 * 60 * 60);

/// Keeps the service's index fresh and its health true, until it is stopped.
pub(crate) struct IndexWatch {
    tasks: [tokio::task::JoinHandle<()>; 2],
    is_stopped: Arc<AtomicBool>,
}

impl IndexWatch {
    /// Starts to watch; all files are checked first, in the background.
    pub(crate) fn start(index: Arc<LiveIndex>, health: HealthReporter, threads: &HeavyWork) -> IndexWatch {
        let is_stopped = Arc::new(AtomicBool::new(false));
        let refresher = tokio::spawn(keep_fresh(Arc::clone(&index), health, threads.clone()));
        let checker = tokio::spawn(keep_checked(index, Arc::clone(&is_stopped), threads.clone()));
        IndexWatch { tasks: [refresher, checker], is_stopped }
    }

    /// Ends it; a check that is under way ends within a moment.
    pub(crate) fn stop(&self) {
        self.is_stopped.store(true, Ordering::Relaxed);
        self.tasks.iter().for_each(tokio::task::JoinHandle::abort);
    }
}

/// Turns to new generations of the index as they appear, and says whether the present one may be asked.
async fn keep_fresh(index: Arc<LiveIndex>, health: HealthReporter, threads: HeavyWork) {
    let mut ticks = tokio::time::interval(REFRESH_INTERVAL);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut is_serving = true;
    loop {
        ticks.tick().await;
        let index_now = Arc::clone(&index);
        match threads.spawn(move || index_now.refresh()).await {
            Ok(Ok(Some(generation))) => tracing::info!(generation, "new index content is live"),
            Ok(Ok(None)) => {}
            Ok(Err(error)) => tracing::warn!(%error, "cannot turn to the new index content"),
            Err(error) => tracing::warn!(%error, "looking for new index content ended early"),
        }
        let damage = index.known_damage();
        if damage.is_none() == is_serving {
            continue;
        }
        is_serving = damage.is_none();
        match damage {
            Some(damage) => tracing::error!(damage, "the index is damaged; what needs it is not answered"),
            None => tracing::info!("the index is whole again"),
        }
        let status = if is_serving { ServingStatus::Serving } else { ServingStatus::NotServing };
        health.set_service_status("", status).await;
        health.set_service_status(service_name(), status).await;
    }
}

fn service_name() -> &'static str {
    <HunktraceServer<HunktraceService> as tonic::server::NamedService>::NAME
}

/// Compares the files of each generation with their checksums, at once and every few hours.
async fn keep_checked(index: Arc<LiveIndex>, is_stopped: Arc<AtomicBool>, threads: HeavyWork) {
    let mut checked: Option<(u64, Instant)> = None;
    let mut ticks = tokio::time::interval(REFRESH_INTERVAL);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let live = index.current();
        let generation = live.snapshot.generation().number;
        let is_due = checked.is_none_or(|(known, at)| known != generation || at.elapsed() > CHECK_INTERVAL);
        if !is_due {
            continue;
        }
        let is_stopped = Arc::clone(&is_stopped);
        let keep_on = move || !is_stopped.load(Ordering::Relaxed);
        let started = Instant::now();
        let check = threads.spawn(move || {
            let outcome = live.snapshot.check_files(&keep_on);
            // Of a generation that was replaced meanwhile, files may be gone.
            if live.snapshot.is_outdated() { None } else { Some(outcome) }
        });
        match check.await {
            Ok(Some(Ok(()))) => {
                tracing::info!(generation, seconds = started.elapsed().as_secs_f64(), "all checksums agree");
                checked = Some((generation, Instant::now()));
            }
            // `keep_fresh` says which damage was found.
            Ok(Some(Err(IndexError::Damaged { .. }))) => checked = Some((generation, Instant::now())),
            Ok(Some(Err(error))) => tracing::warn!(%error, "the index cannot be checked"),
            Ok(None) => {}
            Err(error) => tracing::warn!(%error, "checking the index ended early"),
        }
    }
}

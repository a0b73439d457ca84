//! What a server does after a call was dropped.

use std::time::{Duration, Instant};

use crate::server::Server;

/// The gauge of works that have a turn, which they have until they have stopped.
const WORKING: &str = "hunktrace_works_in_progress ";

/// How often it is looked whether a server works.
const INTERVAL: Duration = Duration::from_millis(2);

/// For how long a server is watched.
const WATCHED: Duration = Duration::from_secs(1);

/// What a server does after a call was dropped.
#[derive(Clone, Copy, Debug)]
pub struct WorkAfter {
    /// How long its work had a turn, and its place in memory.
    pub working: Duration,
    /// The processor time that the server used within a second, for whatever it was.
    pub processor_time: Duration,
}

/// Watches a server that serves its metrics for a second, or until it does not work any more if that is longer.
pub async fn work_after(server: &Server) -> WorkAfter {
    let (dropped, before) = (Instant::now(), run_seconds(server.process_id()));
    let mut working = Duration::ZERO;
    while is_working(server) {
        working = dropped.elapsed();
        tokio::time::sleep(INTERVAL).await;
    }
    tokio::time::sleep(WATCHED.saturating_sub(dropped.elapsed())).await;
    let used = run_seconds(server.process_id()) - before;
    WorkAfter { working, processor_time: Duration::try_from_secs_f64(used).unwrap_or_default() }
}

fn is_working(server: &Server) -> bool {
    let page = server.metrics();
    let works = page.lines().find_map(|line| line.strip_prefix(WORKING));
    works.expect("the gauge of works").trim() != "0"
}

/// The processor time that the threads of a process have used which it has now, to a microsecond or so.
fn run_seconds(process: u32) -> f64 {
    let threads = std::fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten();
    let nanoseconds = threads.filter_map(|thread| {
        let told = std::fs::read_to_string(thread.path().join("schedstat")).ok()?;
        told.split_whitespace().next()?.parse::<f64>().ok()
    });
    nanoseconds.sum::<f64>() / 1e9
}

//! What the service counts of itself, in the text format of Prometheus.

use std::fmt;
use std::sync::atomic::{AtomicI64, AtomicU64};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hunktrace_indexer::index::retrieval::HunkRetrieval;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use tonic::Code;

use crate::index::live_index::LiveSnapshot;
use crate::wire::code_name::code_name;
use crate::wire::methods::method_named;

/// Upper bounds of the times that are counted, in seconds: from the fastest lookups to the longest releases.
const TIME_BOUNDS: [f64; 14] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0, 120.0, 600.0];

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct MethodLabel {
    method: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OutcomeLabels {
    method: &'static str,
    status: &'static str,
}

type Count = Gauge<i64, AtomicI64>;

/// The counters of a service.
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<OutcomeLabels, Counter<u64, AtomicU64>>,
    times: Family<MethodLabel, Histogram, fn() -> Histogram>,
    in_progress: Count,
    waiting: Count,
    working: Count,
    held_bytes: Count,
    connections: Count,
    answered_hunks: Counter<u64, AtomicU64>,
    candidates: Counter<u64, AtomicU64>,
    generation: Count,
    written_at: Count,
    age: Count,
    commits: Count,
    hunks: Count,
    bytes_on_disk: Count,
}

/// What is counted elsewhere, at one moment.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Gauged {
    /// Requests that wait for their turn.
    pub(crate) waiting: usize,
    /// Works that have a turn.
    pub(crate) working: usize,
    /// Bytes of requests and answers.
    pub(crate) held_bytes: usize,
    /// Open connections.
    pub(crate) connections: usize,
}

impl Default for Metrics {
    fn default() -> Metrics {
        let mut registry = Registry::with_prefix("hunktrace");
        let times: Family<_, _, fn() -> Histogram> =
            Family::new_with_constructor(|| Histogram::new(TIME_BOUNDS));
        let requests = Family::default();
        registry.register(
            "requests",
            "Requests that have been answered, by method and status",
            requests.clone(),
        );
        registry.register_with_unit(
            "request",
            "Time from a request to the end of its answer",
            Unit::Seconds,
            times.clone(),
        );
        let mut gauge = |name: &str, help: &str| {
            let gauge = Count::default();
            registry.register(name, help, gauge.clone());
            gauge
        };
        let in_progress = gauge("requests_in_progress", "Requests that are being answered");
        let waiting = gauge("requests_waiting", "Requests that wait for their turn");
        let working = gauge("works_in_progress", "Works that have a turn, until they have stopped");
        let held_bytes = gauge("held_bytes", "Bytes of requests and answers that are held");
        let connections = gauge("connections", "Open connections");
        let generation = gauge("index_generation", "Number of the index's generation that is served");
        let written_at = gauge("index_written_at", "When that generation was written, in seconds since 1970");
        let age = gauge("index_age_seconds", "How long ago that generation was written");
        let commits = gauge("index_commits", "Indexed commits");
        let hunks = gauge("index_hunks", "Indexed hunks");
        let bytes_on_disk = gauge("index_bytes", "Bytes of the index's files");
        let mut counter = |name: &str, help: &str| {
            let counter = Counter::default();
            registry.register(name, help, counter.clone());
            counter
        };
        let answered_hunks = counter("answered_hunks", "Hunks that were looked up");
        let candidates = counter("candidates", "Candidates that were named for these hunks");
        Metrics {
            registry,
            requests,
            times,
            in_progress,
            waiting,
            working,
            held_bytes,
            connections,
            answered_hunks,
            candidates,
            generation,
            written_at,
            age,
            commits,
            hunks,
            bytes_on_disk,
        }
    }
}

impl Metrics {
    /// Counts a call that begins.
    pub(crate) fn call_begins(&self) {
        self.in_progress.inc();
    }

    /// Counts a call that has ended; whatever else than their methods clients ask the services for counts as one.
    pub(crate) fn call_ends(&self, method: &str, code: Code, time: Duration) {
        let method = method_named(method).unwrap_or("other");
        self.in_progress.dec();
        self.requests.get_or_create(&OutcomeLabels { method, status: code_name(code) }).inc();
        self.times.get_or_create(&MethodLabel { method }).observe(time.as_secs_f64());
    }

    /// Counts hunks that were looked up, and the candidates named for them.
    pub(crate) fn answered(&self, hunks: usize, candidates: usize) {
        self.answered_hunks.inc_by(hunks as u64);
        self.candidates.inc_by(candidates as u64);
    }

    /// All counters as text, in the OpenMetrics form that Prometheus reads.
    ///
    /// # Errors
    /// Where the text cannot be written.
    pub(crate) fn text(&self, gauged: Gauged, live: &LiveSnapshot) -> Result<String, fmt::Error> {
        self.waiting.set(gauged.waiting as i64);
        self.working.set(gauged.working as i64);
        self.held_bytes.set(gauged.held_bytes as i64);
        self.connections.set(gauged.connections as i64);
        let generation = live.snapshot.generation();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
        self.generation.set(generation.number as i64);
        self.written_at.set(generation.written_at as i64);
        self.age.set(now.saturating_sub(generation.written_at) as i64);
        self.commits.set(live.snapshot.graph().len() as i64);
        self.hunks.set(live.snapshot.hunk_count() as i64);
        if let Ok(sizes) = live.snapshot.folder().file_sizes() {
            self.bytes_on_disk.set(sizes.iter().map(|(_, bytes)| *bytes as i64).sum());
        }
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

//! What is known of a call while it is answered: who asks, what it holds, and how it went.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::time::timeout;
use tokio_stream::{Stream, StreamExt};
use tonic::{Code, Status};
use tracing::{Instrument, Span};

use crate::transport::connection_state::{CallActivity, CallWork};
use crate::wire::call_span::{note_end, step_span};
use crate::wire::code_name::code_name;
use crate::wire::held_bytes::{ByteBudget, HeldBytes};
use crate::wire::metrics::Metrics;
use crate::wire::workers::{Lane, Turn, Workers};

/// The steps of a call.
const WAITING: &str = "wait for a turn";
const WORKING: &str = "work";

/// A call that is being answered.
pub(crate) struct Call {
    /// Its number since the service began.
    pub(crate) id: u64,
    /// The last part of its path, as in `Lookup`.
    pub(crate) method: String,
    /// Who asks.
    pub(crate) peer: String,
    /// The name of the token that it was asked with; empty without one.
    pub(crate) token: String,
    /// When something happened on it last.
    pub(crate) activity: Arc<CallActivity>,
    begun: Instant,
    bytes_in: AtomicU64,
    bytes_out: AtomicU64,
    /// For those who trace calls.
    span: Span,
    /// Whether the request broke off, so that whatever else is said of the call comes from that.
    broke_off: AtomicBool,
    metrics: Arc<Metrics>,
}

impl Call {
    /// A call that begins now.
    pub(crate) fn new(
        id: u64,
        method: String,
        peer: String,
        token: String,
        activity: Arc<CallActivity>,
        metrics: Arc<Metrics>,
        span: Span,
    ) -> Call {
        metrics.call_begins();
        let (bytes_in, bytes_out) = (AtomicU64::new(0), AtomicU64::new(0));
        let (begun, broke_off) = (Instant::now(), AtomicBool::new(false));
        Call { id, method, peer, token, activity, begun, bytes_in, bytes_out, span, broke_off, metrics }
    }

    /// The span of the call.
    pub(crate) fn span(&self) -> &Span {
        &self.span
    }

    /// Notes that the request broke off: its client has gone.
    pub(crate) fn breaks_off(&self) {
        self.broke_off.store(true, Ordering::Relaxed);
    }

    /// Counts bytes that have come from the client.
    pub(crate) fn received(&self, bytes: usize) {
        self.bytes_in.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// Counts bytes that go to the client.
    pub(crate) fn sent(&self, bytes: usize) {
        self.bytes_out.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// Tells how it went, in the log and the metrics.
    fn end(&self, code: Code) {
        let code = if self.broke_off.load(Ordering::Relaxed) { Code::Cancelled } else { code };
        let time = self.begun.elapsed();
        let Call { id, method, peer, token, .. } = self;
        let (bytes_in, bytes_out) =
            (self.bytes_in.load(Ordering::Relaxed), self.bytes_out.load(Ordering::Relaxed));
        let time_ms = (time.as_secs_f64() * 1e6).round() / 1e3;
        let status = code_name(code);
        tracing::info!(
            target: "hunktrace_server::requests",
            id, %method, %peer, %token, bytes_in, bytes_out, time_ms, %status, "request"
        );
        note_end(&self.span, code, bytes_in, bytes_out);
        self.metrics.call_ends(method, code, time);
    }
}

/// Tells how a call went when it is over, however that comes about.
pub(crate) struct CallEnd {
    call: Arc<Call>,
    /// What is told if nobody says anything else: the client has gone.
    code: Code,
}

impl CallEnd {
    /// Of a call that has begun.
    pub(crate) fn new(call: Arc<Call>) -> CallEnd {
        CallEnd { call, code: Code::Cancelled }
    }

    /// The call.
    pub(crate) fn call(&self) -> &Arc<Call> {
        &self.call
    }

    /// Notes how the call went.
    pub(crate) fn is(&mut self, code: Code) {
        self.code = code;
    }
}

impl Drop for CallEnd {
    fn drop(&mut self) {
        self.call.end(self.code);
    }
}

/// What a method of the service is given of its call.
#[derive(Clone)]
pub(crate) struct CallContext {
    activity: Arc<CallActivity>,
    budget: Arc<ByteBudget>,
    span: Span,
    /// What the body of the request holds: of a unary request until it is answered.
    pub(crate) body: Arc<Mutex<HeldBytes>>,
}

impl CallContext {
    /// That of a call whose bytes are counted in `budget`.
    pub(crate) fn new(activity: Arc<CallActivity>, budget: &Arc<ByteBudget>, span: Span) -> CallContext {
        let body = Arc::new(Mutex::new(budget.nothing()));
        CallContext { activity, budget: Arc::clone(budget), span, body }
    }

    /// That of a request, or of one that came without: in this process nothing is counted.
    pub(crate) fn of<T>(request: &tonic::Request<T>) -> CallContext {
        let known = request.extensions().get::<CallContext>().cloned();
        known.unwrap_or_else(|| {
            CallContext::new(CallActivity::unwatched(), &ByteBudget::new(usize::MAX), Span::none())
        })
    }

    /// Notes that something is worked on, until the result is dropped.
    pub(crate) fn work(&self) -> CallWork {
        self.activity.work()
    }

    /// Waits for a turn, as [`Workers::turn`] does.
    ///
    /// # Errors
    /// RESOURCE_EXHAUSTED where too many wait already, UNAVAILABLE where the service ends.
    pub(crate) async fn turn(&self, workers: &Workers, lane: Lane) -> Result<Turn, Status> {
        let turn = workers.turn(lane).instrument(step_span(&self.span, WAITING)).await?;
        Ok(turn.in_span(step_span(&self.span, WORKING)))
    }

    /// Waits for a turn, as [`Workers::turn_of_stream`] does.
    ///
    /// # Errors
    /// UNAVAILABLE where the service ends.
    pub(crate) async fn turn_of_stream(&self, workers: &Workers, lane: Lane) -> Result<Turn, Status> {
        let turn = workers.turn_of_stream(lane).instrument(step_span(&self.span, WAITING)).await?;
        Ok(turn.in_span(step_span(&self.span, WORKING)))
    }

    /// The next message of a call's requests; none where they end.
    ///
    /// # Errors
    /// Those of the requests; DEADLINE_EXCEEDED where nothing goes either way for longer than `idle`, and nothing is worked on.
    pub(crate) async fn next<T>(
        &self,
        requests: &mut (impl Stream<Item = Result<T, Status>> + Unpin),
        idle: Duration,
    ) -> Result<Option<T>, Status> {
        loop {
            let left = idle.saturating_sub(self.activity.idle_for());
            if left.is_zero() {
                return Err(idle_status("sent nothing"));
            }
            if let Ok(message) = timeout(left, requests.next()).await {
                return message.transpose();
            }
        }
    }

    /// Holds the bytes of a message of a stream: what its body holds of them is held by the result from now on.
    ///
    /// # Errors
    /// RESOURCE_EXHAUSTED where a message that was compressed finds no room.
    pub(crate) fn take(&self, bytes: usize) -> Result<HeldBytes, Status> {
        // The body gives up first what the message takes.
        self.body.lock().unwrap_or_else(PoisonError::into_inner).shrink(bytes);
        self.budget.hold(bytes)
    }
}

/// Of a call whose client has `done` nothing for longer than it may.
pub(crate) fn idle_status(done: &str) -> Status {
    Status::deadline_exceeded(format!("the client {done} for longer than it may (call_idle); call again"))
}

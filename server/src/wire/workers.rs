//! Threads where computing does not hold up the network, and whose turn it is to use a core.
//!
//! A turn lasts as long as the work, not as the call: a client that goes away asks the work to stop, and only when it has
//! is the next one's turn.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hunktrace_indexer::cancellation::Cancellation;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tonic::Status;
use tracing::Span;

use crate::wire::heavy_threads::HeavyWork;
use crate::wire::limits::Limits;
use crate::wire::refusal::too_busy;

/// Kinds of work that do not wait for each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lane {
    /// Looking up, and whatever else takes a while.
    Lookups,
    /// Taking releases apart, which takes minutes.
    Releases,
    /// What is answered in a moment, so that a busy service still tells its state.
    Brief,
}

/// As many lookups as there are cores are worked on at a time: more would only take turns, and memory.
pub(crate) struct Workers {
    lookups: Gate,
    releases: Gate,
    brief: Gate,
    /// Where it is worked.
    threads: HeavyWork,
}

/// Lets a number of works through at a time, and a number of others wait.
struct Gate {
    turns: Arc<Semaphore>,
    /// How many these are in all.
    most: usize,
    waiting: AtomicUsize,
    max_waiting: usize,
}

/// The right to work, until it is dropped.
#[derive(Debug)]
pub(crate) struct Turn {
    _permit: OwnedSemaphorePermit,
    /// What is done with it belongs to this, for those who trace it.
    span: Span,
    /// Where it is used.
    threads: HeavyWork,
}

impl Turn {
    fn of(permit: OwnedSemaphorePermit) -> Turn {
        Turn { _permit: permit, span: Span::none(), threads: HeavyWork::default() }
    }

    /// The same, for work that belongs to a span.
    pub(crate) fn in_span(self, span: Span) -> Turn {
        Turn { span, ..self }
    }
}

impl Workers {
    /// One turn for each core, and as many releases as the limits say.
    pub(crate) fn new(limits: &Limits) -> Workers {
        let gate = |turns: usize| Gate {
            turns: Arc::new(Semaphore::new(turns)),
            most: turns,
            waiting: AtomicUsize::new(0),
            max_waiting: limits.waiting,
        };
        let (lookups, brief) = (gate(cores()), gate(cores()));
        Workers { lookups, releases: gate(limits.releases.max(1)), brief, threads: HeavyWork::default() }
    }

    /// The same for a process that serves others: what they wait for at the network comes before work.
    pub(crate) fn on(self, threads: HeavyWork) -> Workers {
        Workers { threads, ..self }
    }

    /// Where it is worked.
    pub(crate) fn threads(&self) -> &HeavyWork {
        &self.threads
    }

    fn gate(&self, lane: Lane) -> &Gate {
        match lane {
            Lane::Lookups => &self.lookups,
            Lane::Releases => &self.releases,
            Lane::Brief => &self.brief,
        }
    }

    /// How many requests wait for their turn.
    pub(crate) fn waiting(&self) -> usize {
        [&self.lookups, &self.releases, &self.brief]
            .map(|gate| gate.waiting.load(Ordering::Relaxed))
            .iter()
            .sum()
    }

    /// How many works have a turn; one that nobody wants any more has it until it has stopped.
    pub(crate) fn working(&self) -> usize {
        let working = |gate: &Gate| gate.most.saturating_sub(gate.turns.available_permits());
        [&self.lookups, &self.releases, &self.brief].map(working).iter().sum()
    }

    /// Waits for a turn.
    ///
    /// # Errors
    /// RESOURCE_EXHAUSTED where too many wait already, UNAVAILABLE where the service ends.
    pub(crate) async fn turn(&self, lane: Lane) -> Result<Turn, Status> {
        let gate = self.gate(lane);
        if let Ok(turn) = Arc::clone(&gate.turns).try_acquire_owned() {
            return Ok(self.turn_with(Turn::of(turn)));
        }
        let _waiting = Waiting::join(gate)?;
        gate.next_turn().await.map(|turn| self.turn_with(turn))
    }

    /// Waits for a turn however many others wait: a stream has few works under way, and streams are limited themselves.
    ///
    /// # Errors
    /// UNAVAILABLE where the service ends.
    pub(crate) async fn turn_of_stream(&self, lane: Lane) -> Result<Turn, Status> {
        self.gate(lane).next_turn().await.map(|turn| self.turn_with(turn))
    }

    fn turn_with(&self, turn: Turn) -> Turn {
        Turn { threads: self.threads.clone(), ..turn }
    }
}

impl Gate {
    async fn next_turn(&self) -> Result<Turn, Status> {
        let turn = Arc::clone(&self.turns).acquire_owned().await;
        turn.map(Turn::of).map_err(|error| Status::unavailable(error.to_string()))
    }
}

/// A place among those that wait.
struct Waiting<'a>(&'a Gate);

impl Waiting<'_> {
    fn join(gate: &Gate) -> Result<Waiting<'_>, Status> {
        let waiting = Waiting(gate);
        if gate.waiting.fetch_add(1, Ordering::Relaxed) >= gate.max_waiting {
            return Err(too_busy("requests that wait", gate.max_waiting, "waiting"));
        }
        Ok(waiting)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Cancels work when nobody waits for it any more.
pub(crate) struct CancelOnDrop(Cancellation);

impl CancelOnDrop {
    /// Of work that has not begun.
    pub(crate) fn new() -> CancelOnDrop {
        CancelOnDrop(Cancellation::default())
    }

    /// What the work has to look at.
    pub(crate) fn cancellation(&self) -> Cancellation {
        self.0.clone()
    }
}

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

/// The cores of this machine that the program may use.
pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Does `work` on a thread where computing does not hold up the network; its turn ends with it.
///
/// # Errors
/// Those of the work; INTERNAL where it ends early.
pub(crate) async fn on_worker<T: Send + 'static>(
    turn: Turn,
    work: impl FnOnce() -> Result<T, Status> + Send + 'static,
) -> Result<T, Status> {
    let threads = turn.threads.clone();
    let worked = threads.spawn(move || {
        let result = turn.span.in_scope(work);
        drop(turn);
        result
    });
    match worked.await {
        Ok(result) => result,
        Err(error) => {
            tracing::error!(%error, "the work on a request ended early");
            Err(Status::internal("the work on this request ended early; the server's log says more"))
        }
    }
}

#[cfg(test)]
mod tests {
    use tonic::Code;

    use super::*;

    fn workers(waiting: usize) -> Workers {
        Workers::new(&Limits { waiting, releases: 1, ..Limits::default() })
    }

    #[tokio::test]
    async fn work_that_ends_early_is_an_internal_error() {
        let workers = workers(1);
        let turn = workers.turn(Lane::Releases).await.expect("a turn");
        let outcome: Result<(), Status> = on_worker(turn, || panic!("expected by this test")).await;
        assert_eq!(outcome.expect_err("it ended early").code(), Code::Internal);
        assert!(workers.turn(Lane::Releases).await.is_ok(), "its turn is over");
    }

    #[tokio::test]
    async fn turn_lasts_until_the_work_has_stopped() {
        let workers = workers(1);
        let guard = CancelOnDrop::new();
        let (begun_sender, begun) = tokio::sync::oneshot::channel();
        let turn = workers.turn(Lane::Releases).await.expect("a turn");
        let cancellation = guard.cancellation();
        let call = tokio::spawn(on_worker(turn, move || {
            begun_sender.send(()).expect("the test listens");
            while !cancellation.is_cancelled() {
                std::thread::yield_now();
            }
            Ok(())
        }));
        begun.await.expect("the work begins");
        call.abort();
        assert!(Arc::clone(&workers.releases.turns).try_acquire_owned().is_err(), "it still works");
        assert_eq!(workers.working(), 1);
        drop(guard);
        assert!(workers.turn(Lane::Releases).await.is_ok());
        assert_eq!(workers.working(), 0);
    }

    #[tokio::test]
    async fn more_than_may_wait_are_refused() {
        let workers = workers(0);
        let turn = workers.turn(Lane::Releases).await.expect("a turn");
        let refusal = workers.turn(Lane::Releases).await.expect_err("nobody may wait");
        assert_eq!(refusal.code(), Code::ResourceExhausted);
        assert_eq!(workers.waiting(), 0);
        assert!(workers.turn(Lane::Brief).await.is_ok(), "another lane is free");
        drop(turn);
        assert!(workers.turn(Lane::Releases).await.is_ok());
    }
}

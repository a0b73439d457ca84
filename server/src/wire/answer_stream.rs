//! The answers of a call that has many: when nobody takes them any more, the work on them stops.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hunktrace_indexer::cancellation::Cancelled;
use tokio::runtime::Handle;
use tokio::sync::mpsc::{Receiver, Sender};
use tokio::time::timeout;
use tokio_stream::Stream;
use tonic::Status;

use crate::wire::call::idle_status;
use crate::wire::held_bytes::HeldBytes;
use crate::wire::limits::Limits;
use crate::wire::refusal::cancelled_status;
use crate::wire::workers::CancelOnDrop;

/// An answer with the bytes that it holds until it is taken.
pub(crate) type QueuedAnswer<T> = (Result<T, Status>, Option<HeldBytes>);

/// How long a client may keep a work waiting that has a turn, which others wait for.
const PATIENCE_WITH_TURN: Duration = Duration::from_secs(60);

/// How long a work that has a turn waits for its client.
pub(crate) fn patience_with_turn(limits: &Limits) -> Duration {
    limits.call_idle.min(PATIENCE_WITH_TURN)
}

/// Sends an answer from the thread of a work; it waits for the client, but not for ever.
///
/// # Errors
/// CANCELLED where the client has gone, DEADLINE_EXCEEDED where it takes no answer.
pub(crate) fn send_patiently<T>(
    answers: &Sender<QueuedAnswer<T>>,
    answer: T,
    patience: Duration,
) -> Result<(), Status> {
    match Handle::current().block_on(async { timeout(patience, answers.send((Ok(answer), None))).await }) {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) => Err(cancelled_status(Cancelled::Requested)),
        Err(_) => Err(idle_status("took no answer")),
    }
}

/// The answers of a call, as they come.
pub struct AnswerStream<T> {
    answers: Receiver<QueuedAnswer<T>>,
    call: CancelOnDrop,
    is_over: bool,
}

impl<T> AnswerStream<T> {
    /// What comes out of a queue, for as long as `call` is wanted.
    pub(crate) fn new(answers: Receiver<QueuedAnswer<T>>, call: CancelOnDrop) -> AnswerStream<T> {
        AnswerStream { answers, call, is_over: false }
    }
}

impl<T> Stream for AnswerStream<T> {
    type Item = Result<T, Status>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        // What it holds is counted by the transport from now on.
        if let Some((answer, _)) = ready!(self.answers.poll_recv(context)) {
            return Poll::Ready(Some(answer));
        }
        // Answers that nobody took for too long are not all.
        let is_cut_off = !self.is_over && self.call.cancellation().is_cancelled();
        self.is_over = true;
        Poll::Ready(is_cut_off.then(|| Err(idle_status("took no answer"))))
    }
}

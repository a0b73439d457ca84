//! The answers of a call that has many: when nobody takes them any more, the work on them stops.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::sync::mpsc::Receiver;
use tokio_stream::Stream;
use tonic::Status;

use crate::wire::call::idle_status;
use crate::wire::held_bytes::HeldBytes;
use crate::wire::workers::CancelOnDrop;

/// An answer with the bytes that it holds until it is taken.
pub(crate) type QueuedAnswer<T> = (Result<T, Status>, Option<HeldBytes>);

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

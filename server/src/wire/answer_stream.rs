//! The answers of a call that has many: when nobody takes them any more, the work on them stops.

use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::sync::mpsc::Receiver;
use tokio_stream::Stream;
use tonic::Status;

use crate::wire::workers::CancelOnDrop;

/// The answers of a call, as they come.
pub struct AnswerStream<T> {
    answers: Receiver<Result<T, Status>>,
    _call: CancelOnDrop,
}

impl<T> AnswerStream<T> {
    /// What comes out of a queue, for as long as `call` is wanted.
    pub(crate) fn new(answers: Receiver<Result<T, Status>>, call: CancelOnDrop) -> AnswerStream<T> {
        AnswerStream { answers, _call: call }
    }
}

impl<T> Stream for AnswerStream<T> {
    type Item = Result<T, Status>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.answers.poll_recv(context)
    }
}

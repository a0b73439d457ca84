//! The bodies of requests and answers: their bytes are counted, held and bounded while they are on their way.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body as HttpBody, Frame, SizeHint};
use hunktrace_indexer::cancellation::Cancelled;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Sleep, sleep};
use tonic::body::Body;
use tonic::{Code, Status};

use crate::wire::call::{Call, CallEnd};
use crate::wire::held_bytes::HeldBytes;
use crate::wire::message_boundary::MessageBoundary;
use crate::wire::refusal::cancelled_status;

/// Bytes of a request from which on its coming counts as a sign of life: a client that sends byte by byte stands still.
const SIGN_OF_LIFE_BYTES: usize = 16 << 10;

/// The body of a request.
pub(crate) struct RequestBody {
    inner: Body,
    call: Arc<Call>,
    held: Arc<Mutex<HeldBytes>>,
    /// Bytes that have come since the last sign of life.
    unsaid: usize,
    boundary: MessageBoundary,
}

impl RequestBody {
    /// A body whose bytes are added to `held` as they come.
    pub(crate) fn new(inner: Body, call: Arc<Call>, held: Arc<Mutex<HeldBytes>>) -> RequestBody {
        RequestBody { inner, call, held, unsaid: 0, boundary: MessageBoundary::default() }
    }
}

impl HttpBody for RequestBody {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let frame = ready!(Pin::new(&mut self.inner).poll_frame(context));
        // A request that breaks off is one of a client that has gone, also where the transport calls that its end. The decoder
        // takes either for the end of the request, and finds it lacking.
        let breaks_off = match &frame {
            Some(frame) => frame.is_err(),
            None => self.boundary.is_within_message(),
        };
        if breaks_off {
            self.boundary = MessageBoundary::default();
            self.call.breaks_off();
            return Poll::Ready(Some(Err(cancelled_status(Cancelled::Requested))));
        }
        let frame = frame.map(|frame| frame.map_err(|_| cancelled_status(Cancelled::Requested)));
        if let Some(Ok(frame)) = &frame
            && let Some(data) = frame.data_ref()
        {
            self.call.received(data.len());
            self.boundary.pass(data);
            self.unsaid += data.len();
            if self.unsaid >= SIGN_OF_LIFE_BYTES {
                self.unsaid = 0;
                self.call.activity.touch();
            }
            let held = self.held.lock().unwrap_or_else(PoisonError::into_inner).grow(data.len());
            if let Err(status) = held {
                return Poll::Ready(Some(Err(status)));
            }
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// The body of an answer. The call is over when it is.
pub(crate) struct AnswerBody {
    /// None once the client's time is over.
    inner: Option<Body>,
    end: CallEnd,
    /// The part that was passed to the transport last: it asks for the next one when it has sent that.
    held: HeldBytes,
    _place: OwnedSemaphorePermit,
    deadline: Option<Pin<Box<Sleep>>>,
}

impl AnswerBody {
    /// A body whose bytes are added to `held` while they are sent; it ends after the client's time, if there is one.
    pub(crate) fn new(
        inner: Body,
        end: CallEnd,
        held: HeldBytes,
        place: OwnedSemaphorePermit,
        time: Option<Duration>,
    ) -> AnswerBody {
        let deadline = time.map(|time| Box::pin(sleep(time)));
        AnswerBody { inner: Some(inner), end, held, _place: place, deadline }
    }

    /// Whether the client's time is over.
    fn is_late(&mut self, context: &mut Context<'_>) -> bool {
        self.deadline.as_mut().is_some_and(|deadline| deadline.as_mut().poll(context).is_ready())
    }

    /// Ends the answer with a status; what was worked on for it stops.
    fn end_with(&mut self, status: &Status) -> Option<Result<Frame<Bytes>, Status>> {
        self.inner = None;
        self.end.is(status.code());
        let mut trailers = HeaderMap::new();
        Some(status.add_header(&mut trailers).map(|()| Frame::trailers(trailers)))
    }
}

impl HttpBody for AnswerBody {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let AnswerBody { held, end, .. } = &mut *self;
        if !held.is_empty() {
            held.shrink(usize::MAX);
            end.call().activity.touch();
        }
        if self.inner.is_some() && self.is_late(context) {
            let status = Status::deadline_exceeded("the client's time for this call is over");
            return Poll::Ready(self.end_with(&status));
        }
        let Some(inner) = &mut self.inner else { return Poll::Ready(None) };
        let frame = ready!(Pin::new(inner).poll_frame(context));
        match &frame {
            Some(Ok(frame)) => {
                if let Some(data) = frame.data_ref() {
                    self.end.call().sent(data.len());
                    self.end.call().activity.touch();
                    if let Err(status) = self.held.grow(data.len()) {
                        return Poll::Ready(self.end_with(&status));
                    }
                } else if let Some(trailers) = frame.trailers_ref() {
                    let code = Status::from_header_map(trailers).map_or(Code::Ok, |status| status.code());
                    self.end.is(code);
                }
            }
            Some(Err(error)) => self.end.is(error.code()),
            None => {}
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.as_ref().is_none_or(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.as_ref().map(HttpBody::size_hint).unwrap_or_default()
    }
}

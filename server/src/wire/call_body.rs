//! The bodies of requests and answers: their bytes are counted, held and bounded while they are on their way.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body as HttpBody, Frame, SizeHint};
use hunktrace_indexer::cancellation::{Cancellation, Cancelled};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Sleep, sleep};
use tonic::body::Body;
use tonic::{Code, Status};

use crate::wire::call::{Call, CallEnd};
use crate::wire::held_bytes::HeldBytes;
use crate::wire::message_boundary::MessageBoundary;
use crate::wire::message_encoding::Encoding;
use crate::wire::packing::{Apart, PackingTurns};
use crate::wire::refusal::cancelled_status;
use crate::wire::request_messages::{RequestMessages, Step};

/// Bytes of a request from which on its coming counts as a sign of life: a client that sends byte by byte stands still.
const SIGN_OF_LIFE_BYTES: usize = 16 << 10;

/// Bytes of an answer from which on they are compressed off the threads of the network.
const LONG_ANSWER_BYTES: usize = 64 << 10;

/// Bytes that are passed to the reader of messages at once, which copies them.
const PASSED_AT_ONCE: usize = 1 << 20;

/// Who puts the messages of a request together.
enum PutTogether {
    /// The thread of the network, as long as it is little work.
    Here(RequestMessages),
    /// Another thread.
    Apart(Apart<(RequestMessages, Step)>),
    /// Nobody, because they cannot be read.
    Failed,
}

/// The body of a request.
pub(crate) struct RequestBody {
    inner: Body,
    call: Arc<Call>,
    held: Arc<Mutex<HeldBytes>>,
    /// What the reader of messages keeps: room for the longest one so far.
    reader: HeldBytes,
    /// Bytes that have come since the last sign of life.
    unsaid: usize,
    boundary: MessageBoundary,
    messages: PutTogether,
    packing: PackingTurns,
    /// Bytes that were passed on since other tasks had the thread.
    passed: usize,
}

impl RequestBody {
    /// A body whose messages are put together by `messages`, which adds what they hold to `held`; `reader` holds nothing yet.
    pub(crate) fn new(
        inner: Body,
        call: Arc<Call>,
        held: Arc<Mutex<HeldBytes>>,
        reader: HeldBytes,
        messages: RequestMessages,
        packing: PackingTurns,
    ) -> RequestBody {
        let (boundary, messages) = (MessageBoundary::default(), PutTogether::Here(messages));
        RequestBody { inner, call, held, reader, unsaid: 0, boundary, messages, packing, passed: 0 }
    }

    /// Notes data that has come.
    fn note(&mut self, data: &Bytes) {
        self.call.received(data.len());
        self.boundary.pass(data);
        self.unsaid += data.len();
        if self.unsaid >= SIGN_OF_LIFE_BYTES {
            self.unsaid = 0;
            self.call.activity.touch();
        }
    }

    /// Passes messages on to their reader.
    fn pass_on(&mut self, data: Bytes) -> Result<Frame<Bytes>, Status> {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner).bytes();
        self.reader.grow(held.saturating_sub(self.reader.bytes()))?;
        self.passed += data.len();
        Ok(Frame::data(data))
    }

    /// What is there of whole messages, if there is something.
    fn poll_messages(&mut self, context: &mut Context<'_>) -> Poll<Result<Option<Bytes>, Status>> {
        if self.passed >= PASSED_AT_ONCE {
            self.passed = 0;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        loop {
            let step = match std::mem::replace(&mut self.messages, PutTogether::Failed) {
                PutTogether::Failed => return Poll::Ready(Ok(None)),
                PutTogether::Here(mut messages) => {
                    let step = messages.step()?;
                    if let Step::Pause = step {
                        self.messages = PutTogether::Apart(self.packing.unpack(messages));
                        continue;
                    }
                    self.messages = PutTogether::Here(messages);
                    step
                }
                PutTogether::Apart(mut unpacking) => match unpacking.as_mut().poll(context) {
                    Poll::Pending => {
                        self.messages = PutTogether::Apart(unpacking);
                        return Poll::Pending;
                    }
                    Poll::Ready(unpacked) => {
                        let (messages, step) = unpacked?;
                        self.messages = PutTogether::Here(messages);
                        step
                    }
                },
            };
            return Poll::Ready(Ok(match step {
                Step::Messages(messages) => Some(messages),
                Step::Idle | Step::Pause => None,
            }));
        }
    }
}

impl HttpBody for RequestBody {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        loop {
            match ready!(self.poll_messages(context)) {
                Ok(Some(messages)) => return Poll::Ready(Some(self.pass_on(messages))),
                Ok(None) => {}
                Err(status) => return Poll::Ready(Some(Err(status))),
            }
            let frame = ready!(Pin::new(&mut self.inner).poll_frame(context));
            // A request that breaks off is one of a client that has gone, also where the transport calls that its end. The
            // decoder takes either for the end of the request, and finds it lacking.
            let breaks_off = match &frame {
                Some(frame) => frame.is_err(),
                None => self.boundary.is_within_message(),
            };
            if breaks_off {
                self.boundary = MessageBoundary::default();
                self.call.breaks_off();
                return Poll::Ready(Some(Err(cancelled_status(Cancelled::Requested))));
            }
            let Some(Ok(frame)) = frame else { return Poll::Ready(None) };
            let data = match frame.into_data() {
                Ok(data) => data,
                Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
            };
            self.note(&data);
            if let PutTogether::Here(messages) = &mut self.messages {
                messages.take(data);
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        // What has come may still have to be passed on.
        false
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
    /// How the client wants messages compressed.
    encoding: Option<Encoding>,
    packing: Option<Apart<Bytes>>,
    turns: PackingTurns,
}

impl AnswerBody {
    /// A body whose bytes are added to `held` while they are sent; it ends after the client's time, if there is one.
    pub(crate) fn new(
        inner: Body,
        end: CallEnd,
        held: HeldBytes,
        place: OwnedSemaphorePermit,
        time: Option<Duration>,
        encoding: Option<Encoding>,
        turns: PackingTurns,
    ) -> AnswerBody {
        let deadline = time.map(|time| Box::pin(sleep(time)));
        AnswerBody { inner: Some(inner), end, held, _place: place, deadline, encoding, packing: None, turns }
    }

    /// Whether the client's time is over.
    fn is_late(&mut self, context: &mut Context<'_>) -> bool {
        self.deadline.as_mut().is_some_and(|deadline| deadline.as_mut().poll(context).is_ready())
    }

    /// Ends the answer with a status; what was worked on for it stops.
    fn end_with(&mut self, status: &Status) -> Option<Result<Frame<Bytes>, Status>> {
        self.inner = None;
        self.packing = None;
        self.end.is(status.code());
        let mut trailers = HeaderMap::new();
        Some(status.add_header(&mut trailers).map(|()| Frame::trailers(trailers)))
    }

    /// The next messages as they are sent, or what else comes.
    fn poll_messages(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        loop {
            if let Some(packing) = &mut self.packing {
                let packed = ready!(packing.as_mut().poll(context));
                self.packing = None;
                return Poll::Ready(Some(packed.map(Frame::data)));
            }
            let Some(inner) = &mut self.inner else { return Poll::Ready(None) };
            let frame = match ready!(Pin::new(inner).poll_frame(context)) {
                Some(Ok(frame)) => frame,
                other => return Poll::Ready(other),
            };
            let Some(encoding) = self.encoding else { return Poll::Ready(Some(Ok(frame))) };
            let messages = match frame.into_data() {
                Ok(messages) => messages,
                Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
            };
            if messages.len() < LONG_ANSWER_BYTES {
                let packed = encoding.packed(messages, &Cancellation::default());
                return Poll::Ready(Some(packed.map(Frame::data)));
            }
            if let Err(status) = self.held.grow(messages.len()) {
                return Poll::Ready(Some(Err(status)));
            }
            self.packing = Some(self.turns.pack(encoding, messages));
        }
    }
}

impl HttpBody for AnswerBody {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        if self.packing.is_none() && !self.held.is_empty() {
            self.held.shrink(usize::MAX);
            self.end.call().activity.touch();
        }
        if self.inner.is_some() && self.is_late(context) {
            let status = Status::deadline_exceeded("the client's time for this call is over");
            return Poll::Ready(self.end_with(&status));
        }
        let frame = ready!(self.poll_messages(context));
        match &frame {
            Some(Ok(frame)) => {
                if let Some(data) = frame.data_ref() {
                    self.end.call().sent(data.len());
                    self.end.call().activity.touch();
                    // What it was packed from is gone.
                    self.held.shrink(usize::MAX);
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
        self.packing.is_none() && self.inner.as_ref().is_none_or(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        match self.encoding {
            Some(_) => SizeHint::default(),
            None => self.inner.as_ref().map(HttpBody::size_hint).unwrap_or_default(),
        }
    }
}

//! Answers to a stream of requests, in its order.
//!
//! What has arrived is worked on in batches: one lookup takes about as long as handing it to another thread and back.
//! Reading ahead stops where the requests that are under way take too much memory.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use hunktrace_indexer::cancellation::Cancellation;
use hunktrace_proto::v1;
use prost::Message;
use tokio::sync::mpsc::{Receiver, Sender, UnboundedReceiver, UnboundedSender, channel, unbounded_channel};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use tokio_stream::Stream;
use tonic::Status;

use crate::transport::connection_state::CallWork;
use crate::wire::answer_stream::{AnswerStream, QueuedAnswer};
use crate::wire::call::CallContext;
use crate::wire::held_bytes::HeldBytes;
use crate::wire::limits::Limits;
use crate::wire::lookup_call::{Unanswered, lookup};
use crate::wire::refusal::check_size;
use crate::wire::served_index::{ServedIndex, ServedSnapshot};
use crate::wire::workers::{CancelOnDrop, Lane, Workers, cores, on_worker};

/// Requests of a batch, at most; a batch is no larger than what has arrived.
const BATCH_REQUESTS: usize = 16;

/// Bytes of text from which on a batch is not made larger.
const BATCH_BYTES: usize = 64 << 10;

/// Batches of one stream that are under way, for each core: while one is worked on the next is ready.
const BATCHES_PER_CORE: usize = 2;

/// KiB of requests of one stream that are under way, at most: a text of the largest size, or many small ones. The next
/// request waits beside them.
fn kib_under_way(limits: &Limits) -> u32 {
    u32::try_from(limits.text_bytes >> 10).unwrap_or(u32::MAX).clamp(1, Semaphore::MAX_PERMITS as u32)
}

/// A text that is asked about.
pub(crate) enum AskedText {
    /// It is there; what it holds of all bytes, where that was taken already.
    There(v1::LookupRequest, Option<HeldBytes>),
    /// There is no room for it.
    Refused {
        /// Its name.
        name: String,
        /// Why.
        status: Status,
    },
}

type Asked = Result<AskedText, Status>;
type Answered = Result<v1::LookupResponse, Status>;

/// The share of what may be under way that a request takes, until its answer is passed on, and what it holds of all bytes.
struct Room {
    share: OwnedSemaphorePermit,
    held: Option<HeldBytes>,
    /// Given up when the answer is there.
    work: Option<CallWork>,
}

/// A request that has arrived.
struct Arrived {
    work: Work,
    room: Room,
}

enum Work {
    Lookup(v1::LookupRequest),
    /// There is nothing to look up.
    Known(Answered),
}

/// An answer with the room of its request; `None` for an error that ends the stream.
type Ready = (Answered, Option<Room>);

/// Answers the requests of a stream until it ends or nobody listens any more.
pub(crate) fn answers(
    index: Arc<ServedIndex>,
    workers: Arc<Workers>,
    context: CallContext,
    requests: impl Stream<Item = Asked> + Send + Unpin + 'static,
) -> AnswerStream<v1::LookupResponse> {
    let call = CancelOnDrop::new();
    let limits = *index.limits();
    let answering = Answering { index, workers, context: context.clone(), cancellation: call.cancellation() };
    let (arrived_sender, arrived) = channel(BATCH_REQUESTS);
    let (batch_sender, batches) = channel(cores() * BATCHES_PER_CORE);
    let (answer_sender, answers) = channel(BATCH_REQUESTS);
    tokio::spawn(read(requests, arrived_sender, context, limits));
    tokio::spawn(start_batches(answering, arrived, batch_sender));
    tokio::spawn(pass_on(batches, answer_sender, limits.call_idle, call.cancellation()));
    AnswerStream::new(answers, call)
}

/// What the answers of one stream are made with.
#[derive(Clone)]
struct Answering {
    index: Arc<ServedIndex>,
    workers: Arc<Workers>,
    context: CallContext,
    cancellation: Cancellation,
}

/// Reads requests while no more of them are under way than a text may have; a larger one goes alone.
async fn read(
    mut requests: impl Stream<Item = Asked> + Unpin,
    arrived: Sender<Arrived>,
    context: CallContext,
    limits: Limits,
) {
    let max_kib = kib_under_way(&limits);
    let all_room = Arc::new(Semaphore::new(max_kib as usize));
    loop {
        // Nobody waits for requests of a call whose answers nobody takes.
        let asked = tokio::select! {
            () = arrived.closed() => return,
            asked = context.next(&mut requests, limits.call_idle) => asked,
        };
        let Some(asked) = asked.transpose() else { return };
        let is_last = asked.is_err();
        let under_way = context.work();
        let (work, held) = Work::new(asked, &limits, &context);
        let room = Arc::clone(&all_room).acquire_many_owned(work.kib().min(max_kib)).await;
        // Nobody closes the semaphore.
        let Ok(share) = room else { return };
        let room = Room { share, held, work: Some(under_way) };
        if arrived.send(Arrived { work, room }).await.is_err() || is_last {
            return;
        }
    }
}

impl Work {
    /// A text over the limit, or for which there is no room, is not kept: it is answered without being read.
    fn new(asked: Asked, limits: &Limits, context: &CallContext) -> (Work, Option<HeldBytes>) {
        let (request, held) = match asked {
            Ok(AskedText::There(request, held)) => (request, held),
            Ok(AskedText::Refused { name, status }) => {
                return (Work::Known(Ok(Unanswered::unread(status).into_response(name))), None);
            }
            Err(status) => return (Work::Known(Err(status)), None),
        };
        let held = held.map_or_else(|| context.take(request.encoded_len()), Ok);
        match check_size(&request.text, limits).and(held) {
            Ok(held) => (Work::Lookup(request), Some(held)),
            Err(status) => (Work::Known(Ok(Unanswered::unread(status).into_response(request.name))), None),
        }
    }

    /// What it takes in memory, in KiB, rounded up.
    fn kib(&self) -> u32 {
        let bytes = match self {
            Work::Lookup(request) => request.text.len() + request.name.len() + request.base.len(),
            Work::Known(answered) => answered.as_ref().map_or(0, |answer| answer.name.len()),
        };
        u32::try_from(bytes.div_ceil(1 << 10)).unwrap_or(u32::MAX)
    }

    /// Adds its text to the `bytes` of a batch; whether that batch is not made larger.
    fn ends_batch(&self, bytes: &mut usize) -> bool {
        let Work::Lookup(request) = self else { return false };
        *bytes += request.text.len();
        // Explanations are long: few of them may wait to be passed on.
        *bytes >= BATCH_BYTES || request.explain
    }

    fn answer(self, served: &ServedSnapshot, cancellation: &Cancellation) -> Answered {
        let request = match self {
            Work::Lookup(request) => request,
            Work::Known(answered) => return answered,
        };
        // One request that ends early is no reason to leave the others without an answer.
        let answer = catch_unwind(AssertUnwindSafe(|| lookup(served, &request, cancellation)));
        let answer = answer.unwrap_or_else(|_| Err(Unanswered::unread(Status::internal(ENDED_EARLY))));
        Ok(answer.unwrap_or_else(|mut unanswered| {
            unanswered.status = served.paths.status(unanswered.status);
            unanswered.into_response(request.name)
        }))
    }
}

/// Starts batches; what they answer queues up in the order of the requests, and the queue's size bounds how many run.
async fn start_batches(
    answering: Answering,
    mut arrived: Receiver<Arrived>,
    batches: Sender<UnboundedReceiver<Ready>>,
) {
    while let Some(first) = arrived.recv().await {
        let batch = filled_up(first, &mut arrived);
        // Unbounded, for work does not wait for a slow client: the answers of a batch may all wait to be passed on.
        let (answers, answered) = unbounded_channel();
        if batches.send(answered).await.is_err() {
            return;
        }
        tokio::spawn(answer_batch(answering.clone(), batch, answers));
    }
}

/// A batch of what has arrived.
fn filled_up(first: Arrived, arrived: &mut Receiver<Arrived>) -> Vec<Arrived> {
    let mut bytes = 0;
    let mut is_full = first.work.ends_batch(&mut bytes);
    let mut batch = vec![first];
    while batch.len() < BATCH_REQUESTS && !is_full {
        let Ok(next) = arrived.try_recv() else { break };
        is_full = next.work.ends_batch(&mut bytes);
        batch.push(next);
    }
    batch
}

async fn answer_batch(answering: Answering, batch: Vec<Arrived>, answers: UnboundedSender<Ready>) {
    let failures = answers.clone();
    if let Err(status) = answer_all(answering, batch, answers).await {
        drop(failures.send((Err(status), None)));
    }
}

async fn answer_all(
    answering: Answering,
    batch: Vec<Arrived>,
    answers: UnboundedSender<Ready>,
) -> Result<(), Status> {
    let Answering { index, workers, context, cancellation } = answering;
    let turn = context.turn_of_stream(&workers, Lane::Lookups).await?;
    let served = index.current();
    let work = move || {
        for Arrived { work, mut room } in batch {
            let cancellation = cancellation.until(Instant::now() + served.limits.request_time);
            let answer = hold_answer(work.answer(&served, &cancellation), &mut room);
            drop(room.work.take());
            if answers.send((answer, Some(room))).is_err() {
                break;
            }
        }
        Ok(())
    };
    on_worker(turn, work).await
}

/// Holds an answer instead of its request. One for which there is no room now gives way to an error.
fn hold_answer(answer: Answered, room: &mut Room) -> Answered {
    let (Ok(response), Some(held)) = (&answer, &mut room.held) else { return answer };
    held.shrink(usize::MAX);
    match held.grow(response.encoded_len()) {
        Ok(()) => answer,
        Err(status) => Ok(Unanswered::unread(status).into_response(response.name.clone())),
    }
}

const ENDED_EARLY: &str = "the work on this request ended early; the server's log says more";

async fn pass_on(
    mut batches: Receiver<UnboundedReceiver<Ready>>,
    answers: Sender<QueuedAnswer<v1::LookupResponse>>,
    patience: Duration,
    cancellation: Cancellation,
) {
    while let Some(mut batch) = batches.recv().await {
        while let Some((answer, room)) = batch.recv().await {
            let (share, held) = room.map(|room| (room.share, room.held)).unzip();
            // From here on the call waits for its client.
            match timeout(patience, answers.send((answer, held.flatten()))).await {
                Ok(Ok(())) => drop(share),
                Ok(Err(_)) => return,
                Err(_) => return cancellation.cancel(),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;

    use tonic::Code;

    use super::*;

    fn unwatched() -> CallContext {
        CallContext::of(&tonic::Request::new(()))
    }

    /// Reads requests with texts of these sizes in KiB, of which 4 KiB may be under way.
    fn reading(kib: &[usize]) -> (Pin<Box<impl Future<Output = ()>>>, Receiver<Arrived>) {
        let limits = Limits { text_bytes: 4 << 10, ..Limits::default() };
        let request = |kib: &usize| {
            let (name, base) = (String::new(), "v4.0".to_owned());
            let text = vec![b'a'; (kib << 10) - base.len()];
            v1::LookupRequest { name, base, text, ..Default::default() }
        };
        let requests: Vec<Asked> =
            kib.iter().map(request).map(|request| Ok(AskedText::There(request, None))).collect();
        let (sender, arrived) = channel(BATCH_REQUESTS);
        (Box::pin(read(tokio_stream::iter(requests), sender, unwatched(), limits)), arrived)
    }

    /// Reads as far as there is room.
    async fn read_on(reading: &mut Pin<Box<impl Future<Output = ()>>>) {
        tokio::select! {
            biased;
            () = reading => {}
            () = std::future::ready(()) => {}
        }
    }

    #[tokio::test]
    async fn reading_ahead_stops_while_much_is_under_way() {
        let (mut reading, mut arrived) = reading(&[3, 1, 4, 1]);
        read_on(&mut reading).await;
        let first = [arrived.try_recv(), arrived.try_recv()];
        assert!(first.iter().all(Result::is_ok));
        assert!(arrived.try_recv().is_err());

        drop(first);
        read_on(&mut reading).await;
        let large = arrived.try_recv();
        assert!(large.is_ok(), "a request that takes all room goes alone");
        assert!(arrived.try_recv().is_err());

        drop(large);
        read_on(&mut reading).await;
        assert!(arrived.try_recv().is_ok());
    }

    #[test]
    fn text_over_the_limit_is_answered_and_not_kept() {
        let limits = Limits::default();
        let text = vec![0; limits.text_bytes + 1];
        let request = v1::LookupRequest { name: "long".to_owned(), text, ..Default::default() };
        let (work, held) = Work::new(Ok(AskedText::There(request, None)), &limits, &unwatched());

        assert!(work.kib() == 1 && held.is_none());
        let Work::Known(Ok(answer)) = work else { panic!("it is looked up") };
        assert_eq!(answer.name, "long");
        assert_eq!(answer.error.map(|error| error.code), Some(Code::ResourceExhausted as u32));
    }

    #[tokio::test]
    async fn batch_ends_with_a_request_for_explanations() {
        let requests =
            [false, true, false].map(|explain| v1::LookupRequest { explain, ..Default::default() });
        let requests = requests.map(|request| Ok(AskedText::There(request, None)));
        let (sender, mut arrived) = channel(BATCH_REQUESTS);
        read(tokio_stream::iter(requests), sender, unwatched(), Limits::default()).await;

        let mut sizes = Vec::new();
        while let Ok(first) = arrived.try_recv() {
            sizes.push(filled_up(first, &mut arrived).len());
        }
        assert_eq!(sizes, [2, 1]);
    }
}

//! Answers to a stream of requests, in its order.
//!
//! What has arrived is worked on in batches: one lookup takes about as long as handing it to another thread and back.

use std::panic::{AssertUnwindSafe, catch_unwind};

use hunktrace_proto::v1;
use tokio::sync::mpsc::{Receiver, Sender, UnboundedReceiver, UnboundedSender, channel, unbounded_channel};
use tokio_stream::wrappers::ReceiverStream;
use tokio_stream::{Stream, StreamExt};
use tonic::Status;

use crate::service::{HunktraceService, cores, failed, lookup};

/// Requests of a batch, at most; a batch is no larger than what has arrived.
const BATCH_REQUESTS: usize = 16;

/// A batch with so many bytes of text is not made larger.
const BATCH_BYTES: usize = 64 << 10;

/// Batches of one stream that are under way, for each core: while one is worked on the next is ready.
const BATCHES_PER_CORE: usize = 2;

type Asked = Result<v1::LookupRequest, Status>;
type Answered = Result<v1::LookupResponse, Status>;

/// Answers the requests of a stream until it ends or nobody listens any more.
pub(crate) fn answers(
    service: HunktraceService,
    requests: impl Stream<Item = Asked> + Send + Unpin + 'static,
) -> ReceiverStream<Answered> {
    let (asked_sender, asked) = channel(BATCH_REQUESTS);
    let (batch_sender, batches) = channel(cores() * BATCHES_PER_CORE);
    let (answer_sender, answers) = channel(BATCH_REQUESTS);
    tokio::spawn(read(requests, asked_sender));
    tokio::spawn(start_batches(service, asked, batch_sender));
    tokio::spawn(pass_on(batches, answer_sender));
    ReceiverStream::new(answers)
}

async fn read(mut requests: impl Stream<Item = Asked> + Unpin, asked: Sender<Asked>) {
    while let Some(request) = requests.next().await {
        if asked.send(request).await.is_err() {
            return;
        }
    }
}

/// Starts batches; what they answer queues up in the order of the requests, and the queue's size bounds how many run.
async fn start_batches(
    service: HunktraceService,
    mut asked: Receiver<Asked>,
    batches: Sender<UnboundedReceiver<Answered>>,
) {
    while let Some(first) = asked.recv().await {
        let batch = filled_up(first, &mut asked);
        // As many answers as the batch has requests: there is nothing to wait for.
        let (answers, answered) = unbounded_channel();
        if batches.send(answered).await.is_err() {
            return;
        }
        tokio::spawn(answer_batch(service.clone(), batch, answers));
    }
}

/// A batch of what has arrived.
fn filled_up(first: Asked, asked: &mut Receiver<Asked>) -> Vec<Asked> {
    let mut batch = vec![first];
    let mut bytes = 0;
    while batch.len() < BATCH_REQUESTS {
        bytes += batch.last().and_then(|last| last.as_ref().ok()).map_or(0, |request| request.text.len());
        if bytes >= BATCH_BYTES {
            break;
        }
        let Ok(next) = asked.try_recv() else { break };
        batch.push(next);
    }
    batch
}

async fn answer_batch(service: HunktraceService, batch: Vec<Asked>, answers: UnboundedSender<Answered>) {
    let (failures, turn) = (answers.clone(), service.turn().await);
    let Ok(turn) = turn.map_err(|status| drop(failures.send(Err(status)))) else { return };
    let live = service.index();
    let work = move || {
        for asked in batch {
            let answered = asked.map(|request| {
                // One request that ends early is no reason to leave the others without an answer.
                let answer = catch_unwind(AssertUnwindSafe(|| lookup(&live, &request)));
                let answer = answer.unwrap_or_else(|_| Err(Status::internal(ENDED_EARLY)));
                answer.unwrap_or_else(|status| failed(request.name, &status))
            });
            if answers.send(answered).is_err() {
                return;
            }
        }
    };
    if tokio::task::spawn_blocking(work).await.is_err() {
        drop(failures.send(Err(Status::internal(ENDED_EARLY))));
    }
    drop(turn);
}

const ENDED_EARLY: &str = "the work on this request ended early; the server's log says more";

async fn pass_on(mut batches: Receiver<UnboundedReceiver<Answered>>, answers: Sender<Answered>) {
    while let Some(mut batch) = batches.recv().await {
        while let Some(answer) = batch.recv().await {
            if answers.send(answer).await.is_err() {
                return;
            }
        }
    }
}

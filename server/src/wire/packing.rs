//! Compressing and unpacking of messages, apart from the network.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use hunktrace_indexer::cancellation::Cancellation;
use tokio::sync::Semaphore;
use tonic::Status;

use crate::wire::heavy_threads::HeavyWork;
use crate::wire::message_encoding::Encoding;
use crate::wire::refusal::cancelled_status;
use crate::wire::request_messages::{RequestMessages, Step};
use crate::wire::workers::{CancelOnDrop, cores};

/// Something that is worked on elsewhere; nobody wants it any more when this is dropped.
pub(crate) type Apart<T> = Pin<Box<dyn Future<Output = Result<T, Status>> + Send>>;

/// Whose turn it is to compress or unpack: as many at a time as there are cores, because each takes one for itself.
#[derive(Clone)]
pub(crate) struct PackingTurns {
    turns: Arc<Semaphore>,
    threads: HeavyWork,
}

impl PackingTurns {
    /// One turn for each core, on these threads.
    pub(crate) fn new(threads: HeavyWork) -> PackingTurns {
        PackingTurns { turns: Arc::new(Semaphore::new(cores())), threads }
    }

    /// Does some work when it is its turn.
    fn apart<T, W>(&self, work: W) -> impl Future<Output = Result<T, Status>> + Send + use<T, W>
    where
        T: Send + 'static,
        W: FnOnce(&Cancellation) -> T + Send + 'static,
    {
        let PackingTurns { turns, threads } = self.clone();
        async move {
            let wanted = CancelOnDrop::new();
            let turn = turns.acquire_owned().await.map_err(|error| Status::unavailable(error.to_string()))?;
            let cancellation = wanted.cancellation();
            let worked = threads.spawn(move || {
                let result = work(&cancellation);
                drop(turn);
                result
            });
            worked.await.map_err(|_| Status::internal("a message could not be compressed or unpacked"))
        }
    }

    /// Compresses messages.
    pub(crate) fn pack(&self, encoding: Encoding, messages: Bytes) -> Apart<Bytes> {
        let packed = self.apart(move |wanted| encoding.packed(messages, wanted));
        Box::pin(async move { packed.await? })
    }

    /// Goes on with what has come of a request, up to the next message or to where all is worked on.
    pub(crate) fn unpack(&self, mut messages: RequestMessages) -> Apart<(RequestMessages, Step)> {
        let unpacked = self.apart(move |wanted| {
            loop {
                wanted.check().map_err(cancelled_status)?;
                match messages.step()? {
                    Step::Pause => {}
                    step => return Ok((messages, step)),
                }
            }
        });
        Box::pin(async move { unpacked.await? })
    }
}

//! The gRPC service: a thin translation between messages and the engine.

use std::sync::Arc;
use std::time::Instant;

use hunktrace_indexer::cancellation::Cancellation;
use hunktrace_proto::v1;
use hunktrace_proto::v1::hunktrace_server::Hunktrace;
use tonic::{Request, Response, Status, Streaming};

use crate::index::live_index::LiveIndex;
use crate::wire::answer_stream::AnswerStream;
use crate::wire::attribute_call::attribute_call;
use crate::wire::commit_view::{commit_call, status_view};
use crate::wire::former_names_call::former_names_call;
use crate::wire::limits::Limits;
use crate::wire::lookup_call::lookup;
use crate::wire::lookup_stream;
use crate::wire::messages_call::messages_call;
use crate::wire::refusal::{from_sound_index, index_status};
use crate::wire::served_index::{ServedIndex, ServedSnapshot};
use crate::wire::workers::{CancelOnDrop, Lane, Workers, on_worker};

/// The service over one index.
#[derive(Clone)]
pub struct HunktraceService {
    index: Arc<ServedIndex>,
    workers: Arc<Workers>,
    limits: Limits,
}

impl HunktraceService {
    /// A service that answers from `index`.
    pub fn new(index: Arc<LiveIndex>, limits: Limits) -> HunktraceService {
        HunktraceService {
            index: Arc::new(ServedIndex::new(index, limits)),
            workers: Arc::new(Workers::new(&limits)),
            limits,
        }
    }

    /// Answers a request from the newest generation, unless that is damaged. If the call is dropped, its work stops.
    async fn answer<T: Send + 'static>(
        &self,
        lane: Lane,
        work: impl FnOnce(&ServedSnapshot, &Cancellation) -> Result<T, Status> + Send + 'static,
    ) -> Result<Response<T>, Status> {
        let checked = move |served: &ServedSnapshot, cancellation: &Cancellation| {
            work(served, cancellation).and_then(|answer| from_sound_index(&served.live, answer))
        };
        self.work(lane, checked).await
    }

    /// The same, damaged or not.
    async fn work<T: Send + 'static>(
        &self,
        lane: Lane,
        work: impl FnOnce(&ServedSnapshot, &Cancellation) -> Result<T, Status> + Send + 'static,
    ) -> Result<Response<T>, Status> {
        let call = CancelOnDrop::new();
        let turn = self.workers.turn(lane).await?;
        // Taken when the work begins: waiting requests keep no generation alive.
        let served = self.index.current();
        let cancellation = call.cancellation().until(Instant::now() + self.limits.request_time);
        on_worker(turn, move || work(&served, &cancellation)).await.map(Response::new)
    }
}

#[tonic::async_trait]
impl Hunktrace for HunktraceService {
    async fn lookup(
        &self,
        request: Request<v1::LookupRequest>,
    ) -> Result<Response<v1::LookupResponse>, Status> {
        let request = request.into_inner();
        let work = move |served: &ServedSnapshot, cancellation: &Cancellation| {
            lookup(served, &request, cancellation).map_err(|unanswered| unanswered.status)
        };
        self.answer(Lane::Lookups, work).await
    }

    type LookupStreamStream = AnswerStream<v1::LookupResponse>;

    async fn lookup_stream(
        &self,
        request: Request<Streaming<v1::LookupRequest>>,
    ) -> Result<Response<Self::LookupStreamStream>, Status> {
        let (index, workers) = (Arc::clone(&self.index), Arc::clone(&self.workers));
        Ok(Response::new(lookup_stream::answers(index, workers, self.limits, request.into_inner())))
    }

    type AttributeStream = AnswerStream<v1::AttributeResponse>;

    async fn attribute(
        &self,
        request: Request<Streaming<v1::AttributeRequest>>,
    ) -> Result<Response<Self::AttributeStream>, Status> {
        let live = self.index.current().live;
        let workers = Arc::clone(&self.workers);
        attribute_call(live, workers, self.limits, request.into_inner()).await.map(Response::new)
    }

    async fn former_names(
        &self,
        request: Request<v1::FormerNamesRequest>,
    ) -> Result<Response<v1::FormerNamesResponse>, Status> {
        let request = request.into_inner();
        self.answer(Lane::Lookups, move |served, cancellation| {
            former_names_call(served, &request, cancellation)
        })
        .await
    }

    async fn get_messages(
        &self,
        request: Request<v1::GetMessagesRequest>,
    ) -> Result<Response<v1::GetMessagesResponse>, Status> {
        let request = request.into_inner();
        self.answer(Lane::Lookups, move |served, cancellation| messages_call(served, &request, cancellation))
            .await
    }

    async fn get_commit(
        &self,
        request: Request<v1::GetCommitRequest>,
    ) -> Result<Response<v1::GetCommitResponse>, Status> {
        let request = request.into_inner();
        let lane = if request.with_hunks { Lane::Lookups } else { Lane::Brief };
        self.answer(lane, move |served, cancellation| commit_call(served, &request, cancellation)).await
    }

    async fn get_status(
        &self,
        request: Request<v1::GetStatusRequest>,
    ) -> Result<Response<v1::GetStatusResponse>, Status> {
        let max_unindexed = request.into_inner().max_unindexed as usize;
        let view = move |served: &ServedSnapshot, _: &Cancellation| {
            status_view(served, max_unindexed).map_err(|error| index_status(&error))
        };
        // Of a damaged index it can still be said what it is.
        self.work(Lane::Brief, view).await
    }
}

//! The gRPC service: a thin translation between messages and the engine.

use std::sync::Arc;
use std::time::Instant;

use hunktrace_indexer::cancellation::Cancellation;
use hunktrace_proto::v1;
use hunktrace_proto::v1::hunktrace_server::Hunktrace;
use prost::Message;
use tokio_stream::StreamExt;
use tonic::{Request, Response, Status, Streaming};

use crate::index::live_index::LiveIndex;
use crate::wire::answer_stream::AnswerStream;
use crate::wire::attribute_call::attribute_call;
use crate::wire::audit_call::audit_call;
use crate::wire::call::CallContext;
use crate::wire::check_call::check_call;
use crate::wire::commit_view::{commit_call, status_view};
use crate::wire::former_names_call::former_names_call;
use crate::wire::gathered_call::{base_content_call, gathered_call};
use crate::wire::limits::Limits;
use crate::wire::lookup_call::lookup;
use crate::wire::lookup_many::{self, GroupedAnswers};
use crate::wire::lookup_stream::{self, AskedText};
use crate::wire::messages_call::messages_call;
use crate::wire::refusal::{check_answer, from_sound_index, index_status};
use crate::wire::served_index::{ServedIndex, ServedSnapshot};
use crate::wire::workers::{CancelOnDrop, Lane, Workers, on_worker};

/// The service over one index.
#[derive(Clone)]
pub struct HunktraceService {
    index: Arc<ServedIndex>,
    workers: Arc<Workers>,
}

impl HunktraceService {
    /// A service that answers from `index` when it is a request's turn.
    pub(crate) fn new(index: ServedIndex, workers: Arc<Workers>) -> HunktraceService {
        HunktraceService { index: Arc::new(index), workers }
    }

    /// A service for the user of this process.
    pub(crate) fn of_this_process(index: Arc<LiveIndex>) -> HunktraceService {
        let limits = Limits::of_this_process();
        let index = ServedIndex::new(index, limits, Arc::default());
        HunktraceService::new(index, Arc::new(Workers::new(&limits)))
    }

    /// What requests may ask for.
    pub(crate) fn limits(&self) -> &Limits {
        self.index.limits()
    }

    /// Answers a request from the newest generation, unless that is damaged. If the call is dropped, its work stops.
    async fn answer<R: Message + 'static, T: Send + 'static>(
        &self,
        lane: Lane,
        request: Request<R>,
        work: impl FnOnce(&ServedSnapshot, &R, &Cancellation) -> Result<T, Status> + Send + 'static,
    ) -> Result<Response<T>, Status> {
        let checked = move |served: &ServedSnapshot, request: &R, cancellation: &Cancellation| {
            work(served, request, cancellation).and_then(|answer| from_sound_index(&served.live, answer))
        };
        self.work(lane, request, checked).await
    }

    /// The same, damaged or not.
    async fn work<R: Message + 'static, T: Send + 'static>(
        &self,
        lane: Lane,
        request: Request<R>,
        work: impl FnOnce(&ServedSnapshot, &R, &Cancellation) -> Result<T, Status> + Send + 'static,
    ) -> Result<Response<T>, Status> {
        let call = CancelOnDrop::new();
        let context = CallContext::of(&request);
        let under_way = context.work();
        let request = request.into_inner();
        let held = context.take(request.encoded_len())?;
        let turn = context.turn(&self.workers, lane).await?;
        // Taken when the work begins: waiting requests keep no generation alive.
        let served = self.index.current();
        let cancellation = call.cancellation().until(Instant::now() + served.limits.request_time);
        let answer = on_worker(turn, move || {
            let answer = work(&served, &request, &cancellation);
            // What a request holds is held until its work has stopped.
            drop((request, held, under_way));
            answer
        });
        answer.await.map(Response::new).map_err(|status| self.index.paths().status(status))
    }
}

#[tonic::async_trait]
impl Hunktrace for HunktraceService {
    async fn lookup(
        &self,
        request: Request<v1::LookupRequest>,
    ) -> Result<Response<v1::LookupResponse>, Status> {
        let work = |served: &ServedSnapshot, request: &v1::LookupRequest, cancellation: &Cancellation| {
            lookup(served, request, cancellation).map_err(|unanswered| unanswered.status)
        };
        self.answer(Lane::Lookups, request, work).await
    }

    async fn lookup_gathered(
        &self,
        request: Request<v1::LookupGatheredRequest>,
    ) -> Result<Response<v1::LookupGatheredResponse>, Status> {
        self.answer(Lane::Lookups, request, gathered_call).await
    }

    async fn get_base_content(
        &self,
        request: Request<v1::GetBaseContentRequest>,
    ) -> Result<Response<v1::GetBaseContentResponse>, Status> {
        self.answer(Lane::Lookups, request, base_content_call).await
    }

    type LookupStreamStream = AnswerStream<v1::LookupResponse>;

    async fn lookup_stream(
        &self,
        request: Request<Streaming<v1::LookupRequest>>,
    ) -> Result<Response<Self::LookupStreamStream>, Status> {
        let context = CallContext::of(&request);
        let (index, workers) = (Arc::clone(&self.index), Arc::clone(&self.workers));
        let asked = |request: Result<_, Status>| request.map(|request| AskedText::There(request, None));
        let requests = request.into_inner().map(asked);
        Ok(Response::new(lookup_stream::answers(index, workers, context, requests)))
    }

    type LookupManyStream = GroupedAnswers;

    async fn lookup_many(
        &self,
        request: Request<Streaming<v1::LookupManyRequest>>,
    ) -> Result<Response<Self::LookupManyStream>, Status> {
        let context = CallContext::of(&request);
        let (index, workers) = (Arc::clone(&self.index), Arc::clone(&self.workers));
        Ok(Response::new(lookup_many::answers(index, workers, context, request.into_inner())))
    }

    type AttributeStream = AnswerStream<v1::AttributeResponse>;

    async fn attribute(
        &self,
        request: Request<Streaming<v1::AttributeRequest>>,
    ) -> Result<Response<Self::AttributeStream>, Status> {
        let context = CallContext::of(&request);
        let (served, workers) = (self.index.current(), Arc::clone(&self.workers));
        attribute_call(served, workers, context, request.into_inner()).await.map(Response::new)
    }

    type CheckStream = AnswerStream<v1::CheckResponse>;

    async fn check(
        &self,
        request: Request<Streaming<v1::CheckRequest>>,
    ) -> Result<Response<Self::CheckStream>, Status> {
        let context = CallContext::of(&request);
        let (served, workers) = (self.index.current(), Arc::clone(&self.workers));
        check_call(served, workers, context, request.into_inner()).await.map(Response::new)
    }

    type AuditStream = AnswerStream<v1::AuditResponse>;

    async fn audit(
        &self,
        request: Request<Streaming<v1::AuditRequest>>,
    ) -> Result<Response<Self::AuditStream>, Status> {
        let context = CallContext::of(&request);
        let (served, workers) = (self.index.current(), Arc::clone(&self.workers));
        audit_call(served, workers, context, request.into_inner()).await.map(Response::new)
    }

    async fn former_names(
        &self,
        request: Request<v1::FormerNamesRequest>,
    ) -> Result<Response<v1::FormerNamesResponse>, Status> {
        self.answer(Lane::Lookups, request, former_names_call).await
    }

    async fn get_messages(
        &self,
        request: Request<v1::GetMessagesRequest>,
    ) -> Result<Response<v1::GetMessagesResponse>, Status> {
        self.answer(Lane::Lookups, request, messages_call).await
    }

    async fn get_commit(
        &self,
        request: Request<v1::GetCommitRequest>,
    ) -> Result<Response<v1::GetCommitResponse>, Status> {
        let asked = request.get_ref();
        let lane = if asked.with_hunks || asked.with_neighbours { Lane::Lookups } else { Lane::Brief };
        self.answer(lane, request, commit_call).await
    }

    async fn get_status(
        &self,
        request: Request<v1::GetStatusRequest>,
    ) -> Result<Response<v1::GetStatusResponse>, Status> {
        let view = |served: &ServedSnapshot, request: &v1::GetStatusRequest, _: &Cancellation| {
            let view = status_view(served, request.max_unindexed as usize);
            let view = view.map_err(|error| index_status(&error))?;
            check_answer(
                view.encoded_len(),
                &served.limits,
                "ask for fewer items that could not be indexed",
            )?;
            Ok(view)
        };
        // Of a damaged index it can still be said what it is.
        self.work(Lane::Brief, request, view).await
    }
}

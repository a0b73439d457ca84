//! The gRPC service: a thin translation between messages and the engine.

use std::pin::Pin;
use std::sync::Arc;

use hunktrace_proto::v1;
use hunktrace_proto::v1::hunktrace_server::Hunktrace;
use tokio_stream::Stream;
use tonic::{Request, Response, Status, Streaming};

use crate::index::live_index::{LiveIndex, RevisionError};
use crate::wire::attribute_call::{AttributeResponses, attribute_call};
use crate::wire::commit_view::{commit_view, name_as_asked, status_view};
use crate::wire::former_names_call::former_names_call;
use crate::wire::lookup_call::lookup;
use crate::wire::lookup_stream;
use crate::wire::messages_call::messages_call;
use crate::wire::refusal::{base_content, index_status};
use crate::wire::served_index::ServedIndex;
use crate::wire::workers::{Turns, on_worker};

/// The service over one index.
#[derive(Clone)]
pub struct HunktraceService {
    index: Arc<ServedIndex>,
    turns: Arc<Turns>,
}

impl HunktraceService {
    /// A service that answers from `index`.
    pub fn new(index: Arc<LiveIndex>) -> HunktraceService {
        HunktraceService { index: Arc::new(ServedIndex::new(index)), turns: Arc::new(Turns::new()) }
    }
}

type ResponseStream = Pin<Box<dyn Stream<Item = Result<v1::LookupResponse, Status>> + Send>>;

#[tonic::async_trait]
impl Hunktrace for HunktraceService {
    async fn lookup(
        &self,
        request: Request<v1::LookupRequest>,
    ) -> Result<Response<v1::LookupResponse>, Status> {
        let request = request.into_inner();
        let turn = self.turns.next().await?;
        let served = self.index.current();
        let answer =
            on_worker(move || lookup(&served, &request).map_err(|unanswered| unanswered.status)).await;
        drop(turn);
        answer.map(Response::new)
    }

    type LookupStreamStream = ResponseStream;

    async fn lookup_stream(
        &self,
        request: Request<Streaming<v1::LookupRequest>>,
    ) -> Result<Response<ResponseStream>, Status> {
        let answers =
            lookup_stream::answers(Arc::clone(&self.index), Arc::clone(&self.turns), request.into_inner());
        Ok(Response::new(Box::pin(answers)))
    }

    type AttributeStream = AttributeResponses;

    async fn attribute(
        &self,
        request: Request<Streaming<v1::AttributeRequest>>,
    ) -> Result<Response<AttributeResponses>, Status> {
        attribute_call(self.index.current().live, request.into_inner()).await.map(Response::new)
    }

    async fn former_names(
        &self,
        request: Request<v1::FormerNamesRequest>,
    ) -> Result<Response<v1::FormerNamesResponse>, Status> {
        let request = request.into_inner();
        let turn = self.turns.next().await?;
        let live = self.index.current().live;
        let answer = on_worker(move || former_names_call(&live, &request)).await;
        drop(turn);
        answer.map(Response::new)
    }

    async fn get_messages(
        &self,
        request: Request<v1::GetMessagesRequest>,
    ) -> Result<Response<v1::GetMessagesResponse>, Status> {
        let request = request.into_inner();
        let turn = self.turns.next().await?;
        let live = self.index.current().live;
        let answer = on_worker(move || messages_call(&live, &request)).await;
        drop(turn);
        answer.map(Response::new)
    }

    async fn get_commit(
        &self,
        request: Request<v1::GetCommitRequest>,
    ) -> Result<Response<v1::GetCommitResponse>, Status> {
        let live = self.index.current().live;
        let request = request.into_inner();
        let view = on_worker(move || {
            let commit = live.resolve_origin(&request.commit).map_err(|error| match error {
                RevisionError::Unknown(_) => Status::not_found(error.to_string()),
                RevisionError::Ambiguous(..) => Status::invalid_argument(error.to_string()),
            })?;
            let base = base_content(&live, &request.base)?;
            let mut view =
                commit_view(&live, commit, request.with_hunks).map_err(|error| index_status(&error))?;
            if !view.commit.starts_with(&request.commit) && live.resolve(&request.commit).is_err() {
                name_as_asked(&mut view, &request.commit);
            }
            view.in_base = base.is_some_and(|base| base.contained.contains(commit));
            Ok(view)
        });
        view.await.map(Response::new)
    }

    async fn get_status(
        &self,
        request: Request<v1::GetStatusRequest>,
    ) -> Result<Response<v1::GetStatusResponse>, Status> {
        let live = self.index.current().live;
        let max_unindexed = request.into_inner().max_unindexed as usize;
        let view = on_worker(move || status_view(&live, max_unindexed).map_err(|error| index_status(&error)));
        view.await.map(Response::new)
    }
}

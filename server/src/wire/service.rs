//! The gRPC service: a thin translation between messages and the engine.

use std::pin::Pin;
use std::sync::Arc;

use hunktrace_indexer::graph::CommitSet;
use hunktrace_indexer::index::folder::IndexError;
use hunktrace_indexer::patch;
use hunktrace_proto::v1;
use hunktrace_proto::v1::hunktrace_server::Hunktrace;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio_stream::Stream;
use tonic::{Code, Request, Response, Status, Streaming};

use crate::hunks::query::query_hunks;
use crate::index::live_index::{LiveIndex, LiveSnapshot, RevisionError};
use crate::lookup::{Lookup, LookupOptions};
use crate::wire::answer::AnswerWriter;
use crate::wire::attribute_call::{AttributeResponses, attribute_call};
use crate::wire::commit_view::{commit_view, status_view};
use crate::wire::limits::{DEFAULT_CANDIDATES, LIMITS};
use crate::wire::lookup_stream;
use crate::wire::served_index::{ServedIndex, ServedSnapshot};

/// The service over one index.
#[derive(Clone)]
pub struct HunktraceService {
    index: Arc<ServedIndex>,
    /// As many lookups as there are cores are worked on at a time: more would only take turns, and memory.
    turns: Arc<Semaphore>,
}

impl HunktraceService {
    /// A service that answers from `index`.
    pub fn new(index: Arc<LiveIndex>) -> HunktraceService {
        HunktraceService {
            index: Arc::new(ServedIndex::new(index)),
            turns: Arc::new(Semaphore::new(cores())),
        }
    }

    /// Answers on a thread where computing does not hold up the network.
    async fn answer(&self, request: v1::LookupRequest) -> Result<v1::LookupResponse, Status> {
        let turn = self.turn().await?;
        let served = self.index();
        let answer = on_worker(move || lookup(&served, &request)).await;
        drop(turn);
        answer
    }

    /// Waits until a core is free; it is taken until the permit is dropped.
    pub(crate) async fn turn(&self) -> Result<SemaphorePermit<'_>, Status> {
        self.turns.acquire().await.map_err(|error| Status::unavailable(error.to_string()))
    }

    /// The generation of the index that answers are given from now.
    pub(crate) fn index(&self) -> ServedSnapshot {
        self.index.current()
    }
}

pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

pub(crate) async fn on_worker<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Status> + Send + 'static,
) -> Result<T, Status> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => Err(Status::internal(format!("the work on this request ended early: {error}"))),
    }
}

type ResponseStream = Pin<Box<dyn Stream<Item = Result<v1::LookupResponse, Status>> + Send>>;

#[tonic::async_trait]
impl Hunktrace for HunktraceService {
    async fn lookup(
        &self,
        request: Request<v1::LookupRequest>,
    ) -> Result<Response<v1::LookupResponse>, Status> {
        self.answer(request.into_inner()).await.map(Response::new)
    }

    type LookupStreamStream = ResponseStream;

    async fn lookup_stream(
        &self,
        request: Request<Streaming<v1::LookupRequest>>,
    ) -> Result<Response<ResponseStream>, Status> {
        let answers = lookup_stream::answers(self.clone(), request.into_inner());
        Ok(Response::new(Box::pin(answers)))
    }

    type AttributeStream = AttributeResponses;

    async fn attribute(
        &self,
        request: Request<Streaming<v1::AttributeRequest>>,
    ) -> Result<Response<AttributeResponses>, Status> {
        attribute_call(self.index().live, request.into_inner()).await.map(Response::new)
    }

    async fn get_commit(
        &self,
        request: Request<v1::GetCommitRequest>,
    ) -> Result<Response<v1::GetCommitResponse>, Status> {
        let live = self.index().live;
        let request = request.into_inner();
        let view = on_worker(move || {
            let commit = live.resolve(&request.commit).map_err(|error| match error {
                RevisionError::Unknown(_) => Status::not_found(error.to_string()),
                RevisionError::Ambiguous(..) => Status::invalid_argument(error.to_string()),
            })?;
            let contained = contained_in(&live, &request.base)?;
            let mut view =
                commit_view(&live, commit, request.with_hunks).map_err(|error| index_status(&error))?;
            view.in_base = contained.is_some_and(|contained| contained.contains(commit));
            Ok(view)
        });
        view.await.map(Response::new)
    }

    async fn get_status(
        &self,
        request: Request<v1::GetStatusRequest>,
    ) -> Result<Response<v1::GetStatusResponse>, Status> {
        let live = self.index().live;
        let max_unindexed = request.into_inner().max_unindexed as usize;
        let view = on_worker(move || status_view(&live, max_unindexed).map_err(|error| index_status(&error)));
        view.await.map(Response::new)
    }
}

/// The answer to a request of a stream that cannot be answered.
pub(crate) fn failed(name: String, status: &Status) -> v1::LookupResponse {
    let error = v1::Error { code: status.code() as u32, message: status.message().to_owned() };
    v1::LookupResponse { name, error: Some(error), ..v1::LookupResponse::default() }
}

pub(crate) fn index_status(error: &IndexError) -> Status {
    let code = match error {
        IndexError::Damaged { .. } => Code::DataLoss,
        _ => Code::Unavailable,
    };
    Status::new(code, error.to_string())
}

/// What a base contains; none where no base is named.
fn contained_in(live: &LiveSnapshot, base: &str) -> Result<Option<Arc<CommitSet>>, Status> {
    if base.is_empty() {
        return Ok(None);
    }
    let base = live.resolve(base).map_err(|error| Status::invalid_argument(format!("base: {error}")))?;
    Ok(Some(live.contained_in(base)))
}

/// Refuses a text over the limit.
pub(crate) fn check_size(text: &[u8]) -> Result<(), Status> {
    if text.len() > LIMITS.text_bytes {
        let message = format!(
            "the text has {} bytes, over the limit of {} (text_bytes); send its patches one by one",
            text.len(),
            LIMITS.text_bytes
        );
        return Err(Status::resource_exhausted(message));
    }
    Ok(())
}

/// Answers one text.
pub(crate) fn lookup(
    served: &ServedSnapshot,
    request: &v1::LookupRequest,
) -> Result<v1::LookupResponse, Status> {
    let live = &served.live;
    check_size(&request.text)?;
    let max_candidates = match request.max_candidates as usize {
        0 => DEFAULT_CANDIDATES,
        wanted if wanted > LIMITS.candidates => {
            let message =
                format!("{wanted} candidates are over the limit of {} (candidates)", LIMITS.candidates);
            return Err(Status::invalid_argument(message));
        }
        wanted => wanted,
    };
    let excluded = contained_in(live, &request.base)?;
    let parsed = patch::parse(&request.text);
    // A file without hunks is looked up too, as one.
    let hunks: usize =
        parsed.patches.iter().flat_map(|patch| &patch.files).map(|file| file.hunks.len().max(1)).sum();
    if hunks > LIMITS.hunks {
        let message = format!(
            "the text has {hunks} hunks, over the limit of {} (hunks); send its patches one by one",
            LIMITS.hunks
        );
        return Err(Status::resource_exhausted(message));
    }
    if parsed.patches.iter().all(|patch| patch.files.is_empty())
        && let Some(problem) = parsed.problems.first()
    {
        return Err(Status::invalid_argument(problem.to_string()));
    }

    let options = LookupOptions { excluded: excluded.as_deref(), max_candidates };
    let mut lookup = Lookup::new(live.snapshot.graph(), &live.snapshot, &live.prepared);
    let writer = AnswerWriter::new(served, request.explain);
    let mut response = v1::LookupResponse { name: request.name.clone(), ..v1::LookupResponse::default() };
    for (place, patch) in parsed.patches.iter().enumerate() {
        let name = if place == 0 { request.name.clone() } else { format!("{}#{}", request.name, place + 1) };
        let answered = answer_patch(&mut lookup, &writer, patch, name, &options, request.explain);
        response.patches.push(answered.map_err(|error| index_status(&error))?);
    }
    let problem =
        |problem: &patch::Problem| v1::Problem { line: problem.line as u64, message: problem.to_string() };
    response.problems = parsed.problems.iter().map(problem).collect();
    Ok(response)
}

fn answer_patch(
    lookup: &mut Lookup<'_>,
    writer: &AnswerWriter<'_>,
    patch: &patch::Patch,
    name: String,
    options: &LookupOptions<'_>,
    explain: bool,
) -> Result<v1::Patch, IndexError> {
    let queries = query_hunks(patch);
    let answer = lookup.patch(&queries, options)?;
    let mut message = v1::Patch { name, ..v1::Patch::default() };
    for (query, candidates) in queries.iter().zip(&answer.hunks) {
        let hunk = query.stored.hunk.as_ref();
        message.hunks.push(v1::HunkAnswer {
            file: query.stored.path().to_string(),
            old_start: hunk.map_or(0, |hunk| hunk.old_start),
            old_lines: hunk.map_or(0, |hunk| hunk.old_lines),
            new_start: hunk.map_or(0, |hunk| hunk.new_start),
            new_lines: hunk.map_or(0, |hunk| hunk.new_lines),
            candidates: candidates
                .iter()
                .map(|candidate| writer.candidate(candidate))
                .collect::<Result<_, _>>()?,
            body: hunk.filter(|_| explain).map(|hunk| hunk.body.to_vec()).unwrap_or_default(),
            line: query.line as u64,
        });
    }
    message.candidates =
        answer.candidates.iter().map(|candidate| writer.candidate(candidate)).collect::<Result<_, _>>()?;
    Ok(message)
}

//! The `Check` call: is this commit in this tree?

use std::sync::Arc;
use std::time::{Duration, Instant};

use hunktrace_indexer::cancellation::Cancellation;
use hunktrace_indexer::graph::CommitOrdinal;
use hunktrace_proto::v1;
use hunktrace_proto::v1::check_request::Part;
use hunktrace_proto::v1::check_response;
use prost::Message;
use tokio::sync::mpsc;
use tonic::{Status, Streaming};

use crate::check::check_commits;
use crate::index::live_index::LiveSnapshot;
use crate::wire::answer_stream::{AnswerStream, QueuedAnswer, patience_with_turn, send_patiently};
use crate::wire::call::CallContext;
use crate::wire::checked_view::{Detail, checked_message, unindexed_message};
use crate::wire::refusal::{cancelled_status, index_status};
use crate::wire::served_index::ServedSnapshot;
use crate::wire::tree_question::{AskedTree, check_status};
use crate::wire::wanted_files::{ClientTree, FileCall};
use crate::wire::workers::{CancelOnDrop, Lane, Workers, on_worker};

/// Answers that may wait for the client.
const WAITING_ANSWERS: usize = 64;

type Answers = mpsc::Sender<QueuedAnswer<v1::CheckResponse>>;

struct CheckCall;

impl FileCall for CheckCall {
    type Request = v1::CheckRequest;
    type Response = v1::CheckResponse;

    fn wanted(files: v1::WantedFiles) -> v1::CheckResponse {
        v1::CheckResponse { part: Some(check_response::Part::Wanted(files)) }
    }

    fn files(request: v1::CheckRequest) -> Option<v1::TreeFiles> {
        match request.part {
            Some(Part::Files(files)) => Some(files),
            _ => None,
        }
    }
}

/// Answers a call.
///
/// # Errors
/// INVALID_ARGUMENT where it does not begin with its options, or the base is not indexed.
pub(crate) async fn check_call(
    served: ServedSnapshot,
    workers: Arc<Workers>,
    context: CallContext,
    mut requests: Streaming<v1::CheckRequest>,
) -> Result<AnswerStream<v1::CheckResponse>, Status> {
    let ServedSnapshot { live, limits, paths, .. } = served;
    let call = CancelOnDrop::new();
    let cancellation = call.cancellation().until(Instant::now() + limits.release_time);
    let Some(v1::CheckRequest { part: Some(Part::Options(options)) }) =
        context.next(&mut requests, limits.call_idle).await?
    else {
        return Err(Status::invalid_argument("the first message has to be the options"));
    };
    let held = context.take(options.encoded_len())?;
    let (answers, answered) = mpsc::channel(WAITING_ANSWERS);
    let patience = patience_with_turn(&limits);
    tokio::spawn(async move {
        let tree = ClientTree::<CheckCall>::new(requests, answers.clone(), context.clone(), limits);
        let answering = answers.clone();
        let work = async {
            let turn = context.turn_of_stream(&workers, Lane::Releases).await?;
            on_worker(turn, move || {
                let _held = held;
                check(live, &options, tree, &answering, patience, cancellation)
            })
            .await
        };
        if let Err(status) = work.await {
            // A client that has gone hears nothing.
            drop(answers.send((Err(paths.status(status)), None)).await);
        }
    });
    Ok(AnswerStream::new(answered, call))
}

fn check(
    live: Arc<LiveSnapshot>,
    options: &v1::CheckOptions,
    mut tree: ClientTree<CheckCall>,
    answers: &Answers,
    patience: Duration,
    cancellation: Cancellation,
) -> Result<(), Status> {
    tree.begin_work();
    let asked = AskedTree::new(live, &options.base, &options.broken, &options.not_reverts, cancellation)?;
    let resolve = |name: &'_ String| -> Result<Result<CommitOrdinal, String>, Status> {
        asked.cancellation().check().map_err(cancelled_status)?;
        Ok(asked.live().resolve_origin(name).map_err(|error| error.to_string()))
    };
    let resolved = options.commits.iter().map(|name| Ok((name, resolve(name)?)));
    let resolved = resolved.collect::<Result<Vec<(&String, Result<CommitOrdinal, String>)>, Status>>()?;
    let known: Vec<CommitOrdinal> = resolved.iter().filter_map(|(_, commit)| commit.clone().ok()).collect();
    let checked = check_commits(&asked.question(), &known, &mut tree)
        .map_err(|error| check_status(&error, tree.take_refusal()))?;
    let mut checked = checked.into_iter();
    for (name, commit) in resolved {
        let message = match (commit, name) {
            (Ok(_), name) => match checked.next() {
                Some(checked) => checked_message(asked.live(), name, &checked, Detail::Lines)
                    .map_err(|error| index_status(&error))?,
                None => return Err(Status::internal("a commit was not answered")),
            },
            (Err(problem), name) => unindexed_message(name, problem),
        };
        let answer = v1::CheckResponse { part: Some(check_response::Part::Commit(message)) };
        send_patiently(answers, answer, patience)?;
    }
    Ok(())
}

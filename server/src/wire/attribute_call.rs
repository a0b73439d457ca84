//! The `Attribute` call: a release comes in file by file, and goes out taken apart.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use bstr::BString;
use hunktrace_indexer::graph::{CommitOrdinal, CommitSet};
use hunktrace_indexer::index::folder::IndexError;
use hunktrace_indexer::index::retrieval::{HunkId, HunkRetrieval};
use hunktrace_indexer::patch::{Problem, bare_hunks};
use hunktrace_proto::v1;
use hunktrace_proto::v1::attribute_request::Part as RequestPart;
use hunktrace_proto::v1::attribute_response::Part;
use tokio::sync::mpsc;
use tokio_stream::{Stream, StreamExt};
use tonic::{Status, Streaming};

use crate::attribution::attributed_release::{
    AttributedCommit, Attribution, CommitStatus, MissingReason, OwnedRun,
};
use crate::attribution::progress::{AttributionPhase, AttributionProgress};
use crate::attribution::release::ReleaseFile;
use crate::attribution::{AttributionError, attribute_release};
use crate::index::live_index::LiveSnapshot;
use crate::index::origin::carriers_of;
use crate::wire::answer::{commit_ids, rounded};
use crate::wire::limits::LIMITS;
use crate::wire::refusal::index_status;

/// The answers of a call.
pub type AttributeResponses = Pin<Box<dyn Stream<Item = Result<v1::AttributeResponse, Status>> + Send>>;

/// Answers that may wait for the client.
const WAITING_ANSWERS: usize = 64;

/// The least time between two reports of progress, in milliseconds.
const PROGRESS_INTERVAL_MS: u64 = 100;

type Answers = mpsc::Sender<Result<v1::AttributeResponse, Status>>;

/// Reads the release, then takes it apart on a thread of its own.
pub async fn attribute_call(
    live: Arc<LiveSnapshot>,
    mut requests: Streaming<v1::AttributeRequest>,
) -> Result<AttributeResponses, Status> {
    let Some(v1::AttributeRequest { part: Some(RequestPart::Options(options)) }) =
        requests.next().await.transpose()?
    else {
        return Err(Status::invalid_argument("the first message has to be the options"));
    };
    let base =
        live.resolve(&options.base).map_err(|error| Status::invalid_argument(format!("base: {error}")))?;

    let (answers, answered) = mpsc::channel(WAITING_ANSWERS);
    tokio::spawn(async move {
        let outcome = match read_release(&mut requests).await {
            Ok(mut release) => {
                let answers = answers.clone();
                let work = move || take_apart(&live, base, &mut release, &answers);
                tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| {
                    Err(Status::internal(format!("the work on this request ended early: {error}")))
                })
            }
            Err(status) => Err(status),
        };
        if let Err(status) = outcome {
            // A client that has gone hears nothing.
            drop(answers.send(Err(status)).await);
        }
    });
    Ok(Box::pin(tokio_stream::wrappers::ReceiverStream::new(answered)))
}

async fn read_release(requests: &mut Streaming<v1::AttributeRequest>) -> Result<Vec<ReleaseFile>, Status> {
    let mut release = Vec::new();
    let mut bytes = 0usize;
    while let Some(request) = requests.next().await.transpose()? {
        let Some(RequestPart::File(file)) = request.part else {
            return Err(Status::invalid_argument("after the options only files may follow"));
        };
        bytes += file.hunks.len();
        if bytes > LIMITS.release_bytes {
            let message =
                format!("the diffs are over the limit of {} bytes (release_bytes)", LIMITS.release_bytes);
            return Err(Status::resource_exhausted(message));
        }
        if release.len() >= LIMITS.release_files {
            let message = format!("the files are over the limit of {} (release_files)", LIMITS.release_files);
            return Err(Status::resource_exhausted(message));
        }
        release.push(release_file(file)?);
    }
    Ok(release)
}

fn release_file(file: v1::FileDiff) -> Result<ReleaseFile, Status> {
    let path = |path: Vec<u8>| (!path.is_empty()).then(|| BString::from(path));
    let (new_path, old_path) = (path(file.path), path(file.old_path));
    let mut release = ReleaseFile { new_path, old_path, hunks: Vec::new() };
    if release.new_path.is_none() && release.old_path.is_none() {
        return Err(Status::invalid_argument("a file has neither a path nor an old path"));
    }
    if !file.hunks.is_empty() {
        release.hunks = bare_hunks(&file.hunks).map_err(|problem| {
            let Problem { line, kind, .. } = problem;
            let (path, remedy) = (release.path(), kind.remedy());
            Status::invalid_argument(format!("{path}: line {line} of the hunks: {kind}; {remedy}"))
        })?;
    }
    Ok(release)
}

/// Passes progress on, and stops the work when the client has gone.
struct ClientProgress<'a> {
    answers: &'a Answers,
    started: Instant,
    last_report: AtomicU64,
}

impl AttributionProgress for ClientProgress<'_> {
    fn advanced(&self, phase: AttributionPhase, done: usize, total: usize) {
        let now = self.started.elapsed().as_millis() as u64;
        let last = self.last_report.load(Ordering::Relaxed);
        if done < total && now < last + PROGRESS_INTERVAL_MS {
            return;
        }
        self.last_report.store(now, Ordering::Relaxed);
        let progress = v1::AttributeProgress {
            phase: v1::AttributePhase::from(phase).into(),
            done: done as u64,
            total: total as u64,
        };
        // Progress that finds no room is out of date before it could be read.
        drop(self.answers.try_send(Ok(v1::AttributeResponse { part: Some(Part::Progress(progress)) })));
    }

    fn is_stopped(&self) -> bool {
        self.answers.is_closed()
    }
}

fn take_apart(
    live: &LiveSnapshot,
    base: CommitOrdinal,
    release: &mut [ReleaseFile],
    answers: &Answers,
) -> Result<(), Status> {
    let contained: Arc<CommitSet> = live.contained_in(base);
    let progress = ClientProgress { answers, started: Instant::now(), last_report: AtomicU64::new(0) };
    let graph = live.snapshot.graph();
    let attribution = match attribute_release(graph, &live.snapshot, release, &contained, &progress) {
        Ok(attribution) => attribution,
        Err(AttributionError::Stopped) => {
            tracing::info!("attribution stopped: the client went away");
            return Err(Status::cancelled("the client has gone"));
        }
        Err(AttributionError::Index(error)) => return Err(index_status(&error)),
    };
    let send = |part: Part| {
        let answer = v1::AttributeResponse { part: Some(part) };
        answers.blocking_send(Ok(answer)).map_err(|_| Status::cancelled("the client has gone"))
    };
    for (file, hunks) in release.iter().zip(&attribution.files) {
        send(Part::File(file_message(live, file, hunks)))?;
    }
    for commit in &attribution.commits {
        send(Part::Commit(commit_message(live, commit).map_err(|error| index_status(&error))?))?;
    }
    send(Part::Summary(summary(release, &attribution)))
}

fn file_message(live: &LiveSnapshot, file: &ReleaseFile, hunks: &[Vec<OwnedRun>]) -> v1::FileAttribution {
    let graph = live.snapshot.graph();
    let run = |run: &OwnedRun| v1::Run {
        side: v1::Side::from(run.side).into(),
        start: run.start,
        lines: run.lines,
        commit: run.owner.map(|owner| graph.id(owner.commit).to_string()).unwrap_or_default(),
        confidence: run.owner.map_or(0.0, |owner| rounded(owner.confidence.0)),
        r#match: run.owner.map_or(v1::MatchKind::Unspecified, |owner| owner.kind.into()).into(),
    };
    let hunk = |(hunk, runs): (&hunktrace_indexer::hunk::Hunk, &Vec<OwnedRun>)| v1::HunkAttribution {
        old_start: hunk.old_start,
        old_lines: hunk.old_lines,
        new_start: hunk.new_start,
        new_lines: hunk.new_lines,
        runs: runs.iter().map(run).collect(),
    };
    v1::FileAttribution {
        path: file.path().to_vec(),
        hunks: file.hunks.iter().zip(hunks).map(hunk).collect(),
    }
}

fn commit_message(
    live: &LiveSnapshot,
    commit: &AttributedCommit,
) -> Result<v1::CommitAttribution, IndexError> {
    let graph = live.snapshot.graph();
    let record = live.snapshot.commit_record(commit.commit)?;
    let (subject, author, author_date) =
        record.map(|record| (record.subject, record.author, record.author_date)).unwrap_or_default();
    Ok(v1::CommitAttribution {
        commit: graph.id(commit.commit).to_string(),
        status: v1::CommitStatus::from(commit.status).into(),
        confidence: rounded(commit.confidence.0),
        lines: commit.lines,
        hunks: commit.hunks,
        missing_hunks: missing_hunks(live, commit)?,
        superseded_by: commit.superseded_by.map(|by| graph.id(by).to_string()).unwrap_or_default(),
        subject,
        author,
        author_date,
        first_release: graph.first_release(commit.commit).unwrap_or_default().to_owned(),
        carriers: commit_ids(graph, &carriers_of(graph, commit.commit)),
        r#match: v1::MatchKind::from(commit.kind).into(),
    })
}

fn missing_hunks(live: &LiveSnapshot, commit: &AttributedCommit) -> Result<Vec<v1::MissingHunk>, IndexError> {
    if commit.missing.is_empty() {
        return Ok(Vec::new());
    }
    let found = live.snapshot.hunks_of(commit.commit)?;
    let reason_of = |number: u32| commit.missing.iter().find(|missing| missing.number == number);
    let wanted: Vec<(HunkId, MissingReason)> =
        found.iter().filter_map(|hunk| Some((hunk.id, reason_of(hunk.number)?.reason))).collect();
    let ids: Vec<HunkId> = wanted.iter().map(|(id, _)| *id).collect();
    let stored = live.snapshot.load(&ids)?;
    let message = |(stored, (_, reason)): (
        hunktrace_indexer::segment::stored_hunk::StoredHunk,
        (HunkId, MissingReason),
    )| {
        v1::MissingHunk {
            file: stored.path().to_string(),
            old_start: stored.hunk.map_or(0, |hunk| hunk.old_start),
            reason: v1::MissingReason::from(reason).into(),
        }
    };
    Ok(stored.into_iter().zip(wanted).map(message).collect())
}

fn summary(release: &[ReleaseFile], attribution: &Attribution) -> v1::AttributeSummary {
    let runs = || attribution.files.iter().flatten().flatten();
    let implied = attribution.commits.iter().filter(|commit| commit.status == CommitStatus::Implied).count();
    v1::AttributeSummary {
        files: release.len() as u64,
        hunks: release.iter().map(|file| file.hunks.len() as u64).sum(),
        changed_lines: runs().map(|run| u64::from(run.lines)).sum(),
        attributed_lines: runs().filter(|run| run.owner.is_some()).map(|run| u64::from(run.lines)).sum(),
        commits: (attribution.commits.len() - implied) as u64,
        implied_commits: implied as u64,
    }
}

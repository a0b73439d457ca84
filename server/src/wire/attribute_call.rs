//! The `Attribute` call: releases come in file by file, and go out taken apart.
//!
//! A stream has one release or several of one vendor, in order; each is answered before the next one is read. All are
//! answered from the generation of the index with which the stream began, so what was worked out for one release's files
//! holds for the next one's.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use hunktrace_indexer::cancellation::{Cancellation, Cancelled};
use hunktrace_proto::v1;
use hunktrace_proto::v1::attribute_response::Part;
use prost::Message;
use tokio::sync::mpsc;
use tonic::{Status, Streaming};

use crate::attribution::attributed_release::{Attribution, CommitStatus, SupersededCommit};
use crate::attribution::kept_release::KeptRelease;
use crate::attribution::progress::{AttributionPhase, AttributionProgress};
use crate::attribution::release::ReleaseFile;
use crate::attribution::{AttributionError, ReleaseQuestion, attribute_release};
use crate::index::live_index::LiveSnapshot;
use crate::wire::answer_stream::{AnswerStream, QueuedAnswer, patience_with_turn, send_patiently};
use crate::wire::asked_release::{AskedRelease, ReleaseReader};
use crate::wire::call::CallContext;
use crate::wire::commit_attribution::{KeptCommits, commit_message};
use crate::wire::file_attribution::{ITEMS_OF_A_MESSAGE, for_each_message};
use crate::wire::limits::Limits;
use crate::wire::origin_name::OriginName;
use crate::wire::refusal::{cancelled_status, from_sound_index, index_status};
use crate::wire::served_index::ServedSnapshot;
use crate::wire::workers::{CancelOnDrop, Lane, Workers, on_worker};

/// Answers that may wait for the client.
const WAITING_ANSWERS: usize = 64;

/// The least time between two reports of progress, in milliseconds.
const PROGRESS_INTERVAL_MS: u64 = 100;

type Answers = mpsc::Sender<QueuedAnswer<v1::AttributeResponse>>;

/// Reads releases one after the other, and takes each apart on a thread of its own. If the answers are dropped, the work
/// stops.
pub(crate) async fn attribute_call(
    served: ServedSnapshot,
    workers: Arc<Workers>,
    context: CallContext,
    requests: Streaming<v1::AttributeRequest>,
) -> Result<AnswerStream<v1::AttributeResponse>, Status> {
    let call = CancelOnDrop::new();
    let cancellation = call.cancellation();
    let ServedSnapshot { live, limits, paths, .. } = served;
    let mut releases =
        ReleaseReader::new(requests, Arc::clone(&workers), context.clone(), limits, cancellation.clone());
    let Some(options) = releases.next_options().await? else {
        return Err(Status::invalid_argument("the first message has to be the options"));
    };
    let answering = Answering { live, workers, context, limits, cancellation };
    let first = answering.asked(options).await?;

    let (answers, answered) = mpsc::channel(WAITING_ANSWERS);
    tokio::spawn(async move {
        tokio::select! {
            // The client may wait with its next file for ever, and be gone.
            () = answers.closed() => {}
            outcome = answering.answer_releases(first, releases, &answers) => {
                if let Err(status) = outcome {
                    // A client that has gone hears nothing.
                    drop(answers.send((Err(paths.status(status)), None)).await);
                }
            }
        }
    });
    Ok(AnswerStream::new(answered, call))
}

/// What the answers of one call are made with.
struct Answering {
    live: Arc<LiveSnapshot>,
    workers: Arc<Workers>,
    context: CallContext,
    limits: Limits,
    cancellation: Cancellation,
}

/// What is kept of a release for the next one of its stream.
#[derive(Default)]
struct Kept {
    release: KeptRelease,
    commits: KeptCommits,
}

impl Answering {
    /// What some options ask.
    async fn asked(&self, options: v1::AttributeOptions) -> Result<AskedRelease, Status> {
        let held = self.context.take(options.encoded_len())?;
        let turn = self.context.turn_of_stream(&self.workers, Lane::Lookups).await?;
        let (live, cancellation) = (Arc::clone(&self.live), self.cancellation.clone());
        on_worker(turn, move || {
            let asked = AskedRelease::new(&live, &options, &cancellation);
            drop((options, held));
            asked
        })
        .await
    }

    /// Answers the first release and all that follow.
    async fn answer_releases(
        &self,
        mut asked: AskedRelease,
        mut releases: ReleaseReader,
        answers: &Answers,
    ) -> Result<(), Status> {
        let mut kept = Kept::default();
        loop {
            let mut release = releases.files().await?;
            let under_way = self.context.work();
            let excluded = Arc::clone(&asked.excluded);
            let (live, answers_now) = (Arc::clone(&self.live), answers.clone());
            let patience = patience_with_turn(&self.limits);
            let turn = self.context.turn_of_stream(&self.workers, Lane::Releases).await?;
            let cancellation = self.cancellation.until(Instant::now() + self.limits.release_time);
            kept = on_worker(turn, move || {
                let progress = ClientProgress::new(&answers_now, &cancellation, patience);
                take_apart(&live, &asked, &mut release.files, &mut kept, &progress)?;
                // What the release holds is held until its work has stopped.
                drop((release, under_way));
                Ok(kept)
            })
            .await?;
            let Some(options) = releases.next_options().await? else { return Ok(()) };
            asked = self.asked(options).await?;
            if *asked.excluded != *excluded {
                kept.release = KeptRelease::default();
            }
        }
    }
}

/// Passes progress on, and stops the work when the client has gone.
struct ClientProgress<'a> {
    answers: &'a Answers,
    cancellation: &'a Cancellation,
    /// How long the client may take no answer.
    patience: Duration,
    started: Instant,
    last_report: AtomicU64,
}

impl ClientProgress<'_> {
    fn new<'a>(
        answers: &'a Answers,
        cancellation: &'a Cancellation,
        patience: Duration,
    ) -> ClientProgress<'a> {
        ClientProgress {
            answers,
            cancellation,
            patience,
            started: Instant::now(),
            last_report: AtomicU64::new(0),
        }
    }

    /// Sends an answer; the thread waits for the client, but not for ever.
    fn send(&self, answer: v1::AttributeResponse) -> Result<(), Status> {
        self.cancellation.check().map_err(release_cancelled_status)?;
        let sent = send_patiently(self.answers, answer, self.patience);
        sent.inspect_err(|_| self.cancellation.cancel())
    }
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
        let answer = v1::AttributeResponse { part: Some(Part::Progress(progress)) };
        drop(self.answers.try_send((Ok(answer), None)));
    }

    fn cancellation(&self) -> &Cancellation {
        self.cancellation
    }
}

fn take_apart(
    live: &LiveSnapshot,
    asked: &AskedRelease,
    release: &mut [ReleaseFile],
    kept: &mut Kept,
    progress: &ClientProgress<'_>,
) -> Result<(), Status> {
    let question = ReleaseQuestion {
        excluded: &asked.excluded,
        asked_after: &asked.asked_after,
        is_followed: asked.is_followed,
    };
    let graph = live.snapshot.graph();
    let attribution =
        match attribute_release(graph, &live.snapshot, release, &question, &mut kept.release, progress) {
            Ok(attribution) => attribution,
            Err(AttributionError::Stopped(cancelled)) => {
                tracing::info!("attribution stopped: {}", why_stopped(cancelled));
                return Err(release_cancelled_status(cancelled));
            }
            Err(AttributionError::Index(error)) => return Err(index_status(&error)),
            Err(error @ AttributionError::NotBefore { .. }) => {
                return Err(Status::invalid_argument(error.to_string()));
            }
        };
    let attribution = from_sound_index(live, attribution)?;
    let send = |part: Part| {
        let answer = v1::AttributeResponse { part: Some(part) };
        progress.send(answer)
    };
    send_files(live, release, &attribution, &send)?;
    let mut earlier = std::mem::take(&mut kept.commits);
    for commit in &attribution.commits {
        let message = match earlier.take(commit) {
            Some(message) => message,
            None => commit_message(live, commit).map_err(|error| index_status(&error))?,
        };
        if asked.is_followed {
            kept.commits.keep(commit.clone(), message.clone());
        }
        send(Part::Commit(message))?;
    }
    for SupersededCommit { commit, by } in &attribution.superseded {
        let [commit, superseded_by] = [commit, by].map(|commit| OriginName::of(graph, *commit).commit);
        send(Part::Superseded(v1::SupersededCommit { commit, superseded_by }))?;
    }
    let files_are_kept = !kept.release.is_empty();
    send(Part::Summary(v1::AttributeSummary { files_are_kept, ..summary(release, &attribution) }))
}

/// Sends what is told of each file; what is told again of files that are as before is counted.
fn send_files(
    live: &LiveSnapshot,
    release: &[ReleaseFile],
    attribution: &Attribution,
    send: &dyn Fn(Part) -> Result<(), Status>,
) -> Result<(), Status> {
    let graph = live.snapshot.graph();
    let mut as_before = 0;
    let say_as_before = |files: &mut u64| match std::mem::take(files) {
        0 => Ok(()),
        files => send(Part::AsBefore(v1::FilesToldAsBefore { files })),
    };
    for ((file, hunks), is_as_before) in release.iter().zip(&attribution.files).zip(&attribution.as_before) {
        if file.is_as_before && *is_as_before {
            as_before += 1;
            continue;
        }
        say_as_before(&mut as_before)?;
        for_each_message(graph, file, hunks, ITEMS_OF_A_MESSAGE, |message| send(Part::File(message)))?;
    }
    say_as_before(&mut as_before)
}

fn why_stopped(cancelled: Cancelled) -> &'static str {
    match cancelled {
        Cancelled::Requested => "the client went away",
        Cancelled::Expired => "it took longer than it may",
    }
}

fn release_cancelled_status(cancelled: Cancelled) -> Status {
    match cancelled {
        Cancelled::Requested => cancelled_status(cancelled),
        Cancelled::Expired => Status::deadline_exceeded(
            "the work on this release took longer than it may (release_time); ask the server's owner for more",
        ),
    }
}

fn summary(release: &[ReleaseFile], attribution: &Attribution) -> v1::AttributeSummary {
    let runs = || attribution.files.iter().flat_map(|file| file.iter()).flatten();
    let implied = attribution.commits.iter().filter(|commit| commit.status == CommitStatus::Implied).count();
    v1::AttributeSummary {
        files: release.len() as u64,
        hunks: release.iter().map(|file| file.hunks.len() as u64).sum(),
        changed_lines: runs().map(|run| u64::from(run.lines)).sum(),
        attributed_lines: runs().filter(|run| run.owner.is_some()).map(|run| u64::from(run.lines)).sum(),
        commits: (attribution.commits.len() - implied) as u64,
        implied_commits: implied as u64,
        files_are_kept: false,
    }
}

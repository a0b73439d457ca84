//! `hunktrace verify`: checks every checksum and cross-reference of an index.

use hunktrace_indexer::graph::CommitOrdinal;
use hunktrace_indexer::index::folder::IndexError;
use hunktrace_indexer::index::snapshot::Snapshot;
use hunktrace_indexer::index::snapshot::verification::{VerificationProgress, VerificationStep};
use indicatif::DecimalBytes;

use crate::cli::VerifyArgs;
use crate::terminal::message::say;
use crate::terminal::outcome::Outcome;
use crate::terminal::output::Output;
use crate::terminal::screen_text::counted;
use crate::terminal::step_bar::StepBar;

/// How far the check is, on standard error.
struct VerifyProgress(StepBar);

impl VerifyProgress {
    fn start() -> VerifyProgress {
        VerifyProgress(StepBar::start(false))
    }
}

impl VerificationProgress for VerifyProgress {
    fn advanced(&self, step: VerificationStep, done: u64, total: u64) {
        let name = match step {
            VerificationStep::Checksums => "comparing checksums",
            VerificationStep::Records => "reading records",
            VerificationStep::Digest => "taking the digest",
        };
        self.0.advanced(name, done, total);
    }
}

/// Runs the command.
///
/// # Errors
/// If there is no index, or it has another format. What is wrong inside is reported as something that failed.
pub fn run(args: &VerifyArgs) -> anyhow::Result<Outcome> {
    let progress = VerifyProgress::start();
    let verified = verified(args, &progress);
    drop(progress);
    match verified {
        Ok(text) => {
            Output::open().write(&text)?;
            Ok(Outcome::Done)
        }
        Err(error @ (IndexError::Damaged { .. } | IndexError::Storage { .. })) => {
            say(error);
            Ok(Outcome::SomethingFailed)
        }
        Err(error) => Err(error.into()),
    }
}

/// What was checked, and a digest of it.
fn verified(args: &VerifyArgs, progress: &VerifyProgress) -> Result<String, IndexError> {
    let snapshot = Snapshot::open_verified(&args.index, progress)?;
    let (digest, history) = (snapshot.watched_digest(progress)?, snapshot.history_digest()?);
    let sizes = snapshot.folder().file_sizes()?;
    let bytes: u64 = sizes.iter().map(|(_, size)| size).sum();
    let graph = snapshot.graph();
    let hunks = (0..graph.len()).map(|index| u64::from(graph.hunk_count(CommitOrdinal(index as u32)))).sum();
    let generation = snapshot.generation();
    let state =
        if generation.is_complete { "complete" } else { "not complete: the next run goes on with it" };
    Ok(format!(
        "{}: everything agrees\n  checked  {} and {} in {} ({})\n  state    format {}, generation {}, {state}\n  \
         digest   {digest:032x}\n  history  {history:032x}\n",
        args.index.display(),
        counted(graph.len() as u64, "commit"),
        counted(hunks, "hunk"),
        counted(snapshot.segment_count() as u64, "segment"),
        DecimalBytes(bytes),
        generation.format,
        generation.number,
    ))
}

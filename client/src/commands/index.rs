//! `hunktrace index`: builds an index, or extends it.

use std::path::Path;
use std::time::{Duration, Instant};

use hunktrace_indexer::index::folder::IndexError;
use hunktrace_indexer::run::index_update::{IndexPace, IndexRequest, IndexSummary, update_index};
use indicatif::HumanCount;

use crate::cli::IndexArgs;
use crate::terminal::message::say;
use crate::terminal::outcome::Outcome;
use crate::terminal::output::Output;
use crate::terminal::progress::{Loudness, Progress};
use crate::terminal::screen_text::counted;

/// The user has stopped an indexing run.
#[derive(Debug, thiserror::Error)]
#[error("stopped; the index has what it had at its last commit point, and the next run goes on from there")]
pub struct Stopped;

/// Runs the command.
///
/// # Errors
/// Where the index cannot be written or a repository cannot be read.
pub fn run(args: &IndexArgs) -> anyhow::Result<Outcome> {
    let request = IndexRequest {
        index: args.index.clone(),
        repositories: args.repos.clone(),
        revisions: args.refs.clone(),
        pace: IndexPace {
            threads: args.threads.map_or_else(usual_threads, usize::from),
            commit_interval: args.commit_every,
        },
    };
    let started = Instant::now();
    let progress = Progress::start(if args.quiet { Loudness::Quiet } else { Loudness::Usual })?;
    let result = update_index(&request, &progress);
    drop(progress);
    match result {
        Ok(summary) if args.quiet => tracing::debug!(?summary, "indexed"),
        Ok(summary) => Output::open().write(&summary_text(&summary, &args.index, started.elapsed()))?,
        Err(IndexError::Stopped) => {
            say(Stopped);
            return Ok(Outcome::Interrupted);
        }
        Err(error) => return Err(error.into()),
    }
    Ok(Outcome::Done)
}

/// As many threads as the machine runs at once.
pub fn usual_threads() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

fn summary_text(summary: &IndexSummary, index: &Path, elapsed: Duration) -> String {
    let IndexSummary { new_commits, new_hunks, unindexed, total_commits } = *summary;
    let (index, seconds) = (index.display(), elapsed.as_secs_f64());
    let total = HumanCount(total_commits as u64);
    let mut text = if new_commits == 0 {
        format!("{index}: nothing new; {total} commits are indexed\n")
    } else {
        let (commits, hunks) = (counted(new_commits as u64, "commit"), counted(new_hunks, "hunk"));
        format!("{index}: indexed {commits} with {hunks} in {seconds:.1} s; {total} commits in all\n")
    };
    if unindexed > 0 {
        let items = counted(unindexed as u64, "item");
        text += &format!("{items} could not be indexed; 'hunktrace status --index {index}' lists them\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn summary_says_what_was_done_and_what_could_not_be() {
        let summary = IndexSummary { new_commits: 1_234, new_hunks: 1, unindexed: 2, total_commits: 5_000 };
        assert_eq!(
            summary_text(&summary, Path::new("i"), Duration::from_millis(1_234)),
            "i: indexed 1,234 commits with 1 hunk in 1.2 s; 5,000 commits in all\n\
             2 items could not be indexed; 'hunktrace status --index i' lists them\n"
        );
    }

    #[test]
    fn run_that_finds_nothing_new_says_so() {
        let summary = IndexSummary { new_commits: 0, new_hunks: 0, unindexed: 0, total_commits: 7 };
        let text = summary_text(&summary, Path::new("i"), Duration::ZERO);
        assert_eq!(text, "i: nothing new; 7 commits are indexed\n");
    }
}

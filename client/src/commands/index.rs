//! `hunktrace index`: builds an index, or extends it.

use std::path::Path;
use std::time::{Duration, Instant};

use hunktrace_indexer::run::index_update::{IndexPace, IndexRequest, IndexSummary};
use indicatif::HumanCount;

use crate::cli::IndexArgs;
use crate::source::index_progress::Loudness;
use crate::source::index_run::{Stopped, run_indexing, usual_threads};
use crate::terminal::message::say;
use crate::terminal::outcome::Outcome;
use crate::terminal::output::Output;
use crate::terminal::screen_text::counted;

/// Runs the command.
///
/// # Errors
/// If the index cannot be written or a repository cannot be read.
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
    let loudness = if args.quiet { Loudness::Quiet } else { Loudness::Usual };
    match run_indexing(&request, loudness) {
        Ok(summary) if args.quiet => tracing::debug!(?summary, "indexed"),
        Ok(summary) => Output::open().write(&summary_text(&summary, &args.index, started.elapsed()))?,
        Err(error) if error.is::<Stopped>() => {
            say(error);
            return Ok(Outcome::Interrupted);
        }
        Err(error) => return Err(error),
    }
    Ok(Outcome::Done)
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

//! `hunktrace index`: builds an index, or extends it.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use hunktrace_indexer::run::index_update::{COMMIT_TIME, IndexPace, IndexRequest, IndexSummary};
use hunktrace_indexer::run::repository_history::SkippedRefs;
use hunktrace_server::neighbours::kind::NeighbourKind;
use hunktrace_server::neighbours::known_list::listed_neighbours;
use hunktrace_server::neighbours::looked_up_series::{LookedUpSeries, kept_series};
use indicatif::HumanCount;

use crate::cli::IndexArgs;
use crate::commands::series_lookup::{SeriesQuestion, current_state, look_up_series};
use crate::source::index_progress::Loudness;
use crate::source::index_run::{run_indexing, usual_threads};
use crate::source::neighbour_list::{NeighbourChange, change_neighbours, whole_path};
use crate::source::service::{ServiceLocation, connect, runtime};
use crate::terminal::message::say;
use crate::terminal::outcome::Outcome;
use crate::terminal::output::Output;
use crate::terminal::screen_text::{counted, printable};

/// Runs the command.
///
/// # Errors
/// If the index cannot be written or a repository cannot be read, a neighbour is none, or the user stops the run.
pub fn run(args: &IndexArgs) -> anyhow::Result<Outcome> {
    for named in &args.neighbours {
        NeighbourKind::of(named)?;
    }
    let indexed = if args.repos.is_empty() { Outcome::Done } else { index(args)? };
    let neighbours = bring_neighbours(args)?;
    Ok(if indexed == Outcome::Done { neighbours } else { indexed })
}

/// Makes neighbours known and forgets others, and looks up series: those that are named, and after an indexing run all that the index
/// knows.
fn bring_neighbours(args: &IndexArgs) -> anyhow::Result<Outcome> {
    let is_named = !args.neighbours.is_empty() || !args.forgotten.is_empty();
    let named = series_of(&args.neighbours)?;
    let (mut others, mut has_failed) = (Vec::new(), false);
    if !args.repos.is_empty() {
        match listed_neighbours(&args.index) {
            Ok(known) => others = series_of(&known)?,
            Err(error) => {
                say(error);
                has_failed = true;
            }
        }
        others.retain(|other| !named.contains(other));
    }
    let mut answers = SeriesAnswers::default();
    if !named.is_empty() || !others.is_empty() {
        answers = look_up_all(args, named, others)?;
    }
    let SeriesAnswers { looked_up, mut texts, .. } = answers;
    has_failed |= answers.has_failed;
    if is_named || !looked_up.is_empty() {
        let change =
            NeighbourChange { added: &args.neighbours, forgotten: &args.forgotten, looked_up: &looked_up };
        let known = change_neighbours(&args.index, change)?;
        if is_named {
            texts += &neighbours_text(&args.index, &known);
        }
    }
    if !args.quiet && !texts.is_empty() {
        Output::open().write(&texts)?;
    }
    Ok(if has_failed { Outcome::SomethingFailed } else { Outcome::Done })
}

/// Those of some neighbours that are series to be looked up, by their whole paths; one that cannot be read is told when it is asked.
fn series_of(neighbours: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
    let mut series = Vec::new();
    for path in neighbours {
        if NeighbourKind::of(path).is_ok_and(|kind| kind == NeighbourKind::Patches) {
            let whole = whole_path(path)?;
            if !series.contains(&whole) {
                series.push(whole);
            }
        }
    }
    Ok(series)
}

/// What was said of series.
#[derive(Default)]
struct SeriesAnswers {
    looked_up: Vec<LookedUpSeries>,
    /// What was done, a line for each series of which something was looked up.
    texts: String,
    /// Whether a series has problems that was named, or another one cannot be looked up at all.
    has_failed: bool,
}

/// Looks series up: those that were named, of which each has to be one, and others that the index knows.
fn look_up_all(args: &IndexArgs, named: Vec<PathBuf>, others: Vec<PathBuf>) -> anyhow::Result<SeriesAnswers> {
    // Asked for before the index is opened: what it gets meanwhile is asked for with the next run.
    let index = current_state(&args.index)?;
    runtime()?.block_on(async {
        let mut answers = SeriesAnswers::default();
        let mut client = connect(&ServiceLocation::Embedded(args.index.clone())).await?;
        let named_count = named.len();
        for (place, path) in named.into_iter().chain(others).enumerate() {
            let is_named = place < named_count;
            // What is damaged is written anew.
            let before = kept_series(&args.index, &path).ok().flatten();
            let question = SeriesQuestion { path, before: before.clone(), index, is_quiet: args.quiet };
            match look_up_series(&mut client, question).await {
                Ok(answer) if is_named || before.as_ref() != Some(&answer.series) => {
                    let name = printable(&answer.series.path.to_string_lossy());
                    answers.texts += &format!("{name}: {}\n", answer.text());
                    answers.has_failed |= is_named && answer.has_problems;
                    answers.looked_up.push(answer.series);
                }
                Ok(_) => {}
                Err(error) if is_named => return Err(error),
                Err(error) => {
                    say(format_args!("{error:#}"));
                    answers.has_failed = true;
                }
            }
        }
        Ok(answers)
    })
}

fn neighbours_text(index: &Path, known: &[PathBuf]) -> String {
    let mut text = format!("{}: {}\n", index.display(), counted(known.len() as u64, "neighbour"));
    for path in known {
        text += &format!("  {}\n", printable(&path.to_string_lossy()));
    }
    text
}

fn index(args: &IndexArgs) -> anyhow::Result<Outcome> {
    let request = IndexRequest {
        index: args.index.clone(),
        repositories: args.repos.clone(),
        revisions: args.refs.clone(),
        pace: IndexPace {
            threads: args.threads.map_or_else(usual_threads, usize::from),
            commit_interval: args.commit_every,
            commit_time: COMMIT_TIME,
        },
    };
    let started = Instant::now();
    let loudness = if args.quiet { Loudness::Quiet } else { Loudness::Usual };
    let summary = run_indexing(&request, loudness)?;
    tracing::debug!(?summary, "indexed");
    if !args.quiet {
        Output::open().write(&summary_text(&summary, &args.index, started.elapsed()))?;
    }
    if summary.unreadable > 0 {
        let items = counted(summary.unreadable as u64, "item");
        say(format_args!("{items} of the history could not be read; the rest is indexed"));
        return Ok(Outcome::SomethingFailed);
    }
    Ok(Outcome::Done)
}

fn summary_text(summary: &IndexSummary, index: &Path, elapsed: Duration) -> String {
    let IndexSummary { new_commits, new_hunks, unindexed, total_commits, ref skipped_refs, .. } = *summary;
    let (index, seconds) = (index.display(), elapsed.as_secs_f64());
    let total = HumanCount(total_commits as u64);
    let mut text = if new_commits == 0 {
        format!("{index}: nothing new; {total} commits are indexed\n")
    } else {
        let (commits, hunks) = (counted(new_commits as u64, "commit"), counted(new_hunks, "hunk"));
        format!("{index}: indexed {commits} with {hunks} in {seconds:.1} s; {total} commits in all\n")
    };
    text += &skipped_text(skipped_refs);
    if unindexed > 0 {
        let items = counted(unindexed as u64, "item");
        text += &format!("{items} could not be indexed; 'hunktrace status --index {index}' lists them\n");
    }
    text
}

/// The references that were skipped: how many, and which.
fn skipped_text(SkippedRefs { without_commit, others }: &SkippedRefs) -> String {
    /// So many names stand in a line before the rest is counted.
    const NAMES: usize = 5;
    let mut text = String::new();
    if !without_commit.is_empty() {
        let count = counted(without_commit.len() as u64, "skipped reference");
        let mut names: Vec<String> = without_commit.iter().take(NAMES).map(|name| printable(name)).collect();
        if without_commit.len() > NAMES {
            names.push(format!("{} more", HumanCount((without_commit.len() - NAMES) as u64)));
        }
        text += &format!("{count} without a commit: {}\n", names.join(", "));
    }
    if !others.is_empty() {
        let count = counted(others.values().sum(), "skipped reference");
        let folder =
            |(folder, count): (&String, &u64)| format!("{} in {}", HumanCount(*count), printable(folder));
        let folders: Vec<String> = others.iter().map(folder).collect();
        text += &format!(
            "{count} beside branches and tags: {}; --ref takes them by name or pattern\n",
            folders.join(", ")
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn summary_says_what_was_done_and_what_could_not_be() {
        let summary = IndexSummary {
            new_commits: 1_234,
            new_hunks: 1,
            unindexed: 2,
            total_commits: 5_000,
            ..IndexSummary::default()
        };
        assert_eq!(
            summary_text(&summary, Path::new("i"), Duration::from_millis(1_234)),
            "i: indexed 1,234 commits with 1 hunk in 1.2 s; 5,000 commits in all\n\
             2 items could not be indexed; 'hunktrace status --index i' lists them\n"
        );
    }

    #[test]
    fn run_that_finds_nothing_new_says_so() {
        let summary = IndexSummary { total_commits: 7, ..IndexSummary::default() };
        let text = summary_text(&summary, Path::new("i"), Duration::ZERO);
        assert_eq!(text, "i: nothing new; 7 commits are indexed\n");
    }

    #[test]
    fn skipped_references_are_counted_and_named() {
        let dead = |count: u32| (0..count).map(|number| format!("refs/tags/t{number}")).collect();
        let skipped = SkippedRefs { without_commit: dead(2), others: Default::default() };
        assert_eq!(
            skipped_text(&skipped),
            "2 skipped references without a commit: refs/tags/t0, refs/tags/t1\n"
        );
        let others = [("refs/pull".to_owned(), 1_234), ("refs/stash".to_owned(), 1)].into();
        assert_eq!(
            skipped_text(&SkippedRefs { without_commit: dead(7), others }),
            "7 skipped references without a commit: refs/tags/t0, refs/tags/t1, refs/tags/t2, refs/tags/t3, \
             refs/tags/t4, 2 more\n\
             1,235 skipped references beside branches and tags: 1,234 in refs/pull, 1 in refs/stash; \
             --ref takes them by name or pattern\n"
        );
        assert_eq!(skipped_text(&SkippedRefs::default()), "");
    }
}

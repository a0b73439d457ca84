//! Which commits say in prose that they mend which: what `Fixes:` lines say today was said in other words before.

use hunktrace_indexer::cancellation::Cancellation;
use hunktrace_indexer::graph::{CommitGraph, CommitOrdinal, FoundCommit, SubjectHash};
use hunktrace_indexer::index::folder::IndexError;
use hunktrace_indexer::message::{CommitRef, blamed_commits};
use rayon::prelude::*;

/// Messages that are read one after the other: neighbours lie in the same compressed blocks.
const MESSAGES_BATCH: usize = 2048;

/// Reads the message of a commit; none where its object could not be read.
pub type ReadMessage<'a> = dyn Fn(CommitOrdinal) -> Result<Option<String>, IndexError> + Sync + 'a;

/// A commit, and an earlier one whose fault it says to mend.
pub type Blame = (CommitOrdinal, CommitOrdinal);

/// Finds in the messages of `commits`, which are in the order of the index, whose fault they mend.
///
/// # Errors
/// Where the index cannot be read.
pub fn blames(
    graph: &CommitGraph,
    commits: &[CommitOrdinal],
    read: &ReadMessage<'_>,
    cancellation: &Cancellation,
) -> Result<Vec<Blame>, IndexError> {
    let batches = commits.par_chunks(MESSAGES_BATCH).map(|batch| {
        cancellation.check()?;
        let mut blames = Vec::new();
        for commit in batch {
            let Some(message) = read(*commit)? else { continue };
            let named = blamed_commits(&message);
            let found = named.iter().filter_map(|name| meant(graph, name, *commit));
            blames.extend(found.map(|of| (*commit, of)));
        }
        Ok(blames)
    });
    let blames: Vec<Vec<Blame>> = batches.collect::<Result<_, IndexError>>()?;
    Ok(blames.into_iter().flatten().collect())
}

/// The earlier commit that a message means: by its id, and where that fits none or several by its subject.
fn meant(graph: &CommitGraph, name: &CommitRef, by: CommitOrdinal) -> Option<CommitOrdinal> {
    let same_subject = || {
        let subject = SubjectHash::of(name.subject.as_deref()?);
        graph.with_subject(subject).into_iter().rfind(|commit| *commit < by)
    };
    let meant = match graph.find_abbreviated(&name.hex) {
        FoundCommit::One(commit) => Some(commit),
        FoundCommit::None | FoundCommit::Several(_) => same_subject(),
    };
    meant.filter(|commit| *commit < by)
}

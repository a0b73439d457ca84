//! Which commits mend which, by all that messages say: `Fixes:` lines, reverts and prose.

use hunktrace_indexer::graph::{CommitOrdinal, Relation};

use super::blamed::Blame;
use crate::check::question::TreeQuestion;

/// What a commit says of another one that it mends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mending {
    /// It names it in a `Fixes:` line.
    Fixes,
    /// It undoes it.
    Reverts,
    /// It says in other words that it mends what the other one did.
    InProse,
}

/// A commit, the earlier one that it mends, and how it says so.
pub type MendingCommit = (CommitOrdinal, CommitOrdinal, Mending);

/// All that mends something, but for what the base contains; `prose` is what messages say in other words.
pub fn mending_commits(question: &TreeQuestion<'_>, prose: &[Blame]) -> Vec<MendingCommit> {
    let TreeQuestion { graph, base, undoings, .. } = question;
    let mut mending = Vec::new();
    let is_new = |commit: &CommitOrdinal| base.is_none_or(|base| !base.contained.contains(*commit));
    for commit in CommitOrdinal::first(graph.len()).filter(is_new) {
        let fixed = graph.related(Relation::Fixes, commit).into_iter();
        mending.extend(fixed.map(|of| (commit, of, Mending::Fixes)));
        if !undoings.not_reverts.contains(commit) {
            let undone = graph.related(Relation::Reverts, commit).into_iter();
            mending.extend(undone.map(|of| (commit, of, Mending::Reverts)));
        }
    }
    let prose = prose.iter().filter(|(commit, _)| is_new(commit));
    mending.extend(prose.map(|(commit, of)| (*commit, *of, Mending::InProse)));
    mending
}

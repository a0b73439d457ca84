//! Is this commit in this tree? Asked of any commits, and answered with the proof.
//!
//! 1. [`kin`]: a change is asked after with all that make it: its origin, carriers and equal copies;
//! 2. [`asked_hunks`]: their hunks, and the files of the tree where these belong, which are the only ones that are read;
//! 3. [`hunk_place`]: where each hunk stands in the vendor's file, line by line;
//! 4. [`file_fates`]: what attribution says of it, with what later commits that are there have rewritten;
//! 5. [`hunk_state`] and [`commit_state`]: the two held against each other;
//! 6. what the base has, and what was undone.

pub mod applies;
pub mod asked_hunks;
pub mod commit_state;
pub mod file_fates;
pub mod file_lines;
pub mod file_names;
pub mod hunk_place;
pub mod hunk_state;
pub mod judging;
pub mod kin;
pub mod question;
pub mod running_code;
pub mod tree_file;

use std::collections::BTreeMap;

use hunktrace_indexer::graph::CommitOrdinal;

use commit_state::{CheckedCommit, CommitState};
use judging::{Judging, judge_hunks};
use kin::{Kin, Standing};
use question::{CheckError, TreeQuestion};
use tree_file::TreeFiles;

/// Looks for commits in a tree. The answers are in the order of the question.
///
/// # Errors
/// Where the index or the tree cannot be read.
pub fn check_commits(
    question: &TreeQuestion<'_>,
    commits: &[CommitOrdinal],
    tree: &mut dyn TreeFiles,
) -> Result<Vec<CheckedCommit>, CheckError> {
    let kins: Vec<Kin> = commits.iter().map(|commit| question.kin(*commit)).collect();
    let undoing = undoing_kins(question, &kins);
    let members = kins.iter().chain(undoing.values().flatten()).flat_map(|kin| kin.members.iter().copied());
    let judging = judge_hunks(question, members.collect(), tree)?;
    let checked = |kin: &Kin| {
        let by = undoing.get(&kin.origin).map_or(&[][..], Vec::as_slice);
        judging.commit(question, kin, by)
    };
    Ok(kins.iter().map(checked).collect())
}

/// For each change the changes that undo it.
fn undoing_kins(question: &TreeQuestion<'_>, kins: &[Kin]) -> BTreeMap<CommitOrdinal, Vec<Kin>> {
    let mut undoing: BTreeMap<CommitOrdinal, Vec<Kin>> = BTreeMap::new();
    for kin in kins {
        let by = kin.members.iter().flat_map(|member| question.undoings.of(question.graph, *member));
        let mut by: Vec<Kin> = by.map(|by| question.kin(by)).collect();
        by.sort_by_key(|kin| kin.origin);
        by.dedup_by_key(|kin| kin.origin);
        // A carrier that undoes and redoes a change in one has the change as its origin.
        by.retain(|by| by.origin != kin.origin);
        if !by.is_empty() {
            undoing.insert(kin.origin, by);
        }
    }
    undoing
}

impl Judging {
    /// What became of a change that some others undo.
    fn commit(&self, question: &TreeQuestion<'_>, kin: &Kin, undoing: &[Kin]) -> CheckedCommit {
        let by_code = self.by_code(kin);
        let standing = match question.base {
            Some(base) => kin.standing_in(question.graph, &base.ancestors, &question.undoings),
            None => Standing::No,
        };
        let is_undoing = |by: &&Kin| self.by_code(by).state == CommitState::Complete;
        let undone_by_vendor = || undoing.iter().find(is_undoing).map(|by| by.origin);
        let state = match standing {
            Standing::As(member) => match undone_by_vendor() {
                Some(by) => CommitState::Reverted(Some(by)),
                None if by_code.hunks.iter().any(|hunk| hunk.is_taken_back) => CommitState::Reverted(None),
                None => CommitState::InBase(member),
            },
            Standing::Undone(by) if !by_code.state.is_there() => CommitState::Reverted(Some(by)),
            Standing::Undone(_) | Standing::No => by_code.state,
        };
        CheckedCommit { state, ..by_code }
    }
}

#[cfg(test)]
mod tests;

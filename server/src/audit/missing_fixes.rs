//! The fixes that the vendor lacks of what it has: later commits that mend or undo a commit of the tree, and are not in it.

use std::collections::{BTreeMap, BTreeSet};

use bstr::BString;
use hunktrace_indexer::graph::CommitOrdinal;
use hunktrace_indexer::index::folder::IndexError;
use rayon::prelude::*;

use super::candidates::Candidate;
use super::other_code::is_of_other_code;
use super::taken_back::LaterHistory;
use super::waivers::{Waiver, Waivers};
use crate::check::applies::Obstacle;
use crate::check::commit_state::{CheckedCommit, CheckedCommits, CheckedHunk, CommitState};
use crate::check::hunk_place::HunkPlace;
use crate::check::hunk_state::HunkState;
use crate::index::origin::origin_of;

/// At least this share of what a hunk stands on has to be in the vendor's file, or it may be about other code.
const STANDING_SHARE: f32 = 0.5;

/// How maintainers' tools call the state of a fix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FixState {
    /// The tree has it.
    Present,
    /// What it changes is not there, or not built, or upstream took it back.
    Unaffected,
    /// It is missing, and applies as it is.
    WillApply,
    /// It is missing, and has to be adapted.
    Missing,
    /// It may be missing: no `Fixes:` line says so, a part of it is there, or little of what it changes.
    MaybeMissing,
    /// The user, or the vendor's own message, does not want it.
    Blacklisted,
}

impl FixState {
    /// How the state is called in every form of output.
    pub fn name(self) -> &'static str {
        match self {
            FixState::Present => "present",
            FixState::Unaffected => "unaffected",
            FixState::WillApply => "will apply",
            FixState::Missing => "missing",
            FixState::MaybeMissing => "maybe missing",
            FixState::Blacklisted => "blacklisted",
        }
    }

    /// Whether the tree lacks it, or may lack it.
    pub fn is_missing(self) -> bool {
        matches!(self, FixState::WillApply | FixState::Missing | FixState::MaybeMissing)
    }
}

/// A fix, and whether the vendor has it.
#[derive(Clone, Debug)]
pub struct FixFinding {
    /// What it mends.
    pub candidate: Candidate,
    /// Its state.
    pub state: FixState,
    /// Why it is not wanted, where it is not.
    pub waived: Option<Waiver>,
    /// What the tree has of it.
    pub checked: CheckedCommit,
}

impl FixFinding {
    /// The hunks that do not apply to the vendor's files as they are: file, number in the commit, and what is in the way.
    pub fn obstacles(&self) -> impl Iterator<Item = (&BString, u32, Obstacle)> {
        let hunks = self.checked.hunks.iter().filter(|hunk| !hunk.state.is_done());
        hunks.filter_map(|hunk| Some((&hunk.path, hunk.number, hunk.obstacle?)))
    }

    /// Whether it applies to the vendor's files as they are.
    pub fn applies(&self) -> bool {
        self.obstacles().next().is_none()
    }
}

/// What decides over fixes beside what was found of them.
pub struct FixJudge<'a> {
    /// What was found of the fixes, and of the commits that they mend and that were taken.
    pub checked: &'a CheckedCommits,
    /// The commits that were taken and that fixes mend; of others that are mended nothing is asked: they are there.
    pub taken: &'a BTreeSet<CommitOrdinal>,
    /// What is not wanted.
    pub waivers: &'a Waivers,
    /// What is not wanted by the vendor's own messages.
    pub unwanted: &'a BTreeMap<CommitOrdinal, Waiver>,
    /// What became of fixes upstream.
    pub later: LaterHistory<'a>,
}

impl FixJudge<'_> {
    /// What became of fixes, in their order; those that were not looked for are left out.
    ///
    /// # Errors
    /// Where the index cannot be read, or it is cancelled.
    pub fn findings(&self, candidates: Vec<Candidate>) -> Result<Vec<FixFinding>, IndexError> {
        let findings = candidates.into_par_iter().filter_map(|candidate| self.finding(candidate));
        let in_the_end = |mut finding: FixFinding| {
            if finding.state.is_missing() && !self.is_wanted(&finding)? {
                finding.state = FixState::Unaffected;
            }
            Ok(finding)
        };
        findings.map(in_the_end).collect()
    }

    /// Whether a fix that is missing is of code that the vendor has, and upstream left it at that.
    fn is_wanted(&self, finding: &FixFinding) -> Result<bool, IndexError> {
        let FixFinding { candidate, checked, .. } = finding;
        let LaterHistory { question, histories, .. } = &self.later;
        Ok(!self.later.takes_back(candidate)? && !is_of_other_code(question, histories, candidate, checked)?)
    }

    /// What the tree has of a fix; none where it was not looked for.
    fn finding(&self, candidate: Candidate) -> Option<FixFinding> {
        let checked = self.checked.get(&candidate.commit)?.clone();
        let waived = self.waived(&candidate, &checked).cloned();
        let has_fault = self.has_fault(&candidate, &checked);
        let state = match (state_of(&candidate, &checked, has_fault), &waived) {
            (FixState::Present, _) => FixState::Present,
            (_, Some(_)) => FixState::Blacklisted,
            (state, None) => state,
        };
        Some(FixFinding { candidate, state, waived, checked })
    }

    /// Why a fix is not wanted, if it is not. What names a carrier or a copy of it, or an origin that is not indexed, means it.
    fn waived(&self, candidate: &Candidate, checked: &CheckedCommit) -> Option<&Waiver> {
        let graph = self.later.question.graph;
        let kin = self.later.question.kin(candidate.commit);
        let by_id = |commit: &CommitOrdinal| {
            let absent =
                || graph.absent_origin(*commit).and_then(|origin| self.waivers.of_commit(&origin.hex));
            self.waivers.of_commit(&graph.id(*commit).to_string()).or_else(absent)
        };
        let paths = || checked.hunks.iter().map(|hunk| &hunk.path);
        let by_message =
            || kin.members.iter().find_map(|commit| self.unwanted.get(&origin_of(graph, *commit)));
        let of_user = kin.members.iter().find_map(by_id).or_else(|| self.waivers.of_files(paths()));
        of_user.or_else(by_message)
    }

    /// Whether the tree has what a fix mends: the whole commit, or of one that is partly there something of the fix's files.
    fn has_fault(&self, candidate: &Candidate, fix: &CheckedCommit) -> bool {
        let files: BTreeSet<&BString> = fix.hunks.iter().map(|hunk| &hunk.path).collect();
        let is_there = |commit: &CommitOrdinal| {
            let fault = self.checked.get(commit).filter(|_| self.taken.contains(commit));
            fault.is_none_or(|fault| {
                let is_there = |hunk: &CheckedHunk| hunk.state.is_done() && files.contains(&hunk.path);
                fault.state.is_there() || fault.hunks.iter().any(is_there)
            })
        };
        candidate.mends.is_empty() || candidate.mends.iter().any(|(commit, _)| is_there(commit))
    }
}

/// Whether what a missing hunk would change stands in the vendor's file: of a fix that is there in part, other hunks are
/// missing because their code is other code.
fn lacks_something(mattering: &[&CheckedHunk]) -> bool {
    let stands = |place: &HunkPlace| place.still_share() >= STANDING_SHARE;
    let mut missing = mattering.iter().filter(|hunk| hunk.state.is_missing());
    missing.any(|hunk| hunk.obstacle.is_none() || hunk.place.as_ref().is_some_and(stands))
}

/// How maintainers' tools would call the state of a fix.
fn state_of(candidate: &Candidate, checked: &CheckedCommit, has_fault: bool) -> FixState {
    if checked.state.is_there() || checked.is_sure() {
        return FixState::Present;
    }
    if !has_fault {
        return FixState::Unaffected;
    }
    let mattering: Vec<_> = checked.mattering_hunks().collect();
    let is_lost = |state: HunkState| matches!(state, HunkState::NoFile);
    let built: Vec<bool> = mattering.iter().filter_map(|hunk| hunk.is_built).collect();
    let is_unbuilt = !built.is_empty() && !built.contains(&true);
    if mattering.iter().all(|hunk| is_lost(hunk.state)) && checked.hunks.iter().any(|hunk| hunk.is_code)
        || is_unbuilt
    {
        return FixState::Unaffected;
    }
    if checked.state == CommitState::Partial && !lacks_something(&mattering) {
        return FixState::Present;
    }
    if !candidate.says_so() || checked.state != CommitState::Absent {
        return FixState::MaybeMissing;
    }
    let missing = || mattering.iter().filter(|hunk| hunk.state.is_missing());
    if missing().all(|hunk| hunk.obstacle.is_none()) {
        return FixState::WillApply;
    }
    let stands =
        |place: &HunkPlace| place.still_share() >= STANDING_SHARE || place.context_share() >= STANDING_SHARE;
    let standing = missing().filter(|hunk| hunk.place.as_ref().is_some_and(stands)).count();
    if standing * 2 >= missing().count() { FixState::Missing } else { FixState::MaybeMissing }
}

#[cfg(test)]
mod tests {
    use hunktrace_indexer::cancellation::Cancellation;
    use hunktrace_indexer::graph::CommitSet;

    use super::*;
    use crate::audit::file_histories::FileHistories;
    use crate::check::question::TreeQuestion;
    use crate::memory_index::{MemoryIndex, absent_carrier, carrier, commit, hunk_at, id_of};

    /// Whether a waiver of `subject` counts for a fix.
    fn is_waived(fix: u32, subject: &str) -> bool {
        let change = || [hunk_at("fs/a.c", 1, "+take_the_first_lock(port);\n")];
        let other = || [hunk_at("fs/a.c", 1, "+take_another_lock(port);\n")];
        let index = MemoryIndex::of([
            commit(change()),
            carrier(CommitOrdinal(0), other()),
            commit(change()),
            absent_carrier("0123456789abcdef", [hunk_at("fs/b.c", 1, "+shut_the_gate(port);\n")]),
        ]);
        let cancellation = Cancellation::default();
        let question = TreeQuestion::without_base(&index, &cancellation);
        let commit = CommitOrdinal(fix);
        let checked =
            CheckedCommit { commit, state: CommitState::Absent, judged_by: commit, hunks: Vec::new() };
        let candidate = Candidate { commit, mends: BTreeSet::new(), follows: BTreeSet::new() };
        let waivers = Waivers(vec![Waiver { subject: subject.to_owned(), reason: String::new() }]);
        let had = CommitSet::default();
        let judge = FixJudge {
            checked: &CheckedCommits::default(),
            taken: &BTreeSet::new(),
            waivers: &waivers,
            unwanted: &BTreeMap::new(),
            later: LaterHistory { question: &question, had: &had, histories: FileHistories::new(&question) },
        };
        judge.waived(&candidate, &checked).is_some()
    }

    #[test]
    fn waiver_names_a_fix_by_any_commit_that_makes_its_change() {
        let id = |commit: u32| id_of(CommitOrdinal(commit)).to_string();
        assert!(is_waived(0, &id(0)));
        assert!(is_waived(0, &id(1)), "a carrier");
        assert!(is_waived(0, &id(2)), "a copy");
        assert!(!is_waived(0, &id(3)), "another change");
        assert!(is_waived(3, "0123456789ab"), "an origin that is not indexed");
    }
}

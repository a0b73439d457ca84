//! The fixes that the vendor lacks of what it has: later commits that mend or undo a commit of the tree, and are not in it.

use std::collections::{BTreeMap, BTreeSet};

use bstr::BString;
use hunktrace_indexer::graph::{CommitOrdinal, CommitSet, Relation};
use rustc_hash::FxHashMap;

use super::waivers::{Waiver, Waivers};
use crate::check::applies::Obstacle;
use crate::check::check_commits;
use crate::check::commit_state::{CheckedCommit, CheckedHunk, CommitState};
use crate::check::hunk_place::HunkPlace;
use crate::check::hunk_state::HunkState;
use crate::check::question::{CheckError, TreeQuestion};
use crate::check::tree_file::TreeFiles;
use crate::index::origin::origin_of;

/// At least this share of what a hunk stands on has to be in the vendor's file, or it may be about other code.
const STANDING_SHARE: f32 = 0.5;

/// Chains of fixes of fixes are followed for so many steps.
const MAX_CHAIN: usize = 8;

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

/// A later commit that mends one that the vendor has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The commit that mends, as its origin.
    pub commit: CommitOrdinal,
    /// The commits of the tree that it mends.
    pub mends: BTreeSet<(CommitOrdinal, Mending)>,
    /// Other candidates that it mends.
    pub follows: BTreeSet<(CommitOrdinal, Mending)>,
}

/// How maintainers' tools call the state of a fix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FixState {
    /// The tree has it.
    Present,
    /// What it changes is not there, or not built.
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

/// What is asked about missing fixes.
pub struct FixQuestion<'a> {
    /// The tree.
    pub tree: &'a TreeQuestion<'a>,
    /// The commits that the vendor has, as origins and carriers, the base's included.
    pub had: &'a CommitSet,
    /// Commits that are not to be told: what was known at some earlier time.
    pub known: &'a CommitSet,
    /// What is not wanted.
    pub waivers: &'a Waivers,
    /// Which commits say in prose that they mend which.
    pub prose: &'a [(CommitOrdinal, CommitOrdinal)],
}

/// Finds the fixes of what the vendor has, and looks for each in the tree; in the order of the index.
///
/// # Errors
/// Where the index or the tree cannot be read.
pub fn fix_findings(
    question: &FixQuestion<'_>,
    tree: &mut dyn TreeFiles,
) -> Result<Vec<FixFinding>, CheckError> {
    let candidates = candidates(question);
    let commits: Vec<CommitOrdinal> = candidates.iter().map(|candidate| candidate.commit).collect();
    let checked = check_commits(question.tree, &commits, tree)?;
    let faults = taken_faults(question.tree, &candidates, tree)?;
    let finding = |(candidate, checked): (Candidate, CheckedCommit)| {
        let id = question.tree.graph.id(candidate.commit).to_string();
        let paths = || checked.hunks.iter().map(|hunk| &hunk.path);
        let waived = question.waivers.of_commit(&id).or_else(|| question.waivers.of_files(paths())).cloned();
        let state = match (state_of(&candidate, &checked, &faults), &waived) {
            (FixState::Present, _) => FixState::Present,
            (_, Some(_)) => FixState::Blacklisted,
            (state, None) => state,
        };
        FixFinding { candidate, state, waived, checked }
    };
    Ok(candidates.into_iter().zip(checked).map(finding).collect())
}

/// The later commits that mend or undo what the vendor has, and what mends these; without what upstream has undone again.
fn candidates(question: &FixQuestion<'_>) -> Vec<Candidate> {
    let TreeQuestion { graph, base, undoings, .. } = question.tree;
    let mut mending = mending_commits(question);
    let mut candidates: BTreeMap<CommitOrdinal, Candidate> = BTreeMap::new();
    for _ in 0..MAX_CHAIN {
        let mut is_longer = false;
        mending.retain(|(by, of, how)| {
            let commit = origin_of(graph, *by);
            let is_had = question.had.contains(*of);
            let followed = origin_of(graph, *of);
            let is_followed = candidates.contains_key(&followed);
            if !is_had && !is_followed {
                return true;
            }
            let entry = candidates.entry(commit).or_insert_with(|| {
                is_longer = true;
                Candidate { commit, mends: BTreeSet::new(), follows: BTreeSet::new() }
            });
            match is_had {
                true => entry.mends.insert((followed, *how)),
                false => entry.follows.insert((followed, *how)),
            };
            false
        });
        if !is_longer {
            break;
        }
    }
    let is_wanted = |candidate: &Candidate| {
        let commit = candidate.commit;
        let in_base = base.is_some_and(|base| base.contained.contains(commit));
        let changes = graph.hunk_count(commit) > 0;
        let is_undone = undoings.of(graph, commit).iter().any(|by| undoings.of(graph, *by).is_empty());
        changes && !in_base && !is_undone && !question.known.contains(commit)
    };
    candidates.into_values().filter(is_wanted).collect()
}

/// All that mends something: the commit, what it mends, and how it says so.
fn mending_commits(question: &FixQuestion<'_>) -> Vec<(CommitOrdinal, CommitOrdinal, Mending)> {
    let TreeQuestion { graph, base, undoings, .. } = question.tree;
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
    let prose = question.prose.iter().filter(|(commit, _)| is_new(commit));
    mending.extend(prose.map(|(commit, of)| (*commit, *of, Mending::InProse)));
    mending
}

/// What the tree has of the commits that were taken and that fixes mend, by their origin.
fn taken_faults(
    question: &TreeQuestion<'_>,
    candidates: &[Candidate],
    tree: &mut dyn TreeFiles,
) -> Result<FxHashMap<CommitOrdinal, CheckedCommit>, CheckError> {
    let mended = candidates.iter().flat_map(|candidate| &candidate.mends).map(|(commit, _)| *commit);
    let is_taken =
        |commit: &CommitOrdinal| question.base.is_none_or(|base| !base.contained.contains(*commit));
    let taken: BTreeSet<CommitOrdinal> = mended.filter(is_taken).collect();
    let taken: Vec<CommitOrdinal> = taken.into_iter().collect();
    let checked = check_commits(question, &taken, tree)?;
    Ok(checked.into_iter().map(|checked| (checked.commit, checked)).collect())
}

/// Whether the tree has what a fix mends: the whole commit, or of one that is partly there something of the fix's files.
fn has_fault(
    candidate: &Candidate,
    checked: &CheckedCommit,
    faults: &FxHashMap<CommitOrdinal, CheckedCommit>,
) -> bool {
    let files: BTreeSet<&BString> = checked.hunks.iter().map(|hunk| &hunk.path).collect();
    let is_there = |commit: &CommitOrdinal| match faults.get(commit) {
        None => true,
        Some(fault) => {
            let is_there = |hunk: &&CheckedHunk| hunk.state.is_done() && files.contains(&hunk.path);
            fault.state.is_there() || fault.hunks.iter().any(|hunk| is_there(&hunk))
        }
    };
    candidate.mends.is_empty() || candidate.mends.iter().any(|(commit, _)| is_there(commit))
}

/// Whether what a missing hunk would change stands in the vendor's file: of a fix that is there in part, other hunks are
/// missing because their code is other code.
fn lacks_something(mattering: &[&CheckedHunk]) -> bool {
    let stands = |place: &HunkPlace| place.still_share() >= STANDING_SHARE;
    let mut missing = mattering.iter().filter(|hunk| hunk.state.is_missing());
    missing.any(|hunk| hunk.obstacle.is_none() || hunk.place.as_ref().is_some_and(stands))
}

/// How maintainers' tools would call the state of a fix.
fn state_of(
    candidate: &Candidate,
    checked: &CheckedCommit,
    faults: &FxHashMap<CommitOrdinal, CheckedCommit>,
) -> FixState {
    if checked.state.is_there() || checked.is_sure() {
        return FixState::Present;
    }
    if !has_fault(candidate, checked, faults) {
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
    let mut says = candidate.mends.iter().chain(&candidate.follows);
    let says_so = says.any(|(_, how)| *how != Mending::InProse);
    if !says_so || checked.state != CommitState::Absent {
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

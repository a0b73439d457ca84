//! What became of a commit in the vendor's tree.

use bstr::BString;
use hunktrace_indexer::graph::CommitOrdinal;
use rustc_hash::FxHashMap;

use super::applies::Obstacle;
use super::hunk_place::HunkPlace;
use super::hunk_state::HunkState;

/// What became of a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommitState {
    /// The base has it, as this commit of its own.
    InBase(CommitOrdinal),
    /// Every hunk of it is there, or rewritten by what is there.
    Complete,
    /// Some of its hunks are missing.
    Partial,
    /// No line of it is left: present commits have rewritten what it brought, most of it this one.
    Superseded(CommitOrdinal),
    /// It was there and is undone; by this commit, where one is known.
    Reverted(Option<CommitOrdinal>),
    /// It is not there.
    Absent,
}

/// What became of a commit, without the commit that decides it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StateKind {
    /// As [`CommitState::InBase`].
    InBase,
    /// As [`CommitState::Complete`].
    Complete,
    /// As [`CommitState::Partial`].
    Partial,
    /// As [`CommitState::Superseded`].
    Superseded,
    /// As [`CommitState::Reverted`].
    Reverted,
    /// As [`CommitState::Absent`].
    Absent,
    /// The index knows no such commit.
    NotIndexed,
}

impl StateKind {
    /// How the state is called in every form of output.
    pub fn name(self) -> &'static str {
        match self {
            StateKind::InBase => "in base",
            StateKind::Complete => "complete",
            StateKind::Partial => "partial",
            StateKind::Superseded => "superseded",
            StateKind::Reverted => "reverted",
            StateKind::Absent => "absent",
            StateKind::NotIndexed => "not indexed",
        }
    }

    /// Whether the tree has the commit, whole.
    pub fn is_there(self) -> bool {
        matches!(self, StateKind::InBase | StateKind::Complete | StateKind::Superseded)
    }
}

impl CommitState {
    /// The state without the commit that decides it.
    pub fn kind(self) -> StateKind {
        match self {
            CommitState::InBase(_) => StateKind::InBase,
            CommitState::Complete => StateKind::Complete,
            CommitState::Partial => StateKind::Partial,
            CommitState::Superseded(_) => StateKind::Superseded,
            CommitState::Reverted(_) => StateKind::Reverted,
            CommitState::Absent => StateKind::Absent,
        }
    }

    /// Whether the tree has the commit, whole.
    pub fn is_there(self) -> bool {
        self.kind().is_there()
    }

    /// The other commit that decides it.
    pub fn by(self) -> Option<CommitOrdinal> {
        match self {
            CommitState::InBase(by) | CommitState::Superseded(by) => Some(by),
            CommitState::Reverted(by) => by,
            CommitState::Complete | CommitState::Partial | CommitState::Absent => None,
        }
    }
}

/// A commit that was asked after, and the proof of what is said of it.
#[derive(Clone, Debug)]
pub struct CheckedCommit {
    /// The commit that the change is named for.
    pub commit: CommitOrdinal,
    /// What became of it.
    pub state: CommitState,
    /// The commit whose hunks are told: itself, or of its carriers and equals the one that the tree has most of.
    pub judged_by: CommitOrdinal,
    /// Its hunks, in their order.
    pub hunks: Vec<CheckedHunk>,
}

/// Commits that were asked after, by their origin.
pub type CheckedCommits = FxHashMap<CommitOrdinal, CheckedCommit>;

impl CheckedCommit {
    /// Whether it is there beyond doubt: each hunk that matters is there or rewritten, and nearly all of their lines are as
    /// the commit leaves them, in their order.
    pub fn is_sure(&self) -> bool {
        match self.state {
            CommitState::InBase(_) => true,
            CommitState::Complete | CommitState::Superseded(_) | CommitState::Partial => {
                let mattering: Vec<&CheckedHunk> = self.mattering_hunks().collect();
                !mattering.is_empty()
                    && mattering.iter().all(|hunk| hunk.is_there())
                    && is_nearly_whole(&mattering)
            }
            CommitState::Reverted(_) | CommitState::Absent => false,
        }
    }

    /// The hunks that decide whether a fault is mended: those of code that runs, as far as there was something to do.
    pub fn mattering_hunks(&self) -> impl Iterator<Item = &CheckedHunk> {
        let is_judged = |hunk: &&CheckedHunk| hunk.state.is_done() || hunk.state.is_missing();
        self.hunks.iter().filter(|hunk| hunk.is_code).filter(is_judged)
    }

    /// Whether it would apply to the vendor's files as they are.
    pub fn applies(&self) -> bool {
        self.hunks.iter().all(|hunk| hunk.obstacle.is_none())
    }
}

/// A hunk of a commit that was asked after.
#[derive(Clone, Debug)]
pub struct CheckedHunk {
    /// Its place among the commit's hunks, from 0.
    pub number: u32,
    /// Its file in the commit.
    pub path: BString,
    /// Its first line before the commit; 0 where it has no lines.
    pub old_start: u32,
    /// What stands behind the second `@@` of its header.
    pub section: BString,
    /// The file of the vendor's tree where it belongs; none where there is no such file.
    pub vendor_path: Option<BString>,
    /// What became of it.
    pub state: HunkState,
    /// The commit that has rewritten most of it, where one has.
    pub by: Option<CommitOrdinal>,
    /// Where it stands in the vendor's file, as far as something of it or of what is around it is there.
    pub place: Option<HunkPlace>,
    /// Why it does not apply to the vendor's file as it is; none where it does.
    pub obstacle: Option<Obstacle>,
    /// Whether the vendor builds the file, as far as that is known.
    pub is_built: Option<bool>,
    /// Whether it changes code that runs: documents, tests, comments and what describes a module mend no fault.
    pub is_code: bool,
    /// Whether the base has it, and the vendor has what stood there before.
    pub is_taken_back: bool,
}

/// A commit is there beyond doubt if it has at least this share of its changed lines.
const SURE_SHARE: f32 = 0.8;

/// Whether hunks that are there have nearly all of their lines, in their order.
fn is_nearly_whole(hunks: &[&CheckedHunk]) -> bool {
    let there = || hunks.iter().filter(|hunk| hunk.state == HunkState::There);
    if there().any(|hunk| hunk.vendor_path.is_some() && hunk.place.is_none()) {
        return false;
    }
    let places = || there().filter_map(|hunk| hunk.place.as_ref());
    let weight: f32 = places().map(HunkPlace::changed_weight).sum();
    let done: f32 = places().map(|place| place.changed_weight() * place.done_share()).sum();
    done >= SURE_SHARE * weight && !places().any(HunkPlace::has_other_order)
}

impl CheckedHunk {
    /// Whether it is there, as far as it can be.
    fn is_there(&self) -> bool {
        self.state.is_done()
    }

    /// The lines of the vendor's file that it covers, from 1: the first, and how many.
    pub fn vendor_lines(&self) -> Option<(u32, u32)> {
        let place = self.place.as_ref()?;
        Some((place.range.start as u32 + 1, place.range.len() as u32))
    }
}

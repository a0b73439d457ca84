//! A release taken apart, as it is told: which lines come from which commit, and what became of each commit.

use std::sync::Arc;

use hunktrace_indexer::graph::CommitOrdinal;

use crate::confidence::Confidence;
use crate::hunks::comparison::MatchKind;

use super::side::Side;

/// A release taken apart.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Attribution {
    /// For each file, for each hunk, the runs that cover its changed lines in the order of the diff.
    pub files: Vec<Arc<Vec<Vec<OwnedRun>>>>,
    /// For each file, whether its runs are those of the release before, of which something was kept.
    pub as_before: Vec<bool>,
    /// The commits, in the order of the index.
    pub commits: Vec<AttributedCommit>,
    /// Those of the commits that were asked after which are not among them and have been rewritten, in the order of the index.
    pub superseded: Vec<SupersededCommit>,
}

/// A commit of which the release has no line, and what it is not implied by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SupersededCommit {
    /// The commit that was asked after.
    pub commit: CommitOrdinal,
    /// The present commit that has rewritten most of it.
    pub by: CommitOrdinal,
}

/// A run of neighbouring changed lines of one origin.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OwnedRun {
    /// The side that its lines stand on.
    pub side: Side,
    /// The first line: of the base for removed lines, of the vendor's file for added ones; from 1.
    pub start: u32,
    /// How many lines.
    pub lines: u32,
    /// Where the lines come from; none for the vendor's own lines.
    pub owner: Option<RunOwner>,
}

/// Where a run of lines comes from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RunOwner {
    /// The origin.
    pub commit: CommitOrdinal,
    /// How sure it is that the lines come from it.
    pub confidence: Confidence,
    /// How the lines match.
    pub kind: MatchKind,
}

/// A commit that explains lines of the release.
#[derive(Clone, Debug, PartialEq)]
pub struct AttributedCommit {
    /// The origin.
    pub commit: CommitOrdinal,
    /// What became of it.
    pub status: CommitStatus,
    /// How sure it is that the release has it.
    pub confidence: Confidence,
    /// Changed lines that come from it.
    pub lines: u64,
    /// Its hunks that are in the release.
    pub hunks: u32,
    /// Its hunks that are not, by number.
    pub missing: Vec<MissingHunk>,
    /// For an implied commit, what has superseded it.
    pub superseded_by: Option<CommitOrdinal>,
    /// The weakest match of its lines; [`MatchKind::Implied`] where none is left.
    pub kind: MatchKind,
}

/// What became of a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommitStatus {
    /// Every hunk of it is in the release.
    Complete,
    /// Some of its hunks are missing.
    Partial,
    /// No line of it is left: present commits have rewritten what it brought.
    Implied,
}

impl CommitStatus {
    /// How the status is called in every form of output.
    pub fn name(self) -> &'static str {
        match self {
            CommitStatus::Complete => "complete",
            CommitStatus::Partial => "partial",
            CommitStatus::Implied => "implied",
        }
    }
}

/// A hunk of a commit that the release does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MissingHunk {
    /// Its place among the commit's hunks, from 0.
    pub number: u32,
    /// Why it is missing.
    pub reason: MissingReason,
}

/// Why a hunk of a commit is missing from the release, as far as can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MissingReason {
    /// The release leaves the file as the base has it, or lacks it.
    Unchanged,
    /// Present commits have rewritten it.
    Superseded,
    /// The release changes the file in another way.
    LeftOut,
}

impl MissingReason {
    /// How the reason is called in every form of output.
    pub fn name(self) -> &'static str {
        match self {
            MissingReason::Unchanged => "unchanged",
            MissingReason::Superseded => "superseded",
            MissingReason::LeftOut => "left out",
        }
    }
}

//! A release's answer: which commit every changed line comes from, and what became of each commit.
//!
//! The service's messages are translated into it once, by `from_wire`. Records, totals, patch series and report are
//! all made from it.

pub(crate) mod from_wire;

use bstr::BString;
/// The engine's words for what became of commits and how lines match; an answer says the same.
pub use hunktrace_server::attribution::attributed_release::{CommitStatus, MissingReason};
pub use hunktrace_server::hunks::comparison::MatchKind;

/// A release that has been taken apart.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// The files that differ, in the order in which they were asked about.
    pub files: Vec<AnsweredFile>,
    /// The commits that the release contains, in the order of the index.
    pub commits: Vec<ReleaseCommit>,
    /// Those of the commits that were asked after which it does not contain and which commits that it has rewrote.
    pub superseded: Vec<SupersededCommit>,
}

/// A commit that a release does not contain, and the commit that has rewritten most of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SupersededCommit {
    /// Its id, 40 hexadecimal digits.
    pub id: String,
    /// The commit of the release that has rewritten it.
    pub by: CommitIndex,
}

impl Answer {
    /// The commit at a place of the list.
    ///
    /// # Panics
    /// Where the place is beyond the list's end; the places in an answer of the service never are.
    pub fn commit(&self, place: CommitIndex) -> &ReleaseCommit {
        &self.commits[place.0 as usize]
    }
}

/// A commit's place in an answer's list of commits, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CommitIndex(pub u32);

/// A file that differs between base and vendor.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AnsweredFile {
    /// Its path in the vendor's tree; in the base where the vendor has deleted it.
    pub path: BString,
    /// Its hunks in the order of the file.
    pub hunks: Vec<AnsweredHunk>,
    /// Whether it differs from the base, and is answered, just as in the release before of a row.
    pub is_as_before: bool,
}

/// A hunk, and where its changed lines come from.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AnsweredHunk {
    /// First line in the base, as in the hunk's header.
    pub old_start: u32,
    /// Lines in the base.
    pub old_lines: u32,
    /// First line in the vendor's tree, as in the hunk's header.
    pub new_start: u32,
    /// Lines in the vendor's tree.
    pub new_lines: u32,
    /// Cover each changed line exactly once, in the order of the hunk.
    pub runs: Vec<LineRun>,
}

/// Neighbouring changed lines of one side and one origin.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LineRun {
    /// The tree that the lines are in.
    pub side: Side,
    /// The first line's number in that tree, from 1.
    pub start: u32,
    /// How many lines, at least 1.
    pub lines: u32,
    /// Where they come from; none for the vendor's own lines.
    pub origin: Option<LineOrigin>,
}

impl LineRun {
    /// The commit that the lines come from.
    pub fn commit(&self) -> Option<CommitIndex> {
        self.origin.map(|origin| origin.commit)
    }
}

/// One of the two trees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// The base: removed lines are in it.
    Old,
    /// The vendor release: added lines are in it.
    New,
}

/// Where changed lines come from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LineOrigin {
    /// The commit.
    pub commit: CommitIndex,
    /// Calibrated probability that it is the origin, from 0 to 1.
    pub confidence: f64,
    /// How the lines match.
    pub match_kind: MatchKind,
}

/// A commit that the release contains.
#[derive(Clone, Debug, PartialEq)]
pub struct ReleaseCommit {
    /// Its id, 40 hexadecimal digits.
    pub id: String,
    /// How much of it is in the release.
    pub status: CommitStatus,
    /// Calibrated probability that the release contains it, from 0 to 1.
    pub confidence: f64,
    /// Changed lines of the release that come from it; none of an implied one.
    pub lines: u64,
    /// Its hunks that are in the release.
    pub hunks: u32,
    /// Its hunks that are not.
    pub missing: Vec<MissingHunk>,
    /// The first paragraph of its message, on one line.
    pub subject: String,
    /// `Name <address>`.
    pub author: String,
    /// When it was written: RFC 3339, with the author's time zone.
    pub author_date: String,
    /// The first tag that contains it, where one does.
    pub first_release: Option<String>,
    /// Ids of the commits that carry it.
    pub carriers: Vec<String>,
    /// The origin that its message names and that is not indexed: the id of this commit, or of what it is a copy of.
    pub unindexed_origin: Option<String>,
    /// Where the commit is not indexed itself: its oldest carrier, from which everything else was read.
    pub read_from: Option<String>,
    /// Of an implied commit the one that has superseded it.
    pub superseded_by: Option<CommitIndex>,
    /// How its lines match, the weakest of them.
    pub match_kind: MatchKind,
    /// The commits of the index that mend its faults, the oldest first.
    pub fixed_by: Vec<LaterCommit>,
    /// The commits of the index that undo it, the oldest first.
    pub reverted_by: Vec<LaterCommit>,
    /// The subsystem that it belongs to, where the index knows it.
    pub subsystem: Option<String>,
}

/// A commit that mends a fault of another one, or undoes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaterCommit {
    /// Its id, 40 hexadecimal digits.
    pub id: String,
    /// The first paragraph of its message, on one line.
    pub subject: String,
    /// The first tag that contains it, where one does.
    pub first_release: Option<String>,
}

/// A hunk of a commit that the release does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingHunk {
    /// The file, as the commit calls it.
    pub file: String,
    /// First line before the commit; 0 where the hunk has no lines.
    pub old_start: u32,
    /// Why it is missing, as far as can be told.
    pub reason: MissingReason,
}

#[cfg(test)]
pub(crate) mod made_up;

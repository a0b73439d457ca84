//! A commit as the owner of a line of the release.

use hunktrace_indexer::graph::CommitOrdinal;

use crate::hunks::comparison::MatchKind;

/// Who owns a line or may own it, and what speaks for that.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LineOwner {
    /// The origin.
    pub commit: CommitOrdinal,
    /// The change that it makes, as [`super::presences::Presence::change`] names it: an equal copy is no rival.
    pub change: CommitOrdinal,
    /// Which of the file's candidate hunks; a line that the commit got for its neighbours' sake has none.
    pub hunk: Option<u32>,
    /// Whether the commit has no such line, or has it elsewhere, and the line follows the one beside it.
    pub follows: bool,
    /// Share of the commit that is present.
    pub presence: f32,
    /// Share of the hunk that is present.
    pub share: f32,
    /// Share of the line's neighbours that agree.
    pub neighbours: f32,
    /// How well all that speaks for it.
    pub score: f32,
    /// Score ahead of the best candidate of another change.
    pub lead: f32,
    /// How the line matches.
    pub kind: MatchKind,
}

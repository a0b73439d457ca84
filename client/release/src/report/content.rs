//! What a report is written from.

use std::time::Duration;

use bstr::BString;
use hunktrace_indexer::hunk::Hunk;
use hunktrace_proto::v1::MatchKind;

/// A commit's place in the list that the report is finished with, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CommitIndex(pub u32);

/// A changed file of the vendor release.
#[derive(Clone, Debug, Default)]
pub struct ReportFile {
    /// Its path after the change; before it where the file is deleted.
    pub path: BString,
    /// What the hunks do not say, in a few words each: `new file`, `binary`, `mode 100644 to 100755`.
    pub notes: Vec<String>,
    /// Its hunks in the order of the file; none where the file is binary or only its mode or name changed.
    pub hunks: Vec<ReportHunk>,
}

/// A hunk and where its changed lines came from.
#[derive(Clone, Debug, Default)]
pub struct ReportHunk {
    /// The hunk.
    pub hunk: Hunk,
    /// Runs of changed lines in the order of the hunk's body; together they cover every changed line once.
    /// Context lines are not counted, and a run may reach across them.
    pub runs: Vec<LineRun>,
}

/// Neighbouring changed lines of the same origin.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LineRun {
    /// How many changed lines, at least 1.
    pub lines: u32,
    /// Where they came from; none where nothing explains them.
    pub origin: Option<Origin>,
}

/// Where changed lines came from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Origin {
    /// The commit.
    pub commit: CommitIndex,
    /// Calibrated probability that it is the origin, from 0 to 1.
    pub confidence: f64,
    /// How the lines match.
    pub match_kind: MatchKind,
}

/// How much of a commit is in the release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// All of it.
    Complete,
    /// A part of it.
    Partial,
    /// It was superseded: a present commit edits lines that only this commit could have put there.
    Implied,
}

/// A commit that the release contains.
#[derive(Clone, Debug)]
pub struct ReportCommit {
    /// Its id, 40 hexadecimal digits.
    pub commit: String,
    /// How much of it is in the release.
    pub status: Status,
    /// Calibrated probability that the release contains it, from 0 to 1.
    pub confidence: f64,
    /// Changed lines of the release that came from it.
    pub lines: u64,
    /// Hunks of the release that have such lines.
    pub hunks: u32,
    /// Its hunks that the release does not have.
    pub missing: Vec<MissingHunk>,
    /// First line of its message.
    pub subject: String,
    /// Name, or name and address.
    pub author: String,
    /// RFC 3339; the day is enough.
    pub date: String,
    /// The first tag that contains it; empty where none does.
    pub first_release: String,
    /// Ids of the commits that carry it.
    pub carriers: Vec<String>,
    /// Of an implied commit the commits that superseded it.
    pub superseded_by: Vec<CommitIndex>,
}

/// A hunk of a commit that the release does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingHunk {
    /// Where it is in the commit: a path, or a path and line.
    pub place: String,
    /// Why it is missing, as far as can be told; empty where it cannot.
    pub reason: String,
}

/// What is said of the release as a whole, besides what its files and commits add up to.
#[derive(Clone, Debug, Default)]
pub struct ReportSummary {
    /// The vendor release, in a few words.
    pub vendor: String,
    /// The base, in a few words.
    pub base: String,
    /// The exact inputs: what they are, and their paths, sizes or revisions.
    pub inputs: Vec<(String, String)>,
    /// Programs and formats, and their versions.
    pub versions: Vec<(String, String)>,
    /// Steps of the work, and the time that each took.
    pub timings: Vec<(String, Duration)>,
}

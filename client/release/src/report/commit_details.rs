//! What the page shows of one commit: where its lines are, its carriers, and what is missing.

use serde::Serialize;

use super::chunks::Chunks;
use super::error::Error;
use super::file_text::{match_number, thousandths};
use super::unfinished_report::UnfinishedReport;
use crate::answer::{CommitIndex, LineOrigin, LineRun, ReleaseCommit, Side};

/// Neighbouring lines of a commit: what a run of lines says, and the file that it is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CommitLines {
    commit: CommitIndex,
    /// Number of the file in the report.
    file: u32,
    side: Side,
    /// Number of the first line on its side.
    start: u32,
    lines: u32,
    /// Confidence in thousandths.
    confidence: u16,
    match_number: u8,
}

/// The lines of commits among the runs of a file with this number.
pub(super) fn commit_lines(file: u32, runs: &[LineRun]) -> impl Iterator<Item = CommitLines> {
    runs.iter().filter_map(move |run| {
        let LineOrigin { commit, confidence, match_kind } = run.origin?;
        Some(CommitLines {
            commit,
            file,
            side: run.side,
            start: run.start,
            lines: run.lines,
            confidence: thousandths(confidence),
            match_number: match_number(match_kind),
        })
    })
}

/// The lines of all commits, ordered by commit.
#[derive(Debug)]
pub(super) struct LinesByCommit(Vec<CommitLines>);

impl LinesByCommit {
    /// Orders lines; those of a commit keep their order.
    pub(super) fn new(mut lines: Vec<CommitLines>) -> Self {
        lines.sort_by_key(|lines| lines.commit);
        Self(lines)
    }

    /// The lines of one commit, in the order of files and lines.
    fn of(&self, commit: CommitIndex) -> &[CommitLines] {
        let first = self.0.partition_point(|lines| lines.commit < commit);
        let end = self.0.partition_point(|lines| lines.commit <= commit);
        &self.0[first..end]
    }

    /// The last commit that has lines.
    pub(super) fn last_commit(&self) -> Option<CommitIndex> {
        self.0.last().map(|lines| lines.commit)
    }

    /// The files that have lines of a commit, each once, in order.
    pub(super) fn files(&self, commit: CommitIndex) -> Vec<u32> {
        let mut files: Vec<u32> = self.of(commit).iter().map(|lines| lines.file).collect();
        files.dedup();
        files
    }
}

/// A commit in a data file.
#[derive(Serialize)]
struct CommitDetails<'a> {
    /// For each run of its lines the file, side (0 old, 1 new), first line, removed lines, added lines, confidence in
    /// thousandths and match kind, one after the other.
    places: Vec<u32>,
    /// Place and reason.
    missing: Vec<(String, &'static str)>,
    carriers: &'a [String],
    /// The origin that is not indexed, and the carrier that was read for it if it is this commit; both may be absent.
    unindexed_origin: Option<&'a str>,
    read_from: Option<&'a str>,
    superseded_by: Vec<u32>,
}

/// Writes the details of all commits. Gives the first commit of every data file.
pub(super) fn write(
    report: &UnfinishedReport,
    commits: &[ReleaseCommit],
    lines: &LinesByCommit,
) -> Result<Vec<u32>, Error> {
    let mut chunks = Chunks::new("commits");
    for (index, commit) in (0..).map(CommitIndex).zip(commits) {
        let missing = commit.missing.iter();
        let details = CommitDetails {
            places: lines.of(index).iter().flat_map(columns).collect(),
            missing: missing
                .map(|hunk| (format!("{}:{}", hunk.file, hunk.old_start), hunk.reason.name()))
                .collect(),
            carriers: &commit.carriers,
            unindexed_origin: commit.unindexed_origin.as_deref(),
            read_from: commit.read_from.as_deref(),
            superseded_by: commit.superseded_by.iter().map(|commit| commit.0).collect(),
        };
        chunks.push(report, &details)?;
    }
    chunks.finish(report)
}

fn columns(lines: &CommitLines) -> [u32; 7] {
    let (side, removed, added) = match lines.side {
        Side::Old => (0, lines.lines, 0),
        Side::New => (1, 0, lines.lines),
    };
    let (confidence, kind) = (u32::from(lines.confidence), u32::from(lines.match_number));
    [lines.file, side, lines.start, removed, added, confidence, kind]
}

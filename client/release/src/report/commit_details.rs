//! What the page shows of one commit: where its lines are, its carriers, and what is missing.

use hunktrace_indexer::hunk::Sign;
use serde::Serialize;

use super::chunks::Chunks;
use super::content::{CommitIndex, Origin, ReportCommit, ReportHunk};
use super::file_text::thousandths;
use super::staging::Staging;
use super::writer::Error;

/// Where lines of a commit are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    commit: CommitIndex,
    /// Number of the file in the report.
    file: u32,
    /// The side that the first line stands on.
    side: Sign,
    /// Number of the first line on its side.
    start: u32,
    removed: u32,
    added: u32,
    /// Confidence in thousandths.
    confidence: u16,
    match_kind: i32,
}

/// Appends the places of a hunk's runs; `file` is the number of the hunk's file.
pub(super) fn append_places(places: &mut Vec<Place>, file: u32, ReportHunk { hunk, runs }: &ReportHunk) {
    let mut runs = runs.iter();
    let mut lines_left = 0;
    let mut place: Option<Place> = None;
    let (mut old_line, mut new_line) = (hunk.old_start, hunk.new_start);
    for line in hunk.lines() {
        if line.sign.is_change() {
            if lines_left == 0 {
                places.extend(place.take());
                let Some(run) = runs.next() else { break };
                lines_left = run.lines;
                let start = if line.sign == Sign::Removed { old_line } else { new_line };
                place = run.origin.map(|origin| Place::new(origin, file, line.sign, start));
            }
            lines_left = lines_left.saturating_sub(1);
        }
        match line.sign {
            Sign::Removed => place.iter_mut().for_each(|place| place.removed += 1),
            Sign::Added => place.iter_mut().for_each(|place| place.added += 1),
            Sign::Context => {}
        }
        old_line = old_line.saturating_add(u32::from(line.sign != Sign::Added));
        new_line = new_line.saturating_add(u32::from(line.sign != Sign::Removed));
    }
    places.extend(place);
}

impl Place {
    fn new(origin: Origin, file: u32, side: Sign, start: u32) -> Self {
        Self {
            commit: origin.commit,
            file,
            side,
            start,
            removed: 0,
            added: 0,
            confidence: thousandths(origin.confidence),
            match_kind: origin.match_kind as i32,
        }
    }
}

/// The places of all commits, ordered by commit.
#[derive(Debug)]
pub(super) struct PlacesByCommit(Vec<Place>);

impl PlacesByCommit {
    /// Orders places; those of a commit keep their order.
    pub(super) fn new(mut places: Vec<Place>) -> Self {
        places.sort_by_key(|place| place.commit);
        Self(places)
    }

    /// The places of one commit, in the order of files and lines.
    fn of(&self, commit: CommitIndex) -> &[Place] {
        let first = self.0.partition_point(|place| place.commit < commit);
        let end = self.0.partition_point(|place| place.commit <= commit);
        &self.0[first..end]
    }

    /// The last commit that has a place.
    pub(super) fn last_commit(&self) -> Option<CommitIndex> {
        self.0.last().map(|place| place.commit)
    }

    /// The files that have lines of a commit, each once, in order.
    pub(super) fn files(&self, commit: CommitIndex) -> Vec<u32> {
        let mut files: Vec<u32> = self.of(commit).iter().map(|place| place.file).collect();
        files.dedup();
        files
    }
}

/// A commit in a data file.
#[derive(Serialize)]
struct CommitDetails<'a> {
    /// For each place its file, side (0 old, 1 new), first line, removed lines, added lines, confidence in
    /// thousandths and match kind, one after the other.
    places: Vec<i64>,
    /// Place and reason.
    missing: Vec<[&'a str; 2]>,
    carriers: &'a [String],
    superseded_by: Vec<u32>,
}

/// Writes the details of all commits. Gives the first commit of every data file.
pub(super) fn write(
    staging: &Staging,
    commits: &[ReportCommit],
    places: &PlacesByCommit,
) -> Result<Vec<u32>, Error> {
    let mut chunks = Chunks::new("commits");
    for (index, commit) in (0..).map(CommitIndex).zip(commits) {
        let details = CommitDetails {
            places: places.of(index).iter().flat_map(columns).collect(),
            missing: commit.missing.iter().map(|hunk| [hunk.place.as_str(), hunk.reason.as_str()]).collect(),
            carriers: &commit.carriers,
            superseded_by: commit.superseded_by.iter().map(|commit| commit.0).collect(),
        };
        chunks.push(staging, &details)?;
    }
    chunks.finish(staging)
}

fn columns(place: &Place) -> [i64; 7] {
    [
        i64::from(place.file),
        i64::from(place.side == Sign::Added),
        i64::from(place.start),
        i64::from(place.removed),
        i64::from(place.added),
        i64::from(place.confidence),
        i64::from(place.match_kind),
    ]
}

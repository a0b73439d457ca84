//! What a report is written from.

use std::time::Duration;

use bstr::BStr;
use hunktrace_indexer::hunk::Hunk;
use serde::Serialize;

use crate::answer::LineRun;

/// A changed file of the vendor release.
#[derive(Clone, Debug)]
pub struct ReportFile<'a> {
    /// Its path after the change; before it where the file is deleted.
    pub path: &'a BStr,
    /// What the hunks do not say, in a few words each: `new file`, `binary`, `mode 100644 to 100755`.
    pub notes: &'a [String],
    /// Its hunks in the order of the file; a binary file has none, and neither has one of which only mode or name changed.
    pub hunks: Vec<ReportHunk<'a>>,
}

/// A hunk and where its changed lines came from.
#[derive(Clone, Copy, Debug)]
pub struct ReportHunk<'a> {
    /// The hunk.
    pub hunk: &'a Hunk,
    /// Runs of changed lines in the order of the hunk's body; together they cover every changed line once.
    pub runs: &'a [LineRun],
}

/// What is said of the release as a whole, besides what its files and commits add up to.
#[derive(Clone, Debug, Default)]
pub struct ReportSummary {
    /// The vendor release's name.
    pub vendor: String,
    /// The base's name.
    pub base: String,
    /// The exact inputs: what they are, and their sizes or revisions.
    pub inputs: Vec<(String, String)>,
    /// Programs and formats, and their versions.
    pub versions: Vec<(String, String)>,
    /// Steps of the work, and the time that each took.
    pub timings: Vec<(String, Duration)>,
    /// How far the index reaches beside the release, in words.
    pub reach: String,
    /// The patches of the vendor's package, in the order in which they are applied.
    pub patches: Vec<ReportPatch>,
}

/// A patch of the vendor's package, and where it comes from.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ReportPatch {
    /// Its name.
    pub name: String,
    /// How many hunks it has.
    pub hunks: usize,
    /// The commit that it most likely comes from; none where nothing was found.
    pub commit: Option<String>,
    /// That commit's subject.
    pub subject: String,
    /// Calibrated probability that it does, from 0 to 1.
    pub confidence: f64,
}

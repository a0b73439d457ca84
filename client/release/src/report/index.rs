//! The index of the page: columns of all commits and files, for lists, filters and charts.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::commit_details::LinesByCommit;
use super::content::{ReportFile, ReportPatch, ReportSummary};
use super::file_text::{path_text, thousandths};
use super::release_order::ReleaseOrder;
use crate::answer::{CommitIndex, CommitStatus, ReleaseCommit};

/// Everything that the page knows before a file or commit is opened.
#[derive(Serialize)]
pub(super) struct Index<'a> {
    vendor: &'a str,
    base: &'a str,
    inputs: &'a [(String, String)],
    versions: &'a [(String, String)],
    /// Seconds.
    timings: Vec<(&'a str, f64)>,
    patches: &'a [ReportPatch],
    /// How far the index reaches, in words.
    reach: &'a str,
    files: &'a FileColumns,
    commits: CommitColumns<'a>,
    /// For the data files with files and with commits the first that each has.
    chunks: ChunkStarts,
}

/// The first value of every data file.
#[derive(Serialize)]
pub(super) struct ChunkStarts {
    pub(super) files: Vec<u32>,
    pub(super) commits: Vec<u32>,
}

/// A column for each thing that is known of every file.
#[derive(Debug, Default, Serialize)]
pub(super) struct FileColumns {
    path: Vec<String>,
    note: Vec<String>,
    hunks: Vec<usize>,
    changed: Vec<u64>,
    explained: Vec<u64>,
}

impl FileColumns {
    /// Appends a file; its number is the number of files before it.
    pub(super) fn push(&mut self, file: &ReportFile<'_>) {
        let runs = || file.hunks.iter().flat_map(|hunk| hunk.runs);
        self.path.push(path_text(file.path));
        self.note.push(file.notes.join(", "));
        self.hunks.push(file.hunks.len());
        self.changed.push(runs().map(|run| u64::from(run.lines)).sum());
        self.explained.push(runs().filter(|run| run.origin.is_some()).map(|run| u64::from(run.lines)).sum());
    }

    /// The number that the next file gets.
    pub(super) fn next_number(&self) -> u32 {
        self.path.len() as u32
    }
}

/// A column for each thing that is known of every commit; what repeats is a place in a table.
#[derive(Serialize)]
struct CommitColumns<'a> {
    commit: Vec<&'a str>,
    subject: Vec<&'a str>,
    authors: Vec<&'a str>,
    author: Vec<usize>,
    date: Vec<&'a str>,
    /// Oldest first.
    releases: Vec<&'a str>,
    release: Vec<usize>,
    /// By name; empty for those of which none is known.
    subsystems: Vec<&'a str>,
    subsystem: Vec<usize>,
    /// 0 complete, 1 partial, 2 implied.
    status: Vec<u8>,
    /// Thousandths.
    confidence: Vec<u16>,
    lines: Vec<u64>,
    hunks: Vec<u32>,
    missing: Vec<usize>,
    files: Vec<Vec<u32>>,
}

impl<'a> CommitColumns<'a> {
    fn new(commits: &'a [ReleaseCommit], by_commit: &LinesByCommit) -> Self {
        let authors: BTreeSet<&str> = commits.iter().map(|commit| commit.author.as_str()).collect();
        let authors: Vec<&str> = authors.into_iter().collect();
        let releases: BTreeSet<&str> = commits.iter().map(first_release).collect();
        let mut releases: Vec<&str> = releases.into_iter().collect();
        releases.sort_by_cached_key(|release| ReleaseOrder::of(release));
        let subsystems: BTreeSet<&str> = commits.iter().map(subsystem).collect();
        let subsystems: Vec<&str> = subsystems.into_iter().collect();
        let author_numbers = numbers(&authors);
        let subsystem_numbers = numbers(&subsystems);
        let release_numbers = numbers(&releases);
        Self {
            commit: commits.iter().map(|commit| commit.id.as_str()).collect(),
            subject: commits.iter().map(|commit| commit.subject.as_str()).collect(),
            author: commits.iter().map(|commit| author_numbers[commit.author.as_str()]).collect(),
            authors,
            date: commits.iter().map(|commit| commit.author_date.as_str()).collect(),
            release: commits.iter().map(|commit| release_numbers[first_release(commit)]).collect(),
            releases,
            subsystem: commits.iter().map(|commit| subsystem_numbers[subsystem(commit)]).collect(),
            subsystems,
            status: commits.iter().map(|commit| status_number(commit.status)).collect(),
            confidence: commits.iter().map(|commit| thousandths(commit.confidence)).collect(),
            lines: commits.iter().map(|commit| commit.lines).collect(),
            hunks: commits.iter().map(|commit| commit.hunks).collect(),
            missing: commits.iter().map(|commit| commit.missing.len()).collect(),
            files: (0..commits.len()).map(|index| by_commit.files(CommitIndex(index as u32))).collect(),
        }
    }
}

/// The place of each name in its table.
fn numbers<'a>(names: &[&'a str]) -> BTreeMap<&'a str, usize> {
    names.iter().enumerate().map(|(number, name)| (*name, number)).collect()
}

/// The first release that contains a commit; empty where none does.
fn first_release(commit: &ReleaseCommit) -> &str {
    commit.first_release.as_deref().unwrap_or_default()
}

/// The subsystem that a commit belongs to; empty where none is known.
fn subsystem(commit: &ReleaseCommit) -> &str {
    commit.subsystem.as_deref().unwrap_or_default()
}

fn status_number(status: CommitStatus) -> u8 {
    match status {
        CommitStatus::Complete => 0,
        CommitStatus::Partial => 1,
        CommitStatus::Implied => 2,
    }
}

impl<'a> Index<'a> {
    pub(super) fn new(
        files: &'a FileColumns,
        commits: &'a [ReleaseCommit],
        lines: &LinesByCommit,
        summary: &'a ReportSummary,
        chunks: ChunkStarts,
    ) -> Self {
        Self {
            vendor: &summary.vendor,
            base: &summary.base,
            inputs: &summary.inputs,
            versions: &summary.versions,
            timings: summary.timings.iter().map(|(step, time)| (step.as_str(), time.as_secs_f64())).collect(),
            patches: &summary.patches,
            reach: &summary.reach,
            files,
            commits: CommitColumns::new(commits, lines),
            chunks,
        }
    }
}

//! Writes a report, file by file.

use std::io;
use std::path::{Path, PathBuf};

use bstr::BString;

use super::chunks::Chunks;
use super::commit_details::{self, Place, PlacesByCommit, append_places};
use super::content::{CommitIndex, ReportCommit, ReportFile, ReportSummary};
use super::data_file::{self, append_json};
use super::file_text::FileText;
use super::index::{ChunkStarts, FileColumns, Index};
use super::page;
use super::staging::Staging;

/// Why a report cannot be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The system refused to write.
    #[error("{path}: cannot be written: {source}")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A value cannot be written as JSON.
    #[error("the report's data cannot be written as JSON: {0}")]
    Json(io::Error),
    /// The runs of a hunk do not cover its changed lines.
    #[error(
        "{path}: the runs of the hunk at new line {new_start} cover {covered} of its {changed} changed lines"
    )]
    UncoveredLines {
        /// The file.
        path: BString,
        /// Where the hunk begins on the new side.
        new_start: u32,
        /// Lines of its runs.
        covered: u64,
        /// Changed lines of its body.
        changed: u64,
    },
    /// An origin or a superseding commit is not in the list of commits.
    #[error("commit number {} is named as an origin, but there are only {commits} commits", .index.0)]
    UnknownCommit {
        /// The commit's place.
        index: CommitIndex,
        /// The length of the list.
        commits: usize,
    },
}

impl Error {
    /// What turns an error of the system at `path` into one of the report.
    pub(super) fn at(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { path, source }
    }
}

/// Writes `report.html` and `report-data/` to a folder.
///
/// Nothing stands under these names before [`finish`](Self::finish) has ended well; a writer that is dropped
/// before leaves an earlier report as it is.
#[derive(Debug)]
pub struct ReportWriter {
    staging: Staging,
    texts: Chunks,
    files: FileColumns,
    places: Vec<Place>,
}

impl ReportWriter {
    /// Begins a report in the folder `dir`, which is made where it does not exist.
    ///
    /// # Errors
    ///
    /// If nothing can be written there.
    pub fn new(dir: &Path) -> Result<Self, Error> {
        Ok(Self {
            staging: Staging::begin(dir)?,
            texts: Chunks::new("files"),
            files: FileColumns::default(),
            places: Vec::new(),
        })
    }

    /// Appends a file. The page lists files in the order in which they come: sort them by path.
    ///
    /// # Errors
    ///
    /// If a hunk's runs do not cover its changed lines, or the file cannot be written.
    pub fn add_file(&mut self, file: &ReportFile) -> Result<(), Error> {
        check_runs(file)?;
        for hunk in &file.hunks {
            append_places(&mut self.places, self.files.next_number(), hunk);
        }
        self.files.push(file);
        self.texts.push(&self.staging, &FileText::new(file))
    }

    /// Writes the rest and puts the report in place of an earlier one.
    ///
    /// # Errors
    ///
    /// If a commit is named that is not in `commits`, or the report cannot be written.
    pub fn finish(self, commits: &[ReportCommit], summary: &ReportSummary) -> Result<(), Error> {
        let Self { staging, texts, files, places } = self;
        let places = PlacesByCommit::new(places);
        check_commits(commits, &places)?;
        let chunks = ChunkStarts {
            files: texts.finish(&staging)?,
            commits: commit_details::write(&staging, commits, &places)?,
        };
        let index = Index::new(&files, commits, &places, summary, chunks);
        let mut script = data_file::opening("index").into_bytes();
        append_json(&mut script, &index).map_err(Error::Json)?;
        script.extend_from_slice(data_file::CLOSING);
        staging.write_data("index", &script)?;
        staging.publish(page::html().as_bytes())
    }
}

fn check_runs(file: &ReportFile) -> Result<(), Error> {
    for part in &file.hunks {
        let covered = part.runs.iter().map(|run| u64::from(run.lines)).sum();
        let changed = part.hunk.changed_lines().count() as u64;
        if covered != changed {
            let new_start = part.hunk.new_start;
            return Err(Error::UncoveredLines { path: file.path.clone(), new_start, covered, changed });
        }
    }
    Ok(())
}

fn check_commits(commits: &[ReportCommit], places: &PlacesByCommit) -> Result<(), Error> {
    let superseding = commits.iter().flat_map(|commit| &commit.superseded_by).copied();
    match superseding.chain(places.last_commit()).max() {
        Some(index) if index.0 as usize >= commits.len() => {
            Err(Error::UnknownCommit { index, commits: commits.len() })
        }
        _ => Ok(()),
    }
}

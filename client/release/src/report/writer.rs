//! Writes a report, file by file.

use std::path::Path;

use rayon::prelude::*;

use super::audit_data;
use super::chunks::Chunks;
use super::commit_details::{self, CommitLines, LinesByCommit, commit_lines};
use super::content::{ReportFile, ReportSummary};
use super::data_file::{self, append_json};
use super::error::Error;
use super::file_text::FileText;
use super::index::{ChunkStarts, FileColumns, Index};
use super::page;
use super::unfinished_report::UnfinishedReport;
use crate::answer::ReleaseCommit;

/// Writes `report.html` and `report-data/` to a folder.
///
/// Nothing stands under these names before [`finish`](Self::finish) has ended well; a writer that is dropped
/// before leaves an earlier report as it is.
#[derive(Debug)]
pub struct ReportWriter {
    report: UnfinishedReport,
    texts: Chunks,
    files: FileColumns,
    lines: Vec<CommitLines>,
}

impl ReportWriter {
    /// Begins a report in the folder `dir`, which is made where it does not exist.
    ///
    /// # Errors
    ///
    /// If nothing can be written there.
    pub fn new(dir: &Path) -> Result<Self, Error> {
        Ok(Self {
            report: UnfinishedReport::begin(dir)?,
            texts: Chunks::new("files"),
            files: FileColumns::default(),
            lines: Vec::new(),
        })
    }

    /// Appends a file, as [`add_files`](Self::add_files) does.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn add_file(&mut self, file: &ReportFile<'_>) -> Result<(), Error> {
        self.add_files(std::slice::from_ref(file))
    }

    /// Appends files, whose texts are written by several threads. The page lists files in the order in which they come:
    /// sort them by path.
    ///
    /// # Errors
    ///
    /// If a hunk's runs do not cover its changed lines, or the files cannot be written.
    pub fn add_files(&mut self, files: &[ReportFile<'_>]) -> Result<(), Error> {
        let texts = files.par_iter().map(|file| {
            check_runs(file)?;
            let mut text = Vec::new();
            append_json(&mut text, &FileText::new(file)).map_err(Error::Json)?;
            Ok(text)
        });
        for (file, text) in files.iter().zip(texts.collect::<Result<Vec<Vec<u8>>, Error>>()?) {
            let number = self.files.next_number();
            self.lines.extend(file.hunks.iter().flat_map(|hunk| commit_lines(number, hunk.runs)));
            self.files.push(file);
            self.texts.push_json(&self.report, &text)?;
        }
        Ok(())
    }

    /// Writes the rest and puts the report in place of an earlier one.
    ///
    /// # Errors
    ///
    /// If a commit is named that is not in `commits`, or the report cannot be written.
    pub fn finish(self, commits: &[ReleaseCommit], summary: &ReportSummary) -> Result<(), Error> {
        let Self { report, texts, files, lines } = self;
        let lines = LinesByCommit::new(lines);
        check_commits(commits, &lines)?;
        let chunks = ChunkStarts {
            files: texts.finish(&report)?,
            commits: commit_details::write(&report, commits, &lines)?,
        };
        let index = Index::new(&files, commits, &lines, summary, chunks);
        let mut script = data_file::opening("index").into_bytes();
        append_json(&mut script, &index).map_err(Error::Json)?;
        script.extend_from_slice(data_file::CLOSING);
        report.write_data("index", &script)?;
        report.write_data(audit_data::NAME, &audit_data::script(&None)?)?;
        report.publish(page::html().as_bytes())
    }
}

fn check_runs(file: &ReportFile<'_>) -> Result<(), Error> {
    for part in &file.hunks {
        let covered = part.runs.iter().map(|run| u64::from(run.lines)).sum();
        let changed = part.hunk.changed_lines().count() as u64;
        if covered != changed {
            let new_start = part.hunk.new_start;
            return Err(Error::UncoveredLines { path: file.path.to_owned(), new_start, covered, changed });
        }
    }
    Ok(())
}

fn check_commits(commits: &[ReleaseCommit], lines: &LinesByCommit) -> Result<(), Error> {
    let superseding = commits.iter().filter_map(|commit| commit.superseded_by);
    match superseding.chain(lines.last_commit()).max() {
        Some(index) if index.0 as usize >= commits.len() => {
            Err(Error::UnknownCommit { index, commits: commits.len() })
        }
        _ => Ok(()),
    }
}

//! What the report shows of a release.

use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use bstr::ByteSlice;
use hunktrace_indexer::hunk::Hunk;
use rayon::prelude::*;

use super::comparison::ChangedFile;
use super::index_reach::IndexReach;
use super::release_request::ReleaseRequest;
use crate::answer::{Answer, AnsweredFile};
use crate::report::{ReportFile, ReportHunk, ReportPatch, ReportSummary, ReportWriter};
use crate::tree::Tree;

/// Files whose text is held at a time: enough to keep every core busy.
const FILES_AT_A_TIME: usize = 256;

/// Writes the report.
///
/// # Errors
/// Where a file cannot be written.
pub(super) fn write_report(
    folder: &Path,
    request: &ReleaseRequest<'_>,
    files: &[ChangedFile],
    answer: &Answer,
    patches: Vec<ReportPatch>,
    reach: &IndexReach,
    timings: &[(String, Duration)],
) -> anyhow::Result<()> {
    let mut writer = ReportWriter::new(folder).context("cannot write the report")?;
    let files: Vec<(&ChangedFile, &AnsweredFile)> = files.iter().zip(&answer.files).collect();
    for batch in files.chunks(FILES_AT_A_TIME) {
        let hunks = batch.par_iter().map(|(file, _)| {
            file.hunks.read().with_context(|| format!("{}: its hunks cannot be read again", file.path))
        });
        let hunks: Vec<Vec<Hunk>> = hunks.collect::<anyhow::Result<_>>()?;
        let with_hunks = batch.iter().zip(&hunks);
        let shown: Vec<ReportFile<'_>> =
            with_hunks.map(|((file, answered), hunks)| report_file(file, hunks, answered)).collect();
        writer.add_files(&shown).context("cannot write the report")?;
    }
    let input = |name: &str, tree: &Tree| (name.to_owned(), tree.source.without_folders().to_string());
    let summary = ReportSummary {
        vendor: request.name.to_owned(),
        base: request.base_name.to_owned(),
        inputs: vec![
            input("base", request.base),
            input("vendor", request.vendor),
            ("base revision".to_owned(), request.base_revision.to_owned()),
        ],
        versions: vec![("hunktrace".to_owned(), env!("CARGO_PKG_VERSION").to_owned())],
        timings: timings.to_vec(),
        patches,
        reach: reach.text(),
    };
    writer.finish(&answer.commits, &summary).context("cannot write the report")
}

fn report_file<'a>(file: &'a ChangedFile, hunks: &'a [Hunk], answered: &'a AnsweredFile) -> ReportFile<'a> {
    let hunks = hunks.iter().zip(&answered.hunks);
    ReportFile {
        path: file.path.as_bstr(),
        notes: &file.notes,
        hunks: hunks.map(|(hunk, answered)| ReportHunk { hunk, runs: &answered.runs }).collect(),
    }
}

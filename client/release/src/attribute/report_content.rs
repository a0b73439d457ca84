//! What the report shows of a release, from the service's answer.

use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use hunktrace_proto::v1;

use super::changed_files::ChangedFile;
use super::records::missing_reason_name;
use super::{Answer, AttributeRequest, places};
use crate::report::{self, CommitIndex, ReportWriter};
use crate::tree::Tree;

/// Writes the report.
///
/// # Errors
/// Where a file cannot be written.
pub(super) fn write_report(
    folder: &Path,
    request: &AttributeRequest<'_>,
    files: &[ChangedFile],
    answer: &Answer,
    timings: &[(String, Duration)],
) -> anyhow::Result<()> {
    let places = places(answer.commits.iter());
    let place_of = |commit: &str| places.get(commit).map(|place| CommitIndex(*place));
    let mut writer = ReportWriter::new(folder).context("cannot write the report")?;
    for (file, attribution) in files.iter().zip(&answer.files) {
        let hunks = file.hunks.iter().zip(&attribution.hunks);
        let report_file = report::ReportFile {
            path: file.path.clone(),
            notes: file.notes.clone(),
            hunks: hunks
                .map(|(hunk, attribution)| report::ReportHunk {
                    hunk: hunk.clone(),
                    runs: attribution
                        .runs
                        .iter()
                        .map(|run| report::LineRun {
                            lines: run.lines,
                            origin: place_of(&run.commit).map(|commit| report::Origin {
                                commit,
                                confidence: run.confidence,
                                match_kind: run.r#match(),
                            }),
                        })
                        .collect(),
                })
                .collect(),
        };
        writer.add_file(&report_file).with_context(|| format!("{}: cannot be reported", file.path))?;
    }
    let report_commits: Vec<report::ReportCommit> = answer
        .commits
        .iter()
        .map(|commit| report::ReportCommit {
            commit: commit.commit.clone(),
            status: match commit.status() {
                v1::CommitStatus::Implied => report::Status::Implied,
                v1::CommitStatus::Partial => report::Status::Partial,
                _ => report::Status::Complete,
            },
            confidence: commit.confidence,
            lines: commit.lines,
            hunks: commit.hunks,
            missing: commit
                .missing_hunks
                .iter()
                .map(|hunk| report::MissingHunk {
                    place: format!("{}:{}", hunk.file, hunk.old_start),
                    reason: missing_reason_name(hunk.reason()).to_owned(),
                })
                .collect(),
            subject: commit.subject.clone(),
            author: commit.author.clone(),
            date: commit.author_date.clone(),
            first_release: commit.first_release.clone(),
            carriers: commit.carriers.clone(),
            superseded_by: place_of(&commit.superseded_by).into_iter().collect(),
        })
        .collect();
    let input = |name: &str, tree: &Tree| (name.to_owned(), tree.source.to_string());
    let summary = report::ReportSummary {
        vendor: request.vendor.source.name(),
        base: request.base.source.name(),
        inputs: vec![
            input("base", request.base),
            input("vendor", request.vendor),
            ("base revision".to_owned(), request.base_revision.to_owned()),
        ],
        versions: vec![("hunktrace".to_owned(), env!("CARGO_PKG_VERSION").to_owned())],
        timings: timings.to_vec(),
    };
    writer.finish(&report_commits, &summary).context("cannot write the report")
}

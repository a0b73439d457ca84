//! Takes a vendor release apart: from two trees to attributed lines, a patch series and a report.
//!
//! The work goes through the same service that answers everything else. Everything is written to a folder beside
//! the one that was asked for, which takes its place when all of it is there and the series has proved lossless.

mod call;
mod changed_files;
mod records;
mod staging;
mod totals;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use bstr::ByteSlice;
use hunktrace_proto::v1;
use hunktrace_proto::v1::hunktrace_client::HunktraceClient;
use tonic::transport::Channel;

use crate::match_name::match_name;
use crate::report::{self, CommitIndex, ReportWriter};
use crate::series::{self, OriginIndex, OwnedFile, OwnedRun, TreePair};
use crate::tree::Tree;
use changed_files::{ChangedFile, Comparison, changed_files};
use records::write_records;
use staging::Staging;

pub use totals::{FolderTotals, Place, Totals};

/// What is to be taken apart, and where the result goes.
pub struct AttributeRequest {
    /// What the vendor started from.
    pub base: Tree,
    /// The vendor's release.
    pub vendor: Tree,
    /// The base as a revision that the index knows.
    pub base_revision: String,
    /// The folder for the result.
    pub out: PathBuf,
}

/// Hears how far the work is.
pub trait Watcher: Send + Sync {
    /// So much of a phase is done; a total of 0 is not known.
    fn advanced(&self, phase: &str, done: u64, total: u64);
}

/// What came out.
#[derive(Debug)]
pub struct AttributeSummary {
    /// Counts and shares.
    pub totals: Totals,
    /// Commits that explain lines of the release.
    pub commits: usize,
    /// Commits of which no line is left.
    pub implied: usize,
    /// Patches of the series.
    pub patches: usize,
    /// Steps of the work, and the time that each took.
    pub timings: Vec<(String, Duration)>,
    /// Files that cannot be read and are left out of everything, with the reason.
    pub unreadable: Vec<(String, String)>,
    /// What a person should know about how the trees were read.
    pub notes: Vec<String>,
}

/// What the service said of the release.
#[derive(Default)]
struct Answer {
    files: Vec<v1::FileAttribution>,
    commits: Vec<v1::CommitAttribution>,
}

/// Measures the steps of the work.
struct Clock {
    last: Instant,
    steps: Vec<(String, Duration)>,
}

impl Clock {
    fn start() -> Clock {
        Clock { last: Instant::now(), steps: Vec::new() }
    }

    fn step(&mut self, name: &str) {
        self.steps.push((name.to_owned(), self.last.elapsed()));
        self.last = Instant::now();
    }
}

/// Takes a release apart and writes everything that is said of it.
///
/// # Errors
/// Where a tree or the index cannot be read, the result cannot be written, or the series does not prove lossless. The
/// folder for the result then stands as it was.
pub async fn attribute(
    request: &AttributeRequest,
    client: HunktraceClient<Channel>,
    watcher: &dyn Watcher,
) -> anyhow::Result<AttributeSummary> {
    let mut clock = Clock::start();
    let staging = Staging::beside(&request.out)?;
    watcher.advanced("comparing the trees", 0, 0);
    let Comparison { files, unreadable } = changed_files(&request.base, &request.vendor)?;
    clock.step("compare the trees");

    let answer = call::attribute(client, &request.base_revision, &files, watcher).await?;
    clock.step("attribute");
    if answer.files.len() != files.len() {
        bail!("the service answered {} of {} files; try again", answer.files.len(), files.len());
    }

    watcher.advanced("writing the records", 0, 0);
    let totals = Totals::of(&answer.files);
    write_records(staging.path(), &answer)?;
    clock.step("write the records");

    watcher.advanced("writing the patch series", 0, 0);
    let patches = write_series(&staging.path().join("patches"), request, &files, &answer)?;
    clock.step("write and verify the series");

    watcher.advanced("writing the report", 0, 0);
    write_report(staging.path(), request, &files, &answer, &clock.steps)?;
    clock.step("write the report");

    let implied = answer.commits.iter().filter(|commit| commit.status() == v1::CommitStatus::Implied).count();
    let summary = AttributeSummary {
        totals,
        commits: answer.commits.len() - implied,
        implied,
        patches,
        timings: clock.steps,
        unreadable,
        notes: [&request.base, &request.vendor].into_iter().flat_map(|tree| tree.notes.clone()).collect(),
    };
    records::write_summary(staging.path(), request, &summary)?;
    staging.finish()?;
    Ok(summary)
}

/// The place of each commit in a list.
fn places<'a>(commits: impl Iterator<Item = &'a v1::CommitAttribution>) -> HashMap<&'a str, u32> {
    commits.zip(0..).map(|(commit, place)| (commit.commit.as_str(), place)).collect()
}

/// Writes the series and proves that it leads from the base to the vendor's tree; the number of its patches.
fn write_series(
    folder: &Path,
    request: &AttributeRequest,
    files: &[ChangedFile],
    answer: &Answer,
) -> anyhow::Result<usize> {
    let present = answer.commits.iter().filter(|commit| commit.status() != v1::CommitStatus::Implied);
    let origins: Vec<series::Origin> = present
        .clone()
        .map(|commit| series::Origin {
            commit: commit.commit.clone(),
            author: commit.author.clone(),
            author_date: commit.author_date.clone(),
            subject: commit.subject.clone(),
            first_release: Some(commit.first_release.clone()).filter(|release| !release.is_empty()),
            confidence: commit.confidence,
            match_kind: match_name(commit.r#match).to_owned(),
        })
        .collect();
    let places = places(present);
    let place_of = |commit: &str| -> anyhow::Result<Option<OriginIndex>> {
        if commit.is_empty() {
            return Ok(None);
        }
        let place = places.get(commit).context("the service names a commit that it does not list")?;
        Ok(Some(OriginIndex(*place)))
    };
    let mut owned = Vec::with_capacity(files.len());
    for (file, attribution) in files.iter().zip(&answer.files) {
        let mut runs = Vec::new();
        for run in attribution.hunks.iter().flat_map(|hunk| &hunk.runs) {
            let side = if run.side() == v1::Side::Old { series::Side::Old } else { series::Side::New };
            runs.push(OwnedRun { side, start: run.start, lines: run.lines, owner: place_of(&run.commit)? });
        }
        owned.push(OwnedFile { path: file.path.clone(), owner: None, runs });
    }
    let release = TreePair { base: &request.base, vendor: &request.vendor };
    std::fs::create_dir_all(folder).with_context(|| format!("{}: cannot be made", folder.display()))?;
    let patches =
        series::write(folder, &origins, &owned, &release).context("cannot write the patch series")?;
    series::verify(folder, &owned, &release).context("the patch series is not lossless")?;
    Ok(patches.len())
}

fn write_report(
    folder: &Path,
    request: &AttributeRequest,
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
                    reason: hunk.reason.clone(),
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
        vendor: request.vendor.source.to_string(),
        base: request.base.source.to_string(),
        inputs: vec![
            input("base", &request.base),
            input("vendor", &request.vendor),
            ("base revision".to_owned(), request.base_revision.clone()),
        ],
        versions: vec![("hunktrace".to_owned(), env!("CARGO_PKG_VERSION").to_owned())],
        timings: timings.to_vec(),
    };
    writer.finish(&report_commits, &summary).context("cannot write the report")
}

/// The base as a revision that the index can know: the revision of `REPO:REV`, else the release that the tree's
/// Makefile names.
///
/// # Errors
/// Where the tree says nothing of the kind.
pub fn base_revision_candidates(base: &Tree) -> anyhow::Result<Vec<String>> {
    use crate::tree::Source;
    let mut candidates = Vec::new();
    if let Source::Git { revision, commit, .. } = &base.source {
        candidates.push(revision.to_str_lossy().into_owned());
        candidates.extend(commit.map(|commit| commit.to_string()));
    }
    match crate::tree::kernel_version(base) {
        Ok(version) => candidates.extend(version.tag_candidates()),
        Err(error) if candidates.is_empty() => {
            return Err(error).context("cannot tell which release the base is; name it with --base-revision");
        }
        Err(_) => {}
    }
    Ok(candidates)
}

//! Takes a vendor release apart: from two trees to attributed lines, a patch series and a report.
//!
//! The work goes through the same service that answers everything else. Everything is written to a folder beside
//! the one that was asked for, which takes its place when all of it is there and the series has proved lossless.

mod base_commits;
mod base_revision;
mod call;
mod changed_files;
mod moved_files;
mod records;
mod release_history;
mod release_name;
mod releases;
mod report_content;
mod series_content;
mod staging;
mod totals;

use std::collections::HashMap;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use hunktrace_proto::v1;
use hunktrace_proto::v1::hunktrace_client::HunktraceClient;
use tonic::transport::Channel;

use crate::series::{NewBranch, PreparedBranch};
use crate::tree::Tree;
use changed_files::{Comparison, changed_files};
use records::write_records;
use report_content::write_report;
use series_content::SeriesContent;

pub use base_commits::find_base_commits;
pub use base_revision::base_revision_candidates;
pub use release_name::release_name;
pub use releases::{Release, ReleaseCounts, release_counts, write_releases};
pub use staging::{Staging, abandon};
pub use totals::{FolderTotals, Place, Totals};

/// What is to be taken apart.
pub struct AttributeRequest<'a> {
    /// What the vendor started from.
    pub base: &'a Tree,
    /// The vendor's release.
    pub vendor: &'a Tree,
    /// The base as a revision that the index knows.
    pub base_revision: &'a str,
    /// The branch that the series is to become as well.
    pub branch: Option<NewBranch<'a>>,
}

/// A release that has been taken apart.
#[derive(Debug)]
pub struct TakenApart {
    /// What came out.
    pub summary: AttributeSummary,
    /// The commits that the release contains.
    pub commits: Vec<v1::CommitAttribution>,
    /// The branch that was asked for.
    pub branch: Option<PreparedBranch>,
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
    /// Files that the vendor has moved.
    pub moved_files: usize,
    /// Steps of the work, and the time that each took.
    pub timings: Vec<(String, Duration)>,
    /// Files that cannot be read and are left out of everything, with the reason.
    pub unreadable: Vec<(String, String)>,
    /// What a person should know about how the trees were read and compared.
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

/// Takes a release apart and writes everything that is said of it to a folder.
///
/// # Errors
/// Where a tree or the index cannot be read, the result cannot be written, or the series does not prove lossless.
/// What is in the folder then is of no use.
pub async fn attribute(
    request: &AttributeRequest<'_>,
    folder: &Path,
    client: HunktraceClient<Channel>,
    watcher: &dyn Watcher,
) -> anyhow::Result<TakenApart> {
    let mut clock = Clock::start();
    watcher.advanced("comparing the trees", 0, 0);
    let Comparison { files, unreadable, notes } = changed_files(request.base, request.vendor)?;
    if let (Some(new), Some((path, reason))) = (&request.branch, unreadable.first()) {
        let count = unreadable.len();
        bail!(
            "branch {}: its last tree has to be the vendor's, but {path} cannot be read ({count} in all): {reason}; make \
             such files readable, or leave out --git-branch",
            new.name
        );
    }
    clock.step("compare the trees");

    let answer = call::attribute(client, request.base_revision, &files, watcher).await?;
    clock.step("attribute");
    if answer.files.len() != files.len() {
        bail!("the service answered {} of {} files; try again", answer.files.len(), files.len());
    }

    watcher.advanced("writing the records", 0, 0);
    let totals = Totals::of(&answer.files);
    write_records(folder, &files, &answer)?;
    clock.step("write the records");

    watcher.advanced("writing the patch series", 0, 0);
    let series = SeriesContent::new(&files, &answer)?;
    let written = series.write(&folder.join("patches"), request.base, request.vendor)?;
    clock.step("write and verify the series");

    let mut branch = None;
    if let Some(new) = &request.branch {
        watcher.advanced("storing the series as commits", 0, 0);
        branch = Some(written.store(new).with_context(|| format!("branch {}", new.name))?);
        clock.step("store the series as commits");
    }
    let patches = written.patches.len();

    watcher.advanced("writing the report", 0, 0);
    write_report(folder, request, &files, &answer, &clock.steps)?;
    clock.step("write the report");

    let implied = answer.commits.iter().filter(|commit| commit.status() == v1::CommitStatus::Implied).count();
    let summary = AttributeSummary {
        totals,
        commits: answer.commits.len() - implied,
        implied,
        patches,
        timings: clock.steps,
        unreadable,
        moved_files: files.iter().filter(|file| file.moved_from.is_some()).count(),
        notes: request.base.notes.iter().chain(&request.vendor.notes).cloned().chain(notes).collect(),
    };
    records::write_summary(folder, request, &summary)?;
    Ok(TakenApart { summary, commits: answer.commits, branch })
}

/// The place of each commit in a list.
fn places<'a>(commits: impl Iterator<Item = &'a v1::CommitAttribution>) -> HashMap<&'a str, u32> {
    commits.zip(0..).map(|(commit, place)| (commit.commit.as_str(), place)).collect()
}

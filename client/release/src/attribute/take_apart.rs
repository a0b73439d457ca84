//! The whole way of a release: from two trees to a folder of records, patches and a report.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use super::changed_files::{Comparison, changed_files};
use super::hunk_spool::HunkSpool;
use super::moved_files::added_files;
use super::package_patches::PatchAnswers;
use super::records::{write_records, write_summary};
use super::release_request::ReleaseRequest;
use super::release_summary::ReleaseSummary;
use super::report_content::write_report;
use super::series_content::SeriesContent;
use super::service::Service;
use super::totals::Totals;
use super::watcher::{Phase, Watcher};
use crate::answer::{CommitStatus, ReleaseCommit};
use crate::series::{PreparedBranch, TreePair, unusable_maintainers};
use crate::tree::{Tree, changed_paths};

/// A release that has been taken apart.
#[derive(Debug)]
pub struct TakenApart {
    /// What came out, in numbers.
    pub summary: ReleaseSummary,
    /// The commits that the release contains.
    pub commits: Vec<ReleaseCommit>,
    /// The branch that was asked for.
    pub branch: Option<PreparedBranch>,
}

/// Takes a release apart and writes everything that is said of it to a folder.
///
/// # Errors
/// Where a tree or the index cannot be read, the result cannot be written, or the series does not prove lossless.
/// What is in the folder then is of no use.
pub async fn take_apart(
    request: &ReleaseRequest<'_>,
    folder: &Path,
    service: &Service,
    watcher: &dyn Watcher,
) -> anyhow::Result<TakenApart> {
    let mut clock = Clock::start();
    watcher.advanced(Phase::ComparingTrees, 0, 0);
    let changes = changed_paths(request.base, request.vendor)?;
    let added = added_files(&changes);
    let former_names = service.former_names(request.base_revision, &added, watcher).await?;
    watcher.advanced(Phase::ComparingTrees, 0, 0);
    let spool = HunkSpool::create(folder).with_context(|| folder.display().to_string())?;
    let compared = changed_files(changes, &former_names, request.base, request.vendor, &spool)?;
    let Comparison { files, unreadable } = compared;
    if let (Some(new), Some(first)) = (&request.branch, unreadable.first()) {
        let count = unreadable.len();
        bail!(
            "branch {}: its last tree has to be the vendor's, but {} cannot be read ({count} in all): {}; make such files \
             readable, or leave out --git-branch",
            new.name,
            first.path,
            first.reason
        );
    }
    [request.base, request.vendor].into_iter().for_each(Tree::let_go);
    clock.step("compare the trees");

    let answer = service.answer(request.base_revision, &files, watcher).await?;
    clock.step("attribute");

    let mut package_patches = PatchAnswers::default();
    if !request.vendor.patches.is_empty() {
        watcher.advanced(Phase::LookingUpPatches, 0, 0);
        package_patches = PatchAnswers::ask(service, request.base_revision, &request.vendor.patches).await;
        package_patches.write(folder)?;
        clock.step("look up the package's patches");
    }

    watcher.advanced(Phase::WritingRecords, 0, 0);
    let totals = Totals::of(&answer.files);
    write_records(folder, &files, &answer)?;
    clock.step("write the records");

    watcher.advanced(Phase::WritingSeries, 0, 0);
    let series = SeriesContent::new(&files, &answer);
    let written = series.write(&folder.join("patches"), request)?;
    clock.step("write and verify the series");

    let mut branch = None;
    if let Some(new) = &request.branch {
        watcher.advanced(Phase::StoringCommits, 0, 0);
        branch = Some(written.store(new).with_context(|| format!("branch {}", new.name))?);
        clock.step("store the series as commits");
    }
    let patches = written.patches.len();
    let trees = TreePair { base: request.base, vendor: request.vendor };
    let unusable_maintainers = unusable_maintainers(&trees)?;

    watcher.advanced(Phase::WritingReport, 0, 0);
    write_report(folder, request, &files, &answer, package_patches.report(), &clock.steps)?;
    clock.step("write the report");

    let implied = answer.commits.iter().filter(|commit| commit.status == CommitStatus::Implied).count();
    let notes = request.base.notes.iter().chain(&request.vendor.notes).chain(&unusable_maintainers);
    let notes = notes.chain(&package_patches.notes);
    let summary = ReleaseSummary {
        totals,
        commits: answer.commits.len() - implied,
        implied,
        patches,
        package_patches: package_patches.len(),
        timings: clock.steps,
        unreadable,
        moved_files: files.iter().filter(|file| file.moved_from.is_some()).count(),
        notes: notes.cloned().collect(),
    };
    write_summary(folder, request, &summary)?;
    Ok(TakenApart { summary, commits: answer.commits, branch })
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

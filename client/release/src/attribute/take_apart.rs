//! The whole way of a release: from two trees to a folder of records, patches and a report.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use super::comparison::{ChangedFile, Comparison, UnreadableFile};
use super::gone_commits::{EarlierRelease, GoneCommit};
use super::index_reach::IndexReach;
use super::package_patches::PatchAnswers;
use super::records::{write_records, write_summary};
use super::release_request::ReleaseRequest;
use super::release_row::ReleaseRow;
use super::release_stream::Question;
use super::release_summary::ReleaseSummary;
use super::report_content::write_report;
use super::run_table::write_table;
use super::series_content::SeriesContent;
use super::totals::{Totals, subsystem_totals};
use super::watcher::{Phase, Watcher};
use crate::answer::{Answer, CommitStatus, ReleaseCommit};
use crate::series::{PreparedBranch, TreePair, unusable_maintainers};

/// A release that has been taken apart.
#[derive(Debug)]
pub struct TakenApart {
    /// What came out, in numbers.
    pub summary: ReleaseSummary,
    /// The commits that the release contains.
    pub commits: Vec<ReleaseCommit>,
    /// The commits of the row's release before that it does not contain.
    pub gone: Vec<GoneCommit>,
    /// The branch that was asked for.
    pub branch: Option<PreparedBranch>,
}

/// Takes the next release of a row apart and writes everything that is said of it to a folder.
///
/// # Errors
/// Where a tree or the index cannot be read, the result cannot be written, or the series does not prove lossless.
/// What is in the folder then is of no use.
pub async fn take_apart(
    request: &ReleaseRequest<'_>,
    folder: &Path,
    row: &mut ReleaseRow,
    watcher: &dyn Watcher,
) -> anyhow::Result<TakenApart> {
    let mut clock = Clock::start();
    let compared = row.compare(request.base_revision, request.base, request.vendor, folder, watcher).await?;
    let Comparison { files, unreadable } = compared;
    check_branch_is_whole(request, &unreadable)?;
    [request.base, request.vendor].into_iter().for_each(|tree| tree.let_go());
    clock.step("compare the trees");

    let earlier = row.take_earlier();
    let question = Question {
        base_revision: request.base_revision,
        excluded: request.excluded.to_vec(),
        asked_after: earlier.as_ref().map(EarlierRelease::commit_ids).unwrap_or_default(),
    };
    let answer = row.answer(&question, &files, watcher).await?;
    clock.step("attribute");

    let mut package_patches = PatchAnswers::default();
    if !request.vendor.patches.is_empty() {
        watcher.advanced(Phase::LookingUpPatches, 0, 0);
        let patches = &request.vendor.patches;
        package_patches = PatchAnswers::ask(row.service(), request.base_revision, patches).await;
        package_patches.write(folder)?;
        clock.step("look up the package's patches");
    }
    let gone = match earlier {
        Some(earlier) => earlier.gone_commits(request.base, request.vendor, &files, &answer)?,
        None => Vec::new(),
    };
    let remembered =
        row.is_followed().then(|| EarlierRelease::new(request.base, request.vendor, &files, &answer));
    clock.step("follow what the release before has");

    watcher.advanced(Phase::WritingRecords, 0, 0);
    let totals = Totals::of(&answer.files);
    match request.arrow {
        true => write_table(folder, &files, &answer)?,
        false => write_records(folder, &files, &answer)?,
    }
    clock.step("write the records");

    let reach = index_reach(request, &answer, &totals);
    let mut publication = None;
    if !request.records_only {
        let release =
            ReadableRelease { request, folder, files: &files, answer: &answer, patches: &package_patches };
        publication = Some(release.publish(&reach, row, watcher, &mut clock).await?);
    }

    let implied = answer.commits.iter().filter(|commit| commit.status == CommitStatus::Implied).count();
    let notes = request.base.notes.iter().chain(&request.vendor.notes);
    let unusable_maintainers = publication.as_ref().and_then(|publication| publication.note.as_ref());
    let notes = notes.chain(unusable_maintainers).chain(&package_patches.notes);
    let summary = ReleaseSummary {
        totals,
        subsystems: subsystem_totals(&answer.commits),
        commits: answer.commits.len() - implied,
        implied,
        patches: publication.as_ref().map(|publication| publication.patches),
        package_patches: package_patches.len(),
        reach,
        timings: clock.steps,
        unreadable,
        moved_files: files.iter().filter(|file| file.moved_from.is_some()).count(),
        notes: notes.cloned().chain(note_of_copies(&files)).collect(),
    };
    write_summary(folder, request, &summary)?;
    if let Some(remembered) = remembered {
        row.keep(files, remembered);
    }
    let branch = publication.and_then(|publication| publication.branch);
    Ok(TakenApart { summary, commits: answer.commits, gone, branch })
}

/// A release of which patches and a report are written.
struct ReadableRelease<'a> {
    request: &'a ReleaseRequest<'a>,
    folder: &'a Path,
    files: &'a [ChangedFile],
    answer: &'a Answer,
    /// The patches of the vendor's package, looked up.
    patches: &'a PatchAnswers,
}

/// What has been written beside the records.
struct Publication {
    /// Patches of the series.
    patches: usize,
    /// The branch that was asked for.
    branch: Option<PreparedBranch>,
    /// Why the vendor's own changes are not divided by subsystem, where its list of maintainers is of no use.
    note: Option<String>,
}

impl ReadableRelease<'_> {
    /// Writes the series, proves it lossless, and writes the report.
    async fn publish(
        &self,
        reach: &IndexReach,
        row: &mut ReleaseRow,
        watcher: &dyn Watcher,
        clock: &mut Clock,
    ) -> anyhow::Result<Publication> {
        let ReadableRelease { request, folder, files, answer, .. } = *self;
        watcher.advanced(Phase::WritingSeries, 0, 0);
        let series = SeriesContent::new(files, answer);
        let service = row.service().clone();
        let written = series.write(&folder.join("patches"), request, &service, row.series()).await?;
        clock.step("write and verify the series");

        let mut branch = None;
        if let Some(new) = &request.branch {
            watcher.advanced(Phase::StoringCommits, 0, 0);
            branch = Some(written.store(new).with_context(|| format!("branch {}", new.name))?);
            clock.step("store the series as commits");
        }
        let note = unusable_maintainers(&TreePair { base: request.base, vendor: request.vendor })?;

        watcher.advanced(Phase::WritingReport, 0, 0);
        write_report(folder, request, files, answer, self.patches.report(), reach, &clock.steps)?;
        clock.step("write the report");
        Ok(Publication { patches: written.patches.len(), branch, note })
    }
}

/// How far the index reaches beside a release.
fn index_reach(request: &ReleaseRequest<'_>, answer: &Answer, totals: &Totals) -> IndexReach {
    let unexplained = totals.all.lines - totals.all.explained;
    IndexReach::new(&request.index.releases, &answer.commits, request.vendor.newest_date, unexplained)
}

/// Refuses a branch whose last tree would not be the vendor's.
fn check_branch_is_whole(request: &ReleaseRequest<'_>, unreadable: &[UnreadableFile]) -> anyhow::Result<()> {
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
    Ok(())
}

/// What a person should know of a second copy of the tree, where there is one.
pub(super) fn note_of_copies(files: &[ChangedFile]) -> Option<String> {
    let copies = files.iter().filter(|file| file.copy_of.is_some()).count();
    (copies > 0)
        .then(|| format!("{copies} files repeat others in a second copy of the tree, and are not looked up"))
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

//! The records of several releases of one vendor: which commit came with which of them, and which went again.

use std::collections::HashSet;
use std::io::Write;
use std::path::Path;

use anyhow::Context;
use serde_json::{Map, Value, json};

use super::inputs::source_record;
use super::records::{csv_field, totals_record, write_file};
use super::release_history::{CommitHistory, Presence, ReleaseCommits, commit_histories};
use super::release_summary::ReleaseSummary;
use super::staging::SUMMARY_FILE;
use crate::answer::ReleaseCommit;
use crate::report::{PageCommit, PageRelease, releases_page};
use crate::tree::Source;

/// A release that has been taken apart, among others.
#[derive(Debug)]
pub struct VendorRelease {
    /// The name of its folder, by which records and page name it.
    pub name: String,
    /// What it is called.
    pub title: String,
    /// What its base is called.
    pub base_name: String,
    /// Why its base is this one.
    pub base_reason: String,
    /// What its tree was read from.
    pub vendor: Source,
    /// What its base was read from.
    pub base: Source,
    /// The base as a revision of the index.
    pub base_revision: String,
    /// What came out.
    pub summary: ReleaseSummary,
    /// The commits that it has beyond its base.
    pub commits: Vec<ReleaseCommit>,
    /// Commits of the other releases that its base contains.
    pub in_base: HashSet<String>,
}

/// How many commits came and went with a release.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReleaseCounts {
    /// Commits that no earlier release has.
    pub new: usize,
    /// Commits that the release before has for the last time.
    pub gone: usize,
}

/// Counts what came and went with each release.
pub fn release_counts(releases: &[VendorRelease]) -> Vec<ReleaseCounts> {
    count(&histories(releases), releases.len())
}

fn histories(releases: &[VendorRelease]) -> Vec<CommitHistory<'_>> {
    let commits: Vec<ReleaseCommits<'_>> = releases
        .iter()
        .map(|release| ReleaseCommits { backported: &release.commits, in_base: &release.in_base })
        .collect();
    commit_histories(&commits)
}

fn count(histories: &[CommitHistory<'_>], releases: usize) -> Vec<ReleaseCounts> {
    let mut counts = vec![ReleaseCounts::default(); releases];
    for history in histories {
        if let Some(release) = history.new_with() {
            counts[release].new += 1;
        }
        if let Some(release) = history.disappeared {
            counts[release].gone += 1;
        }
    }
    counts
}

/// Writes `releases.jsonl`, `releases.csv`, `report.html` and `summary.json` beside the releases' folders.
///
/// # Errors
/// Where a file cannot be written.
pub fn write_releases(folder: &Path, releases: &[VendorRelease]) -> anyhow::Result<()> {
    let histories = histories(releases);
    write_file(folder, "releases.jsonl", |out| {
        histories.iter().try_for_each(|history| writeln!(out, "{}", history_record(history, releases)))
    })?;
    write_file(folder, "releases.csv", |out| {
        let names: Vec<String> = releases.iter().map(|release| csv_field(&release.name)).collect();
        writeln!(out, "commit,subject,first_appeared,disappeared,{}", names.join(","))?;
        histories.iter().try_for_each(|history| writeln!(out, "{}", history_row(history, releases)))
    })?;
    let counts = count(&histories, releases.len());
    write_file(folder, "report.html", |out| {
        out.write_all(releases_page(&page_releases(releases, &histories)).as_bytes())
    })
    .context("cannot write the report")?;
    let records: Vec<Value> =
        releases.iter().zip(&counts).map(|(release, counts)| release_record(release, *counts)).collect();
    let value = json!({
        "releases": records,
        "versions": {"hunktrace": env!("CARGO_PKG_VERSION")},
    });
    write_file(folder, SUMMARY_FILE, |out| writeln!(out, "{value:#}"))
}

fn release_record(release: &VendorRelease, counts: ReleaseCounts) -> Value {
    json!({
        "release": release.name,
        "name": release.title,
        "base_name": release.base_name,
        "base_revision": release.base_revision,
        "inputs": {
            "base": source_record(&release.base),
            "base_reason": release.base_reason,
            "vendor": source_record(&release.vendor),
        },
        "all": totals_record(&release.summary.totals.all),
        "commits": release.summary.commits,
        "implied_commits": release.summary.implied,
        "patches": release.summary.patches,
        "new_commits": counts.new,
        "gone_commits": counts.gone,
    })
}

fn history_record(history: &CommitHistory<'_>, releases: &[VendorRelease]) -> Value {
    let commit = history.commit;
    let status: Map<String, Value> = releases
        .iter()
        .zip(&history.presences)
        .map(|(release, presence)| (release.name.clone(), json!(presence.map(presence_name))))
        .collect();
    json!({
        "commit": commit.id,
        "subject": commit.subject,
        "author": commit.author,
        "date": commit.author_date,
        "first_release": commit.first_release,
        "first_appeared": releases[history.first_appeared].name,
        "disappeared": history.disappeared.map(|release| &releases[release].name),
        "status": status,
    })
}

fn history_row(history: &CommitHistory<'_>, releases: &[VendorRelease]) -> String {
    let mut fields = vec![
        history.commit.id.clone(),
        history.commit.subject.clone(),
        releases[history.first_appeared].name.clone(),
        history.disappeared.map(|release| releases[release].name.clone()).unwrap_or_default(),
    ];
    let presences = history.presences.iter().map(|presence| presence.map(presence_name).unwrap_or_default());
    fields.extend(presences.map(str::to_owned));
    fields.iter().map(|field| csv_field(field)).collect::<Vec<_>>().join(",")
}

fn presence_name(presence: Presence) -> &'static str {
    match presence {
        Presence::InBase => "in base",
        Presence::Backported(status) => status.name(),
    }
}

/// What the page shows of each release.
fn page_releases<'a>(releases: &'a [VendorRelease], histories: &[CommitHistory<'a>]) -> Vec<PageRelease<'a>> {
    let mut pages: Vec<PageRelease<'a>> = releases
        .iter()
        .map(|release| PageRelease {
            name: &release.name,
            vendor: &release.title,
            base: &release.base_name,
            lines: release.summary.totals.all.lines,
            explained: release.summary.totals.all.explained,
            commits: release.commits.len(),
            new: Vec::new(),
            gone: Vec::new(),
        })
        .collect();
    for history in histories {
        let commit = |folder: usize| PageCommit {
            commit: &history.commit.id,
            subject: &history.commit.subject,
            first_release: history.commit.first_release.as_deref().unwrap_or_default(),
            folder: &releases[folder].name,
        };
        if let Some(release) = history.new_with() {
            pages[release].new.push(commit(release));
        }
        if let (Some(release), Some(last)) = (history.disappeared, history.last_backported()) {
            pages[release].gone.push(commit(last));
        }
    }
    pages
}

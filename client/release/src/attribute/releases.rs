//! The records of several releases of one vendor: which commit came with which of them, and which went again.

use std::io::Write;
use std::path::Path;

use anyhow::Context;
use serde_json::{Map, Value, json};

use super::gone_commits::WhyGone;
use super::inputs::source_record;
use super::records::{totals_record, write_file};
use super::release_history::{CommitHistory, Presence, ReleaseHistory};
use super::release_summary::ReleaseSummary;
use super::staging::SUMMARY_FILE;
use crate::csv_row::{csv_field, csv_row};
use crate::report::{PageCommit, PageRelease, releases_page};
use crate::tree::Source;

/// The folder in a release's own one for its difference to the release before.
pub const UPDATE_FOLDER: &str = "update";

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
    /// What came out of its difference to the release before, where that was taken apart as well.
    pub update: Option<ReleaseSummary>,
}

/// How many commits came and went with a release.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReleaseCounts {
    /// Commits that no earlier release has.
    pub new: usize,
    /// Commits that the release before has for the last time.
    pub gone: usize,
    /// Those of them that a commit of the release has rewritten.
    pub superseded: usize,
    /// Those of them whose lines are still there, but count for another commit or for none.
    pub not_provable: usize,
    /// Those of them whose lines are gone from the tree.
    pub removed: usize,
}

/// Counts what came and went with each of `releases` releases.
pub fn release_counts(history: &ReleaseHistory, releases: usize) -> Vec<ReleaseCounts> {
    let mut counts = vec![ReleaseCounts::default(); releases];
    for history in history.commits() {
        if let Some(release) = history.new_with() {
            counts[release].new += 1;
        }
        if let Some(release) = history.disappeared() {
            counts[release].gone += 1;
        }
        if let Some(gone) = history.why_disappeared() {
            let counts = &mut counts[gone.release];
            match gone.why {
                WhyGone::Superseded => counts.superseded += 1,
                WhyGone::NotProvable => counts.not_provable += 1,
                WhyGone::Removed => counts.removed += 1,
            }
        }
    }
    counts
}

/// Writes the page of all releases, `report.html`, beside the releases' folders.
///
/// # Errors
/// Where it cannot be written.
pub fn write_releases_page(
    folder: &Path,
    releases: &[VendorRelease],
    history: &ReleaseHistory,
) -> anyhow::Result<()> {
    write_file(folder, "report.html", |out| {
        out.write_all(releases_page(&page_releases(releases, history.commits())).as_bytes())
    })
    .context("cannot write the report")
}

/// Writes `releases.jsonl`, `releases.csv` and `summary.json` beside the releases' folders.
///
/// # Errors
/// Where a file cannot be written.
pub fn write_releases(
    folder: &Path,
    releases: &[VendorRelease],
    history: &ReleaseHistory,
) -> anyhow::Result<()> {
    let histories = history.commits();
    write_file(folder, "releases.jsonl", |out| {
        histories.iter().try_for_each(|history| writeln!(out, "{}", history_record(history, releases)))
    })?;
    write_file(folder, "releases.csv", |out| {
        let names: Vec<String> = releases.iter().map(|release| csv_field(&release.name)).collect();
        writeln!(out, "commit,subject,first_appeared,disappeared,why,by,{}", names.join(","))?;
        histories.iter().try_for_each(|history| writeln!(out, "{}", history_row(history, releases)))
    })?;
    let counts = release_counts(history, releases.len());
    let records: Vec<Value> =
        releases.iter().zip(&counts).map(|(release, counts)| release_record(release, *counts)).collect();
    let value = json!({
        "releases": records,
        "versions": {"hunktrace": env!("CARGO_PKG_VERSION")},
    });
    write_file(folder, SUMMARY_FILE, |out| writeln!(out, "{value:#}"))
}

fn release_record(release: &VendorRelease, counts: ReleaseCounts) -> Value {
    let mut record = json!({
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
        "gone": {
            (WhyGone::Superseded.name()): counts.superseded,
            (WhyGone::NotProvable.name()): counts.not_provable,
            (WhyGone::Removed.name()): counts.removed,
        },
    });
    if let Some(update) = &release.update {
        record["update"] = json!({
            "folder": format!("{}/{UPDATE_FOLDER}", release.name),
            "all": totals_record(&update.totals.all),
            "commits": update.commits,
            "implied_commits": update.implied,
            "patches": update.patches,
        });
    }
    record
}

fn history_record(history: &CommitHistory, releases: &[VendorRelease]) -> Value {
    let status: Map<String, Value> = releases
        .iter()
        .zip(&history.presences)
        .map(|(release, presence)| (release.name.clone(), json!(presence.map(presence_name))))
        .collect();
    let gone: Map<String, Value> = history
        .gone
        .iter()
        .map(|gone| (releases[gone.release].name.clone(), json!({"why": gone.why.name(), "by": gone.by})))
        .collect();
    json!({
        "commit": history.id,
        "subject": history.subject,
        "author": history.author,
        "date": history.author_date,
        "first_release": history.first_release,
        "first_appeared": releases[history.first_appeared()].name,
        "disappeared": history.disappeared().map(|release| &releases[release].name),
        "status": status,
        "gone": gone,
    })
}

fn history_row(history: &CommitHistory, releases: &[VendorRelease]) -> String {
    let mut fields = vec![
        history.id.clone(),
        history.subject.clone(),
        releases[history.first_appeared()].name.clone(),
        history.disappeared().map(|release| releases[release].name.clone()).unwrap_or_default(),
    ];
    let why = history.why_disappeared();
    fields.push(why.map(|gone| gone.why.name().to_owned()).unwrap_or_default());
    fields.push(why.and_then(|gone| gone.by.clone()).unwrap_or_default());
    let presences = history.presences.iter().map(|presence| presence.map(presence_name).unwrap_or_default());
    fields.extend(presences.map(str::to_owned));
    csv_row(&fields)
}

fn presence_name(presence: Presence) -> &'static str {
    match presence {
        Presence::InBase => "in base",
        Presence::Backported(status) => status.name(),
    }
}

/// What the page shows of each release.
fn page_releases<'a>(releases: &'a [VendorRelease], histories: &'a [CommitHistory]) -> Vec<PageRelease<'a>> {
    let mut pages: Vec<PageRelease<'a>> = releases
        .iter()
        .map(|release| PageRelease {
            name: &release.name,
            vendor: &release.title,
            base: &release.base_name,
            lines: release.summary.totals.all.lines,
            explained: release.summary.totals.all.explained,
            commits: release.summary.commits + release.summary.implied,
            new: Vec::new(),
            gone: Vec::new(),
            update: release.update.as_ref().map(|update| (UPDATE_FOLDER, update.commits)),
        })
        .collect();
    for history in histories {
        let commit = |folder: usize| PageCommit {
            commit: &history.id,
            subject: &history.subject,
            first_release: history.first_release.as_deref().unwrap_or_default(),
            folder: &releases[folder].name,
            why: "",
            by: None,
        };
        if let Some(release) = history.new_with() {
            pages[release].new.push(commit(release));
        }
        if let (Some(release), Some(last)) = (history.disappeared(), history.last_backported()) {
            let why = history.why_disappeared();
            pages[release].gone.push(PageCommit {
                why: why.map_or("", |gone| gone.why.name()),
                by: why.and_then(|gone| gone.by.as_deref()),
                ..commit(last)
            });
        }
    }
    pages
}

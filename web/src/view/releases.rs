//! Vendor releases, and which of them have a commit.

use hunktrace_proto::v1;
use serde::Serialize;
use utoipa::ToSchema;

use super::list::page_of_line;
use super::named::{NamedCommit, non_empty, text_of};
use crate::place::{Form, Part, Place, ReleaseName};

/// All releases.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct ReleasesView {
    /// By vendor and in their order.
    pub releases: Vec<ReleaseRow>,
}

/// A release.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReleaseRow {
    /// The vendor.
    pub vendor: String,
    /// What it is called.
    pub name: String,
    /// Its place in the vendor's order, from 1.
    pub place: u32,
    /// When it was released, YYYY-MM-DD.
    pub released_on: Option<String>,
    /// What its base is called.
    pub base: String,
    /// Changed lines.
    pub lines: u64,
    /// Those of them with a known origin.
    pub explained: u64,
    /// Its page.
    pub page: String,
}

impl ReleaseRow {
    /// A release as the catalogue has it.
    pub fn of(release: &v1::CataloguedRelease) -> ReleaseRow {
        ReleaseRow {
            vendor: release.vendor.clone(),
            name: release.name.clone(),
            place: release.place,
            released_on: non_empty(&release.released_on),
            base: release.base_name.clone(),
            lines: release.lines,
            explained: release.explained_lines,
            page: Place::Release(name_of(release), Part::Overview).path(Form::Html),
        }
    }
}

/// A release's vendor and name.
pub fn name_of(release: &v1::CataloguedRelease) -> ReleaseName {
    ReleaseName { vendor: release.vendor.clone(), name: release.name.clone() }
}

/// A commit through the releases.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct CommitReleases {
    /// The commit.
    pub commit: NamedCommit,
    /// `Name <address>`.
    pub author: String,
    /// When it was written: RFC 3339.
    pub author_date: String,
    /// The subsystem that it belongs to.
    pub subsystem: Option<String>,
    /// `fix`, `revert` or `change`.
    pub purpose: String,
    /// The CVE ids that its message or the vendor's changelog names.
    pub cves: Vec<String>,
    /// Ids that carry it.
    pub carriers: Vec<String>,
    /// Addresses that it links to.
    pub links: Vec<String>,
    /// Each stretch of releases that have it in the same way, in order.
    pub stretches: Vec<StretchView>,
    /// The vendor's changelog entries about it.
    pub entries: Vec<EntryView>,
    /// Commits of the catalogue that mend it or take it back.
    pub later: Vec<LaterView>,
    /// Where its lines are in the last release that has some.
    pub places: Vec<PlacedView>,
    /// The release that its places are in.
    pub placed_in: Option<String>,
}

/// Neighbouring releases of a vendor that have a commit in the same way.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct StretchView {
    /// The vendor.
    pub vendor: String,
    /// The first of them.
    pub first: String,
    /// The page of the first.
    pub page: String,
    /// The page of the form that the commit has there; none where nothing of it is left to show.
    pub vendor_page: Option<String>,
    /// Its date, YYYY-MM-DD.
    pub released_on: Option<String>,
    /// The last of them.
    pub last: String,
    /// Whether that is the vendor's newest.
    pub is_newest: bool,
    /// The release after the last, where that lacks the commit.
    pub gone_with: Option<String>,
    /// `complete`, `partial` or `implied`.
    pub status: String,
    /// Probability that they have it, from 0 to 1.
    pub confidence: f64,
    /// Lines in the last of them.
    pub lines: u64,
    /// Hunks that are missing: `FILE:LINE reason`.
    pub missing: Vec<String>,
    /// What superseded it.
    pub superseded_by: Option<String>,
}

impl StretchView {
    /// The stretch in words.
    pub fn words(&self) -> String {
        let until = match (&self.gone_with, self.is_newest) {
            (Some(gone), _) => format!(" to {}, gone with {gone}", self.last),
            (None, true) => " and all later ones".to_owned(),
            (None, false) => format!(" to {}", self.last),
        };
        format!("{}{until}", self.first)
    }
}

/// An entry of the vendor's changelog.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct EntryView {
    /// The release whose package brought it.
    pub release: String,
    /// What it says.
    pub text: String,
    /// How its commit was found.
    pub how: String,
}

/// A later commit that mends another one or takes it back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct LaterView {
    /// The commit.
    pub commit: NamedCommit,
    /// `fixes` or `reverts`.
    pub relation: String,
    /// The first release that has it.
    pub since: Option<String>,
}

/// Neighbouring lines of a commit.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct PlacedView {
    /// The file.
    pub file: String,
    /// The file's page in the last release that has lines of the commit.
    pub page: String,
    /// The lines in that file's pages.
    pub line_page: String,
    /// The function; none outside of functions.
    pub function: Option<String>,
    /// Whether the release has added them; else they were removed from the base.
    pub is_added: bool,
    /// The first line's number, from 1.
    pub start: u32,
    /// How many.
    pub lines: u32,
    /// Probability that they come from the commit, from 0 to 1.
    pub confidence: f64,
    /// How they match.
    pub match_kind: String,
}

impl CommitReleases {
    /// A commit's history as the catalogue answers it.
    pub fn of(history: &v1::CommitHistory) -> CommitReleases {
        let commit = history.commit.clone().unwrap_or_default();
        let last = history.stretches.last();
        let placed_in = last.map(|last| ReleaseName { vendor: last.vendor.clone(), name: last.last.clone() });
        let places = history.places.iter().map(|place| placed_view(place, placed_in.as_ref()));
        let stretches =
            history.stretches.iter().map(|stretch| stretch_view(&commit.commit, stretch)).collect();
        CommitReleases {
            places: places.collect(),
            placed_in: placed_in.as_ref().map(|release| release.name.clone()),
            commit: NamedCommit::catalogued(&commit),
            subsystem: non_empty(&commit.subsystem),
            author: commit.author,
            author_date: commit.author_date,
            purpose: commit.purpose,
            cves: history.cves.clone(),
            carriers: history.carriers.clone(),
            links: history.links.clone(),
            stretches,
            entries: history.entries.iter().map(entry_view).collect(),
            later: history.later.iter().map(later_view).collect(),
        }
    }
}

fn stretch_view(commit: &str, stretch: &v1::Stretch) -> StretchView {
    let first = ReleaseName { vendor: stretch.vendor.clone(), name: stretch.first.clone() };
    let vendor_page = (stretch.lines > 0)
        .then(|| Place::Release(first.clone(), Part::Commit(commit.to_owned())).path(Form::Html));
    StretchView {
        vendor: stretch.vendor.clone(),
        first: stretch.first.clone(),
        page: Place::Release(first, Part::Overview).path(Form::Html),
        vendor_page,
        released_on: non_empty(&stretch.released_on),
        last: stretch.last.clone(),
        is_newest: stretch.is_newest,
        gone_with: non_empty(&stretch.gone_with),
        status: stretch.status.clone(),
        confidence: stretch.confidence,
        lines: stretch.lines,
        missing: stretch.missing.clone(),
        superseded_by: non_empty(&stretch.superseded_by),
    }
}

/// An entry of a changelog.
pub fn entry_view(entry: &v1::ChangelogEntry) -> EntryView {
    EntryView { release: entry.release.clone(), text: entry.text.clone(), how: entry.how.clone() }
}

/// A later commit.
pub fn later_view(later: &v1::LaterCommit) -> LaterView {
    let named = NamedCommit::of(&later.commit, &[]);
    LaterView {
        commit: NamedCommit { subject: later.subject.clone(), ..named },
        relation: later.relation.clone(),
        since: non_empty(&later.since),
    }
}

fn placed_view(place: &v1::PlacedLines, release: Option<&ReleaseName>) -> PlacedView {
    let page = |number: usize| {
        release.map(|release| {
            Place::Release(release.clone(), Part::File(place.path.clone(), number)).path(Form::Html)
        })
    };
    let (first, side) = if place.is_added { (page_of_line(place.start), 'L') } else { (1, 'B') };
    PlacedView {
        file: text_of(&place.path),
        page: page(1).unwrap_or_default(),
        line_page: page(first).map(|page| format!("{page}#{side}{}", place.start)).unwrap_or_default(),
        function: non_empty(&place.function),
        is_added: place.is_added,
        start: place.start,
        lines: place.lines,
        confidence: place.confidence,
        match_kind: place.r#match.clone(),
    }
}

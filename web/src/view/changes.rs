//! What differs between two releases.

use hunktrace_proto::v1;
use serde::Serialize;
use utoipa::ToSchema;

use super::list::{Paging, page_of};
use super::named::{NamedCommit, non_empty, text_of};
use super::release::{ROWS, file_page};
use super::releases::{EntryView, LaterView, ReleaseRow, entry_view, later_view, name_of};
use crate::place::{Form, Part, Place};

/// Places of a commit that a page shows.
pub const SHOWN_PLACES: usize = 12;

/// What differs between two releases.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ChangesView {
    /// The release before.
    pub from: ReleaseRow,
    /// The release after.
    pub to: ReleaseRow,
    /// What was asked beside: file or folder, function, call trace.
    pub question: ChangesQuestion,
    /// How many commits are new, gone and changed.
    pub counts: ChangeCounts,
    /// Which page of commits and own changes this is.
    pub paging: Paging,
    /// The commits, the likeliest first where there is a trace, else in upstream's order.
    pub commits: Vec<ChangeRow>,
    /// The vendor's own changes: on the last page.
    pub own: Vec<PlaceRow>,
    /// Functions of the trace that nothing changes.
    pub untouched: Vec<String>,
}

/// What was asked beside the releases.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct ChangesQuestion {
    /// A file or folder.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub path: String,
    /// A function.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub function: String,
    /// A call trace.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub trace: String,
}

/// How many commits differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct ChangeCounts {
    /// The later release has them alone.
    pub new: usize,
    /// The earlier one has them alone.
    pub gone: usize,
    /// Both have them, in different ways.
    pub changed: usize,
    /// Places with changes of the vendor's own.
    pub own: usize,
}

/// A commit that two releases have in different ways.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ChangeRow {
    /// The commit.
    pub commit: NamedCommit,
    /// `new`, `gone` or `changed`.
    pub change: String,
    /// `fix`, `revert` or `change`.
    pub purpose: String,
    /// The subsystem that it belongs to.
    pub subsystem: Option<String>,
    /// `complete`, `partial` or `implied` in the later release, else in the earlier one.
    pub status: Option<String>,
    /// The page of the vendor's form of it: of new commits.
    pub vendor_page: Option<String>,
    /// Changed lines by file and function.
    pub places: Vec<PlaceRow>,
    /// How much of the trace it explains; 0 without one.
    pub score: f64,
    /// Commits that mend it or take it back.
    pub later: Vec<LaterView>,
    /// What the vendor's changelog says of it.
    pub entries: Vec<EntryView>,
}

/// Lines that changed in a function, or outside of functions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PlaceRow {
    /// The file.
    pub file: String,
    /// Its page in the later release.
    pub page: String,
    /// The function.
    pub function: Option<String>,
    /// Added lines.
    pub added: u64,
    /// Removed lines.
    pub removed: u64,
}

impl ChangesView {
    /// A page of what the service says; none where there is no such page.
    pub fn of(answer: &v1::CompareResponse, question: ChangesQuestion, page: usize) -> Option<ChangesView> {
        let (from, to) = (answer.from.clone().unwrap_or_default(), answer.to.clone().unwrap_or_default());
        let count = |change: &str| answer.commits.iter().filter(|commit| commit.change == change).count();
        let counts = ChangeCounts {
            new: count("new"),
            gone: count("gone"),
            changed: count("changed"),
            own: answer.own.len(),
        };
        // One list: the commits, then the vendor's own changes.
        let items: Vec<Item<'_>> =
            answer.commits.iter().map(Item::Commit).chain(answer.own.iter().map(Item::Own)).collect();
        let (shown, paging) = page_of(&items, page, ROWS)?;
        let (mut commits, mut own) = (Vec::new(), Vec::new());
        for item in shown {
            match item {
                Item::Commit(change) => commits.push(change_row(change, &to)),
                Item::Own(change) => own.extend(change.place.as_ref().map(|place| place_row(place, &to))),
            }
        }
        Some(ChangesView {
            from: ReleaseRow::of(&from),
            to: ReleaseRow::of(&to),
            question,
            counts,
            paging,
            commits,
            own,
            untouched: answer.untouched.clone(),
        })
    }
}

enum Item<'a> {
    Commit(&'a v1::CommitChange),
    Own(&'a v1::OwnChange),
}

fn change_row(change: &v1::CommitChange, to: &v1::CataloguedRelease) -> ChangeRow {
    let commit = change.commit.clone().unwrap_or_default();
    let vendor_page = (change.change == "new")
        .then(|| Place::Release(name_of(to), Part::Commit(commit.commit.clone())).path(Form::Html));
    ChangeRow {
        commit: NamedCommit::catalogued(&commit),
        change: change.change.clone(),
        subsystem: non_empty(&commit.subsystem),
        purpose: commit.purpose,
        status: non_empty(&change.status_after).or_else(|| non_empty(&change.status_before)),
        vendor_page,
        places: change.places.iter().map(|place| place_row(place, to)).collect(),
        score: change.score,
        later: change.later.iter().map(later_view).collect(),
        entries: change.entries.iter().map(entry_view).collect(),
    }
}

fn place_row(place: &v1::ChangedPlace, to: &v1::CataloguedRelease) -> PlaceRow {
    PlaceRow {
        file: text_of(&place.path),
        page: file_page(&name_of(to), &place.path, 1),
        function: non_empty(&place.function),
        added: place.added,
        removed: place.removed,
    }
}

/// Two releases to be chosen, and what may be asked beside.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CompareView {
    /// All releases.
    pub releases: Vec<ReleaseRow>,
    /// What was asked so far.
    pub question: ChangesQuestion,
    /// The query of this page.
    #[serde(skip)]
    pub query: String,
    /// What differs between the chosen ones.
    pub changes: Option<ChangesView>,
}

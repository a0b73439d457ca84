//! The history of a file, a function or a CVE.

use hunktrace_proto::v1;
use serde::Serialize;
use utoipa::ToSchema;

use super::list::{Paging, page_of};
use super::releases::CommitReleases;

/// Commits on a page.
const COMMITS: usize = 60;

/// The history of a file, a function or a CVE.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct HistoryView {
    /// What was asked for: a path, `PATH:FUNCTION`, `:FUNCTION` or a CVE id.
    pub asked: String,
    /// What that was understood to be: `path`, `function` or `cve`.
    pub kind: String,
    /// Which page of commits this is.
    pub paging: Paging,
    /// The commits, by the first release that has each.
    pub commits: Vec<CommitReleases>,
    /// The vendor's own lines in the newest release.
    pub own_lines: u64,
    /// The releases in which their number changed.
    pub own_changes: Vec<OwnRow>,
    /// The query of this page.
    #[serde(skip)]
    pub query: String,
}

/// How many lines are the vendor's own from a release on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct OwnRow {
    /// The release.
    pub release: String,
    /// Added lines.
    pub added: u64,
    /// Removed lines.
    pub removed: u64,
}

impl HistoryView {
    /// A page of what the service says; none where there is no such page.
    pub fn of(asked: &str, answer: &v1::HistoryResponse, page: usize, query: String) -> Option<HistoryView> {
        let (shown, paging) = page_of(&answer.commits, page, COMMITS)?;
        let own = |own: &v1::OwnLines| OwnRow {
            release: own.release.clone(),
            added: own.added,
            removed: own.removed,
        };
        Some(HistoryView {
            asked: asked.to_owned(),
            kind: answer.kind.clone(),
            paging,
            commits: shown.iter().map(CommitReleases::of).collect(),
            own_lines: answer.own_lines,
            own_changes: answer.own_changes.iter().map(own).collect(),
            query,
        })
    }
}

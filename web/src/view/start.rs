//! Where one begins.

use hunktrace_proto::v1;
use serde::Serialize;
use utoipa::ToSchema;

use super::releases::ReleaseRow;

/// Releases that the first page names; all of them have a page of their own.
const NEWEST: usize = 8;

/// What is there to be asked.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct StartView {
    /// What is indexed.
    pub index: Option<IndexView>,
    /// How many releases the catalogue has.
    pub release_count: usize,
    /// The newest of them, the last first.
    pub newest: Vec<ReleaseRow>,
}

/// What is indexed.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct IndexView {
    /// Commits.
    pub commits: u64,
    /// Hunks.
    pub hunks: u64,
    /// The newest tagged release.
    pub newest_release: Option<String>,
    /// The server's version.
    pub version: String,
}

impl StartView {
    /// What index and catalogue say.
    pub fn of(status: Option<&v1::GetStatusResponse>, releases: &[v1::CataloguedRelease]) -> StartView {
        StartView {
            index: status.map(|status| IndexView {
                commits: status.commits,
                hunks: status.hunks,
                newest_release: status.releases.last().map(|release| release.name.clone()),
                version: status.version.clone(),
            }),
            release_count: releases.len(),
            newest: releases.iter().rev().take(NEWEST).map(ReleaseRow::of).collect(),
        }
    }
}

//! What the vendors of a catalogue have of a commit.

use std::path::Path;

use hunktrace_indexer::cancellation::Cancellation;

use super::carrier::Carrier;
use crate::catalogue::commit_history::Stretch;
use crate::catalogue::error::CatalogueError;
use crate::catalogue::store::{Catalogue, CataloguedRelease};

/// What carriers say of a release.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReleaseFacts {
    /// The vendor.
    pub vendor: String,
    /// What it is called.
    pub name: String,
    /// When it was released, YYYY-MM-DD; empty where that is not known.
    pub date: String,
    /// What its base is called.
    pub base: String,
}

impl From<CataloguedRelease> for ReleaseFacts {
    fn from(release: CataloguedRelease) -> ReleaseFacts {
        ReleaseFacts {
            vendor: release.vendor,
            name: release.name,
            date: release.released_on.unwrap_or_default(),
            base: release.base_name,
        }
    }
}

/// How the vendors of a catalogue have a commit, in the newest of their releases that do.
///
/// # Errors
/// Where the catalogue cannot be read.
pub(super) fn in_catalogue(
    path: &Path,
    commit: &str,
    cancellation: &Cancellation,
) -> Result<Vec<Carrier>, CatalogueError> {
    let mut catalogue = Catalogue::open(path)?;
    catalogue.stop_on(cancellation.clone())?;
    let history = match catalogue.history(commit) {
        Ok(history) => history,
        Err(CatalogueError::NoRelease { .. } | CatalogueError::Nothing(_)) => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let newest = newest_stretches(history.commits.into_iter().flat_map(|commit| commit.stretches));
    if newest.is_empty() {
        return Ok(Vec::new());
    }
    let releases: Vec<ReleaseFacts> = catalogue.releases()?.into_iter().map(Into::into).collect();
    Ok(carriers(newest, &releases))
}

/// The last stretch of each vendor, of stretches that are in order.
pub fn newest_stretches(stretches: impl IntoIterator<Item = Stretch>) -> Vec<Stretch> {
    let mut newest: Vec<Stretch> = Vec::new();
    for stretch in stretches {
        match newest.last_mut().filter(|other| other.vendor == stretch.vendor) {
            Some(other) => *other = stretch,
            None => newest.push(stretch),
        }
    }
    newest
}

/// Vendors as carriers, each as the last release of a stretch has the commit.
pub fn carriers(stretches: Vec<Stretch>, releases: &[ReleaseFacts]) -> Vec<Carrier> {
    stretches.into_iter().map(|stretch| carrier(stretch, releases)).collect()
}

fn carrier(stretch: Stretch, releases: &[ReleaseFacts]) -> Carrier {
    let release = releases.iter().find(|other| other.vendor == stretch.vendor && other.name == stretch.last);
    let ReleaseFacts { date, base, .. } = release.cloned().unwrap_or_default();
    Carrier {
        kind: "catalogue",
        date,
        base,
        vendor: stretch.vendor,
        release: stretch.last,
        is_newest: stretch.is_newest,
        since: stretch.first,
        status: stretch.status,
        confidence: stretch.confidence,
        lines: stretch.lines,
        hunks: u64::from(stretch.hunks),
        missing: stretch.missing,
        superseded_by: stretch.superseded_by.unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_vendor_counts_with_the_newest_release_that_has_the_commit() {
        let stretch = |vendor: &str, last: &str| Stretch {
            vendor: vendor.to_owned(),
            first: "1".to_owned(),
            released_on: None,
            last: last.to_owned(),
            is_newest: false,
            gone_with: None,
            status: "complete".to_owned(),
            confidence: 0.9,
            lines: 3,
            hunks: 1,
            missing: Vec::new(),
            superseded_by: None,
        };
        let newest = newest_stretches([stretch("a", "2"), stretch("a", "4"), stretch("b", "3")]);
        let facts = |vendor: &str| ReleaseFacts {
            vendor: vendor.to_owned(),
            name: "4".to_owned(),
            date: "2011-06-22".to_owned(),
            base: "v4.0".to_owned(),
        };
        let found = carriers(newest, &[facts("b"), facts("a")]);
        let told: Vec<[&str; 4]> =
            found.iter().map(|found| [&*found.vendor, &*found.release, &*found.date, &*found.base]).collect();
        assert_eq!(told, [["a", "4", "2011-06-22", "v4.0"], ["b", "3", "", ""]]);
    }
}

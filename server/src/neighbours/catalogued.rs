//! What the vendors of a catalogue have of a commit.

use std::path::Path;

use hunktrace_indexer::cancellation::Cancellation;

use super::carrier::Carrier;
use crate::catalogue::commit_history::Stretch;
use crate::catalogue::error::CatalogueError;
use crate::catalogue::store::{Catalogue, CataloguedRelease};

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
    let mut last: Vec<Stretch> = Vec::new();
    for stretch in history.commits.into_iter().flat_map(|commit| commit.stretches) {
        match last.last_mut().filter(|other| other.vendor == stretch.vendor) {
            Some(other) => *other = stretch,
            None => last.push(stretch),
        }
    }
    if last.is_empty() {
        return Ok(Vec::new());
    }
    let releases = catalogue.releases()?;
    Ok(last.into_iter().map(|stretch| carrier(stretch, &releases)).collect())
}

fn carrier(stretch: Stretch, releases: &[CataloguedRelease]) -> Carrier {
    let release = releases.iter().find(|other| other.vendor == stretch.vendor && other.name == stretch.last);
    Carrier {
        kind: "catalogue",
        date: release.and_then(|release| release.released_on.clone()).unwrap_or_default(),
        base: release.map(|release| release.base_name.clone()).unwrap_or_default(),
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

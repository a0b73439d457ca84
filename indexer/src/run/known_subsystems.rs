//! Tells the subsystems of the commits that an index has, where another release has become the newest.
//!
//! Nothing of the repositories is read for it: the paths and lines of the stored hunks are enough.

use std::collections::HashMap;

use crate::graph::{CommitOrdinal, GraphBuilder};
use crate::index::folder::{IndexError, IndexFolder};
use crate::index::snapshot::Snapshot;
use crate::maintainers::Maintainers;
use crate::maintainers::commit_subsystem::{CommitLines, SubsystemFinder};
use crate::run::progress::IndexProgress;

/// Tells the subsystems of all commits that the index in a folder has; nobody else may write to it meanwhile.
///
/// # Errors
/// Where the index cannot be read; [`IndexError::Stopped`] where `progress` has the run stop.
pub fn tell_known_commits(
    folder: &IndexFolder,
    graph: &mut GraphBuilder,
    maintainers: &Maintainers,
    progress: &dyn IndexProgress,
) -> Result<(), IndexError> {
    if graph.is_empty() || maintainers.is_empty() {
        return Ok(());
    }
    let snapshot = Snapshot::open(folder.path())?;
    let mut finder = SubsystemFinder::new(maintainers);
    // The hunks of a commit lie beside each other, but two segments may share them.
    let mut begun: HashMap<CommitOrdinal, (u32, CommitLines)> = HashMap::new();
    snapshot.for_each_hunk(&mut |commit, hunk| {
        if progress.is_stopped() {
            return Err(IndexError::Stopped);
        }
        let (hunks, lines) = begun.entry(commit).or_default();
        *hunks += 1;
        finder.add(lines, hunk);
        if *hunks == graph.hunk_count(commit) {
            let title = finder.subsystem(lines);
            begun.remove(&commit);
            graph.set_subsystem(commit, title);
        }
        Ok(())
    })
}

//! The `MAINTAINERS` file that tells the subsystems of an index: that of its newest release.

use bstr::BStr;

use crate::git::repository::RepositoryError;
use crate::graph::{GraphBuilder, MaintainersFile, MaintainersSource, UnindexedItem};
use crate::index::folder::{IndexError, IndexFolder};
use crate::maintainers::{MAINTAINERS_PATH, Maintainers};
use crate::run::history::HistoryPlan;
use crate::run::history_source::HistorySource;
use crate::run::known_subsystems::tell_known_commits;
use crate::run::newest_release::{Release, newest_first};
use crate::run::progress::IndexProgress;

/// What tells the subsystems of a run's commits.
#[derive(Default)]
pub struct ReleaseMaintainers {
    /// The sections of the file; none where the release has no such file.
    pub sections: Maintainers,
    /// Whether the index knew nothing of this release.
    pub is_new: bool,
    /// Files that could not be read or used.
    pub unusable: Vec<UnindexedItem>,
}

/// Chooses the file, and tells the subsystems of the commits that the index has where it is another one than before.
///
/// Releases whose repository is not at hand are passed over, but for the one that the index has the file of.
///
/// # Errors
/// Where the index cannot be read; [`IndexError::Stopped`] where `progress` has the run stop.
pub fn choose_maintainers(
    history: &dyn HistorySource,
    plan: &HistoryPlan,
    folder: &IndexFolder,
    graph: &mut GraphBuilder,
    progress: &dyn IndexProgress,
) -> Result<ReleaseMaintainers, IndexError> {
    let mut chosen = ReleaseMaintainers::default();
    for release in newest_first(graph, plan, &history.refs()) {
        if is_of(graph.maintainers(), &release) {
            break;
        }
        let text = match history.file_at(&release.commit, MAINTAINERS_PATH) {
            Ok(text) => text.unwrap_or_default(),
            Err(RepositoryError::Object { id, .. }) if id == release.commit => continue,
            Err(error) => {
                chosen.unusable.push(unusable(&release, &error));
                continue;
            }
        };
        let (sections, text) = match Maintainers::parse(&text) {
            Ok(sections) => (sections, text),
            Err(error) => {
                chosen.unusable.push(unusable(&release, &error));
                (Maintainers::default(), Vec::new())
            }
        };
        (chosen.sections, chosen.is_new) = (sections, true);
        let commit = release.commit.to_string();
        let source = MaintainersSource { release: release.name, commit, rules: MaintainersSource::RULES };
        let file = MaintainersFile::new(source, &text)?;
        if !graph.maintainers().is_some_and(|known| known.tells_the_same(&file)) {
            graph.forget_subsystems();
            tell_known_commits(folder, graph, &chosen.sections, progress)?;
        }
        graph.set_maintainers(file);
        return Ok(chosen);
    }
    if let Some(known) = graph.maintainers() {
        let damaged =
            |error: &dyn std::fmt::Display| folder.damaged(&format!("its MAINTAINERS file: {error}"));
        let text = known.text().map_err(|error| damaged(&error))?;
        chosen.sections = Maintainers::parse(&text).map_err(|error| damaged(&error))?;
    }
    Ok(chosen)
}

/// Whether an index has the file of a release, and has told its commits by the rules of this program.
fn is_of(file: Option<&MaintainersFile>, release: &Release) -> bool {
    let commit = release.commit.to_string();
    file.is_some_and(|file| file.source.commit == commit && file.source.rules == MaintainersSource::RULES)
}

fn unusable(release: &Release, reason: &dyn std::fmt::Display) -> UnindexedItem {
    UnindexedItem {
        commit: release.commit.to_string(),
        path: Some(BStr::new(MAINTAINERS_PATH).to_owned()),
        reason: format!("subsystems are not told by the file of {}: {reason}", release.name),
    }
}

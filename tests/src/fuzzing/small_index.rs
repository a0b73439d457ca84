//! An index of a few commits, made anew.

use std::path::{Path, PathBuf};

use hunktrace_indexer::run::index_update::{IndexPace, IndexRequest, update_index};
use tempfile::TempDir;

use crate::git_repository::GitRepository;

/// A folder with a repository and its index.
pub struct SmallIndex {
    folder: TempDir,
    repository: GitRepository,
}

impl SmallIndex {
    /// The index.
    pub fn path(&self) -> PathBuf {
        index_in(self.folder.path())
    }

    /// The repository that is indexed.
    pub fn repository(&self) -> &GitRepository {
        &self.repository
    }
}

fn index_in(folder: &Path) -> PathBuf {
    folder.join("index")
}

/// Makes a repository of some commits, and indexes it.
///
/// # Panics
/// Where git or the disk fails.
pub fn small_index() -> SmallIndex {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let repository = GitRepository::init(folder.path().join("repository"));
    repository.import_history(40);
    repository.tag("v1.0");
    let request = IndexRequest {
        index: index_in(folder.path()),
        repositories: vec![repository.path().to_owned()],
        revisions: Vec::new(),
        pace: IndexPace::usual(1),
    };
    update_index(&request, &()).expect("an index");
    SmallIndex { folder, repository }
}

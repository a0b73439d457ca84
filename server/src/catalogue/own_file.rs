//! A commit's text in one file, before and after it alone.

use super::commit_name::CataloguedCommit;
use super::error::CatalogueError;
use super::line_owners::Owner;
use super::release_text::{FileChange, file_change, stored_path, text_with};
use super::store::{Catalogue, CataloguedRelease};

/// A commit's text in one file, before and after it alone.
pub(super) struct OwnFile {
    /// Its path in the release before: where the release moves it, a patch of one commit leaves it where it is.
    pub path: Vec<u8>,
    /// Its path in the release.
    pub path_after: Vec<u8>,
    pub before: Option<Vec<u8>>,
    /// None where the commit deletes the file.
    pub after: Option<Vec<u8>>,
    pub change: FileChange,
}

impl Catalogue {
    /// The files that a commit changes between a release and the one before.
    pub(super) fn own_files(
        &self,
        commit: &CataloguedCommit,
        release: &CataloguedRelease,
        before: Option<&CataloguedRelease>,
    ) -> Result<Vec<OwnFile>, CatalogueError> {
        let owner = Owner::Commit(commit.id);
        let mut files = Vec::new();
        for path in self.paths_of(commit.id, release.id)? {
            let change = file_change(&self.connection, before.map(|before| before.id), release.id, &path)?;
            let owns_some = change.owners.iter().flatten().any(|other| *other == owner);
            if !owns_some {
                continue;
            }
            let text = text_with(&change, |other| other == owner);
            // The file is gone only where nothing is left of it.
            let after = (change.after.is_some() || !text.is_empty()).then_some(text);
            let path_before = change.moved_from.clone().unwrap_or_else(|| path.clone());
            files.push(OwnFile {
                path: path_before,
                path_after: path,
                before: change.before.clone(),
                after,
                change,
            });
        }
        Ok(files)
    }

    fn paths_of(&self, commit: i64, release: i64) -> Result<Vec<Vec<u8>>, CatalogueError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT DISTINCT path.path FROM commit_difference AS has \
             JOIN release_file ON release_file.difference = has.difference \
             JOIN difference ON difference.id = has.difference JOIN path ON path.id = difference.path \
             WHERE has.\"commit\" = ?1 AND release_file.release = ?2 ORDER BY path.path",
        )?;
        let mut rows = statement.query((commit, release))?;
        let mut paths = Vec::new();
        while let Some(row) = rows.next()? {
            paths.extend(stored_path(row.get_ref(0)?));
        }
        Ok(paths)
    }
}

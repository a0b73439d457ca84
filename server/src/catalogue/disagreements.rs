//! Where a vendor's changelog and its code do not agree.

use super::commit_name::{COMMIT_COLUMNS, CataloguedCommit, commit_row};
use super::error::CatalogueError;
use super::store::{Catalogue, CataloguedRelease};

/// What the changelog of a release and its code do not have in common.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Disagreements {
    /// Entries of the changelog.
    pub entries: u64,
    /// Those with a commit.
    pub matched: u64,
    /// Entries of which no commit of the release is known.
    pub only_said: Vec<String>,
    /// Commits that arrived with the release and have no entry in it.
    pub only_done: Vec<CataloguedCommit>,
}

impl Catalogue {
    /// Holds the changelog of a release against its code.
    ///
    /// # Errors
    /// Where the release has no changelog, or the file cannot be read.
    pub fn disagreements(&self, release: &CataloguedRelease) -> Result<Disagreements, CatalogueError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT text, EXISTS (SELECT 1 FROM changelog_commit WHERE entry = changelog_entry.id) FROM changelog_entry \
             WHERE release = ?1 ORDER BY number",
        )?;
        let rows = statement.query_map([release.id], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let entries: Vec<(String, bool)> = rows.collect::<Result<_, _>>()?;
        if entries.is_empty() {
            return Err(CatalogueError::Nothing(format!(
                "{} was added without a changelog; add it again with --changelog to another catalogue",
                release.name
            )));
        }
        let before = self.release_before(release)?.map_or(0, |before| before.id);
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT {COMMIT_COLUMNS} FROM release_commit JOIN commit_state ON commit_state.id = release_commit.state \
             JOIN upstream_commit ON upstream_commit.id = commit_state.\"commit\" \
             WHERE release_commit.release = ?1 AND NOT EXISTS ( \
                SELECT 1 FROM commit_state AS other JOIN release_commit AS has ON has.state = other.id \
                WHERE other.\"commit\" = upstream_commit.id AND has.release = ?2) \
             AND NOT EXISTS ( \
                SELECT 1 FROM changelog_commit JOIN changelog_entry ON changelog_entry.id = changelog_commit.entry \
                WHERE changelog_commit.\"commit\" = upstream_commit.id AND changelog_entry.release = ?1) \
             ORDER BY release_commit.place"
        ))?;
        let rows = statement.query_map((release.id, before), commit_row)?;
        Ok(Disagreements {
            entries: entries.len() as u64,
            matched: entries.iter().filter(|(_, is_matched)| *is_matched).count() as u64,
            only_said: entries
                .into_iter()
                .filter(|(_, is_matched)| !is_matched)
                .map(|(text, _)| text)
                .collect(),
            only_done: rows.collect::<Result<_, _>>()?,
        })
    }
}

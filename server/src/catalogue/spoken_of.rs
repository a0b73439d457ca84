//! Of which commits later commits or a changelog speak: of most they do not, and a question to the file for each of thousands of
//! commits takes longer than all the others.

use std::collections::HashSet;

use super::commit_name::CataloguedCommit;
use super::error::CatalogueError;
use super::later_commits::FEWEST_NAMED_DIGITS;
use super::store::Catalogue;

/// The commits of which later commits or a changelog speak.
pub(super) struct SpokenOf {
    /// Those that later commits of the index name.
    later: HashSet<i64>,
    /// The first digits of ids that messages name.
    named: HashSet<String>,
    /// Those that have entries.
    entries: HashSet<i64>,
}

impl SpokenOf {
    /// Whether a later commit may name it.
    pub fn names_later_than(&self, commit: &CataloguedCommit) -> bool {
        let is_named =
            commit.sha.get(..FEWEST_NAMED_DIGITS).is_some_and(|digits| self.named.contains(digits));
        is_named || self.later.contains(&commit.id)
    }

    /// Whether the vendor's changelog has entries about it.
    pub fn has_entries(&self, commit: &CataloguedCommit) -> bool {
        self.entries.contains(&commit.id)
    }
}

impl Catalogue {
    /// The commits of which later commits or a changelog speak.
    pub(super) fn commits_spoken_of(&self) -> Result<SpokenOf, CatalogueError> {
        let rows = |sql: &str| -> Result<HashSet<i64>, CatalogueError> {
            let mut statement = self.connection.prepare_cached(sql)?;
            let rows = statement.query_map([], |row| row.get(0))?;
            Ok(rows.collect::<Result<_, _>>()?)
        };
        let mut named = self.connection.prepare_cached(
            "SELECT DISTINCT substr(named, 1, ?1) FROM commit_names WHERE relation IN ('fixes', 'reverts')",
        )?;
        let named = named.query_map([FEWEST_NAMED_DIGITS as i64], |row| row.get(0))?;
        Ok(SpokenOf {
            later: rows("SELECT DISTINCT \"commit\" FROM later_commit")?,
            named: named.collect::<Result<_, _>>()?,
            entries: rows("SELECT DISTINCT \"commit\" FROM changelog_commit")?,
        })
    }
}

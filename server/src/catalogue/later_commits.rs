//! The commits that repair another one or take it back: those that some release has, and those of the index that none has.

use rusqlite::Connection;

use super::commit_name::CataloguedCommit;
use super::error::{AddError, CatalogueError};
use super::store::Catalogue;

/// A commit that repairs another one or takes it back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaterCommit {
    /// Its id.
    pub sha: String,
    /// Its subject.
    pub subject: String,
    /// `fixes` or `reverts`.
    pub relation: String,
    /// The first release of the catalogue that has it.
    pub since: Option<String>,
    /// The first tag of upstream that contains it, where that is known.
    pub first_release: Option<String>,
}

/// What a later commit does to the one that it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Later {
    /// It repairs it.
    Fixes,
    /// It takes it back.
    Reverts,
}

impl Later {
    /// How it is called in every form of output.
    pub fn name(self) -> &'static str {
        match self {
            Later::Fixes => "fixes",
            Later::Reverts => "reverts",
        }
    }
}

/// A later commit, as the index knows it when a release is added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewLater {
    /// What it does.
    pub relation: Later,
    /// Its id.
    pub sha: String,
    /// Its subject.
    pub subject: String,
    /// The first tag that contains it.
    pub first_release: Option<String>,
}

/// Writes down what the index knows of the later commits of one, in place of what was known.
pub(super) fn set_later(connection: &Connection, commit: i64, later: &[NewLater]) -> Result<(), AddError> {
    connection.prepare_cached("DELETE FROM later_commit WHERE \"commit\" = ?1")?.execute([commit])?;
    for (number, later) in (0i64..).zip(later) {
        let mut insert = connection.prepare_cached(
            "INSERT INTO later_commit (\"commit\", number, relation, sha, subject, first_release) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?;
        insert.execute((
            commit,
            number,
            later.relation.name(),
            &later.sha,
            &later.subject,
            &later.first_release,
        ))?;
    }
    Ok(())
}

/// Messages abbreviate; no id that they name is shorter.
pub(super) const FEWEST_NAMED_DIGITS: usize = 7;

/// The first release that has a commit of `upstream_commit`.
const FIRST_WITH_IT: &str = "(SELECT release.name FROM commit_state JOIN release_commit ON release_commit.state = commit_state.id \
    JOIN release ON release.id = release_commit.release WHERE commit_state.\"commit\" = upstream_commit.id \
    ORDER BY release.place LIMIT 1)";

impl Catalogue {
    /// The commits that repair a commit or take it back: those that the index names, and further ones of the catalogue whose
    /// messages say so.
    pub(super) fn later_commits(
        &self,
        commit: &CataloguedCommit,
    ) -> Result<Vec<LaterCommit>, CatalogueError> {
        let mut later = self.named_by_index(commit.id)?;
        for other in self.named_by_messages(&commit.sha)? {
            if !later.iter().any(|known| known.sha == other.sha) {
                later.push(other);
            }
        }
        Ok(later)
    }

    fn named_by_index(&self, commit: i64) -> Result<Vec<LaterCommit>, CatalogueError> {
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT later_commit.sha, later_commit.subject, later_commit.relation, {FIRST_WITH_IT}, later_commit.first_release \
             FROM later_commit LEFT JOIN upstream_commit ON upstream_commit.sha = later_commit.sha \
             WHERE later_commit.\"commit\" = ?1 ORDER BY later_commit.number"
        ))?;
        let rows = statement.query_map([commit], later_row)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn named_by_messages(&self, sha: &str) -> Result<Vec<LaterCommit>, CatalogueError> {
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT upstream_commit.sha, upstream_commit.subject, commit_names.relation, {FIRST_WITH_IT}, \
                upstream_commit.first_release \
             FROM commit_names JOIN upstream_commit ON upstream_commit.id = commit_names.\"commit\" \
             WHERE commit_names.named >= substr(?1, 1, {FEWEST_NAMED_DIGITS}) AND commit_names.named <= ?1 AND substr(?1, 1, length(named)) = named \
             AND commit_names.relation IN ('fixes', 'reverts') ORDER BY upstream_commit.author_date, upstream_commit.sha"
        ))?;
        let rows = statement.query_map([sha], later_row)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

fn later_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<LaterCommit> {
    Ok(LaterCommit {
        sha: row.get(0)?,
        subject: row.get(1)?,
        relation: row.get(2)?,
        since: row.get(3)?,
        first_release: row.get(4)?,
    })
}

#[cfg(test)]
mod tests {
    use super::super::commit_name::find_commit;
    use super::super::test_catalogue::{TestRelease, catalogue};
    use super::*;

    fn later(sha: &str, relation: Later) -> NewLater {
        NewLater {
            relation,
            sha: format!("{sha:0<40}"),
            subject: format!("about {sha}"),
            first_release: Some("v3.0".to_owned()),
        }
    }

    #[test]
    fn later_commits_are_told_whether_a_release_has_them_or_not() {
        let (base, one, two) = ("int a;\n", "int b;\n", "int b;\nint c;\n");
        let (_folder, catalogue) = catalogue(
            &[("net/x.c", base)],
            &[
                TestRelease::new("r-1", &[("net/x.c", one, &[(1, "a1")])]),
                TestRelease::new("r-2", &[("net/x.c", two, &[(1, "a1"), (2, "b2")])]),
            ],
        );
        let commit = find_commit(&catalogue.connection, "a100").expect("read").expect("a commit");
        let told = |later: &[NewLater]| {
            set_later(&catalogue.connection, commit.id, later).expect("stored");
            let told = catalogue.later_commits(&commit).expect("told");
            told.into_iter()
                .map(|later| (later.sha[..2].to_owned(), later.relation, later.since))
                .collect::<Vec<_>>()
        };

        let both = [later("c3", Later::Fixes), later("b2", Later::Reverts)];
        let fixes = ("c3".to_owned(), "fixes".to_owned(), None);
        let reverts = ("b2".to_owned(), "reverts".to_owned(), Some("r-2".to_owned()));
        assert_eq!(told(&both), [fixes, reverts.clone()]);
        assert_eq!(told(&both[1..]), [reverts], "a later index takes the place of the one before");
    }
}

//! The commits that a release has beyond its base.

use super::commit_name::{COMMIT_COLUMNS, CataloguedCommit, commit_row};
use super::error::CatalogueError;
use super::store::{Catalogue, CataloguedRelease};

/// A commit, and how a release has it.
#[derive(Clone, Debug, PartialEq)]
pub struct CommitInRelease {
    /// The commit.
    pub commit: CataloguedCommit,
    /// `complete`, `partial` or `implied`.
    pub status: String,
    /// Probability that the release has it.
    pub confidence: f64,
    /// Changed lines that come from it.
    pub lines: u64,
    /// Its hunks that are there.
    pub hunks: u32,
    /// How many of its hunks are not.
    pub missing: u32,
    /// The weakest match of its lines.
    pub match_kind: String,
    /// What superseded it.
    pub superseded_by: Option<String>,
    /// Whether the vendor's release before lacks it.
    pub is_new: bool,
}

impl Catalogue {
    /// The commits that a release has beyond its base, in upstream's order.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn release_commits(
        &self,
        release: &CataloguedRelease,
    ) -> Result<Vec<CommitInRelease>, CatalogueError> {
        let before = self.release_before(release)?.map_or(0, |before| before.id);
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT {COMMIT_COLUMNS}, commit_state.status, commit_state.permille, commit_state.lines, commit_state.hunks, \
                commit_state.missing, match_kind.name, commit_state.superseded_by, \
                upstream_commit.id NOT IN ( \
                    SELECT state.\"commit\" FROM release_commit AS has JOIN commit_state AS state ON state.id = has.state \
                    WHERE has.release = ?2) \
             FROM release_commit JOIN commit_state ON commit_state.id = release_commit.state \
             JOIN upstream_commit ON upstream_commit.id = commit_state.\"commit\" \
             JOIN match_kind ON match_kind.id = commit_state.match_kind \
             WHERE release_commit.release = ?1 ORDER BY release_commit.place"
        ))?;
        const FIRST: usize = 10;
        let rows = statement.query_map((release.id, before), |row| {
            let missing: String = row.get(FIRST + 4)?;
            Ok(CommitInRelease {
                commit: commit_row(row)?,
                status: row.get(FIRST)?,
                confidence: row.get::<_, i64>(FIRST + 1)? as f64 / 1000.0,
                lines: row.get::<_, i64>(FIRST + 2)?.unsigned_abs(),
                hunks: row.get(FIRST + 3)?,
                missing: u32::try_from(missing.lines().count()).unwrap_or(u32::MAX),
                match_kind: row.get(FIRST + 5)?,
                superseded_by: row.get(FIRST + 6)?,
                is_new: row.get(FIRST + 7)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_catalogue::{TestRelease, catalogue};

    #[test]
    fn commits_of_a_release_are_told_from_those_that_it_brings() {
        let base = [("a.c", "one\n")];
        let releases = [
            TestRelease::new("k-1.el8", &[("a.c", "one\ntwo\n", &[(2, "abc")])]),
            TestRelease::new("k-2.el8", &[("a.c", "one\ntwo\nthree\n", &[(2, "abc"), (3, "def")])]),
        ];
        let (_folder, catalogue) = catalogue(&base, &releases);
        let commits = |name: &str| -> Vec<(String, bool)> {
            let release = catalogue.release(name).expect("a release");
            let commits = catalogue.release_commits(&release).expect("its commits");
            commits.into_iter().map(|commit| (commit.commit.subject, commit.is_new)).collect()
        };
        assert_eq!(commits("1.el8"), [("abc".to_owned(), true)]);
        assert_eq!(commits("2.el8"), [("abc".to_owned(), false), ("def".to_owned(), true)]);
    }
}

//! Which commits of a catalogue a name stands for, and what it knows of a commit.

use rusqlite::{Connection, OptionalExtension, Row};

use super::error::CatalogueError;

/// The fewest digits of an abbreviated id.
const FEWEST_DIGITS: usize = 4;

/// Commits that a message names where an id is ambiguous.
const COMMITS_IN_MESSAGE: i64 = 5;

/// What a catalogue knows of a commit, whatever release has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CataloguedCommit {
    pub(super) id: i64,
    /// Its id, 40 hexadecimal digits.
    pub sha: String,
    /// Its subject.
    pub subject: String,
    /// `Name <address>`.
    pub author: String,
    /// When it was written: RFC 3339.
    pub author_date: String,
    /// The first tag that contains it.
    pub first_release: Option<String>,
    /// The part of the kernel that most of its lines belong to, by `MAINTAINERS`.
    pub subsystem: Option<String>,
    /// `fix`, `revert` or `change`.
    pub purpose: String,
    /// Whether it asks to be taken into stable trees.
    pub cc_stable: bool,
    /// Whether syzbot reported what it repairs.
    pub syzbot: bool,
}

/// The columns that [`commit_row`] reads.
pub(super) const COMMIT_COLUMNS: &str = "upstream_commit.id, upstream_commit.sha, upstream_commit.subject, \
    upstream_commit.author, upstream_commit.author_date, upstream_commit.first_release, upstream_commit.subsystem, \
    upstream_commit.purpose, upstream_commit.cc_stable, upstream_commit.syzbot";

/// A commit from a row that begins with [`COMMIT_COLUMNS`].
pub(super) fn commit_row(row: &Row<'_>) -> rusqlite::Result<CataloguedCommit> {
    Ok(CataloguedCommit {
        id: row.get(0)?,
        sha: row.get(1)?,
        subject: row.get(2)?,
        author: row.get(3)?,
        author_date: row.get(4)?,
        first_release: row.get(5)?,
        subsystem: row.get(6)?,
        purpose: row.get(7)?,
        cc_stable: row.get(8)?,
        syzbot: row.get(9)?,
    })
}

/// Whether a text may be a commit id or the beginning of one.
pub(super) fn is_commit_name(name: &str) -> bool {
    (FEWEST_DIGITS..=40).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The commit of an id, or of the beginning of one; a carrier's id stands for its origin.
///
/// # Errors
/// Where it stands for several commits, or the file cannot be read.
pub(super) fn find_commit(
    connection: &Connection,
    name: &str,
) -> Result<Option<CataloguedCommit>, CatalogueError> {
    if !is_commit_name(name) {
        return Ok(None);
    }
    let name = name.to_lowercase();
    // Ids are hexadecimal digits, so every id that begins with the name comes before `g`.
    let end = format!("{name}g");
    for (table, key) in [("upstream_commit", "upstream_commit.id"), ("carrier", "carrier.\"commit\"")] {
        let mut statement = connection.prepare_cached(&format!(
            "SELECT DISTINCT {key} FROM {table} WHERE {table}.sha >= ?1 AND {table}.sha < ?2 LIMIT {COMMITS_IN_MESSAGE}"
        ))?;
        let found: Vec<i64> =
            statement.query_map((&name, &end), |row| row.get(0))?.collect::<Result<_, _>>()?;
        match found[..] {
            [] => {}
            [one] => return commit_by_row(connection, one),
            _ => {
                let commits = found
                    .into_iter()
                    .map(|row| Ok(commit_by_row(connection, row)?.map(|commit| commit.sha)))
                    .collect::<Result<Vec<_>, CatalogueError>>()?;
                let found = commits.into_iter().flatten().collect::<Vec<_>>().join(", ");
                return Err(CatalogueError::ManyCommits { name, found });
            }
        }
    }
    Ok(None)
}

/// The commit of a row.
pub(super) fn commit_by_row(
    connection: &Connection,
    row: i64,
) -> Result<Option<CataloguedCommit>, CatalogueError> {
    let mut statement =
        connection.prepare_cached(&format!("SELECT {COMMIT_COLUMNS} FROM upstream_commit WHERE id = ?1"))?;
    Ok(statement.query_row([row], commit_row).optional()?)
}

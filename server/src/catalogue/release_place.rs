//! Where a release stands, and the rows and values that everything which is written of it refers to.

use std::collections::HashMap;

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::error::{AddError, CatalogueError};
use super::new_release::NewRelease;
use crate::hunks::comparison::MatchKind;

/// Where a release stands in the vendor's order.
pub(super) struct ReleasePlace {
    /// Its row.
    pub release: i64,
    /// The vendor's row.
    pub vendor: i64,
    /// Its place, from 1.
    pub place: i64,
    /// The row of the release before.
    pub before: Option<i64>,
    /// Whether no other release was taken apart with its index, or none told what the index knows of later commits.
    pub has_new_index: bool,
}

impl ReleasePlace {
    /// Adds a release behind the vendor's last one.
    pub fn after_last(connection: &Transaction<'_>, release: &NewRelease) -> Result<ReleasePlace, AddError> {
        connection.execute("INSERT OR IGNORE INTO vendor (name) VALUES (?1)", [&release.vendor])?;
        let vendor: i64 =
            connection
                .query_row("SELECT id FROM vendor WHERE name = ?1", [&release.vendor], |row| row.get(0))?;
        let last: Option<(i64, i64)> = connection
            .query_row(
                "SELECT id, place FROM release WHERE vendor = ?1 ORDER BY place DESC LIMIT 1",
                [vendor],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .optional()?;
        let place = last.map_or(1, |(_, place)| place + 1);
        connection.execute(
            "INSERT INTO release (vendor, name, place, version_release, released_on, base_name, base_revision, source, \
             checksum, index_digest, index_generation, program, notes) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
            params![
                vendor,
                release.name,
                place,
                release.version_release,
                release.released_on,
                release.base_name,
                release.base_revision,
                release.source,
                release.checksum,
                release.index_digest,
                release.index_generation as i64,
                release.program,
                release.notes.join("\n")
            ],
        )?;
        let before = last.map(|(before, _)| before);
        let release_row = connection.last_insert_rowid();
        let has_new_index = connection.query_row(
            "SELECT NOT EXISTS (SELECT 1 FROM release WHERE index_digest = ?1 AND id != ?2) OR NOT EXISTS (SELECT 1 FROM later_commit)",
            params![release.index_digest, release_row],
            |row| row.get(0),
        )?;
        Ok(ReleasePlace { release: release_row, vendor, place, before, has_new_index })
    }
}

/// The rows of the kinds of matches.
pub(super) struct MatchKinds(HashMap<&'static str, i64>);

impl MatchKinds {
    /// Adds those that are not there yet.
    pub fn of(connection: &Connection) -> Result<MatchKinds, AddError> {
        let mut rows = HashMap::new();
        for name in MatchKind::ALL.map(MatchKind::name) {
            connection.execute("INSERT OR IGNORE INTO match_kind (name) VALUES (?1)", [name])?;
            let row = connection
                .query_row("SELECT id FROM match_kind WHERE name = ?1", [name], |row| row.get(0))?;
            rows.insert(name, row);
        }
        Ok(MatchKinds(rows))
    }

    /// The row of a kind.
    pub fn row(&self, kind: MatchKind) -> i64 {
        self.0[kind.name()]
    }
}

/// A probability in thousandths.
pub(super) fn permille(probability: f64) -> i64 {
    (probability * 1000.0).round() as i64
}

/// A path as it is stored: text, or bytes where it is no UTF-8.
pub(super) fn path_value(path: &[u8]) -> Value {
    match std::str::from_utf8(path) {
        Ok(text) => Value::Text(text.to_owned()),
        Err(_) => Value::Blob(path.to_vec()),
    }
}

/// The row of a path, if some release has it.
pub(super) fn path_row(connection: &Connection, path: &[u8]) -> Result<Option<i64>, CatalogueError> {
    let mut statement = connection.prepare_cached("SELECT id FROM path WHERE path = ?1")?;
    Ok(statement.query_row([path_value(path)], |row| row.get(0)).optional()?)
}

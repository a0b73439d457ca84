//! The files whose text differs between two releases.

use std::collections::HashSet;

use rusqlite::Connection;

use super::error::CatalogueError;
use super::release_text::{RELEASE_FILE_COLUMNS, ReleaseFile, stored_path};
use super::store::CataloguedRelease;

/// Which lines are asked for.
pub(super) struct AskedPlaces<'a> {
    /// Those of this file, or of the files below this folder.
    pub path: Option<&'a str>,
    /// Those of this function.
    pub function: Option<&'a str>,
    /// Those of files in which one of these functions changes, where there are any.
    pub touching: Vec<&'a str>,
}

/// A file whose text differs between two releases.
#[derive(Debug)]
pub(super) struct ChangedFile {
    /// Its path.
    pub path: Vec<u8>,
    /// What the earlier release has of that path; none where it is as in the base.
    pub old: Option<ReleaseFile>,
    /// What the later one has.
    pub new: Option<ReleaseFile>,
}

/// The files that are asked for and whose text differs between two releases, by path.
pub(super) fn changed_files(
    connection: &Connection,
    from: &CataloguedRelease,
    to: &CataloguedRelease,
    asked: &AskedPlaces<'_>,
) -> Result<Vec<ChangedFile>, CatalogueError> {
    let mut files = differing_files(connection, from, to)?;
    if let Some(folder) = asked.path {
        files.retain(|file| is_at_or_below(&file.path, folder.as_bytes()));
    }
    if !asked.touching.is_empty() {
        let with_function = paths_with(connection, &asked.touching, from, to)?;
        files.retain(|file| with_function.contains(&file.path));
    }
    Ok(files)
}

fn differing_files(
    connection: &Connection,
    from: &CataloguedRelease,
    to: &CataloguedRelease,
) -> Result<Vec<ChangedFile>, CatalogueError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {RELEASE_FILE_COLUMNS}, path.path, file.in_from FROM ({}) AS file \
         JOIN difference ON difference.id = file.row JOIN path ON path.id = difference.path \
         LEFT JOIN path AS moved ON moved.id = difference.moved_from ORDER BY path.path",
        in_one_alone("file_span", "difference")
    ))?;
    let mut rows = statement.query((from.vendor_id, from.place, to.vendor_id, to.place))?;
    let mut files: Vec<ChangedFile> = Vec::new();
    while let Some(row) = rows.next()? {
        let Some(path) = stored_path(row.get_ref(4)?) else { continue };
        if files.last().is_none_or(|last| last.path != path) {
            files.push(ChangedFile { path, old: None, new: None });
        }
        let Some(file) = files.last_mut() else { continue };
        let side = if row.get(5)? { &mut file.old } else { &mut file.new };
        *side = Some(ReleaseFile::of_row(row)?);
    }
    // A file that only one of them has among its differences is as in the base in the other one.
    files.retain(|file| match (&file.old, &file.new) {
        (Some(old), Some(new)) => !old.has_text_of(new),
        _ => true,
    });
    Ok(files)
}

/// The files in which one of two releases changes one of some functions.
fn paths_with(
    connection: &Connection,
    functions: &[&str],
    from: &CataloguedRelease,
    to: &CataloguedRelease,
) -> Result<HashSet<Vec<u8>>, CatalogueError> {
    let mut paths = HashSet::new();
    for function in functions {
        let mut statement = connection.prepare_cached(
            "SELECT DISTINCT path.path FROM function \
             JOIN function_difference ON function_difference.function = function.id \
             JOIN release_file ON release_file.difference = function_difference.difference \
             JOIN difference ON difference.id = function_difference.difference JOIN path ON path.id = difference.path \
             WHERE function.name = ?1 AND release_file.release IN (?2, ?3)",
        )?;
        let mut rows = statement.query((function, from.id, to.id))?;
        while let Some(row) = rows.next()? {
            paths.extend(stored_path(row.get_ref(0)?));
        }
    }
    Ok(paths)
}

/// The rows of a column that one of two releases has and the other has not, with `in_from` and `in_to`, from the table of the
/// stretches that have them. The vendor and place of the releases are the parameters 1 to 4.
pub(super) fn in_one_alone(spans: &str, column: &str) -> String {
    let is_in = |vendor: &str, place: &str| {
        format!("max(vendor = {vendor} AND first <= {place} AND ifnull(until > {place}, 1))")
    };
    // Between releases of one vendor only those differ whose stretch begins or ends between them, and of what has such a stretch
    // no other one contains either release.
    format!(
        "SELECT {column} AS row, {} AS in_from, {} AS in_to FROM {spans} WHERE vendor IN (?1, ?3) \
            AND (?1 != ?3 OR (first > min(?2, ?4) AND first <= max(?2, ?4)) OR (until > min(?2, ?4) AND until <= max(?2, ?4))) \
         GROUP BY {column} HAVING in_from != in_to",
        is_in("?1", "?2"),
        is_in("?3", "?4")
    )
}

fn is_at_or_below(path: &[u8], asked: &[u8]) -> bool {
    let asked = asked.strip_suffix(b"/").unwrap_or(asked);
    path.strip_prefix(asked).is_some_and(|rest| rest.is_empty() || rest[0] == b'/')
}

//! The lines that differ between two releases, by their owners, files and functions.

use std::collections::HashMap;
use std::path::Path;

use bstr::BString;
use rayon::prelude::*;
use rusqlite::{Connection, OptionalExtension};

use super::changed_files::ChangedFile;
use super::error::CatalogueError;
use super::form_changes::form_change;
use super::functions::Functions;
use super::line_owners::Owner;
use super::owner_lines::{OwnerLines, lines_of, summed};
use super::release_text::change_between;
use super::store::Catalogue;

/// The fewest files that are worth a connection of their own.
const FILES_PER_CONNECTION: usize = 64;

/// Lines that changed in a function, or outside of functions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangedPlace {
    /// The file.
    pub path: BString,
    /// The function.
    pub function: Option<String>,
    /// Added lines.
    pub added: u64,
    /// Removed lines.
    pub removed: u64,
}

/// The lines that changed of each owner, by path and function.
pub(super) type Places = HashMap<Owner, Vec<ChangedPlace>>;

/// The lines of each owner that differ in some files of a catalogue's file between two releases, in one function or in all.
/// `from` is the row of the earlier release.
pub(super) fn changed_places(
    catalogue: &Path,
    from: i64,
    files: Vec<ChangedFile>,
    only: Option<&str>,
) -> Result<Places, CatalogueError> {
    // A connection serves one thread.
    let open = || {
        let catalogue = Catalogue::open(catalogue)?;
        catalogue.connection.execute_batch("BEGIN")?;
        Ok(catalogue)
    };
    let of_each: Vec<Result<Vec<(Owner, ChangedPlace)>, CatalogueError>> = files
        .into_par_iter()
        .with_min_len(FILES_PER_CONNECTION)
        .map_init(open, |catalogue: &mut Result<Catalogue, CatalogueError>, file| match catalogue {
            Ok(catalogue) => places_in(&catalogue.connection, from, file, only),
            Err(error) => Err(CatalogueError::Nothing(error.to_string())),
        })
        .collect();
    let mut places = Places::new();
    for of_file in of_each {
        for (owner, place) in of_file? {
            places.entry(owner).or_default().push(place);
        }
    }
    for of_owner in places.values_mut() {
        of_owner.sort_by(|a, b| (&a.path, &a.function).cmp(&(&b.path, &b.function)));
    }
    Ok(places)
}

/// The lines of each owner that differ in a file between two releases, in one function or in all.
fn places_in(
    connection: &Connection,
    from: i64,
    file: ChangedFile,
    only: Option<&str>,
) -> Result<Vec<(Owner, ChangedPlace)>, CatalogueError> {
    let stored = match (&file.old, &file.new) {
        (Some(old), Some(new)) => form_change(connection, old.difference(), new.difference())?,
        // Nothing is said of the lines of some files, such as links.
        _ => file
            .new_since_base()
            .map(|difference| stored_lines(connection, difference))
            .transpose()?
            .filter(|lines| !lines.is_empty()),
    };
    let ChangedFile { path, old, new } = file;
    let path = BString::from(path);
    let place = |function: Option<String>, added, removed| ChangedPlace {
        path: path.clone(),
        function,
        added,
        removed,
    };
    if let Some(stored) = stored {
        let mut places = Vec::with_capacity(stored.len());
        for OwnerLines { owner, function, added, removed } in stored {
            let function =
                function.map(|function| function_name(connection, function)).transpose()?.flatten();
            if only.is_none_or(|only| function.as_deref() == Some(only)) {
                places.push((owner, place(function, added, removed)));
            }
        }
        return Ok(places);
    }
    let change = change_between(connection, Some(from), old, new)?;
    let old = Functions::of(change.before.as_deref().unwrap_or_default());
    let new = Functions::of(change.after.as_deref().unwrap_or_default());
    let lines = lines_of(&change.hunks, &change.owners, &old, &new).into_iter();
    let lines = lines.filter(|lines| only.is_none_or(|only| lines.function == Some(only)));
    Ok(lines
        .map(|OwnerLines { owner, function, added, removed }| {
            (owner, place(function.map(str::to_owned), added, removed))
        })
        .collect())
}

/// The lines that a release has changed of the base's file, as they are stored, with the rows of functions.
fn stored_lines(
    connection: &Connection,
    difference: i64,
) -> Result<Vec<OwnerLines<Option<i64>>>, CatalogueError> {
    let mut statement = connection
        .prepare_cached("SELECT side, lines, \"commit\", function FROM run WHERE difference = ?1")?;
    let mut rows = statement.query([difference])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        let (is_added, lines): (bool, i64) = (row.get(0)?, row.get(1)?);
        let owner = row.get::<_, Option<i64>>(2)?.map_or(Owner::Vendor, Owner::Commit);
        let (added, removed) = if is_added { (lines, 0) } else { (0, lines) };
        all.push(OwnerLines {
            owner,
            function: row.get(3)?,
            added: added.unsigned_abs(),
            removed: removed.unsigned_abs(),
        });
    }
    Ok(summed(all))
}

fn function_name(connection: &Connection, row: i64) -> Result<Option<String>, CatalogueError> {
    let mut statement = connection.prepare_cached("SELECT name FROM function WHERE id = ?1")?;
    Ok(statement.query_row([row], |row| row.get(0)).optional()?)
}

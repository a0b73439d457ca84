//! The files whose text differs between two releases.

use std::collections::HashSet;

use rayon::prelude::*;
use rusqlite::Connection;
use rustc_hash::FxHashMap;

use super::error::CatalogueError;
use super::readers::Readers;
use super::release_spans::{in_one_alone, rows_in_one_alone};
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
    /// Its path; in the later release, where the earlier one has it elsewhere.
    pub path: Vec<u8>,
    /// Its path in the earlier release, where that has changed it at another one.
    pub path_before: Option<Vec<u8>>,
    /// What the earlier release has of it; none where it is as in the base.
    pub old: Option<ReleaseFile>,
    /// What the later one has.
    pub new: Option<ReleaseFile>,
}

impl ChangedFile {
    /// Its paths in the two releases.
    fn paths(&self) -> impl Iterator<Item = &[u8]> {
        self.path_before.iter().chain([&self.path]).map(Vec::as_slice)
    }
}

/// The files that are asked for and whose text differs between two releases, by path.
pub(super) fn changed_files(
    readers: &Readers,
    from: &CataloguedRelease,
    to: &CataloguedRelease,
    asked: &AskedPlaces<'_>,
) -> Result<Vec<ChangedFile>, CatalogueError> {
    let mut files = differing_files(readers, from, to)?;
    if let Some(folder) = asked.path {
        files.retain(|file| file.paths().any(|path| is_at_or_below(path, folder.as_bytes())));
    }
    if !asked.touching.is_empty() {
        let with_function = readers.with(|connection| paths_with(connection, &asked.touching, from, to))?;
        files.retain(|file| file.paths().any(|path| with_function.contains(path)));
    }
    Ok(files)
}

fn differing_files(
    readers: &Readers,
    from: &CataloguedRelease,
    to: &CataloguedRelease,
) -> Result<Vec<ChangedFile>, CatalogueError> {
    let sql = format!(
        "SELECT {RELEASE_FILE_COLUMNS}, path.path, file.in_from FROM ({}) AS file \
         JOIN difference ON difference.id = file.row JOIN path ON path.id = difference.path \
         LEFT JOIN path AS moved ON moved.id = difference.moved_from",
        in_one_alone("file_span", "difference", from, to)
    );
    let found = rows_in_one_alone(readers, "difference", (from, to), &sql, |row| {
        let Some(path) = stored_path(row.get_ref(4)?) else { return Ok(None) };
        Ok(Some((path, row.get::<_, bool>(5)?, ReleaseFile::of_row(row)?)))
    })?;
    let mut found: Vec<(Vec<u8>, bool, ReleaseFile)> = found.into_iter().flatten().collect();
    found.par_sort_by(|(a, ..), (b, ..)| a.cmp(b));
    let mut files: Vec<ChangedFile> = Vec::with_capacity(found.len());
    for (path, is_before, file) in found {
        if files.last().is_none_or(|last| last.path != path) {
            files.push(ChangedFile { path, path_before: None, old: None, new: None });
        }
        let Some(changed) = files.last_mut() else { continue };
        let side = if is_before { &mut changed.old } else { &mut changed.new };
        *side = Some(file);
    }
    join_moved(&mut files);
    // A file that only one of them has among its differences is as in the base in the other one.
    files.retain(|file| match (&file.old, &file.new) {
        (Some(old), Some(new)) => !old.has_text_of(new),
        _ => true,
    });
    Ok(files)
}

/// Makes one file of what the two releases have under different paths because one of them has moved it; it has the later one's path.
fn join_moved(files: &mut Vec<ChangedFile>) {
    let is_moved = |file: &ReleaseFile| file.moved_from.is_some();
    if !files.iter().any(|file| file.old.iter().chain(&file.new).any(is_moved)) {
        return;
    }
    let of_base = |file: &ReleaseFile, path: &[u8]| file.moved_from.clone().unwrap_or_else(|| path.to_vec());
    let left: FxHashMap<Vec<u8>, usize> = files
        .iter()
        .zip(0..)
        .filter_map(|(file, at)| match (&file.old, &file.new) {
            (Some(old), None) if old.is_of_both() => Some((of_base(old, &file.path), at)),
            _ => None,
        })
        .collect();
    for at in 0..files.len() {
        let file = &files[at];
        let (None, Some(new)) = (&file.old, &file.new) else { continue };
        if new.is_of_both()
            && let Some(before) = left.get(&of_base(new, &file.path))
        {
            let (old, path) = (files[*before].old.take(), std::mem::take(&mut files[*before].path));
            (files[at].old, files[at].path_before) = (old, Some(path));
        }
    }
    files.retain(|file| file.old.is_some() || file.new.is_some());
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

fn is_at_or_below(path: &[u8], asked: &[u8]) -> bool {
    let asked = asked.strip_suffix(b"/").unwrap_or(asked);
    path.strip_prefix(asked).is_some_and(|rest| rest.is_empty() || rest[0] == b'/')
}

//! The lines that differ between two releases, by their owners, files and functions.

use std::collections::{BTreeMap, HashMap, HashSet};

use bstr::BString;
use hunktrace_indexer::hunk::Sign;
use rayon::prelude::*;
use rusqlite::Connection;

use super::error::CatalogueError;
use super::functions::Functions;
use super::release_text::{Owner, file_change, stored_path};
use super::store::{Catalogue, CataloguedRelease};

/// The fewest files that are worth a connection of their own.
const FILES_PER_CONNECTION: usize = 64;

/// Which lines are asked for.
pub(super) struct AskedPlaces<'a> {
    /// Those of this file, or of the files below this folder.
    pub path: Option<&'a str>,
    /// Those of this function.
    pub function: Option<&'a str>,
    /// Those of files in which one of these functions changes, where there are any.
    pub touching: Vec<&'a str>,
}

/// The lines that changed of each owner, by path and function.
pub(super) type Places = HashMap<Owner, BTreeMap<(BString, Option<String>), (u64, u64)>>;

impl Catalogue {
    /// The lines of each owner that differ between two releases.
    pub(super) fn changed_places(
        &self,
        from: &CataloguedRelease,
        to: &CataloguedRelease,
        asked: &AskedPlaces<'_>,
    ) -> Result<Places, CatalogueError> {
        let mut paths = self.changed_paths(from, to)?;
        if let Some(folder) = asked.path {
            paths.retain(|path| is_at_or_below(path, folder.as_bytes()));
        }
        if !asked.touching.is_empty() {
            let with_function = self.paths_with(&asked.touching, from, to)?;
            paths.retain(|path| with_function.contains(path));
        }
        // A connection serves one thread.
        let file = self.path().to_owned();
        let of_each: Vec<Result<Places, CatalogueError>> = paths
            .par_iter()
            .with_min_len(FILES_PER_CONNECTION)
            .map_init(
                || {
                    let catalogue = Catalogue::open(&file)?;
                    catalogue.connection.execute_batch("BEGIN")?;
                    Ok(catalogue)
                },
                |catalogue: &mut Result<Catalogue, CatalogueError>, path| match catalogue {
                    Ok(catalogue) => places_in(&catalogue.connection, from.id, to.id, path, asked.function),
                    Err(error) => Err(CatalogueError::Nothing(error.to_string())),
                },
            )
            .collect();
        let mut places = Places::new();
        for of_file in of_each {
            for (owner, lines) in of_file? {
                places.entry(owner).or_default().extend(lines);
            }
        }
        Ok(places)
    }

    /// The files in which one of two releases changes one of some functions.
    fn paths_with(
        &self,
        functions: &[&str],
        from: &CataloguedRelease,
        to: &CataloguedRelease,
    ) -> Result<HashSet<Vec<u8>>, CatalogueError> {
        let mut paths = HashSet::new();
        for function in functions {
            let mut statement = self.connection.prepare_cached(
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

    /// The files whose text differs between two releases.
    fn changed_paths(
        &self,
        from: &CataloguedRelease,
        to: &CataloguedRelease,
    ) -> Result<Vec<Vec<u8>>, CatalogueError> {
        // A file that only one of them has among its differences is as in the base in the other one.
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT path.path, sum(CASE WHEN file.in_from THEN difference.vendor_content END), \
                sum(CASE WHEN file.in_to THEN difference.vendor_content END), count(*) \
             FROM ({}) AS file \
             JOIN difference ON difference.id = file.row JOIN path ON path.id = difference.path \
             GROUP BY path.path ORDER BY path.path",
            in_one_alone("file_span", "difference")
        ))?;
        let mut rows = statement.query((from.vendor_id, from.place, to.vendor_id, to.place))?;
        let mut paths = Vec::new();
        while let Some(row) = rows.next()? {
            let (old, new, count): (Option<i64>, Option<i64>, i64) = (row.get(1)?, row.get(2)?, row.get(3)?);
            if count == 1 || old != new {
                paths.extend(stored_path(row.get_ref(0)?));
            }
        }
        Ok(paths)
    }
}

/// The rows of a column that one of two releases has and the other has not, with `in_from` and `in_to`, from the table of the
/// stretches that have them. The vendor and place of the releases are the parameters 1 to 4.
pub(super) fn in_one_alone(spans: &str, column: &str) -> String {
    let is_in = |vendor: &str, place: &str| {
        format!(
            "EXISTS (SELECT 1 FROM {spans} AS span WHERE span.{column} = row AND span.vendor = {vendor} \
             AND span.first <= {place} AND ifnull(span.until > {place}, 1))"
        )
    };
    // Between releases of one vendor only those differ whose stretch begins or ends between them.
    format!(
        "SELECT row, {} AS in_from, {} AS in_to FROM (SELECT DISTINCT {column} AS row FROM {spans} WHERE vendor IN (?1, ?3) \
            AND (?1 != ?3 OR (first > min(?2, ?4) AND first <= max(?2, ?4)) OR (until > min(?2, ?4) AND until <= max(?2, ?4)))) \
         WHERE in_from != in_to",
        is_in("?1", "?2"),
        is_in("?3", "?4")
    )
}

/// The lines of each owner that differ in a file between two releases, in one function or in all.
fn places_in(
    connection: &Connection,
    from: i64,
    to: i64,
    path: &[u8],
    only: Option<&str>,
) -> Result<Places, CatalogueError> {
    let mut places = Places::new();
    let change = file_change(connection, Some(from), to, path)?;
    let old = Functions::of(change.before.as_deref().unwrap_or_default());
    let new = Functions::of(change.after.as_deref().unwrap_or_default());
    for (hunk, owners) in change.hunks.iter().zip(&change.owners) {
        let mut owners = owners.iter();
        let (mut old_line, mut new_line) = (hunk.old_start.max(1), hunk.new_start.max(1));
        for line in hunk.lines() {
            let (functions, number) =
                if line.sign == Sign::Added { (&new, new_line) } else { (&old, old_line) };
            old_line += u32::from(line.sign != Sign::Added);
            new_line += u32::from(line.sign != Sign::Removed);
            if !line.sign.is_change() {
                continue;
            }
            let Some(owner) = owners.next() else { break };
            let owner = match owner {
                Owner::TakenBack(commit) => Owner::Commit(*commit),
                owner => *owner,
            };
            let function = functions.cut(number, 1).first().and_then(|lines| lines.name);
            if only.is_some_and(|asked| Some(asked) != function) {
                continue;
            }
            let key = (BString::from(path), function.map(str::to_owned));
            let lines = places.entry(owner).or_default().entry(key).or_default();
            if line.sign == Sign::Added { lines.0 += 1 } else { lines.1 += 1 }
        }
    }
    Ok(places)
}

fn is_at_or_below(path: &[u8], asked: &[u8]) -> bool {
    let asked = asked.strip_suffix(b"/").unwrap_or(asked);
    path.strip_prefix(asked).is_some_and(|rest| rest.is_empty() || rest[0] == b'/')
}

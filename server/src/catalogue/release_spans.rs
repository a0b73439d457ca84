//! What one of two releases has and the other has not, by the stretches of releases that have it.

use rayon::prelude::*;
use rusqlite::{Connection, Row, params_from_iter};

use super::error::CatalogueError;
use super::readers::Readers;
use super::store::CataloguedRelease;

/// The rows of a column that one of two releases has and the other has not, with `in_from` and `in_to`, from the table of the
/// stretches that have them. [`rows_in_one_alone`] gives the parameters.
pub(super) fn in_one_alone(
    spans: &str,
    column: &str,
    from: &CataloguedRelease,
    to: &CataloguedRelease,
) -> String {
    let (vendors, is_asked, of_from, of_to) = match from.vendor_id == to.vendor_id {
        // Only those differ whose stretch begins or ends between them, and of what has such a stretch no other one contains
        // either release.
        true => ("vendor = ?1", "(first BETWEEN ?5 AND ?6 OR until BETWEEN ?5 AND ?6)", "", ""),
        false => ("vendor IN (?1, ?3)", "1", "vendor = ?1 AND ", "vendor = ?3 AND "),
    };
    let is_in =
        |vendor: &str, place: &str| format!("max({vendor}first <= {place} AND ifnull(until > {place}, 1))");
    format!(
        "SELECT {column} AS row, {} AS in_from, {} AS in_to FROM {spans} \
         WHERE {column} BETWEEN ?7 AND ?8 AND {vendors} AND {is_asked} GROUP BY {column} HAVING in_from != in_to",
        is_in(of_from, "?2"),
        is_in(of_to, "?4")
    )
}

/// What `read` makes of the rows of a question with [`in_one_alone`], by the rows of `table`, which its column refers to. Several
/// threads ask, each for a part of that table.
pub(super) fn rows_in_one_alone<T: Send>(
    readers: &Readers,
    table: &str,
    (from, to): (&CataloguedRelease, &CataloguedRelease),
    sql: &str,
    read: impl Fn(&Row<'_>) -> rusqlite::Result<T> + Sync,
) -> Result<Vec<T>, CatalogueError> {
    let last: i64 = readers.with(|connection| {
        let sql = format!("SELECT ifnull(max(id), 0) FROM {table}");
        Ok(connection.query_row(&sql, [], |row| row.get(0))?)
    })?;
    let (earlier, later) = (from.place.min(to.place), from.place.max(to.place));
    let places = [i64::from(earlier) + 1, i64::from(later)];
    let rows_of = |connection: &Connection, part: [i64; 2]| -> Result<Vec<T>, CatalogueError> {
        let releases = [from.vendor_id, from.place.into(), to.vendor_id, to.place.into()];
        let parameters = params_from_iter(releases.into_iter().chain(places).chain(part));
        let mut statement = connection.prepare_cached(sql)?;
        Ok(statement.query_map(parameters, &read)?.collect::<Result<_, _>>()?)
    };
    let parts = parts_of(last, rayon::current_num_threads());
    let found: Vec<Result<Vec<T>, CatalogueError>> =
        parts.into_par_iter().map(|part| readers.with(|connection| rows_of(connection, part))).collect();
    let found: Vec<Vec<T>> = found.into_iter().collect::<Result<_, _>>()?;
    Ok(found.into_iter().flatten().collect())
}

/// The rows from 1 to the last one, in `parts` stretches of much the same length.
fn parts_of(last: i64, parts: usize) -> Vec<[i64; 2]> {
    let parts = i64::try_from(parts.max(1)).unwrap_or(1).min(last.max(1));
    let bound = |part: i64| (i128::from(last) * i128::from(part) / i128::from(parts)) as i64;
    (0..parts).map(|part| [bound(part) + 1, bound(part + 1)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_cover_every_row_once() {
        for last in [0, 1, 2, 3, 7, 100, i64::MAX] {
            for parts in [1, 2, 3, 16] {
                let found = parts_of(last, parts);
                assert_eq!((found[0][0], found[found.len() - 1][1]), (1, last));
                assert!(found.windows(2).all(|pair| pair[0][1] + 1 == pair[1][0]), "{last} {parts}");
                assert!(last == 0 || found.iter().all(|part| part[0] <= part[1]), "{last} {parts}");
            }
        }
    }
}

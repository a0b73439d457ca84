//! Many rows of one table at once, by their ids.

use rusqlite::{Row, Statement};

/// Rows that lie so near to each other are read in one go: passing a row takes a fraction of the time of looking for one.
const NEAR: i64 = 8;

/// Reads those rows that are wanted, which come in the order of their ids. The statement's first column is the id, it takes the
/// first and the last id of a stretch as parameters, and gives the rows between in their order; rows that are not there are passed
/// over.
pub(super) fn read_near<T>(
    statement: &mut Statement<'_>,
    wanted: &[T],
    id_of: impl Fn(&T) -> i64,
    mut read: impl FnMut(&T, &Row<'_>) -> rusqlite::Result<()>,
) -> rusqlite::Result<()> {
    for near in wanted.chunk_by(|wanted, next| id_of(next) - id_of(wanted) <= NEAR) {
        let mut left = near.iter().peekable();
        let mut found = statement.query((id_of(&near[0]), id_of(&near[near.len() - 1])))?;
        while let Some(row) = found.next()? {
            let id: i64 = row.get(0)?;
            while left.next_if(|wanted| id_of(wanted) < id).is_some() {}
            if let Some(wanted) = left.next_if(|wanted| id_of(wanted) == id) {
                read(wanted, row)?;
            }
        }
    }
    Ok(())
}

//! The names of many functions at once.

use rusqlite::Connection;

use super::error::CatalogueError;
use super::near_rows::read_near;

/// The names of some rows of `function`.
pub(super) struct FunctionNames {
    /// By row.
    names: Vec<(i64, String)>,
}

impl FunctionNames {
    /// Reads the names of rows, which may be given in any order and more than once.
    pub fn read(connection: &Connection, mut rows: Vec<i64>) -> Result<FunctionNames, CatalogueError> {
        rows.sort_unstable();
        rows.dedup();
        let mut statement = connection
            .prepare_cached("SELECT id, name FROM function WHERE id BETWEEN ?1 AND ?2 ORDER BY id")?;
        let mut names = Vec::with_capacity(rows.len());
        read_near(
            &mut statement,
            &rows,
            |row| *row,
            |id, row| {
                names.push((*id, row.get(1)?));
                Ok(())
            },
        )?;
        Ok(FunctionNames { names })
    }

    /// The name of a row that was asked for; none where there is no such row.
    pub fn get(&self, row: i64) -> Option<&str> {
        let place = self.names.binary_search_by_key(&row, |(id, _)| *id).ok()?;
        Some(&self.names[place].1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_their_rows_however_far_apart_these_are() {
        let connection = Connection::open_in_memory().expect("opens");
        connection.execute_batch("CREATE TABLE function (id INTEGER PRIMARY KEY, name TEXT)").expect("made");
        for id in [1, 2, 3, 5, 6, 40, 41, 1000] {
            let name = format!("f{id}");
            connection.execute("INSERT INTO function VALUES (?1, ?2)", (id, name)).expect("stored");
        }

        let asked = vec![1000, 3, 4, 3, 6, 7, 41, 39, 2000, 1];
        let names = FunctionNames::read(&connection, asked).expect("read");

        for (row, name) in [(1, "f1"), (3, "f3"), (6, "f6"), (41, "f41"), (1000, "f1000")] {
            assert_eq!(names.get(row), Some(name));
        }
        for absent in [2, 4, 7, 39, 40, 2000] {
            assert_eq!(names.get(absent), None, "{absent}");
        }
    }
}

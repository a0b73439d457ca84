//! Connections to a catalogue's file for work that several threads share: a connection serves one thread at a time.
//!
//! Whoever makes them has a transaction of his own that reads, and as long as it is open nobody changes the file: all see the same.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use hunktrace_indexer::cancellation::Cancellation;
use rusqlite::{Connection, OpenFlags};

use super::error::CatalogueError;
use super::store::{Catalogue, FileAccess, prepare_access, prepare_connection, stop_connection_on};

/// The memory that a connection may keep pages in, in KiB. With SQLite's own 2 MiB, pages of the larger tables are read again and
/// again by a question about thousands of rows.
const CACHE_KIB: i64 = 16 << 10;

/// Connections to one file. As many are opened as there are threads that work at the same time.
pub(super) struct Readers {
    path: PathBuf,
    cancellation: Option<Cancellation>,
    access: FileAccess,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    /// Connections to the file of a catalogue, which read it as that does and stop when that is told to stop.
    pub fn of(catalogue: &Catalogue) -> Readers {
        let (path, cancellation) = (catalogue.path().to_owned(), catalogue.cancellation().cloned());
        Readers { path, cancellation, access: catalogue.access(), idle: Mutex::default() }
    }

    /// Does some work with a connection that nobody else uses meanwhile.
    ///
    /// # Errors
    /// Those of the work, and where a writer waits for the transaction of whoever made this: that one has to end it.
    pub fn with<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, CatalogueError>,
    ) -> Result<T, CatalogueError> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match idle {
            Some(connection) => connection,
            None => self.open()?,
        };
        let answer = work(&connection);
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        answer
    }

    fn open(&self) -> Result<Connection, CatalogueError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = Connection::open_with_flags(&self.path, flags)?;
        // A writer that waits lets no further reader in, and waits for those that are there: to wait for it would be in vain.
        prepare_connection(&connection, Duration::ZERO)?;
        if let Some(cancellation) = &self.cancellation {
            stop_connection_on(&mut connection, cancellation.clone())?;
        }
        connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
        prepare_access(&connection, self.access)?;
        // One transaction for all questions: each would lock the file and unlock it again.
        connection.execute_batch("BEGIN")?;
        Ok(connection)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::test_catalogue::{TestRelease, catalogue};

    #[test]
    fn nobody_waits_for_a_writer_that_waits_for_him() {
        let (_folder, catalogue) = catalogue(&[], &[TestRelease::new("k-1", &[])]);
        let count = |connection: &Connection| -> Result<i64, CatalogueError> {
            Ok(connection.query_row("SELECT count(*) FROM release", [], |row| row.get(0))?)
        };
        let writer = Connection::open(catalogue.path()).expect("opened");
        writer.busy_timeout(Duration::ZERO).expect("set");
        let reading = catalogue.connection.unchecked_transaction().expect("begun");
        assert_eq!(count(&catalogue.connection).expect("read"), 1);
        writer.execute_batch("BEGIN IMMEDIATE; UPDATE release SET notes = 'written'").expect("written");
        assert!(writer.execute_batch("COMMIT").is_err(), "there is a reader");

        let refused = Readers::of(&catalogue).with(count).expect_err("a writer waits");
        assert!(refused.is_busy(), "{refused}");

        drop(reading);
        writer.execute_batch("COMMIT").expect("nobody reads");
        assert_eq!(Readers::of(&catalogue).with(count).expect("read"), 1);
    }
}

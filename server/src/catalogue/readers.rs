//! Connections to a catalogue's file for work that several threads share: a connection serves one thread at a time.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use hunktrace_indexer::cancellation::Cancellation;
use rusqlite::Connection;

use super::error::CatalogueError;
use super::store::Catalogue;

/// The memory that a connection may keep pages in, in KiB. With SQLite's own 2 MiB, pages of the larger tables are read again and
/// again by a question about thousands of rows.
const CACHE_KIB: i64 = 16 << 10;

/// Connections to one file. As many are opened as there are threads that work at the same time.
pub(super) struct Readers {
    path: PathBuf,
    cancellation: Option<Cancellation>,
    idle: Mutex<Vec<Catalogue>>,
}

impl Readers {
    /// Connections to the file of a catalogue, which stop when that is told to stop.
    pub fn of(catalogue: &Catalogue) -> Readers {
        let (path, cancellation) = (catalogue.path().to_owned(), catalogue.cancellation().cloned());
        Readers { path, cancellation, idle: Mutex::default() }
    }

    /// Does some work with a connection that nobody else uses meanwhile.
    pub fn with<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, CatalogueError>,
    ) -> Result<T, CatalogueError> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let catalogue = match idle {
            Some(catalogue) => catalogue,
            None => self.open()?,
        };
        let answer = work(&catalogue.connection);
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(catalogue);
        answer
    }

    fn open(&self) -> Result<Catalogue, CatalogueError> {
        let mut catalogue = Catalogue::open(&self.path)?;
        if let Some(cancellation) = &self.cancellation {
            catalogue.stop_on(cancellation.clone())?;
        }
        catalogue.connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
        // One transaction for all questions: each would lock the file and unlock it again.
        catalogue.connection.execute_batch("BEGIN")?;
        Ok(catalogue)
    }
}

//! An unlinked file to which texts are appended: what would take memory that the attribution has use for.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Texts that are only ever added to, from any thread; clones are of the same file.
#[derive(Clone, Debug)]
pub struct AppendFile {
    texts: Arc<Texts>,
}

#[derive(Debug)]
struct Texts {
    file: File,
    end: AtomicU64,
}

impl AppendFile {
    /// An empty file on the same disk as this folder.
    ///
    /// # Errors
    /// Where the file cannot be made.
    pub fn create(folder: &Path) -> io::Result<AppendFile> {
        let file = tempfile::tempfile_in(folder)?;
        Ok(AppendFile { texts: Arc::new(Texts { file, end: AtomicU64::new(0) }) })
    }

    /// Adds a text; returns its offset.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn add(&self, text: &[u8]) -> io::Result<u64> {
        let offset = self.texts.end.fetch_add(text.len() as u64, Ordering::Relaxed);
        self.texts.file.write_all_at(text, offset)?;
        Ok(offset)
    }

    /// How many bytes it has.
    #[cfg(test)]
    pub fn len(&self) -> u64 {
        self.texts.end.load(Ordering::Relaxed)
    }

    /// Reads a text.
    ///
    /// # Errors
    /// Where the file cannot be read, or ends before the text does.
    pub fn read(&self, offset: u64, text: &mut [u8]) -> io::Result<()> {
        self.texts.file.read_exact_at(text, offset)
    }
}

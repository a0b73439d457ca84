//! An unlinked file to which texts are appended, and which the releases of a row share.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Texts that are only ever added to, from any thread.
#[derive(Clone, Debug)]
pub(in crate::series) struct RowFile {
    texts: Arc<Texts>,
}

#[derive(Debug)]
struct Texts {
    file: File,
    end: AtomicU64,
}

impl RowFile {
    /// An empty file on the same disk as this folder.
    pub fn create(folder: &Path) -> io::Result<RowFile> {
        let file = tempfile::tempfile_in(folder)?;
        Ok(RowFile { texts: Arc::new(Texts { file, end: AtomicU64::new(0) }) })
    }

    /// Adds a text; returns its offset.
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
    pub fn read(&self, offset: u64, text: &mut [u8]) -> io::Result<()> {
        self.texts.file.read_exact_at(text, offset)
    }
}

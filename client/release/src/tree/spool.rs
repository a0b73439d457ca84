//! The scratch file that an archive's contents are unpacked to.
//!
//! One unlinked temporary file takes all contents one after the other. So the names in an archive decide nothing about
//! where it is written, and nothing is left behind when the program ends or is killed.

use std::env;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::error::Error;

/// An unlinked temporary file, read by position.
#[derive(Debug)]
pub(super) struct Spool {
    file: File,
    folder: PathBuf,
}

impl Spool {
    /// The file, to be read by position only.
    pub fn file(&self) -> &File {
        &self.file
    }

    /// The error for a failure of the file.
    pub fn failed(&self, source: io::Error) -> Error {
        Error::Scratch { folder: self.folder.clone(), source }
    }
}

/// Appends to a spool. If it is dropped without [`SpoolWriter::finish`], what is still buffered is lost.
#[derive(Debug)]
pub(super) struct SpoolWriter {
    spool: Arc<Spool>,
    buffer: BufWriter<File>,
    len: u64,
}

impl SpoolWriter {
    /// Creates a spool in a folder, or in the system's folder for temporary files if none is given.
    pub fn create(folder: Option<&Path>) -> Result<SpoolWriter, Error> {
        const BUFFER: usize = 1 << 20;
        let folder = folder.map_or_else(env::temp_dir, Path::to_owned);
        let open = || {
            let file = tempfile::tempfile_in(&folder)?;
            let writer = BufWriter::with_capacity(BUFFER, file.try_clone()?);
            Ok((file, writer))
        };
        let (file, buffer) = open().map_err(|source| Error::Scratch { folder: folder.clone(), source })?;
        Ok(SpoolWriter { spool: Arc::new(Spool { file, folder }), buffer, len: 0 })
    }

    /// The spool that this writes to; what was appended can be read there after [`SpoolWriter::finish`].
    pub fn spool(&self) -> &Arc<Spool> {
        &self.spool
    }

    /// How many bytes have been appended.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Appends bytes.
    pub fn append(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.buffer.write_all(bytes).map_err(|source| self.spool.failed(source))?;
        self.len += bytes.len() as u64;
        Ok(())
    }

    /// Makes everything that was appended so far readable.
    pub fn flush(&mut self) -> Result<(), Error> {
        self.buffer.flush().map_err(|source| self.spool.failed(source))
    }

    /// Makes everything that was appended readable.
    pub fn finish(mut self) -> Result<(), Error> {
        self.buffer.flush().map_err(|source| self.spool.failed(source))
    }
}

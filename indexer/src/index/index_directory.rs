//! The folder of tantivy's files: who only reads needs no permission to write, and finds damage when a file is opened.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use tantivy::Directory;
use tantivy::directory::error::{DeleteError, LockError, OpenReadError, OpenWriteError};
use tantivy::directory::{
    DirectoryLock, FileHandle, Lock, MmapDirectory, OwnedBytes, WatchCallback, WatchHandle, WritePtr,
};

use crate::index::file_checksum::check_bytes;
use crate::index::guarded_map::{GuardedMap, map_bytes};
use crate::segment::segment_files::has_checked_blocks;

/// How the names of files begin that are being written, and are about to replace another one.
pub const TEMPORARY_PREFIX: &str = ".new-";

/// What a folder is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Nothing is written, no lock file either.
    Read,
    /// Files are added, and old ones removed.
    Write,
}

/// tantivy's view of the folder.
#[derive(Clone)]
pub struct IndexDirectory {
    files: MmapDirectory,
    path: PathBuf,
    access: Access,
    /// The files that were opened for reading.
    maps: Arc<Mutex<Vec<Arc<GuardedMap>>>>,
}

impl std::fmt::Debug for IndexDirectory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "IndexDirectory({}, {:?})", self.path.display(), self.access)
    }
}

impl IndexDirectory {
    /// Opens the folder at `path`.
    ///
    /// # Errors
    /// Where there is none.
    pub fn open(path: &Path, access: Access) -> io::Result<IndexDirectory> {
        fs::metadata(path)?;
        let files = MmapDirectory::open(path).map_err(io::Error::other)?;
        Ok(IndexDirectory { files, path: path.to_owned(), access, maps: Arc::default() })
    }

    /// The maps of all files that were opened for reading only.
    pub fn take_maps(&self) -> Vec<Arc<GuardedMap>> {
        std::mem::take(&mut *self.maps.lock().unwrap_or_else(|poisoned| poisoned.into_inner()))
    }
}

impl Directory for IndexDirectory {
    fn get_file_handle(&self, path: &Path) -> Result<Arc<dyn FileHandle>, OpenReadError> {
        let fail = |error: io::Error| match error.kind() {
            io::ErrorKind::NotFound => OpenReadError::FileDoesNotExist(path.to_owned()),
            _ => OpenReadError::wrap_io_error(error, path.to_owned()),
        };
        let map = GuardedMap::open(&self.path.join(path)).map_err(fail)?;
        let Some(map) = map else { return Ok(Arc::new(OwnedBytes::empty())) };
        if self.access == Access::Read {
            self.maps.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).push(Arc::clone(&map));
        }
        let bytes = map_bytes(map);
        // tantivy trusts what it reads. Files of our own that are read block by block check the blocks.
        if !has_checked_blocks(path) {
            check_bytes(&bytes).map_err(fail)?;
        }
        Ok(Arc::new(bytes))
    }

    fn delete(&self, path: &Path) -> Result<(), DeleteError> {
        self.files.delete(path)
    }

    fn exists(&self, path: &Path) -> Result<bool, OpenReadError> {
        self.files.exists(path)
    }

    fn open_write(&self, path: &Path) -> Result<WritePtr, OpenWriteError> {
        self.files.open_write(path)
    }

    fn atomic_read(&self, path: &Path) -> Result<Vec<u8>, OpenReadError> {
        self.files.atomic_read(path)
    }

    fn atomic_write(&self, path: &Path, data: &[u8]) -> io::Result<()> {
        replace_file(&self.path.join(path), data)
    }

    fn sync_directory(&self) -> io::Result<()> {
        self.files.sync_directory()
    }

    /// A reader shares the lock if it is there: it holds a writer back from removing files that are about to be opened. Where
    /// it cannot be had, a file may vanish meanwhile, and opening is tried again.
    fn acquire_lock(&self, lock: &Lock) -> Result<DirectoryLock, LockError> {
        if self.access == Access::Write {
            return self.files.acquire_lock(lock);
        }
        let shared =
            File::open(self.path.join(&lock.filepath)).and_then(|file| file.lock_shared().map(|()| file));
        Ok(DirectoryLock::from(Box::new(shared.ok())))
    }

    fn watch(&self, callback: WatchCallback) -> tantivy::Result<WatchHandle> {
        self.files.watch(callback)
    }
}

/// Replaces a file at once; it gets the mode that new files usually get.
///
/// # Errors
/// Where it cannot be written; what was there stays.
pub fn replace_file(path: &Path, content: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(TEMPORARY_PREFIX);
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(content)?;
    file.as_file().sync_data()?;
    file.into_temp_path().persist(path)?;
    Ok(())
}

//! A file of a folder, read only while it is still the one that was listed.

use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::PathBuf;
use std::sync::OnceLock;

use gix::ObjectId;

use super::error::Error;

/// A regular file as it was when its folder was listed.
#[derive(Debug)]
pub(super) struct FolderFile {
    pub path: PathBuf,
    pub size: u64,
    pub id: OnceLock<ObjectId>,
    stamp: Stamp,
}

/// By which it is known whether a path still leads to the same, unchanged file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
}

impl Stamp {
    fn of(metadata: &Metadata) -> Stamp {
        Stamp {
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.size(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
        }
    }
}

impl FolderFile {
    /// The file at a path, with what its folder says of it now.
    pub fn new(path: PathBuf, metadata: &Metadata) -> FolderFile {
        FolderFile { path, size: metadata.size(), id: OnceLock::new(), stamp: Stamp::of(metadata) }
    }

    /// Opens the file, unless the path has come to mean another file or the file has been written to.
    pub fn open(&self) -> Result<File, Error> {
        // Without O_NONBLOCK, a file that was replaced by a named pipe would block the program for ever.
        let opened = OpenOptions::new()
            .read(true)
            .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK)
            .open(&self.path)
            .and_then(|file| Ok((file.metadata()?, file)));
        let (metadata, file) = match opened {
            Ok(opened) => opened,
            Err(source) if became_symlink(&source) || source.kind() == io::ErrorKind::NotFound => {
                return Err(Error::Changed { path: self.path.clone() });
            }
            Err(source) => return Err(Error::Io { path: self.path.clone(), source }),
        };
        if Stamp::of(&metadata) != self.stamp {
            return Err(Error::Changed { path: self.path.clone() });
        }
        Ok(file)
    }
}

fn became_symlink(error: &io::Error) -> bool {
    error.raw_os_error() == Some(libc::ELOOP)
}

//! By what it is seen that a file has changed.

use std::fs;
use std::path::Path;
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};

/// By what it is seen that a file has changed: its size, its time, and which file it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileStamp {
    bytes: u64,
    /// Seconds since 1970, which may be negative, and nanoseconds.
    modified: (i64, u32),
    /// A file that is replaced in the same moment has another one.
    number: u64,
}

impl FileStamp {
    /// The stamp of a file; none where it cannot be seen, or is none.
    pub fn of(path: &Path) -> Option<FileStamp> {
        let file = fs::metadata(path).ok().filter(fs::Metadata::is_file)?;
        let modified = match file.modified().ok()?.duration_since(UNIX_EPOCH) {
            Ok(after) => (after.as_secs() as i64, after.subsec_nanos()),
            Err(before) => {
                let before = before.duration();
                (-(before.as_secs() as i64), before.subsec_nanos())
            }
        };
        Some(FileStamp { bytes: file.len(), modified, number: file_number(&file) })
    }

    /// The file's size.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }
}

#[cfg(unix)]
fn file_number(file: &fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(file)
}

#[cfg(not(unix))]
fn file_number(_: &fs::Metadata) -> u64 {
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_that_is_written_again_or_replaced_has_another_stamp() {
        let folder = tempfile::tempdir().expect("a folder");
        let (file, other) = (folder.path().join("a"), folder.path().join("b"));
        assert_eq!((FileStamp::of(&file), FileStamp::of(folder.path())), (None, None));
        fs::write(&file, "one").expect("written");
        let first = FileStamp::of(&file).expect("a stamp");
        assert_eq!((FileStamp::of(&file), first.bytes()), (Some(first), 3));
        fs::write(&other, "two").expect("written");
        let time = fs::metadata(&file).and_then(|found| found.modified()).expect("a time");
        let written = fs::File::options().write(true).open(&other).expect("opened");
        written.set_modified(time).expect("set");
        fs::rename(&other, &file).expect("replaced");
        assert_ne!(FileStamp::of(&file), Some(first), "same size and time, another file");
        let stored = serde_json::to_string(&first).expect("written");
        assert_eq!(serde_json::from_str::<FileStamp>(&stored).expect("read"), first);
    }
}

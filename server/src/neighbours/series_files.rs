//! The files of a series of patches, as it lies in a folder or in one file.

use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};

use hunktrace_indexer::patch_folder::{LeftOut, patches_in};

use super::file_stamp::FileStamp;

/// The name of folders that says nothing of whose patches they hold.
const NAMELESS: &str = "patches";

/// The files of a series of patches, in its order.
#[derive(Debug)]
pub struct SeriesFiles {
    /// The files.
    pub files: Vec<SeriesFile>,
    /// What is left out of it although it may hold patches.
    pub left_out: Vec<LeftOut>,
}

/// A file of a series.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeriesFile {
    /// Its path below the series' folder; the name of a file that is a series by itself.
    pub name: PathBuf,
    /// Where it is.
    pub path: PathBuf,
    /// By what it is seen that it has changed; none where it is no file.
    pub stamp: Option<FileStamp>,
}

impl SeriesFiles {
    /// Looks which files the series at a path has, without reading the patches.
    ///
    /// # Errors
    /// Where the path, or the list of patches in the folder, cannot be read.
    pub fn of(series: &Path) -> io::Result<SeriesFiles> {
        if !series.metadata()?.is_dir() {
            let name = series.file_name().unwrap_or_default().into();
            return Ok(SeriesFiles {
                files: vec![series_file(name, series.to_owned())],
                left_out: Vec::new(),
            });
        }
        let found = patches_in(series)?;
        let below = |path: &Path| path.strip_prefix(series).unwrap_or(path).to_owned();
        let mut seen = HashSet::new();
        let files = found.files.into_iter().filter(|path| seen.insert(path.clone()));
        let files = files.map(|path| series_file(below(&path), path)).collect();
        Ok(SeriesFiles { files, left_out: found.left_out })
    }
}

fn series_file(name: PathBuf, path: PathBuf) -> SeriesFile {
    let stamp = FileStamp::of(&path);
    SeriesFile { name, path, stamp }
}

/// Whose series it is, as far as the name of its file or folder says so; a folder `patches` belongs to what is around it.
pub fn vendor_of_series(series: &Path) -> String {
    let named = match series.file_name() {
        Some(name) if name == NAMELESS && series.is_dir() => {
            series.parent().and_then(Path::file_name).or(Some(name))
        }
        Some(_) if !series.is_dir() => series.file_stem(),
        name => name,
    };
    named.unwrap_or_default().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn files_are_named_below_the_folder_and_listed_ones_may_be_missing() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().join("debian/patches");
        fs::create_dir_all(root.join("bugfix")).expect("made");
        fs::write(root.join("bugfix/a.patch"), "").expect("written");
        fs::write(root.join("series"), "bugfix/a.patch\nb.patch\nb.patch\n").expect("written");
        let found = SeriesFiles::of(&root).expect("read");
        let files: Vec<(&Path, bool)> =
            found.files.iter().map(|file| (file.name.as_path(), file.stamp.is_some())).collect();
        assert_eq!(files, [(Path::new("bugfix/a.patch"), true), (Path::new("b.patch"), false)]);
        assert_eq!(vendor_of_series(&root), "debian");
        assert_eq!(vendor_of_series(&root.join("bugfix")), "bugfix");

        let mailbox = root.join("bugfix/a.patch");
        let found = SeriesFiles::of(&mailbox).expect("read");
        assert_eq!((found.files.len(), &*found.files[0].name), (1, Path::new("a.patch")));
        assert_eq!(vendor_of_series(&mailbox), "a");
        assert!(SeriesFiles::of(&root.join("none")).is_err());
    }
}

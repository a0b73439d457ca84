//! Which deleted and added files are one that the vendor has moved.
//!
//! The rules are git's, as for upstream's history: equal content first, then similar content, up to a limit.

use std::collections::HashMap;

use bstr::{BStr, BString, ByteSlice};
use gix::ObjectId;
use gix::objs::tree::{EntryKind, EntryMode};
use hunktrace_indexer::git::file_change::{FileChange, FileVersion};
use hunktrace_indexer::git::rename::{detect_renames, is_over_limit};

use crate::tree::{Change, Entry, Error, Mode, Tree};

/// What was moved.
#[derive(Clone, Debug, Default)]
pub(super) struct MovedFiles {
    /// The path in the base by that in the vendor's tree.
    pub from: HashMap<BString, BString>,
    /// How many deleted and added files there are, where they are too many to compare each with each by content.
    pub not_compared: Option<(usize, usize)>,
}

/// Looks for moved files among what differs between two trees.
///
/// # Errors
/// If a content that has to be identified cannot be read.
pub(super) fn moved_files(changes: &[Change<'_>], base: &Tree, vendor: &Tree) -> Result<MovedFiles, Error> {
    let mut candidates = Vec::new();
    let mut contents: HashMap<ObjectId, (&Tree, &BStr)> = HashMap::new();
    for change in changes {
        let (tree, entry) = match (change.base, change.vendor) {
            (Some(entry), None) => (base, entry),
            (None, Some(entry)) if is_free_in(base, change.path) => (vendor, entry),
            _ => continue,
        };
        let Some(version) = file_version(tree, entry, change.path)? else { continue };
        contents.insert(version.id, (tree, change.path));
        candidates.push(match change.vendor {
            None => FileChange { old: Some(version), new: None },
            Some(_) => FileChange { old: None, new: Some(version) },
        });
    }
    // What cannot be read is paired by its id alone, and reported when it is compared.
    let read = |id: &ObjectId| contents.get(id).and_then(|(tree, path)| tree.read(path).ok());
    let mut moved = MovedFiles::default();
    let (mut deleted, mut added) = (0, 0);
    for change in detect_renames(candidates, read) {
        match (change.old, change.new) {
            (Some(old), Some(new)) => {
                moved.from.insert(new.path, old.path);
            }
            (Some(_), None) => deleted += 1,
            (None, _) => added += 1,
        }
    }
    moved.not_compared = is_over_limit(deleted, added).then_some((deleted, added));
    Ok(moved)
}

/// A file that may have been moved; none for what is no file, and for empty ones, which are all alike.
fn file_version(tree: &Tree, entry: &Entry, path: &BStr) -> Result<Option<FileVersion>, Error> {
    let mode = match entry.mode() {
        Mode::Regular => EntryMode::from(EntryKind::Blob),
        Mode::Executable => EntryKind::BlobExecutable.into(),
        Mode::Symlink | Mode::Submodule(_) => return Ok(None),
    };
    let id = match tree.blob_id(path) {
        Ok(id) => id,
        Err(Error::MissingObject { .. }) => return Ok(None),
        Err(error) => return Err(error),
    };
    let is_empty = id == ObjectId::empty_blob(gix::hash::Kind::Sha1);
    Ok((!is_empty).then(|| FileVersion { path: path.to_owned(), mode, id }))
}

/// Whether a file could be put at a path of a tree before anything else changes there: no folder on the way is a
/// file, and the path is no folder.
fn is_free_in(tree: &Tree, path: &BStr) -> bool {
    let mut folders = path.find_iter("/").map(|slash| path[..slash].as_bstr());
    if folders.any(|folder| tree.entries.contains_key(folder)) {
        return false;
    }
    let inside = BString::from([path.as_bytes(), b"/"].concat());
    let next = tree.entries.range(inside.clone()..).next();
    !next.is_some_and(|(next, _)| next.starts_with(&inside))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::{Options, changed_paths};
    use std::fs;

    const TEXT: &str = "one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\n";

    fn tree(files: &[(&str, &str)]) -> (tempfile::TempDir, Tree) {
        let folder = tempfile::tempdir().expect("a folder");
        for (path, text) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().expect("a folder")).expect("the folder");
            fs::write(path, text).expect("the file");
        }
        let tree = Tree::open(folder.path(), &Options::default()).expect("a tree");
        (folder, tree)
    }

    /// `old > new` for every moved file.
    fn moved(base: &[(&str, &str)], vendor: &[(&str, &str)]) -> Vec<String> {
        let ((_base_folder, base), (_vendor_folder, vendor)) = (tree(base), tree(vendor));
        let changes = changed_paths(&base, &vendor).expect("changes");
        let moved = moved_files(&changes, &base, &vendor).expect("moves");
        assert_eq!(moved.not_compared, None);
        let mut moved: Vec<String> = moved.from.iter().map(|(new, old)| format!("{old} > {new}")).collect();
        moved.sort();
        moved
    }

    #[test]
    fn equal_and_similar_files_are_moved() {
        let edited = TEXT.replace("three", "3");
        let base = [("drivers/foo.c", TEXT), ("drivers/bar.c", "bar\n"), ("kept.c", "kept\n")];
        let vendor = [
            ("drivers/staging/foo.c", edited.as_str()),
            ("drivers/bar/bar.c", "bar\n"),
            ("kept.c", "kept\n"),
        ];
        assert_eq!(
            moved(&base, &vendor),
            ["drivers/bar.c > drivers/bar/bar.c", "drivers/foo.c > drivers/staging/foo.c"]
        );
    }

    #[test]
    fn files_that_differ_and_empty_ones_are_not() {
        let base = [("a.c", TEXT), ("empty", "")];
        assert_eq!(moved(&base, &[("b.c", "other\n"), ("blank", "")]), [""; 0]);
    }

    #[test]
    fn file_is_not_moved_to_where_the_base_has_something_in_the_way() {
        let base = [("a", TEXT), ("b/c", "c\n")];
        assert_eq!(moved(&base, &[("a/b", TEXT)]), [""; 0]);
        assert_eq!(moved(&base, &[("b", TEXT)]), [""; 0]);
        assert_eq!(moved(&base, &[("b/d", TEXT)]), ["a > b/d"]);
    }
}

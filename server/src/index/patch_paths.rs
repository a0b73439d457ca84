//! Takes the folders off the paths of a patch that stand in front of those that the index knows.
//!
//! A diff between copies of one tree, or of a tree inside of another repository, names folders that history does not know.
//! Where both sides have the same ones, only the index can tell them from those of the tree.

use std::collections::BTreeMap;

use bstr::{BStr, BString, ByteSlice};
use hunktrace_indexer::fingerprint::path_term;
use hunktrace_indexer::index::folder::IndexError;
use hunktrace_indexer::index::retrieval::HunkRetrieval;
use hunktrace_indexer::patch::{FilePatch, Patch};

/// Folders that are taken off at most: those of a release in a folder of a package.
const MOST_FOLDERS: usize = 4;

/// Files by which a folder of a source tree is known, as nearly each has one of them.
const FOLDER_FILES: [&str; 8] =
    ["Makefile", "Kconfig", "Kbuild", "meson.build", "Makefile.am", "CMakeLists.txt", "README", ".gitignore"];

/// Takes folders off the paths of a patch that the index does not know, if it knows the rest and not the folders.
///
/// # Errors
/// Where the index cannot be read.
pub fn settle_paths(patch: &mut Patch, retrieval: &dyn HunkRetrieval) -> Result<(), IndexError> {
    let mut index = KnownPaths { retrieval, folders: BTreeMap::new() };
    let mut found: Vec<BString> = Vec::new();
    for file in &mut patch.files {
        let Some(path) = file.path().map(BStr::to_owned) else { continue };
        if index.has(path.as_bstr())? {
            continue;
        }
        // The folders of one file are those of the next, which may be new.
        let known = found.iter().find(|folders| below(path.as_bstr(), folders.as_bstr()).is_some()).cloned();
        let folders = match known {
            Some(folders) => Some(folders),
            None => index.folders_before(path.as_bstr())?,
        };
        if let Some(folders) = folders {
            strip(file, &folders);
            if !found.contains(&folders) {
                found.push(folders);
            }
        }
    }
    Ok(())
}

struct KnownPaths<'a> {
    retrieval: &'a dyn HunkRetrieval,
    /// Whether a folder is one of the index.
    folders: BTreeMap<BString, bool>,
}

impl KnownPaths<'_> {
    fn has(&self, path: &BStr) -> Result<bool, IndexError> {
        self.retrieval.has_path(path_term(path))
    }

    fn has_folder(&mut self, folder: &BStr) -> Result<bool, IndexError> {
        if let Some(known) = self.folders.get(folder) {
            return Ok(*known);
        }
        let mut is_known = false;
        for file in FOLDER_FILES {
            let path = format!("{folder}/{file}");
            is_known |= self.has(path.as_str().into())?;
        }
        self.folders.insert(folder.to_owned(), is_known);
        Ok(is_known)
    }

    /// The folders in front of a path, none of which the index knows, while it knows the rest.
    fn folders_before(&mut self, path: &BStr) -> Result<Option<BString>, IndexError> {
        let slashes = path.find_iter("/").take(MOST_FOLDERS).collect::<Vec<_>>();
        for slash in slashes {
            let (folders, rest) = (path[..slash].as_bstr(), path[slash + 1..].as_bstr());
            if self.has_folder(folders)? {
                return Ok(None);
            }
            if self.has(rest)? {
                return Ok(Some(folders.to_owned()));
            }
        }
        Ok(None)
    }
}

/// What follows folders in a path; `None` if it does not begin with them.
fn below<'a>(path: &'a BStr, folders: &BStr) -> Option<&'a BStr> {
    path.strip_prefix(folders.as_bytes())?.strip_prefix(b"/").map(ByteSlice::as_bstr)
}

fn strip(file: &mut FilePatch, folders: &BString) {
    for path in [&mut file.old_path, &mut file.new_path].into_iter().flatten() {
        if let Some(rest) = below(path.as_bstr(), folders.as_bstr()) {
            *path = rest.to_owned();
        }
    }
}

#[cfg(test)]
mod tests {
    use hunktrace_indexer::patch::parse;

    use super::*;
    use crate::memory_index::{MemoryIndex, commit, hunk_at};

    const BODY: &str = "-a\n+b\n";

    /// The paths of a patch to these files of both sides, as the index has `fs/x.c` and a folder `net`.
    fn settled(paths: &[&str]) -> Vec<String> {
        let index = MemoryIndex::of([
            commit([hunk_at("fs/x.c", 1, BODY), hunk_at("fs/Makefile", 1, BODY)]),
            commit([hunk_at("net/Makefile", 1, BODY), hunk_at("Makefile", 1, BODY)]),
        ]);
        let text: String =
            paths.iter().map(|path| format!("--- {path}\n+++ {path}\n@@ -1 +1 @@\n{BODY}")).collect();
        let mut patch = parse(text.as_bytes()).patches.remove(0);
        settle_paths(&mut patch, &index).expect("the index can be read");
        patch.files.iter().map(|file| file.path().map(ToString::to_string).unwrap_or_default()).collect()
    }

    #[test]
    fn folders_that_the_index_does_not_know_are_taken_off() {
        assert_eq!(settled(&["linux/fs/x.c"]), ["fs/x.c"]);
        assert_eq!(settled(&["package/src/linux/fs/x.c"]), ["fs/x.c"]);
        assert_eq!(settled(&["linux/fs/x.c", "linux/fs/new.c"]), ["fs/x.c", "fs/new.c"]);
    }

    #[test]
    fn paths_that_the_index_knows_are_left_alone() {
        assert_eq!(settled(&["fs/x.c"]), ["fs/x.c"]);
        assert_eq!(settled(&["other/y.c"]), ["other/y.c"]);
    }

    #[test]
    fn folder_of_the_tree_is_not_taken_off() {
        assert_eq!(settled(&["net/fs/x.c"]), ["net/fs/x.c"]);
        assert_eq!(settled(&["net/new/Makefile"]), ["net/new/Makefile"]);
    }
}

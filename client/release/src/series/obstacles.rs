//! Finds the paths that are a file in one tree and a folder in the other.

use std::collections::HashSet;

use bstr::BStr;

use super::ownership::{OwnedFile, folders};
use super::release::Release;
use crate::answer::Side;

/// The paths of the base that have to be gone before the vendor's can come.
///
/// If each path changed at its owner's turn, a file might have to be where a folder still is.
pub(super) struct Obstacles<'a> {
    in_the_way: HashSet<&'a BStr>,
    after_them: HashSet<&'a BStr>,
}

impl<'a> Obstacles<'a> {
    /// Looks through the files that differ.
    pub fn find(files: &'a [OwnedFile], release: &impl Release) -> Obstacles<'a> {
        let only_in = |side, other| -> HashSet<&'a BStr> {
            // What is moved is out of the way before everything else.
            let paths =
                files.iter().filter(|file| file.moved_from.is_none()).map(|file| BStr::new(&file.path));
            let is_only =
                |path: &&BStr| release.mode(side, path).is_some() && release.mode(other, path).is_none();
            paths.filter(is_only).collect()
        };
        let (deleted, added) = (only_in(Side::Old, Side::New), only_in(Side::New, Side::Old));
        let mut found = Obstacles { in_the_way: HashSet::new(), after_them: HashSet::new() };
        for path in &added {
            for folder in folders(path).filter(|folder| deleted.contains(folder)) {
                found.in_the_way.insert(folder);
                found.after_them.insert(path);
            }
        }
        for path in &deleted {
            for folder in folders(path).filter(|folder| added.contains(folder)) {
                found.in_the_way.insert(path);
                found.after_them.insert(folder);
            }
        }
        found
    }

    /// Whether a path of the base has to go first.
    pub fn is_in_the_way(&self, path: &BStr) -> bool {
        self.in_the_way.contains(path)
    }

    /// Whether a path of the vendor tree has to wait for one that is in its way.
    pub fn has_to_wait(&self, path: &BStr) -> bool {
        self.after_them.contains(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::series::tests::MemoryRelease;

    const FILE: (u32, &[u8]) = (0o100644, b"x\n");

    #[test]
    fn file_whose_name_becomes_a_folder_goes_before_the_files_in_the_folder_come() {
        let mut release = MemoryRelease::default();
        release.add("a", Some(FILE), None);
        release.add("a/b/c", None, Some(FILE));
        release.add("ab", None, Some(FILE));
        let files = release.owned_files(|_, _| None);
        let obstacles = Obstacles::find(&files, &release);
        assert!(obstacles.is_in_the_way("a".into()) && obstacles.has_to_wait("a/b/c".into()));
        assert!(!obstacles.has_to_wait("ab".into()) && !obstacles.is_in_the_way("ab".into()));
    }

    #[test]
    fn files_of_a_folder_whose_name_becomes_a_file_go_before_it_comes() {
        let mut release = MemoryRelease::default();
        release.add("a/b", Some(FILE), None);
        release.add("a/c", Some(FILE), None);
        release.add("a", None, Some(FILE));
        let files = release.owned_files(|_, _| None);
        let obstacles = Obstacles::find(&files, &release);
        assert!(obstacles.is_in_the_way("a/b".into()) && obstacles.is_in_the_way("a/c".into()));
        assert!(obstacles.has_to_wait("a".into()));
    }

    #[test]
    fn file_that_is_moved_is_in_nobodys_way() {
        let mut release = MemoryRelease::default();
        release.add_moved("a", "z", FILE, FILE);
        release.add("a/b", None, Some(FILE));
        let files = release.owned_files(|_, _| None);
        let obstacles = Obstacles::find(&files, &release);
        assert!(!obstacles.is_in_the_way("a".into()) && !obstacles.has_to_wait("a/b".into()));
    }
}

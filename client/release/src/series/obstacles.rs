//! Finds the paths that stand in one another's way: where one tree has a file and the other a folder.

use std::collections::HashSet;

use bstr::BStr;

use super::ownership::{OwnedFile, folders};
use super::release::Release;
use crate::answer::Side;

/// The paths of the base that have to be gone before the vendor's can come.
///
/// If each went and came whenever its owner's turn is, a file might have to be where a folder still is.
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

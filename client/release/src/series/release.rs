//! Where the series reads the two trees.

use bstr::BStr;

use crate::answer::Side;
use crate::tree::Tree;

/// Any error of reading the files.
pub type ReadError = Box<dyn std::error::Error + Send + Sync>;

/// The two trees that a series leads from and to.
pub trait Release: Sync {
    /// A file's mode in git's terms, such as `0o100644`; none if the tree has no such file.
    fn mode(&self, side: Side, path: &BStr) -> Option<u32>;

    /// Whether the tree has a file in this folder or below.
    fn has_folder(&self, side: Side, path: &BStr) -> bool;

    /// The content of a file that is there; of a symlink its target, and of a submodule the line that `git diff`
    /// shows for it.
    ///
    /// # Errors
    ///
    /// If it cannot be read.
    fn read(&self, side: Side, path: &BStr) -> Result<Vec<u8>, ReadError>;
}

/// A release whose trees are read from wherever they are.
#[derive(Clone, Copy, Debug)]
pub struct TreePair<'a> {
    /// The base.
    pub base: &'a Tree,
    /// The vendor release.
    pub vendor: &'a Tree,
}

impl TreePair<'_> {
    fn tree(&self, side: Side) -> &Tree {
        match side {
            Side::Old => self.base,
            Side::New => self.vendor,
        }
    }
}

impl Release for TreePair<'_> {
    fn mode(&self, side: Side, path: &BStr) -> Option<u32> {
        Some(self.tree(side).entries.get(path)?.mode().octal())
    }

    fn has_folder(&self, side: Side, path: &BStr) -> bool {
        self.tree(side).has_folder(path)
    }

    fn read(&self, side: Side, path: &BStr) -> Result<Vec<u8>, ReadError> {
        Ok(self.tree(side).read(path)?)
    }
}

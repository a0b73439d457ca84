//! One file of a tree: its mode and a handle on its content.

use bstr::BStr;
use gix::ObjectId;

use super::content::Content;
use super::error::Error;

/// What kind of file an entry is, in git's terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// A file.
    Regular,
    /// A file that its owner may execute.
    Executable,
    /// A symbolic link, whose content is its target. It is never followed.
    Symlink,
    /// Another repository's commit.
    Submodule(ObjectId),
}

impl Mode {
    /// The mode as git writes it in trees and patches, for example `0o100644`.
    pub fn octal(self) -> u32 {
        match self {
            Mode::Regular => 0o100644,
            Mode::Executable => 0o100755,
            Mode::Symlink => 0o120000,
            Mode::Submodule(_) => 0o160000,
        }
    }

    /// The mode of a regular file with these Unix permission bits: git looks at the owner's execute bit only.
    pub(super) fn of_file(permissions: u32) -> Mode {
        if permissions & 0o100 != 0 { Mode::Executable } else { Mode::Regular }
    }
}

/// One file of a tree.
#[derive(Clone, Debug)]
pub struct Entry {
    pub(super) mode: Mode,
    pub(super) content: Content,
}

impl Entry {
    /// What kind of file this is.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// The content's size in bytes; `None` if only reading it would tell, as in git.
    pub fn size(&self) -> Option<u64> {
        self.content.known_size()
    }

    /// The content's git blob id, where it is known without reading the content.
    pub fn known_id(&self) -> Option<ObjectId> {
        self.content.known_id()
    }

    /// Whether another entry has the same content. `path` is for messages only.
    ///
    /// # Errors
    /// If a content that has to be read to compare it cannot be read.
    pub fn is_same_content(&self, other: &Entry, path: &BStr) -> Result<bool, Error> {
        self.content.equals(&other.content, path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_owners_execute_bit_counts() {
        assert_eq!(Mode::of_file(0o100), Mode::Executable);
        assert_eq!(Mode::of_file(0o664), Mode::Regular);
        assert_eq!(Mode::of_file(0o011), Mode::Regular);
    }
}

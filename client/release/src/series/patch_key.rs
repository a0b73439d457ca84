//! Which patch of the series a change goes into.

use bstr::{BStr, BString};

use super::ownership::top_folder;
use crate::answer::CommitIndex;

/// A patch of the series. The order is that of the series.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PatchKey {
    /// Moves files to where the vendor has them. It comes first, so that all others know a file by one name.
    Moves,
    /// What came from an upstream commit.
    Origin(CommitIndex),
    /// Removes what is in the way of the patches below: a file where there will be a folder or a symlink, and the
    /// other way round.
    MakeWay,
    /// The vendor's own changes in a top folder; the name is empty for the files at the top.
    Folder(BString),
    /// The vendor's own changes in a top folder which GNU patch and quilt do not understand: binary files and
    /// submodules. They come last, so that everything else can be applied without git.
    GitOnly(BString),
}

impl PatchKey {
    /// The patch for what an owner does to a path; `is_git_only` says that only git can apply it.
    pub(super) fn of(owner: Option<CommitIndex>, path: &BStr, is_git_only: bool) -> PatchKey {
        match owner {
            Some(origin) => PatchKey::Origin(origin),
            None if is_git_only => PatchKey::GitOnly(top_folder(path).into()),
            None => PatchKey::Folder(top_folder(path).into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_come_first_and_what_only_git_applies_last() {
        let mut keys = [
            PatchKey::of(None, "a/b".into(), true),
            PatchKey::of(None, "mm/x.c".into(), false),
            PatchKey::of(None, "Makefile".into(), false),
            PatchKey::MakeWay,
            PatchKey::of(Some(CommitIndex(2)), "mm/x.c".into(), true),
            PatchKey::of(Some(CommitIndex(1)), "mm/x.c".into(), false),
        ];
        keys.sort();
        let expected = [
            PatchKey::Origin(CommitIndex(1)),
            PatchKey::Origin(CommitIndex(2)),
            PatchKey::MakeWay,
            PatchKey::Folder("".into()),
            PatchKey::Folder("mm".into()),
            PatchKey::GitOnly("a".into()),
        ];
        assert_eq!(keys, expected);
    }
}

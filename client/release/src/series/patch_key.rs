//! Which patch of the series a change goes into.

use bstr::BString;

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
    /// The vendor's own changes in a top folder that belong to no subsystem; the name is empty for the files at the top.
    Folder(BString),
    /// The vendor's own changes in a subsystem, by its title in `MAINTAINERS`.
    Subsystem(BString),
    /// A new driver of the vendor's own, by its folder or file, with the lines that build and configure it.
    NewDriver(BString),
    /// The vendor's own changes in a top folder which GNU patch and quilt do not understand: binary files and
    /// submodules. They come last, so that everything else can be applied without git.
    GitOnly(BString),
}

//! Reading a kernel tree: the TREE of the command line.
//!
//! A TREE is a folder, a tarball, a source RPM or a tree in a git repository. Each of them becomes a sorted
//! list of paths, each with a mode and a small handle on its content, because a kernel tree has some 80,000 files
//! and more than a gigabyte. Two trees are compared by git blob ids where both sides have them.
//!
//! Trees come from anywhere and are not trusted: symlinks are never followed, nothing is written but to one
//! unlinked scratch file, and [`Limits`] bounds what is read.

mod argument;
mod changes;
mod checksum;
mod compressed_text;
mod compression;
mod content;
mod cpio;
mod entry;
mod error;
mod folder;
mod folder_file;
mod gauge;
mod git;
mod git_objects;
mod hunk_place;
mod kernel_version;
mod limits;
mod member_path;
mod options;
mod package_contents;
mod package_patch;
mod package_patches;
mod patch_options;
mod recipe;
mod rpm;
mod shell_line;
mod source;
mod source_rpm;
mod source_tree;
mod spec_branches;
mod spec_file;
mod spec_macros;
mod spool;
mod tarball;
mod tree_patch;
mod unpacked;

pub use self::changes::{Change, changed_paths};
pub use self::checksum::Checksum;
pub use self::compressed_text::{TextError, read_text};
pub use self::compression::Compression;
pub use self::entry::{Entry, Mode};
pub use self::error::Error;
pub use self::kernel_version::{KernelVersion, kernel_version};
pub use self::limits::{DEFAULT_TOTAL_BYTES, Exceeded, Limits};
pub use self::options::Options;
pub use self::package_patch::PackagePatch;
pub use self::rpm::PackageFacts;
pub use self::source::Source;
pub use self::source_tree::{Tree, package_facts, package_patches};

#[cfg(test)]
mod tests;

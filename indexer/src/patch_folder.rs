//! The patches in a folder: those of a series of quilt or SUSE, or else all files that are named like patches.

pub mod series_conf;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use bstr::ByteSlice;

use crate::patch_folder::series_conf::{Choice, listed_patches};

/// Endings of files that are looked up; an ending for compression may follow.
const ENDINGS: [&str; 7] = [".patch", ".diff", ".mbox", ".mbx", ".eml", ".mail", ".dif"];

/// Endings of compressed files.
const COMPRESSED: [&str; 4] = [".gz", ".bz2", ".xz", ".zst"];

/// The folders of a maildir that hold mails, whatever their names.
const MAIL_FOLDERS: [&str; 2] = ["cur", "new"];

/// How deep folders are looked into: beyond any collection of patches.
const DEEPEST: usize = 16;

/// The patches in a folder.
#[derive(Debug, Default)]
pub struct PatchFolder {
    /// The files to look up, in the order of the `series` or `series.conf` file if there is one, else sorted by their paths. One that is
    /// listed may not be there.
    pub files: Vec<PathBuf>,
    /// What is not among them, although it is a patch or may hold some.
    pub left_out: Vec<LeftOut>,
}

/// Why patches of a folder are left out.
#[derive(Debug, thiserror::Error)]
pub enum LeftOut {
    /// A folder in it cannot be read.
    #[error("{}: cannot be read: {error}", .path.display())]
    Unreadable {
        /// The folder.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// A folder lies too deep.
    #[error("{}: is not looked into, as it lies more than {} folders deep; name it by itself", .0.display(), DEEPEST)]
    TooDeep(PathBuf),
    /// A link leads to a folder elsewhere.
    #[error(
        "{}: is not looked into, as it is a link out of the folder, to {}; name that by itself",
        .link.display(), .target.display()
    )]
    Elsewhere {
        /// The link.
        link: PathBuf,
        /// Where it leads.
        target: PathBuf,
    },
    /// Nobody can tell whether a patch of `series.conf` is applied.
    #[error("{}:{line}: whether '{text}' is applied, only who builds it knows; name the patch by itself", .list.display())]
    Unclear {
        /// The list.
        list: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What stands there.
        text: String,
    },
    /// Patches of `series.conf` are not applied, as none of the symbols is set that their guards ask for.
    #[error(
        "{}: guards leave {patches} of its patches out, the first in line {line}; name those by themselves that are applied",
        .list.display()
    )]
    Guarded {
        /// The list.
        list: PathBuf,
        /// How many.
        patches: usize,
        /// The line of the first one, from 1.
        line: usize,
    },
}

impl LeftOut {
    /// Whether who wrote the series wants it so.
    pub fn is_meant(&self) -> bool {
        matches!(self, LeftOut::Guarded { .. })
    }
}

/// The patches in a folder.
///
/// # Errors
/// Where the folder or its list cannot be read.
pub fn patches_in(folder: &Path) -> io::Result<PatchFolder> {
    let (quilt, suse) = (folder.join("series"), folder.join("series.conf"));
    if quilt.is_file() {
        let text = fs::read(&quilt)?;
        let files = names_in_series(&text).map(|name| folder.join(path_of(name))).collect();
        return Ok(PatchFolder { files, left_out: Vec::new() });
    }
    if suse.is_file() {
        let text = fs::read(&suse)?;
        return Ok(patches_of_list(folder, &suse, &text));
    }
    let mut walk = Walk { root: folder, whole_root: None, found: PatchFolder::default() };
    walk.collect(folder, 0)?;
    walk.found.files.sort();
    Ok(walk.found)
}

/// The patches that a `series` file of quilt names; options and comments follow their names.
fn names_in_series(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.lines().filter_map(|line| line.split_str("#").next().unwrap_or_default().fields().next())
}

/// The patches of a `series.conf` that are applied where no symbol is set.
fn patches_of_list(folder: &Path, list: &Path, text: &[u8]) -> PatchFolder {
    let mut found = PatchFolder::default();
    let (mut guarded, mut first) = (0, 0);
    for patch in listed_patches(text, Some("")) {
        match patch.choice {
            Choice::Applied => found.files.push(folder.join(path_of(patch.name))),
            Choice::LeftOut => {
                first = if guarded == 0 { patch.line } else { first };
                guarded += 1;
            }
            Choice::Unclear => found.left_out.push(LeftOut::Unclear {
                list: list.to_owned(),
                line: patch.line,
                text: patch.text.to_str_lossy().into_owned(),
            }),
        }
    }
    if guarded > 0 {
        found.left_out.push(LeftOut::Guarded { list: list.to_owned(), patches: guarded, line: first });
    }
    found
}

/// The path that bytes name; where paths are texts, bytes that are no UTF-8 are replaced.
fn path_of(name: &[u8]) -> PathBuf {
    name.to_path().map_or_else(|_| name.to_str_lossy().into_owned().into(), Path::to_owned)
}

/// A walk through the folders below one.
struct Walk<'a> {
    root: &'a Path,
    /// The root without links, once it was asked for.
    whole_root: Option<PathBuf>,
    found: PatchFolder,
}

impl Walk<'_> {
    fn collect(&mut self, folder: &Path, depth: usize) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let (kind, path) = (entry.file_type()?, entry.path());
            let name = entry.file_name().to_string_lossy().into_owned();
            if !kind.is_dir() {
                if is_named_like_patch(&name) || is_mail_folder(folder) {
                    self.found.files.push(path);
                } else if kind.is_symlink() && path.is_dir() {
                    self.note_link(path);
                }
            } else if name == ".git" {
                continue;
            } else if depth == DEEPEST {
                self.found.left_out.push(LeftOut::TooDeep(path));
            } else if let Err(error) = self.collect(&path, depth + 1) {
                self.found.left_out.push(LeftOut::Unreadable { path, error });
            }
        }
        Ok(())
    }

    /// Notes a link to a folder that is not walked through anyhow.
    fn note_link(&mut self, link: PathBuf) {
        let root = self.root;
        let whole_root =
            self.whole_root.get_or_insert_with(|| root.canonicalize().unwrap_or_else(|_| root.to_owned()));
        match link.canonicalize() {
            Ok(target) if target.starts_with(whole_root) => {}
            Ok(target) => self.found.left_out.push(LeftOut::Elsewhere { link, target }),
            Err(error) => self.found.left_out.push(LeftOut::Unreadable { path: link, error }),
        }
    }
}

fn is_named_like_patch(name: &str) -> bool {
    let stem = COMPRESSED.iter().find_map(|ending| name.strip_suffix(ending)).unwrap_or(name);
    ENDINGS.iter().any(|ending| stem.ends_with(ending))
}

fn is_mail_folder(folder: &Path) -> bool {
    let is_one = folder.file_name().is_some_and(|name| MAIL_FOLDERS.iter().any(|mails| name == *mails));
    is_one && folder.parent().is_some_and(|maildir| maildir.join("cur").is_dir())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_files(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().expect("a folder")).expect("the folder");
            fs::write(path, text).expect("a file");
        }
        folder
    }

    /// The files below the folder, and what is said of others.
    fn found_in(folder: &Path) -> (Vec<String>, Vec<String>) {
        let PatchFolder { files, left_out } = patches_in(folder).expect("the folder can be read");
        let below = |path: PathBuf| {
            path.strip_prefix(folder).map(|path| path.display().to_string()).unwrap_or_default()
        };
        (files.into_iter().map(below).collect(), left_out.iter().map(ToString::to_string).collect())
    }

    fn found(files: &[(&str, &str)]) -> Vec<String> {
        let (found, left_out) = found_in(with_files(files).path());
        assert_eq!(left_out, [""; 0]);
        found
    }

    #[test]
    fn files_that_are_named_like_patches_are_found_in_order() {
        let files = ["2.patch", "1.diff", "sub/3.mbox.gz", "notes.txt", "4.patch.orig", ".git/5.patch"];
        assert_eq!(found(&files.map(|name| (name, ""))), ["1.diff", "2.patch", "sub/3.mbox.gz"]);
        assert_eq!(found(&[]), [""; 0]);
    }

    #[test]
    fn series_file_says_what_is_a_patch_and_in_which_order() {
        let series = "# quilt\nb.patch -p1\n\nsub/a # why\n";
        assert_eq!(found(&[("series", series), ("a.patch", "")]), ["b.patch", "sub/a"]);
    }

    #[test]
    fn list_of_suse_names_what_is_applied_and_the_rest_is_told() {
        let list = "\tpatches.suse/b\n+wip patches.suse/c\n-arm a.patch # why\n+x -y d\n-n +z e\n+wip f\n";
        let folder = with_files(&[("series.conf", list), ("z.patch", "")]);
        let (found, left_out) = found_in(folder.path());
        assert_eq!(found, ["patches.suse/b", "a.patch"]);
        let list = folder.path().join("series.conf");
        let list = list.display();
        assert_eq!(left_out.len(), 3, "{left_out:?}");
        assert!(left_out[0].starts_with(&format!("{list}:4: whether '+x -y d' is applied")), "{left_out:?}");
        assert!(
            left_out[2]
                .starts_with(&format!("{list}: guards leave 2 of its patches out, the first in line 2")),
            "{left_out:?}"
        );
    }

    #[test]
    fn mails_of_a_maildir_need_no_ending() {
        assert_eq!(found(&[("cur/1:2,S", ""), ("new/2", ""), ("tmp/3", "")]), ["cur/1:2,S", "new/2"]);
    }

    #[cfg(unix)]
    #[test]
    fn folders_that_are_not_looked_into_are_told() {
        use std::os::unix::fs::symlink;
        let deep = format!("{}x.patch", "d/".repeat(DEEPEST + 1));
        let folder = with_files(&[("in/1.patch", ""), (&deep, "")]);
        let other = with_files(&[("2.patch", "")]);
        let inside = folder.path().join("in");
        symlink(&inside, folder.path().join("again")).expect("a link");
        symlink(other.path(), folder.path().join("outside")).expect("a link");
        symlink("nowhere", folder.path().join("dangling")).expect("a link");
        let (found, mut left_out) = found_in(folder.path());
        assert_eq!(found, ["in/1.patch"]);
        left_out.sort();
        assert_eq!(left_out.len(), 2, "{left_out:?}");
        assert!(left_out[0].contains("/d: is not looked into, as it lies more than 16"), "{left_out:?}");
        assert!(left_out[1].contains("outside: is not looked into, as it is a link out of"), "{left_out:?}");
    }
}

//! The patches in a folder: those of a quilt series, or all files that are named like patches.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Endings of files that are looked up; an ending for compression may follow.
const ENDINGS: [&str; 7] = [".patch", ".diff", ".mbox", ".mbx", ".eml", ".mail", ".dif"];

/// Endings of compressed files.
const COMPRESSED: [&str; 4] = [".gz", ".bz2", ".xz", ".zst"];

/// The folders of a maildir that hold mails, whatever their names.
const MAIL_FOLDERS: [&str; 2] = ["cur", "new"];

/// How deep folders are looked into: beyond any collection of patches.
const DEEPEST: usize = 16;

/// The files to look up in a folder, in the order of its `series` file if it has one, else sorted by their paths.
///
/// # Errors
/// Where a folder or the `series` file cannot be read.
pub fn patches_in(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let series = folder.join("series");
    if series.is_file() {
        let text = fs::read(&series)?;
        return Ok(names_in_series(&String::from_utf8_lossy(&text)).map(|name| folder.join(name)).collect());
    }
    let mut found = Vec::new();
    collect(folder, 0, &mut found)?;
    found.sort();
    Ok(found)
}

/// The patches that a `series` file of quilt names; options and comments follow their names.
fn names_in_series(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|line| line.split('#').next().unwrap_or_default().split_ascii_whitespace().next())
}

fn collect(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if kind.is_dir() && depth < DEEPEST && name != ".git" {
            collect(&entry.path(), depth + 1, found)?;
        } else if !kind.is_dir() && (is_named_like_patch(&name) || is_mail_folder(folder)) {
            found.push(entry.path());
        }
    }
    Ok(())
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

    fn found(files: &[(&str, &str)]) -> Vec<String> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().expect("a folder")).expect("the folder");
            fs::write(path, text).expect("a file");
        }
        let below = |path: PathBuf| {
            path.strip_prefix(folder.path()).map(|path| path.display().to_string()).unwrap_or_default()
        };
        patches_in(folder.path()).expect("the folder can be read").into_iter().map(below).collect()
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
    fn mails_of_a_maildir_need_no_ending() {
        assert_eq!(found(&[("cur/1:2,S", ""), ("new/2", ""), ("tmp/3", "")]), ["cur/1:2,S", "new/2"]);
    }
}

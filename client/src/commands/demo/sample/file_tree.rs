//! The files of a tree, and patches applied to them to the letter.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use anyhow::{Context, bail, ensure};
use bstr::{BString, ByteSlice};
use hunktrace_indexer::hunk::{Hunk, Sign};
use hunktrace_indexer::patch::{Change, FilePatch};

/// Files by path.
#[derive(Clone, Debug, Default)]
pub struct FileTree {
    /// The content of each file.
    pub files: BTreeMap<BString, Vec<u8>>,
}

impl FileTree {
    /// Writes the files to a folder, which is made.
    ///
    /// # Errors
    /// If one cannot be written.
    pub fn write(&self, folder: &Path) -> anyhow::Result<()> {
        for (path, content) in &self.files {
            let path = folder.join(OsStr::from_bytes(path));
            let place = || path.display().to_string();
            fs::create_dir_all(path.parent().unwrap_or(folder)).with_context(place)?;
            fs::write(&path, content).with_context(place)?;
        }
        Ok(())
    }

    /// Applies what a patch does to one file.
    ///
    /// # Errors
    /// If the file is not as the patch expects it.
    pub fn apply(&mut self, patch: &FilePatch) -> anyhow::Result<()> {
        let old = match &patch.old_path {
            None => Vec::new(),
            Some(path) => {
                let content = match patch.change {
                    Change::Copied { .. } => self.files.get(path).cloned(),
                    _ => self.files.remove(path),
                };
                content.with_context(|| format!("{path}: there is no such file"))?
            }
        };
        let place = || patch.path().map(ToString::to_string).unwrap_or_default();
        let new = apply_hunks(&old, patch.hunks.iter().map(|patch| &patch.hunk)).with_context(place)?;
        match &patch.new_path {
            None => ensure!(new.is_empty(), "{}: is to go, but something is left of it", place()),
            Some(path) => {
                let replaced = self.files.insert(path.clone(), new);
                ensure!(replaced.is_none(), "{path}: is there already");
            }
        }
        Ok(())
    }
}

fn apply_hunks<'a>(old: &[u8], hunks: impl Iterator<Item = &'a Hunk>) -> anyhow::Result<Vec<u8>> {
    let mut rest = old.lines_with_terminator();
    let mut new = Vec::with_capacity(old.len());
    let mut next_line = 1;
    for hunk in hunks {
        while next_line < hunk.old_start {
            new.extend_from_slice(rest.next().context("has fewer lines than the patch says")?);
            next_line += 1;
        }
        for line in hunk.lines() {
            let mut text = line.text.to_vec();
            if line.ends_with_newline {
                text.push(b'\n');
            }
            if line.sign != Sign::Added {
                let found = rest.next().context("has fewer lines than the patch says")?;
                if found != text {
                    bail!("line {next_line}: is not as the patch says");
                }
                next_line += 1;
            }
            if line.sign != Sign::Removed {
                new.extend_from_slice(&text);
            }
        }
    }
    rest.for_each(|line| new.extend_from_slice(line));
    Ok(new)
}

#[cfg(test)]
mod tests {
    use super::*;
    use hunktrace_indexer::patch::parse;

    fn tree(files: &[(&str, &str)]) -> FileTree {
        FileTree { files: files.iter().map(|(path, text)| ((*path).into(), (*text).into())).collect() }
    }

    fn applied(files: &[(&str, &str)], patch: &str) -> anyhow::Result<Vec<(String, String)>> {
        let mut tree = tree(files);
        for patch in &parse(patch.as_bytes()).patches {
            for file in &patch.files {
                tree.apply(file)?;
            }
        }
        let shown = |(path, text): (&BString, &Vec<u8>)| (path.to_string(), text.as_bstr().to_string());
        Ok(tree.files.iter().map(shown).collect())
    }

    fn files(files: &[(&str, &str)]) -> Vec<(String, String)> {
        files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()
    }

    #[test]
    fn hunks_go_where_they_say() {
        let patch = "--- a/f\n+++ b/f\n@@ -2,2 +2,2 @@\n b\n-c\n+C\n@@ -5 +5,2 @@\n e\n+f\n";
        let after = applied(&[("f", "a\nb\nc\nd\ne\n")], patch).expect("it applies");
        assert_eq!(after, files(&[("f", "a\nb\nC\nd\ne\nf\n")]));
    }

    #[test]
    fn files_come_move_and_go() {
        let patch = "diff --git a/new b/new\nnew file mode 100644\n--- /dev/null\n+++ b/new\n@@ -0,0 +1 @@\n+n\n\
                     diff --git a/old b/moved\nsimilarity index 100%\nrename from old\nrename to moved\n\
                     diff --git a/gone b/gone\ndeleted file mode 100644\n--- a/gone\n+++ /dev/null\n@@ -1 +0,0 @@\n-g\n";
        let after = applied(&[("old", "o\n"), ("gone", "g\n")], patch).expect("it applies");
        assert_eq!(after, files(&[("moved", "o\n"), ("new", "n\n")]));
    }

    #[test]
    fn missing_newline_is_kept() {
        let patch = "--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\n+b\n\\ No newline at end of file\n";
        assert_eq!(applied(&[("f", "a\n")], patch).expect("it applies"), files(&[("f", "b")]));
    }

    #[test]
    fn patch_for_another_file_is_refused() {
        let patch = "--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\n+b\n";
        for content in ["", "x\n", "a"] {
            assert!(applied(&[("f", content)], patch).is_err(), "{content:?}");
        }
        assert!(applied(&[], patch).is_err());
    }
}

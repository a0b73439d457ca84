//! The folder in which a result grows before it takes its place.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

/// Says that a folder holds a whole result; it is written last.
pub const SUMMARY_FILE: &str = "summary.json";

/// A folder beside the one that was asked for. Dropped unfinished it is removed, and the other one stays as it was.
#[derive(Debug)]
pub struct Staging {
    target: PathBuf,
    path: PathBuf,
    is_finished: bool,
}

impl Staging {
    /// Makes the folder; what an interrupted run has left there is removed.
    ///
    /// # Errors
    /// Where `target` holds something else than an earlier result, or the folder cannot be made.
    pub fn beside(target: &Path) -> anyhow::Result<Staging> {
        if target.exists() && !is_empty(target)? && !target.join(SUMMARY_FILE).is_file() {
            bail!(
                "{}: is not empty and holds no earlier result; name an empty or a new folder",
                target.display()
            );
        }
        let path = with_suffix(target, ".unfinished");
        if path.exists() {
            fs::remove_dir_all(&path).with_context(|| format!("{}: cannot be removed", path.display()))?;
        }
        fs::create_dir_all(&path).with_context(|| format!("{}: cannot be made", path.display()))?;
        Ok(Staging { target: target.to_owned(), path, is_finished: false })
    }

    /// The folder to write to.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Puts the result in its place; an earlier one goes.
    ///
    /// # Errors
    /// Where a folder cannot be renamed or removed.
    pub fn finish(mut self) -> anyhow::Result<()> {
        let old = with_suffix(&self.target, ".old");
        if old.exists() {
            fs::remove_dir_all(&old).with_context(|| format!("{}: cannot be removed", old.display()))?;
        }
        if self.target.exists() {
            fs::rename(&self.target, &old)
                .with_context(|| format!("{}: cannot be moved", self.target.display()))?;
        }
        fs::rename(&self.path, &self.target)
            .with_context(|| format!("{}: cannot be moved to its place", self.path.display()))?;
        self.is_finished = true;
        if old.exists() {
            fs::remove_dir_all(&old).with_context(|| format!("{}: cannot be removed", old.display()))?;
        }
        Ok(())
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        if !self.is_finished {
            // What cannot be removed now goes with the next run.
            drop(fs::remove_dir_all(&self.path));
        }
    }
}

fn is_empty(folder: &Path) -> anyhow::Result<bool> {
    let mut entries = fs::read_dir(folder).with_context(|| format!("{}: is no folder", folder.display()))?;
    Ok(entries.next().is_none())
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(suffix);
    path.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_earlier_result_is_replaced_only_by_a_finished_one() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("out");
        let write = |text: &str| {
            let staging = Staging::beside(&target).unwrap();
            fs::write(staging.path().join(SUMMARY_FILE), text).unwrap();
            staging
        };
        write("first").finish().unwrap();
        drop(write("second"));
        assert_eq!(fs::read_to_string(target.join(SUMMARY_FILE)).unwrap(), "first");
        write("third").finish().unwrap();
        assert_eq!(fs::read_to_string(target.join(SUMMARY_FILE)).unwrap(), "third");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_folder_with_something_else_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("letter.txt"), "dear").unwrap();
        let error = Staging::beside(folder.path()).unwrap_err().to_string();
        assert!(error.contains("holds no earlier result"), "{error}");
    }
}

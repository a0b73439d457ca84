//! The folder in which a result grows before it takes its place.

use std::path::{Path, PathBuf};
use std::{fs, io};

use anyhow::{Context, bail};
use rustix::fs::{CWD, RenameFlags, renameat_with};

/// Says that a folder holds a whole result; it is written last.
pub const SUMMARY_FILE: &str = "summary.json";

/// A folder beside the one that was asked for. Dropped unfinished it is removed, and the other one stays as it was.
#[derive(Debug)]
pub struct Staging {
    target: PathBuf,
    path: PathBuf,
}

impl Staging {
    /// Says where the folder will be, which [`Staging::make`] makes. An earlier result that a killed run has moved away
    /// is moved back.
    ///
    /// # Errors
    /// Where `target` holds something else than an earlier result, or one that was moved away cannot be moved back.
    pub fn beside(target: &Path) -> anyhow::Result<Staging> {
        if target.file_name().is_none() {
            bail!("{}: names no folder of its own; give one, such as taken-apart", target.display());
        }
        let old = with_suffix(target, ".old");
        if old.exists() && !target.exists() {
            // A run was killed between moving the earlier result away and putting its own in the place.
            fs::rename(&old, target).with_context(|| format!("{}: cannot be moved back", old.display()))?;
        }
        if target.exists() && !is_empty(target)? && !target.join(SUMMARY_FILE).is_file() {
            bail!(
                "{}: is not empty and holds no earlier result; name an empty or a new folder",
                target.display()
            );
        }
        Ok(Staging { target: target.to_owned(), path: with_suffix(target, ".unfinished") })
    }

    /// Makes the folder; what an interrupted run has left there is removed.
    ///
    /// # Errors
    /// Where that is not possible.
    pub fn make(&self) -> anyhow::Result<()> {
        remove(&self.path)?;
        fs::create_dir_all(&self.path).with_context(|| format!("{}: cannot be made", self.path.display()))
    }

    /// The folder to write to.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Puts the result in its place; an earlier one goes.
    ///
    /// # Errors
    /// Where a folder cannot be renamed or removed.
    pub fn finish(self) -> anyhow::Result<()> {
        let moved = || format!("{}: cannot be moved to {}", self.path.display(), self.target.display());
        if !self.target.exists() {
            return fs::rename(&self.path, &self.target).with_context(moved);
        }
        // At every moment either the earlier result is in its place or this one.
        let exchanged = renameat_with(CWD, &self.path, CWD, &self.target, RenameFlags::EXCHANGE);
        if exchanged.is_ok() {
            return remove(&self.path);
        }
        // Not every file system can exchange two folders.
        let old = with_suffix(&self.target, ".old");
        remove(&old)?;
        fs::rename(&self.target, &old)
            .with_context(|| format!("{}: cannot be moved", self.target.display()))?;
        if let Err(error) = fs::rename(&self.path, &self.target) {
            fs::rename(&old, &self.target)
                .with_context(|| format!("{}: cannot be moved back", old.display()))?;
            return Err(error).with_context(moved);
        }
        remove(&old)
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        // What cannot be removed now goes with the next run.
        drop(remove(&self.path));
    }
}

/// Removes an unfinished result while other threads may still be writing to it, as far as that goes.
pub fn abandon(unfinished: &Path) {
    const ATTEMPTS: usize = 10;
    for _ in 0..ATTEMPTS {
        // What comes while the rest is removed is found by the next attempt, or goes with the next run.
        if remove(unfinished).is_ok() {
            return;
        }
    }
}

fn remove(folder: &Path) -> anyhow::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("{}: cannot be removed", folder.display()))
        }
        _ => Ok(()),
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
            staging.make().unwrap();
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
    fn an_earlier_result_that_a_killed_run_has_moved_away_comes_back() {
        let folder = tempfile::tempdir().unwrap();
        let old = folder.path().join("out.old");
        fs::create_dir(&old).unwrap();
        fs::write(old.join(SUMMARY_FILE), "earlier").unwrap();
        let target = folder.path().join("out");
        drop(Staging::beside(&target).unwrap());
        assert_eq!(fs::read_to_string(target.join(SUMMARY_FILE)).unwrap(), "earlier");
    }

    #[test]
    fn a_folder_without_a_name_is_refused() {
        let error = Staging::beside(Path::new("..")).unwrap_err().to_string();
        assert!(error.contains("names no folder"), "{error}");
    }

    #[test]
    fn a_folder_with_something_else_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("letter.txt"), "dear").unwrap();
        let error = Staging::beside(folder.path()).unwrap_err().to_string();
        assert!(error.contains("holds no earlier result"), "{error}");
    }
}

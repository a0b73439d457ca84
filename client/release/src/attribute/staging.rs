//! The folder in which a result grows before it takes its place.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::{File, TryLockError};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::{fs, io, mem};

use anyhow::{Context, bail};
use rustix::fs::{CWD, RenameFlags, renameat_with};

/// Says what a result is; written at its end.
pub const SUMMARY_FILE: &str = "summary.json";

/// Says that a folder is a whole result of this program, and what belongs to it; it is written last.
const MARKER_FILE: &str = ".hunktrace-result";

/// What the marker begins with; behind it stand the names of the folder's entries, each ended by a zero byte.
const MARKER_HEAD: &[u8] = b"hunktrace attribute: a later run replaces this folder\n";

/// Held by the run that writes to an unfinished folder.
const LOCK_FILE: &str = ".lock";

/// A folder beside the one that was asked for. Dropped unfinished it is removed, and the other one stays as it was.
#[derive(Debug)]
pub struct Staging {
    target: PathBuf,
    path: PathBuf,
    /// Says that the folder is this run's own, from [`Staging::make`] on.
    lock: Option<File>,
    /// The same, for whoever cleans up when a signal ends the program; locked while the folder is made.
    is_own: Arc<Mutex<bool>>,
}

impl Staging {
    /// Says where the folder will be, which [`Staging::make`] makes. An earlier result that a killed run has moved away
    /// is moved back.
    ///
    /// # Errors
    /// Where `target` holds something that no earlier run has written, or a result that was moved away cannot be moved
    /// back.
    pub fn beside(target: &Path) -> anyhow::Result<Staging> {
        if target.file_name().is_none() {
            bail!("{}: names no folder of its own; give one, such as taken-apart", target.display());
        }
        let old = with_suffix(target, ".old");
        if !target.exists() && old.join(MARKER_FILE).is_file() {
            // A run was killed between moving the earlier result away and putting its own in the place.
            fs::rename(&old, target).with_context(|| format!("{}: cannot be moved back", old.display()))?;
        }
        check_replaceable(target)?;
        Ok(Staging {
            target: target.to_owned(),
            path: with_suffix(target, ".unfinished"),
            lock: None,
            is_own: Arc::default(),
        })
    }

    /// Makes the folder; what an interrupted run has left there is removed.
    ///
    /// # Errors
    /// Where that is not possible, or another run is writing there.
    pub fn make(&mut self) -> anyhow::Result<()> {
        let lock_path = self.path.join(LOCK_FILE);
        let failed = || format!("{}: cannot be made", self.path.display());
        let mut is_own = locked(&self.is_own);
        let lock = loop {
            fs::create_dir_all(&self.path).with_context(failed)?;
            let lock = File::options().create(true).truncate(false).write(true).open(&lock_path);
            let lock = lock.with_context(failed)?;
            match lock.try_lock() {
                Err(TryLockError::WouldBlock) => bail!(
                    "{}: another run is making this result; wait for it to finish, or name another folder",
                    self.target.display()
                ),
                Err(TryLockError::Error(error)) => return Err(error).with_context(failed),
                Ok(()) => {}
            }
            // The run that held the lock before may have moved or removed the folder with it meanwhile.
            let locked = lock.metadata().with_context(failed)?;
            let is_there = fs::metadata(&lock_path).is_ok_and(|there| there.ino() == locked.ino());
            if is_there {
                break lock;
            }
        };
        *is_own = true;
        drop(is_own);
        self.lock = Some(lock);
        for entry in fs::read_dir(&self.path).with_context(failed)? {
            let path = entry.with_context(failed)?.path();
            if path != lock_path {
                let removed = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
                removed.with_context(|| format!("{}: cannot be removed", path.display()))?;
            }
        }
        Ok(())
    }

    /// What removes the folder when a signal ends the program, as far as that goes while other threads may still be writing to
    /// it. Before [`Staging::make`] it may be another run's, and stays; it is not made any more afterwards.
    pub fn abandonment(&self) -> impl FnOnce() + Send + use<> {
        let (unfinished, is_own) = (self.path.clone(), Arc::clone(&self.is_own));
        move || {
            let is_own = locked(&is_own);
            if *is_own {
                abandon(&unfinished);
            }
            // Nobody may make it while the program ends.
            mem::forget(is_own);
        }
    }

    /// The folders that belong to no tree that is read, wherever they lie: the result's place, and those beside it that are
    /// used until it is there.
    pub fn places(&self) -> Vec<PathBuf> {
        vec![self.target.clone(), self.path.clone(), with_suffix(&self.target, ".old")]
    }

    /// The folder to write to.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Puts the result in its place; an earlier one goes.
    ///
    /// # Errors
    /// Where a folder cannot be renamed or removed, or something was put into the result's place meanwhile that no run has
    /// written.
    pub fn finish(mut self) -> anyhow::Result<()> {
        check_replaceable(&self.target)?;
        self.mark()?;
        let moved = || format!("{}: cannot be moved to {}", self.path.display(), self.target.display());
        if !self.target.exists() {
            fs::rename(&self.path, &self.target).with_context(moved)?;
            self.let_go();
            return Ok(());
        }
        // At every moment either the earlier result is in its place or this one.
        let exchanged = renameat_with(CWD, &self.path, CWD, &self.target, RenameFlags::EXCHANGE);
        if exchanged.is_ok() {
            self.let_go();
            return remove(&self.path);
        }
        // Not every file system can exchange two folders.
        let old = with_suffix(&self.target, ".old");
        if old.exists() {
            check_replaceable(&old)?;
            remove(&old)?;
        }
        fs::rename(&self.target, &old)
            .with_context(|| format!("{}: cannot be moved", self.target.display()))?;
        if let Err(error) = fs::rename(&self.path, &self.target) {
            fs::rename(&old, &self.target)
                .with_context(|| format!("{}: cannot be moved back", old.display()))?;
            return Err(error).with_context(moved);
        }
        self.let_go();
        remove(&old)
    }

    /// Leaves the folder to its new place.
    fn let_go(&mut self) {
        *locked(&self.is_own) = false;
        self.lock = None;
    }

    /// Writes the marker, and removes the lock's file; the lock itself is held on.
    fn mark(&self) -> anyhow::Result<()> {
        let lock = self.path.join(LOCK_FILE);
        fs::remove_file(&lock).with_context(|| format!("{}: cannot be removed", lock.display()))?;
        let mut marker = MARKER_HEAD.to_vec();
        for name in entries(&self.path)? {
            marker.extend_from_slice(name.as_bytes());
            marker.push(0);
        }
        let path = self.path.join(MARKER_FILE);
        fs::write(&path, marker).with_context(|| format!("{}: cannot be written", path.display()))
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        if self.lock.is_some() {
            // What cannot be removed now goes with the next run.
            drop(remove(&self.path));
        }
    }
}

/// Refuses a folder in which there is something that no run has written.
fn check_replaceable(folder: &Path) -> anyhow::Result<()> {
    if !folder.exists() {
        return Ok(());
    }
    let found = entries(folder)?;
    if found.is_empty() {
        return Ok(());
    }
    let marker = fs::read(folder.join(MARKER_FILE)).ok();
    let Some(names) = marker.as_deref().and_then(|marker| marker.strip_prefix(MARKER_HEAD)) else {
        bail!(
            "{}: is not empty and holds no earlier result; name an empty or a new folder",
            folder.display()
        );
    };
    let own: BTreeSet<&[u8]> = names.split(|byte| *byte == 0).chain([MARKER_FILE.as_bytes()]).collect();
    match found.iter().find(|name| !own.contains(name.as_bytes())) {
        Some(foreign) => bail!(
            "{}: holds {} beside an earlier result, which would be lost; move it away, or name another folder",
            folder.display(),
            Path::new(foreign).display()
        ),
        None => Ok(()),
    }
}

/// The names in a folder, sorted.
fn entries(folder: &Path) -> anyhow::Result<BTreeSet<OsString>> {
    let cannot_read = || format!("{}: is no folder that can be read", folder.display());
    let entries = fs::read_dir(folder).with_context(cannot_read)?;
    entries.map(|entry| entry.map(|entry| entry.file_name()).with_context(cannot_read)).collect()
}

/// Removes an unfinished result while other threads may still be writing to it, as far as that goes.
fn abandon(unfinished: &Path) {
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

fn locked(is_own: &Mutex<bool>) -> MutexGuard<'_, bool> {
    is_own.lock().unwrap_or_else(PoisonError::into_inner)
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(suffix);
    path.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(target: &Path, summary: &str) -> Staging {
        let mut staging = Staging::beside(target).unwrap();
        staging.make().unwrap();
        fs::write(staging.path().join(SUMMARY_FILE), summary).unwrap();
        staging
    }

    fn refusal(target: &Path) -> String {
        Staging::beside(target).unwrap_err().to_string()
    }

    #[test]
    fn an_earlier_result_is_replaced_only_by_a_finished_one() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("out");
        made(&target, "first").finish().unwrap();
        drop(made(&target, "second"));
        assert_eq!(fs::read_to_string(target.join(SUMMARY_FILE)).unwrap(), "first");
        made(&target, "third").finish().unwrap();
        assert_eq!(fs::read_to_string(target.join(SUMMARY_FILE)).unwrap(), "third");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        assert_eq!(entries(&target).unwrap(), [MARKER_FILE, SUMMARY_FILE].map(OsString::from).into());
    }

    #[test]
    fn an_earlier_result_that_a_killed_run_has_moved_away_comes_back() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("out");
        made(&target, "earlier").finish().unwrap();
        fs::rename(&target, folder.path().join("out.old")).unwrap();
        drop(Staging::beside(&target).unwrap());
        assert_eq!(fs::read_to_string(target.join(SUMMARY_FILE)).unwrap(), "earlier");
    }

    #[test]
    fn a_folder_without_a_name_is_refused() {
        assert!(refusal(Path::new("..")).contains("names no folder"));
    }

    #[test]
    fn a_folder_with_something_else_is_left_alone_whatever_its_files_are_called() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("letter.txt"), "dear").unwrap();
        assert!(refusal(folder.path()).contains("holds no earlier result"));
        fs::write(folder.path().join(SUMMARY_FILE), "{}").unwrap();
        assert!(refusal(folder.path()).contains("holds no earlier result"));
    }

    #[test]
    fn what_was_put_beside_an_earlier_result_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("out");
        made(&target, "first").finish().unwrap();
        let second = made(&target, "second");
        fs::write(target.join("letter.txt"), "dear").unwrap();
        assert!(refusal(&target).contains("holds letter.txt beside an earlier result"));
        assert!(second.finish().unwrap_err().to_string().contains("letter.txt"));
        assert_eq!(fs::read_to_string(target.join("letter.txt")).unwrap(), "dear");
    }

    #[test]
    fn of_two_runs_the_second_is_refused_and_takes_nothing_away() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("out");
        let first = made(&target, "first");
        let mut second = Staging::beside(&target).unwrap();
        let error = second.make().unwrap_err().to_string();
        assert!(error.contains("another run is making this result"), "{error}");
        drop(second);
        first.finish().unwrap();
        assert_eq!(fs::read_to_string(target.join(SUMMARY_FILE)).unwrap(), "first");
        made(&target, "third").finish().unwrap();
    }

    #[test]
    fn what_a_killed_run_has_left_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let remains = folder.path().join("out.unfinished/patches");
        fs::create_dir_all(&remains).unwrap();
        fs::write(remains.join("0001.patch"), "half").unwrap();
        let target = folder.path().join("out");
        made(&target, "whole").finish().unwrap();
        assert!(!target.join("patches").exists());
    }
}

//! The objects of a git repository, read by several threads at a time.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bstr::BStr;
use gix::{ObjectId, Repository, ThreadSafeRepository};

use super::error::{Cause, Error};
use super::limits::Limits;

/// A repository's objects, to be read by several threads at a time.
pub(super) struct GitObjects {
    path: PathBuf,
    limits: Limits,
    shared: Mutex<ThreadSafeRepository>,
    /// Handles that no thread uses just now: setting one up costs more than a read.
    idle: Mutex<Vec<Repository>>,
}

impl fmt::Debug for GitObjects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GitObjects").field("path", &self.path).finish_non_exhaustive()
    }
}

impl GitObjects {
    /// Opens a repository without the user's settings.
    pub fn open(path: &Path, limits: &Limits) -> Result<GitObjects, Error> {
        let problem =
            "is no git repository that can be opened; give the folder that holds .git, or a bare repository";
        let shared = open_isolated(path).map_err(|cause| Error::git(path, problem, cause))?;
        Ok(GitObjects {
            path: path.to_owned(),
            limits: limits.clone(),
            shared: Mutex::new(shared),
            idle: Mutex::default(),
        })
    }

    /// Unmaps the packs that reading has mapped: pages that were touched count as this program's memory. They are
    /// mapped again by the next read. A repository that cannot be opened again just now stays as it is.
    pub fn let_go(&self) {
        if let Ok(fresh) = open_isolated(&self.path) {
            *lock(&self.shared) = fresh;
            lock(&self.idle).clear();
        }
    }

    /// The repository.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads a blob. `path` is where a tree has it.
    pub fn read_blob(&self, id: ObjectId, path: &BStr) -> Result<Vec<u8>, Error> {
        self.with_handle(|repo| {
            let cannot = |cause| Error::git(&self.path, format!("cannot read blob {id} of {path:?}"), cause);
            let header = repo.try_find_header(id).map_err(cannot)?.ok_or_else(|| self.missing(id, path))?;
            self.limits.check_file_bytes(header.size()).map_err(|exceeded| {
                Error::over_limit(&self.path.display().to_string(), path.to_string(), exceeded)
            })?;
            let mut blob = repo.find_blob(id).map_err(cannot)?;
            Ok(blob.take_data())
        })
    }

    /// Does some work with a handle of its own.
    pub fn with_handle<T>(&self, work: impl FnOnce(&Repository) -> T) -> T {
        let taken = lock(&self.idle).pop();
        let repo = taken.unwrap_or_else(|| lock(&self.shared).to_thread_local());
        let outcome = work(&repo);
        lock(&self.idle).push(repo);
        outcome
    }

    /// The error for an object that a tree names at `path` and the repository lacks.
    pub fn missing(&self, id: ObjectId, path: &BStr) -> Error {
        Error::MissingObject { repo: self.path.clone(), path: path.into(), id }
    }
}

/// Opens a repository without the user's settings.
fn open_isolated(path: &Path) -> Result<ThreadSafeRepository, Cause> {
    Ok(ThreadSafeRepository::open_opts(path, gix::open::Options::isolated())?)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

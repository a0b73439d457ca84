//! The indexes in the user's cache folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::Context;
use hunktrace_indexer::index::folder::{IndexError, IndexFolder};

use crate::source::repository_index::cache_folder;

/// An index in the user's cache folder.
#[derive(Clone, Debug)]
pub struct CachedIndex {
    /// Its folder.
    pub path: PathBuf,
    /// Its size.
    pub bytes: u64,
    /// When it was asked or extended last.
    pub last_used: SystemTime,
    /// What it holds.
    pub content: Content,
}

/// What a cached index holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// The history of this repository.
    OfRepository(PathBuf),
    /// Nothing yet.
    Begun,
    /// Something that this program cannot read, for this reason.
    Unreadable(String),
}

/// The indexes in the user's cache folder, by path. What else is there is passed over.
///
/// # Errors
/// If there is no such folder for this user, or it cannot be read.
pub fn cached_indexes() -> anyhow::Result<Vec<CachedIndex>> {
    indexes_in(&cache_folder()?)
}

fn indexes_in(cache: &Path) -> anyhow::Result<Vec<CachedIndex>> {
    let unreadable = || format!("{}: cannot be read", cache.display());
    let entries = match fs::read_dir(cache) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error).with_context(unreadable),
    };
    let mut indexes = Vec::new();
    for entry in entries {
        let path = entry.with_context(unreadable)?.path();
        let content = match IndexFolder::open(&path) {
            Ok(folder) => match content_of(&folder) {
                Ok(content) => content,
                Err(error) => Content::Unreadable(error.to_string()),
            },
            Err(IndexError::Format { found, .. }) => {
                Content::Unreadable(format!("has {found}, which this program does not read"))
            }
            Err(_) => continue,
        };
        let last_used = fs::metadata(&path).and_then(|found| found.modified());
        indexes.push(CachedIndex {
            bytes: bytes_in(&path).with_context(|| path.display().to_string())?,
            last_used: last_used.with_context(|| path.display().to_string())?,
            path,
            content,
        });
    }
    indexes.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(indexes)
}

fn content_of(folder: &IndexFolder) -> Result<Content, IndexError> {
    let segments = folder.open_segments()?.index;
    let Some(generation) = folder.generation(&segments)? else { return Ok(Content::Begun) };
    let refs = folder.open_graph(&generation)?.graph.refs();
    let refs = refs.map_err(|error| folder.graph_error(&generation, &error))?;
    Ok(refs.into_iter().next().map_or(Content::Begun, |first| Content::OfRepository(first.repository.into())))
}

/// The bytes of all files in a folder and below. A file may vanish while an index is written.
fn bytes_in(folder: &Path) -> std::io::Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let Ok(found) = entry.metadata() else { continue };
        bytes += if found.is_dir() { bytes_in(&entry.path())? } else { found.len() };
    }
    Ok(bytes)
}

/// Notes that a cached index is asked now.
pub fn note_use(index: &Path) {
    // Whoever may not write there may still ask it.
    let noted = fs::File::open(index).and_then(|folder| folder.set_modified(SystemTime::now()));
    if let Err(error) = noted {
        tracing::debug!(index = %index.display(), %error, "its use cannot be noted");
    }
}

impl CachedIndex {
    /// Removes it.
    ///
    /// # Errors
    /// If another process is writing to it, or it cannot be removed.
    pub fn remove(&self) -> anyhow::Result<()> {
        let _lock = match IndexFolder::open(&self.path) {
            Ok(folder) => Some(folder.lock_for_removal()?),
            Err(_) => None,
        };
        fs::remove_dir_all(&self.path).with_context(|| format!("{}: cannot be removed", self.path.display()))
    }
}

//! Changes the list of the neighbours that an index knows.

use std::collections::HashSet;
use std::fs::{self, File, Permissions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use hunktrace_indexer::index::folder::IndexFolder;
use hunktrace_server::neighbours::kind::NeighbourKind;
use hunktrace_server::neighbours::known_list::{LIST_FILE, list_text, listed_neighbours};
use hunktrace_server::neighbours::looked_up_series::{KEPT_FOLDER, LookedUpSeries, kept_file};

/// Held while the file is changed.
const LOCK: &str = "neighbours.lock";

/// What changes of the neighbours of an index.
#[derive(Clone, Copy, Debug, Default)]
pub struct NeighbourChange<'a> {
    /// Those that it is to know.
    pub added: &'a [PathBuf],
    /// Those that it is to forget.
    pub forgotten: &'a [PathBuf],
    /// What was said of the patches of its series.
    pub looked_up: &'a [LookedUpSeries],
}

/// Makes neighbours known to an index, and forgets others; returns those that it knows then.
///
/// # Errors
/// Where there is no index, its folder cannot be written, or a neighbour is none.
pub fn change_neighbours(index: &Path, change: NeighbourChange<'_>) -> anyhow::Result<Vec<PathBuf>> {
    IndexFolder::open(index)?;
    let added = change.added.iter().map(|path| checked_path(path));
    let added: Vec<PathBuf> = added.collect::<Result<_, _>>()?;
    let writing = || format!("{}: its neighbours cannot be written", index.display());
    let lock = File::create(index.join(LOCK)).with_context(writing)?;
    // Of several processes each sees what the one before has written.
    lock.lock().with_context(writing)?;
    let before = listed_neighbours(index)?;
    let mut known = before.clone();
    for path in change.forgotten {
        let whole = whole_path(path)?;
        let count = known.len();
        known.retain(|other| other != &whole && other != path);
        if known.len() == count {
            let known: Vec<String> = known.iter().map(|path| path.display().to_string()).collect();
            let known = if known.is_empty() { "it knows none".to_owned() } else { known.join(", ") };
            bail!("{}: is no neighbour of this index; {known}", path.display());
        }
    }
    for path in added {
        if !known.contains(&path) {
            known.push(path);
        }
    }
    let permissions = fs::metadata(index.join("FORMAT")).with_context(writing)?.permissions();
    for series in change.looked_up.iter().filter(|series| known.contains(&series.path)) {
        fs::create_dir_all(index.join(KEPT_FOLDER)).with_context(writing)?;
        replace(&kept_file(index, &series.path), &series.to_text()?, &permissions).with_context(writing)?;
    }
    if known != before {
        replace(&index.join(LIST_FILE), &list_text(&known)?, &permissions).with_context(writing)?;
    }
    remove_others(index, &known).with_context(writing)?;
    Ok(known)
}

/// Replaces a file as a whole; one that is linked to it keeps its content.
fn replace(path: &Path, text: &str, permissions: &Permissions) -> anyhow::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new().prefix(".neighbours").tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.as_file().set_permissions(permissions.clone())?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// Removes what is kept of series that the index does not know any more, and what killed processes have left.
fn remove_others(index: &Path, known: &[PathBuf]) -> io::Result<()> {
    let wanted: HashSet<PathBuf> = known.iter().map(|path| kept_file(index, path)).collect();
    let entries = match fs::read_dir(index.join(KEPT_FOLDER)) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let path = entry?.path();
        if !wanted.contains(&path) {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

/// The whole path of a neighbour that can be read, as text.
fn checked_path(path: &Path) -> anyhow::Result<PathBuf> {
    NeighbourKind::of(path)?;
    let whole = whole_path(path)?;
    match whole.to_str() {
        Some(_) => Ok(whole),
        None => bail!("{}: is no UTF-8; give it another name", path.display()),
    }
}

/// The whole path of a neighbour, without links.
///
/// # Errors
/// Where the current folder is gone.
pub fn whole_path(path: &Path) -> anyhow::Result<PathBuf> {
    let whole = std::path::absolute(path).with_context(|| path.display().to_string())?;
    Ok(fs::canonicalize(&whole).unwrap_or(whole))
}

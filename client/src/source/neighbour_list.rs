//! Changes the list of the neighbours that an index knows.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use hunktrace_indexer::index::folder::IndexFolder;
use hunktrace_server::neighbours::kind::NeighbourKind;
use hunktrace_server::neighbours::known_list::{LIST_FILE, list_text, listed_neighbours};

/// Held while the file is changed.
const LOCK: &str = "neighbours.lock";

/// Makes neighbours known to an index, and forgets others; returns those that it knows then.
///
/// # Errors
/// Where there is no index, its folder cannot be written, or a neighbour is none.
pub fn change_neighbours(
    index: &Path,
    added: &[PathBuf],
    forgotten: &[PathBuf],
) -> anyhow::Result<Vec<PathBuf>> {
    IndexFolder::open(index)?;
    let added: Vec<String> = added.iter().map(|path| checked_path(path)).collect::<Result<_, _>>()?;
    let writing = || format!("{}: its neighbours cannot be written", index.display());
    let lock = File::create(index.join(LOCK)).with_context(writing)?;
    // Of several processes each sees what the one before has written.
    lock.lock().with_context(writing)?;
    let mut known = listed_neighbours(index)?;
    for path in forgotten {
        let whole = whole_path(path)?;
        let before = known.len();
        known.retain(|other| other != &whole && other != path);
        if known.len() == before {
            let known: Vec<String> = known.iter().map(|path| path.display().to_string()).collect();
            let known = if known.is_empty() { "it knows none".to_owned() } else { known.join(", ") };
            bail!("{}: is no neighbour of this index; {known}", path.display());
        }
    }
    for path in added.into_iter().map(PathBuf::from) {
        if !known.contains(&path) {
            known.push(path);
        }
    }
    let text = list_text(&known)?;
    let mut file = tempfile::Builder::new().prefix(".neighbours").tempfile_in(index).with_context(writing)?;
    file.write_all(text.as_bytes()).and_then(|()| file.as_file().sync_all()).with_context(writing)?;
    let permissions = fs::metadata(index.join("FORMAT"))
        .and_then(|format| file.as_file().set_permissions(format.permissions()));
    permissions.with_context(writing)?;
    file.persist(index.join(LIST_FILE)).map_err(|error| error.error).with_context(writing)?;
    Ok(known)
}

/// The whole path of a neighbour that can be read, as text.
fn checked_path(path: &Path) -> anyhow::Result<String> {
    NeighbourKind::of(path)?;
    match whole_path(path)?.into_os_string().into_string() {
        Ok(text) => Ok(text),
        Err(_) => bail!("{}: is no UTF-8; give the file another name", path.display()),
    }
}

fn whole_path(path: &Path) -> anyhow::Result<PathBuf> {
    let whole = std::path::absolute(path).with_context(|| path.display().to_string())?;
    Ok(fs::canonicalize(&whole).unwrap_or(whole))
}

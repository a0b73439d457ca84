//! The neighbours that an index knows: where it is said which other vendors have commits of it.
//!
//! They stand in a file of the index' folder, so whoever has the index has them as well. Readers lock nothing.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use hunktrace_indexer::index::folder::IndexFolder;
use serde::{Deserialize, Serialize};

use crate::source::recorded_neighbour::NeighbourKind;

const FILE: &str = "neighbours.json";

/// Held while the file is changed.
const LOCK: &str = "neighbours.lock";

const FORMAT: u32 = 1;

#[derive(Deserialize, Serialize)]
struct Stored {
    format: u32,
    neighbours: Vec<String>,
}

/// The neighbours that an index knows, in the order in which they were made known; none where it knows none.
///
/// # Errors
/// Where the file is damaged or cannot be read.
pub fn known_neighbours(index: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let path = index.join(FILE);
    let text = match fs::read(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error).with_context(|| format!("{}: cannot be read", path.display())),
    };
    let remedy = || {
        let path = path.display();
        format!(
            "{path}: is damaged; remove it, and make the neighbours known again with 'hunktrace index --neighbour'"
        )
    };
    let stored: Stored = serde_json::from_slice(&text).with_context(remedy)?;
    if stored.format > FORMAT {
        bail!(
            "{}: has format {}, and this program knows {FORMAT}; update hunktrace",
            path.display(),
            stored.format
        );
    }
    Ok(stored.neighbours.into_iter().map(PathBuf::from).collect())
}

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
    let mut known = known_neighbours(index)?;
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
    let stored = Stored {
        format: FORMAT,
        // Only texts are stored.
        neighbours: known.iter().map(|path| path.to_string_lossy().into_owned()).collect(),
    };
    let mut file = tempfile::Builder::new().prefix(".neighbours").tempfile_in(index).with_context(writing)?;
    serde_json::to_writer_pretty(&mut file, &stored)?;
    file.write_all(b"\n").and_then(|()| file.as_file().sync_all()).with_context(writing)?;
    let permissions = fs::metadata(index.join("FORMAT"))
        .and_then(|format| file.as_file().set_permissions(format.permissions()));
    permissions.with_context(writing)?;
    file.persist(index.join(FILE)).map_err(|error| error.error).with_context(writing)?;
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

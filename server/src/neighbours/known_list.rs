//! The list of the neighbours that an index knows: a file of its folder, so that whoever has the index has them as well. Readers
//! lock nothing.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::error::NeighbourError;

/// The name of the list in the index' folder.
pub const LIST_FILE: &str = "neighbours.json";

const FORMAT: u32 = 1;

#[derive(Deserialize, Serialize)]
struct Stored {
    format: u32,
    neighbours: Vec<String>,
}

/// The neighbours that an index knows, in the order in which they were made known; none where it knows none.
///
/// # Errors
/// Where the list is damaged or cannot be read.
pub fn listed_neighbours(index: &Path) -> Result<Vec<PathBuf>, NeighbourError> {
    let path = index.join(LIST_FILE);
    let wrong = |message: String| NeighbourError::new(&path, format!("{}: {message}", path.display()));
    let text = match fs::read(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(wrong(format!("cannot be read: {error}"))),
    };
    let stored: Stored = serde_json::from_slice(&text).map_err(|error| {
        wrong(format!(
            "is damaged; remove it, and make the neighbours known again with 'hunktrace index --neighbour': {error}"
        ))
    })?;
    if stored.format > FORMAT {
        return Err(wrong(format!(
            "has format {}, and this program knows {FORMAT}; update hunktrace",
            stored.format
        )));
    }
    Ok(stored.neighbours.into_iter().map(PathBuf::from).collect())
}

/// The text of a list. Only texts are stored: bytes that are no UTF-8 are replaced.
///
/// # Errors
/// Where it cannot be written as JSON.
pub fn list_text(neighbours: &[PathBuf]) -> serde_json::Result<String> {
    let neighbours = neighbours.iter().map(|path| path.to_string_lossy().into_owned()).collect();
    Ok(serde_json::to_string_pretty(&Stored { format: FORMAT, neighbours })? + "\n")
}

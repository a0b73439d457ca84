//! A file of what a user does not want to be told: a commit, a path or a vulnerability a line, and behind a `#` the reason.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::tree_question::Waiver;

/// Why a file of waivers cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum WaiverError {
    /// It cannot be read.
    #[error("{}: cannot be read: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A line is not what it has to be.
    #[error(
        "{}: line {line}: {text:?} is more than one word; write a commit, a path or a CVE id, and the reason behind a '#'",
        path.display()
    )]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Line of the file, from 1.
        line: usize,
        /// What stands there.
        text: String,
    },
}

/// Reads a file of waivers.
///
/// # Errors
/// Where it cannot be read, or a line has more than one word before its reason.
pub fn read_waivers(path: &Path) -> Result<Vec<Waiver>, WaiverError> {
    let bytes = fs::read(path).map_err(|source| WaiverError::Unreadable { path: path.to_owned(), source })?;
    let mut waivers = Vec::new();
    for (number, line) in String::from_utf8_lossy(&bytes).lines().enumerate() {
        let (subject, reason) = line.split_once('#').unwrap_or((line, ""));
        let subject = subject.trim();
        if subject.is_empty() {
            continue;
        }
        if subject.contains(char::is_whitespace) {
            let text = subject.to_owned();
            return Err(WaiverError::Malformed { path: path.to_owned(), line: number + 1, text });
        }
        waivers.push(Waiver { subject: subject.to_owned(), reason: reason.trim().to_owned() });
    }
    Ok(waivers)
}

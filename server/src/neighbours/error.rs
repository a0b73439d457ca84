//! Why a neighbour cannot be asked.

use std::fmt::{Display, Formatter};
use std::path::{Path, PathBuf};

/// Why a neighbour, or the list of them, cannot be used, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct NeighbourError {
    /// The neighbour or the list.
    path: PathBuf,
    /// What is wrong, with that path in it.
    message: String,
}

impl NeighbourError {
    /// Something is wrong with what is at a path; the message names the path as [`Path::display`] does.
    pub fn new(path: &Path, message: String) -> NeighbourError {
        NeighbourError { path: path.to_owned(), message }
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What is wrong, with another name in place of the path.
    pub fn told_of(&self, name: &str) -> String {
        self.message.replace(&*self.path.to_string_lossy(), name)
    }
}

impl Display for NeighbourError {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strangers_are_told_names() {
        let path = Path::new("/srv/secret/c.sqlite");
        let error = NeighbourError::new(path, "/srv/secret/c.sqlite: forget /srv/secret/c.sqlite".to_owned());
        assert_eq!(error.told_of("c.sqlite"), "c.sqlite: forget c.sqlite");
        assert_eq!(error.to_string(), "/srv/secret/c.sqlite: forget /srv/secret/c.sqlite");
    }
}

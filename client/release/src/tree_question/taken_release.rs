//! A release that `attribute` has taken apart: what it was made from, and the commits that it has.

use std::ffi::OsString;
use std::fs;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// A release that has been taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakenRelease {
    /// What it is called.
    pub name: String,
    /// The base, as it is named on the command line.
    pub base: OsString,
    /// The base as a revision of the index.
    pub base_revision: String,
    /// The vendor's release, as it is named on the command line.
    pub vendor: OsString,
    /// The commits that it has, by id.
    pub commits: Vec<String>,
}

/// Why the result of `attribute` cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TakenReleaseError {
    /// A file of it cannot be read.
    #[error("{}: cannot be read: {source}; name the folder of one release that 'hunktrace attribute' has written", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file of it is not as `attribute` writes it.
    #[error("{}: line {line}: {source}; write it again with 'hunktrace attribute'", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Line of the file, from 1.
        line: usize,
        /// What is wrong.
        source: serde_json::Error,
    },
}

#[derive(Deserialize)]
struct Summary {
    #[serde(default)]
    name: String,
    inputs: Inputs,
}

#[derive(Deserialize)]
struct Inputs {
    base: Input,
    base_revision: String,
    vendor: Input,
}

#[derive(Deserialize)]
struct Input {
    path: Option<String>,
    repository: Option<String>,
    revision: Option<String>,
    commit: Option<String>,
}

impl Input {
    /// As it is named on the command line.
    fn argument(self) -> OsString {
        match (self.path, self.repository, self.commit.or(self.revision)) {
            (Some(path), ..) => path.into(),
            (None, Some(repository), Some(revision)) => format!("{repository}:{revision}").into(),
            _ => OsString::new(),
        }
    }
}

#[derive(Deserialize)]
struct Commit {
    commit: String,
}

impl TakenRelease {
    /// Reads a result of `attribute`.
    ///
    /// # Errors
    /// Where it cannot be read, or is not as `attribute` writes it.
    pub fn read(folder: &Path) -> Result<TakenRelease, TakenReleaseError> {
        let path = folder.join("summary.json");
        let text = fs::read_to_string(&path)
            .map_err(|source| TakenReleaseError::Unreadable { path: path.clone(), source })?;
        let summary: Summary = serde_json::from_str(&text).map_err(|source| {
            TakenReleaseError::Malformed { path: path.clone(), line: source.line(), source }
        })?;
        let Inputs { base, base_revision, vendor } = summary.inputs;
        Ok(TakenRelease {
            name: summary.name,
            base: base.argument(),
            base_revision,
            vendor: vendor.argument(),
            commits: commits(&folder.join("commits.jsonl"))?,
        })
    }
}

fn commits(path: &Path) -> Result<Vec<String>, TakenReleaseError> {
    let unreadable = |source| TakenReleaseError::Unreadable { path: path.to_owned(), source };
    let mut commits = Vec::new();
    for (number, line) in BufReader::new(fs::File::open(path).map_err(unreadable)?).lines().enumerate() {
        let commit: Commit = serde_json::from_str(&line.map_err(unreadable)?).map_err(|source| {
            TakenReleaseError::Malformed { path: path.to_owned(), line: number + 1, source }
        })?;
        commits.push(commit.commit);
    }
    Ok(commits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trees_and_commits_are_read_back() {
        let folder = tempfile::tempdir().expect("a folder");
        let summary = r#"{"name":"kernel-7","inputs":{"base":{"repository":"/u.git","revision":"v4.0","commit":"ab"},
            "base_revision":"v4.0","vendor":{"path":"/k.tar"}}}"#;
        fs::write(folder.path().join("summary.json"), summary).expect("the summary");
        fs::write(folder.path().join("commits.jsonl"), "{\"commit\":\"cd\",\"status\":\"complete\"}\n")
            .expect("the commits");

        let taken = TakenRelease::read(folder.path()).expect("a release");

        assert_eq!((taken.base, taken.vendor), ("/u.git:ab".into(), "/k.tar".into()));
        assert_eq!((taken.base_revision.as_str(), &taken.commits[..]), ("v4.0", &["cd".to_owned()][..]));
    }

    #[test]
    fn what_is_no_result_is_said_to_be_none() {
        let folder = tempfile::tempdir().expect("a folder");
        let error = TakenRelease::read(folder.path()).expect_err("no result").to_string();
        assert!(
            error.contains("summary.json: cannot be read") && error.contains("'hunktrace attribute'"),
            "{error}"
        );
        fs::write(folder.path().join("summary.json"), "{\n}").expect("the summary");
        let error = TakenRelease::read(folder.path()).expect_err("no result").to_string();
        assert!(error.contains("line 2"), "{error}");
    }
}

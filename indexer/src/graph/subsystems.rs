//! Which subsystem each commit belongs to, and the `MAINTAINERS` file that tells it.
//!
//! The whole index is told by one file, that of its newest release. The file itself is kept, compressed: what is indexed
//! later is told by it as well, also where its repository is not at hand.

use std::collections::HashMap;
use std::io;

use serde::{Deserialize, Serialize};

use crate::graph::ordinal::CommitOrdinal;
use crate::maintainers::MOST_BYTES;
use crate::mapped_column::{FixedWidth, MappedColumn};

/// How the file is compressed: half a second more would save a twentieth.
const COMPRESSION_LEVEL: i32 = 12;

/// The release whose `MAINTAINERS` file tells the subsystems of an index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MaintainersSource {
    /// Its tag (`v6.12`), or where there are no tags the reference with the newest commit.
    pub release: String,
    /// The commit, in hexadecimal digits.
    pub commit: String,
    /// By which rules commits were told; those of this program are [`MaintainersSource::RULES`].
    pub rules: u32,
}

impl MaintainersSource {
    /// The rules of this program. The number rises when they change, and the next run tells all commits anew.
    pub const RULES: u32 = 2;
}

/// The file by which the subsystems of an index are told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MaintainersFile {
    /// Where it is from.
    pub source: MaintainersSource,
    /// Its text, compressed; that of an empty file where the release has none that can be used.
    pub(super) compressed: Vec<u8>,
}

impl MaintainersFile {
    /// A file with its text.
    ///
    /// # Errors
    /// Where it cannot be compressed.
    pub fn new(source: MaintainersSource, text: &[u8]) -> io::Result<MaintainersFile> {
        Ok(MaintainersFile { source, compressed: zstd::bulk::compress(text, COMPRESSION_LEVEL)? })
    }

    /// Whether another release's file tells every commit the same.
    pub fn tells_the_same(&self, other: &MaintainersFile) -> bool {
        self.source.rules == other.source.rules && self.compressed == other.compressed
    }

    /// Its text.
    ///
    /// # Errors
    /// Where what is stored is no such text.
    pub fn text(&self) -> io::Result<Vec<u8>> {
        zstd::bulk::decompress(&self.compressed, MOST_BYTES)
    }
}

/// A subsystem's place among those of an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SubsystemPlace(pub u32);

/// What is stored for commits that belong to none.
const NO_SUBSYSTEM: u32 = u32::MAX;

impl FixedWidth for Option<SubsystemPlace> {
    type Bytes = [u8; 4];

    fn to_bytes(self) -> [u8; 4] {
        self.map_or(NO_SUBSYSTEM, |place| place.0).to_le_bytes()
    }

    fn from_bytes(bytes: [u8; 4]) -> Option<SubsystemPlace> {
        Some(u32::from_le_bytes(bytes)).filter(|place| *place != NO_SUBSYSTEM).map(SubsystemPlace)
    }
}

/// The subsystems of commits while the graph grows.
#[derive(Default)]
pub struct Subsystems {
    titles: Vec<String>,
    places: HashMap<String, SubsystemPlace>,
    /// By ordinal; commits beyond its end belong to none.
    of_commits: Vec<Option<SubsystemPlace>>,
}

impl Subsystems {
    /// Says which subsystem a commit belongs to.
    pub fn set(&mut self, commit: CommitOrdinal, title: Option<String>) {
        if self.of_commits.len() <= commit.index() {
            self.of_commits.resize(commit.index() + 1, None);
        }
        let Subsystems { titles, places, .. } = self;
        self.of_commits[commit.index()] = title.map(|title| {
            *places.entry(title).or_insert_with_key(|title| {
                titles.push(title.clone());
                SubsystemPlace(titles.len() as u32 - 1)
            })
        });
    }

    /// The titles, each at its place.
    pub fn titles(&self) -> &[String] {
        &self.titles
    }

    /// The place of each of so many commits; nothing where none belongs to any.
    pub fn column(&self, commits: usize) -> impl Iterator<Item = Option<SubsystemPlace>> + '_ {
        let commits = if self.titles.is_empty() { 0 } else { commits };
        (0..commits).map(|commit| self.of_commits.get(commit).copied().flatten())
    }
}

/// The subsystems as they are read.
pub struct MappedSubsystems {
    /// The file by which they are told; none in an index that was made before they were stored.
    pub file: Option<MaintainersFile>,
    /// The titles, each at its place.
    pub titles: Vec<String>,
    /// The place of each commit; nothing where none belongs to any.
    pub of_commits: MappedColumn<Option<SubsystemPlace>>,
}

impl MappedSubsystems {
    /// The title of a commit's subsystem.
    pub fn of(&self, commit: CommitOrdinal) -> Option<&str> {
        if commit.index() >= self.of_commits.len() {
            return None;
        }
        let place = self.of_commits.get(commit.index())?;
        self.titles.get(place.0 as usize).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_are_stored_once_and_commits_between_have_none() {
        let mut subsystems = Subsystems::default();
        for (commit, title) in [(0, "MM"), (2, "NET"), (3, "MM")] {
            subsystems.set(CommitOrdinal(commit), Some(title.to_owned()));
        }
        subsystems.set(CommitOrdinal(4), None);
        assert_eq!(subsystems.titles(), ["MM", "NET"]);
        let places: Vec<Option<u32>> = subsystems.column(6).map(|place| place.map(|place| place.0)).collect();
        assert_eq!(places, [Some(0), None, Some(1), Some(0), None, None]);
        assert_eq!(Subsystems::default().column(6).count(), 0);
    }

    #[test]
    fn text_comes_back_and_damage_is_an_error() {
        let source = MaintainersSource { release: "v1".to_owned(), commit: "1".to_owned(), rules: 1 };
        let file = MaintainersFile::new(source, b"F: mm/\n").expect("in memory");
        assert_eq!(file.text().expect("what was written"), b"F: mm/\n");
        let cut = MaintainersFile { compressed: file.compressed[1..].to_vec(), ..file };
        assert!(cut.text().is_err());
    }
}

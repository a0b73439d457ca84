//! The number under which the index knows a commit.

use serde::{Deserialize, Serialize};

use crate::mapped_column::FixedWidth;

/// A commit's place in the order of indexing, from 0; parents come before their children.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CommitOrdinal(pub u32);

impl CommitOrdinal {
    /// As an index into tables of commits.
    pub fn index(self) -> usize {
        self.0 as usize
    }

    /// The first `count` ordinals, ascending.
    pub fn first(count: usize) -> impl Iterator<Item = CommitOrdinal> + Clone {
        (0..count as u32).map(CommitOrdinal)
    }
}

impl FixedWidth for CommitOrdinal {
    type Bytes = [u8; 4];

    fn to_bytes(self) -> [u8; 4] {
        self.0.to_le_bytes()
    }

    fn from_bytes(bytes: [u8; 4]) -> CommitOrdinal {
        CommitOrdinal(u32::from_le_bytes(bytes))
    }
}

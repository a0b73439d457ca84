//! Subjects as they are compared: by a hash.

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use crate::mapped_column::FixedWidth;

/// A hash of a commit's subject; white space at the ends makes no difference.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SubjectHash(pub u64);

impl SubjectHash {
    /// The hash of a subject.
    pub fn of(subject: &str) -> SubjectHash {
        SubjectHash(xxh3_64(subject.trim().as_bytes()))
    }
}

impl FixedWidth for SubjectHash {
    type Bytes = [u8; 8];

    fn to_bytes(self) -> [u8; 8] {
        self.0.to_le_bytes()
    }

    fn from_bytes(bytes: [u8; 8]) -> SubjectHash {
        SubjectHash(u64::from_le_bytes(bytes))
    }
}

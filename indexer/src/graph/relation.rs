//! How commits refer to one another.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::graph::ordinal::CommitOrdinal;
use crate::mapped_column::FixedWidth;

/// How one commit refers to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Relation {
    /// It carries it: the other one is its origin.
    Origin,
    /// It undoes it.
    Reverts,
    /// It mends a fault of it.
    Fixes,
}

impl Relation {
    /// All relations, in the order in which they are declared.
    pub const ALL: [Relation; 3] = [Relation::Origin, Relation::Reverts, Relation::Fixes];

    /// What the graph file calls the commits that others refer to in this way.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Relation::Origin => "origins",
            Relation::Reverts => "reverts",
            Relation::Fixes => "fixes",
        }
    }

    /// What the graph file calls the commits that refer to others in this way.
    pub(crate) fn inverse_name(self) -> &'static str {
        match self {
            Relation::Origin => "carriers",
            Relation::Reverts => "reverted-by",
            Relation::Fixes => "fixed-by",
        }
    }
}

impl Serialize for Relation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Relation {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Relation, D::Error> {
        let name = String::deserialize(deserializer)?;
        let found = Relation::ALL.into_iter().find(|relation| relation.name() == name);
        found.ok_or_else(|| D::Error::custom(format!("unknown relation '{name}'")))
    }
}

/// Two commits of which one refers to the other; pairs are sorted by the commit that they are looked up by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CommitPair {
    /// The commit that the pair is looked up by.
    pub key: CommitOrdinal,
    /// The commit that is found by it.
    pub found: CommitOrdinal,
}

impl CommitPair {
    /// The same pair, to be looked up by the other commit.
    pub fn inverse(self) -> CommitPair {
        CommitPair { key: self.found, found: self.key }
    }
}

/// A pair is stored as the number `key << 32 | found`, so that pairs and numbers have one order.
impl FixedWidth for CommitPair {
    type Bytes = [u8; 8];

    fn to_bytes(self) -> [u8; 8] {
        (u64::from(self.key.0) << 32 | u64::from(self.found.0)).to_le_bytes()
    }

    fn from_bytes(bytes: [u8; 8]) -> CommitPair {
        let number = u64::from_le_bytes(bytes);
        CommitPair { key: CommitOrdinal((number >> 32) as u32), found: CommitOrdinal(number as u32) }
    }
}

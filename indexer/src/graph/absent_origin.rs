//! Origins that messages name and that are not indexed: a stable or vendor tree without mainline has thousands.
//!
//! Its carriers are the only ones that tell of such a commit, and the id that they name is what they have in common.

use crate::graph::named_commit::NamedCommit;
use crate::graph::ordinal::CommitOrdinal;
use crate::mapped_column::FixedWidth;

/// An origin that is not indexed, as messages name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AbsentOrigin {
    /// Its id, as far as any message gives it: 7 to 40 hexadecimal digits.
    pub hex: String,
    /// Whether a message says that it is upstream. If none does, it was copied from a tree that need not be kept
    /// anywhere.
    pub is_upstream: bool,
}

/// The same as it is stored: the id with zeros behind its digits, the number of digits, and 1 for upstream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AbsentId {
    id: [u8; 20],
    digits: u8,
    is_upstream: bool,
}

impl AbsentId {
    /// An id of up to 40 hexadecimal digits; none if it is none.
    pub fn from_hex(hex: &str, is_upstream: bool) -> Option<AbsentId> {
        let digits = u8::try_from(hex.len()).ok().filter(|digits| *digits <= 40)?;
        let mut id = [0; 20];
        for (place, digit) in hex.chars().enumerate() {
            let value = u8::try_from(digit.to_digit(16)?).ok()?;
            id[place / 2] |= if place.is_multiple_of(2) { value << 4 } else { value };
        }
        Some(AbsentId { id, digits, is_upstream })
    }

    /// The id as messages name it.
    pub fn origin(self) -> AbsentOrigin {
        let digit = |place: usize| {
            let byte = self.id[place / 2];
            let value = if place.is_multiple_of(2) { byte >> 4 } else { byte & 15 };
            char::from_digit(u32::from(value), 16).unwrap_or('0')
        };
        AbsentOrigin {
            hex: (0..usize::from(self.digits.min(40))).map(digit).collect(),
            is_upstream: self.is_upstream,
        }
    }

    /// Whether the id begins with the digits of another one.
    pub fn begins_with(self, other: AbsentId) -> bool {
        self.digits >= other.digits && self.origin().hex.starts_with(&other.origin().hex)
    }

    /// What sorts an id before all that begin with its digits.
    fn key(self) -> ([u8; 20], u8) {
        (self.id, self.digits)
    }

    /// Whether the id comes before another one in the order of ids.
    pub fn is_before(self, other: AbsentId) -> bool {
        self.key() < other.key()
    }
}

impl FixedWidth for AbsentId {
    type Bytes = [u8; 22];

    fn to_bytes(self) -> [u8; 22] {
        let mut bytes = [0; 22];
        bytes[..20].copy_from_slice(&self.id);
        bytes[20] = self.digits;
        bytes[21] = u8::from(self.is_upstream);
        bytes
    }

    fn from_bytes(bytes: [u8; 22]) -> AbsentId {
        let mut id = [0; 20];
        id.copy_from_slice(&bytes[..20]);
        AbsentId { id, digits: bytes[20], is_upstream: bytes[21] == 1 }
    }
}

/// The place of an origin among those that are absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AbsentPlace(pub u32);

/// A commit and an absent origin that its message names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AbsentName {
    /// The commit whose message it is.
    pub carrier: CommitOrdinal,
    /// The origin.
    pub origin: AbsentPlace,
}

/// Stored as two numbers, the commit first.
impl FixedWidth for AbsentName {
    type Bytes = [u8; 8];

    fn to_bytes(self) -> [u8; 8] {
        (u64::from(self.carrier.0) << 32 | u64::from(self.origin.0)).to_le_bytes()
    }

    fn from_bytes(bytes: [u8; 8]) -> AbsentName {
        let number = u64::from_le_bytes(bytes);
        AbsentName { carrier: CommitOrdinal((number >> 32) as u32), origin: AbsentPlace(number as u32) }
    }
}

/// The absent origins that the commits of a graph name.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct AbsentOrigins {
    /// The ids, sorted.
    pub ids: Vec<AbsentId>,
    /// Who names which: by the commit, and as its message has them.
    pub by_carrier: Vec<AbsentName>,
    /// The same, sorted by the origin.
    pub by_origin: Vec<AbsentName>,
}

impl AbsentOrigins {
    /// The origins that these names of absent commits mean; the names are sorted by the commit whose message it is.
    ///
    /// Digits that one longer id alone begins with mean that.
    pub fn new<'a>(names: impl Iterator<Item = (CommitOrdinal, &'a NamedCommit)>) -> AbsentOrigins {
        let with_id = |(carrier, name): (CommitOrdinal, &NamedCommit)| {
            Some((carrier, AbsentId::from_hex(name.hex.as_deref()?, !name.is_pick)?))
        };
        let names: Vec<(CommitOrdinal, AbsentId)> = names.filter_map(with_id).collect();
        let mut ids: Vec<AbsentId> = names.iter().map(|(_, id)| *id).collect();
        // Of the same digits those that are said to be upstream come first, and stay.
        ids.sort_unstable_by_key(|id| (id.key(), !id.is_upstream));
        ids.dedup_by_key(|id| id.key());
        let meant = meant_ids(&ids);
        let place_of = |id: &AbsentId| {
            let found = ids.partition_point(|other| other.is_before(*id));
            AbsentPlace(meant[found] as u32)
        };
        let by_carrier: Vec<AbsentName> = names
            .iter()
            .map(|(carrier, id)| AbsentName { carrier: *carrier, origin: place_of(id) })
            .collect();
        let mut by_origin = by_carrier.clone();
        by_origin.sort_unstable_by_key(|name| (name.origin, name.carrier));
        by_origin.dedup();
        for (place, of) in meant.into_iter().enumerate() {
            ids[of].is_upstream |= ids[place].is_upstream;
        }
        AbsentOrigins { ids, by_carrier, by_origin }
    }
}

/// For each of the sorted ids the place of the one that is meant: itself, or the only longest that begins with it.
fn meant_ids(ids: &[AbsentId]) -> Vec<usize> {
    let mut meant: Vec<usize> = (0..ids.len()).collect();
    for place in (0..ids.len()).rev() {
        let longer = ids[place + 1..].iter().take_while(|id| id.begins_with(ids[place])).count();
        let longest = meant.get(place + 1).copied();
        if let Some(longest) = longest.filter(|_| longer > 0)
            && meant[place + 1..=place + longer].iter().all(|other| *other == longest)
        {
            meant[place] = longest;
        }
    }
    meant
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::relation::Relation;
    use proptest::prelude::*;

    const LONG: &str = "0123456789abcdef0123456789abcdef01234567";
    const OTHER: &str = "0123456fffffffffffffffffffffffffffffffff";

    fn named(hex: &str, is_pick: bool) -> NamedCommit {
        NamedCommit { relation: Relation::Origin, hex: Some(hex.to_owned()), subject: None, is_pick }
    }

    /// What commits 0, 1 and so on mean, each of which names one.
    fn meant(names: &[NamedCommit]) -> Vec<AbsentOrigin> {
        let origins = AbsentOrigins::new(CommitOrdinal::first(names.len()).zip(names));
        origins.by_carrier.iter().map(|name| origins.ids[name.origin.0 as usize].origin()).collect()
    }

    #[test]
    fn digits_mean_the_only_id_that_begins_with_them() {
        let origin = |hex: &str| AbsentOrigin { hex: hex.to_owned(), is_upstream: true };
        let names = [named(&LONG[..12], false), named(LONG, false), named(&LONG[..9], false)];
        assert_eq!(meant(&names), [LONG; 3].map(origin));
        let names = [named("0123456", false), named(LONG, false), named(OTHER, false)];
        assert_eq!(meant(&names), ["0123456", LONG, OTHER].map(origin));
    }

    #[test]
    fn origin_is_upstream_if_one_message_says_so() {
        let is_upstream = |names: &[NamedCommit]| meant(names)[0].is_upstream;
        assert!(!is_upstream(&[named(LONG, true)]));
        assert!(is_upstream(&[named(LONG, true), named(LONG, false)]));
        assert!(is_upstream(&[named(LONG, true), named(&LONG[..10], false)]));
    }

    proptest! {
        #[test]
        fn stored_ids_keep_their_digits(hex in "[0-9a-f]{7,40}", is_upstream: bool) {
            let id = AbsentId::from_hex(&hex, is_upstream).unwrap();
            prop_assert_eq!(AbsentId::from_bytes(id.to_bytes()), id);
            prop_assert_eq!(id.origin(), AbsentOrigin { hex, is_upstream });
        }
    }
}

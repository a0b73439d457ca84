//! Where terms were found lately: a lookup asks how common each of its terms is, and shortly after for the documents that
//! have it. Finding a term takes longer than reading its documents, for half of its bucket is scanned.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::fingerprint::TermNumber;

/// How many places are kept: 32 KiB of them, so that they stay near the processor.
const SLOTS: usize = 1 << 12;

/// Of a slot the lower bits are the term; the others say where it is.
const TERM_MASK: u64 = (1 << TermNumber::BITS) - 1;

/// What stands in a slot in place of an offset.
const NOTHING_KNOWN: u64 = 0;
const ABSENT: u64 = 1;
const FIRST_OFFSET: u64 = 2;

/// Where a term is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TermPlace {
    /// No document has it.
    Absent,
    /// Its entry begins at this offset of its bucket.
    At(usize),
}

/// The places of terms that were asked for lately; the last one of those that share a slot.
pub struct FoundTerms(Box<[AtomicU64]>);

impl Default for FoundTerms {
    fn default() -> FoundTerms {
        FoundTerms((0..SLOTS).map(|_| AtomicU64::new(NOTHING_KNOWN)).collect())
    }
}

impl FoundTerms {
    /// The place of a term, if it is kept.
    pub fn get(&self, term: TermNumber) -> Option<TermPlace> {
        let kept = self.slot(term).load(Ordering::Relaxed);
        if kept & TERM_MASK != term.0 {
            return None;
        }
        match kept >> TermNumber::BITS {
            NOTHING_KNOWN => None,
            ABSENT => Some(TermPlace::Absent),
            offset => Some(TermPlace::At((offset - FIRST_OFFSET) as usize)),
        }
    }

    /// Keeps the place of a term, but for one far behind in an uncommonly long bucket.
    pub fn insert(&self, term: TermNumber, place: TermPlace) {
        let place = match place {
            TermPlace::Absent => ABSENT,
            TermPlace::At(offset) => offset as u64 + FIRST_OFFSET,
        };
        if place >> (u64::BITS - TermNumber::BITS) == 0 {
            self.slot(term).store(place << TermNumber::BITS | term.0, Ordering::Relaxed);
        }
    }

    /// Terms are hashes, so any bits of them tell the slot; the lowest are those that a bucket's terms differ in.
    fn slot(&self, term: TermNumber) -> &AtomicU64 {
        &self.0[term.0 as usize % SLOTS]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_come_back_until_the_slot_is_needed() {
        let found = FoundTerms::default();
        let (term, same_slot) = (TermNumber(7), TermNumber(7 + SLOTS as u64));
        assert_eq!(found.get(term), None);
        for place in [TermPlace::Absent, TermPlace::At(0), TermPlace::At(1 << 20)] {
            found.insert(term, place);
            assert_eq!((found.get(term), found.get(same_slot)), (Some(place), None));
        }
        found.insert(same_slot, TermPlace::Absent);
        assert_eq!((found.get(term), found.get(same_slot)), (None, Some(TermPlace::Absent)));
    }

    #[test]
    fn first_term_is_not_known_before_it_is_kept_and_far_places_are_not_kept() {
        let found = FoundTerms::default();
        assert_eq!(found.get(TermNumber(0)), None);
        found.insert(TermNumber(0), TermPlace::At(1 << 24));
        assert_eq!(found.get(TermNumber(0)), None);
        let last = TermNumber(TERM_MASK);
        found.insert(last, TermPlace::At((1 << 24) - 3));
        assert_eq!(found.get(last), Some(TermPlace::At((1 << 24) - 3)));
    }
}

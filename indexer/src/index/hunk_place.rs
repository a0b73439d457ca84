//! Where in a snapshot a hunk lies.

use tantivy::DocId;

use crate::index::retrieval::HunkId;

/// A segment's place among those of a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SegmentPlace(pub u32);

impl SegmentPlace {
    /// As an index into the snapshot's segments.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// The document that a hunk is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HunkPlace {
    /// Its segment.
    pub segment: SegmentPlace,
    /// Its document in the segment.
    pub doc: DocId,
}

impl HunkPlace {
    /// The id under which it can be loaded.
    pub fn id(self) -> HunkId {
        HunkId(u64::from(self.segment.0) << 32 | u64::from(self.doc))
    }

    /// Where the hunk with an id lies.
    pub fn of(id: HunkId) -> HunkPlace {
        HunkPlace { segment: SegmentPlace((id.0 >> 32) as u32), doc: id.0 as DocId }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hunk_is_found_again_by_its_id() {
        for (segment, doc) in [(0, 0), (0, DocId::MAX), (7, 5), (u32::MAX, 1)] {
            let place = HunkPlace { segment: SegmentPlace(segment), doc };
            assert_eq!(HunkPlace::of(place.id()), place);
        }
    }
}

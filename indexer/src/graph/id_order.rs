//! Commits in the order of their ids, in which an id or its beginning is looked up.

use std::cmp::Ordering;

use gix::ObjectId;
use gix::hash::Prefix;

use crate::graph::ordinal::CommitOrdinal;
use crate::mapped_column::{FixedWidth, MappedColumn, partition_point};

impl FixedWidth for ObjectId {
    type Bytes = [u8; 20];

    fn to_bytes(self) -> [u8; 20] {
        let mut bytes = [0; 20];
        bytes.copy_from_slice(self.as_slice());
        bytes
    }

    fn from_bytes(bytes: [u8; 20]) -> ObjectId {
        ObjectId::Sha1(bytes)
    }
}

/// The commits of a graph, sorted by id.
pub trait IdOrder {
    /// How many commits there are.
    fn len(&self) -> usize;

    /// The commit at a place of the order.
    fn commit_at(&self, place: usize) -> CommitOrdinal;

    /// A commit's id.
    fn id(&self, commit: CommitOrdinal) -> ObjectId;

    /// The commit with an id.
    fn find(&self, id: &gix::oid) -> Option<CommitOrdinal> {
        let place = partition_point(0..self.len(), |at| *self.id(self.commit_at(at)) < *id);
        let found = (place < self.len()).then(|| self.commit_at(place))?;
        (*self.id(found) == *id).then_some(found)
    }

    /// The commits whose ids begin with `prefix`.
    fn with_prefix(&self, prefix: Prefix) -> impl Iterator<Item = CommitOrdinal> {
        let compared = move |commit| prefix.cmp_oid(&self.id(commit));
        let is_before = |at: usize| compared(self.commit_at(at)) == Ordering::Greater;
        (partition_point(0..self.len(), is_before)..self.len())
            .map(|at| self.commit_at(at))
            .take_while(move |commit| compared(*commit) == Ordering::Equal)
    }
}

/// The order of ids in memory.
pub struct SortedIds<'a> {
    ids: &'a [ObjectId],
    order: Vec<CommitOrdinal>,
}

impl<'a> SortedIds<'a> {
    /// Sorts the commits whose ids these are, by ordinal.
    pub fn of(ids: &'a [ObjectId]) -> SortedIds<'a> {
        // Ids hardly ever agree in their first 8 bytes, and numbers are sorted faster than what a pointer leads to.
        let leading =
            |id: &ObjectId| id.as_slice().iter().take(8).fold(0, |number, b| number << 8 | u64::from(*b));
        let mut keyed: Vec<(u64, CommitOrdinal)> =
            ids.iter().map(leading).zip(CommitOrdinal::first(ids.len())).collect();
        keyed.sort_unstable_by(|(a_leading, a), (b_leading, b)| {
            a_leading.cmp(b_leading).then_with(|| ids[a.index()].cmp(&ids[b.index()]))
        });
        SortedIds { ids, order: keyed.into_iter().map(|(_, commit)| commit).collect() }
    }

    /// The commits in this order.
    pub fn order(&self) -> &[CommitOrdinal] {
        &self.order
    }
}

impl IdOrder for SortedIds<'_> {
    fn len(&self) -> usize {
        self.order.len()
    }

    fn commit_at(&self, place: usize) -> CommitOrdinal {
        self.order[place]
    }

    fn id(&self, commit: CommitOrdinal) -> ObjectId {
        self.ids[commit.index()]
    }
}

/// The order of ids as a graph file has it.
pub struct MappedIds {
    /// The ids, by ordinal.
    pub ids: MappedColumn<ObjectId>,
    /// The commits, sorted by id.
    pub order: MappedColumn<CommitOrdinal>,
}

impl IdOrder for MappedIds {
    fn len(&self) -> usize {
        self.ids.len()
    }

    fn commit_at(&self, place: usize) -> CommitOrdinal {
        self.order.get(place)
    }

    fn id(&self, commit: CommitOrdinal) -> ObjectId {
        self.ids.get(commit.index())
    }
}

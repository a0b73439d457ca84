//! The two sides of a change: the lines that it removes and the lines that it adds.

use std::ops::{Index, IndexMut};

use hunktrace_indexer::hunk::Sign;

/// On which side of a change a line stands. Removed lines come before added ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// The line is in the base.
    Removed,
    /// The line is in the vendor's tree.
    Added,
}

impl Side {
    /// Both sides, in their order.
    pub const BOTH: [Side; 2] = [Side::Removed, Side::Added];

    /// The side of a line with this sign; context has none.
    pub fn of(sign: Sign) -> Option<Side> {
        match sign {
            Sign::Context => None,
            Sign::Removed => Some(Side::Removed),
            Sign::Added => Some(Side::Added),
        }
    }

    /// The opposite side.
    pub fn other(self) -> Side {
        match self {
            Side::Removed => Side::Added,
            Side::Added => Side::Removed,
        }
    }
}

/// What both sides have, indexed by the side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BySide<T> {
    /// What belongs to the removed lines.
    pub removed: T,
    /// What belongs to the added lines.
    pub added: T,
}

impl<T> BySide<T> {
    /// Makes the value of each side, the removed lines' first.
    pub fn from_fn(mut make: impl FnMut(Side) -> T) -> BySide<T> {
        BySide { removed: make(Side::Removed), added: make(Side::Added) }
    }

    /// The values of both sides, in their order.
    pub fn both(&self) -> [&T; 2] {
        [&self.removed, &self.added]
    }

    /// The values of both sides, in their order, to be changed.
    pub fn both_mut(&mut self) -> [&mut T; 2] {
        [&mut self.removed, &mut self.added]
    }
}

impl<T> Index<Side> for BySide<T> {
    type Output = T;

    fn index(&self, side: Side) -> &T {
        match side {
            Side::Removed => &self.removed,
            Side::Added => &self.added,
        }
    }
}

impl<T> IndexMut<Side> for BySide<T> {
    fn index_mut(&mut self, side: Side) -> &mut T {
        match side {
            Side::Removed => &mut self.removed,
            Side::Added => &mut self.added,
        }
    }
}

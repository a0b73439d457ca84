//! Who else has a commit: the vendors that an index knows, and in which form each has it.
//!
//! 1. [`known_list`] is the list in the index' folder;
//! 2. [`kind`] finds out what a neighbour is: a catalogue, a release that was taken apart, or a series that was looked up;
//! 3. [`catalogued`] and [`recorded`] say what one of them has;
//! 4. [`known_neighbours`] asks all that an index knows, and keeps what was read until that changes.

pub mod carrier;
mod catalogued;
pub mod error;
pub mod kind;
pub mod known_list;
pub mod known_neighbours;
mod recorded;

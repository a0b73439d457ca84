//! Who else has a commit: the vendors that an index knows, and in which form each has it.
//!
//! 1. [`known_list`] is the list in the index' folder;
//! 2. [`kind`] finds out what a neighbour is: a catalogue, a release that was taken apart, a series of patches, or what `lookup` has said
//!    of one;
//! 3. [`catalogued`] and [`recorded`] say what one of them has;
//! 4. [`looked_up_series`] is what the index keeps of a series, [`series_files`] which files that has, and [`series_view`] what of the one
//!    still holds for the other;
//! 5. [`known_neighbours`] asks all that an index knows, and keeps what was read until that changes.

pub mod carrier;
pub mod catalogued;
pub mod error;
pub mod file_stamp;
pub mod kind;
pub mod known_list;
pub mod known_neighbours;
pub mod looked_up_series;
pub mod recorded;
pub mod series_files;
mod series_view;

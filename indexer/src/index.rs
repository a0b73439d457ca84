//! The index as a reader has it: one generation of its folder, and how hunks are found in it.

mod hunk_place;
mod hunk_search;

pub mod folder;
pub mod generation;
pub mod retrieval;
pub mod snapshot;

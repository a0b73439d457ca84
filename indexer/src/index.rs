//! The index as a reader has it: one generation of its folder, and how hunks are found in it.

mod error;
mod file_checksum;
mod guarded_map;
mod hunk_place;
mod hunk_search;
mod index_directory;
mod known_damage;

pub mod export;
pub mod folder;
pub mod gathered_hunks;
pub mod generation;
pub mod retrieval;
pub mod snapshot;

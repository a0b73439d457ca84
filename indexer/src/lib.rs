//! What a hunk is, how it is fingerprinted, how history becomes an index, and how the index is read.

mod mapped_column;

pub mod cancellation;
pub mod fingerprint;
pub mod git;
pub mod graph;
pub mod hunk;
pub mod index;
pub mod maintainers;
pub mod message;
pub mod moved_files;
pub mod normalize;
pub mod patch;
pub mod patch_fingerprint;
pub mod patch_folder;
pub mod run;
pub mod segment;

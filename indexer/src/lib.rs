//! What a hunk is, how it is fingerprinted, how history becomes an index, and how the index is read.

pub mod hunk;
pub mod patch;

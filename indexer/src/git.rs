//! Git repositories: what is in them, and what each commit changes.

pub mod base_name;
pub mod blob_id;
pub mod chunk_counts;
pub mod commit_diff;
pub mod file_change;
pub mod line_diff;
pub mod ref_pattern;
pub mod rename;
pub mod repetitive_text;
pub mod repository;

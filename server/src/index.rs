//! The index that questions are put to: its newest content, and which commits stand for which.

pub mod base_content;
pub mod former_names;
pub mod indexed_releases;
pub mod later_commits;
pub mod likeness;
pub mod live_index;
pub mod origin;
pub mod patch_paths;

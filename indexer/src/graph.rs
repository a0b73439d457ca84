//! The commit graph of an index: parents, dates, first releases, and which commit carries, undoes or mends which.
//!
//! Commits are known by their ordinal: their place in the order of indexing, in which parents come before their
//! children. The graph is a file of sections, written anew at every commit point and mapped into memory when it is
//! read. [`GraphBuilder`] is what the indexing run adds to; [`CommitGraph`] is what answers are read from.

mod absent_origin;
mod builder;
mod commit_graph;
mod commit_set;
mod entry;
mod first_release;
mod graph_file;
mod id_order;
mod indexed_ref;
mod named_commit;
mod named_commits;
mod ordinal;
mod relation;
mod release_tag;
mod section_file;
mod subject_hash;
mod subsystems;
mod unindexed_item;
mod verification;

pub use absent_origin::AbsentOrigin;
pub use builder::GraphBuilder;
pub use commit_graph::{CommitGraph, FoundCommit};
pub use commit_set::CommitSet;
pub use entry::GraphEntry;
#[cfg(test)]
pub use graph_file::SUBSYSTEM_SECTIONS;
pub use indexed_ref::IndexedRef;
pub use named_commit::NamedCommit;
pub use ordinal::CommitOrdinal;
pub use relation::Relation;
pub use release_tag::{ReleaseTag, is_release_tag};
pub use section_file::SectionError;
#[cfg(test)]
pub use section_file::without_sections;
pub use subject_hash::SubjectHash;
pub use subsystems::{MaintainersFile, MaintainersSource};
pub use unindexed_item::{CUT_OFF, UnindexedItem};

#[cfg(test)]
mod tests;

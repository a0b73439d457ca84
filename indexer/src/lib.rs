//! What a hunk is, how it is fingerprinted, how history becomes an index, and how the index is read.

mod commit_indexer;
mod commit_pipeline;
mod document_batch;
mod first_release;
mod hunk_search;
mod line_counts;
mod line_postings;
mod record_blocks;
mod record_dictionary;
mod schema;
mod sections;
mod segment_files;
mod segment_merge;

pub mod base_name;
pub mod commit_diff;
pub mod commit_record;
pub mod file_change;
pub mod fingerprint;
pub mod graph;
mod held_commits;
pub mod history;
pub mod history_source;
pub mod hunk;
pub mod index_folder;
pub mod index_update;
pub mod line_diff;
pub mod message;
pub mod normalize;
pub mod patch;
pub mod rename;
pub mod repository;
pub mod repository_history;
pub mod retrieval;
pub mod snapshot;
pub mod stored_hunk;
mod varint;

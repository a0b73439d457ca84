//! An indexing run: from the commits of a history to segments and graph.

mod chunk;
mod commit_indexer;
mod commit_pipeline;
mod document_batch;
mod held_commits;
mod known_subsystems;
mod newest_release;
mod record_dictionary;
mod release_maintainers;

pub mod bare_index;
pub mod history;
pub mod history_source;
pub mod index_update;
pub mod progress;
pub mod repository_history;

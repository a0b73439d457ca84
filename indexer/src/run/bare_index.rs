//! A bare index: the commits of an index with their graph, and without hunks. Engines that are told of the hunks answer
//! from it (see [`crate::index::gathered_hunks`]).

use std::path::Path;

use tantivy::indexer::{IndexWriterOptions, NoMergePolicy, UserOperation};
use tantivy::{IndexWriter, TantivyDocument};

use crate::graph::{CommitOrdinal, GraphBuilder};
use crate::index::folder::{IndexError, IndexFolder};
use crate::index::generation::{FORMAT_VERSION, Generation};
use crate::index::snapshot::{Snapshot, StoredCommit};
use crate::run::commit_indexer::commit_document;
use crate::run::document_batch::{DocumentBatcher, NewDocument};
use crate::segment::segment_files::SharedDictionaries;

/// What tantivy may buffer before it writes a segment.
const WRITER_MEMORY_BYTES: usize = 64 << 20;

/// Writes the bare index of a snapshot into a new folder.
///
/// # Errors
/// Where the snapshot cannot be read, or the folder holds something or cannot be written.
pub fn write_bare_index(snapshot: &Snapshot, path: &Path) -> Result<(), IndexError> {
    if snapshot.generation().is_bare {
        return Err(IndexError::Bare(snapshot.folder().path().to_owned()));
    }
    let folder = IndexFolder::open_or_create(path)?;
    let dictionaries = snapshot.dictionaries()?;
    let shared = SharedDictionaries::from(std::sync::OnceLock::from(dictionaries.clone()));
    let (index, fields) = folder.open_segments_for_writing(shared)?;
    let fail = |error: tantivy::TantivyError| folder.tantivy_error(&error);
    let options = IndexWriterOptions::builder()
        .num_worker_threads(1)
        .memory_budget_per_thread(WRITER_MEMORY_BYTES)
        .num_merge_threads(1)
        .build();
    let mut writer: IndexWriter = index.writer_with_options(options).map_err(fail)?;
    writer.set_merge_policy(Box::new(NoMergePolicy));
    // Only under the lock is it sure to stay empty.
    if folder.generation(&index)?.is_some() {
        return Err(IndexError::Foreign(path.to_owned()));
    }
    let add = |documents: Vec<TantivyDocument>| {
        writer.run(documents.into_iter().map(UserOperation::Add)).map(drop).map_err(fail)
    };
    let graph = snapshot.graph();
    let mut batcher = DocumentBatcher::new(&fields, &dictionaries)?;
    for commit in CommitOrdinal::first(graph.len()) {
        if let Some(StoredCommit { record, message }) = snapshot.stored_commit(commit)? {
            let new = NewDocument { document: commit_document(&fields, commit), record, message };
            batcher.add(commit, new)?.map_or(Ok(()), add)?;
        }
    }
    batcher.finish()?.map_or(Ok(()), add)?;
    let generation = Generation { format: FORMAT_VERSION, is_bare: true, ..snapshot.generation().clone() };
    let graph_error = |error| snapshot.folder().graph_error(snapshot.generation(), &error);
    let builder = GraphBuilder::from_graph(graph).map_err(graph_error)?;
    folder.write_graph(&generation, &builder.to_bytes())?;
    let payload = generation.to_payload().map_err(|error| folder.damaged(&error))?;
    let mut prepared = writer.prepare_commit().map_err(fail)?;
    prepared.set_payload(&payload);
    prepared.commit().map(drop).map_err(fail)
}

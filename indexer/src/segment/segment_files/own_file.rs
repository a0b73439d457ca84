//! What the files of our own have in common: where they lie, and what documents give to them.

use std::path::Path;

use tantivy::directory::{OwnedBytes, WritePtr};
use tantivy::index::SegmentComponent;
use tantivy::plugin::PluginMergeContext;
use tantivy::schema::document::ErasedDocument;
use tantivy::schema::{Field, Value};
use tantivy::{DocId, Segment, SegmentReader, TantivyDocument};

/// Extension of the file with the postings of lines.
pub const LINES_FILE: &str = "lines";

/// Extension of the file with the stored records.
pub const RECORDS_FILE: &str = "records";

/// Extension of the file with the commit messages.
pub const MESSAGES_FILE: &str = "messages";

/// Whether a file is read block by block, each compared with its own checksum. All others are compared when they are opened.
pub fn has_checked_blocks(path: &Path) -> bool {
    path.extension().is_some_and(|extension| {
        [LINES_FILE, RECORDS_FILE, MESSAGES_FILE].iter().any(|checked| extension == *checked)
    })
}

/// Reads the file with an extension.
///
/// # Errors
/// Where it is absent.
pub fn read_file(segment: &SegmentReader, extension: &str) -> tantivy::Result<OwnedBytes> {
    Ok(segment.open_read(SegmentComponent::Custom(extension.to_owned()))?.read_bytes()?)
}

/// Creates the file with an extension.
///
/// # Errors
/// Where it cannot be created.
pub fn create_file(segment: &Segment, extension: &str) -> tantivy::Result<WritePtr> {
    Ok(segment.open_write(SegmentComponent::Custom(extension.to_owned()))?)
}

/// What a document says in a field of which tantivy itself stores nothing.
pub fn payload(document: &dyn ErasedDocument, field: Field) -> Option<&[u8]> {
    let document = document.as_any().downcast_ref::<TantivyDocument>()?;
    document.get_first(field)?.as_custom()
}

/// How many documents come before those of each segment that is merged: without deletions and without another order
/// documents are put behind each other.
pub fn offsets(context: &PluginMergeContext<'_>) -> impl Iterator<Item = DocId> {
    let lengths = context.readers.iter().map(SegmentReader::max_doc);
    lengths.scan(0, |offset, len| {
        let this = *offset;
        *offset += len;
        Some(this)
    })
}

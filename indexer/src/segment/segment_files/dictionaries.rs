//! What records and messages are compressed with.

use std::sync::{Arc, OnceLock};

use tantivy::Index;
use tantivy::directory::OwnedBytes;
use tantivy::index::SegmentComponent;

use super::own_file::{MESSAGES_FILE, RECORDS_FILE};
use crate::segment::message_blocks::MessageBlocks;
use crate::segment::record_blocks::RecordBlocks;

/// The dictionaries of an index; each may be empty.
#[derive(Clone, Debug, Default)]
pub struct Dictionaries {
    /// For stored records.
    pub records: Arc<[u8]>,
    /// For commit messages.
    pub messages: Arc<[u8]>,
}

/// The dictionaries that new records and messages are compressed with: set once, before the first document.
pub type SharedDictionaries = Arc<OnceLock<Dictionaries>>;

/// The dictionaries of an index's largest segment; none if there is no segment, or it has none for records.
///
/// # Errors
/// Where a file of the segment is absent or damaged.
pub fn dictionaries_of(index: &Index) -> tantivy::Result<Option<Dictionaries>> {
    let segments = index.searchable_segments()?;
    let Some(largest) = segments.into_iter().max_by_key(|segment| segment.meta().num_docs()) else {
        return Ok(None);
    };
    let read = |extension: &str| -> tantivy::Result<OwnedBytes> {
        Ok(largest.open_read(SegmentComponent::Custom(extension.to_owned()))?.read_bytes()?)
    };
    let records = RecordBlocks::open(&read(RECORDS_FILE)?)?;
    let messages = MessageBlocks::open(&read(MESSAGES_FILE)?)?;
    let dictionaries = Dictionaries {
        records: records.file().first_dictionary().into(),
        messages: messages.file().first_dictionary().into(),
    };
    Ok((!dictionaries.records.is_empty()).then_some(dictionaries))
}

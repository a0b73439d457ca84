//! How many terms the lines of each document of a segment give, before sampling: the file `.counts`.
//!
//! Two bytes for each document (u16, little-endian); 0 for a commit. More than 65,535 are stored as that: the count only
//! tells how much of a hunk a query cannot have, and at that length it is nearly all of it.

use std::io;

use tantivy::DocId;
use tantivy::directory::OwnedBytes;

use crate::mapped_column::MappedColumn;

/// A count as it is stored.
pub fn line_count(lines: usize) -> [u8; 2] {
    u16::try_from(lines).unwrap_or(u16::MAX).to_le_bytes()
}

/// The counts of a segment's documents.
pub struct LineCounts {
    counts: MappedColumn<u16>,
}

impl LineCounts {
    /// Opens the counts of `documents` documents.
    ///
    /// # Errors
    /// Where there are more or fewer.
    pub fn open(bytes: OwnedBytes, documents: DocId) -> io::Result<LineCounts> {
        if bytes.len() != 2 * documents as usize {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the counts of lines are damaged"));
        }
        Ok(LineCounts { counts: MappedColumn::new(bytes) })
    }

    /// How many terms a document's lines give; `document` is below the number of documents.
    pub fn get(&self, document: DocId) -> u32 {
        u32::from(self.counts.get(document as usize))
    }

    /// The counts as they are stored.
    pub fn as_bytes(&self) -> &[u8] {
        self.counts.as_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_come_back_and_stop_at_the_largest() {
        let bytes = [0, 1, 65_535, 100_000].map(line_count).concat();
        let counts = LineCounts::open(OwnedBytes::new(bytes), 4).unwrap();
        let read: Vec<u32> = (0..4).map(|document| counts.get(document)).collect();
        assert_eq!(read, [0, 1, 65_535, 65_535]);
    }

    #[test]
    fn another_number_of_counts_than_of_documents_is_refused() {
        assert!(LineCounts::open(OwnedBytes::new(vec![0; 5]), 3).is_err());
        assert!(LineCounts::open(OwnedBytes::new(vec![0; 6]), 2).is_err());
    }
}

//! Records that were drawn, written and read back, and damaged files.

use proptest::prelude::*;
use tantivy::directory::OwnedBytes;

use super::*;

/// A file with the records, a block after each that fills it; the second half has another dictionary.
fn file(records: &[Vec<u8>], dictionaries: [&[u8]; 2]) -> Vec<u8> {
    let mut writer = BlocksWriter::new(Vec::new());
    let half = records.len() / 2;
    let mut first = 0;
    for (part, dictionary) in [&records[..half], &records[half..]].into_iter().zip(dictionaries) {
        writer.use_dictionary(dictionary.into());
        let mut packer = BlockPacker::new(RECORD_BLOCK_BYTES, dictionary).unwrap();
        for (place, record) in part.iter().enumerate() {
            packer.add(record);
            if packer.is_full() || place + 1 == part.len() {
                let next =
                    place as u32 + 1 + if std::ptr::eq(part, &records[..half]) { 0 } else { half as u32 };
                writer.add(first, &packer.pack().unwrap()).unwrap();
                first = next;
            }
        }
    }
    writer.finish(records.len() as u32).unwrap()
}

proptest! {
    #[test]
    fn records_come_back(records in prop::collection::vec(prop::collection::vec(b'a'..b'e', 0..5000), 0..60)) {
        let blocks = RecordBlocks::open(&OwnedBytes::new(file(&records, [b"", b"abcdabcddcba"]))).unwrap();
        prop_assert_eq!(blocks.file().records() as usize, records.len());
        for (document, record) in records.iter().enumerate() {
            prop_assert_eq!(&blocks.record(document as u32).unwrap()[..], &record[..]);
        }
        prop_assert!(blocks.record(records.len() as u32).is_err());
    }

    #[test]
    fn damaged_files_are_read_without_panic(at in any::<prop::sample::Index>(), flip in 1u8..) {
        let records: Vec<Vec<u8>> = (0..40).map(|i| vec![b'a' + i % 7; 900]).collect();
        let mut bytes = file(&records, [b"", b"aaabbb"]);
        let at = at.index(bytes.len());
        bytes[at] ^= flip;
        if let Ok(blocks) = RecordBlocks::open(&OwnedBytes::new(bytes)) {
            for document in 0..40 {
                drop(blocks.record(document));
            }
        }
    }
}

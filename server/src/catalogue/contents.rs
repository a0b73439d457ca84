//! The texts of files, each stored once, and as what it adds to the text that it came from.

use std::io::{Read, Write};

use rusqlite::{Connection, OptionalExtension};

use super::error::CatalogueError;
use super::store::Catalogue;

/// zstd's own choice between size and speed; level 9 made the texts of RHEL 6 a tenth smaller and took four times as long.
const LEVEL: i32 = 3;

/// The longest chain of texts of which each is stored as what it adds to the one before.
const MAX_DEPTH: u32 = 32;

/// The largest distance at which zstd finds repetitions, as a power of two: a text and the one before have to fit.
const MAX_WINDOW_LOG: u32 = 27;

/// The smallest window that is worth asking for.
const MIN_WINDOW_LOG: u32 = 17;

/// A git blob id.
pub type BlobId = [u8; 20];

/// The row of a text, if it is stored.
pub(super) fn find_content(connection: &Connection, blob: &BlobId) -> Result<Option<i64>, CatalogueError> {
    let mut statement = connection.prepare_cached("SELECT id FROM content WHERE blob = ?1")?;
    Ok(statement.query_row([blob.as_slice()], |row| row.get(0)).optional()?)
}

/// Stores a text that is not stored yet, as what it adds to `previous` where that is given; returns its row.
pub(super) fn add_content(
    connection: &Connection,
    blob: &BlobId,
    text: &[u8],
    previous: Option<i64>,
) -> Result<i64, CatalogueError> {
    let chain = match previous {
        Some(previous) => {
            let mut statement = connection.prepare_cached("SELECT depth FROM content WHERE id = ?1")?;
            let depth: u32 = statement.query_row([previous], |row| row.get(0))?;
            (depth + 1 < MAX_DEPTH).then_some((previous, depth + 1))
        }
        None => None,
    };
    let dictionary = chain.map(|(previous, _)| read_content(connection, previous)).transpose()?;
    let id: i64 = {
        let mut statement = connection.prepare_cached("SELECT ifnull(max(id), 0) + 1 FROM content")?;
        statement.query_row([], |row| row.get(0))?
    };
    let data = pack(text, dictionary.as_deref()).map_err(|_| CatalogueError::Damaged(id))?;
    let mut statement = connection.prepare_cached(
        "INSERT INTO content (id, blob, bytes, previous, depth, data) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    let (previous, depth) = chain.map_or((None, 0), |(previous, depth)| (Some(previous), depth));
    statement.execute((id, blob.as_slice(), text.len() as i64, previous, depth, data))?;
    Ok(id)
}

/// A stored text.
pub(super) fn read_content(connection: &Connection, id: i64) -> Result<Vec<u8>, CatalogueError> {
    Ok(read_passing(connection, id, None)?.0)
}

/// Two stored texts. The later one is mostly stored as what it adds to the earlier one, which is then read on the way.
pub(super) fn read_both(
    connection: &Connection,
    earlier: i64,
    later: i64,
) -> Result<(Vec<u8>, Vec<u8>), CatalogueError> {
    let (later, passed) = read_passing(connection, later, Some(earlier))?;
    let earlier = match passed {
        Some(passed) => passed,
        None => read_content(connection, earlier)?,
    };
    Ok((earlier, later))
}

/// A stored text, and another one if the first is stored as what it adds to that.
fn read_passing(
    connection: &Connection,
    id: i64,
    other: Option<i64>,
) -> Result<(Vec<u8>, Option<Vec<u8>>), CatalogueError> {
    let mut chain = Vec::new();
    let mut next = Some(id);
    while let Some(id) = next {
        if chain.len() > MAX_DEPTH as usize {
            return Err(CatalogueError::Damaged(id));
        }
        let mut statement =
            connection.prepare_cached("SELECT bytes, previous, data FROM content WHERE id = ?1")?;
        let row: Option<(i64, Option<i64>, Vec<u8>)> =
            statement.query_row([id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).optional()?;
        let (bytes, previous, data) = row.ok_or(CatalogueError::Damaged(id))?;
        chain.push((id, bytes, data));
        next = previous;
    }
    let mut text: Option<Vec<u8>> = None;
    let mut passed = None;
    for (id, bytes, data) in chain.into_iter().rev() {
        let size = usize::try_from(bytes).map_err(|_| CatalogueError::Damaged(id))?;
        text = Some(unpack(&data, text.as_deref(), size).ok_or(CatalogueError::Damaged(id))?);
        if other == Some(id) {
            passed.clone_from(&text);
        }
    }
    Ok((text.ok_or(CatalogueError::Damaged(id))?, passed))
}

impl Catalogue {
    /// Reads every text, and compares it with its blob id.
    pub(super) fn check_contents(&self) -> Result<(), CatalogueError> {
        let mut statement = self.connection.prepare("SELECT id, blob FROM content ORDER BY id")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (id, blob): (i64, Vec<u8>) = (row.get(0)?, row.get(1)?);
            let text = read_content(&self.connection, id)?;
            if blob != blob_id(&text) {
                return Err(CatalogueError::Damaged(id));
            }
        }
        Ok(())
    }
}

/// The git blob id of a text.
pub fn blob_id(text: &[u8]) -> BlobId {
    hunktrace_indexer::git::blob_id::blob_id(text)
}

fn window_log(text: usize, dictionary: usize) -> u32 {
    let needed = (text + dictionary).next_power_of_two().trailing_zeros();
    needed.clamp(MIN_WINDOW_LOG, MAX_WINDOW_LOG)
}

fn pack(text: &[u8], dictionary: Option<&[u8]>) -> std::io::Result<Vec<u8>> {
    let prefix = dictionary.unwrap_or_default();
    let mut packer = zstd::stream::Encoder::with_ref_prefix(Vec::new(), LEVEL, prefix)?;
    packer.window_log(window_log(text.len(), prefix.len()))?;
    packer.set_pledged_src_size(Some(text.len() as u64))?;
    packer.write_all(text)?;
    packer.finish()
}

/// The text of `size` bytes; none where the data do not give it.
fn unpack(data: &[u8], dictionary: Option<&[u8]>, size: usize) -> Option<Vec<u8>> {
    let prefix = dictionary.unwrap_or_default();
    let mut unpacker = zstd::stream::Decoder::with_ref_prefix(data, prefix).ok()?;
    unpacker.window_log_max(MAX_WINDOW_LOG).ok()?;
    let mut text = Vec::new();
    unpacker.take(size as u64 + 1).read_to_end(&mut text).ok()?;
    (text.len() == size).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn text_that_changes_little_takes_little() {
        let old: Vec<u8> =
            (0..5000).flat_map(|n| format!("line {} {}\n", n, n * 7919 % 1009).into_bytes()).collect();
        let new = [&old[..1000], b"one more\n", &old[1000..]].concat();
        let alone = pack(&new, None).expect("packed").len();
        let added = pack(&new, Some(&old)).expect("packed");
        assert!(added.len() * 20 < alone, "{} and {alone}", added.len());
        assert_eq!(unpack(&added, Some(&old), new.len()), Some(new));
    }

    #[test]
    fn damaged_data_give_no_text() {
        let text = b"some text that is long enough to be packed, some text that is long enough\n";
        let packed = pack(text, None).expect("packed");
        assert_eq!(unpack(&packed, None, text.len() - 1), None);
        assert_eq!(unpack(&packed[..packed.len() - 1], None, text.len()), None);
        assert_eq!(unpack(b"", None, 1), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn every_text_is_read_as_it_was_stored(
            texts in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..300), 1..40)
        ) {
            let folder = tempfile::tempdir().unwrap();
            let catalogue = Catalogue::open_or_create(&folder.path().join("c")).unwrap();
            catalogue.connection.execute_batch("BEGIN").unwrap();
            let mut previous = None;
            for text in &texts {
                let id = match find_content(&catalogue.connection, &blob_id(text)).unwrap() {
                    Some(id) => id,
                    None => add_content(&catalogue.connection, &blob_id(text), text, previous).unwrap(),
                };
                prop_assert_eq!(&read_content(&catalogue.connection, id).unwrap(), text);
                let before = previous.unwrap_or(id);
                let both = read_both(&catalogue.connection, before, id).unwrap();
                prop_assert_eq!(both, (read_content(&catalogue.connection, before).unwrap(), text.clone()));
                previous = Some(id);
            }
            catalogue.connection.execute_batch("COMMIT").unwrap();
            catalogue.check().unwrap();
        }
    }
}

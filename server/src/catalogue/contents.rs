//! The texts of files, each stored once, and as what it adds to the text that it came from.

use rusqlite::{Connection, OptionalExtension};
use zstd::zstd_safe::{CCtx, CParameter, DCtx, compress_bound, get_error_name};

use super::error::CatalogueError;

/// The level of zstd for what a text adds to another one: its own choice between size and speed.
const LEVEL: i32 = 3;

/// The level for a text that stands for itself. Such texts are three quarters of what all texts of RHEL 6 take, and are packed
/// once; level 3 makes them a tenth larger.
const LEVEL_ALONE: i32 = 8;

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

/// Stores a text that is not stored yet, and that was packed as what it adds to `previous` where that is given: its row, and
/// how many texts that one adds to. Returns its row.
pub(super) fn insert_content(
    connection: &Connection,
    blob: &BlobId,
    packed: &PackedText,
    previous: Option<(i64, u32)>,
) -> Result<i64, CatalogueError> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO content (blob, bytes, previous, depth, data) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    let (previous, depth) = previous.map_or((None, 0), |(previous, depth)| (Some(previous), depth + 1));
    statement.execute((blob.as_slice(), packed.bytes as i64, previous, depth, &packed.data))?;
    Ok(connection.last_insert_rowid())
}

/// A text as it is stored.
#[derive(Debug)]
pub(super) struct PackedText {
    bytes: usize,
    data: Vec<u8>,
}

impl PackedText {
    /// Packs a text as what it adds to another one.
    ///
    /// # Errors
    /// Where there is no memory for that, in zstd's words.
    pub fn of(text: &[u8], dictionary: Option<&[u8]>) -> Result<PackedText, &'static str> {
        Ok(PackedText { bytes: text.len(), data: pack(text, dictionary)? })
    }
}

/// A stored text, not unpacked yet, with those that it adds to.
#[derive(Debug)]
pub(super) struct StoredText {
    /// The text itself comes first.
    chain: Vec<StoredPart>,
}

#[derive(Debug)]
struct StoredPart {
    id: i64,
    packed: PackedText,
}

impl StoredText {
    /// Reads a text and what it adds to.
    pub fn read(connection: &Connection, id: i64) -> Result<StoredText, CatalogueError> {
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
            let bytes = usize::try_from(bytes).map_err(|_| CatalogueError::Damaged(id))?;
            chain.push(StoredPart { id, packed: PackedText { bytes, data } });
            next = previous;
        }
        Ok(StoredText { chain })
    }

    /// Its row, and how many texts it adds to; none where no further text may add to it.
    pub fn place(&self) -> Option<(i64, u32)> {
        let depth = u32::try_from(self.chain.len()).ok()?.checked_sub(1)?;
        (depth + 1 < MAX_DEPTH).then_some((self.chain.first()?.id, depth))
    }

    /// Whether it is another text, or adds to it.
    pub fn adds_to(&self, other: i64) -> bool {
        self.chain.iter().any(|part| part.id == other)
    }

    /// The text.
    pub fn unpack(&self) -> Result<Vec<u8>, CatalogueError> {
        self.unpack_with(|_, _| {})
    }

    /// The text; `pass` is given each text that it adds to with its row, and at last the text itself.
    pub fn unpack_with(&self, mut pass: impl FnMut(i64, &[u8])) -> Result<Vec<u8>, CatalogueError> {
        let mut text: Option<Vec<u8>> = None;
        for StoredPart { id, packed } in self.chain.iter().rev() {
            let unpacked = unpack(&packed.data, text.as_deref(), packed.bytes);
            pass(*id, text.insert(unpacked.ok_or(CatalogueError::Damaged(*id))?));
        }
        // A chain is never empty.
        Ok(text.unwrap_or_default())
    }
}

/// A stored text.
pub(super) fn read_content(connection: &Connection, id: i64) -> Result<Vec<u8>, CatalogueError> {
    StoredText::read(connection, id)?.unpack()
}

/// Two stored texts. The later one is mostly stored as what it adds to the earlier one, which is then read on the way.
pub(super) fn read_both(
    connection: &Connection,
    earlier: i64,
    later: i64,
) -> Result<(Vec<u8>, Vec<u8>), CatalogueError> {
    let mut passed = None;
    let later = StoredText::read(connection, later)?.unpack_with(|content, text| {
        if content == earlier {
            passed = Some(text.to_vec());
        }
    })?;
    let earlier = match passed {
        Some(passed) => passed,
        None => read_content(connection, earlier)?,
    };
    Ok((earlier, later))
}

/// Reads every text, and compares it with its blob id.
pub(super) fn check_contents(connection: &Connection) -> Result<(), CatalogueError> {
    let mut statement = connection.prepare("SELECT id, blob FROM content ORDER BY id")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (id, blob): (i64, Vec<u8>) = (row.get(0)?, row.get(1)?);
        let text = read_content(connection, id)?;
        if blob != blob_id(&text) {
            return Err(CatalogueError::Damaged(id));
        }
    }
    Ok(())
}

/// The git blob id of a text.
pub fn blob_id(text: &[u8]) -> BlobId {
    hunktrace_indexer::git::blob_id::blob_id(text)
}

fn window_log(text: usize, dictionary: usize) -> u32 {
    let needed = (text + dictionary).next_power_of_two().trailing_zeros();
    needed.clamp(MIN_WINDOW_LOG, MAX_WINDOW_LOG)
}

fn pack(text: &[u8], dictionary: Option<&[u8]>) -> Result<Vec<u8>, &'static str> {
    let prefix = dictionary.unwrap_or_default();
    let level = if prefix.is_empty() { LEVEL_ALONE } else { LEVEL };
    let mut packer = CCtx::create();
    packer.set_parameter(CParameter::CompressionLevel(level)).map_err(get_error_name)?;
    packer
        .set_parameter(CParameter::WindowLog(window_log(text.len(), prefix.len())))
        .map_err(get_error_name)?;
    packer.ref_prefix(prefix).map_err(get_error_name)?;
    let mut data = Vec::with_capacity(compress_bound(text.len()));
    packer.compress2(&mut data, text).map_err(get_error_name)?;
    data.shrink_to_fit();
    Ok(data)
}

/// The text of `size` bytes; none where the data do not give it.
fn unpack(data: &[u8], dictionary: Option<&[u8]>, size: usize) -> Option<Vec<u8>> {
    let mut unpacker = DCtx::create();
    unpacker.ref_prefix(dictionary.unwrap_or_default()).ok()?;
    let mut text = Vec::new();
    // A damaged row may give any size.
    text.try_reserve_exact(size).ok()?;
    unpacker.decompress(&mut text, data).ok()?;
    (text.len() == size).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::super::store::Catalogue;
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
                    None => {
                        let stored = previous.map(|id| StoredText::read(&catalogue.connection, id).unwrap());
                        let on = stored.and_then(|stored| Some((stored.place()?, stored.unpack().unwrap())));
                        let packed = PackedText::of(text, on.as_ref().map(|(_, text)| text.as_slice())).unwrap();
                        let place = on.map(|(place, _)| place);
                        insert_content(&catalogue.connection, &blob_id(text), &packed, place).unwrap()
                    }
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

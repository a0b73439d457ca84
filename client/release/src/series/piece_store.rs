//! Keeps the pieces of patches until all files have been divided.
//!
//! Files are divided one by one, but a patch has pieces of many files, and all patches of a release together are
//! larger than should be held in memory. So the text goes to an unlinked file, and only its place is remembered.

use std::io;
use std::sync::{Mutex, PoisonError};

use super::file_pieces::FilePiece;
use super::ownership::Rank;
use crate::append_file::AppendFile;

/// A piece whose text is in the store.
#[derive(Clone, Copy, Debug)]
pub(super) struct StoredPiece {
    pub rank: Rank,
    /// The file that it belongs to, by its place among the files.
    pub file: usize,
    pub added: usize,
    pub removed: usize,
    pub offset: u64,
    pub len: usize,
}

/// The pieces so far. Threads may add to it at the same time.
pub(super) struct PieceStore {
    texts: AppendFile,
    pieces: Mutex<Vec<StoredPiece>>,
}

impl PieceStore {
    /// An empty store whose texts go to a file, where others may be already.
    pub fn new(texts: AppendFile) -> PieceStore {
        PieceStore { texts, pieces: Mutex::default() }
    }

    /// Adds the pieces of a file, and says where they are.
    pub fn add(&self, file: usize, pieces: Vec<FilePiece>) -> io::Result<Vec<StoredPiece>> {
        let mut text = Vec::with_capacity(pieces.iter().map(|piece| piece.text.len()).sum());
        pieces.iter().for_each(|piece| text.extend_from_slice(&piece.text));
        let mut offset = self.texts.add(&text)?;
        let mut stored = Vec::with_capacity(pieces.len());
        for FilePiece { rank, text, added, removed } in pieces {
            stored.push(StoredPiece { rank, file, added, removed, offset, len: text.len() });
            offset += text.len() as u64;
        }
        self.add_stored(&stored);
        Ok(stored)
    }

    /// Adds pieces whose texts are in the file already.
    pub fn add_stored(&self, pieces: &[StoredPiece]) {
        self.pieces.lock().unwrap_or_else(PoisonError::into_inner).extend(pieces);
    }

    /// Ends the adding: the pieces by patch, and in a patch by file.
    pub fn sorted(self) -> (SortedPieces, Vec<StoredPiece>) {
        let mut pieces = self.pieces.into_inner().unwrap_or_else(PoisonError::into_inner);
        pieces.sort_by_key(|piece| (piece.rank, piece.file));
        (SortedPieces { texts: self.texts }, pieces)
    }
}

/// The text of the pieces.
pub(super) struct SortedPieces {
    texts: AppendFile,
}

impl SortedPieces {
    /// Appends a piece's text.
    pub fn read(&self, piece: &StoredPiece, out: &mut Vec<u8>) -> io::Result<()> {
        let start = out.len();
        out.resize(start + piece.len, 0);
        self.texts.read(piece.offset, &mut out[start..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_come_back_by_patch_and_in_a_patch_by_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = PieceStore::new(AppendFile::create(folder.path()).expect("a file"));
        let piece =
            |rank: u32, text: &str| FilePiece { rank: Rank(rank), text: text.into(), added: 1, removed: 0 };
        store.add(1, vec![piece(1, "first of b"), piece(2, "second of b")]).expect("writes");
        store.add(0, vec![piece(1, "first of a"), piece(3, "third of a")]).expect("writes");
        let (texts, pieces) = store.sorted();
        let shown = pieces.iter().map(|piece| {
            let mut text = Vec::new();
            texts.read(piece, &mut text).expect("reads");
            String::from_utf8(text).expect("text")
        });
        assert_eq!(shown.collect::<Vec<_>>(), ["first of a", "first of b", "second of b", "third of a"]);
    }
}

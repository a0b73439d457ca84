//! Pieces of patches that are kept from the series of one release of a vendor for that of the next one.
//!
//! What a file gives to which patches follows from its two versions, from who owns its lines, and from the order in which
//! these owners come; and of an update most files have all of that from the release before. The patches themselves have
//! other numbers there, so a kept piece says its patch by the place among those that the file may give something to.

use std::collections::HashMap;
use std::io;
use std::path::Path;

use bstr::ByteSlice;

use super::obstacles::Obstacles;
use super::ownership::{OwnedFile, Rank};
use super::piece_store::StoredPiece;
use super::plan::FilePlan;
use crate::answer::Side;
use crate::append_file::AppendFile;
use crate::digest::digest_of;

/// The pieces of the release before.
#[derive(Debug, Default)]
pub struct KeptPieces {
    /// Whether those of the release that is worked on are to be kept.
    pub(super) is_followed: bool,
    texts: Option<AppendFile>,
    by_division: HashMap<u128, Vec<KeptPiece>>,
}

/// A piece of a patch, by what does not change when other patches come and go.
#[derive(Clone, Copy, Debug)]
struct KeptPiece {
    /// The place of its patch among those of the file.
    patch: u32,
    added: u32,
    removed: u32,
    len: u32,
    offset: u64,
}

/// All that decides how a file is divided.
pub(super) struct Division {
    digest: u128,
    /// The patches that the file may give something to, in order.
    ranks: Vec<Rank>,
}

impl Division {
    /// How a file is divided; none where its versions are not known.
    pub fn of(file: &OwnedFile, obstacles: &Obstacles<'_>, plan: FilePlan<'_>) -> Option<Division> {
        let versions = file.versions?;
        let runs = plan.runs(&file.runs);
        let single = [
            plan.moves(),
            plan.make_way(),
            plan.whole(file.owner, false),
            plan.whole(file.owner, true),
            plan.whole(None, false),
            plan.whole(None, true),
        ];
        let mut ranks: Vec<Rank> = runs.iter().map(|run| run.rank).chain(single).collect();
        ranks.sort_unstable();
        ranks.dedup();
        let place = |rank: Rank| ranks.binary_search(&rank).unwrap_or(ranks.len()) as u32;
        let stays: Vec<bool> = ranks.iter().map(|rank| plan.has_to_stay(*rank)).collect();
        let runs: Vec<(bool, u32, u32, u32)> =
            runs.iter().map(|run| (run.side == Side::New, run.start, run.lines, place(run.rank))).collect();
        let path = file.path.as_bstr();
        let obstacles = (obstacles.is_in_the_way(path), obstacles.has_to_wait(path));
        let paths = (path.as_bytes(), file.moved_from.as_ref().map(|path| path.as_bytes()));
        let digest = digest_of(&(paths, versions, obstacles, single.map(place), stays, runs));
        Some(Division { digest, ranks })
    }
}

impl KeptPieces {
    /// The file that has the texts; it is made, on the disk of this folder, where there is none yet.
    pub(super) fn texts(&mut self, folder: &Path) -> io::Result<AppendFile> {
        if let Some(texts) = &self.texts {
            return Ok(texts.clone());
        }
        let texts = AppendFile::create(folder)?;
        self.texts = Some(texts.clone());
        Ok(texts)
    }

    /// The pieces of the file at a place that is divided like one of the release before.
    pub(super) fn get(&self, division: &Division, file: usize) -> Option<Vec<StoredPiece>> {
        let kept = self.by_division.get(&division.digest)?;
        let stored = |piece: &KeptPiece| {
            Some(StoredPiece {
                rank: *division.ranks.get(piece.patch as usize)?,
                file,
                added: piece.added as usize,
                removed: piece.removed as usize,
                offset: piece.offset,
                len: piece.len as usize,
            })
        };
        kept.iter().map(stored).collect()
    }

    /// Keeps the pieces of these files, and none of the release before.
    pub(super) fn keep(&mut self, divided: Vec<(Division, Vec<StoredPiece>)>) {
        if !self.is_followed {
            *self = KeptPieces::default();
            return;
        }
        let kept = |(division, pieces): (Division, Vec<StoredPiece>)| {
            let pieces: Option<Vec<KeptPiece>> = pieces.iter().map(|piece| division.kept(piece)).collect();
            Some((division.digest, pieces?))
        };
        self.by_division = divided.into_iter().filter_map(kept).collect();
    }
}

#[cfg(test)]
impl KeptPieces {
    /// How many bytes of text all releases so far have written.
    pub(super) fn written_bytes(&self) -> u64 {
        self.texts.as_ref().map_or(0, AppendFile::len)
    }
}

impl Division {
    /// A piece as it is kept; none where it is larger than what is kept.
    fn kept(&self, piece: &StoredPiece) -> Option<KeptPiece> {
        Some(KeptPiece {
            patch: self.ranks.binary_search(&piece.rank).ok()? as u32,
            added: u32::try_from(piece.added).ok()?,
            removed: u32::try_from(piece.removed).ok()?,
            len: u32::try_from(piece.len).ok()?,
            offset: piece.offset,
        })
    }
}

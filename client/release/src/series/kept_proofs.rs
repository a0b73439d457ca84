//! What verification keeps of the series of one release of a vendor for that of the next one.
//!
//! All patches are read again, and a patch whose bytes are those of the release before says what it said there. A file whose
//! versions are the same, and whose parts of all patches are the same bytes in the same order, has been applied and
//! compared already.

use std::collections::HashMap;

use bstr::ByteSlice;

use super::ownership::OwnedFile;
use super::replay::patch_index::{KnownPatches, PieceAt};
use crate::digest::digest_of;

/// What was verified of the release before.
#[derive(Debug, Default)]
pub struct KeptProofs {
    /// Whether that of the release that is worked on is to be kept.
    pub(super) is_followed: bool,
    pub(super) patches: KnownPatches,
    by_file: HashMap<u128, Presence>,
}

/// Whether a file is there in the base, and after each patch that says something about it.
#[derive(Clone, Debug)]
pub(super) struct Presence {
    pub in_base: bool,
    pub after: Vec<bool>,
}

/// A number that stands for all that verification of a file depends on; none where its versions are not known.
pub(super) fn proof(file: &OwnedFile, pieces: &[PieceAt]) -> Option<u128> {
    let versions = file.versions?;
    let texts: Vec<u128> = pieces.iter().map(PieceAt::text).collect();
    let paths = (file.path.as_bytes(), file.moved_from.as_ref().map(|path| path.as_bytes()));
    Some(digest_of(&(paths, versions, texts)))
}

impl KeptProofs {
    /// When a file was there, if this proof was made for the release before.
    pub(super) fn get(&self, proof: u128) -> Option<&Presence> {
        self.by_file.get(&proof)
    }

    /// Keeps these proofs, and none of the release before.
    pub(super) fn keep(&mut self, proofs: HashMap<u128, Presence>) {
        if self.is_followed {
            self.by_file = proofs;
        } else {
            *self = KeptProofs::default();
        }
    }
}

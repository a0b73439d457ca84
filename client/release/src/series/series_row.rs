//! What the series of releases of one vendor have in common, which is worked out once.

use super::kept_pieces::KeptPieces;
use super::kept_proofs::KeptProofs;

/// What the series of a release leaves for that of the next one: the patches' parts for the files in which nothing has
/// changed, and what verification has made of patches and files. It changes no byte of a series, and nothing that
/// verification says.
#[derive(Debug, Default)]
pub struct SeriesRow {
    /// Of writing.
    pub pieces: KeptPieces,
    /// Of verification.
    pub proofs: KeptProofs,
}

impl SeriesRow {
    /// Says whether another release comes after the one that is to be worked on; else nothing is kept of it.
    pub fn set_followed(&mut self, is_followed: bool) {
        self.pieces.is_followed = is_followed;
        self.proofs.is_followed = is_followed;
    }
}

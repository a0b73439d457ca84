//! The patch series of a release: one patch for each upstream commit that some of the release came from, then the
//! vendor's own changes.
//!
//! Applied to the base in order, the patches give the vendor tree byte for byte. Commits share hunks and rewrite
//! one another's lines, so no patch can be cut from a single diff; but every changed line has exactly one owner,
//! and that decides the text after each patch: the lines that stay, the removed lines whose owners come later, and
//! the added lines whose owners have come. A patch's hunks are the step from one such text to the next, with
//! nothing to merge and nothing that could conflict.
//!
//! [`SeriesWriter`] works through the release file by file and holds the contents of a few files at a time, then writes the
//! patches, with the messages of a thousand commits at a time. [`verify()`]
//! reads the written patches back and applies them; it shares no code with the writing but the reading of files.

mod binary_patch;
mod brackets;
mod branch;
mod build_lines;
mod commit_mail;
mod error;
mod fast_import;
mod file_header;
mod file_pieces;
mod joint_lines;
mod kept_pieces;
mod kept_proofs;
mod line_table;
mod live_lines;
mod mail_author;
mod mail_text;
mod maintained_paths;
mod merged_text;
mod new_drivers;
mod obstacles;
mod ownership;
mod patch_body;
mod patch_header;
mod patch_key;
mod patch_mail;
mod piece_store;
mod plan;
mod release;
mod replay;
mod series_file;
mod series_patch;
mod series_row;
mod text_hunks;
mod upstream_message;
mod verify;
mod version;
mod write;

#[cfg(test)]
mod tests;

pub use self::branch::{
    NewBranch, PreparedBranch, check_branch, find_commit, forget_prepared, prepare_branch, publish_branches,
    take_back_branches,
};
pub use self::commit_mail::{CommitMail, diff_of_hunks};
pub use self::error::{Error, SeriesPosition};
pub use self::kept_pieces::KeptPieces;
pub use self::kept_proofs::KeptProofs;
pub use self::maintained_paths::MaintainedPaths;
pub use self::ownership::OwnedFile;
pub use self::patch_header::PatchHeader;
pub use self::patch_key::PatchKey;
pub(crate) use self::patch_mail::LATEST_DATE;
pub use self::plan::unusable_maintainers;
pub use self::release::{ReadError, Release, TreePair};
pub use self::series_file::SERIES_FILE;
pub use self::series_patch::SeriesPatch;
pub use self::series_row::SeriesRow;
pub use self::verify::{Verified, verify};
pub use self::write::{PATCHES_AT_ONCE, SeriesSettings, SeriesWriter};

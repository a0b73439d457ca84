//! What a comparison of a vendor's tree with its base finds.

use bstr::{BStr, BString};
use gix::ObjectId;

use super::hunk_spool::SpooledHunks;
use crate::digest::digest_of;
use crate::tree::{Change, Entry, Error, Mode, Tree};

/// A file that differs.
#[derive(Clone, Debug, Default)]
pub struct ChangedFile {
    /// The path in both trees; of a moved file that in the vendor's.
    pub path: BString,
    /// The path in the base, where the vendor has moved the file.
    pub moved_from: Option<BString>,
    /// The file that it repeats, where it belongs to a second copy of the tree. Its lines are nobody's change.
    pub copy_of: Option<BString>,
    /// Whether the base has it.
    pub in_base: bool,
    /// Whether the vendor has it.
    pub in_vendor: bool,
    /// Whether it differs just as in the release before of a row.
    pub is_as_before: bool,
    /// What its difference was made from, where that is known.
    pub(super) compared: Option<Compared>,
    /// The changed lines; none for binary content and changes of mode alone.
    pub hunks: SpooledHunks,
    /// What the hunks do not say, in a few words each.
    pub notes: Vec<String>,
}

/// What a comparison of two trees has found.
#[derive(Clone, Debug, Default)]
pub struct Comparison {
    /// The files that differ, by path.
    pub files: Vec<ChangedFile>,
    /// The files that could not be compared, by path.
    pub unreadable: Vec<UnreadableFile>,
}

/// A file that cannot be read and is left out of everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnreadableFile {
    /// Its path; bytes that are no UTF-8 are replaced.
    pub path: String,
    /// Why it cannot be read.
    pub reason: String,
}

/// A file as one tree has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct FileState {
    mode: Mode,
    id: ObjectId,
}

/// What a difference was made from: the file in the base and in the vendor's tree, where they have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Compared {
    base: Option<FileState>,
    vendor: Option<FileState>,
}

impl Compared {
    /// What a change is made from; none where an object is absent.
    ///
    /// # Errors
    /// If a content that has to be identified cannot be read.
    pub fn of(
        change: &Change<'_>,
        old_path: &BStr,
        base: &Tree,
        vendor: &Tree,
    ) -> Result<Option<Compared>, Error> {
        let state = |tree: &Tree, entry: Option<&Entry>, path: &BStr| {
            entry.map(|entry| Ok(FileState { mode: entry.mode(), id: tree.blob_id(path)? })).transpose()
        };
        let both = state(base, change.base, old_path)
            .and_then(|base| Ok(Compared { base, vendor: state(vendor, change.vendor, change.path)? }));
        match both {
            Ok(compared) => Ok(Some(compared)),
            Err(Error::MissingObject { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The blob ids of the two texts.
    pub fn blobs(&self) -> (Option<ObjectId>, Option<ObjectId>) {
        (self.base.map(|state| state.id), self.vendor.map(|state| state.id))
    }

    /// A number that stands for it.
    pub fn digest(&self) -> u128 {
        let state = |state: Option<FileState>| {
            let state = state?;
            Some((state.mode.octal(), state.id.as_slice().to_vec()))
        };
        digest_of(&(state(self.base), state(self.vendor)))
    }
}

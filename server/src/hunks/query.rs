//! What is asked: the hunks of a patch, in the form in which the index stores its own.

use hunktrace_indexer::patch::{Change, FilePatch, Patch};
use hunktrace_indexer::segment::stored_hunk::{FileSide, StoredHunk};

/// A hunk to look up.
#[derive(Clone, Debug)]
pub struct QueryHunk {
    /// The hunk with its file.
    pub stored: StoredHunk,
    /// The line of the text on which it begins, from 1; 0 for a change without lines.
    pub line: usize,
}

/// The mode of a file where a patch does not say.
const USUAL_MODE: u16 = 0o100644;

/// The hunks of a patch in its order; a change without lines (mode, name, binary) counts as one.
///
/// Combined diffs of merges have several old sides and no hunks to look up.
pub fn query_hunks(patch: &Patch) -> Vec<QueryHunk> {
    patch.files.iter().filter(|file| !file.is_combined).flat_map(hunks_of_file).collect()
}

fn hunks_of_file(file: &FilePatch) -> Vec<QueryHunk> {
    let side = |path: &Option<bstr::BString>, mode: Option<u32>, other: Option<u32>| {
        let mode = mode.or(other).and_then(|mode| u16::try_from(mode).ok()).unwrap_or(USUAL_MODE);
        path.clone().map(|path| FileSide { path, mode, blob: None })
    };
    let old = side(&file.old_path, file.old_mode, file.new_mode);
    let new = side(&file.new_path, file.new_mode, file.old_mode);
    if file.hunks.is_empty() {
        // A file whose hunks could not be read changes nothing else.
        let is_lost =
            file.change == Change::Modified && file.binary.is_none() && file.old_mode == file.new_mode;
        let says_something = !is_lost && (old.is_some() || new.is_some());
        let stored = StoredHunk { old, new, hunk: None };
        return if says_something { vec![QueryHunk { stored, line: 0 }] } else { Vec::new() };
    }
    file.hunks
        .iter()
        .map(|hunk| QueryHunk {
            stored: StoredHunk { old: old.clone(), new: new.clone(), hunk: Some(hunk.hunk.clone()) },
            line: hunk.line,
        })
        .collect()
}

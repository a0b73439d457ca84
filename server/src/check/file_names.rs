//! The other names of a file: what upstream called it before and after renames, whichever of them the vendor took.

use std::collections::VecDeque;

use bstr::{BStr, BString, ByteSlice};
use hunktrace_indexer::fingerprint::path_term;
use hunktrace_indexer::index::folder::IndexError;
use hunktrace_indexer::index::retrieval::{HunkId, HunkRetrieval};

/// Of a file at most this many other names are told, the nearest ones: chains of renames are short.
const MAX_OTHER_NAMES: usize = 8;

/// The names that renames of history lead to from a path, in both directions, the nearest first.
///
/// # Errors
/// Where the index cannot be read.
pub fn other_names(retrieval: &dyn HunkRetrieval, path: &BStr) -> Result<Vec<BString>, IndexError> {
    let mut names: Vec<BString> = vec![path.to_owned()];
    let mut open = VecDeque::from([path.to_owned()]);
    while let Some(path) = open.pop_front() {
        for name in renamed(retrieval, path.as_bstr())? {
            if names.len() > MAX_OTHER_NAMES {
                break;
            }
            if !names.contains(&name) {
                open.push_back(name.clone());
                names.push(name);
            }
        }
    }
    names.remove(0);
    Ok(names)
}

/// The names that a file under this path has before and after each of its renames.
fn renamed(retrieval: &dyn HunkRetrieval, path: &BStr) -> Result<Vec<BString>, IndexError> {
    let found = retrieval.hunks_of_path(path_term(path), None)?;
    let ids: Vec<HunkId> = found.iter().map(|hunk| hunk.id).collect();
    let mut names: Vec<BString> = Vec::new();
    retrieval.visit(&ids, &mut |_, hunk| {
        if let (Some(old), Some(new)) = (hunk.old, hunk.new)
            && old.path != new.path
        {
            let sides = [old.path, new.path];
            if sides.contains(&path) {
                names.extend(sides.into_iter().filter(|side| *side != path).map(BStr::to_owned));
            }
        }
    })?;
    names.sort();
    names.dedup();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory_index::{MemoryIndex, commit, hunk_at};
    use hunktrace_indexer::segment::stored_hunk::StoredHunk;

    #[test]
    fn names_before_and_after_renames_are_told_the_nearest_first() {
        let rename = |old: &str, new: &str| {
            commit([StoredHunk { old: hunk_at(old, 1, "+a();\n").old, ..hunk_at(new, 1, "+a();\n") }])
        };
        let index = MemoryIndex::of([rename("a", "b"), rename("b", "c"), rename("c", "d"), rename("x", "y")]);
        let names = |path: &str| -> Vec<String> {
            let names = other_names(&index, path.into()).expect("names");
            names.iter().map(ToString::to_string).collect()
        };
        assert_eq!(names("b"), ["a", "c", "d"]);
        assert_eq!(names("y"), ["x"]);
        assert_eq!(names("z"), [] as [&str; 0]);
    }
}

//! Files that a diff deletes in one place and adds in another, as what they are by git's rules: moved.
//!
//! `diff -urN` and `git diff --no-renames` know no moves, and write all lines of such a file twice. History is indexed by git's
//! rules for renames, so what is looked up has to follow the same rules.

use std::collections::HashMap;

use bstr::{BStr, ByteSlice};
use gix::ObjectId;
use gix::objs::tree::{EntryKind, EntryMode};

use crate::git::blob_id::blob_id;
use crate::git::file_change::{FileChange, FileVersion};
use crate::git::line_diff::diff_lines;
use crate::git::rename::detect_renames;
use crate::hunk::{HunkLines, Sign};
use crate::segment::stored_hunk::{FileSide, StoredHunk};

/// Above this number of deleted-times-added pairs only equal files are paired, as git does above its own, higher limit: a patch
/// is looked up in passing.
const MAX_COMPARED_PAIRS: usize = 10_000;

/// A file that a diff moves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MovedFile {
    /// The place of the hunk that deletes it.
    pub deletion: usize,
    /// The place of the hunk that adds it.
    pub addition: usize,
    /// The hunks between its two versions, as the index has them; one without lines where nothing changes on the way.
    pub hunks: Vec<StoredHunk>,
}

/// The files that the hunks of a diff delete and add elsewhere, in the order of their additions.
pub fn moved_files(hunks: &[&StoredHunk]) -> Vec<MovedFile> {
    // Hardly any patch both deletes and adds files.
    if hunks.iter().all(|stored| stored.new.is_some()) || hunks.iter().all(|stored| stored.old.is_some()) {
        return Vec::new();
    }
    let (deleted, added) = (whole_files(hunks, Sign::Removed), whole_files(hunks, Sign::Added));
    let texts: HashMap<ObjectId, &[u8]> =
        deleted.iter().chain(&added).map(|file| (file.version.id, file.text.as_slice())).collect();
    let changes = deleted
        .iter()
        .map(|file| FileChange { old: Some(file.version.clone()), new: None })
        .chain(added.iter().map(|file| FileChange { old: None, new: Some(file.version.clone()) }))
        .collect();
    let is_compared = deleted.len().saturating_mul(added.len()) <= MAX_COMPARED_PAIRS;
    let read = |id: &ObjectId| texts.get(id).filter(|_| is_compared).map(|text| text.to_vec());
    let (deleted_at, added_at) = (by_path(&deleted), by_path(&added));
    let mut moved: Vec<MovedFile> = detect_renames(changes, read)
        .into_iter()
        .filter_map(|change| {
            let (old, new) = (change.old?, change.new?);
            Some(between(deleted_at.get(old.path.as_bstr())?, added_at.get(new.path.as_bstr())?))
        })
        .collect();
    moved.sort_by_key(|moved| moved.addition);
    moved
}

/// A file that stands on one side only.
struct WholeFile<'a> {
    /// The place of its hunk.
    place: usize,
    side: &'a FileSide,
    version: FileVersion,
    text: Vec<u8>,
}

/// Files by their paths, of which each has its own.
fn by_path<'a>(files: &'a [WholeFile<'a>]) -> HashMap<&'a BStr, &'a WholeFile<'a>> {
    files.iter().map(|file| (file.side.path.as_bstr(), file)).collect()
}

/// The files that are deleted, or added, each by one hunk that has all of its lines.
fn whole_files<'a>(hunks: &[&'a StoredHunk], sign: Sign) -> Vec<WholeFile<'a>> {
    let sides = |stored: &'a StoredHunk| match sign {
        Sign::Removed => (stored.old.as_ref(), stored.new.as_ref()),
        _ => (stored.new.as_ref(), stored.old.as_ref()),
    };
    let mut hunks_of: HashMap<&BStr, usize> = HashMap::new();
    for side in hunks.iter().copied().filter_map(|stored| sides(stored).0) {
        *hunks_of.entry(side.path.as_ref()).or_default() += 1;
    }
    let mut files = Vec::new();
    for (place, stored) in hunks.iter().copied().enumerate() {
        let ((Some(side), None), Some(hunk)) = (sides(stored), &stored.hunk) else { continue };
        // What has several hunks is no whole file.
        let is_alone = hunks_of.get::<BStr>(side.path.as_ref()) == Some(&1);
        if !is_alone || hunk.lines().any(|line| line.sign != sign) {
            continue;
        }
        let text = text_of(hunk.body.as_ref());
        let mode = EntryMode::try_from(u32::from(side.mode)).unwrap_or(EntryKind::Blob.into());
        let id = ObjectId::from_bytes_or_panic(&blob_id(&text));
        let version = FileVersion { path: side.path.clone(), mode, id };
        files.push(WholeFile { place, side, version, text });
    }
    files
}

fn text_of(body: &BStr) -> Vec<u8> {
    let mut text = Vec::with_capacity(body.len());
    for line in HunkLines::of(body) {
        text.extend_from_slice(line.text);
        if line.ends_with_newline {
            text.push(b'\n');
        }
    }
    text
}

fn between(from: &WholeFile<'_>, to: &WholeFile<'_>) -> MovedFile {
    let stored = |hunk| StoredHunk { old: Some(from.side.clone()), new: Some(to.side.clone()), hunk };
    let mut hunks: Vec<StoredHunk> =
        diff_lines(&from.text, &to.text).into_iter().map(|hunk| stored(Some(hunk))).collect();
    if hunks.is_empty() {
        hunks.push(stored(None));
    }
    MovedFile { deletion: from.place, addition: to.place, hunks }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hunk::Hunk;

    fn lines(count: usize, changed: usize) -> Vec<String> {
        let line = |number| {
            format!("line {number} of the file{}\n", if number == changed { ", changed" } else { "" })
        };
        (1..=count).map(line).collect()
    }

    fn whole(path: &str, sign: Sign, lines: &[String]) -> StoredHunk {
        let side = Some(FileSide { path: path.into(), mode: 0o100644, blob: None });
        let count = lines.len() as u32;
        let body: String = lines.iter().map(|line| format!("{}{line}", char::from(sign.marker()))).collect();
        let mut hunk = Hunk { body: body.into(), ..Hunk::default() };
        if sign == Sign::Removed {
            (hunk.old_start, hunk.old_lines) = (1, count);
            StoredHunk { old: side, new: None, hunk: Some(hunk) }
        } else {
            (hunk.new_start, hunk.new_lines) = (1, count);
            StoredHunk { old: None, new: side, hunk: Some(hunk) }
        }
    }

    fn moved(diff: &[StoredHunk]) -> Vec<MovedFile> {
        moved_files(&diff.iter().collect::<Vec<_>>())
    }

    #[test]
    fn file_that_is_deleted_and_added_elsewhere_is_moved() {
        let (before, after) = (lines(40, 0), lines(40, 20));
        let diff = [whole("fs/a.c", Sign::Removed, &before), whole("fs/sub/a.c", Sign::Added, &after)];
        let [moved] = &moved(&diff)[..] else { panic!("one move") };
        assert_eq!((moved.deletion, moved.addition), (0, 1));
        let [between] = &moved.hunks[..] else { panic!("one hunk") };
        assert_eq!(between.old.as_ref().unwrap().path, "fs/a.c");
        assert_eq!(between.new.as_ref().unwrap().path, "fs/sub/a.c");
        let hunk = between.hunk.as_ref().unwrap();
        assert_eq!((hunk.old_start, hunk.old_lines, hunk.changed_lines().count()), (17, 7, 2));
    }

    #[test]
    fn move_without_a_change_is_a_hunk_without_lines() {
        let text = lines(9, 0);
        let diff = [whole("b.c", Sign::Added, &text), whole("a.c", Sign::Removed, &text)];
        let [moved] = &moved(&diff)[..] else { panic!("one move") };
        assert_eq!((moved.deletion, moved.addition), (1, 0));
        assert_eq!(moved.hunks.iter().map(|between| between.hunk.is_none()).collect::<Vec<_>>(), [true]);
    }

    #[test]
    fn other_files_are_not_moved() {
        let other: Vec<String> = (0..40).map(|number| format!("something else {number}\n")).collect();
        let diff = [whole("a.c", Sign::Removed, &lines(40, 0)), whole("b.c", Sign::Added, &other)];
        assert_eq!(moved(&diff), []);
        assert_eq!(moved(&diff[..1]), []);
        assert_eq!(moved(&[]), []);
    }

    #[test]
    fn very_many_files_are_paired_where_they_are_equal() {
        let deleted = |number: usize| whole(&format!("a/{number}.c"), Sign::Removed, &lines(20 + number, 0));
        let added = |number: usize| {
            whole(&format!("b/{number}.c"), Sign::Added, &lines(20 + number, 7 * (number % 2)))
        };
        let diff: Vec<StoredHunk> = (0..101).map(deleted).chain((0..101).map(added)).collect();
        assert_eq!(moved(&diff).len(), 51);
    }
}

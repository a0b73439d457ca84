//! Reads the `---` and `+++` lines of plain diffs, and the lines about files without hunks.

use bstr::{BString, ByteSlice};

use super::document::{Change, FilePatch};
use super::file_name::{
    Stamp, StampedName, stamped_name, strip_known, strip_plain, strip_single, whole_name,
};
use super::file_stamp::is_wrapped_stamp;
use super::lines::{Lines, content};
use super::problem::{ProblemKind, Report};

/// The two sides of a plain file header, to be settled when the patch is known whole.
#[derive(Debug)]
pub(super) struct PlainNames {
    /// What the `---` line says.
    pub old: StampedName,
    /// What the `+++` line says.
    pub new: StampedName,
}

/// Whether a line can stand between the beginning of a plain file header and its `---` line.
pub(super) fn is_introduction(line: &[u8]) -> bool {
    const KEYWORDS: [&[u8]; 4] = [b"Index: ", b"diff ", b"RCS file: ", b"retrieving revision "];
    let is_ruler = line.len() >= 4 && line.iter().all(|byte| *byte == b'=');
    is_ruler || KEYWORDS.iter().any(|keyword| line.starts_with(keyword))
}

/// Reads the `---` and `+++` lines that begin at the current line.
///
/// None, without moving, if the lines are no file header, as no hunk follows them.
pub(super) fn read_plain_header(lines: &mut Lines<'_>, report: &mut Report) -> Option<PlainNames> {
    let line = lines.number();
    let mut ahead = lines.clone();
    let first = content(ahead.advance()?);
    skip_wrapped_stamp(&mut ahead);
    let second = ahead.peek_content();
    let is_hunk = |line: Option<&[u8]>| line.is_some_and(|line| line.starts_with(b"@@ -"));

    let (names, kind) = if let Some(old) = first.strip_prefix(b"--- ") {
        if let Some(new) = second.and_then(|line| line.strip_prefix(b"+++ ")) {
            ahead.advance();
            skip_wrapped_stamp(&mut ahead);
            let is_followed = ahead.peek_content().is_some_and(|line| line.starts_with(b"@@"));
            if !is_followed && !ahead.is_blank_to_end() {
                return None;
            }
            let names = PlainNames { old: stamped_name(old), new: stamped_name(new) };
            (names, (!is_followed).then_some(ProblemKind::FileWithoutHunk))
        } else if is_hunk(second) {
            (PlainNames::of_one(old), Some(ProblemKind::MissingNewName))
        } else {
            return None;
        }
    } else {
        let new = first.strip_prefix(b"+++ ").filter(|_| is_hunk(second))?;
        (PlainNames::of_one(new), Some(ProblemKind::MissingOldName))
    };
    lines.go_to(ahead.mark());
    if let Some(kind) = kind {
        report.add(line, kind);
    }
    if names.old.is_misquoted || names.new.is_misquoted {
        report.add(line, ProblemKind::QuotedName);
    }
    Some(names)
}

/// Goes over the time of a file that a mail program has moved to a line of its own.
fn skip_wrapped_stamp(lines: &mut Lines<'_>) {
    if lines.peek_content().is_some_and(is_wrapped_stamp) {
        lines.advance();
    }
}

/// The folders that were found in front of both names of some files of a patch.
#[derive(Debug, Default)]
pub(super) struct Folders {
    old: Option<BString>,
    new: Option<BString>,
}

impl Folders {
    /// Notes the folders of one file.
    pub fn note(&mut self, folders: (BString, BString)) {
        (self.old, self.new) = (Some(folders.0), Some(folders.1));
    }

    /// Takes the folder off the single name of a new or deleted file; none if it is not there.
    fn strip<'a>(&self, name: &'a [u8], change: Change) -> Option<&'a [u8]> {
        let folder = if change == Change::Added { &self.new } else { &self.old };
        strip_known(name, folder.as_ref()?)
    }

    /// Takes the folder off the single path of a new or deleted file, if it is there.
    pub fn strip_single(&self, file: &mut FilePatch) {
        let path = match (&mut file.old_path, &mut file.new_path) {
            (Some(path), None) | (None, Some(path)) => path,
            _ => return,
        };
        if let Some(rest) = self.strip(path, file.change) {
            *path = rest.into();
        }
    }
}

impl PlainNames {
    /// The name on the only line there is, for both sides.
    fn of_one(text: &[u8]) -> Self {
        let mut name = stamped_name(text);
        name.name = name.name.map(|name| strip_single(&name).into());
        Self { old: name.clone(), new: name }
    }

    /// The names without prefixes, for a file whose hunks are not read yet.
    pub fn set_paths(&self, file: &mut FilePatch, folders: &mut Folders) {
        match (&self.old.name, &self.new.name) {
            (Some(old), Some(new)) => {
                let pair = strip_plain(old, new);
                if let Some(prefixes) = pair.prefixes {
                    folders.note(prefixes);
                }
                (file.old_path, file.new_path) = (Some(pair.old), Some(pair.new));
            }
            (Some(old), None) => {
                file.old_path = Some(strip_single(old).into());
                file.change = Change::Deleted;
            }
            (None, Some(new)) => {
                file.new_path = Some(strip_single(new).into());
                file.change = Change::Added;
            }
            (None, None) => {}
        }
    }

    /// Takes the prefix off the single name of a new or deleted file, now that the other files are known.
    pub fn set_single_path(&self, file: &mut FilePatch, folders: &Folders) {
        match (&self.old.name, &self.new.name) {
            (Some(old), None) => {
                if let Some(path) = folders.strip(old, Change::Deleted) {
                    file.old_path = Some(path.into());
                }
            }
            (None, Some(new)) => {
                if let Some(path) = folders.strip(new, Change::Added) {
                    file.new_path = Some(path.into());
                }
            }
            _ => {}
        }
    }

    /// Settles whether the file is new or deleted, now that its hunks are known.
    ///
    /// GNU diff gives a side that does not exist the epoch as its time. Without any time stamps, a single hunk
    /// that has no lines on one side and stands at line 0 there says the same.
    pub fn set_change(&self, file: &mut FilePatch) {
        let [hunk] = &file.hunks[..] else { return };
        let hunk = &hunk.hunk;
        let has_no_stamps = self.old.stamp == Stamp::Missing && self.new.stamp == Stamp::Missing;
        let is_absent = |stamp: Stamp| stamp == Stamp::Epoch || has_no_stamps;
        if file.change != Change::Modified {
            return;
        }
        if (hunk.old_start, hunk.old_lines) == (0, 0) && is_absent(self.old.stamp) {
            (file.change, file.old_path) = (Change::Added, None);
        } else if (hunk.new_start, hunk.new_lines) == (0, 0) && is_absent(self.new.stamp) {
            (file.change, file.new_path) = (Change::Deleted, None);
        }
    }
}

/// Reads a `Binary files a/x and b/x differ` or `Files a/x and b/x differ` line of a plain diff.
pub(super) fn binary_names(line: &[u8]) -> Option<PlainNames> {
    let names =
        line.strip_prefix(b"Binary files ").or(line.strip_prefix(b"Files "))?.strip_suffix(b" differ")?;
    // The names mostly have one length, so that the word between them is in the middle.
    let middle = names.len().checked_sub(AND.len())? / 2;
    let (old, new) = match names.get(middle..middle + AND.len()) {
        Some(word) if word == AND => (&names[..middle], &names[middle + AND.len()..]),
        _ => names.split_once_str(AND)?,
    };
    let side = |text: &[u8]| {
        let (name, is_misquoted) = whole_name(text);
        StampedName { name: (name != "/dev/null").then_some(name), stamp: Stamp::Missing, is_misquoted }
    };
    Some(PlainNames { old: side(old), new: side(new) })
}

const AND: &[u8] = b" and ";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_binary_files_may_hold_the_word_between_them() {
        let names = |line: &str| binary_names(line.as_bytes()).map(|names| (names.old.name, names.new.name));
        let pair = |a: &str, b: &str| Some((Some(a.into()), Some(b.into())));
        assert_eq!(names("Binary files a/x and b/x differ"), pair("a/x", "b/x"));
        assert_eq!(names("Binary files a/x and y and b/x and y differ"), pair("a/x and y", "b/x and y"));
        assert_eq!(names("Files v4.18/x and vendor/x differ"), pair("v4.18/x", "vendor/x"));
        assert_eq!(names("Binary files /dev/null and b/x differ"), Some((None, Some("b/x".into()))));
        assert_eq!(names("Binary files differ"), None);
    }
}

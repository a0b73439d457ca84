//! The texts of files in a release, and what differs between a release and the one before.

use bstr::ByteSlice;
use hunktrace_indexer::hunk::{Hunk, Sign};
use rusqlite::{Connection, OptionalExtension};

use super::contents::{read_both, read_content};
use super::error::CatalogueError;
use super::line_owners::{Origins, Owner, owned_hunks};
use super::release_place::path_row;

/// A file of a release, as the catalogue has it.
#[derive(Clone, Debug, Default)]
pub(super) struct ReleaseFile {
    /// Its path in the base, where it was moved.
    pub moved_from: Option<Vec<u8>>,
    base: Option<i64>,
    vendor: Option<i64>,
    difference: i64,
}

/// The columns that [`ReleaseFile::of_row`] reads, where `moved` is the path that the file was moved from.
pub(super) const RELEASE_FILE_COLUMNS: &str =
    "difference.id, difference.base_content, difference.vendor_content, moved.path";

impl ReleaseFile {
    /// A file from a row that begins with [`RELEASE_FILE_COLUMNS`].
    pub fn of_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<ReleaseFile> {
        Ok(ReleaseFile {
            difference: row.get(0)?,
            base: row.get(1)?,
            vendor: row.get(2)?,
            moved_from: stored_path(row.get_ref(3)?),
        })
    }

    /// Whether it has the same text in another release.
    pub fn has_text_of(&self, other: &ReleaseFile) -> bool {
        self.vendor == other.vendor
    }

    /// Whether the base and the release have it.
    pub fn is_of_both(&self) -> bool {
        self.base.is_some() && self.vendor.is_some()
    }

    /// Whether its text is the base's.
    pub fn has_text_of_base(&self) -> bool {
        self.vendor == self.base
    }

    /// The row of its difference.
    pub fn difference(&self) -> i64 {
        self.difference
    }

    /// Its text in the base, where that has it.
    pub fn base_text(&self, connection: &Connection) -> Result<Option<Vec<u8>>, CatalogueError> {
        self.base.map(|content| read_content(connection, content)).transpose()
    }

    /// Its text in the release, where that has it.
    pub fn text(&self, connection: &Connection) -> Result<Option<Vec<u8>>, CatalogueError> {
        self.vendor.map(|content| read_content(connection, content)).transpose()
    }
}

/// A file's text in two releases, and whose each difference is.
#[derive(Clone, Debug, Default)]
pub(super) struct FileChange {
    /// Its path before, where the later release has moved it.
    pub moved_from: Option<Vec<u8>>,
    /// Its text before; none where it is not there.
    pub before: Option<Vec<u8>>,
    /// Its text after.
    pub after: Option<Vec<u8>>,
    /// What differs.
    pub hunks: Vec<Hunk>,
    /// For each hunk the owner of each of its changed lines, in order.
    pub owners: Vec<Vec<Owner>>,
}

/// The file of a path in a release, if it differs from the base there.
pub(super) fn release_file(
    connection: &Connection,
    release: i64,
    path: &[u8],
) -> Result<Option<ReleaseFile>, CatalogueError> {
    let Some(path) = path_row(connection, path)? else { return Ok(None) };
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {RELEASE_FILE_COLUMNS} FROM difference \
         JOIN release_file ON release_file.difference = difference.id LEFT JOIN path AS moved ON moved.id = difference.moved_from \
         WHERE difference.path = ?1 AND release_file.release = ?2"
    ))?;
    Ok(statement.query_row((path, release), ReleaseFile::of_row).optional()?)
}

/// A path as it was stored; none of NULL.
pub(super) fn stored_path(value: rusqlite::types::ValueRef<'_>) -> Option<Vec<u8>> {
    use rusqlite::types::ValueRef;
    match value {
        ValueRef::Text(path) | ValueRef::Blob(path) => Some(path.to_vec()),
        _ => None,
    }
}

/// What happened to a file between two releases of the same base; `before` is none for the base itself.
pub(super) fn file_change(
    connection: &Connection,
    before: Option<i64>,
    after: i64,
    path: &[u8],
) -> Result<FileChange, CatalogueError> {
    let new = release_file(connection, after, path)?;
    let old = match before {
        Some(before) => release_file(connection, before, path)?,
        None => None,
    };
    change_between(connection, before, old, new)
}

/// The same for what the two releases have of its path; none where they have it as the base has it.
pub(super) fn change_between(
    connection: &Connection,
    before: Option<i64>,
    mut old: Option<ReleaseFile>,
    new: Option<ReleaseFile>,
) -> Result<FileChange, CatalogueError> {
    // Moved since then: the earlier release has it where the base has it, changed or not.
    let moved_from = new.as_ref().and_then(|new| new.moved_from.clone()).filter(|_| old.is_none());
    if let (Some(before), Some(moved_from)) = (before, &moved_from) {
        old = release_file(connection, before, moved_from)?;
    }
    // A release that does not have the file among those that differ has it as the base has it.
    let before_content = old.as_ref().map_or(new.as_ref().and_then(|new| new.base), |old| old.vendor);
    let after_content = new.as_ref().map_or(old.as_ref().and_then(|old| old.base), |new| new.vendor);
    let read = |content: Option<i64>| content.map(|content| read_content(connection, content)).transpose();
    let (old_text, new_text) = match (before_content, after_content) {
        (Some(before), Some(after)) => {
            let (before, after) = read_both(connection, before, after)?;
            (Some(before), Some(after))
        }
        _ => (read(before_content)?, read(after_content)?),
    };
    let origins =
        |file: &Option<ReleaseFile>| Origins::of(connection, file.as_ref().map(ReleaseFile::difference));
    let (before_text, after_text) =
        (old_text.as_deref().unwrap_or_default(), new_text.as_deref().unwrap_or_default());
    let (hunks, owners) = owned_hunks(before_text, after_text, &origins(&old)?, &origins(&new)?);
    Ok(FileChange { moved_from, before: old_text, after: new_text, hunks, owners })
}

/// The text before, with the changes of some owners alone.
pub(super) fn text_with(change: &FileChange, is_taken: impl Fn(Owner) -> bool) -> Vec<u8> {
    let before = change.before.as_deref().unwrap_or_default();
    let lines: Vec<&[u8]> = before.split_inclusive(|byte| *byte == b'\n').collect();
    let mut text: Vec<u8> = Vec::with_capacity(before.len());
    let mut at = 0;
    for (hunk, owners) in change.hunks.iter().zip(&change.owners) {
        // An empty side of a hunk stands behind the line that it names.
        let start =
            if hunk.old_lines == 0 { hunk.old_start } else { hunk.old_start.saturating_sub(1) } as usize;
        push_lines(&mut text, &lines[at.min(start)..start.min(lines.len())]);
        at = start;
        let mut owners = owners.iter();
        let mut group = ChangeGroup::default();
        for line in hunk.lines() {
            match line.sign {
                Sign::Context => {
                    group.push_to(&mut text);
                    push_lines(&mut text, &lines[at..at + 1]);
                    at += 1;
                }
                Sign::Removed => {
                    match owners.next().is_some_and(|owner| is_taken(*owner)) {
                        true => group.has_removed = true,
                        false if group.has_removed => group.kept_after.push(lines[at]),
                        false => group.kept_before.push(lines[at]),
                    }
                    at += 1;
                }
                Sign::Added => {
                    if owners.next().is_some_and(|owner| is_taken(*owner)) {
                        group.added.push((line.text.as_bytes(), line.ends_with_newline));
                    }
                }
            }
        }
        group.push_to(&mut text);
    }
    push_lines(&mut text, &lines[at.min(lines.len())..]);
    text
}

/// Changed lines without context between them, of which the changes of some owners are taken.
///
/// The removed lines of a group come before the added ones, whoever they belong to. What is added stands where lines of
/// the same owners were removed, and the lines that stay because they belong to others keep their side of that place.
#[derive(Default)]
struct ChangeGroup<'a> {
    kept_before: Vec<&'a [u8]>,
    has_removed: bool,
    /// The added lines, and whether each has an end.
    added: Vec<(&'a [u8], bool)>,
    kept_after: Vec<&'a [u8]>,
}

impl ChangeGroup<'_> {
    /// Adds the group to a text, and leaves it empty.
    fn push_to(&mut self, text: &mut Vec<u8>) {
        let ChangeGroup { kept_before, added, kept_after, .. } = std::mem::take(self);
        push_lines(text, &kept_before);
        for (line, ends) in added {
            end_line(text);
            text.extend_from_slice(line);
            if ends {
                text.push(b'\n');
            }
        }
        push_lines(text, &kept_after);
    }
}

fn push_lines(text: &mut Vec<u8>, lines: &[&[u8]]) {
    for line in lines {
        end_line(text);
        text.extend_from_slice(line);
    }
}

/// A last line without an end gets one where another follows.
fn end_line(text: &mut Vec<u8>) {
    if text.last().is_some_and(|byte| *byte != b'\n') {
        text.push(b'\n');
    }
}

#[cfg(test)]
mod tests {
    use hunktrace_indexer::git::line_diff::diff_lines;

    use super::*;

    #[test]
    fn changes_of_all_owners_give_the_text_after() {
        let (before, after) =
            (b"1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n".to_vec(), b"1\n2\nx\n4\n5\n6\n7\n8\n10\nend".to_vec());
        let hunks = diff_lines(&before, &after);
        let owners: Vec<Vec<Owner>> =
            hunks
                .iter()
                .map(|hunk| {
                    hunk.changed_lines()
                        .map(|line| {
                            if line.text == "x" || line.text == "3" {
                                Owner::Commit(1)
                            } else {
                                Owner::Vendor
                            }
                        })
                        .collect()
                })
                .collect();
        let change = FileChange {
            before: Some(before.clone()),
            after: Some(after.clone()),
            hunks,
            owners,
            ..FileChange::default()
        };
        assert_eq!(text_with(&change, |_| true), after);
        assert_eq!(text_with(&change, |_| false), before);
        let own = text_with(&change, |owner| owner == Owner::Commit(1));
        assert_eq!(own, b"1\n2\nx\n4\n5\n6\n7\n8\n9\n10\n");
    }

    #[test]
    fn added_lines_stand_where_their_owner_removed_some() {
        let (before, after) =
            (b"1\nold of another\nold\nold of a third\n2\n".to_vec(), b"1\nnew\n2\n".to_vec());
        let hunks = diff_lines(&before, &after);
        let owner = |text: &bstr::BStr| match text.as_bytes() {
            b"old" | b"new" => Owner::Commit(1),
            _ => Owner::Commit(2),
        };
        let owners =
            hunks.iter().map(|hunk| hunk.changed_lines().map(|line| owner(line.text)).collect()).collect();
        let change =
            FileChange { before: Some(before), after: Some(after), hunks, owners, ..FileChange::default() };

        let own = text_with(&change, |owner| owner == Owner::Commit(1));

        assert_eq!(own.as_bstr(), "1\nold of another\nnew\nold of a third\n2\n");
        let others = text_with(&change, |owner| owner == Owner::Commit(2));
        assert_eq!(others.as_bstr(), "1\nold\n2\n");
    }

    #[test]
    fn new_and_deleted_files_are_texts_without_lines() {
        let change = |before: Option<&[u8]>, after: Option<&[u8]>| {
            let hunks = diff_lines(before.unwrap_or_default(), after.unwrap_or_default());
            let owners =
                hunks.iter().map(|hunk| hunk.changed_lines().map(|_| Owner::Vendor).collect()).collect();
            let (before, after) = (before.map(<[u8]>::to_vec), after.map(<[u8]>::to_vec));
            FileChange { before, after, hunks, owners, ..FileChange::default() }
        };
        assert_eq!(text_with(&change(None, Some(b"a\nb\n")), |_| true), b"a\nb\n");
        assert_eq!(text_with(&change(Some(b"a\nb\n"), None), |_| true), b"");
    }
}

//! Reads the header of a file in a git diff: `diff --git` and the lines that follow up to the first hunk.

use bstr::{BString, ByteSlice};

use super::document::{BinaryKind, Change, FilePatch};
use super::file_name::{
    StampedName, StrippedPair, Unquoted, stamped_name, strip_git, strip_plain, unquote, whole_name,
};
use super::git_binary;
use super::lines::{Lines, content};
use super::problem::{ProblemKind, Report};

/// A file header, and the prefixes that hold for other files too.
#[derive(Debug, Default)]
pub(super) struct GitFile {
    /// The file as far as the header tells; its hunks are still to be read.
    pub file: FilePatch,
    /// The folders compared by `git diff --no-index`, as found in front of the two names.
    pub folders: Option<(BString, BString)>,
    /// Whether `---` and `+++` lines announce a hunk.
    pub announces_hunk: bool,
}

/// Reads the header that begins with the current line, `diff --git ...`.
///
/// None, without moving, if no header line of git follows: then the line is part of some message. A bare line is
/// a header only where another header or the end follows, which is how `git diff` shows files that were merely
/// touched.
pub(super) fn read_git_header(lines: &mut Lines<'_>, report: &mut Report) -> Option<GitFile> {
    let start = lines.mark();
    let line = lines.number();
    let first = content(lines.advance()?);
    let names = first.strip_prefix(GIT_DIFF)?;
    let second = lines.mark();

    let mut fields = Fields::default();
    let mut bad_lines = Vec::new();
    while let Some(line) = lines.peek_content() {
        match fields.read(line) {
            Read::Used => {}
            Read::Bad(kind) => bad_lines.push((lines.number(), kind)),
            Read::Foreign => break,
        }
        lines.advance();
    }
    read_names(lines, &mut fields, &mut bad_lines);
    read_binary(lines, &mut fields, &mut bad_lines);
    if lines.mark() == second && !is_touched_only(lines) {
        lines.go_to(start);
        return None;
    }
    let announces_hunk = fields.announces_hunk;

    let (file, folders, name_problem) = fields.into_file(names);
    if let Some(kind) = name_problem {
        report.add(line, kind);
    }
    for (line, kind) in bad_lines {
        report.add(line, kind);
    }
    Some(GitFile { file, folders, announces_hunk })
}

/// What the header of a file in a git diff begins with.
pub(super) const GIT_DIFF: &[u8] = b"diff --git ";

/// Whether what follows a bare `diff --git` line shows that it is a header all the same.
fn is_touched_only(lines: &Lines<'_>) -> bool {
    lines.peek_content().is_none_or(|next| next.starts_with(GIT_DIFF)) || lines.is_blank_to_end()
}

/// Reads the `---` and `+++` lines if they are there.
fn read_names(lines: &mut Lines<'_>, fields: &mut Fields, bad_lines: &mut Vec<(usize, ProblemKind)>) {
    let Some(old) = lines.peek_content().and_then(|line| line.strip_prefix(b"--- ")) else { return };
    match lines.second_content().and_then(|line| line.strip_prefix(b"+++ ")) {
        Some(new) => {
            for name in [old, new] {
                let name = stamped_name(name);
                if name.is_misquoted {
                    bad_lines.push((lines.number(), ProblemKind::QuotedName));
                }
                fields.names.push(name);
                lines.advance();
            }
            fields.announces_hunk = true;
        }
        None if lines.second_content().is_none_or(|line| line.starts_with(b"@@ ")) => {
            bad_lines.push((lines.number(), ProblemKind::MissingNewName));
            lines.advance();
            fields.announces_hunk = true;
        }
        None => {}
    }
}

/// Reads a `Binary files ... differ` line or a binary patch if one is there.
fn read_binary(lines: &mut Lines<'_>, fields: &mut Fields, bad_lines: &mut Vec<(usize, ProblemKind)>) {
    let Some(line) = lines.peek_content() else { return };
    if line.starts_with(b"Binary files ") || (line.starts_with(b"Files ") && line.ends_with(b" differ")) {
        fields.binary = Some(BinaryKind::Differs);
        lines.advance();
    } else if line == git_binary::INTRODUCTION {
        let (kind, problem) = git_binary::read(lines);
        fields.binary = Some(kind);
        bad_lines.extend(problem);
    }
}

/// What the header lines of one file say.
#[derive(Debug, Default)]
struct Fields {
    is_added: bool,
    is_deleted: bool,
    old_mode: Option<u32>,
    new_mode: Option<u32>,
    similarity: Option<u8>,
    rename: (Option<BString>, Option<BString>),
    copy: (Option<BString>, Option<BString>),
    /// The names of the `---` and `+++` lines, if there are both.
    names: Vec<StampedName>,
    /// Whether a `---` line is there, below which a hunk has to follow.
    announces_hunk: bool,
    binary: Option<BinaryKind>,
}

/// What became of a line.
enum Read {
    /// It is a header line.
    Used,
    /// It is a header line whose value makes no sense.
    Bad(ProblemKind),
    /// It is no header line.
    Foreign,
}

impl Fields {
    /// Takes in one line.
    fn read(&mut self, line: &[u8]) -> Read {
        let line = line.trim_end();
        let value = |keyword: &str| line.strip_prefix(keyword.as_bytes());
        if let Some(mode) = value("old mode ") {
            return number_field(&mut self.old_mode, parse_mode(mode));
        }
        if let Some(mode) = value("new mode ") {
            return number_field(&mut self.new_mode, parse_mode(mode));
        }
        if let Some(mode) = value("new file mode ") {
            self.is_added = true;
            return number_field(&mut self.new_mode, parse_mode(mode));
        }
        if let Some(mode) = value("deleted file mode ") {
            self.is_deleted = true;
            return number_field(&mut self.old_mode, parse_mode(mode));
        }
        if let Some(name) = value("rename from ").or(value("rename old ")) {
            return name_field(&mut self.rename.0, name);
        }
        if let Some(name) = value("rename to ").or(value("rename new ")) {
            return name_field(&mut self.rename.1, name);
        }
        if let Some(name) = value("copy from ") {
            return name_field(&mut self.copy.0, name);
        }
        if let Some(name) = value("copy to ") {
            return name_field(&mut self.copy.1, name);
        }
        if let Some(percent) = value("similarity index ") {
            return number_field(&mut self.similarity, parse_percent(percent));
        }
        if value("dissimilarity index ").is_some() {
            return Read::Used;
        }
        if let Some(blobs) = value("index ") {
            return self.read_index(blobs);
        }
        Read::Foreign
    }

    /// Takes in `1234567..89abcde 100644`; the mode is there if both sides have it.
    fn read_index(&mut self, value: &[u8]) -> Read {
        let Some((blobs, mode)) = value.split_once_str(" ") else { return Read::Used };
        if !blobs.contains_str("..") {
            return Read::Bad(ProblemKind::GitHeader);
        }
        match parse_mode(mode) {
            Some(mode) => {
                self.old_mode = self.old_mode.or(Some(mode));
                self.new_mode = self.new_mode.or(Some(mode));
                Read::Used
            }
            None => Read::Bad(ProblemKind::GitHeader),
        }
    }

    /// Puts the file together; `names` is what follows `diff --git `.
    fn into_file(self, names: &[u8]) -> (FilePatch, Option<(BString, BString)>, Option<ProblemKind>) {
        let change = self.change();
        let (pair, problem) = self.pair(names);
        let folders = pair.as_ref().and_then(|pair| pair.prefixes.clone());
        let (old_path, new_path) = pair.map(|pair| (pair.old, pair.new)).unzip();
        let file = FilePatch {
            old_path: old_path.filter(|_| change != Change::Added),
            new_path: new_path.filter(|_| change != Change::Deleted),
            change,
            old_mode: self.old_mode,
            new_mode: self.new_mode,
            binary: self.binary,
            ..FilePatch::default()
        };
        (file, folders, problem)
    }

    fn change(&self) -> Change {
        let similarity = self.similarity;
        let has_content = self.announces_hunk || self.binary.is_some();
        let is_null = |index: usize| self.names.get(index).is_some_and(|name| name.name.is_none());
        if self.is_added || is_null(0) {
            Change::Added
        } else if self.is_deleted || is_null(1) {
            Change::Deleted
        } else if self.rename.0.is_some() && self.rename.1.is_some() {
            Change::Renamed { similarity }
        } else if self.copy.0.is_some() && self.copy.1.is_some() {
            Change::Copied { similarity }
        } else if self.old_mode != self.new_mode && !has_content {
            Change::ModeOnly
        } else {
            Change::Modified
        }
    }

    /// The two paths by the best source there is.
    fn pair(&self, names: &[u8]) -> (Option<StrippedPair>, Option<ProblemKind>) {
        for sides in [&self.rename, &self.copy] {
            if let (Some(old), Some(new)) = sides {
                return (Some(StrippedPair { old: old.clone(), new: new.clone(), prefixes: None }), None);
            }
        }
        let first_line = split_names(names);
        if let Some(path) = first_line.as_ref().ok().and_then(|(old, new)| strip_git(old, new)) {
            return (Some(StrippedPair { old: path.clone(), new: path, prefixes: None }), None);
        }
        if let [StampedName { name: Some(old), .. }, StampedName { name: Some(new), .. }] = &self.names[..] {
            return (Some(strip_no_index(old, new)), None);
        }
        match first_line {
            Ok((old, new)) => (Some(strip_no_index(&old, &new)), None),
            Err(kind) => (self.single_name(), Some(kind)),
        }
    }

    /// The one name of a new or deleted file where the `diff --git` line is of no use.
    fn single_name(&self) -> Option<StrippedPair> {
        let name = self.names.iter().find_map(|name| name.name.as_ref())?;
        let path: BString = name.strip_prefix(b"a/").or(name.strip_prefix(b"b/")).unwrap_or(name).into();
        Some(StrippedPair { old: path.clone(), new: path, prefixes: None })
    }
}

/// Takes the prefixes off two different names: git's own, and behind them the folders that `git diff --no-index`
/// compared, as git shows different names without a rename only there.
fn strip_no_index(old: &[u8], new: &[u8]) -> StrippedPair {
    let outer = strip_plain(old, new);
    if outer.old == outer.new {
        return outer;
    }
    let inner = strip_plain(&outer.old, &outer.new);
    if inner.old == inner.new { inner } else { StrippedPair { prefixes: None, ..outer } }
}

/// Splits the two names of a `diff --git` line, which may hold blanks.
fn split_names(text: &[u8]) -> Result<(BString, BString), ProblemKind> {
    let text = text.trim_end();
    if text.starts_with(b"\"") {
        let Unquoted::Name(old, rest) = unquote(text) else { return Err(ProblemKind::QuotedName) };
        let rest = rest.strip_prefix(b" ").ok_or(ProblemKind::UnclearNames)?;
        let (new, is_misquoted) = whole_name(rest);
        return if is_misquoted { Err(ProblemKind::QuotedName) } else { Ok((old, new)) };
    }
    if text.ends_with(b"\"")
        && let Some(quote) = text.find(b" \"")
    {
        let (new, is_misquoted) = whole_name(&text[quote + 1..]);
        return if is_misquoted { Err(ProblemKind::QuotedName) } else { Ok((text[..quote].into(), new)) };
    }
    // Prefixes of one length, such as a/ and b/ or none, put the blank in the middle.
    let middle = text.len() / 2;
    if text.len() % 2 == 1
        && text[middle] == b' '
        && strip_git(&text[..middle], &text[middle + 1..]).is_some()
    {
        return Ok((whole_name(&text[..middle]).0, whole_name(&text[middle + 1..]).0));
    }
    match text.split_once_str(" ") {
        Some((old, new)) if !new.contains(&b' ') => Ok((whole_name(old).0, whole_name(new).0)),
        _ => Err(ProblemKind::UnclearNames),
    }
}

fn number_field<T>(field: &mut Option<T>, value: Option<T>) -> Read {
    match value {
        Some(value) => {
            *field = Some(value);
            Read::Used
        }
        None => Read::Bad(ProblemKind::GitHeader),
    }
}

fn name_field(field: &mut Option<BString>, value: &[u8]) -> Read {
    let (name, is_misquoted) = whole_name(value);
    *field = Some(name);
    if is_misquoted { Read::Bad(ProblemKind::QuotedName) } else { Read::Used }
}

/// A file mode: octal.
pub(super) fn parse_mode(text: &[u8]) -> Option<u32> {
    let is_octal = !text.is_empty() && text.iter().all(|digit| (b'0'..=b'7').contains(digit));
    u32::from_str_radix(text.to_str().ok().filter(|_| is_octal)?, 8).ok()
}

/// A percentage such as `98%`.
fn parse_percent(text: &[u8]) -> Option<u8> {
    let digits = text.strip_suffix(b"%")?;
    let is_decimal = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    digits.to_str().ok().filter(|_| is_decimal)?.parse().ok().filter(|percent| *percent <= 100)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::patch::lines::LineNumbers;

    fn read(text: &str) -> (FilePatch, Vec<ProblemKind>) {
        let numbers = LineNumbers::From(1);
        let mut report = Report::new(0);
        let file = read_git_header(&mut Lines::new(text.as_bytes(), &numbers), &mut report);
        let problems = report.problems.into_iter().map(|problem| problem.kind).collect();
        (file.map(|read| read.file).unwrap_or_default(), problems)
    }

    fn paths(text: &str) -> (Option<String>, Option<String>) {
        let (file, problems) = read(text);
        assert_eq!(problems, [], "{text}");
        (file.old_path.map(|path| path.to_string()), file.new_path.map(|path| path.to_string()))
    }

    fn both(path: &str) -> (Option<String>, Option<String>) {
        (Some(path.into()), Some(path.into()))
    }

    #[test]
    fn names_are_stripped_of_any_prefix_pair() {
        for (first, path) in [
            ("a/mm/x.c b/mm/x.c", "mm/x.c"),
            ("mm/x.c mm/x.c", "mm/x.c"),
            ("i/mm/x.c w/mm/x.c", "mm/x.c"),
            ("b/mm/x.c a/mm/x.c", "mm/x.c"),
            ("old/mm/x.c newer/mm/x.c", "mm/x.c"),
            ("a/a b/x y b/a b/x y", "a b/x y"),
            ("\"a/t\\tx\" \"b/t\\tx\"", "t\tx"),
            ("x x", "x"),
        ] {
            let text = format!("diff --git {first}\nold mode 100644\nnew mode 100755\n");
            assert_eq!(paths(&text), both(path), "{first}");
        }
    }

    #[test]
    fn rename_lines_decide_the_paths() {
        let text = "diff --git a/b/x b/a/x\nsimilarity index 97%\nrename from b/x\nrename to a/x\n";
        assert_eq!(paths(text), (Some("b/x".into()), Some("a/x".into())));
        assert_eq!(read(text).0.change, Change::Renamed { similarity: Some(97) });
        let text = "diff --git x \"t\\ty\"\nsimilarity index 100%\ncopy from x\ncopy to \"t\\ty\"\n";
        assert_eq!(paths(text), (Some("x".into()), Some("t\ty".into())));
        assert_eq!(read(text).0.change, Change::Copied { similarity: Some(100) });
    }

    #[test]
    fn new_and_deleted_files_have_one_path_and_one_mode() {
        let (file, _) = read("diff --git a/x b/x\nnew file mode 100755\nindex 0000000..e69de29\n");
        assert_eq!((file.change, file.old_path, file.new_path), (Change::Added, None, Some("x".into())));
        assert_eq!((file.old_mode, file.new_mode), (None, Some(0o100755)));
        let (file, _) =
            read("diff --git a/x b/x\ndeleted file mode 120000\nindex 1..0\n--- a/x\n+++ /dev/null\n");
        assert_eq!((file.change, file.old_path, file.new_path), (Change::Deleted, Some("x".into()), None));
        assert_eq!((file.old_mode, file.new_mode), (Some(0o120000), None));
    }

    #[test]
    fn index_line_gives_the_mode_of_both_sides() {
        let (file, _) = read("diff --git a/x b/x\nindex 1234567..89abcde 100644\n--- a/x\n+++ b/x\n");
        assert_eq!(
            (file.old_mode, file.new_mode, file.change),
            (Some(0o100644), Some(0o100644), Change::Modified)
        );
    }

    #[test]
    fn blanks_at_the_ends_of_lines_mean_nothing() {
        let text = "diff --git a/x b/x  \nold mode 100644 \nnew mode 100755  \nindex 1..2 100644  \n--- a/x \n+++ b/x \n";
        assert_eq!(paths(text), both("x"));
        assert_eq!(read(text).0.new_mode, Some(0o100755));
    }

    #[test]
    fn empty_components_of_names_mean_nothing() {
        assert_eq!(
            paths("diff --git a//mm/./x.c b//mm/./x.c\nold mode 100644\nnew mode 100755\n"),
            both("mm/x.c")
        );
    }

    #[test]
    fn mode_only_change_has_no_content() {
        let (file, _) = read("diff --git a/x b/x\nold mode 100644\nnew mode 100755\n");
        assert_eq!(file.change, Change::ModeOnly);
    }

    #[test]
    fn compared_folders_of_no_index_are_stripped() {
        let text =
            "diff --git a/v1/mm/x.c b/v2/mm/x.c\nindex 1..2 100644\n--- a/v1/mm/x.c\n+++ b/v2/mm/x.c\n";
        assert_eq!(paths(text), both("mm/x.c"));
        let text = "diff --git a/x.c b/y.c\nindex 1..2 100644\n--- a/x.c\n+++ b/y.c\n";
        assert_eq!(paths(text), (Some("x.c".into()), Some("y.c".into())));
    }

    #[test]
    fn bare_line_in_a_message_is_no_header() {
        assert_eq!(read("diff --git a/x b/x shows nothing\nhere\n").0, FilePatch::default());
        assert_eq!(paths("diff --git a/x b/x\ndiff --git a/y b/y\n"), both("x"));
    }

    #[test]
    fn senseless_values_are_reported() {
        let text = "diff --git a/x b/x\nold mode 9\nnew mode 100755\nsimilarity index 101%\nindex 1..2 x\n";
        let (file, problems) = read(text);
        assert_eq!(problems, [ProblemKind::GitHeader, ProblemKind::GitHeader, ProblemKind::GitHeader]);
        assert_eq!((file.old_mode, file.new_mode), (None, Some(0o100755)));
        assert_eq!(file.path(), Some("x".into()));
        assert_eq!(read("diff --git a/x y b/z w v\nold mode 100644\n").1, [ProblemKind::UnclearNames]);
        assert_eq!(read("diff --git \"a/\\9\" \"b/\\9\"\nold mode 100644\n").1, [ProblemKind::QuotedName]);
    }
}

//! Goes over the combined diff of a merge, `diff --cc` or `diff --combined`.
//!
//! Its hunks have several old sides (`@@@ -a,b -c,d +e,f @@@`), so that there is nothing to look up in them; they
//! are kept as they stand.

use bstr::{BString, ByteSlice};

use super::document::{BinaryKind, Change, FilePatch};
use super::file_name::whole_name;
use super::git_header::parse_mode;
use super::hunk_reader::parse_range;
use super::lines::{Lines, content};
use super::problem::{ProblemKind, Report};

/// What the header of a file in a combined diff begins with.
pub(super) const COMBINED_DIFF: [&[u8]; 2] = [b"diff --cc ", b"diff --combined "];

/// Reads the file that begins with the current line, hunks and all.
///
/// None, without moving, if no header line follows: then the line is part of some message.
pub(super) fn read_combined(lines: &mut Lines<'_>, report: &mut Report) -> Option<FilePatch> {
    let start = lines.mark();
    let first = lines.peek_content()?;
    let name = COMBINED_DIFF.iter().find_map(|keyword| first.strip_prefix(*keyword))?;
    let (path, is_misquoted) = whole_name(name);
    let mut file = FilePatch { is_combined: true, ..FilePatch::default() };
    let line = lines.number();
    lines.advance();
    let body = lines.mark();
    while lines.peek_content().is_some_and(|line| read_header_line(line, &mut file)) {
        lines.advance();
    }
    if lines.mark() == body {
        lines.go_to(start);
        return None;
    }
    if is_misquoted {
        report.add(line, ProblemKind::QuotedName);
    }
    while lines.peek().is_some_and(|line| line.starts_with(b"@@@")) {
        let line = lines.number();
        if !skip_hunk(lines) {
            report.add(line, ProblemKind::CombinedHunk);
        }
    }
    set_path(&mut file, path);
    Some(file)
}

/// Takes in one line of the header; whether it is one.
fn read_header_line(line: &[u8], file: &mut FilePatch) -> bool {
    if let Some(modes) = line.strip_prefix(b"mode ") {
        file.new_mode = modes.rsplit_once_str("..").and_then(|(_, mode)| parse_mode(mode));
    } else if let Some(mode) = line.strip_prefix(b"new file mode ") {
        (file.change, file.new_mode) = (Change::Added, parse_mode(mode));
    } else if line.starts_with(b"deleted file mode ") {
        file.change = Change::Deleted;
    } else if line.starts_with(b"Binary files ") {
        file.binary = Some(BinaryKind::Differs);
    } else {
        const OTHER: [&[u8]; 7] =
            [b"index ", b"--- ", b"+++ ", b"rename from ", b"rename to ", b"copy from ", b"copy to "];
        return OTHER.iter().any(|keyword| line.starts_with(keyword));
    }
    true
}

fn set_path(file: &mut FilePatch, path: BString) {
    if file.change != Change::Added {
        file.old_path = Some(path.clone());
    }
    if file.change != Change::Deleted {
        file.new_path = Some(path);
    }
}

/// Goes over one hunk; whether its lines meet its header.
fn skip_hunk(lines: &mut Lines<'_>) -> bool {
    let Some(mut expected) = lines.advance().and_then(|header| parse_header(content(header))) else {
        return false;
    };
    let Some(result) = expected.pop() else { return false };
    let parents = expected.len();
    let mut result_left = result;
    let mut parents_left: u64 = expected.iter().map(|left| u64::from(*left)).sum();
    while result_left > 0 || parents_left > 0 {
        let Some(line) = lines.peek_content() else { return false };
        if line.starts_with(b"\\") {
            lines.advance();
            continue;
        }
        let Some(signs) = line.get(..parents) else { return false };
        if !signs.iter().all(|sign| b" +-".contains(sign)) {
            return false;
        }
        // A removed line is marked in the columns of the parents that have it, any other line in those of the
        // parents that do not have it.
        let is_removed = signs.contains(&b'-');
        let own_sign = if is_removed { b'-' } else { b' ' };
        for (left, sign) in expected.iter_mut().zip(signs) {
            if *sign == own_sign {
                let Some(rest) = left.checked_sub(1) else { return false };
                *left = rest;
                parents_left -= 1;
            }
        }
        if !is_removed {
            let Some(rest) = result_left.checked_sub(1) else { return false };
            result_left = rest;
        }
        lines.advance();
    }
    if lines.peek().is_some_and(|line| line.starts_with(b"\\")) {
        lines.advance();
    }
    true
}

/// The line counts of all parents and of the result, in that order.
fn parse_header(line: &[u8]) -> Option<Vec<u32>> {
    let signs = line.find_not_byteset(b"@")?;
    let (ats, mut rest) = line.split_at(signs);
    let mut counts = Vec::new();
    while let Some(range) = rest.strip_prefix(b" -") {
        let (parent, behind) = parse_range(range).ok()?;
        counts.push(parent.lines);
        rest = behind;
    }
    let (result, behind) = parse_range(rest.strip_prefix(b" +")?).ok()?;
    counts.push(result.lines);
    let is_closed = behind.strip_prefix(b" ").is_some_and(|behind| behind.starts_with(ats));
    (is_closed && counts.len() == signs).then_some(counts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::patch::lines::LineNumbers;

    const MERGE: &str = "diff --cc mm/x.c\nindex 1111111,2222222..3333333\n--- a/mm/x.c\n+++ b/mm/x.c\n\
                         @@@ -1,3 -1,2 +1,3 @@@ int f(void)\n  both\n- ours\n -theirs\n++merged\n+ added\n";

    fn read(text: &str) -> (Option<FilePatch>, usize, Vec<Vec<u8>>) {
        let numbers = LineNumbers::From(1);
        let mut report = Report::new(0);
        let mut lines = Lines::new(text.as_bytes(), &numbers);
        let file = read_combined(&mut lines, &mut report);
        let rest = std::iter::from_fn(|| lines.advance().map(<[u8]>::to_vec)).collect();
        (file, report.problems.len(), rest)
    }

    #[test]
    fn hunk_is_kept_whole_up_to_its_counts() {
        let text = MERGE.replace("-1,3 -1,2", "-1,2 -1,3");
        let (file, problems, rest) = read(&format!("{text}  not of it\n"));
        let file = file.unwrap();
        assert_eq!(problems, 0);
        assert_eq!(rest, [b"  not of it\n"]);
        assert!(file.is_combined && file.hunks.is_empty());
        assert_eq!(file.path(), Some("mm/x.c".into()));
    }

    #[test]
    fn counts_that_the_lines_do_not_meet_are_reported() {
        let (file, problems, _) = read(MERGE);
        assert_eq!((file.is_some(), problems), (true, 1));
        assert_eq!(read(&MERGE.replace("+1,3 @@@", "+1,x @@@")).1, 1);
        assert_eq!(read(&MERGE.replace("+1,3 @@@", "+1,4294967296 @@@")).1, 1);
    }

    #[test]
    fn line_in_a_message_is_no_header() {
        assert_eq!(read("diff --cc x\nis what git shows\n").0, None);
    }

    #[test]
    fn deleted_file_has_an_old_path_only() {
        let (file, _, _) = read("diff --cc x\nindex 1,2..0\ndeleted file mode 100644,100644\n");
        let file = file.unwrap();
        assert_eq!((file.change, file.old_path, file.new_path), (Change::Deleted, Some("x".into()), None));
    }
}

//! Lines by which a diff is known, whatever stands around it.

use bstr::ByteSlice;

use super::lines::content;

/// Whether a line can only stand in or above a diff, at this width.
pub(super) fn is_diff_line(line: &[u8]) -> bool {
    const BEGINNINGS: [&[u8]; 8] = [
        b"@@ -",
        b"@@@ -",
        b"diff --git ",
        b"diff --cc ",
        b"diff --combined ",
        b"Binary files ",
        b"GIT binary patch",
        CONTEXT_SEPARATOR,
    ];
    matches!(line.first(), Some(b'@' | b'd' | b'B' | b'G' | b'*'))
        && BEGINNINGS.iter().any(|beginning| line.starts_with(beginning))
}

/// What the line above a hunk of a context diff begins with.
pub(super) const CONTEXT_SEPARATOR: &[u8] = b"***************";

/// Whether a line begins the header of a file, at this width.
pub(super) fn is_name_line(line: &[u8]) -> bool {
    line.starts_with(b"--- ") || line.starts_with(b"+++ ")
}

/// Whether a text holds a diff as it stands, for all that its lines alone tell.
pub(super) fn holds_diff(text: &[u8]) -> bool {
    let mut is_below_old_name = false;
    text.lines_with_terminator().any(|line| {
        let is_new_name = is_below_old_name && line.starts_with(b"+++ ");
        is_below_old_name = line.starts_with(b"--- ");
        is_new_name || is_diff_line(line)
    })
}

/// Whether a line is one of a list of changed files, ` mm/x.c | 3 ++-`, or the sum below it.
pub(super) fn is_diffstat(line: &[u8]) -> bool {
    let line = content(line);
    let is_sum = line.contains_str(" file changed") || line.contains_str(" files changed");
    let is_file = line.rsplit_once_str(" | ").is_some_and(|(_, numbers)| {
        let numbers = numbers.trim();
        numbers.starts_with(b"Bin") || numbers.first().is_some_and(u8::is_ascii_digit)
    });
    line.starts_with(b" ") && (is_sum || is_file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn diffs_are_known_by_their_lines() {
        for text in
            ["@@ -1 +1 @@\n", "x\ndiff --git a/x b/x\n", "--- a/x\n+++ b/x\n@@ ... @@\n", "***************\n"]
        {
            assert!(holds_diff(text.as_bytes()), "{text}");
        }
        for text in ["", "> @@ -1 +1 @@\n", "--- a/x\n", "--- \nx\n+++ b/x\n", "@@\n", "diff\n"] {
            assert!(!holds_diff(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn lists_of_changed_files_are_told_from_text() {
        for line in [
            " mm/x.c | 3 ++-\n",
            " b.bin | Bin 0 -> 3 bytes",
            " 1 file changed, 2 insertions(+)",
            " 2 files changed",
        ] {
            assert!(is_diffstat(line.as_bytes()), "{line}");
        }
        for line in ["mm/x.c | 3", " a | b", " x", "--- a/x"] {
            assert!(!is_diffstat(line.as_bytes()), "{line}");
        }
    }
}

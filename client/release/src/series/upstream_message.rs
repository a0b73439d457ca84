//! An upstream message on its way into a patch: what programs would take for the end of the message, or for the
//! beginning of a diff or another mail, is marked.
//!
//! Messages quote diffs, mails and rulers. `git am` ends a message at a line that begins a diff, GNU patch looks for one
//! through any indentation, and a mailbox is cut at `From ` lines. Such lines stand behind a `| `, which means nothing to
//! any of them.

/// What stands in front of a line that would be misread.
const MARK: &str = "| ";

/// What stands for a byte that no message may have: git refuses it.
const NUL: char = '\0';

/// The message below its subject, as it can stand in a patch: without blanks at the ends of lines, which git takes off too,
/// without blank lines around it, and with marks in front of lines that would be misread.
pub(super) fn message_body(message: &str) -> String {
    let lines = message.lines().skip_while(|line| is_blank(line)).skip_while(|line| !is_blank(line));
    let mut body = String::with_capacity(message.len());
    for line in lines {
        let line = line.trim_end().replace(NUL, "\u{fffd}");
        if body.is_empty() && line.is_empty() {
            continue;
        }
        let is_first = body.is_empty();
        if is_scissors(&line) {
            // A mark does not help here: git looks at the line as a whole.
            body += MARK;
            body += &SCISSORS.iter().fold(line, |line, scissors| line.replace(scissors.0, scissors.1));
        } else {
            if is_misread(&line) || (is_first && is_read_as_header(&line)) {
                body += MARK;
            }
            body += &line;
        }
        body.push('\n');
    }
    body.truncate(body.trim_end().len());
    body
}

fn is_blank(line: &str) -> bool {
    line.trim().is_empty()
}

/// Whether a line, anywhere in a message, would be taken for something else by git, GNU patch, quilt, a reader of
/// mailboxes, or the indexer's reader of patches.
pub(super) fn is_misread(line: &str) -> bool {
    ends_message(line) || is_mbox_line(line) || is_taken_by_patch(line) || is_taken_by_indexer(line)
}

/// Whether `git am` takes a line for the end of the message (`patchbreak` in git's mailinfo.c).
pub(super) fn ends_message(line: &str) -> bool {
    let is_ruler = |rest: &str| rest.trim().is_empty() || is_file_name(rest);
    line.starts_with("diff -")
        || line.starts_with("Index: ")
        || line.strip_prefix("---").is_some_and(is_ruler)
}

/// Whether the rest of a `---` line is a blank and the beginning of a name.
fn is_file_name(rest: &str) -> bool {
    let mut characters = rest.chars();
    characters.next() == Some(' ') && characters.next().is_some_and(|first| !first.is_whitespace())
}

/// Whether a line may separate the mails of a mailbox: programs differ in what else than a time of day they ask for.
fn is_mbox_line(line: &str) -> bool {
    let is_time = |word: &str| {
        let mut parts = word.split(':');
        parts.next().is_some_and(|hour| hour.ends_with(|c: char| c.is_ascii_digit()))
            && parts.next().is_some_and(|minute| minute.starts_with(|c: char| c.is_ascii_digit()))
    };
    line.starts_with("From ") && line.split_whitespace().any(is_time)
}

/// Whether GNU patch takes a line for a part of a diff's head, at any indentation (`intuit_diff_type` in its pch.c). It
/// takes an `X` for indentation too, and looks behind the `- ` that mail digests put in front of lines with dashes.
fn is_taken_by_patch(line: &str) -> bool {
    const BEGINNINGS: [&str; 7] = ["+++ ", "*** ", "Index:", "Prereq:", "diff --git ", "@@ -", "********"];
    let line = line.trim_start_matches([' ', '\t', 'X']);
    let mut behind_dashes = line;
    while let Some(rest) = behind_dashes.strip_prefix("- ") {
        behind_dashes = rest;
    }
    behind_dashes.starts_with("--- ") || BEGINNINGS.iter().any(|beginning| line.starts_with(beginning))
}

/// Whether the indexer's reader, or one of the descriptions of DEP-3, takes a line for something else.
fn is_taken_by_indexer(line: &str) -> bool {
    let files = line.strip_prefix("Binary files ").or(line.strip_prefix("Files "));
    let is_binary = |files: &str| files.ends_with(" differ") && files.contains(" and ");
    files.is_some_and(is_binary)
        || line.starts_with("@@@ -")
        || line.starts_with("GIT binary patch")
        || line == "."
}

/// Whether git takes the first line of a message for a header that belongs to the mail's own.
fn is_read_as_header(line: &str) -> bool {
    let is_header = |name: &&str| {
        let is_name = line.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name));
        is_name && line[name.len()..].starts_with(':')
    };
    ["From", "Subject", "Date"].iter().any(is_header)
        || line.starts_with(">From")
        || line.starts_with("[PATCH]")
}

/// Scissors, and what is left of them when they are opened.
const SCISSORS: [(&str, &str); 4] = [(">8", "> 8"), ("8<", "8 <"), (">%", "> %"), ("%<", "% <")];

/// Whether a line may be one of those above which `git am --scissors` drops everything: mostly dashes, with scissors.
fn is_scissors(line: &str) -> bool {
    SCISSORS.iter().any(|(scissors, _)| line.contains(scissors)) && line.contains("--")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subject_is_taken_off_and_blank_lines_around_the_rest() {
        assert_eq!(
            message_body("mm: fix\nit\n\n\nWhy.  \r\n\n\nHow.\n\nSigned-off-by: A <a@b>\n\n"),
            "Why.\n\n\nHow.\n\nSigned-off-by: A <a@b>"
        );
        for message in ["", "\n\n", "mm: fix\n", "\nmm: fix\n\n \n"] {
            assert_eq!(message_body(message), "", "{message:?}");
        }
    }

    #[test]
    fn lines_that_would_be_misread_are_marked() {
        for line in [
            "---",
            "--- a/mm/x.c",
            "diff --git a/x b/x",
            "diff -puN x~y x",
            "Index: linux/x.c",
            "From 8979ee55cb6a429c4edd72ebec2244b849f6a79a Mon Sep 17 00:00:00 2001",
            "From rz@example.org Tue Sep  6 18:29:50 2005",
            "@@ -1,2 +1,2 @@",
            "\t@@ -1,2 +1,2 @@",
            "  --- a/mm/x.c",
            "XX +++ b/mm/x.c",
            "- - --- a/mm/x.c",
            "    *** x.c",
            "***************",
            "Prereq: 1.2",
            "Binary files a/x and b/x differ",
            ".",
        ] {
            assert_eq!(message_body(&format!("s\n\na\n{line}\nb")), format!("a\n| {line}\nb"), "{line}");
        }
    }

    #[test]
    fn other_lines_stay_as_they_are() {
        for line in [
            "----",
            "---x",
            "--",
            "From the datasheet at 10 o'clock",
            "From: A <a@b>",
            "Subject: b",
            "- a list",
            "-- ",
            "commit 1234567890 upstream",
            "+ added",
            "\tdiff between them",
            "Files differ",
        ] {
            let line = line.trim_end();
            assert_eq!(message_body(&format!("s\n\na\n{line}\nb")), format!("a\n{line}\nb"), "{line}");
        }
    }

    #[test]
    fn first_line_that_git_takes_for_a_header_is_marked() {
        for line in ["From: A <a@b>", "subject: x", "Date: now", ">From me", "[PATCH] x"] {
            assert_eq!(message_body(&format!("s\n\n{line}\n{line}")), format!("| {line}\n{line}"), "{line}");
        }
        assert_eq!(message_body("s\n\nFromage: no"), "Fromage: no");
    }

    #[test]
    fn scissors_are_opened() {
        assert_eq!(message_body("s\n\na\n--- 8< --- >8 ---\nb"), "a\n| --- 8 < --- > 8 ---\nb");
        assert_eq!(message_body("s\n\nif (n >8 && n-- > 0)"), "| if (n > 8 && n-- > 0)");
        assert_eq!(message_body("s\n\nif (n >8)"), "if (n >8)");
    }

    #[test]
    fn bytes_that_git_refuses_are_replaced() {
        assert_eq!(message_body("s\n\na\0b"), "a\u{fffd}b");
    }
}

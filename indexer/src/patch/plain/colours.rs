//! Takes the escape sequences of terminals off a text: git's colours, with moved lines and whatever themes do.
//!
//! Code may hold such sequences as well, but no line of a diff begins with one. Where the escape character was lost on the
//! way, `^[` or `ESC` stands for it.

use std::sync::LazyLock;

use bstr::{ByteSlice, Finder};

use super::quotes::holds_diff_behind_marks;
use super::stripped::Stripped;
use crate::patch::diff_line::{holds_diff, is_name_line};
use crate::patch::hunk_reader::parse_range;

/// What an escape sequence begins with, and what is left of it where the character itself was lost.
const INTRODUCERS: [&[u8]; 3] = [b"\x1b", b"^[", b"ESC"];

/// Made once, for nearly no text has any.
static FIND_INTRODUCERS: LazyLock<[Finder<'static>; 3]> = LazyLock::new(|| INTRODUCERS.map(Finder::new));

/// Takes colours off; none if no line of a diff has any.
pub(super) fn strip_colours(text: &[u8]) -> Option<Stripped> {
    let mut introducers = INTRODUCERS.into_iter().enumerate();
    let (place, introducer) = introducers.find(|(place, introducer)| {
        let begins_so = |line: &[u8]| sequence_len(line, introducer).is_some();
        FIND_INTRODUCERS[*place].find(text).is_some() && text.lines_with_terminator().any(begins_so)
    })?;
    let mut stripped = strip(text, introducer, Marks::None);
    // What stands for a lost character is ordinary text as well; with it no line of the diff is known.
    if place > 0 && holds_diff(text) {
        return None;
    }
    if !holds_diff(&stripped) && !holds_diff_behind_marks(&stripped) {
        return None;
    }
    if are_words_coloured(&stripped) && !is_of_one_colour(text, introducer) {
        stripped = strip(text, introducer, Marks::Words);
    }
    Some(Stripped { text: stripped, kept: None })
}

/// What is left of colours.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Marks {
    None,
    /// What `git diff --word-diff` writes around removed and added words.
    Words,
}

fn strip(text: &[u8], introducer: &[u8], marks: Marks) -> Vec<u8> {
    let mut stripped = Vec::with_capacity(text.len());
    let mut rest = text;
    let mut closing: &[u8] = b"";
    while let Some(start) = rest.find(introducer) {
        stripped.extend_from_slice(&rest[..start]);
        rest = &rest[start..];
        let Some(length) = sequence_len(rest, introducer) else {
            stripped.extend_from_slice(introducer);
            rest = &rest[introducer.len()..];
            continue;
        };
        if marks == Marks::Words {
            stripped.extend_from_slice(std::mem::take(&mut closing));
            let (opening, next): (&[u8], &[u8]) = match &rest[introducer.len()..length] {
                b"[31m" => (b"[-", b"-]"),
                b"[32m" => (b"{+", b"+}"),
                _ => (b"", b""),
            };
            closing = next;
            stripped.extend_from_slice(opening);
        }
        rest = &rest[length..];
    }
    stripped.extend_from_slice(rest);
    stripped
}

/// The bytes of the escape sequence that a text begins with: those for colours and the like, character sets, and links.
fn sequence_len(text: &[u8], introducer: &[u8]) -> Option<usize> {
    let behind = text.strip_prefix(introducer)?;
    let length = match behind {
        [b'[', parameters @ ..] => {
            let end = parameters.find_not_byteset(b"0123456789;:?")?;
            parameters[end].is_ascii_alphabetic().then_some(end + 2)?
        }
        [b'(', b'A'..=b'Z' | b'0', ..] => 2,
        [b']', link @ ..] if introducer == INTRODUCERS[0] => {
            let end = link.find_byteset(b"\x07\x1b\n")?;
            let terminator = match &link[end..] {
                [b'\x07', ..] => 1,
                [b'\x1b', b'\\', ..] => 2,
                _ => return None,
            };
            1 + end + terminator
        }
        _ => return None,
    };
    Some(introducer.len() + length)
}

/// Whether only colours have told what the diff removes and adds, as in `git diff --color-words`: lines of a hunk have no
/// sign.
fn are_words_coloured(text: &[u8]) -> bool {
    let mut lines = text.lines_with_terminator();
    let (mut has_hunk, mut has_sign) = (false, false);
    while let Some(line) = lines.next() {
        has_sign |= matches!(line.first(), Some(b'+' | b'-')) && !is_name_line(line);
        let Some(lines_at_least) = line_count(line) else { continue };
        has_hunk = true;
        for line in lines.by_ref().take(lines_at_least) {
            match line[0] {
                b'+' | b'-' => has_sign = true,
                b' ' | b'\t' | b'\\' | b'\r' | b'\n' => {}
                _ => return true,
            }
        }
    }
    has_hunk && !has_sign
}

/// Whether all lines are in one colour, which then tells nothing of words.
fn is_of_one_colour(text: &[u8], introducer: &[u8]) -> bool {
    let mut colours = text.lines().map(|line| last_sequence(line, introducer));
    let first = colours.next().flatten();
    first.is_some() && colours.all(|colour| colour == first)
}

/// The last of the escape sequences that a line begins with.
fn last_sequence<'a>(mut line: &'a [u8], introducer: &[u8]) -> Option<&'a [u8]> {
    let mut last = None;
    while let Some(length) = sequence_len(line, introducer) {
        (last, line) = (Some(&line[..length]), &line[length..]);
    }
    last
}

/// The lines that a hunk has at least, by its header.
fn line_count(line: &[u8]) -> Option<usize> {
    let (old, rest) = parse_range(line.strip_prefix(b"@@ -")?).ok()?;
    let (new, _) = parse_range(rest.strip_prefix(b" +")?).ok()?;
    Some(old.lines.max(new.lines) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stripped(text: &str) -> Option<String> {
        strip_colours(text.as_bytes()).map(|stripped| String::from_utf8_lossy(&stripped.text).into_owned())
    }

    const DIFF: &str = "--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@ f\n-a\n+\tb\n c\n";

    fn coloured(introducer: &str) -> String {
        "\u{1b}[1m--- a/x\u{1b}[m\n\u{1b}[1m+++ b/x\u{1b}[0m\u{1b}[K\n\u{1b}[36m@@ -1,2 +1,2 @@\u{1b}[m f\n\
             \u{1b}[1;35m-\u{1b}[m\u{1b}[1;35ma\u{1b}[m\n\u{1b}[38;5;10m+\u{1b}[m\t\u{1b}[32mb\u{1b}(B\u{1b}[m\n c\u{1b}[m\n"
        .replace('\u{1b}', introducer)
    }

    #[test]
    fn colours_are_taken_off() {
        for introducer in ["\u{1b}", "^[", "ESC"] {
            assert_eq!(stripped(&coloured(introducer)).as_deref(), Some(DIFF), "{introducer}");
        }
    }

    #[test]
    fn links_are_taken_off() {
        let text = format!("\u{1b}]8;;http://x\u{1b}\\{DIFF}\u{1b}]8;;\u{7}");
        assert_eq!(stripped(&text).as_deref(), Some(DIFF));
    }

    #[test]
    fn sequences_in_code_stay() {
        let text = DIFF.replace("\tb", "\tputs(\"\u{1b}[1m\");");
        assert_eq!(stripped(&text), None);
        assert_eq!(stripped("\u{1b}[1mwords\u{1b}[m\n"), None);
        assert_eq!(stripped(&format!("ESC[1m is bold\n{DIFF}")), None);
        assert_eq!(stripped(&format!("\u{1b}[1m{DIFF}\u{1b}@")).as_deref(), Some(&*format!("{DIFF}\u{1b}@")));
    }

    #[test]
    fn one_colour_for_all_lines_tells_nothing_of_words() {
        // A hunk of context alone has no sign either.
        let text = "--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n a\n b\n";
        let green: String = text.split_inclusive('\n').map(|line| format!("\u{1b}[32m{line}")).collect();
        assert_eq!(stripped(&format!("\u{1b}[m{green}")).as_deref(), Some(text));
    }

    #[test]
    fn coloured_words_get_the_marks_of_a_word_diff() {
        let text = "\u{1b}[1m--- a/x\u{1b}[m\n\u{1b}[1m+++ b/x\u{1b}[m\n\u{1b}[36m@@ -1 +1 @@\u{1b}[m\na \u{1b}[31mb\u{1b}[m\u{1b}[32mc\u{1b}[m\n";
        assert_eq!(stripped(text).as_deref(), Some("--- a/x\n+++ b/x\n@@ -1 +1 @@\na [-b-]{+c+}\n"));
        let text =
            "\u{1b}[1m--- a/x\u{1b}[m\n+++ b/x\n\u{1b}[36m@@ -1 +1,2 @@\u{1b}[m\na\n\u{1b}[32m+b\u{1b}[m\n";
        assert_eq!(stripped(text).as_deref(), Some("--- a/x\n+++ b/x\n@@ -1 +1,2 @@\na\n{++b+}\n"));
    }
}

//! Turns the no-break blanks of web pages and mail programs back into blanks.
//!
//! Code may hold some, but no line of a hunk begins with one.

use std::sync::LazyLock;

use bstr::{ByteSlice, Finder};

use super::stripped::Stripped;
use crate::patch::diff_line::{holds_diff, is_diff_line};

/// No-break blanks in UTF-8: the usual one and the narrow one.
const IN_UTF8: [&[u8]; 2] = [b"\xc2\xa0", b"\xe2\x80\xaf"];

/// Made once, for nearly no text has one.
static FIND_NARROW: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(IN_UTF8[1]));

/// The no-break blank of Latin-1 and its kin.
const IN_LATIN1: [&[u8]; 1] = [b"\xa0"];

/// Makes no-break blanks plain; none if no line of a diff begins with one or has one in its first words.
pub(super) fn strip_no_break_blanks(text: &[u8]) -> Option<Stripped> {
    if text.find_byte(b'\xa0').is_none() && FIND_NARROW.find(text).is_none() {
        return None;
    }
    let blanks: &[&[u8]] = if text.to_str().is_ok() { &IN_UTF8 } else { &IN_LATIN1 };
    let plain = blanks.iter().fold(text.to_vec(), |text, blank| text.replace(blank, " "));
    if !holds_diff(&plain) {
        return None;
    }
    let mut is_in_diff = false;
    let is_affected = text.lines_with_terminator().zip(plain.lines_with_terminator()).any(|(line, plain)| {
        let is_header = is_diff_line(plain);
        let was_in_diff = is_in_diff;
        is_in_diff =
            is_header || (is_in_diff && matches!(plain.first(), Some(b' ' | b'+' | b'-' | b'\t' | b'\n')));
        let begins_with_one = blanks.iter().any(|blank| line.starts_with(blank));
        (is_header && !is_diff_line(line)) || (was_in_diff && begins_with_one)
    });
    is_affected.then_some(Stripped { text: plain, kept: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stripped(text: &[u8]) -> Option<Vec<u8>> {
        strip_no_break_blanks(text).map(|stripped| stripped.text)
    }

    const DIFF: &[u8] = b"--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n-a\n+  b\n c\n";

    #[test]
    fn no_break_blanks_become_blanks() {
        for blank in [&b"\xc2\xa0"[..], b"\xe2\x80\xaf", b"\xa0"] {
            assert_eq!(stripped(&DIFF.replace(" ", blank)).as_deref(), Some(DIFF));
            assert_eq!(stripped(&DIFF.replace("\n c", [b"\n", blank, b"c"].concat())).as_deref(), Some(DIFF));
        }
    }

    #[test]
    fn those_of_the_code_and_of_the_message_stay() {
        assert_eq!(stripped(&DIFF.replace("  b", "\u{a0}b")), None);
        assert_eq!(stripped(&["\u{a0}words\n".as_bytes(), DIFF].concat()), None);
        assert_eq!(stripped("\u{a0}words\n".as_bytes()), None);
    }
}

//! What is ignored of a line before it is hashed: white space that separates nothing, and trailing comments.
//!
//! A line comes without its marker and newline.
//!
//! 1. White space at the end is dropped.
//! 2. Outside double quotes (inside them a backslash escapes the next byte), a comment begins with the first `/*` whose
//!    comment ends with the line or goes on to the next one, or with the first `//` that is not right behind a colon,
//!    whichever comes first. It is cut off if what stands before it is informative; if not, the line stays whole.
//! 3. White space (blank, tab, LF, FF, CR) becomes one blank between two word bytes and nothing elsewhere. Word bytes are
//!    ASCII letters and digits, `_`, and everything from 0x80 on.
//!
//! A line is informative if it has a word byte.

use bstr::ByteSlice;

/// Appends the normalised form of a line to `out`.
///
/// White space stays, as one blank, only between two word characters; so re-indented lines, `f (x)` and `f(x)`,
/// tabs and blanks are the same. A comment behind code is left out; a line that is nothing but comment keeps it.
pub fn normalize_line(line: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    let code = without_trailing_comment(line);
    // A blank takes the place of at least one byte, so the form is no longer than the code. Words are short: copying them
    // byte by byte takes less time than run by run.
    out.resize(start + code.len(), 0);
    let form = &mut out[start..];
    let (mut len, mut last, mut pending_space) = (0, b' ', false);
    for byte in code {
        if byte.is_ascii_whitespace() {
            pending_space = true;
            continue;
        }
        if pending_space && is_word_byte(*byte) && is_word_byte(last) {
            form[len] = b' ';
            len += 1;
        }
        pending_space = false;
        (form[len], last) = (*byte, *byte);
        len += 1;
    }
    out.truncate(start + len);
}

/// Whether a line says anything by itself: it has a letter, a digit or an underscore.
pub fn is_informative(line: &[u8]) -> bool {
    line.iter().any(|byte| is_word_byte(*byte))
}

/// Whether a byte belongs to a word: ASCII letters and digits, `_`, and everything beyond ASCII.
#[inline]
pub fn is_word_byte(byte: u8) -> bool {
    WORD_BYTES[byte as usize]
}

/// For each byte whether it belongs to a word: it is asked of every byte of every line.
static WORD_BYTES: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < table.len() {
        let value = byte as u8;
        table[byte] = value.is_ascii_alphanumeric() || value == b'_' || value >= 0x80;
        byte += 1;
    }
    table
};

/// Cuts `/* ... */` at the end of the line, and `// ...` after code.
///
/// A `//` right after a colon (an address) or inside quotes stays.
fn without_trailing_comment(line: &[u8]) -> &[u8] {
    let trimmed = line.trim_ascii_end();
    // Most lines have no comment.
    if trimmed.find_byte(b'/').is_none() {
        return trimmed;
    }
    let mut at = 0;
    let mut in_quotes = false;
    while at + 1 < trimmed.len() {
        match trimmed[at] {
            b'\\' if in_quotes => at += 1,
            b'"' => in_quotes = !in_quotes,
            b'/' if !in_quotes => {
                let opens_block = trimmed[at + 1] == b'*' && closes_at_end(&trimmed[at + 2..]);
                let opens_line = trimmed[at + 1] == b'/' && (at == 0 || trimmed[at - 1] != b':');
                if opens_block || opens_line {
                    let code = trimmed[..at].trim_ascii();
                    return if is_informative(code) { code } else { trimmed };
                }
            }
            _ => {}
        }
        at += 1;
    }
    trimmed
}

/// Whether the block comment whose inside starts here ends with the line, or goes on to the next one.
fn closes_at_end(inside: &[u8]) -> bool {
    match inside.windows(2).position(|pair| pair == b"*/") {
        Some(end) => end + 2 == inside.len(),
        None => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normalized(line: &str) -> String {
        let mut out = Vec::new();
        normalize_line(line.as_bytes(), &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn white_space_counts_only_between_words() {
        assert_eq!(normalized("\tif (a  ==  b)"), "if(a==b)");
        assert_eq!(normalized("static\tint x;  \r"), "static int x;");
        assert_eq!(normalized("   "), "");
    }

    #[test]
    fn trailing_comments_are_left_out() {
        assert_eq!(normalized("x = 1; /* one */"), "x=1;");
        assert_eq!(normalized("x = 1; /* goes on"), "x=1;");
        assert_eq!(normalized("x = 1; // one"), "x=1;");
        assert_eq!(normalized("f(/* none */ 0);"), "f(/*none*/0);");
    }

    #[test]
    fn comment_lines_and_addresses_keep_their_text() {
        assert_eq!(normalized(" /* one */"), "/*one*/");
        assert_eq!(normalized("see http://a.b/c"), "see http://a.b/c");
        assert_eq!(normalized("p(\"// no\");"), "p(\"//no\");");
    }

    #[test]
    fn braces_say_nothing() {
        assert!(!is_informative(b"\t}"));
        assert!(is_informative(b"\tx"));
    }
}

//! Commit messages in any encoding, as text.

use std::borrow::Cow;

use encoding_rs::{Encoding, ISO_2022_JP, WINDOWS_1252};

/// Decodes a commit message; never fails.
///
/// UTF-8 is taken for what it is, even if the commit's `encoding` header says otherwise: many have a wrong one, and
/// hardly any text in another encoding is valid UTF-8 by chance. Else the header decides if it names a known
/// encoding (as in the WHATWG standard), and windows-1252, which contains Latin-1, if not.
pub fn decode<'a>(message: &'a [u8], encoding_header: Option<&[u8]>) -> Cow<'a, str> {
    let named = encoding_header.and_then(Encoding::for_label);
    // ISO-2022-JP shifts between alphabets with escape sequences of plain ASCII: it always looks like UTF-8.
    let is_stateful = named == Some(ISO_2022_JP) && message.contains(&0x1b);
    if !is_stateful && let Ok(text) = std::str::from_utf8(message) {
        return Cow::Borrowed(text);
    }
    named.unwrap_or(WINDOWS_1252).decode_without_bom_handling(message).0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings() {
        let utf8 = "größe".as_bytes();
        let latin1 = b"gr\xf6\xdfe".as_slice();
        for (bytes, header, text) in [
            (utf8, "", "größe"),
            (utf8, "ISO-8859-1", "größe"),
            (latin1, "", "größe"),
            (latin1, "no such encoding", "größe"),
            (latin1, "UTF-8", "gr\u{fffd}\u{fffd}e"),
            (b"\xc1\xc2", "koi8-r", "аб"),
            (b"\x1b$B$\"\x1b(B", "ISO-2022-JP", "あ"),
        ] {
            let header = (!header.is_empty()).then_some(header.as_bytes());
            assert_eq!(decode(bytes, header), text, "{bytes:?} as {header:?}");
        }
    }
}

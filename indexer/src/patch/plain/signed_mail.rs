//! Takes off a signed mail what OpenPGP puts in front of lines that begin with a dash (RFC 9580, section 7.2).

use std::sync::LazyLock;

use bstr::{ByteSlice, Finder};

use super::stripped::Stripped;
use crate::patch::lines::content;

const BEGINNING: &[u8] = b"-----BEGIN PGP SIGNED MESSAGE-----";
/// Made once: nearly no text has one, and making it takes longer than looking through a short text.
static FIND_BEGINNING: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(BEGINNING));

const SIGNATURE: &[u8] = b"-----BEGIN PGP SIGNATURE-----";

/// Takes the escapes of signed text off; none if nothing is signed in line.
pub(super) fn strip_dash_escapes(text: &[u8]) -> Option<Stripped> {
    FIND_BEGINNING.find(text)?;
    let mut stripped = Vec::with_capacity(text.len());
    let mut is_signed = false;
    let mut is_changed = false;
    for line in text.lines_with_terminator() {
        match content(line).trim_end() {
            BEGINNING => is_signed = true,
            SIGNATURE => is_signed = false,
            _ => {}
        }
        let escaped = line.strip_prefix(b"- ").filter(|rest| is_signed && rest.starts_with(b"-"));
        is_changed |= escaped.is_some();
        stripped.extend_from_slice(escaped.unwrap_or(line));
    }
    is_changed.then_some(Stripped { text: stripped, kept: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_taken_off_between_the_lines_of_the_signature() {
        let signed = "- -a\n-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA1\n\n- --- a/x\n+++ b/x\n@@ -1 +1 @@\n- - a\n+- b\n\
                      -----BEGIN PGP SIGNATURE-----\n- -c\n";
        let plain = "- -a\n-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA1\n\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n- a\n+- b\n\
                     -----BEGIN PGP SIGNATURE-----\n- -c\n";
        let stripped = strip_dash_escapes(signed.as_bytes()).expect("escapes");
        assert_eq!(stripped.text.as_bstr(), plain.as_bytes().as_bstr());
        assert!(strip_dash_escapes(b"- --- a/x\n").is_none());
    }
}

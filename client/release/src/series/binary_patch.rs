//! Writes the `GIT binary patch` that puts one content in the place of another.
//!
//! Both contents are written whole, the new one and then the old one, so that the patch can be taken back.
//! A content is deflated and written in base85, up to 52 bytes a line behind a character for their number.

use std::io::{self, Write};

use bstr::BString;
use flate2::Compression;
use flate2::write::ZlibEncoder;

const LINE_BYTES: usize = 52;

/// git's digits, those of RFC 1924.
const DIGITS: &[u8; 85] =
    b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~";

/// The lines from `GIT binary patch` to the empty line that ends it.
///
/// # Errors
///
/// Those of the compressor, which has none when it writes to memory.
pub(super) fn binary_patch(old: &[u8], new: &[u8]) -> io::Result<BString> {
    let mut text = b"GIT binary patch\n".to_vec();
    push_literal(new, &mut text)?;
    push_literal(old, &mut text)?;
    Ok(text.into())
}

fn push_literal(content: &[u8], text: &mut Vec<u8>) -> io::Result<()> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(content)?;
    let deflated = encoder.finish()?;
    writeln!(text, "literal {}", content.len())?;
    for line in deflated.chunks(LINE_BYTES) {
        text.push(length_character(line.len()));
        line.chunks(4).for_each(|group| push_base85(group, text));
        text.push(b'\n');
    }
    text.push(b'\n');
    Ok(())
}

/// `A` to `Z` are 1 to 26, `a` to `z` are 27 to 52.
fn length_character(length: usize) -> u8 {
    let length = length as u8;
    if length <= 26 { b'A' + length - 1 } else { b'a' + length - 27 }
}

/// Writes up to four bytes as five digits, the most significant first; missing bytes are zero.
fn push_base85(group: &[u8], text: &mut Vec<u8>) {
    let mut word = [0; 4];
    word[..group.len()].copy_from_slice(group);
    let mut rest = u32::from_be_bytes(word);
    let mut digits = [0; 5];
    for digit in digits.iter_mut().rev() {
        *digit = DIGITS[(rest % 85) as usize];
        rest /= 85;
    }
    text.extend_from_slice(&digits);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_those_of_git() {
        // What git writes for an empty content deflated at another level.
        let mut text = b"H".to_vec();
        let deflated = [0x78, 0x01, 0x03, 0x00, 0x00, 0x00, 0x00, 0x01];
        deflated.chunks(4).for_each(|group| push_base85(group, &mut text));
        assert_eq!(text, b"HcmV?d00001");
        assert_eq!([1, 26, 27, 52].map(length_character), *b"AZaz");
    }

    #[test]
    fn lines_hold_52_bytes() {
        let noise: Vec<u8> = (0u32..200).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        let text = binary_patch(b"", &noise).unwrap().to_string();
        let lengths: Vec<(char, usize)> = text
            .lines()
            .skip(2)
            .take_while(|line| !line.is_empty())
            .map(|line| (line.chars().next().unwrap(), line.len() - 1))
            .collect();
        let (last, full) = lengths.split_last().unwrap();
        assert!(full.iter().all(|line| *line == ('z', 65)), "{lengths:?}");
        assert!(last.1 % 5 == 0 && last.1 <= 65);
    }
}

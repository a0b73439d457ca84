//! Turns text in UTF-16 into UTF-8, in either byte order.

/// A text in another encoding, decoded.
#[derive(Debug)]
pub(super) struct DecodedLines {
    /// The text in UTF-8, with as many lines.
    pub text: Vec<u8>,
    /// Where each line begins in the text that was decoded.
    pub offsets: Vec<usize>,
}

/// Decodes UTF-16 that has a byte order mark, or zeros in every other byte as no text in UTF-8 has; `None` for any other
/// text. What is no UTF-16 becomes replacement characters.
pub(super) fn utf16_to_utf8(input: &[u8]) -> Option<DecodedLines> {
    let is_little = is_little_endian(input)?;
    let mut decoded = DecodedLines { text: Vec::with_capacity(input.len() / 2), offsets: Vec::new() };
    let mut units = Vec::new();
    let mut start = 0;
    for (index, pair) in input.chunks(2).enumerate() {
        let unit = match *pair {
            [first, second] if is_little => u16::from_le_bytes([first, second]),
            [first, second] => u16::from_be_bytes([first, second]),
            // Cut in the middle of a character.
            _ => REPLACEMENT,
        };
        if index > 0 || unit != ORDER_MARK {
            units.push(unit);
        }
        if unit == NEWLINE {
            decoded.add_line(&units, start);
            units.clear();
            start = 2 * (index + 1);
        }
    }
    if !units.is_empty() {
        decoded.add_line(&units, start);
    }
    Some(decoded)
}

const ORDER_MARK: u16 = 0xfeff;
const REPLACEMENT: u16 = 0xfffd;
const NEWLINE: u16 = 0x0a;

impl DecodedLines {
    fn add_line(&mut self, units: &[u16], start: usize) {
        self.text.extend_from_slice(String::from_utf16_lossy(units).as_bytes());
        self.offsets.push(start);
    }
}

/// The byte order of UTF-16; `None` for any other text.
fn is_little_endian(input: &[u8]) -> Option<bool> {
    /// Pairs of bytes that are looked at.
    const SAMPLE: usize = 2_000;
    match input {
        [0xff, 0xfe, ..] => return Some(true),
        [0xfe, 0xff, ..] => return Some(false),
        _ => {}
    }
    let (mut pairs, mut first_zeros, mut second_zeros) = (0usize, 0usize, 0usize);
    for pair in input.chunks_exact(2).take(SAMPLE) {
        pairs += 1;
        first_zeros += usize::from(pair[0] == 0);
        second_zeros += usize::from(pair[1] == 0);
    }
    // Characters beyond Latin have no zeros, and diffs are mostly Latin.
    let are_most = |zeros: usize| pairs >= 4 && zeros * 10 >= pairs * 7;
    let are_few = |zeros: usize| zeros * 20 <= pairs;
    if are_most(second_zeros) && are_few(first_zeros) {
        Some(true)
    } else if are_most(first_zeros) && are_few(second_zeros) {
        Some(false)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(text: &str, is_little: bool) -> Vec<u8> {
        let pair = |unit: u16| if is_little { unit.to_le_bytes() } else { unit.to_be_bytes() };
        text.encode_utf16().flat_map(pair).collect()
    }

    #[test]
    fn both_orders_are_read_with_and_without_a_mark() {
        let text = "diff --git \u{e4}\r\n\u{1f600} x\nend";
        for is_little in [true, false] {
            for mark in ["", "\u{feff}"] {
                let input = bytes(&format!("{mark}{text}"), is_little);
                let decoded = utf16_to_utf8(&input).expect("it is UTF-16");
                assert_eq!(decoded.text, text.as_bytes(), "{is_little} {mark:?}");
                let places: Vec<usize> = decoded.offsets.iter().map(|offset| offset / 2).collect();
                let shift = mark.chars().count();
                assert_eq!(places, [0, 14 + shift, 19 + shift]);
            }
        }
    }

    #[test]
    fn other_texts_are_left_alone() {
        for text in
            [&b""[..], b"diff --git a/x b/x\n", b"\0\0\0\0\0\0\0\0", b"a\0b", b"\xff\xd8\xff\xe0\0\x10JFIF\0"]
        {
            assert!(utf16_to_utf8(text).is_none(), "{text:?}");
        }
    }

    #[test]
    fn half_a_character_at_the_end_is_replaced() {
        assert_eq!(utf16_to_utf8(b"\xff\xfea\0b").expect("UTF-16").text, "a\u{fffd}".as_bytes());
    }
}

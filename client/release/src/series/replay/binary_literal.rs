//! Reads the contents that a `GIT binary patch` holds whole.

use std::io::Read;

use bstr::ByteSlice;
use flate2::read::ZlibDecoder;

use super::problem::Problem;

/// The new and the old content that the header of a file holds.
pub(super) fn literals(header: &[u8]) -> Result<(Vec<u8>, Vec<u8>), Problem> {
    let mut lines = header.lines().skip_while(|line| *line != b"GIT binary patch").skip(1);
    Ok((literal(&mut lines)?, literal(&mut lines)?))
}

/// Reads one block: its first line, its data, and the empty line that ends it.
fn literal<'a>(lines: &mut impl Iterator<Item = &'a [u8]>) -> Result<Vec<u8>, Problem> {
    let size = lines
        .next()
        .and_then(|line| line.strip_prefix(b"literal "))
        .and_then(|size| size.to_str().ok()?.parse::<usize>().ok())
        .ok_or_else(|| Problem::new("a binary content does not begin with its size"))?;
    let mut deflated = Vec::new();
    for line in lines.by_ref().take_while(|line| !line.is_empty()) {
        decode_line(line, &mut deflated)
            .ok_or_else(|| Problem::new("a line of a binary content is not base85"))?;
    }
    let mut content = Vec::new();
    // One byte more, to notice a content that is too long without unpacking all of it.
    ZlibDecoder::new(&deflated[..])
        .take(size as u64 + 1)
        .read_to_end(&mut content)
        .map_err(|error| Problem::new(format!("a binary content cannot be unpacked: {error}")))?;
    match content.len() == size {
        true => Ok(content),
        false => Err(Problem::new("a binary content is not of its stated size")),
    }
}

/// Decodes a line: a character for the number of bytes, then five digits for each four bytes.
fn decode_line(line: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let (length, digits) = line.split_first()?;
    let length = match length {
        b'A'..=b'Z' => length - b'A' + 1,
        b'a'..=b'z' => length - b'a' + 27,
        _ => return None,
    };
    let end = out.len() + usize::from(length);
    for group in digits.chunks(5) {
        let mut number = 0u64;
        for digit in group {
            number = number * 85 + u64::from(digit_value(*digit)?);
        }
        out.extend_from_slice(&u32::try_from(number).ok()?.to_be_bytes());
    }
    let has_length = digits.len() == usize::from(length).div_ceil(4) * 5;
    out.truncate(end);
    has_length.then_some(())
}

/// The value of a digit: digits, capital letters, small letters, then punctuation in the order of ASCII.
fn digit_value(digit: u8) -> Option<u8> {
    const PUNCTUATION: &[u8] = b"!#$%&()*+-;<=>?@^_`{|}~";
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'A'..=b'Z' => Some(digit - b'A' + 10),
        b'a'..=b'z' => Some(digit - b'a' + 36),
        _ => PUNCTUATION.find_byte(digit).map(|place| place as u8 + 62),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::series::binary_patch::binary_patch;
    use proptest::prelude::*;

    #[test]
    fn damage_is_noticed() {
        let good = binary_patch(b"\0old", b"\0new content\0").unwrap().to_string();
        assert!(literals(good.as_bytes()).is_ok());
        for (from, to) in
            [("literal 13", "literal 12"), ("literal 13", "delta 13"), ("literal 4\n", "literal 4\nA")]
        {
            assert!(good.contains(from) && literals(good.replace(from, to).as_bytes()).is_err(), "{to}");
        }
    }

    proptest! {
        #[test]
        fn contents_come_back(old in prop::collection::vec(any::<u8>(), 0..300), new in prop::collection::vec(any::<u8>(), 0..300)) {
            let text = binary_patch(&old, &new).unwrap();
            prop_assert_eq!(literals(&text), Ok((new, old)));
        }
    }
}

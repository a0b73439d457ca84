//! Goes over a `GIT binary patch`: one or two blocks of base85 lines, each ended by an empty line.
//!
//! The content is not decoded; it stays in the file's header as it stands.

use super::document::BinaryKind;
use super::lines::Lines;
use super::problem::ProblemKind;

/// The line that a binary patch begins with.
pub(super) const INTRODUCTION: &[u8] = b"GIT binary patch";

/// Goes over the binary patch that begins with the current line, up to its end or its first malformed line.
pub(super) fn read(lines: &mut Lines<'_>) -> (BinaryKind, Option<(usize, ProblemKind)>) {
    lines.advance();
    let Some(kind) = lines.peek_content().and_then(block_kind) else {
        return (
            BinaryKind::Differs,
            Some((lines.number(), ProblemKind::GitBinary("no `literal` or `delta` line"))),
        );
    };
    if let Err(problem) = skip_block(lines) {
        return (kind, Some(problem));
    }
    // The second block, which undoes the first, may be missing.
    if lines.peek_content().and_then(block_kind).is_some()
        && let Err(problem) = skip_block(lines)
    {
        return (kind, Some(problem));
    }
    (kind, None)
}

/// Reads a `literal SIZE` or `delta SIZE` line.
fn block_kind(line: &[u8]) -> Option<BinaryKind> {
    let size = |digits: &[u8]| {
        let is_decimal = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
        std::str::from_utf8(digits).ok().filter(|_| is_decimal)?.parse::<u64>().ok()
    };
    if let Some(digits) = line.strip_prefix(b"literal ") {
        return Some(BinaryKind::Literal { size: size(digits)? });
    }
    Some(BinaryKind::Delta { size: size(line.strip_prefix(b"delta ")?)? })
}

/// Goes over one block: its first line, data lines and the empty line.
fn skip_block(lines: &mut Lines<'_>) -> Result<(), (usize, ProblemKind)> {
    lines.advance();
    while let Some(line) = lines.peek_content() {
        if line.is_empty() {
            lines.advance();
            return Ok(());
        }
        if !is_data(line) {
            return Err((
                lines.number(),
                ProblemKind::GitBinary("a line is not base85 of its stated length"),
            ));
        }
        lines.advance();
    }
    Err((lines.number(), ProblemKind::GitBinary("it breaks off")))
}

/// Whether a line is a length character (`A` is 1, `z` is 52) and as many bytes in base85, five digits for four.
fn is_data(line: &[u8]) -> bool {
    let Some((length, digits)) = line.split_first() else { return false };
    let bytes = match length {
        b'A'..=b'Z' => usize::from(length - b'A') + 1,
        b'a'..=b'z' => usize::from(length - b'a') + 27,
        _ => return false,
    };
    digits.len() == bytes.div_ceil(4) * 5
        && digits
            .iter()
            .all(|digit| digit.is_ascii_alphanumeric() || b"!#$%&()*+-;<=>?@^_`{|}~".contains(digit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::patch::lines::LineNumbers;

    fn read_text(text: &str) -> (BinaryKind, Option<(usize, ProblemKind)>, String) {
        let numbers = LineNumbers::From(1);
        let mut lines = Lines::new(text.as_bytes(), &numbers);
        let (kind, problem) = read(&mut lines);
        (kind, problem, String::from_utf8_lossy(lines.peek().unwrap_or_default()).into_owned())
    }

    #[test]
    fn both_blocks_are_gone_over() {
        let text = "GIT binary patch\nliteral 4\nDcmZQzWMT#Y01f~L\n\nliteral 0\nHcmV?d00001\n\nrest\n";
        let text = text.replace("DcmZQzWMT#Y01f~L", "LcmZQzWMT#Y01f~L");
        assert_eq!(read_text(&text), (BinaryKind::Literal { size: 4 }, None, "rest\n".into()));
    }

    #[test]
    fn second_block_may_be_missing() {
        let text = "GIT binary patch\ndelta 3\nHcmV?d00001\n\nrest\n";
        assert_eq!(read_text(text), (BinaryKind::Delta { size: 3 }, None, "rest\n".into()));
    }

    #[test]
    fn malformed_blocks_are_reported_where_they_are() {
        for (text, line) in [
            ("GIT binary patch\n", 2),
            ("GIT binary patch\nliteral 99999999999999999999\n", 2),
            ("GIT binary patch\nliteral 3\nHcmV?d00001\n", 4),
            ("GIT binary patch\nliteral 3\nHcmV?d0000\n\n", 3),
            ("GIT binary patch\nliteral 3\nHcmV?d0000,\n\n", 3),
        ] {
            assert_eq!(read_text(text).1.map(|(line, _)| line), Some(line), "{text}");
        }
    }
}

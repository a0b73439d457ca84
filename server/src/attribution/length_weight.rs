//! How much a line says by itself, from its length alone.
//!
//! Looking up the frequency of millions of lines would take longer than everything else, and short lines are the
//! common ones.

use hunktrace_indexer::normalize::is_informative;

/// The weight of a line without any letter or digit (a brace, a blank line): it counts as good as nothing and follows
/// its neighbours. Every line with a word weighs more. Tuned: see `docs/constants.md`.
pub const WORDLESS_LINE_WEIGHT: f32 = 0.02;

/// A line of this many characters, white space left out, weighs 1, and others in proportion. Tuned: see
/// `docs/constants.md`.
const UNIT_LINE_LENGTH: f32 = 10.0;

/// The least weight of a line with a word, however short it is. Tuned: see `docs/constants.md`.
const SHORTEST_LINE_WEIGHT: f32 = 0.15;

/// The greatest weight of a line, however long it is. Tuned: see `docs/constants.md`.
const LONGEST_LINE_WEIGHT: f32 = 1.5;

/// How long a line is, as far as that tells what it weighs: 0 without a word, else its characters, white space left out, up
/// to [`LineLength::LONGEST`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineLength(u8);

impl LineLength {
    /// Bits that a length takes.
    pub const BITS: u32 = 4;

    /// Longer lines weigh no more.
    const LONGEST: u8 = (1 << LineLength::BITS) - 1;

    /// The length of a line.
    pub fn of(text: &[u8]) -> LineLength {
        if !is_informative(text) {
            return LineLength(0);
        }
        let length = text.iter().filter(|byte| !byte.is_ascii_whitespace()).count();
        LineLength(length.clamp(1, usize::from(LineLength::LONGEST)) as u8)
    }

    /// The length of a number, as [`LineLength::number`] gives it.
    pub fn from_number(number: u8) -> LineLength {
        LineLength(number)
    }

    /// It as a number of [`LineLength::BITS`] bits.
    pub fn number(self) -> u8 {
        self.0
    }

    /// Whether the line has a word.
    pub fn has_word(self) -> bool {
        self.0 > 0
    }

    /// What the line weighs, from [`WORDLESS_LINE_WEIGHT`] to 1.5.
    pub fn weight(self) -> f32 {
        match self.0 {
            0 => WORDLESS_LINE_WEIGHT,
            length => (f32::from(length) / UNIT_LINE_LENGTH).clamp(SHORTEST_LINE_WEIGHT, LONGEST_LINE_WEIGHT),
        }
    }
}

/// What a line weighs, from [`WORDLESS_LINE_WEIGHT`] to 1.5.
pub fn length_weight(text: &[u8]) -> f32 {
    LineLength::of(text).weight()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn braces_and_blank_lines_weigh_next_to_nothing() {
        assert_eq!(length_weight(b"\t}"), WORDLESS_LINE_WEIGHT);
        assert_eq!(length_weight(b""), WORDLESS_LINE_WEIGHT);
        assert!(length_weight(b"x") > WORDLESS_LINE_WEIGHT);
    }

    #[test]
    fn longer_lines_weigh_more_up_to_a_limit() {
        assert_eq!(length_weight(b"i++;"), 0.4);
        assert_eq!(length_weight(b"\treturn count;"), 1.2);
        assert_eq!(length_weight("word".repeat(50).as_bytes()), LONGEST_LINE_WEIGHT);
        assert_eq!(length_weight(b"x"), SHORTEST_LINE_WEIGHT);
    }

    #[test]
    fn white_space_weighs_nothing() {
        assert_eq!(length_weight(b"\t\treturn  -EINVAL ;"), length_weight(b"return -EINVAL;"));
    }
}

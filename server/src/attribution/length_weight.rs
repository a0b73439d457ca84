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

/// What a line weighs, from [`WORDLESS_LINE_WEIGHT`] to 1.5.
pub fn length_weight(text: &[u8]) -> f32 {
    if !is_informative(text) {
        return WORDLESS_LINE_WEIGHT;
    }
    let length = text.iter().filter(|byte| !byte.is_ascii_whitespace()).count();
    (length as f32 / UNIT_LINE_LENGTH).clamp(SHORTEST_LINE_WEIGHT, LONGEST_LINE_WEIGHT)
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

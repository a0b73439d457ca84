//! The words and signs of lines, and how many of them lines have in common.

use std::ops::Range;

use hunktrace_indexer::normalize::is_word_byte;

/// What a token says: a sign hardly anything, a short word or number little, a longer word more. Tuned: see
/// `docs/constants.md`, `TOKEN_WEIGHTS`.
const TOKEN_WEIGHTS: [f32; 3] = [0.0, 0.4, 1.0];

/// From this length on, in bytes, a word is a longer one.
const LONG_WORD: usize = 3;

/// Bytes of a line of code for each of its words and signs, with its white space; some lines have fewer.
const TOKEN_BYTES: usize = 3;

/// The words and signs of a line in their order: runs of letters, digits and underscores, and each other byte that is no
/// white space.
pub fn words_and_signs(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = text.trim_ascii_start();
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let len = rest.iter().take_while(|byte| is_word_byte(**byte)).count().max(1);
        let (token, after) = rest.split_at(len);
        rest = after.trim_ascii_start();
        Some(token)
    })
}

/// Words and signs of several lines, hashed, because comparing texts takes longer; those of each line sorted.
#[derive(Default)]
pub struct Tokens {
    all: Vec<u64>,
}

impl Tokens {
    /// Room for the tokens of lines that have so many bytes together.
    pub fn for_text(bytes: usize) -> Tokens {
        Tokens { all: Vec::with_capacity(bytes.div_ceil(TOKEN_BYTES)) }
    }

    /// How many tokens there is room for.
    pub fn room(&self) -> usize {
        self.all.capacity()
    }

    /// Adds a line; returns where its tokens are.
    pub fn add(&mut self, text: &[u8]) -> Range<usize> {
        let start = self.all.len();
        // As `words_and_signs` divides the line, and each byte looked at once: most words of a lookup are hashed here.
        let mut rest = text.iter().peekable();
        while let Some(first) = rest.next() {
            if first.is_ascii_whitespace() {
                continue;
            }
            let (mut token, mut len) = (hash_byte(0, *first), 1);
            if is_word_byte(*first) {
                while let Some(byte) = rest.next_if(|byte| is_word_byte(**byte)) {
                    token = hash_byte(token, *byte);
                    len += 1;
                }
            }
            self.all.push(token & !3 | weight_class(*first, len));
        }
        self.all[start..].sort_unstable();
        start..self.all.len()
    }

    /// The tokens of a line.
    pub fn get(&self, line: Range<usize>) -> &[u64] {
        self.all.get(line).unwrap_or_default()
    }
}

/// Adds a byte to the hash of a token, whose last two bits become its place among [`TOKEN_WEIGHTS`].
fn hash_byte(hash: u64, byte: u8) -> u64 {
    (hash.rotate_left(5) ^ u64::from(byte)).wrapping_mul(0x517c_c1b7_2722_0a95)
}

/// The place among [`TOKEN_WEIGHTS`] of a token of this length that begins with a byte.
fn weight_class(first: u8, len: usize) -> u64 {
    if !is_word_byte(first) {
        0
    } else if first.is_ascii_digit() || len < LONG_WORD {
        1
    } else {
        2
    }
}

/// What a hashed token says, from 0 to 1.
pub fn token_weight(hash: u64) -> f32 {
    TOKEN_WEIGHTS[(hash & 3).min(2) as usize]
}

/// Twice the common tokens as a share of all (Dice).
pub fn token_share(a: &[u64], b: &[u64]) -> f32 {
    let common = count_common(a, b);
    if a.is_empty() && b.is_empty() { 0.0 } else { 2.0 * common as f32 / (a.len() + b.len()) as f32 }
}

/// How many elements two sorted multisets share.
pub fn count_common<T: Ord>(a: &[T], b: &[T]) -> usize {
    let (mut at, mut common) = (0, 0);
    for element in a {
        while at < b.len() && b[at] < *element {
            at += 1;
        }
        if at < b.len() && b[at] == *element {
            at += 1;
            common += 1;
        }
    }
    common
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_signs_leave_out_white_space() {
        let tokens: Vec<&[u8]> = words_and_signs(b"\tif (a_b->c1 ==\x0b2) ").collect();
        assert_eq!(tokens, [&b"if"[..], b"(", b"a_b", b"-", b">", b"c1", b"=", b"=", b"\x0b", b"2", b")"]);
        assert_eq!(words_and_signs(b" \t ").count(), 0);
    }

    #[test]
    fn tokens_are_the_words_and_signs_of_a_line() {
        for line in [&b"\tif (a_b->c1 ==\x0b2) "[..], b"", b"  ", b"x", b"return -EINVAL;\r", b"\xc3\xa4 = 7"]
        {
            let hashed = |token: &[u8]| {
                let hash = token.iter().fold(0, |hash, byte| hash_byte(hash, *byte));
                hash & !3 | weight_class(token[0], token.len())
            };
            let mut expected: Vec<u64> = words_and_signs(line).map(hashed).collect();
            expected.sort_unstable();
            let mut tokens = Tokens::default();
            let range = tokens.add(line);
            assert_eq!(tokens.get(range), expected);
        }
        let weights: Vec<f32> = [(b'(', 1), (b'7', 4), (b'x', 2), (b'x', 3)]
            .map(|(first, len)| token_weight(weight_class(first, len)))
            .into();
        assert_eq!(weights, [0.0, 0.4, 0.4, 1.0]);
    }

    #[test]
    fn share_counts_each_token_once() {
        let mut tokens = Tokens::default();
        let (a, b) = (tokens.add(b"f(x, x)"), tokens.add(b"f(x, y)"));
        assert_eq!(count_common(tokens.get(a.clone()), tokens.get(b.clone())), 5);
        assert_eq!(token_share(tokens.get(a), tokens.get(b)), 10.0 / 12.0);
    }
}

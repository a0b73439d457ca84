//! Which words a line has, in 64 bits, so that lines can be compared without their text.

use hunktrace_indexer::normalize::is_word_byte;

/// A line with fewer different words is like too many others, so it is like none. Tuned: see `docs/constants.md`.
const FEWEST_SKETCHED_WORDS: u32 = 3;

/// Where the FNV-1a hash of a word starts, as its authors give it for 64 bits.
const FNV_OFFSET_BASIS: u64 = 0xcbf2_9ce4_8422_2325;

/// What FNV-1a multiplies by for each byte, as its authors give it for 64 bits.
const FNV_PRIME: u64 = 0x0000_0100_0000_01b3;

/// How far the hash is shifted onto itself before it is mixed: about half of its bits.
const MIXING_SHIFT: u32 = 29;

/// What the hash is multiplied by to spread its low bits to the top: the first factor of splitmix64.
const MIXING_FACTOR: u64 = 0xbf58_476d_1ce4_e5b9;

/// Leaves the top 6 bits of a hash: the number of one of the sketch's 64 bits.
const BIT_NUMBER_SHIFT: u32 = u64::BITS - u64::BITS.ilog2();

/// A bit for each word of a line: two lines with the same words have the same sketch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WordSketch(u64);

impl WordSketch {
    /// The sketch of a line's text.
    pub fn of(text: &[u8]) -> WordSketch {
        let words = text.split(|byte| !is_word_byte(*byte)).filter(|word| !word.is_empty());
        WordSketch(words.fold(0, |bits, word| bits | 1 << bit_number(word)))
    }

    /// Whether the line has enough different words to be told from others.
    pub fn is_telling(self) -> bool {
        self.words() >= FEWEST_SKETCHED_WORDS
    }

    /// How many different words it has, as far as 64 bits tell them apart.
    pub fn words(self) -> u32 {
        self.0.count_ones()
    }

    /// Share of the words of both lines that they have in common, from 0 to 1.
    pub fn shared_words(self, other: WordSketch) -> f32 {
        let all = WordSketch(self.0 | other.0).words();
        if all > 0 { WordSketch(self.0 & other.0).words() as f32 / all as f32 } else { 0.0 }
    }

    /// Share of the words of both lines that they have in common, from 0 to 1; 0 where hardly a word is common.
    pub fn similarity(self, other: WordSketch) -> f32 {
        let common = WordSketch(self.0 & other.0);
        if common.is_telling() { self.shared_words(other) } else { 0.0 }
    }
}

/// Which bit of a sketch stands for a word.
fn bit_number(word: &[u8]) -> u64 {
    let hash =
        word.iter().fold(FNV_OFFSET_BASIS, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(FNV_PRIME));
    // The last byte's bits have reached only the low half; they are spread before the top ones are taken.
    (hash ^ (hash >> MIXING_SHIFT)).wrapping_mul(MIXING_FACTOR) >> BIT_NUMBER_SHIFT
}

#[cfg(test)]
mod tests {
    use super::*;

    fn similarity(a: &str, b: &str) -> f32 {
        WordSketch::of(a.as_bytes()).similarity(WordSketch::of(b.as_bytes()))
    }

    #[test]
    fn lines_with_the_same_words_are_alike_in_any_order() {
        assert_eq!(similarity("a = b + c;", "c = (a - b);"), 1.0);
    }

    #[test]
    fn similarity_is_the_share_of_common_words() {
        assert_eq!(similarity("clamp(dev, level, MAX);", "clamp(dev, level, LIMIT);"), 3.0 / 5.0);
        assert_eq!(similarity("clamp(dev, level, MAX);", "release_all_pages(table);"), 0.0);
    }

    #[test]
    fn lines_of_few_words_are_like_nothing() {
        assert_eq!(similarity("goto out;", "goto out;"), 0.0);
        assert!(!WordSketch::of(b"goto out;").is_telling());
        assert!(WordSketch::of(b"goto out_of_memory, now;").is_telling());
    }
}

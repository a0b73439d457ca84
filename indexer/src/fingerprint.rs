//! The hashes of a hunk that are indexed.
//!
//! Every changed line that says something is a term of the hunk: a hash of its sign and its normalised text. A hunk with
//! hardly any such lines could not be told from thousands of others, so its context lines are terms as well. Long hunks are
//! found by a sample of their lines: which lines belong to it depends on their hashes alone, so two hunks that share lines
//! share sampled lines.
//!
//! Every hash is xxh3-64. A line hash is that of the normalised text, seeded with the sign's character (`-`, `+` or blank).
//! Its term is the leading 5 bytes of the hash, big-endian. The term of a path is made in the same way from the hash of its
//! bytes with the seed 0x70617468.
//!
//! A hunk's terms are those of its informative changed lines; where these are fewer than 3, also those of its informative
//! context lines. The hashes are sorted, each once. Up to 64 all are indexed; of n > 64, those whose low 32 bits are at most
//! floor(sqrt(64 / n) × (2³² − 1)): about sqrt(64 n) of them.

use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::hunk::{Hunk, HunkLine, Sign};
use crate::normalize::{is_informative, normalize_line};

/// Hash of a line's sign and normalised text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LineHash(pub u64);

/// Bytes of a term.
pub const TERM_BYTES: usize = 5;

/// What the index looks hunks up by: the leading 40 bits of a hash.
///
/// Ten million hunks have about 10^8 different lines; at 40 bits one in 10^4 shares its term with another, which
/// verification of the candidates sorts out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct IndexTerm([u8; TERM_BYTES]);

impl IndexTerm {
    /// The bytes under which the index knows the term.
    pub fn as_bytes(&self) -> &[u8; TERM_BYTES] {
        &self.0
    }

    /// The term with a number; none where that has more bits than a term.
    pub fn from_number(number: TermNumber) -> Option<IndexTerm> {
        (number.0 >> TermNumber::BITS == 0).then(|| IndexTerm::from_hash(number.0 << (64 - TermNumber::BITS)))
    }

    /// The term as a number.
    pub fn number(&self) -> TermNumber {
        TermNumber::from_bytes(&self.0)
    }

    fn from_hash(hash: u64) -> IndexTerm {
        let bytes = hash.to_be_bytes();
        IndexTerm([bytes[0], bytes[1], bytes[2], bytes[3], bytes[4]])
    }
}

/// A term as a number of 40 bits; terms and their numbers have one order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TermNumber(pub u64);

impl TermNumber {
    /// How many bits a term has.
    pub const BITS: u32 = 8 * TERM_BYTES as u32;

    /// The number of the term with these bytes.
    pub(crate) fn from_bytes(bytes: &[u8]) -> TermNumber {
        TermNumber(bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }
}

impl From<LineHash> for IndexTerm {
    fn from(hash: LineHash) -> IndexTerm {
        IndexTerm::from_hash(hash.0)
    }
}

/// Hunks up to this many informative changed lines are indexed with all of them.
const UNSAMPLED_LINES: usize = 64;

/// Below this many informative changed lines a hunk is indexed with its context lines as well.
pub const FEW_LINES: usize = 3;

/// Hashes lines, with a buffer that is used again.
#[derive(Default)]
pub struct LineHasher {
    buffer: Vec<u8>,
}

impl LineHasher {
    /// The hash of a line.
    pub fn hash(&mut self, sign: Sign, text: &[u8]) -> LineHash {
        self.buffer.clear();
        normalize_line(text, &mut self.buffer);
        LineHash(xxh3_64_with_seed(&self.buffer, u64::from(sign.marker())))
    }

    /// The hash of a line, and the one that the same text has as a context line.
    pub fn hashes(&mut self, sign: Sign, text: &[u8]) -> (LineHash, LineHash) {
        let hash = self.hash(sign, text);
        let plain = match sign {
            Sign::Context => hash,
            _ => LineHash(xxh3_64_with_seed(&self.buffer, u64::from(Sign::Context.marker()))),
        };
        (hash, plain)
    }

    /// The hash of a line of a hunk; none if the line says nothing by itself.
    pub fn informative_hash(&mut self, line: &HunkLine<'_>) -> Option<LineHash> {
        is_informative(line.text).then(|| self.hash(line.sign, line.text))
    }

    /// The terms that a hunk's lines give, sorted, each once.
    pub fn all_terms(&mut self, hunk: &Hunk) -> Vec<LineHash> {
        let mut hashes: Vec<LineHash> =
            hunk.changed_lines().filter_map(|line| self.informative_hash(&line)).collect();
        if hashes.len() < FEW_LINES {
            let context = hunk.lines().filter(|line| line.sign == Sign::Context);
            hashes.extend(context.filter_map(|line| self.informative_hash(&line)));
        }
        hashes.sort_unstable();
        hashes.dedup();
        hashes
    }
}

/// The terms under which a hunk with these lines is indexed: all of them, or a sample where they are many.
///
/// The hashes are sorted by their high bits, which are the term; the sample goes by the low ones.
pub fn sampled_terms(hashes: &[LineHash]) -> impl Iterator<Item = IndexTerm> {
    let limit = sample_limit(hashes.len());
    hashes.iter().filter(move |hash| (hash.0 as u32) <= limit).map(|hash| IndexTerm::from(*hash))
}

/// Lines whose hash has low 32 bits up to this belong to the sample of a hunk with `lines` different lines.
///
/// The expected size of the sample is the geometric mean of 64 and the number of lines.
fn sample_limit(lines: usize) -> u32 {
    if lines <= UNSAMPLED_LINES {
        return u32::MAX;
    }
    let share = (UNSAMPLED_LINES as f64 / lines as f64).sqrt();
    (share * f64::from(u32::MAX)) as u32
}

/// The term of a path, under which all changes of a file are found.
pub fn path_term(path: &[u8]) -> IndexTerm {
    IndexTerm::from_hash(xxh3_64_with_seed(path, PATH_SEED))
}

/// Keeps paths and lines apart.
const PATH_SEED: u64 = 0x70617468;

#[cfg(test)]
mod tests {
    use super::*;

    fn hunk(lines: impl IntoIterator<Item = (Sign, String)>) -> Hunk {
        let mut hunk = Hunk::default();
        lines.into_iter().for_each(|(sign, text)| hunk.push_line(sign, text.as_bytes(), true));
        hunk
    }

    #[test]
    fn indentation_changes_no_term() {
        let mut hasher = LineHasher::default();
        let added = |text: &str| hunk([(Sign::Added, text.to_owned())]);
        assert_eq!(hasher.all_terms(&added("\tx = 1;")), hasher.all_terms(&added("  x = 1;")));
        assert_ne!(hasher.all_terms(&added("x = 1;")), hasher.all_terms(&added("x = 2;")));
    }

    #[test]
    fn sign_is_part_of_the_term() {
        let mut hasher = LineHasher::default();
        assert_ne!(hasher.hash(Sign::Added, b"x"), hasher.hash(Sign::Removed, b"x"));
    }

    #[test]
    fn context_counts_only_where_changed_lines_are_few() {
        let context = (Sign::Context, "context".to_owned());
        let few = hunk([context.clone(), (Sign::Added, "a".into())]);
        let many = hunk([context].into_iter().chain((0..3).map(|i| (Sign::Added, format!("line {i}")))));
        let mut hasher = LineHasher::default();
        assert_eq!(hasher.all_terms(&few).len(), 2);
        assert_eq!(hasher.all_terms(&many).len(), 3);
    }

    #[test]
    fn samples_of_overlapping_long_hunks_overlap() {
        let lines = |range: std::ops::Range<u32>| hunk(range.map(|i| (Sign::Added, format!("line {i}"))));
        let mut hasher = LineHasher::default();
        let mut terms =
            |range| -> Vec<IndexTerm> { sampled_terms(&hasher.all_terms(&lines(range))).collect() };
        let (whole, half) = (terms(0..10_000), terms(0..5_000));
        assert!(whole.len() < 1_200 && whole.len() > 500, "{}", whole.len());
        let shared = half.iter().filter(|term| whole.binary_search(term).is_ok()).count();
        assert!(shared > 250, "{shared}");
    }
}

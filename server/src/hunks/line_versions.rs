//! Lines of one hunk beside the lines of another that are most like them, and the names in which they differ.
//!
//! Both comparison and reading pair the lines that are left over when equal lines are paired. A line and its version have
//! the same sign and at least half of their words and signs in common. What is asked of a pair's names differs:
//!
//! - Comparison asks for [`replaced_word`]: the one word that stands for another, wherever in the line. It is asked of
//!   every hunk that retrieval finds, so it looks at hashes of sorted words only.
//! - Reading asks for [`names_beside`]: all names that stand for others in the same places of lines that are otherwise
//!   equal, and for one renaming ([`consistent_renaming`]) that explains them in all lines. Only the best candidates are
//!   read, so it looks at the words themselves.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::Range;

use bstr::{BStr, ByteSlice};
use hunktrace_indexer::hunk::Sign;
use hunktrace_indexer::normalize::is_word_byte;
use rustc_hash::FxHashSet;

use crate::hunks::tokens::{Tokens, token_share, words_and_signs};

/// Lines are compared word by word only where at most this many are left over on either side; it bounds the work to
/// 64 × 64 comparisons.
const MAX_OPEN_LINES: usize = 64;

/// The least share of common words and signs from which on two lines are versions of one. Tuned: see `docs/constants.md`,
/// `LEAST_VERSION_SHARE`.
const LEAST_VERSION_SHARE: f32 = 0.5;

/// In this many lines at least a name has to differ in the same way to count as renamed. Tuned: see `docs/constants.md`,
/// `FEWEST_RENAMED_LINES`.
const FEWEST_RENAMED_LINES: u32 = 2;

/// A line that has no equal in the other hunk.
#[derive(Clone, Copy, Debug)]
pub struct OpenLine<'a> {
    /// Removed, added, or context.
    pub sign: Sign,
    /// Its text.
    pub text: &'a BStr,
}

/// A line of the query and its version of the candidate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VersionPair {
    /// The line's place among the open lines of the query.
    pub query: usize,
    /// The version's place among the open lines of the candidate.
    pub candidate: usize,
    /// The share of words and signs that they have in common, from 0.5 to 1.
    pub share: f32,
}

/// The open lines of two hunks in pairs.
pub struct LineVersions {
    /// In the order of the query's lines.
    pub pairs: Vec<VersionPair>,
    query: LineWords,
    candidate: LineWords,
}

impl LineVersions {
    /// Pairs open lines, each of the query in turn with the one most like it that is still there; of equally like ones
    /// with the first. None if too many lines are open.
    ///
    /// `take` takes the candidate's line at a place out of those that are still there: [`Vec::remove`] where their order
    /// means something, [`Vec::swap_remove`] where it does not.
    pub fn pair(
        query: &[OpenLine<'_>],
        candidate: &[OpenLine<'_>],
        take: impl Fn(&mut Vec<usize>, usize) -> usize,
    ) -> Option<LineVersions> {
        if query.len().max(candidate.len()) > MAX_OPEN_LINES {
            return None;
        }
        let (query_words, candidate_words) = (LineWords::of(query), LineWords::of(candidate));
        let mut free: Vec<usize> = (0..candidate.len()).collect();
        let mut pairs = Vec::new();
        for (place, line) in query.iter().enumerate() {
            let words = query_words.get(place);
            let best = free
                .iter()
                .enumerate()
                .filter(|(_, other)| candidate[**other].sign == line.sign)
                .map(|(at, other)| (version_share(words, candidate_words.get(*other)), at))
                .max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)));
            if let Some((share, at)) = best
                && share >= LEAST_VERSION_SHARE
            {
                pairs.push(VersionPair { query: place, candidate: take(&mut free, at), share });
            }
        }
        Some(LineVersions { pairs, query: query_words, candidate: candidate_words })
    }

    /// The hashed words and signs, sorted, of the query's open line in a place.
    pub fn query_words(&self, place: usize) -> &[u64] {
        self.query.get(place)
    }

    /// The hashed words and signs, sorted, of the candidate's open line in a place.
    pub fn candidate_words(&self, place: usize) -> &[u64] {
        self.candidate.get(place)
    }
}

/// The hashed words and signs of lines.
struct LineWords {
    tokens: Tokens,
    lines: Vec<Range<usize>>,
}

impl LineWords {
    fn of(lines: &[OpenLine<'_>]) -> LineWords {
        let mut tokens = Tokens::for_text(lines.iter().map(|line| line.text.len()).sum());
        let lines = lines.iter().map(|line| tokens.add(line.text)).collect();
        LineWords { tokens, lines }
    }

    fn get(&self, line: usize) -> &[u64] {
        self.tokens.get(self.lines[line].clone())
    }
}

/// The share of common words and signs; 0 where their numbers alone rule out that it is enough.
fn version_share(own: &[u64], theirs: &[u64]) -> f32 {
    let at_most = 2.0 * own.len().min(theirs.len()) as f32 / (own.len() + theirs.len()).max(1) as f32;
    if at_most < LEAST_VERSION_SHARE { 0.0 } else { token_share(own, theirs) }
}

/// The one word, hashed, by which two lines differ, in the query and in the candidate, however often it stands there; none if
/// they differ otherwise. The words of each line are sorted.
pub fn replaced_word(query: &[u64], candidate: &[u64]) -> Option<(u64, u64)> {
    let (mut query, mut candidate) = (query.iter().peekable(), candidate.iter().peekable());
    let (mut left, mut right) = (Vec::new(), Vec::new());
    loop {
        match (query.peek(), candidate.peek()) {
            (Some(a), Some(b)) if a == b => drop((query.next(), candidate.next())),
            (Some(a), Some(b)) if a < b => left.extend(query.next()),
            (Some(_), None) => left.extend(query.next()),
            (_, Some(_)) => right.extend(candidate.next()),
            (None, None) => break,
        }
    }
    let is_one =
        |tokens: &[&u64]| tokens.first().is_some_and(|first| tokens.iter().all(|token| token == first));
    (left.len() == right.len() && is_one(&left) && is_one(&right)).then(|| (*left[0], *right[0]))
}

/// A name of the query's and the candidate's in its place.
pub type NamePair<'a> = (&'a [u8], &'a [u8]);

/// The names in which two lines differ that are otherwise equal, each pair once; none if they differ otherwise.
pub fn names_beside<'a>(query: &'a [u8], candidate: &'a [u8]) -> Option<Vec<NamePair<'a>>> {
    let (mut own, mut others) = (words_and_signs(query), words_and_signs(candidate));
    let mut names = Vec::new();
    loop {
        match (own.next(), others.next()) {
            (Some(own), Some(other)) if own == other => {}
            (Some(own), Some(other)) if is_name(own) && is_name(other) => names.push((own, other)),
            (None, None) => break,
            _ => return None,
        }
    }
    names.sort_unstable();
    names.dedup();
    Some(names)
}

/// Whether a word can be a name: it begins with no digit.
fn is_name(word: &[u8]) -> bool {
    word.first().is_some_and(|first| is_word_byte(*first) && !first.is_ascii_digit())
}

/// The names of the query that differ in the same way in several lines, each with the candidate's in its place: each
/// stands for one other, and in no line that is equal. `differing` are the pairs of names of each line that differs.
pub fn consistent_renaming<'a, 'l>(
    differing: impl Iterator<Item = &'l [NamePair<'a>]>,
    equal_lines: impl Iterator<Item = &'l BStr>,
) -> BTreeMap<&'a [u8], &'a [u8]>
where
    'a: 'l,
{
    let mut lines: BTreeMap<NamePair<'a>, u32> = BTreeMap::new();
    differing.flatten().for_each(|pair| *lines.entry(*pair).or_default() += 1);
    lines.retain(|_, count| *count >= FEWEST_RENAMED_LINES);
    let mut renamed = BTreeMap::new();
    if lines.is_empty() {
        return renamed;
    }
    let unchanged: FxHashSet<&[u8]> = equal_lines.flat_map(|line| words_and_signs(line.as_bytes())).collect();
    let mut by_count: Vec<(NamePair<'_>, u32)> = lines.into_iter().collect();
    by_count.sort_by_key(|(pair, count)| (Reverse(*count), *pair));
    let mut taken: FxHashSet<&[u8]> = FxHashSet::default();
    for ((own, other), _) in by_count {
        if !renamed.contains_key(own)
            && !unchanged.contains(own)
            && !unchanged.contains(other)
            && taken.insert(other)
        {
            renamed.insert(own, other);
        }
    }
    renamed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open<'a>(lines: &[&'a str]) -> Vec<OpenLine<'a>> {
        lines.iter().map(|line| OpenLine { sign: Sign::Added, text: BStr::new(*line) }).collect()
    }

    fn pairs(query: &[OpenLine<'_>], candidate: &[OpenLine<'_>]) -> Vec<(usize, usize)> {
        let versions = LineVersions::pair(query, candidate, Vec::remove).unwrap();
        versions.pairs.iter().map(|pair| (pair.query, pair.candidate)).collect()
    }

    fn hashed(line: &str) -> Vec<u64> {
        let mut tokens = Tokens::default();
        let range = tokens.add(line.as_bytes());
        tokens.get(range).to_vec()
    }

    #[test]
    fn line_is_paired_with_the_one_most_like_it() {
        let query = open(&["start(device, slow);", "stop(device);"]);
        let candidate = open(&["entirely other words", "stop(disk);", "start(device, fast);"]);
        assert_eq!(pairs(&query, &candidate), [(0, 2), (1, 1)]);
    }

    #[test]
    fn of_equally_like_lines_the_first_that_is_left_is_taken() {
        let query = open(&["set(a, 1);", "set(b, 1);"]);
        let candidate = open(&["set(x, 1);", "set(y, 1);", "set(z, 1);"]);
        assert_eq!(pairs(&query, &candidate), [(0, 0), (1, 1)]);
        let swapped = LineVersions::pair(&query, &candidate, Vec::swap_remove).unwrap();
        assert_eq!(swapped.pairs[1].candidate, 2, "the last one has come into the place of the first");
    }

    #[test]
    fn lines_of_other_signs_are_no_versions() {
        let query = open(&["start(device);"]);
        let removed = [OpenLine { sign: Sign::Removed, ..query[0] }];
        assert_eq!(pairs(&query, &removed), []);
    }

    #[test]
    fn very_many_open_lines_are_not_paired() {
        let lines = vec!["start(device);"; MAX_OPEN_LINES + 1];
        assert!(LineVersions::pair(&open(&lines), &open(&lines[1..]), Vec::remove).is_none());
        assert_eq!(pairs(&open(&lines[1..]), &open(&lines[1..])).len(), MAX_OPEN_LINES);
    }

    #[test]
    fn one_word_is_replaced_wherever_it_stands() {
        let word = |text: &str| hashed(text)[0];
        let replaced = |query: &str, candidate: &str| replaced_word(&hashed(query), &hashed(candidate));
        assert_eq!(replaced("f(x, x);", "f(y, y);"), Some((word("x"), word("y"))));
        assert_eq!(replaced("f(x, z);", "f(z, y);"), Some((word("x"), word("y"))), "the order says nothing");
        assert_eq!(replaced("f(x, x);", "f(y, z);"), None);
        assert_eq!(replaced("f(x);", "f(x, y);"), None);
    }

    #[test]
    fn names_stand_beside_each_other_in_lines_that_are_otherwise_equal() {
        let names = |query: &'static str, candidate: &'static str| {
            names_beside(query.as_bytes(), candidate.as_bytes())
        };
        assert_eq!(names("f(x, a);", "f(y, b);"), Some(vec![(&b"a"[..], &b"b"[..]), (b"x", b"y")]));
        assert_eq!(names("f(x, z);", "f(z, y);"), Some(vec![(&b"x"[..], &b"z"[..]), (b"z", b"y")]));
        assert_eq!(names("f(1);", "f(2);"), None, "a number is no name");
        assert_eq!(names("f(x);", "f(x, y);"), None);
    }

    #[test]
    fn renaming_is_one_to_one_and_leaves_equal_lines_alone() {
        let pair: NamePair<'_> = (b"x", b"y");
        let other: NamePair<'_> = (b"z", b"y");
        let renamed = |lines: &[&[NamePair<'static>]], equal: &'static str| {
            let renamed = consistent_renaming(lines.iter().copied(), std::iter::once(BStr::new(equal)));
            renamed.into_iter().collect::<Vec<_>>()
        };
        assert_eq!(renamed(&[&[(b"x", b"y")]], "g();"), [], "one line may be another thing");
        assert_eq!(renamed(&[&[(b"x", b"y")], &[(b"x", b"y")]], "g();"), [pair]);
        assert_eq!(renamed(&[&[(b"x", b"y")], &[(b"x", b"y")]], "g(x);"), []);
        let both: &[&[NamePair<'static>]] =
            &[&[(b"x", b"y")], &[(b"x", b"y")], &[(b"x", b"y"), (b"z", b"y")], &[(b"z", b"y")]];
        assert_eq!(renamed(both, "g();"), [pair], "{other:?} would give two names the same one");
    }
}

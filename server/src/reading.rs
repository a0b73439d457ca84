//! How two hunks read side by side: all their lines, the context included, with one of them in other names perhaps.
//!
//! The changed lines alone do not tell a renamed hunk from another change to the same lines. What tells them apart is
//! the text around, whether one renaming explains what differs, and whether the one hunk takes away what the other
//! brings: then the two are steps of the same file's history, one after the other, and not the same step.

use std::collections::BTreeMap;
use std::hash::BuildHasher;
use std::sync::Arc;

use bstr::BStr;
use hunktrace_indexer::fingerprint::{LineHash, LineHasher};
use hunktrace_indexer::hunk::Sign;
use hunktrace_indexer::normalize::{is_informative, is_word_byte};
use hunktrace_indexer::retrieval::HunkId;
use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};

use crate::comparison::Comparison;
use crate::prepared_hunk::PreparedHunk;

/// How two hunks read side by side. All shares are from 0 to 1, by what the lines count.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Reading {
    /// Of the hunk with more changed lines, the share that the other one changes alike, or nearly so.
    pub changes: f32,
    /// Of the hunk with less text, changed or not, the share that the other one has under the same sign, or nearly so.
    pub text: f32,
    /// How many names the one has in place of the other's, each in several lines and everywhere.
    pub names: f32,
    /// How many words of changed lines nothing explains, on the side where these are fewer.
    pub odd_words: f32,
    /// The share of the query's changed lines that the other one changes in the opposite way.
    pub reversed: f32,
    /// Lines that one hunk changes and the other leaves as they are, as a share of the query's changed lines.
    pub kept: f32,
}

impl Reading {
    /// Adds a share of another reading.
    pub fn add(&mut self, share: f32, other: Reading) {
        self.changes += share * other.changes;
        self.text += share * other.text;
        self.names += share * other.names;
        self.odd_words += share * other.odd_words;
        self.reversed += share * other.reversed;
        self.kept += share * other.kept;
    }
}

/// Lines are compared word by word only where at most this many are open on either side; it bounds the work to
/// 64 × 64 comparisons.
const MAX_OPEN_LINES: usize = 64;

/// So many of the best candidates are read; the others have hardly any chance, and reading takes time.
pub const READ_CANDIDATES: usize = 3;

/// What counts as words that nothing explains where nothing was read: many.
const UNREAD_WORDS: f32 = 100.0;

/// The least share of common words and signs from which on two lines are versions of one.
const LEAST_SHARE: f32 = 0.5;

/// From this length on, in bytes without white space, a line counts in full: short ones stand everywhere.
const FULL_LENGTH: usize = 24;

/// In so many lines at least a name has to differ in the same way to count as renamed.
const FEWEST_RENAMED_LINES: u32 = 2;

/// A line that says something.
#[derive(Clone, Copy, Debug)]
struct TextLine<'a> {
    sign: Sign,
    text: &'a BStr,
    /// Of the text alone: a line has the same one under every sign.
    hash: LineHash,
    weight: f32,
}

/// A hunk made ready for reading.
#[derive(Clone, Debug)]
pub struct Text<'a> {
    lines: Vec<TextLine<'a>>,
    weight: f32,
    changed_weight: f32,
}

impl<'a> Text<'a> {
    /// The lines of a hunk that say something.
    pub fn new(hunk: &'a PreparedHunk, hasher: &mut LineHasher) -> Text<'a> {
        let mut text = Text { lines: Vec::new(), weight: 0.0, changed_weight: 0.0 };
        for line in hunk.lines().filter(|line| is_informative(line.text)) {
            let length = line.text.iter().filter(|byte| !byte.is_ascii_whitespace()).count();
            let weight = length.min(FULL_LENGTH) as f32 / FULL_LENGTH as f32;
            let hash = hasher.hash(Sign::Context, line.text);
            text.weight += weight;
            text.changed_weight += if line.sign.is_change() { weight } else { 0.0 };
            text.lines.push(TextLine { sign: line.sign, text: line.text, hash, weight });
        }
        text
    }

    fn signs(&self) -> FxHashMap<LineHash, Signs> {
        let mut signs: FxHashMap<LineHash, Signs> = FxHashMap::default();
        self.lines.iter().for_each(|line| signs.entry(line.hash).or_default().add(line.sign));
        signs
    }
}

/// Reads two hunks side by side.
pub fn read(query: &Text<'_>, candidate: &Text<'_>) -> Reading {
    let all = |text: &Text<'_>| (0..text.lines.len()).collect::<Vec<usize>>();
    let by_sign = |line: &TextLine<'_>| (line.hash, line.sign);
    let (equal, open_query, open_candidate) = paired(
        &all(query),
        &all(candidate),
        |place| by_sign(&query.lines[place]),
        |place| by_sign(&candidate.lines[place]),
    );
    let mut agreed = Agreed::default();
    for (place, _) in &equal {
        agreed.add(&query.lines[*place], 1.0);
    }
    let (mut reversed, mut kept) = (0.0, 0.0);
    let (mut odd_query, mut odd_candidate) = (0, 0);
    if !(open_query.is_empty() && open_candidate.is_empty()) {
        (reversed, kept) = crossed(query, candidate);
        // A line that stands on both sides under other signs is no version of a third one.
        let (_, open_query, open_candidate) = paired(
            &open_query,
            &open_candidate,
            |place| query.lines[place].hash,
            |place| candidate.lines[place].hash,
        );
        let versions = Versions::of(query, &open_query, candidate, &open_candidate);
        let equal_lines: Vec<&BStr> = equal.iter().map(|(place, _)| query.lines[*place].text).collect();
        let names = versions.renamed(&equal_lines);
        for version in &versions.pairs {
            agreed.add(&version.line, version.share_with(&names));
            if version.line.sign.is_change() && !version.is_explained_by(&names) {
                odd_query += version.odd.0;
                odd_candidate += version.odd.1;
            }
        }
        agreed.names = names.len();
        odd_query += versions.words_alone.0;
        odd_candidate += versions.words_alone.1;
    }
    let share = |part: f32, whole: f32| if whole > 0.0 { (part / whole).min(1.0) } else { 0.0 };
    Reading {
        changes: share(agreed.changed, query.changed_weight.max(candidate.changed_weight)),
        text: share(agreed.changed + agreed.context, query.weight.min(candidate.weight)),
        names: agreed.names as f32,
        odd_words: odd_query.min(odd_candidate) as f32,
        reversed: share(reversed, query.changed_weight),
        kept: share(kept, query.changed_weight),
    }
}

/// What lines count that agree.
#[derive(Default)]
struct Agreed {
    changed: f32,
    context: f32,
    names: usize,
}

impl Agreed {
    fn add(&mut self, line: &TextLine<'_>, share: f32) {
        *if line.sign.is_change() { &mut self.changed } else { &mut self.context } += share * line.weight;
    }
}

/// What lines count that the one hunk changes in the opposite way, and that only one of the two changes.
fn crossed(query: &Text<'_>, candidate: &Text<'_>) -> (f32, f32) {
    let (own, others) = (query.signs(), candidate.signs());
    let (mut reversed, mut kept) = (0.0, 0.0);
    for line in query.lines.iter().filter(|line| line.sign.is_change()) {
        match others.get(&line.hash) {
            Some(signs) if signs.has(line.sign) => {}
            Some(signs) if signs.has(Sign::Context) => kept += line.weight,
            Some(_) => reversed += line.weight,
            None => {}
        }
    }
    for line in candidate.lines.iter().filter(|line| line.sign.is_change()) {
        if own.get(&line.hash).is_some_and(|signs| !signs.has(line.sign) && signs.has(Sign::Context)) {
            kept += line.weight;
        }
    }
    (reversed, kept)
}

/// The signs under which a hunk has a line.
#[derive(Clone, Copy, Default)]
struct Signs(u8);

impl Signs {
    fn add(&mut self, sign: Sign) {
        self.0 |= 1 << sign as u8;
    }

    fn has(self, sign: Sign) -> bool {
        self.0 & 1 << sign as u8 != 0
    }
}

/// Pairs places whose keys are equal, each once; and what is left over on either side, in order.
fn paired<Key: Ord>(
    query: &[usize],
    candidate: &[usize],
    query_key: impl Fn(usize) -> Key,
    candidate_key: impl Fn(usize) -> Key,
) -> (Vec<(usize, usize)>, Vec<usize>, Vec<usize>) {
    let mut query: Vec<(Key, usize)> = query.iter().map(|place| (query_key(*place), *place)).collect();
    let mut candidate: Vec<(Key, usize)> =
        candidate.iter().map(|place| (candidate_key(*place), *place)).collect();
    query.sort_unstable();
    candidate.sort_unstable();
    let (mut pairs, mut open_query, mut open_candidate) = (Vec::new(), Vec::new(), Vec::new());
    let mut others = candidate.into_iter().peekable();
    for (key, place) in query {
        while let Some((_, other)) = others.next_if(|(other, _)| *other < key) {
            open_candidate.push(other);
        }
        match others.next_if(|(other, _)| *other == key) {
            Some((_, other)) => pairs.push((place, other)),
            None => open_query.push(place),
        }
    }
    open_candidate.extend(others.map(|(_, place)| place));
    open_query.sort_unstable();
    open_candidate.sort_unstable();
    (pairs, open_query, open_candidate)
}

/// A name of the query's and the candidate's in its place.
type NamePair<'a> = (&'a [u8], &'a [u8]);

/// Two lines that are versions of one.
struct Version<'a> {
    /// The query's line, with the weight of the lighter of the two.
    line: TextLine<'a>,
    /// The share of words and signs that they have in common.
    share: f32,
    /// How many words the query's line and the candidate's have for themselves.
    odd: (usize, usize),
    /// The names in which they differ; none where they differ otherwise.
    names: Option<Vec<NamePair<'a>>>,
}

impl Version<'_> {
    fn is_explained_by(&self, names: &BTreeMap<&[u8], &[u8]>) -> bool {
        let is_renamed = |(own, other): &NamePair<'_>| names.get(own) == Some(other);
        self.names.as_ref().is_some_and(|pairs| pairs.iter().all(is_renamed))
    }

    fn share_with(&self, names: &BTreeMap<&[u8], &[u8]>) -> f32 {
        if self.is_explained_by(names) { 1.0 } else { self.share }
    }
}

/// Lines of the one hunk beside those of the other that are most like them.
#[derive(Default)]
struct Versions<'a> {
    pairs: Vec<Version<'a>>,
    /// How many words the changed lines have that are no versions, the query's and the candidate's.
    words_alone: (usize, usize),
}

impl<'a> Versions<'a> {
    fn of(
        query: &Text<'a>,
        open_query: &[usize],
        candidate: &Text<'a>,
        open_candidate: &[usize],
    ) -> Versions<'a> {
        let mut versions = Versions::default();
        let words = |line: &TextLine<'a>| (*line, Words::of(line.text));
        let mut others: Vec<(TextLine<'a>, Words<'a>)> =
            open_candidate.iter().map(|place| words(&candidate.lines[*place])).collect();
        let is_bounded = open_query.len().max(open_candidate.len()) <= MAX_OPEN_LINES;
        for place in open_query {
            let (line, own) = words(&query.lines[*place]);
            let best = others
                .iter()
                .enumerate()
                .filter(|(_, (other, _))| is_bounded && other.sign == line.sign)
                .map(|(at, (_, words))| (own.share(words), at))
                .max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)));
            match best {
                Some((share, at)) if share >= LEAST_SHARE => {
                    let (other, theirs) = others.remove(at);
                    let weight = line.weight.min(other.weight);
                    let common = own.common(&theirs);
                    versions.pairs.push(Version {
                        line: TextLine { weight, ..line },
                        share,
                        odd: (own.sorted.len() - common, theirs.sorted.len() - common),
                        names: own.names_beside(&theirs),
                    });
                }
                _ if line.sign.is_change() => versions.words_alone.0 += own.sorted.len(),
                _ => {}
            }
        }
        let changed = others.iter().filter(|(line, _)| line.sign.is_change());
        versions.words_alone.1 = changed.map(|(_, words)| words.sorted.len()).sum();
        versions
    }

    /// The names that differ in the same way in several lines: each stands for one other, and in no line that is equal.
    fn renamed(&self, equal_lines: &[&BStr]) -> BTreeMap<&'a [u8], &'a [u8]> {
        let mut lines: BTreeMap<NamePair<'_>, u32> = BTreeMap::new();
        for version in &self.pairs {
            version.names.iter().flatten().for_each(|pair| *lines.entry(*pair).or_default() += 1);
        }
        lines.retain(|_, count| *count >= FEWEST_RENAMED_LINES);
        let mut renamed = BTreeMap::new();
        if lines.is_empty() {
            return renamed;
        }
        let unchanged: FxHashSet<&[u8]> =
            equal_lines.iter().flat_map(|line| Words::of(line).in_order).collect();
        let mut by_count: Vec<(NamePair<'_>, u32)> = lines.into_iter().collect();
        by_count.sort_by_key(|(pair, count)| (std::cmp::Reverse(*count), *pair));
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
}

/// The words and signs of a line.
struct Words<'a> {
    in_order: Vec<&'a [u8]>,
    /// Hashes: comparing texts would take longer than all else.
    sorted: Vec<u64>,
}

impl<'a> Words<'a> {
    fn of(text: &'a [u8]) -> Words<'a> {
        let mut in_order = Vec::new();
        let mut rest = text;
        while let Some(first) = rest.first() {
            let word = rest.iter().take_while(|byte| is_word_byte(**byte)).count().max(1);
            let (piece, after) = rest.split_at(word);
            if !first.is_ascii_whitespace() {
                in_order.push(piece);
            }
            rest = after;
        }
        let mut sorted: Vec<u64> = in_order.iter().map(|word| FxBuildHasher.hash_one(word)).collect();
        sorted.sort_unstable();
        Words { in_order, sorted }
    }

    /// How many words and signs both have.
    fn common(&self, other: &Words<'_>) -> usize {
        let (mut at, mut common) = (0, 0);
        for word in &self.sorted {
            while other.sorted.get(at).is_some_and(|other| other < word) {
                at += 1;
            }
            if other.sorted.get(at) == Some(word) {
                at += 1;
                common += 1;
            }
        }
        common
    }

    /// Twice what both have as a share of all (Dice); 0 where their numbers alone rule out that it is enough.
    fn share(&self, other: &Words<'_>) -> f32 {
        let (own, others) = (self.sorted.len(), other.sorted.len());
        let share = |common: usize| 2.0 * common as f32 / (own + others).max(1) as f32;
        if share(own.min(others)) < LEAST_SHARE { 0.0 } else { share(self.common(other)) }
    }

    /// The names in which two lines differ that are otherwise equal, each pair once; none where they differ otherwise.
    fn names_beside(&self, other: &Words<'a>) -> Option<Vec<NamePair<'a>>> {
        if self.in_order.len() != other.in_order.len() {
            return None;
        }
        let mut names = Vec::new();
        for (own, other) in self.in_order.iter().zip(&other.in_order) {
            if own != other {
                if !(is_name(own) && is_name(other)) {
                    return None;
                }
                names.push((*own, *other));
            }
        }
        names.sort_unstable();
        names.dedup();
        Some(names)
    }
}

/// Whether a word can be a name: it begins with no digit.
fn is_name(word: &[u8]) -> bool {
    word.first().is_some_and(|first| is_word_byte(*first) && !first.is_ascii_digit())
}

/// The hunks of a query beside those of its candidates, each pair read once.
pub struct Readings<'a> {
    queries: Vec<Text<'a>>,
    loaded: &'a FxHashMap<HunkId, Arc<PreparedHunk>>,
    known: FxHashMap<(usize, HunkId), Option<Reading>>,
    hasher: LineHasher,
}

impl<'a> Readings<'a> {
    /// Readings of a query's hunks beside loaded ones.
    pub fn new(
        queries: impl Iterator<Item = &'a PreparedHunk>,
        loaded: &'a FxHashMap<HunkId, Arc<PreparedHunk>>,
    ) -> Readings<'a> {
        let mut hasher = LineHasher::default();
        let queries = queries.map(|query| Text::new(query, &mut hasher)).collect();
        Readings { queries, loaded, known: FxHashMap::default(), hasher }
    }

    /// How the query's hunk in a place and a loaded hunk read side by side, for the candidate of a rank from 0.
    ///
    /// Candidates behind the first [`READ_CANDIDATES`], and hunks without text, are judged by their changed lines.
    pub fn of(&mut self, rank: usize, place: usize, hunk: HunkId, comparison: &Comparison) -> Reading {
        let (queries, loaded, hasher) = (&self.queries, self.loaded, &mut self.hasher);
        let mut read_both = || {
            let query = queries.get(place).filter(|query| !query.lines.is_empty())?;
            let candidate = Text::new(loaded.get(&hunk)?, hasher);
            (!candidate.lines.is_empty()).then(|| read(query, &candidate))
        };
        let share = comparison.similarity;
        let by_changes = Reading { changes: share, text: share, ..Reading::default() };
        if rank < READ_CANDIDATES {
            self.known.entry((place, hunk)).or_insert_with(&mut read_both).unwrap_or(by_changes)
        } else {
            // What differs was not looked at, so nothing explains it.
            let odd_words = if share < 1.0 { UNREAD_WORDS } else { 0.0 };
            Reading { odd_words, ..by_changes }
        }
    }
}

#[cfg(test)]
mod tests {
    use hunktrace_indexer::hunk::Hunk;
    use hunktrace_indexer::stored_hunk::StoredHunk;

    use super::*;

    const BODY: &str = " static int first_line_before(void)\n {\n-\tstart_engine(device, mode);\n+\tif (!start_engine(device, mode, FAST))\n+\t\treturn report_failure(device);\n \tcontinue_with_the_rest();\n }\n";

    const SAME: Reading =
        Reading { changes: 1.0, text: 1.0, names: 0.0, odd_words: 0.0, reversed: 0.0, kept: 0.0 };

    fn reading(query: &str, candidate: &str) -> Reading {
        let mut hasher = LineHasher::default();
        let mut prepared = |body: &str| {
            let hunk = Some(Hunk { body: body.into(), ..Hunk::default() });
            PreparedHunk::new(&StoredHunk { old: None, new: None, hunk }.view(), &mut hasher)
        };
        let (query, candidate) = (prepared(query), prepared(candidate));
        read(&Text::new(&query, &mut hasher), &Text::new(&candidate, &mut hasher))
    }

    #[test]
    fn a_hunk_reads_like_itself() {
        assert_eq!(reading(BODY, BODY), SAME);
    }

    #[test]
    fn one_new_name_explains_all_that_differs() {
        let renamed = reading(&BODY.replace("device", "vendor_device"), BODY);
        assert_eq!(renamed, Reading { names: 1.0, ..SAME });
    }

    #[test]
    fn a_name_that_stays_elsewhere_is_not_renamed() {
        let mut query = BODY.replace("start_engine(device", "start_engine(vendor_device");
        query += " \tstop_engine(device);\n";
        let reading = reading(&query, &format!("{BODY} \tstop_engine(device);\n"));
        assert!(reading.names == 0.0 && reading.text < 1.0, "{reading:?}");
    }

    #[test]
    fn a_name_that_differs_in_one_line_may_be_another_thing() {
        let reading = reading(&BODY.replace("report_failure", "hide_failure"), BODY);
        assert!(reading.names == 0.0 && reading.odd_words == 1.0, "{reading:?}");
        assert!(reading.changes < 1.0 && reading.changes > 0.8, "{reading:?}");
    }

    #[test]
    fn the_next_step_is_not_the_same_step() {
        let next = " static int first_line_before(void)\n {\n-\tif (!start_engine(device, mode, FAST))\n-\t\treturn report_failure(device);\n+\tstart_slowly(device);\n \tcontinue_with_the_rest();\n }\n";
        let reading = reading(next, BODY);
        assert!(reading.reversed > 0.5 && reading.kept == 0.0, "{reading:?}");
    }

    #[test]
    fn what_the_other_leaves_alone_is_told() {
        let kept = BODY.replace("+\t\treturn", " \t\treturn");
        let reading = reading(&kept, BODY);
        assert!(reading.kept > 0.2 && reading.reversed == 0.0, "{reading:?}");
    }

    #[test]
    fn a_half_is_in_the_whole() {
        let half: String = BODY.split_inclusive('\n').take(3).collect();
        let reading = reading(&half, BODY);
        assert!(reading.text == 1.0 && reading.changes < 0.7 && reading.odd_words == 0.0, "{reading:?}");
    }

    #[test]
    fn hunks_without_a_common_word_share_nothing() {
        let reading = reading(BODY, "+entirely other words\n");
        assert_eq!(reading, Reading { odd_words: 3.0, ..Reading::default() });
    }
}

//! How two hunks read side by side: all their lines, the context included, with one of them in other names perhaps.
//!
//! The changed lines alone do not tell a renamed hunk from another change to the same lines. What tells them apart is
//! the text around, whether one renaming explains what differs, and whether the one hunk takes away what the other
//! brings: then the two are steps of the same file's history, one after the other, and not the same step.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use bstr::{BStr, ByteSlice};
use hunktrace_indexer::fingerprint::LineHash;
use hunktrace_indexer::hunk::Sign;
use hunktrace_indexer::index::retrieval::HunkId;
use hunktrace_indexer::normalize::is_word_byte;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::hunks::comparison::Comparison;
use crate::hunks::prepared_hunk::{PreparedHunk, TextLine};
use crate::hunks::tokens::{Tokens, count_common, token_share, words_and_signs};

/// How two hunks read side by side. All shares are from 0 to 1, by what the lines count.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Reading {
    /// Of the hunk with more changed lines, the share that the other one changes alike, or nearly so.
    pub changes: f32,
    /// Of the hunk with less text, changed or not, the share that the other one has under the same sign, or nearly so.
    pub text: f32,
    /// How many names the one has in place of the other's, each in several lines, and in no line that is equal.
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

/// In so many lines at least a name has to differ in the same way to count as renamed.
const FEWEST_RENAMED_LINES: u32 = 2;

/// Reads two hunks side by side.
pub fn read(query: &PreparedHunk, candidate: &PreparedHunk) -> Reading {
    let (equal, open_query, open_candidate) = paired_lines(query, candidate);
    let mut agreed = Agreed::default();
    for place in &equal {
        agreed.add(&query.lines[*place], 1.0);
    }
    let (mut reversed, mut kept, mut odd_words) = (0.0, 0.0, 0);
    if !(open_query.is_empty() && open_candidate.is_empty()) {
        (reversed, kept) = crossed(query, candidate);
        // A line that stands on both sides under other signs is no version of a third one.
        let (_, open_query, open_candidate) = paired(
            open_query,
            open_candidate,
            |place| query.lines[place].hash,
            |place| candidate.lines[place].hash,
        );
        // Where only one side has lines left there are no versions, and on the other side no odd words.
        if !open_query.is_empty() && !open_candidate.is_empty() {
            let versions = Versions::of(query, &open_query, candidate, &open_candidate);
            let names = versions.renamed(equal.iter().map(|place| query.line_text(&query.lines[*place])));
            let (mut odd_query, mut odd_candidate) = versions.words_alone;
            for version in &versions.pairs {
                agreed.add(&version.line, version.share_with(&names));
                if version.line.sign.is_change() && !version.is_explained_by(&names) {
                    odd_query += version.odd.0;
                    odd_candidate += version.odd.1;
                }
            }
            agreed.names = names.len();
            odd_words = odd_query.min(odd_candidate);
        }
    }
    let (own, others) = (Weights::of(query), Weights::of(candidate));
    let share = |part: f32, whole: f32| if whole > 0.0 { (part / whole).min(1.0) } else { 0.0 };
    Reading {
        changes: share(agreed.changed, own.changed.max(others.changed)),
        text: share(agreed.changed + agreed.context, own.all.min(others.all)),
        names: agreed.names as f32,
        odd_words: odd_words as f32,
        reversed: share(reversed, own.changed),
        kept: share(kept, own.changed),
    }
}

/// What the lines of a hunk count.
struct Weights {
    all: f32,
    changed: f32,
}

impl Weights {
    fn of(hunk: &PreparedHunk) -> Weights {
        let changed = hunk.lines.iter().filter(|line| line.sign.is_change());
        Weights {
            all: hunk.lines.iter().map(|line| line.weight).sum(),
            changed: changed.map(|line| line.weight).sum(),
        }
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
    fn add(&mut self, line: &TextLine, share: f32) {
        *if line.sign.is_change() { &mut self.changed } else { &mut self.context } += share * line.weight;
    }
}

/// What lines count that the one hunk changes in the opposite way, and that only one of the two changes.
fn crossed(query: &PreparedHunk, candidate: &PreparedHunk) -> (f32, f32) {
    let (own, others) = (signs(query), signs(candidate));
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

fn signs(hunk: &PreparedHunk) -> FxHashMap<LineHash, Signs> {
    let mut signs: FxHashMap<LineHash, Signs> = FxHashMap::default();
    hunk.lines.iter().for_each(|line| signs.entry(line.hash).or_default().add(line.sign));
    signs
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

/// Pairs lines that are equal, sign and text.
fn paired_lines(query: &PreparedHunk, candidate: &PreparedHunk) -> (Vec<usize>, Vec<usize>, Vec<usize>) {
    let key = |line: &TextLine| (line.hash, line.sign);
    let is_same = |(own, other): &(&TextLine, &TextLine)| key(own) == key(other);
    // Most hunks that are read are nearly equal: only what lies between the first and the last difference is sorted.
    let before = query.lines.iter().zip(&candidate.lines).take_while(is_same).count();
    let (own, others) = (&query.lines[before..], &candidate.lines[before..]);
    let after = own.iter().rev().zip(others.iter().rev()).take_while(is_same).count();
    let (own_end, others_end) = (query.lines.len() - after, candidate.lines.len() - after);
    let (mut equal, open_query, open_candidate) = paired(
        (before..own_end).collect(),
        (before..others_end).collect(),
        |place| key(&query.lines[place]),
        |place| key(&candidate.lines[place]),
    );
    equal.extend((0..before).chain(own_end..query.lines.len()));
    equal.sort_unstable();
    (equal, open_query, open_candidate)
}

/// Pairs places whose keys are equal, each once: the query's that have a partner, and what is left over on either side,
/// in order.
fn paired<Key: Ord>(
    mut query: Vec<usize>,
    mut candidate: Vec<usize>,
    query_key: impl Fn(usize) -> Key,
    candidate_key: impl Fn(usize) -> Key,
) -> (Vec<usize>, Vec<usize>, Vec<usize>) {
    query.sort_unstable_by_key(|place| (query_key(*place), *place));
    candidate.sort_unstable_by_key(|place| (candidate_key(*place), *place));
    let (mut equal, mut open_query, mut open_candidate) = (Vec::new(), Vec::new(), Vec::new());
    let mut others = candidate.into_iter().peekable();
    for place in query {
        let key = query_key(place);
        while let Some(other) = others.next_if(|other| candidate_key(*other) < key) {
            open_candidate.push(other);
        }
        match others.next_if(|other| candidate_key(*other) == key) {
            Some(_) => equal.push(place),
            None => open_query.push(place),
        }
    }
    open_candidate.extend(others);
    open_query.sort_unstable();
    open_candidate.sort_unstable();
    (equal, open_query, open_candidate)
}

/// A name of the query's and the candidate's in its place.
type NamePair<'a> = (&'a [u8], &'a [u8]);

/// Two lines that are versions of one.
struct Version<'a> {
    /// The query's line, with the weight of the lighter of the two.
    line: TextLine,
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
        query: &'a PreparedHunk,
        open_query: &[usize],
        candidate: &'a PreparedHunk,
        open_candidate: &[usize],
    ) -> Versions<'a> {
        let mut versions = Versions::default();
        if open_query.len().max(open_candidate.len()) > MAX_OPEN_LINES {
            versions.words_alone = (words_of(query, open_query), words_of(candidate, open_candidate));
            return versions;
        }
        let (mut own_tokens, mut their_tokens) = (Tokens::default(), Tokens::default());
        let mut others: Vec<(TextLine, Range<usize>)> = open_candidate
            .iter()
            .map(|place| candidate.lines[*place])
            .map(|line| (line, their_tokens.add(candidate.line_text(&line))))
            .collect();
        for place in open_query {
            let line = query.lines[*place];
            let range = own_tokens.add(query.line_text(&line));
            let own = own_tokens.get(range);
            let best = others
                .iter()
                .enumerate()
                .filter(|(_, (other, _))| other.sign == line.sign)
                .map(|(at, (_, theirs))| (version_share(own, their_tokens.get(theirs.clone())), at))
                .max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)));
            match best {
                Some((share, at)) if share >= LEAST_SHARE => {
                    let (other, theirs) = others.remove(at);
                    let theirs = their_tokens.get(theirs);
                    let common = count_common(own, theirs);
                    let mut lighter = line;
                    lighter.weight = line.weight.min(other.weight);
                    versions.pairs.push(Version {
                        line: lighter,
                        share,
                        odd: (own.len() - common, theirs.len() - common),
                        names: names_beside(query.line_text(&line), candidate.line_text(&other)),
                    });
                }
                _ if line.sign.is_change() => versions.words_alone.0 += own.len(),
                _ => {}
            }
        }
        let changed = others.iter().filter(|(line, _)| line.sign.is_change());
        versions.words_alone.1 = changed.map(|(_, theirs)| theirs.len()).sum();
        versions
    }

    /// The names that differ in the same way in several lines: each stands for one other, and in no line that is equal.
    fn renamed(&self, equal_lines: impl Iterator<Item = &'a BStr>) -> BTreeMap<&'a [u8], &'a [u8]> {
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
            equal_lines.flat_map(|line| words_and_signs(line.as_bytes())).collect();
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

/// The words and signs of the changed ones among some lines.
fn words_of(hunk: &PreparedHunk, places: &[usize]) -> usize {
    let changed = places.iter().map(|place| &hunk.lines[*place]).filter(|line| line.sign.is_change());
    changed.map(|line| words_and_signs(hunk.line_text(line)).count()).sum()
}

/// The share of common words and signs; 0 where their numbers alone rule out that it is enough.
fn version_share(own: &[u64], theirs: &[u64]) -> f32 {
    let at_most = 2.0 * own.len().min(theirs.len()) as f32 / (own.len() + theirs.len()).max(1) as f32;
    if at_most < LEAST_SHARE { 0.0 } else { token_share(own, theirs) }
}

/// The names in which two lines differ that are otherwise equal, each pair once; none where they differ otherwise.
fn names_beside<'a>(own: &'a [u8], other: &'a [u8]) -> Option<Vec<NamePair<'a>>> {
    let (mut own, mut others) = (words_and_signs(own), words_and_signs(other));
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

/// The hunks of a query beside those of its candidates, each pair read once.
pub struct Readings<'a> {
    queries: Vec<&'a PreparedHunk>,
    loaded: &'a FxHashMap<HunkId, Arc<PreparedHunk>>,
    known: FxHashMap<(usize, HunkId), Option<Reading>>,
}

impl<'a> Readings<'a> {
    /// Readings of a query's hunks beside loaded ones.
    pub fn new(
        queries: impl Iterator<Item = &'a PreparedHunk>,
        loaded: &'a FxHashMap<HunkId, Arc<PreparedHunk>>,
    ) -> Readings<'a> {
        Readings { queries: queries.collect(), loaded, known: FxHashMap::default() }
    }

    /// How the query's hunk in a place and a loaded hunk read side by side, for the candidate of a rank from 0.
    ///
    /// Hunks without text, and candidates behind the first [`READ_CANDIDATES`] of a hunk and of the patch, are judged by
    /// their changed lines.
    pub fn of(&mut self, rank: usize, place: usize, hunk: HunkId, comparison: &Comparison) -> Reading {
        let share = comparison.similarity;
        let by_changes = Reading { changes: share, text: share, ..Reading::default() };
        if let Some(known) = self.known.get(&(place, hunk)) {
            return known.unwrap_or(by_changes);
        }
        if rank >= READ_CANDIDATES {
            // What differs was not looked at, so nothing explains it.
            let odd_words = if share < 1.0 { UNREAD_WORDS } else { 0.0 };
            return Reading { odd_words, ..by_changes };
        }
        let (queries, loaded) = (&self.queries, self.loaded);
        let read_both = || {
            let (query, candidate) = (queries.get(place)?, loaded.get(&hunk)?);
            (!query.lines.is_empty() && !candidate.lines.is_empty()).then(|| read(query, candidate))
        };
        let reading = read_both();
        self.known.insert((place, hunk), reading);
        reading.unwrap_or(by_changes)
    }
}

#[cfg(test)]
mod tests {
    use hunktrace_indexer::fingerprint::LineHasher;
    use hunktrace_indexer::hunk::Hunk;
    use hunktrace_indexer::segment::stored_hunk::StoredHunk;
    use proptest::prelude::*;

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
        read(&query, &candidate)
    }

    proptest! {
        #[test]
        fn lines_are_paired_whether_or_not_they_lie_between_differences(
            own in prop::collection::vec(0usize..6, 0..12),
            other in prop::collection::vec(0usize..6, 0..12),
        ) {
            let hunk = |lines: &[usize]| {
                let body: String = lines.iter().map(|line| format!("{}line_{line}();\n", [" ", "+", "-"][line % 3])).collect();
                let hunk = Some(Hunk { body: body.into(), ..Hunk::default() });
                PreparedHunk::new(&StoredHunk { old: None, new: None, hunk }.view(), &mut LineHasher::default())
            };
            let (query, candidate) = (hunk(&own), hunk(&other));
            let keys = |hunk: &PreparedHunk, places: &[usize]| {
                let mut keys: Vec<_> = places.iter().map(|place| (hunk.lines[*place].hash, hunk.lines[*place].sign)).collect();
                keys.sort_unstable();
                keys
            };

            let (equal, open_query, open_candidate) = paired_lines(&query, &candidate);

            let all = paired(
                (0..own.len()).collect(),
                (0..other.len()).collect(),
                |place| (query.lines[place].hash, query.lines[place].sign),
                |place| (candidate.lines[place].hash, candidate.lines[place].sign),
            );
            prop_assert_eq!(keys(&query, &equal), keys(&query, &all.0));
            prop_assert_eq!(keys(&query, &open_query), keys(&query, &all.1));
            prop_assert_eq!(keys(&candidate, &open_candidate), keys(&candidate, &all.2));
            prop_assert!(equal.is_sorted() && open_query.is_sorted() && open_candidate.is_sorted());
        }
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

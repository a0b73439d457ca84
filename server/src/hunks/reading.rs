//! How two hunks read side by side: all their lines, the context included, with one of them in other names perhaps.
//!
//! The changed lines alone do not tell a renamed hunk from another change to the same lines. What tells them apart is
//! the text around, whether one renaming explains what differs, and whether the one hunk takes away what the other
//! brings: then the two are steps of the same file's history, one after the other, and not the same step.

use std::collections::BTreeMap;

use bstr::BStr;
use hunktrace_indexer::cancellation::Cancellation;
use hunktrace_indexer::fingerprint::LineHash;
use hunktrace_indexer::hunk::Sign;
use rustc_hash::FxHashMap;

use crate::hunks::line_versions::{LineVersions, NamePair, OpenLine, consistent_renaming, names_beside};
use crate::hunks::prepared_hunk::{PreparedHunk, TextLine};
use crate::hunks::tokens::{count_common, words_and_signs};

/// A single context line that agrees is no more than half of what it takes. Tuned: see `docs/constants.md`,
/// `FEWEST_CONTEXT_LINES`.
pub(super) const FEWEST_CONTEXT_LINES: usize = 2;

/// From this share on a hunk's surroundings are all there. Tuned: see `docs/constants.md`, `WHOLLY_SURROUNDED`.
const WHOLLY_SURROUNDED: f32 = 0.6;

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
    /// The share of the candidate's context lines that the query has as context or brings, if it is most of them: a commit
    /// may stand around what an earlier one brought that is in the query as well.
    pub surroundings: f32,
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
        self.surroundings += share * other.surroundings;
    }
}

/// Reads two hunks side by side; where it is cancelled, the reading means nothing.
pub fn read(query: &PreparedHunk, candidate: &PreparedHunk, cancellation: &Cancellation) -> Reading {
    let (equal, open_query, open_candidate) = paired_lines(query, candidate, cancellation);
    let is_context = |place: &usize| candidate.lines[*place].sign == Sign::Context;
    let open_context: Vec<usize> = open_candidate.iter().copied().filter(is_context).collect();
    let mut agreed = Agreed::default();
    for place in &equal {
        agreed.add(&query.lines[*place], 1.0);
    }
    let (mut reversed, mut kept, mut odd_words) = (0.0, 0.0, 0);
    if !(open_query.is_empty() && open_candidate.is_empty()) {
        (reversed, kept) = crossed(query, candidate, cancellation);
        // A line that stands on both sides under other signs is no version of a third one.
        let (_, open_query, open_candidate) = paired(
            open_query,
            open_candidate,
            |place| query.lines[place].hash,
            |place| candidate.lines[place].hash,
            cancellation,
        );
        // Where only one side has lines left there are no versions, and on the other side no odd words.
        if !open_query.is_empty() && !open_candidate.is_empty() {
            let versions = Versions::of(query, &open_query, candidate, &open_candidate, cancellation);
            let equal = cancellation.while_wanted(&equal);
            let names = versions.renamed(equal.map(|place| query.line_text(&query.lines[*place])));
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
    if agreed.changed >= others.changed {
        agreed.context += folded_context(query, candidate, &open_context, cancellation);
    }
    let share = |part: f32, whole: f32| if whole > 0.0 { (part / whole).min(1.0) } else { 0.0 };
    Reading {
        changes: share(agreed.changed, own.changed.max(others.changed)),
        text: share(agreed.changed + agreed.context, own.all.min(others.all)),
        names: agreed.names as f32,
        odd_words: odd_words as f32,
        reversed: share(reversed, own.changed),
        kept: share(kept, own.changed),
        surroundings: surroundings_but_for(query, candidate, &open_context, cancellation),
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
fn crossed(query: &PreparedHunk, candidate: &PreparedHunk, cancellation: &Cancellation) -> (f32, f32) {
    let (own, others) = (signs(query, cancellation), signs(candidate, cancellation));
    let (mut reversed, mut kept) = (0.0, 0.0);
    for line in cancellation.while_wanted(&query.lines).filter(|line| line.sign.is_change()) {
        match others.get(&line.hash) {
            Some(signs) if signs.has(line.sign) => {}
            Some(signs) if signs.has(Sign::Context) => kept += line.weight,
            Some(_) => reversed += line.weight,
            None => {}
        }
    }
    for line in cancellation.while_wanted(&candidate.lines).filter(|line| line.sign.is_change()) {
        if own.get(&line.hash).is_some_and(|signs| !signs.has(line.sign) && signs.has(Sign::Context)) {
            kept += line.weight;
        }
    }
    (reversed, kept)
}

/// What the candidate's context lines count that the query brings: where all of its changes are in the query, an earlier
/// commit brought them, which is in the query as well.
fn folded_context(
    query: &PreparedHunk,
    candidate: &PreparedHunk,
    open_context: &[usize],
    cancellation: &Cancellation,
) -> f32 {
    if open_context.is_empty() {
        return 0.0;
    }
    let own = signs(query, cancellation);
    let is_brought = |line: &&TextLine| own.get(&line.hash).is_some_and(|signs| signs.has(Sign::Added));
    let context = open_context.iter().map(|place| &candidate.lines[*place]);
    context.filter(is_brought).map(|line| line.weight).sum()
}

/// The share of the candidate's context lines that the query has as context, or brings; 0 where more than some of them are
/// neither, because then the two stand in different places.
pub fn surroundings(query: &PreparedHunk, candidate: &PreparedHunk) -> f32 {
    let is_context = |place: &usize| candidate.lines[*place].sign == Sign::Context;
    let context: Vec<usize> = (0..candidate.lines.len()).filter(is_context).collect();
    surroundings_but_for(query, candidate, &context, &Cancellation::default())
}

/// The same where all context lines but the open ones are known to be the query's.
fn surroundings_but_for(
    query: &PreparedHunk,
    candidate: &PreparedHunk,
    open_context: &[usize],
    cancellation: &Cancellation,
) -> f32 {
    let all = candidate.lines.iter().filter(|line| line.sign == Sign::Context).count();
    // Most hunks that are read have no context line open, and need no table of the query's lines.
    let unknown = match open_context {
        [] => 0,
        open => unknown_lines(query, candidate, open, cancellation),
    };
    let share = (all - unknown) as f32 / all.max(FEWEST_CONTEXT_LINES) as f32;
    if share >= WHOLLY_SURROUNDED { share } else { 0.0 }
}

/// How many of some lines of the candidate the query neither has as context nor brings.
fn unknown_lines(
    query: &PreparedHunk,
    candidate: &PreparedHunk,
    places: &[usize],
    cancellation: &Cancellation,
) -> usize {
    let own = signs(query, cancellation);
    let stands_there = |place: &&usize| {
        let signs = own.get(&candidate.lines[**place].hash);
        signs.is_some_and(|signs| signs.has(Sign::Context) || signs.has(Sign::Added))
    };
    places.len() - places.iter().filter(stands_there).count()
}

fn signs(hunk: &PreparedHunk, cancellation: &Cancellation) -> FxHashMap<LineHash, Signs> {
    let mut signs: FxHashMap<LineHash, Signs> = FxHashMap::default();
    let lines = cancellation.while_wanted(&hunk.lines);
    lines.for_each(|line| signs.entry(line.hash).or_default().add(line.sign));
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
fn paired_lines(
    query: &PreparedHunk,
    candidate: &PreparedHunk,
    cancellation: &Cancellation,
) -> (Vec<usize>, Vec<usize>, Vec<usize>) {
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
        cancellation,
    );
    equal.extend((0..before).chain(own_end..query.lines.len()));
    cancellation.sort_while_wanted(&mut equal, |place| *place);
    (equal, open_query, open_candidate)
}

/// Pairs places whose keys are equal, each once: the query's that have a partner, and what is left over on either side,
/// in order.
fn paired<Key: Ord>(
    mut query: Vec<usize>,
    mut candidate: Vec<usize>,
    query_key: impl Fn(usize) -> Key + Copy,
    candidate_key: impl Fn(usize) -> Key + Copy,
    cancellation: &Cancellation,
) -> (Vec<usize>, Vec<usize>, Vec<usize>) {
    cancellation.sort_while_wanted(&mut query, |place| (query_key(*place), *place));
    cancellation.sort_while_wanted(&mut candidate, |place| (candidate_key(*place), *place));
    let (mut equal, mut open_query, mut open_candidate) = (Vec::new(), Vec::new(), Vec::new());
    let mut others = candidate.into_iter().peekable();
    for place in cancellation.while_wanted(query) {
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
    for open in [&mut open_query, &mut open_candidate] {
        cancellation.sort_while_wanted(open, |place| *place);
    }
    (equal, open_query, open_candidate)
}

/// Two lines that are versions of one.
struct Version<'a> {
    /// The query's line, with the weight of the lighter of the two.
    line: TextLine,
    /// The share of words and signs that they have in common.
    share: f32,
    /// How many words the query's line and the candidate's have for themselves.
    odd: (usize, usize),
    /// The names in which they differ; none if they differ otherwise.
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
    /// The versions among the open lines of two hunks, given by their places.
    fn of(
        query: &'a PreparedHunk,
        open_query: &[usize],
        candidate: &'a PreparedHunk,
        open_candidate: &[usize],
        cancellation: &Cancellation,
    ) -> Versions<'a> {
        let (own, theirs) = (open_lines(query, open_query), open_lines(candidate, open_candidate));
        let Some(versions) = LineVersions::pair(&own, &theirs, Vec::remove) else {
            let words_alone = (
                words_of(query, open_query, cancellation),
                words_of(candidate, open_candidate, cancellation),
            );
            return Versions { pairs: Vec::new(), words_alone };
        };
        let own_words = changed_places(&own).map(|place| versions.query_words(place).len());
        let their_words = changed_places(&theirs).map(|place| versions.candidate_words(place).len());
        let mut words_alone = (own_words.sum(), their_words.sum());
        let mut pairs = Vec::with_capacity(versions.pairs.len());
        for pair in &versions.pairs {
            let mut lighter = query.lines[open_query[pair.query]];
            let other = &candidate.lines[open_candidate[pair.candidate]];
            lighter.weight = lighter.weight.min(other.weight);
            let words = (versions.query_words(pair.query), versions.candidate_words(pair.candidate));
            if lighter.sign.is_change() {
                words_alone.0 -= words.0.len();
                words_alone.1 -= words.1.len();
            }
            let common = count_common(words.0, words.1);
            pairs.push(Version {
                line: lighter,
                share: pair.share,
                odd: (words.0.len() - common, words.1.len() - common),
                names: names_beside(own[pair.query].text, theirs[pair.candidate].text),
            });
        }
        Versions { pairs, words_alone }
    }

    /// The one renaming that explains the names in which versions differ.
    fn renamed<'l>(&'l self, equal_lines: impl Iterator<Item = &'l BStr>) -> BTreeMap<&'a [u8], &'a [u8]> {
        let differing = self.pairs.iter().filter_map(|version| version.names.as_deref());
        consistent_renaming(differing, equal_lines)
    }
}

fn open_lines<'a>(hunk: &'a PreparedHunk, places: &[usize]) -> Vec<OpenLine<'a>> {
    let open = |place: &usize| {
        let line = &hunk.lines[*place];
        OpenLine { sign: line.sign, text: hunk.line_text(line) }
    };
    places.iter().map(open).collect()
}

/// The places of the changed ones among some lines.
fn changed_places(lines: &[OpenLine<'_>]) -> impl Iterator<Item = usize> {
    lines.iter().enumerate().filter(|(_, line)| line.sign.is_change()).map(|(place, _)| place)
}

/// The words and signs of the changed ones among some lines.
fn words_of(hunk: &PreparedHunk, places: &[usize], cancellation: &Cancellation) -> usize {
    let changed = cancellation
        .while_wanted(places)
        .map(|place| &hunk.lines[*place])
        .filter(|line| line.sign.is_change());
    changed.map(|line| words_and_signs(hunk.line_text(line)).count()).sum()
}

#[cfg(test)]
impl Reading {
    /// What a hunk reads beside itself.
    pub(crate) const WHOLE: Reading = Reading {
        changes: 1.0,
        text: 1.0,
        names: 0.0,
        odd_words: 0.0,
        reversed: 0.0,
        kept: 0.0,
        surroundings: 1.0,
    };
}

#[cfg(test)]
mod tests {
    use hunktrace_indexer::fingerprint::LineHasher;
    use hunktrace_indexer::hunk::Hunk;
    use hunktrace_indexer::segment::stored_hunk::StoredHunk;
    use proptest::prelude::*;

    use super::*;

    const BODY: &str = " static int first_line_before(void)\n {\n-\tstart_engine(device, mode);\n+\tif (!start_engine(device, mode, FAST))\n+\t\treturn report_failure(device);\n \tcontinue_with_the_rest();\n }\n";

    fn reading(query: &str, candidate: &str) -> Reading {
        let mut hasher = LineHasher::default();
        let mut prepared = |body: &str| {
            let hunk = Some(Hunk { body: body.into(), ..Hunk::default() });
            PreparedHunk::new(&StoredHunk { old: None, new: None, hunk }.view(), &mut hasher)
        };
        let (query, candidate) = (prepared(query), prepared(candidate));
        read(&query, &candidate, &Cancellation::default())
    }

    #[test]
    fn long_hunks_are_read_until_nobody_wants_it() {
        const LINES: usize = 20_000;
        let hunk = |numbers: &mut dyn Iterator<Item = usize>| {
            let body: String = numbers.map(|number| format!("+line_{number}();\n")).collect();
            let hunk = Some(Hunk { body: body.into(), ..Hunk::default() });
            PreparedHunk::new(&StoredHunk { old: None, new: None, hunk }.view(), &mut LineHasher::default())
        };
        let (query, candidate) = (hunk(&mut (0..LINES)), hunk(&mut (0..LINES).rev()));
        let cancellation = Cancellation::default();
        let pairs = || paired_lines(&query, &candidate, &cancellation).0.len();
        assert_eq!(pairs(), LINES);
        cancellation.cancel();
        assert!(pairs() < LINES / 2);
        let places: Vec<usize> = (0..LINES).collect();
        assert!(words_of(&query, &places, &cancellation) < LINES);
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

            let (equal, open_query, open_candidate) = paired_lines(&query, &candidate, &Cancellation::default());

            let all = paired(
                (0..own.len()).collect(),
                (0..other.len()).collect(),
                |place| (query.lines[place].hash, query.lines[place].sign),
                |place| (candidate.lines[place].hash, candidate.lines[place].sign),
                &Cancellation::default(),
            );
            prop_assert_eq!(keys(&query, &equal), keys(&query, &all.0));
            prop_assert_eq!(keys(&query, &open_query), keys(&query, &all.1));
            prop_assert_eq!(keys(&candidate, &open_candidate), keys(&candidate, &all.2));
            prop_assert!(equal.is_sorted() && open_query.is_sorted() && open_candidate.is_sorted());
        }
    }

    #[test]
    fn a_hunk_reads_like_itself() {
        assert_eq!(reading(BODY, BODY), Reading::WHOLE);
    }

    #[test]
    fn one_new_name_explains_all_that_differs() {
        let renamed = reading(&BODY.replace("device", "vendor_device"), BODY);
        assert_eq!(renamed, Reading { names: 1.0, ..Reading::WHOLE });
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

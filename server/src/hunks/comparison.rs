//! How well two hunks agree, as named evidence.

use bstr::{BStr, ByteSlice};
use hunktrace_indexer::fingerprint::LineHash;
use hunktrace_indexer::git::base_name::base_name;
use hunktrace_indexer::normalize::is_word_byte;

use crate::hunks::line_versions::{LineVersions, OpenLine, replaced_word};
use crate::hunks::line_weights::{LineWeights, TRIVIAL_LINE_WEIGHT};
use crate::hunks::prepared_hunk::{ChangedLine, PreparedHunk};
use crate::hunks::reading::{FEWEST_CONTEXT_LINES, surroundings};
use crate::hunks::tokens::{Tokens, count_common, token_share};

/// How a candidate's changed lines agree with the query's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MatchKind {
    /// Changed lines, context and path agree.
    Exact,
    /// The changed lines and the path agree, the context differs.
    Changes,
    /// The changed lines agree but for white space or comments, or stand in a file of another name.
    Normalized,
    /// One side's changed lines are a part of the other's.
    Partial,
    /// Similar changed lines.
    Fuzzy,
    /// Superseded: a present commit edits lines that only this commit could have put there. Attribution finds such
    /// commits; a lookup does not.
    Implied,
}

impl MatchKind {
    /// All kinds, the surest first.
    pub const ALL: [MatchKind; 6] = [
        MatchKind::Exact,
        MatchKind::Changes,
        MatchKind::Normalized,
        MatchKind::Partial,
        MatchKind::Fuzzy,
        MatchKind::Implied,
    ];

    /// Its name, as people and records read it.
    pub fn name(self) -> &'static str {
        match self {
            MatchKind::Exact => "exact",
            MatchKind::Changes => "changes",
            MatchKind::Normalized => "normalized",
            MatchKind::Partial => "partial",
            MatchKind::Fuzzy => "fuzzy",
            MatchKind::Implied => "implied",
        }
    }
}

/// What speaks for a candidate hunk. All shares are from 0 to 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// How the changed lines agree.
    pub kind: MatchKind,
    /// Weight of the changed lines that both have, as a share of those that either has (weighted Jaccard).
    pub similarity: f32,
    /// The same with lines that are nearly equal counted in part.
    pub soft_similarity: f32,
    /// Share of the informative context lines that agree, of those of the side that has fewer; 0.5 where one has none.
    pub context: f32,
    /// 1 for the same path; less for the same base name, and for common folders.
    pub path: f32,
    /// 1 where the section headings agree, 0 where they differ, 0.5 where one is missing.
    pub section: f32,
    /// 1 at the same place in the file, falling with the distance in lines.
    pub position: f32,
    /// What both do to the same words of their changed lines, as a share of what either does; 1 where the lines agree.
    pub edit: f32,
    /// For each of the query's changed lines how much of its weight agrees: all for an equal line, a part for an
    /// adapted one.
    pub agreed: Vec<f32>,
}

impl Comparison {
    /// Whether each of the query's lines agrees, at least in part.
    pub fn explains_all(&self) -> bool {
        self.agreed.iter().all(|agreed| *agreed > 0.0)
    }
}

/// What an informative line of a candidate counts that the query does not have, as a share of what the rarest line
/// counts: the mean of the changed lines in kernel history (10.0 of 14.4 nats in 1.8 million hunks). Tuned: see
/// `docs/constants.md`, `OWN_LINE_SHARE`.
const OWN_LINE_SHARE: f32 = 0.7;

/// What a line counts that differs by one word, if other lines of the hunk differ by the same. Tuned: see
/// `docs/constants.md`, `RENAMED_SHARE`.
const RENAMED_SHARE: f32 = 0.95;

/// The distance in lines at which a position counts half. Tuned: see `docs/constants.md`, `POSITION_HALF`.
const POSITION_HALF: f32 = 50.0;

/// How far paths agree that have only the base name in common. Tuned: see `docs/constants.md`, `SAME_BASE_NAME_SHARE`.
const SAME_BASE_NAME_SHARE: f32 = 0.5;

/// How far the folders of paths add to that at most. Tuned: see `docs/constants.md`, `COMMON_FOLDERS_SHARE`.
const COMMON_FOLDERS_SHARE: f32 = 0.3;

/// From this share of common words on two section headings are the same: some tools cut headings at 80 bytes. Tuned: see
/// `docs/constants.md`, `SAME_SECTION_SHARE`.
const SAME_SECTION_SHARE: f32 = 0.8;

/// How far contexts and section headings agree of which one is missing: midway.
const MISSING_SHARE: f32 = 0.5;

/// Compares a candidate with the query.
///
/// The weights of the query's lines must be learned already.
pub fn compare(query: &PreparedHunk, candidate: &PreparedHunk, weights: &LineWeights<'_>) -> Comparison {
    let overlap = Overlap::of(&query.changed, &candidate.changed);
    let mut agreed = vec![0.0; query.changed.len()];
    let mut shared = 0.0;
    for place in &overlap.shared {
        agreed[*place] = weights.of(&query.changed[*place]);
        shared += agreed[*place];
    }
    let only_query: f32 = overlap.only_query.iter().map(|place| weights.of(&query.changed[*place])).sum();
    let only_candidate: f32 = overlap.only_candidate.iter().map(|line| own_weight(line, weights)).sum();
    let all = shared + only_query + only_candidate;
    let soft = add_soft_overlap(query, candidate, &overlap, weights, &mut agreed);

    let share = |part: f32, whole: f32| if whole > 0.0 { (part / whole).min(1.0) } else { 0.0 };
    let edit = if overlap.is_whole() { 1.0 } else { query.edits().share(candidate.edits()) };
    let same_path = query.path == candidate.path;
    let kind = match (overlap.is_whole(), same_path) {
        (true, true) if query.has_same_changes(candidate) => match query.has_same_context(candidate) {
            true => MatchKind::Exact,
            false => MatchKind::Changes,
        },
        (true, _) => MatchKind::Normalized,
        (false, _) if overlap.is_part(&query.changed) => MatchKind::Partial,
        _ => MatchKind::Fuzzy,
    };
    Comparison {
        kind,
        similarity: share(shared, all),
        // An adapted line stands on both sides, so what it adds to the agreement it takes from the rest.
        soft_similarity: share(shared + soft, all - soft),
        context: context_of(query, candidate, &overlap),
        path: path_share(query, candidate),
        section: section_share(query.section.as_bstr(), candidate.section.as_bstr()),
        position: position_share(query, candidate),
        edit,
        agreed,
    }
}

/// From this many times the lines of another hunk on, a hunk's lines are looked for rather than gone through.
const MANY_TIMES_THE_LINES: usize = 32;

/// Whether two hunks have any informative changed line in common.
pub fn have_common_line(query: &PreparedHunk, candidate: &PreparedHunk) -> bool {
    let [fewer, more] =
        if query.changed.len() < candidate.changed.len() { [query, candidate] } else { [candidate, query] };
    if more.changed.len() / MANY_TIMES_THE_LINES > fewer.changed.len() {
        return fewer.informative().any(|line| more.has_informative(line));
    }
    let mut others = candidate.informative().peekable();
    query.informative().any(|line| {
        while others.next_if(|other| *other < line).is_some() {}
        others.peek() == Some(&line)
    })
}

/// What a line of a candidate counts that the query does not have.
///
/// Looking up how common each is would take most of a lookup's time and changes no ranking on the stable backports,
/// so all informative ones count the same.
fn own_weight(line: &ChangedLine, weights: &LineWeights<'_>) -> f32 {
    if line.is_informative { OWN_LINE_SHARE * weights.rarest() } else { TRIVIAL_LINE_WEIGHT }
}

/// The changed lines of two hunks, as multisets; the query's by their places.
struct Overlap<'a> {
    shared: Vec<usize>,
    only_query: Vec<usize>,
    only_candidate: Vec<&'a ChangedLine>,
}

impl<'a> Overlap<'a> {
    fn of(query: &[ChangedLine], candidate: &'a [ChangedLine]) -> Overlap<'a> {
        let mut overlap = Overlap { shared: Vec::new(), only_query: Vec::new(), only_candidate: Vec::new() };
        let mut candidates = candidate.iter().peekable();
        for (place, line) in query.iter().enumerate() {
            while let Some(own) = candidates.next_if(|own| own.hash < line.hash) {
                overlap.only_candidate.push(own);
            }
            match candidates.next_if(|own| own.hash == line.hash) {
                Some(_) => overlap.shared.push(place),
                None => overlap.only_query.push(place),
            }
        }
        overlap.only_candidate.extend(candidates);
        overlap
    }

    fn is_whole(&self) -> bool {
        self.only_query.is_empty() && self.only_candidate.is_empty()
    }

    /// Whether the informative lines of one side are all among those of the other, and there are some.
    fn is_part(&self, query: &[ChangedLine]) -> bool {
        let says = |place: &usize| query[*place].is_informative;
        self.shared.iter().any(says)
            && (!self.only_query.iter().any(says)
                || self.only_candidate.iter().all(|line| !line.is_informative))
    }
}

/// The weight of lines that are nearly equal, in proportion to their common words; each query line's part of it is put to
/// what agrees.
fn add_soft_overlap(
    query: &PreparedHunk,
    candidate: &PreparedHunk,
    overlap: &Overlap<'_>,
    weights: &LineWeights<'_>,
    agreed: &mut [f32],
) -> f32 {
    let is_open = |place: &usize| query.changed[*place].is_informative;
    let open_query: Vec<usize> = overlap.only_query.iter().copied().filter(is_open).collect();
    let open_candidate: Vec<&ChangedLine> =
        overlap.only_candidate.iter().copied().filter(|line| line.is_informative).collect();
    if open_query.is_empty() || open_candidate.is_empty() {
        return 0.0;
    }
    let own = |place: &usize| {
        let line = &query.changed[*place];
        OpenLine { sign: line.sign, text: query.text(line) }
    };
    let own: Vec<OpenLine<'_>> = open_query.iter().map(own).collect();
    let theirs = |line: &&ChangedLine| OpenLine { sign: line.sign, text: candidate.text(line) };
    let theirs: Vec<OpenLine<'_>> = open_candidate.iter().map(theirs).collect();
    // The lines are sorted by hash: their order means nothing.
    let Some(versions) = LineVersions::pair(&own, &theirs, Vec::swap_remove) else { return 0.0 };
    let replaced: Vec<Option<(u64, u64)>> = versions
        .pairs
        .iter()
        .map(|pair| replaced_word(versions.query_words(pair.query), versions.candidate_words(pair.candidate)))
        .collect();
    let mut sum = 0.0;
    for (pair, word) in versions.pairs.iter().zip(&replaced) {
        let is_renamed = word.is_some() && replaced.iter().filter(|other| *other == word).nth(1).is_some();
        let share = if is_renamed { pair.share.max(RENAMED_SHARE) } else { pair.share };
        let place = open_query[pair.query];
        let weight =
            weights.of(&query.changed[place]).min(own_weight(open_candidate[pair.candidate], weights));
        agreed[place] = share * weight;
        sum += agreed[place];
    }
    sum
}

/// How far the contexts agree. What the candidate stands around may be what an earlier commit brought that is in the query as
/// well, if all that the candidate changes is in the query.
fn context_of(query: &PreparedHunk, candidate: &PreparedHunk, overlap: &Overlap<'_>) -> f32 {
    let share = context_share(&query.context, &candidate.context);
    let is_folded = !overlap.shared.is_empty()
        && !overlap.only_query.is_empty()
        && overlap.only_candidate.iter().all(|line| !line.is_informative);
    if is_folded && share < 1.0 { share.max(surroundings(query, candidate)) } else { share }
}

fn context_share(query: &[LineHash], candidate: &[LineHash]) -> f32 {
    let fewer = query.len().min(candidate.len());
    if fewer == 0 {
        MISSING_SHARE
    } else {
        count_common(query, candidate) as f32 / fewer.max(FEWEST_CONTEXT_LINES) as f32
    }
}

/// 1 for the same path, before or after a rename; less for the same base name, and for common folders.
pub fn path_share(query: &PreparedHunk, candidate: &PreparedHunk) -> f32 {
    let shares = query
        .paths()
        .flat_map(|path| candidate.paths().map(move |own| path_pair_share(path.as_bstr(), own.as_bstr())));
    shares.fold(0.0, f32::max)
}

fn path_pair_share(a: &BStr, b: &BStr) -> f32 {
    if a == b {
        return 1.0;
    }
    let (a_folders, b_folders) = (sorted_folders(a), sorted_folders(b));
    let common = count_common(&a_folders, &b_folders);
    let either = a_folders.len().max(b_folders.len());
    let share = if either == 0 { 1.0 } else { common as f32 / either as f32 };
    let of_folders = COMMON_FOLDERS_SHARE * share;
    if base_name(a) == base_name(b) { SAME_BASE_NAME_SHARE + of_folders } else { of_folders }
}

fn sorted_folders(path: &BStr) -> Vec<&[u8]> {
    let mut parts: Vec<&[u8]> = path.split(|byte| *byte == b'/').collect();
    parts.pop();
    parts.sort_unstable();
    parts
}

fn section_share(query: &BStr, candidate: &BStr) -> f32 {
    if query.is_empty() || candidate.is_empty() {
        return MISSING_SHARE;
    }
    if let (Some(own), Some(other)) = (function_of(query), function_of(candidate)) {
        return if own == other { 1.0 } else { 0.0 };
    }
    let mut tokens = Tokens::default();
    let (query, candidate) = (tokens.add(query), tokens.add(candidate));
    let share = token_share(tokens.get(query), tokens.get(candidate));
    if share >= SAME_SECTION_SHARE { 1.0 } else { 0.0 }
}

/// The function that a heading begins: the word in front of the first parenthesis. None for a macro, which is named in
/// capitals and tells its function among its arguments.
pub(crate) fn function_of(heading: &BStr) -> Option<&[u8]> {
    let before = heading[..heading.find_byte(b'(')?].trim_ascii_end();
    let start = before.iter().rposition(|byte| !is_word_byte(*byte)).map_or(0, |place| place + 1);
    let name = &before[start..];
    name.iter().any(u8::is_ascii_lowercase).then_some(name)
}

fn position_share(query: &PreparedHunk, candidate: &PreparedHunk) -> f32 {
    let distance = query.old_start.abs_diff(candidate.old_start) as f32;
    POSITION_HALF / (POSITION_HALF + distance)
}

#[cfg(test)]
mod tests {
    use super::*;
    use hunktrace_indexer::cancellation::Cancellation;
    use hunktrace_indexer::fingerprint::{IndexTerm, LineHasher};
    use hunktrace_indexer::graph::{CommitOrdinal, CommitSet};
    use hunktrace_indexer::hunk::Hunk;
    use hunktrace_indexer::index::folder::IndexError;
    use hunktrace_indexer::index::retrieval::{FoundHunk, HunkId, HunkRetrieval, RetrievalQuery};
    use hunktrace_indexer::segment::stored_hunk::{FileSide, HunkView, StoredHunk};

    /// An index of a thousand hunks in which every line is as rare as any other.
    struct EvenIndex;

    impl HunkRetrieval for EvenIndex {
        fn hunk_count(&self) -> u64 {
            1000
        }

        fn frequencies(&self, terms: &[IndexTerm]) -> Result<Vec<u32>, IndexError> {
            Ok(vec![1; terms.len()])
        }

        fn search(&self, _: &RetrievalQuery<'_>) -> Result<Vec<FoundHunk>, IndexError> {
            Ok(Vec::new())
        }

        fn hunks_of(&self, _: CommitOrdinal) -> Result<Vec<FoundHunk>, IndexError> {
            Ok(Vec::new())
        }

        fn hunks_of_path(&self, _: IndexTerm, _: Option<&CommitSet>) -> Result<Vec<FoundHunk>, IndexError> {
            Ok(Vec::new())
        }

        fn visit(&self, _: &[HunkId], _: &mut dyn FnMut(usize, &HunkView<'_>)) -> Result<(), IndexError> {
            Ok(())
        }
    }

    fn prepared(path: &str, body: &str) -> PreparedHunk {
        let side = || Some(FileSide { path: path.into(), mode: 0o100644, blob: None });
        let hunk = Hunk { old_start: 10, body: body.into(), ..Hunk::default() };
        let stored = StoredHunk { old: side(), new: side(), hunk: Some(hunk) };
        PreparedHunk::new(&stored.view(), &mut LineHasher::default())
    }

    fn compared(query: &PreparedHunk, candidate: &PreparedHunk) -> Comparison {
        let mut weights = LineWeights::new(&EvenIndex);
        weights.learn(query.informative(), &Cancellation::default()).unwrap();
        compare(query, candidate, &weights)
    }

    const BODY: &str = " int before;\n-\told_call(x);\n+\tnew_call(x, 1);\n+\tcheck(x);\n int after;\n";

    #[test]
    fn kinds_go_from_exact_to_fuzzy() {
        let query = prepared("fs/a.c", BODY);
        let kind = |path: &str, body: &str| compared(&query, &prepared(path, body)).kind;
        assert_eq!(kind("fs/a.c", BODY), MatchKind::Exact);
        assert_eq!(kind("fs/a.c", &BODY.replace("before", "other")), MatchKind::Changes);
        assert_eq!(kind("fs/a.c", &BODY.replace('\t', "    ")), MatchKind::Normalized);
        assert_eq!(kind("mm/b.c", BODY), MatchKind::Normalized);
        assert_eq!(kind("fs/a.c", &BODY.replace("+\tcheck(x);\n", "")), MatchKind::Partial);
        assert_eq!(kind("fs/a.c", &BODY.replace("check(x)", "probe(y)")), MatchKind::Fuzzy);
    }

    #[test]
    fn twins_are_told_apart_by_their_functions() {
        let share = |a: &str, b: &str| section_share(a.into(), b.into());
        assert_eq!(
            share("int cpus_show(struct queue *q, char *buf)", "int rxq_show(struct queue *q, char *buf)"),
            0.0
        );
        assert_eq!(
            share("int cpus_show(struct queue *q)", "static ssize_t cpus_show(struct queue *q, int n)"),
            1.0
        );
        assert_eq!(
            share("SYSCALL_DEFINE2(open, int, a, int, b)", "SYSCALL_DEFINE2(open, int, a, int, b)"),
            1.0
        );
        assert_eq!(
            share("SYSCALL_DEFINE1(close, int, a)", "SYSCALL_DEFINE3(read, long, buf, size_t, n)"),
            0.0
        );
        assert_eq!(share("", "int probe(void)"), MISSING_SHARE);
    }

    #[test]
    fn kinds_are_named_from_the_surest_on() {
        use MatchKind::{Changes, Exact, Fuzzy, Implied, Normalized, Partial};
        let kinds = [Exact, Changes, Normalized, Partial, Fuzzy, Implied];
        assert!(kinds.is_sorted());
        let names = ["exact", "changes", "normalized", "partial", "fuzzy", "implied"];
        assert_eq!(kinds.map(MatchKind::name), names);
    }

    #[test]
    fn similarity_is_the_share_of_the_lines_that_both_have() {
        let query = prepared("fs/a.c", BODY);
        assert_eq!(compared(&query, &query).similarity, 1.0);
        let unrelated = compared(&query, &prepared("fs/a.c", "+\tnothing_in_common = 7;\n"));
        assert_eq!(unrelated.similarity, 0.0);
    }

    #[test]
    fn adapted_lines_count_in_part() {
        let query = prepared("fs/a.c", BODY);
        let adapted =
            compared(&query, &prepared("fs/a.c", &BODY.replace("new_call(x, 1)", "new_call(x, 2)")));
        assert!(adapted.soft_similarity > adapted.similarity, "{adapted:?}");
        assert!(adapted.soft_similarity < 1.0, "{adapted:?}");
    }

    #[test]
    fn paths_agree_by_name_and_by_folders() {
        let share = |a: &str, b: &str| path_pair_share(a.into(), b.into());
        assert_eq!(share("drivers/net/x.c", "drivers/net/x.c"), 1.0);
        assert!(
            share("drivers/staging/net/x.c", "drivers/net/x.c") > share("drivers/net/y.c", "drivers/net/x.c")
        );
        assert_eq!(share("a/x.c", "b/y.c"), 0.0);
    }

    #[test]
    fn one_name_that_differs_everywhere_is_a_renaming() {
        let query = prepared("fs/a.c", BODY);
        let renamed = compared(&query, &prepared("fs/a.c", &BODY.replace("(x", "(y")));
        let differing = BODY.replace("old_call(x)", "old_call(y)").replace("check(x)", "check(z)");
        let differing = compared(&query, &prepared("fs/a.c", &differing.replace("(x, 1)", "(w, 1)")));
        assert_eq!(renamed.similarity, differing.similarity);
        assert!(renamed.soft_similarity > differing.soft_similarity + 0.05, "{renamed:?} {differing:?}");
    }

    #[test]
    fn hunks_without_a_common_line_are_told_at_once() {
        let query = prepared("fs/a.c", BODY);
        assert!(have_common_line(&query, &prepared("fs/b.c", "+\tcheck(x);\n")));
        assert!(!have_common_line(&query, &prepared("fs/b.c", "+\t}\n+\tother();\n")));
    }
}

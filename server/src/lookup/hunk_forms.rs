//! Hunks of history in the form in which a vendor's patch has them: joined, or without what another commit has rewritten.
//!
//! A vendor's one hunk may hold what upstream has in several, where it lacks the lines between them. And where two commits
//! are squashed of which the later one rewrites lines of the earlier one, these lines are in the patch neither as added nor as
//! removed ones: of both commits all is there that can be.

use std::sync::Arc;

use hunktrace_indexer::cancellation::Cancellation;
use hunktrace_indexer::fingerprint::{LineHash, LineHasher};
use hunktrace_indexer::graph::CommitOrdinal;
use hunktrace_indexer::hunk::Sign;
use hunktrace_indexer::index::retrieval::{FoundHunk, HunkId};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::hunks::comparison::{Comparison, have_common_line};
use crate::hunks::prepared_hunk::PreparedHunk;
use crate::lookup::verified_match::{MatchesByOrigin, ReadAs, VerifiedMatch};

/// Two commits count as squashed only where at least this share of the lines of either is there, but for those that the later one
/// rewrites: otherwise lines are merely alike, and 0.011 of the absent hunks would be claimed in place of 0.008.
const LEAST_SHARE: f32 = 2.0 / 3.0;

/// Reads those of a commit's hunks of one file as one that each have lines of the query's hunk, where that agrees better than
/// the best of them.
///
/// `found` are the hunks of history that were compared with the query's, and `compare` compares a form with it. As far as it
/// comes before it is cancelled.
pub(super) fn join_hunks(
    query: &PreparedHunk,
    found: &[(FoundHunk, &Arc<PreparedHunk>)],
    matches: &mut MatchesByOrigin,
    compare: impl Fn(&PreparedHunk) -> Comparison,
    cancellation: &Cancellation,
) {
    for best in matches.values_mut().take_while(|_| !cancellation.is_cancelled()) {
        let is_part = |(found, hunk): &&(FoundHunk, &Arc<PreparedHunk>)| {
            found.commit == best.commit && hunk.path == best.file && have_common_line(query, hunk)
        };
        let mut parts: Vec<&(FoundHunk, &Arc<PreparedHunk>)> = found.iter().filter(is_part).collect();
        let is_best_among_them = parts.iter().any(|(found, _)| found.id == best.hunk);
        if parts.len() < 2 || !is_best_among_them || best.comparison.explains_all() {
            continue;
        }
        parts.sort_by_key(|(found, _)| found.number);
        let hunks: Vec<&PreparedHunk> = parts.iter().map(|(_, hunk)| hunk.as_ref()).collect();
        let joined = PreparedHunk::joined(&hunks, &mut LineHasher::default());
        let others = parts.iter().map(|(found, _)| found.id).filter(|id| *id != best.hunk).collect();
        take_if_better(best, joined, others, &compare);
    }
}

/// Leaves out the lines of matches that an earlier commit brings and a later one removes again, and that the query's hunk has on
/// neither side, where it has other lines of both.
///
/// `form_of` gives what was compared of a match, and `compare` compares a form with the query's hunk. As far as it comes before
/// it is cancelled.
pub(super) fn fold_lines(
    query: &PreparedHunk,
    matches: &mut MatchesByOrigin,
    form_of: impl Fn(&VerifiedMatch) -> Option<Arc<PreparedHunk>>,
    compare: impl Fn(&PreparedHunk) -> Comparison,
    cancellation: &Cancellation,
) {
    let is_partial = |verified: &VerifiedMatch| {
        let Comparison { similarity, .. } = verified.comparison;
        similarity > 0.0 && similarity < 1.0
    };
    let partial = matches.iter().filter(|(_, verified)| is_partial(verified));
    let forms: Vec<(CommitOrdinal, Arc<PreparedHunk>)> =
        partial.filter_map(|(origin, verified)| Some((*origin, form_of(verified)?))).collect();
    if forms.len() < 2 {
        return;
    }
    let asked = changed(query, cancellation);
    let wanted = forms.into_iter().take_while(|_| !cancellation.is_cancelled());
    let steps: Vec<Step> =
        wanted.map(|(origin, form)| Step::of(&asked, origin, form, cancellation)).collect();
    let mut folded: FxHashMap<CommitOrdinal, FxHashSet<(Sign, LineHash)>> = FxHashMap::default();
    // Matches are sorted by origin, and a commit comes behind its ancestors.
    for (place, earlier) in steps.iter().enumerate() {
        for later in steps[place + 1..].iter().filter(|later| earlier.is_followed_by(later)) {
            let lines: FxHashSet<LineHash> =
                earlier.brings_in_vain.intersection(&later.removes_in_vain).copied().collect();
            if earlier.is_there_without(Sign::Added, &lines) && later.is_there_without(Sign::Removed, &lines)
            {
                folded
                    .entry(earlier.origin)
                    .or_default()
                    .extend(lines.iter().map(|line| (Sign::Added, *line)));
                folded
                    .entry(later.origin)
                    .or_default()
                    .extend(lines.iter().map(|line| (Sign::Removed, *line)));
            }
        }
    }
    for step in steps.iter().take_while(|_| !cancellation.is_cancelled()) {
        let Some(gone) = folded.get(&step.origin) else { continue };
        let form = step.hunk.without(|sign, line| gone.contains(&(sign, line)), &mut LineHasher::default());
        if let Some(verified) = matches.get_mut(&step.origin) {
            let joined = verified.hunks().skip(1).collect();
            take_if_better(verified, form, joined, &compare);
        }
    }
}

fn take_if_better(
    verified: &mut VerifiedMatch,
    form: PreparedHunk,
    joined: Vec<HunkId>,
    compare: impl Fn(&PreparedHunk) -> Comparison,
) {
    let comparison = compare(&form);
    let read = verified.read_as(ReadAs { hunk: Arc::new(form), joined }, comparison);
    if read.score > verified.score {
        *verified = read;
    }
}

/// What a commit does to the text that the query's hunk changes, which may be one of several steps.
struct Step {
    origin: CommitOrdinal,
    hunk: Arc<PreparedHunk>,
    /// The changed lines that it has in common with the query.
    common: FxHashSet<(Sign, LineHash)>,
    /// The lines that it adds and the query does not.
    brings_in_vain: FxHashSet<LineHash>,
    /// The lines that it removes and the query does not.
    removes_in_vain: FxHashSet<LineHash>,
}

/// The lines that a hunk changes.
fn changed(hunk: &PreparedHunk, cancellation: &Cancellation) -> FxHashSet<(Sign, LineHash)> {
    let changed = cancellation.while_wanted(&hunk.lines).filter(|line| line.sign.is_change());
    changed.map(|line| (line.sign, line.hash)).collect()
}

impl Step {
    /// `asked` are the lines that the query's hunk changes.
    fn of(
        asked: &FxHashSet<(Sign, LineHash)>,
        origin: CommitOrdinal,
        hunk: Arc<PreparedHunk>,
        cancellation: &Cancellation,
    ) -> Step {
        let own = changed(&hunk, cancellation);
        let in_vain = |wanted: Sign| {
            let missing = own.difference(asked).filter(|(sign, _)| *sign == wanted);
            missing.map(|(_, line)| *line).collect()
        };
        Step {
            origin,
            common: own.intersection(asked).copied().collect(),
            brings_in_vain: in_vain(Sign::Added),
            removes_in_vain: in_vain(Sign::Removed),
            hunk,
        }
    }

    /// Whether most of it is in the query, but for some lines that are gone.
    fn is_there_without(&self, sign: Sign, gone: &FxHashSet<LineHash>) -> bool {
        let (mut there, mut all) = (0.0, 0.0);
        for line in self.hunk.lines.iter().filter(|line| line.sign.is_change()) {
            if line.sign == sign && gone.contains(&line.hash) {
                continue;
            }
            all += line.weight;
            there += if self.common.contains(&(line.sign, line.hash)) { line.weight } else { 0.0 };
        }
        !gone.is_empty() && there >= LEAST_SHARE * all
    }

    /// Whether the query may hold both: it has lines of either that the other does not have, of the same file.
    fn is_followed_by(&self, later: &Step) -> bool {
        self.hunk.path == later.hunk.path
            && !self.common.is_subset(&later.common)
            && !later.common.is_subset(&self.common)
    }
}

#[cfg(test)]
mod tests {
    use hunktrace_indexer::graph::CommitOrdinal;

    use crate::confidence::LIKELY;
    use crate::hunks::comparison::MatchKind;
    use crate::hunks::query::QueryHunk;
    use crate::lookup::candidate::Candidate;
    use crate::lookup::prepared_cache::PreparedCache;
    use crate::lookup::{Lookup, LookupOptions};
    use crate::memory_index::{MemoryIndex, WrittenCommit, commit, hunk_at};

    /// The candidates of a hunk, in an index of some commits and of much else.
    fn candidates<const N: usize>(commits: [WrittenCommit; N], body: &str) -> Vec<Candidate> {
        let other = |number: u32| {
            let body = format!("+other_{number}();\n+more_{number}(x);\n");
            commit([hunk_at(&format!("lib/{number}.c"), 1, &body)])
        };
        let index = MemoryIndex::of(commits.into_iter().chain((0..40).map(other)));
        let query = QueryHunk { stored: hunk_at("net/ring.c", 5, body), line: 1 };
        let cache = PreparedCache::default();
        let options = LookupOptions { excluded: None, max_candidates: 5 };
        let answer = Lookup::new(&index.graph, &index, &cache).patch(&[query], &options).unwrap();
        answer.hunks.into_iter().next().unwrap()
    }

    const ABOVE: &str = " \tring_is_locked(ring);\n \tring_is_empty(ring);\n";
    const BELOW: &str = " \tring_is_full(ring);\n \tring_is_open(ring);\n";

    #[test]
    fn hunk_that_has_two_of_a_commit_has_all_of_it() {
        let (first, second) =
            ("-\tcount_the_ring(ring);\n+\tcount_all_rings(ring, 1);\n", "+\tflush_the_ring(ring);\n");
        let upstream = commit([
            hunk_at("net/ring.c", 5, &format!("{ABOVE}{first} \tstop_the_ring(ring);\n")),
            hunk_at("net/ring.c", 25, &format!(" \tturn_the_ring(ring);\n{second}{BELOW}")),
        ]);
        let found = candidates([upstream], &format!("{ABOVE}{first}{second}{BELOW}"));
        let [only] = &found[..] else { panic!("{found:?}") };
        assert_eq!((only.kind, only.similarity), (MatchKind::Changes, 1.0));
        assert!(only.confidence.0 > 0.95, "{}", only.confidence.0);
    }

    #[test]
    fn commit_and_the_one_that_rewrites_a_line_of_it_are_both_there() {
        let added = "+\tguard_the_ring(ring);\n+\tcount_the_ring(ring, 3);\n+\treset_the_ring(ring, 4);\n";
        let earlier = commit([hunk_at("net/ring.c", 5, &format!("{ABOVE}{added}{BELOW}"))]);
        let rewritten = "-\tcount_the_ring(ring, 3);\n+\tcount_the_ring_safely(ring, 3, GFP_ATOMIC);\n";
        let later = commit([hunk_at(
            "net/ring.c",
            6,
            &format!(" \tguard_the_ring(ring);\n{rewritten} \treset_the_ring(ring, 4);\n{BELOW}"),
        )]);
        let squashed = "+\tguard_the_ring(ring);\n+\tcount_the_ring_safely(ring, 3, GFP_ATOMIC);\n+\treset_the_ring(ring, 4);\n";
        let found = candidates([earlier, later], &format!("{ABOVE}{squashed}{BELOW}"));
        let likely: Vec<CommitOrdinal> = found
            .iter()
            .filter(|candidate| candidate.confidence >= LIKELY)
            .map(|candidate| candidate.origin)
            .collect();
        assert_eq!(likely.len(), 2, "{found:?}");
        let rewriting = found.iter().find(|candidate| candidate.origin == CommitOrdinal(1)).unwrap();
        assert_eq!(rewriting.kind, MatchKind::Partial);
    }

    #[test]
    fn line_that_is_merely_missing_still_speaks_against_a_commit() {
        let added = "+\tguard_the_ring(ring);\n+\tcount_the_ring(ring, 3);\n";
        let partly = || commit([hunk_at("net/ring.c", 5, &format!("{ABOVE}{added}{BELOW}"))]);
        let removing = commit([hunk_at("net/ring.c", 6, "-\tcount_the_ring(ring, 3);\n")]);
        let asked = format!("{ABOVE}+\tguard_the_ring(ring);\n{BELOW}");
        let similarity = |found: Vec<Candidate>| found[0].similarity;
        let with = similarity(candidates([partly(), removing], &asked));
        let without = similarity(candidates([partly()], &asked));
        // How common lines are differs a little.
        assert!((with - without).abs() < 0.01, "{with} {without}");
    }
}

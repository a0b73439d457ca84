//! How sure a commit is where code was asked for that is no diff.
//!
//! The model of confidence knows hunks of patches. Code from a tree has the lines of several commits beside one another, and
//! nothing says which of them were meant. What counts is how many of its lines a commit has added in one place, and how
//! many other commits have done the same.

use hunktrace_indexer::cancellation::Cancellation;
use hunktrace_indexer::fingerprint::{LineHash, LineHasher};
use hunktrace_indexer::hunk::Sign;
use hunktrace_indexer::index::folder::IndexError;
use hunktrace_indexer::index::retrieval::HunkRetrieval;
use hunktrace_indexer::normalize::is_informative;
use hunktrace_indexer::segment::stored_hunk::StoredHunk;
use rustc_hash::FxHashMap;

use crate::confidence::Confidence;
use crate::lookup::PatchAnswer;
use crate::lookup::candidate::Candidate;

/// The confidence of the only commit that has added all lines; several share it. Measured: see `docs/constants.md`,
/// `CODE_CONFIDENCE`.
const ALL_LINES: f32 = 0.75;

/// From this many commits on, that have each added all lines, there are mostly many more.
const MANY_COMMITS: usize = 4;

/// The confidence of each of many commits that have added all lines.
const ONE_OF_MANY: f32 = 0.02;

/// The confidence of a commit that has added half of the lines or more, by how many say something: below four, below nine,
/// and more.
const MOST_LINES: [f32; 3] = [0.11, 0.4, 0.58];

/// The confidence of a commit that has added fewer.
const SOME_LINES: f32 = 0.12;

/// The confidence of a commit that has added none.
const NO_LINE: f32 = 0.01;

/// Judges the candidates of the only hunk by how many of its lines they have added, and gives the surest first, of equally
/// sure ones the youngest. The `max_candidates` first ones are kept, for the hunk and for the patch.
///
/// # Errors
/// Where the index cannot be read, or it is cancelled.
pub fn judge_added_code(
    answer: &mut PatchAnswer,
    code: &StoredHunk,
    retrieval: &dyn HunkRetrieval,
    max_candidates: usize,
    cancellation: &Cancellation,
) -> Result<(), IndexError> {
    let Some(candidates) = answer.hunks.first_mut() else { return Ok(()) };
    let mut hasher = LineHasher::default();
    let asked = added_lines(code, &mut hasher);
    let all: usize = asked.values().sum();
    let hunks: Vec<_> = candidates.iter().map(|candidate| candidate.best.1).collect();
    let mut found = vec![0usize; candidates.len()];
    retrieval.visit(&hunks, &mut |place, hunk| {
        if cancellation.is_cancelled() {
            return;
        }
        let added = added_lines(&hunk.to_stored(), &mut hasher);
        found[place] =
            asked.iter().map(|(line, times)| (*times).min(added.get(line).copied().unwrap_or(0))).sum();
    })?;
    cancellation.check()?;
    let complete = found.iter().filter(|found| **found == all).count();
    for (candidate, found) in candidates.iter_mut().zip(&found) {
        candidate.confidence = Confidence(match found {
            _ if *found == all && complete < MANY_COMMITS => ALL_LINES / complete as f32,
            _ if *found == all => ONE_OF_MANY,
            _ if found * 2 >= all => MOST_LINES[usize::from(all >= 4) + usize::from(all >= 9)],
            0 => NO_LINE,
            _ => SOME_LINES,
        });
        // What speaks for a hunk of a patch does not speak for code.
        candidate.evidence.clear();
    }
    let order = |a: &Candidate, b: &Candidate| {
        b.confidence.0.total_cmp(&a.confidence.0).then(b.origin.cmp(&a.origin))
    };
    candidates.sort_by(order);
    candidates.truncate(max_candidates);
    answer.candidates.clone_from(candidates);
    Ok(())
}

/// How often each line that says something is added.
fn added_lines(stored: &StoredHunk, hasher: &mut LineHasher) -> FxHashMap<LineHash, usize> {
    let mut lines = FxHashMap::default();
    let changed = stored.hunk.iter().flat_map(|hunk| hunk.changed_lines());
    for line in changed.filter(|line| line.sign == Sign::Added && is_informative(line.text)) {
        *lines.entry(hasher.hash(Sign::Added, line.text)).or_insert(0) += 1;
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hunks::query::QueryHunk;
    use crate::lookup::prepared_cache::PreparedCache;
    use crate::lookup::{Lookup, LookupOptions};
    use crate::memory_index::{MemoryIndex, WrittenCommit, commit, hunk_at};

    const CODE: &str =
        "+\tstart(engine, MODE_FAST);\n+\tdrain(engine);\n+\twait_for(engine, 7);\n+\tstop(engine);\n";

    /// The origins of code and how sure they are.
    fn judged(commits: impl IntoIterator<Item = WrittenCommit>, max_candidates: usize) -> Vec<(u32, f32)> {
        let index = MemoryIndex::of(commits);
        let cache = PreparedCache::default();
        let query = QueryHunk { stored: hunk_at("", 0, CODE), line: 1 };
        let options = LookupOptions { excluded: None, max_candidates: 20 };
        let mut answer =
            Lookup::new(&index.graph, &index, &cache).patch(std::slice::from_ref(&query), &options).unwrap();
        judge_added_code(&mut answer, &query.stored, &index, max_candidates, &Cancellation::default())
            .unwrap();
        assert_eq!(answer.candidates.len(), answer.hunks[0].len());
        answer.candidates.iter().map(|candidate| (candidate.origin.0, candidate.confidence.0)).collect()
    }

    fn adding(place: u32, body: &str) -> WrittenCommit {
        commit([hunk_at(&format!("drivers/x{place}.c"), place, body)])
    }

    #[test]
    fn only_commit_with_all_lines_comes_first() {
        let part: String = CODE.lines().take(2).map(|line| format!("{line}\n")).collect();
        let longer = format!("+\tbegin(engine);\n{CODE}+\tend(engine);\n");
        assert_eq!(judged([adding(1, &longer), adding(2, &part)], 20), [(0, 0.75), (1, 0.4)]);
    }

    #[test]
    fn commits_with_all_lines_share_what_is_sure_and_the_youngest_comes_first() {
        assert_eq!(judged([adding(1, CODE), adding(2, CODE)], 20), [(1, 0.375), (0, 0.375)]);
        let five = (1..6).map(|place| adding(place, CODE));
        assert_eq!(judged(five, 2), [(4, 0.02), (3, 0.02)]);
    }

    #[test]
    fn removed_and_context_lines_are_not_added() {
        let removed = CODE.replace('+', "-");
        assert_eq!(judged([adding(1, &removed), adding(2, CODE)], 20).first(), Some(&(1, 0.75)));
    }
}

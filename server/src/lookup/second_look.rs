//! A second look at patches without a likely origin: perhaps the base has them already, or they undo a commit.
//!
//! Either is asked of the hunk that says most, and of the whole patch only where that one has an answer.

use hunktrace_indexer::graph::CommitSet;
use hunktrace_indexer::hunk::{Hunk, HunkLine, Sign};
use hunktrace_indexer::index::folder::IndexError;
use hunktrace_indexer::segment::stored_hunk::StoredHunk;

use crate::confidence::LIKELY;
use crate::hunks::looked_up::LookedUp;
use crate::hunks::query::QueryHunk;
use crate::lookup::candidate::Candidate;
use crate::lookup::{Lookup, LookupOptions, PatchAnswer};

/// A commit is undone where at least this share of the patch's changed lines agrees with it: what merely resembles its
/// reversal is the vendor's own.
const UNDONE_SIMILARITY: f32 = 0.8;

/// What a second look has found, for the patch and for each of its hunks.
#[derive(Clone, Debug, Default)]
pub struct SecondLook {
    /// What the base has already.
    pub in_base: Option<Seen>,
    /// What the patch undoes.
    pub reverts: Option<Seen>,
}

/// A commit that is seen in a patch, and what is seen in each of the patch's hunks.
#[derive(Clone, Debug)]
pub struct Seen {
    /// In the patch as a whole.
    pub patch: Option<Candidate>,
    /// In each hunk.
    pub hunks: Vec<Option<Candidate>>,
}

impl Seen {
    /// The best of an answer's candidates that are likely and that `is_wanted`; none if there is none.
    fn of(answer: PatchAnswer, is_wanted: impl Fn(&Candidate) -> bool) -> Option<Seen> {
        let best = |candidates: Vec<Candidate>| {
            let first = candidates.into_iter().next()?;
            (first.confidence >= LIKELY && is_wanted(&first)).then_some(first)
        };
        let seen =
            Seen { patch: best(answer.candidates), hunks: answer.hunks.into_iter().map(best).collect() };
        (seen.patch.is_some() || seen.hunks.iter().any(Option::is_some)).then_some(seen)
    }
}

impl SecondLook {
    /// What is seen in the hunks of a patch, by what is seen in those that were looked up for them.
    pub fn told(self, looked_up: &LookedUp<'_>) -> SecondLook {
        let surest = |seen: Vec<Option<Candidate>>| {
            let seen = seen.into_iter().flatten();
            seen.max_by(|a, b| a.confidence.0.total_cmp(&b.confidence.0))
        };
        let told = |seen: Seen| Seen { hunks: looked_up.told(seen.hunks, surest), ..seen };
        SecondLook { in_base: self.in_base.map(told), reverts: self.reverts.map(told) }
    }
}

impl Lookup<'_> {
    /// Looks again at a patch with this answer; `base` is what the base contains.
    ///
    /// # Errors
    /// Where the index cannot be read.
    pub fn second_look(
        &mut self,
        hunks: &[QueryHunk],
        answer: &PatchAnswer,
        base: Option<&CommitSet>,
    ) -> Result<SecondLook, IndexError> {
        let is_likely = |candidates: &Vec<Candidate>| {
            candidates.first().is_some_and(|candidate| candidate.confidence >= LIKELY)
        };
        if is_likely(&answer.candidates) || answer.hunks.iter().any(is_likely) {
            return Ok(SecondLook::default());
        }
        if let Some(base) = base {
            let in_base = self.seen_in(hunks, &|candidate: &Candidate| base.contains(candidate.origin))?;
            if in_base.is_some() {
                return Ok(SecondLook { in_base, reverts: None });
            }
        }
        let reversed: Vec<QueryHunk> = hunks.iter().map(reversed).collect();
        let is_undone = |candidate: &Candidate| candidate.similarity >= UNDONE_SIMILARITY;
        Ok(SecondLook { in_base: None, reverts: self.seen_in(&reversed, &is_undone)? })
    }

    fn seen_in(
        &mut self,
        hunks: &[QueryHunk],
        is_wanted: &dyn Fn(&Candidate) -> bool,
    ) -> Result<Option<Seen>, IndexError> {
        let weightiest = hunks
            .iter()
            .max_by_key(|hunk| hunk.stored.hunk.as_ref().map_or(0, |hunk| hunk.changed_lines().count()));
        let Some(weightiest) = weightiest else { return Ok(None) };
        let options = LookupOptions { excluded: None, max_candidates: 1 };
        let first = Seen::of(self.patch(std::slice::from_ref(weightiest), &options)?, is_wanted);
        if first.is_none() || hunks.len() == 1 {
            return Ok(first);
        }
        Ok(Seen::of(self.patch(hunks, &options)?, is_wanted))
    }
}

/// The hunk that undoes another one.
fn reversed(query: &QueryHunk) -> QueryHunk {
    let StoredHunk { old, new, hunk } = &query.stored;
    let stored = StoredHunk { old: new.clone(), new: old.clone(), hunk: hunk.as_ref().map(reversed_lines) };
    QueryHunk { stored, line: query.line }
}

/// The same lines with their signs exchanged; of a run of changed lines those that are removed come first.
fn reversed_lines(hunk: &Hunk) -> Hunk {
    let mut reversed = Hunk {
        old_start: hunk.new_start,
        old_lines: hunk.new_lines,
        new_start: hunk.old_start,
        new_lines: hunk.old_lines,
        section: hunk.section.clone(),
        body: Default::default(),
    };
    let mut added: Vec<HunkLine<'_>> = Vec::new();
    for line in hunk.lines() {
        match line.sign {
            Sign::Removed => added.push(line),
            Sign::Added => reversed.push_line(Sign::Removed, line.text, line.ends_with_newline),
            Sign::Context => {
                push_added(&mut reversed, &mut added);
                reversed.push_line(Sign::Context, line.text, line.ends_with_newline);
            }
        }
    }
    push_added(&mut reversed, &mut added);
    reversed
}

fn push_added(hunk: &mut Hunk, lines: &mut Vec<HunkLine<'_>>) {
    for line in lines.drain(..) {
        hunk.push_line(Sign::Added, line.text, line.ends_with_newline);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lookup::prepared_cache::PreparedCache;
    use crate::memory_index::{MemoryIndex, commit, commit_set, hunk_at};
    use hunktrace_indexer::graph::CommitOrdinal;

    const BODY: &str = " int f(void)\n {\n-\treturn first_of(list);\n+\tlock_the_list(list);\n+\treturn first_locked(list);\n }\n";
    const UNDONE: &str = " int f(void)\n {\n-\tlock_the_list(list);\n-\treturn first_locked(list);\n+\treturn first_of(list);\n }\n";

    fn query(body: &str) -> QueryHunk {
        QueryHunk { stored: hunk_at("fs/a.c", 5, body), line: 1 }
    }

    /// An index of the change and of much else.
    fn index() -> MemoryIndex {
        let other = |number: u32| {
            commit([hunk_at(
                &format!("lib/{number}.c"),
                1,
                &format!("+other_{number}();\n+more_{number}(x);\n"),
            )])
        };
        MemoryIndex::of([commit([hunk_at("fs/a.c", 5, BODY)])].into_iter().chain((0..40).map(other)))
    }

    /// What a second look finds: what is in the base, and what is undone.
    fn seen(body: &str, base: Option<&CommitSet>) -> [Option<CommitOrdinal>; 2] {
        let (index, cache) = (index(), PreparedCache::default());
        let mut lookup = Lookup::new(&index.graph, &index, &cache);
        let options = LookupOptions { excluded: base, max_candidates: 5 };
        let hunks = [query(body)];
        let answer = lookup.patch(&hunks, &options).unwrap();
        let SecondLook { in_base, reverts } = lookup.second_look(&hunks, &answer, base).unwrap();
        [in_base, reverts].map(|seen| seen?.patch.map(|candidate| candidate.origin))
    }

    #[test]
    fn what_a_base_has_and_what_is_undone_are_seen() {
        let base = commit_set([CommitOrdinal(0)]);
        assert_eq!(seen(BODY, None), [None, None], "it has a likely origin");
        assert_eq!(seen(BODY, Some(&base)), [Some(CommitOrdinal(0)), None]);
        assert_eq!(seen(UNDONE, None), [None, Some(CommitOrdinal(0))]);
        assert_eq!(seen(UNDONE, Some(&base)), [None, Some(CommitOrdinal(0))]);
        assert_eq!(seen("+something_else(entirely);\n", Some(&base)), [None, None]);
    }

    #[test]
    fn reversed_hunk_is_the_one_that_diff_makes_of_exchanged_sides() {
        assert_eq!(reversed(&query(BODY)).stored, hunk_at("fs/a.c", 5, UNDONE));
        assert_eq!(reversed(&reversed(&query(BODY))).stored, query(BODY).stored);
    }
}

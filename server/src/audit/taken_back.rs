//! Fixes that upstream took back, or whose fault it mended in another way, later: a revert of what was made again, and a fix
//! that a later commit undoes without a word.

use bstr::{BStr, BString, ByteSlice};
use hunktrace_indexer::fingerprint::LineHasher;
use hunktrace_indexer::graph::{CommitOrdinal, CommitSet};
use hunktrace_indexer::hunk::{HunkLines, Sign};
use hunktrace_indexer::index::folder::IndexError;
use hunktrace_indexer::normalize::is_informative;
use hunktrace_indexer::segment::stored_hunk::HunkView;
use rustc_hash::{FxHashMap, FxHashSet};

use super::candidates::Candidate;
use super::file_histories::{FileHistories, HistoryLine};
use super::mending::Mending;
use crate::attribution::length_weight::length_weight;
use crate::attribution::side_lines::TextHash;
use crate::check::file_lines::text_hash;
use crate::check::question::TreeQuestion;

/// What was undone is made again if later commits that the tree has bring at least this share of it back: it was made in
/// other pieces, and meanwhile improved.
const MADE_AGAIN_SHARE: f32 = 0.5;

/// A later commit takes a fix back if it brings at least this share of what stood there before.
const TAKEN_BACK_SHARE: f32 = 0.8;

/// A commit that takes a fix back does nothing else in these files: at least this share of what it changes is the fix.
const ONLY_THAT_SHARE: f32 = 0.8;

/// What tells whether a fix was taken back.
pub struct LaterHistory<'a> {
    /// The tree and the index.
    pub question: &'a TreeQuestion<'a>,
    /// The commits that the vendor has.
    pub had: &'a CommitSet,
    /// The histories of files.
    pub histories: FileHistories<'a>,
}

/// Lines by the file and text, with what each weighs.
type Lines = FxHashMap<(BString, TextHash), f32>;

/// What some hunks change, without the lines that only move.
#[derive(Default)]
struct Changed {
    added: Lines,
    removed: Lines,
}

impl LaterHistory<'_> {
    /// Whether upstream later took a fix back, or made what it undoes again and the tree has that.
    ///
    /// # Errors
    /// Where the index cannot be read, or it is cancelled.
    pub fn takes_back(&self, candidate: &Candidate) -> Result<bool, IndexError> {
        self.question.cancellation.check()?;
        let mends = candidate.mends.iter().chain(&candidate.follows);
        let undone: Vec<CommitOrdinal> =
            mends.filter(|(_, how)| *how == Mending::Reverts).map(|(commit, _)| *commit).collect();
        if undone.iter().any(|undone| self.is_made_again(*undone, candidate.commit)) {
            return Ok(true);
        }
        let fix = self.changed_by(candidate.commit)?;
        let weight = fix.weight();
        if weight == 0.0 {
            return Ok(false);
        }
        let later = self.later_changes(candidate.commit, &fix)?;
        let mut brought_back: FxHashSet<(Sign, (BString, TextHash))> = FxHashSet::default();
        for (commit, changed) in &later {
            let back = fix.taken_back_by(changed);
            let share = back.iter().map(|(_, line)| fix.weight_of(line)).sum::<f32>();
            if share >= TAKEN_BACK_SHARE * weight && share >= ONLY_THAT_SHARE * changed.weight() {
                return Ok(true);
            }
            if self.had.contains(*commit) {
                brought_back.extend(back);
            }
        }
        let share: f32 = brought_back.iter().map(|(_, line)| fix.weight_of(line)).sum();
        Ok(!undone.is_empty() && share >= MADE_AGAIN_SHARE * weight)
    }

    /// Whether the tree has a commit that makes `undone` again, after it was undone by `by`.
    fn is_made_again(&self, undone: CommitOrdinal, by: CommitOrdinal) -> bool {
        let graph = self.question.graph;
        let same = graph.same_patch(undone).into_iter().chain(graph.with_subject(graph.subject_hash(undone)));
        let mut later = same.filter(|again| *again > by);
        later.any(|again| self.had.contains(again))
    }

    /// What a commit changes.
    fn changed_by(&self, commit: CommitOrdinal) -> Result<Changed, IndexError> {
        let mut changed = Changed::default();
        let mut hasher = LineHasher::default();
        self.question.retrieval.visit_commit(commit, &mut |_, hunk| changed.add(hunk, &mut hasher))?;
        changed.leave_out_moved();
        Ok(changed)
    }

    /// What each later commit that touches a line of a fix changes of the files that the fix changes.
    fn later_changes(
        &self,
        fix: CommitOrdinal,
        changed: &Changed,
    ) -> Result<Vec<(CommitOrdinal, Changed)>, IndexError> {
        let mut later: FxHashMap<CommitOrdinal, Changed> = FxHashMap::default();
        let paths = changed.paths();
        let histories = paths.iter().map(|path| self.histories.since_base(path));
        let histories = histories.collect::<Result<Vec<_>, IndexError>>()?;
        for history in &histories {
            for line in history.after(fix) {
                if changed.is_undone_by(history.name(line), line) {
                    later.entry(line.commit).or_default();
                }
            }
        }
        for history in &histories {
            for line in history.after(fix) {
                if let Some(later) = later.get_mut(&line.commit) {
                    later.add_line(history.name(line).clone(), line);
                }
            }
        }
        later.values_mut().for_each(Changed::leave_out_moved);
        Ok(later.into_iter().collect())
    }
}

impl Changed {
    fn add(&mut self, hunk: &HunkView<'_>, hasher: &mut LineHasher) {
        let Some(lines) = &hunk.lines else { return };
        for line in
            HunkLines::of(lines.body).filter(|line| line.sign.is_change() && is_informative(line.text))
        {
            let of_sign = if line.sign == Sign::Added { &mut self.added } else { &mut self.removed };
            let text = text_hash(line.text, hasher);
            of_sign.insert((hunk.path().to_owned(), text), length_weight(line.text));
        }
    }

    fn add_line(&mut self, name: BString, line: &HistoryLine) {
        let of_sign = if line.is_added { &mut self.added } else { &mut self.removed };
        of_sign.insert((name, line.text), line.weight);
    }

    /// Whether a line of a later commit is one of these with the other sign.
    fn is_undone_by(&self, name: &BString, line: &HistoryLine) -> bool {
        let own = if line.is_added { &self.removed } else { &self.added };
        own.contains_key(&(name.clone(), line.text))
    }

    /// Leaves out what is only moved: lines that are removed and added.
    fn leave_out_moved(&mut self) {
        let Changed { added, removed } = self;
        let moved: Vec<_> = added.keys().filter(|line| removed.contains_key(*line)).cloned().collect();
        for line in moved {
            added.remove(&line);
            removed.remove(&line);
        }
    }

    /// The files, each once.
    fn paths(&self) -> Vec<&BStr> {
        let lines = self.added.keys().chain(self.removed.keys());
        let mut paths: Vec<&BStr> = lines.map(|(path, _)| path.as_bstr()).collect();
        paths.sort_unstable();
        paths.dedup();
        paths
    }

    fn weight(&self) -> f32 {
        self.added.values().chain(self.removed.values()).sum()
    }

    fn weight_of(&self, line: &(BString, TextHash)) -> f32 {
        self.added.get(line).or_else(|| self.removed.get(line)).copied().unwrap_or_default()
    }

    /// The lines that a later change brings back, or takes away again.
    fn taken_back_by(&self, later: &Changed) -> Vec<(Sign, (BString, TextHash))> {
        let back = |own: &Lines, other: &Lines, sign: Sign| -> Vec<_> {
            let both = own.keys().filter(|line| other.contains_key(*line));
            both.map(|line| (sign, line.clone())).collect()
        };
        let mut lines = back(&self.added, &later.removed, Sign::Added);
        lines.extend(back(&self.removed, &later.added, Sign::Removed));
        lines
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use hunktrace_indexer::cancellation::Cancellation;

    use super::*;
    use crate::memory_index::{MemoryIndex, WrittenCommit, commit, commit_set, hunk_at};

    fn change(body: &str) -> WrittenCommit {
        commit([hunk_at("fs/a.c", 1, body)])
    }

    /// Whether the commit 1, which mends or undoes the commit 0, was taken back, where the vendor has these.
    fn is_taken_back(how: Mending, commits: Vec<WrittenCommit>, had: &[u32]) -> bool {
        let index = MemoryIndex::of(commits);
        let cancellation = Cancellation::default();
        let question = TreeQuestion::without_base(&index, &cancellation);
        let had = commit_set(had.iter().map(|commit| CommitOrdinal(*commit)));
        let mends = BTreeSet::from([(CommitOrdinal(0), how)]);
        let candidate = Candidate { commit: CommitOrdinal(1), mends, follows: BTreeSet::new() };
        let histories = FileHistories::new(&question);
        LaterHistory { question: &question, had: &had, histories }
            .takes_back(&candidate)
            .expect("an index in memory")
    }

    const BRING: &str = "+take_the_first_lock(port);\n+open_the_first_gate(port);\n";
    const UNDO: &str = "-take_the_first_lock(port);\n-open_the_first_gate(port);\n";

    #[test]
    fn revert_of_what_the_vendor_has_made_again_is_taken_back() {
        let commits = || vec![change(BRING), change(UNDO), change(BRING)];
        assert!(is_taken_back(Mending::Reverts, commits(), &[0, 2]));
        let improved = "+take_the_first_lock(port);\n+open_the_first_gate(port);\n+shut_it_again(port, NOW);\n+and_do_other_things(port, LATER);\n+and_more_of_them(port, LATER);\n";
        let commits = || vec![change(BRING), change(UNDO), change(improved)];
        assert!(is_taken_back(Mending::Reverts, commits(), &[0, 2]));
        assert!(!is_taken_back(Mending::Reverts, commits(), &[0]), "the vendor has not what was made again");
    }

    #[test]
    fn fix_that_a_later_commit_undoes_is_taken_back_and_one_that_is_moved_or_rewritten_is_not() {
        let fix = "-use_the_port(port, 0);\n+use_the_port(port, CHECKED);\n";
        let back = "-use_the_port(port, CHECKED);\n+use_the_port(port, 0);\n";
        let with = |later: &str| {
            is_taken_back(Mending::InProse, vec![change(BRING), change(fix), change(later)], &[0])
        };
        assert!(with(back));
        assert!(!with("-use_the_port(port, CHECKED);\n+use_the_port_by_another_name(port, CHECKED);\n"));
        assert!(!with("-use_the_port(port, CHECKED);\n other();\n+use_the_port(port, CHECKED);\n"));
    }
}

//! The histories of files, line by line, as the rules about missing fixes ask for them. Many fixes are of the same files, so each
//! history is read once.

use std::sync::{Arc, Mutex, PoisonError};

use bstr::{BStr, BString};
use hunktrace_indexer::fingerprint::{IndexTerm, LineHasher, path_term};
use hunktrace_indexer::graph::CommitOrdinal;
use hunktrace_indexer::hunk::{HunkLines, Sign};
use hunktrace_indexer::index::folder::IndexError;
use hunktrace_indexer::index::retrieval::{FoundHunk, HunkId};
use hunktrace_indexer::normalize::is_informative;
use rustc_hash::FxHashMap;

use crate::attribution::length_weight::length_weight;
use crate::attribution::side_lines::TextHash;
use crate::check::file_lines::text_hash;
use crate::check::question::TreeQuestion;

/// A line that says something and that a commit adds or removes.
#[derive(Clone, Copy, Debug)]
pub struct HistoryLine {
    /// The commit.
    pub commit: CommitOrdinal,
    /// The name of the file after the commit, by its place among the history's names.
    name: u32,
    /// Whether it is added; else it is removed.
    pub is_added: bool,
    /// Its text.
    pub text: TextHash,
    /// How much it says.
    pub weight: f32,
}

/// What commits have changed of a file, in the order of the index.
#[derive(Debug, Default)]
pub struct FileHistory {
    /// The lines, commit by commit.
    pub lines: Vec<HistoryLine>,
    /// The names of the file.
    names: Vec<BString>,
}

impl FileHistory {
    /// The name of the file after the commit of a line.
    pub fn name(&self, line: &HistoryLine) -> &BString {
        &self.names[line.name as usize]
    }

    /// The lines of the commits after one.
    pub fn after(&self, commit: CommitOrdinal) -> &[HistoryLine] {
        &self.lines[self.lines.partition_point(|line| line.commit <= commit)..]
    }

    /// The lines of the commits before one.
    pub fn before(&self, commit: CommitOrdinal) -> &[HistoryLine] {
        &self.lines[..self.lines.partition_point(|line| line.commit < commit)]
    }
}

/// A history that somebody reads, or has read.
type Slot = Arc<Mutex<Option<Arc<FileHistory>>>>;

/// The histories of files, each read when it is first asked for. What the base contains is read apart: few ask for it.
pub struct FileHistories<'a> {
    question: &'a TreeQuestion<'a>,
    read: Mutex<FxHashMap<(IndexTerm, bool), Slot>>,
}

impl<'a> FileHistories<'a> {
    /// Nothing is read yet.
    pub fn new(question: &'a TreeQuestion<'a>) -> FileHistories<'a> {
        FileHistories { question, read: Mutex::default() }
    }

    /// What commits that the base does not contain have changed of a file.
    ///
    /// # Errors
    /// Where the index cannot be read, or it is cancelled.
    pub fn since_base(&self, path: &BStr) -> Result<Arc<FileHistory>, IndexError> {
        self.history(path, false)
    }

    /// What commits of the base have changed of a file.
    ///
    /// # Errors
    /// Where the index cannot be read, or it is cancelled.
    pub fn of_base(&self, path: &BStr) -> Result<Arc<FileHistory>, IndexError> {
        self.history(path, true)
    }

    fn history(&self, path: &BStr, of_base: bool) -> Result<Arc<FileHistory>, IndexError> {
        let term = path_term(path);
        let slot = {
            let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(read.entry((term, of_base)).or_default())
        };
        let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(history) = &*slot {
            return Ok(Arc::clone(history));
        }
        let history = Arc::new(self.read(term, of_base)?);
        *slot = Some(Arc::clone(&history));
        Ok(history)
    }

    fn read(&self, term: IndexTerm, of_base: bool) -> Result<FileHistory, IndexError> {
        let TreeQuestion { retrieval, base, cancellation, .. } = self.question;
        cancellation.check()?;
        let contained = base.map(|base| &base.contained);
        let mut found = match (of_base, contained) {
            (true, None) => Vec::new(),
            (true, Some(_)) => retrieval.hunks_of_path(term, None)?,
            (false, _) => retrieval.hunks_of_path(term, contained)?,
        };
        if of_base {
            found.retain(|hunk| contained.is_some_and(|contained| contained.contains(hunk.commit)));
        }
        let ids: Vec<HunkId> = found.iter().map(|hunk| hunk.id).collect();
        let mut history = FileHistory::default();
        let mut hasher = LineHasher::default();
        retrieval.visit(&ids, &mut |place, hunk| {
            let FoundHunk { commit, .. } = found[place];
            let Some(text) = &hunk.lines else { return };
            let name = history.place_of(hunk.path());
            let lines =
                HunkLines::of(text.body).filter(|line| line.sign.is_change() && is_informative(line.text));
            history.lines.extend(lines.map(|line| HistoryLine {
                commit,
                name,
                is_added: line.sign == Sign::Added,
                text: text_hash(line.text, &mut hasher),
                weight: length_weight(line.text),
            }));
        })?;
        history.lines.shrink_to_fit();
        Ok(history)
    }
}

impl FileHistory {
    /// The place of a name; it is added where it is new.
    fn place_of(&mut self, name: &BStr) -> u32 {
        let known = self.names.iter().position(|known| known == name);
        let place = known.unwrap_or_else(|| {
            self.names.push(name.to_owned());
            self.names.len() - 1
        });
        place as u32
    }
}

#[cfg(test)]
mod tests {
    use hunktrace_indexer::cancellation::Cancellation;

    use super::*;
    use crate::memory_index::{MemoryIndex, commit, hunk_at};

    #[test]
    fn history_is_read_once_and_parted_at_a_commit() {
        let change = |line: &str| commit([hunk_at("fs/a.c", 1, line)]);
        let index = MemoryIndex::of([
            change("+open_the_first_gate();\n"),
            change("-open_the_first_gate();\n+}\n"),
            change("+open_the_other_gate();\n"),
            commit([hunk_at("fs/b.c", 1, "+open_the_first_gate();\n")]),
        ]);
        let cancellation = Cancellation::default();
        let question = TreeQuestion::without_base(&index, &cancellation);
        let histories = FileHistories::new(&question);
        let history = histories.since_base("fs/a.c".into()).expect("an index in memory");
        let told = |lines: &[HistoryLine]| -> Vec<(u32, bool)> {
            lines.iter().map(|line| (line.commit.0, line.is_added)).collect()
        };
        assert_eq!(told(history.before(CommitOrdinal(1))), [(0, true)]);
        assert_eq!(told(&history.lines), [(0, true), (1, false), (2, true)]);
        assert_eq!(told(history.after(CommitOrdinal(1))), [(2, true)]);
        assert_eq!(history.name(&history.lines[0]), "fs/a.c");
        assert_eq!(history.lines[0].text, history.lines[1].text);
        let loaded = index.loaded();
        histories.since_base("fs/a.c".into()).expect("an index in memory");
        assert_eq!(index.loaded(), loaded);
        assert!(histories.of_base("fs/a.c".into()).expect("an index in memory").lines.is_empty());
    }
}

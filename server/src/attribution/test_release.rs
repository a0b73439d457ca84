//! Hand-written histories and releases for tests: a few commits of a few lines each, in memory.

use std::collections::BTreeMap;

use bstr::BString;
use hunktrace_indexer::fingerprint::{IndexTerm, LineHasher, path_term, sampled_terms};
use hunktrace_indexer::graph::{
    CommitGraph, CommitOrdinal, CommitSet, GraphBuilder, GraphEntry, NamedCommit, Relation,
};
use hunktrace_indexer::hunk::{Hunk, Sign};
use hunktrace_indexer::index::folder::IndexError;
use hunktrace_indexer::index::retrieval::{FoundHunk, HunkId, HunkRetrieval, RetrievalQuery};
use hunktrace_indexer::segment::stored_hunk::{FileSide, HunkView, StoredHunk};
use tantivy::directory::OwnedBytes;

use super::attribute_release;
use super::attributed_release::Attribution;
use super::candidates::{FileCandidates, file_candidates};
use super::presence::{Explained, Presences, presences};
use super::progress::{AttributionPhase, AttributionProgress};
use super::release::ReleaseFile;

/// A hunk from its lines as a unified diff has them, beginning at line 1 of the old and of the new file.
pub fn hunk(lines: &[&str]) -> Hunk {
    hunk_at(1, 1, lines)
}

/// A hunk from its lines as a unified diff has them.
pub fn hunk_at(old_start: u32, new_start: u32, lines: &[&str]) -> Hunk {
    let mut hunk = Hunk { old_start, new_start, ..Hunk::default() };
    for line in lines {
        let (marker, text) = line.split_at(1);
        let sign = match marker {
            " " => Sign::Context,
            "-" => Sign::Removed,
            "+" => Sign::Added,
            _ => panic!("'{line}' is no line of a diff"),
        };
        hunk.old_lines += u32::from(sign != Sign::Added);
        hunk.new_lines += u32::from(sign != Sign::Removed);
        hunk.push_line(sign, text.as_bytes(), true);
    }
    hunk
}

/// What a commit or a release does: for each hunk the file and the lines as a unified diff has them.
pub type Diff<'a> = &'a [(&'a str, &'a [&'a str])];

/// Commits in the order in which they were made, each on top of the one before.
#[derive(Default)]
pub struct TestHistory {
    graph: GraphBuilder,
    hunks: Vec<MemoryHunk>,
}

impl TestHistory {
    /// Adds a commit.
    pub fn commit(&mut self, diff: Diff<'_>) -> CommitOrdinal {
        let hunks = diff.iter().map(|(path, lines)| stored(path, path, lines)).collect();
        self.push(hunks, Vec::new())
    }

    /// Adds a commit that names another one as its origin.
    pub fn carrier(&mut self, origin: CommitOrdinal, diff: Diff<'_>) -> CommitOrdinal {
        let hunks = diff.iter().map(|(path, lines)| stored(path, path, lines)).collect();
        let hex = Some(id_of(origin.0));
        self.push(hunks, vec![NamedCommit { relation: Relation::Origin, hex, subject: None }])
    }

    /// Adds a commit that gives a file another name and changes lines of it.
    pub fn rename(&mut self, old: &str, new: &str, lines: &[&str]) -> CommitOrdinal {
        self.push(vec![stored(old, new, lines)], Vec::new())
    }

    fn push(&mut self, hunks: Vec<StoredHunk>, names: Vec<NamedCommit>) -> CommitOrdinal {
        let number = self.graph.len() as u32;
        let commit = self.graph.push(GraphEntry {
            id: id_of(number).parse().unwrap(),
            parents: number.checked_sub(1).map(|before| id_of(before).parse().unwrap()).into_iter().collect(),
            committed_at: i64::from(number),
            patch: 0,
            subject: u64::from(number),
            hunks: hunks.len() as u32,
            names,
        });
        let mut hasher = LineHasher::default();
        for (number, stored) in (0..).zip(hunks) {
            let lines = stored.line_terms(&mut hasher);
            let terms = sampled_terms(&lines).collect();
            self.hunks.push(MemoryHunk { commit, number, terms, stored });
        }
        commit
    }

    /// The commit graph as it is read.
    pub fn graph(&self) -> CommitGraph {
        CommitGraph::open(&OwnedBytes::new(self.graph.to_bytes())).unwrap()
    }

    /// The candidates of each file of a release, by path.
    pub fn candidates(&self, release: Diff<'_>) -> Vec<FileCandidates> {
        self.candidates_without(&[], release)
    }

    /// The candidates of each file of a release whose base contains some commits.
    pub fn candidates_without(&self, contained: &[CommitOrdinal], release: Diff<'_>) -> Vec<FileCandidates> {
        let contained = set_of(contained);
        let gather = |file| file_candidates(self, &file, &contained).unwrap();
        release_files(release).into_iter().map(gather).collect()
    }

    /// How much of each commit is in a release.
    pub fn presences(&self, files: &[FileCandidates]) -> (Presences, Explained) {
        presences(&self.graph(), files)
    }

    /// The release taken apart.
    pub fn take_apart(&self, release: Diff<'_>) -> Attribution {
        let files = release_files(release);
        attribute_release(&self.graph(), self, &files, &CommitSet::default(), &NoProgress).unwrap()
    }
}

/// The files of a release, by path.
fn release_files(release: Diff<'_>) -> Vec<ReleaseFile> {
    let mut files: BTreeMap<&str, Vec<Hunk>> = BTreeMap::new();
    for (path, lines) in release {
        files.entry(path).or_default().push(hunk(lines));
    }
    let file = |(path, hunks): (&str, _)| {
        let path = Some(BString::from(path));
        ReleaseFile { new_path: path.clone(), old_path: path, hunks }
    };
    files.into_iter().map(file).collect()
}

/// A set of commits.
pub fn set_of(commits: &[CommitOrdinal]) -> CommitSet {
    let mut set = CommitSet::default();
    for commit in commits {
        set.insert(*commit);
    }
    set
}

fn id_of(number: u32) -> String {
    // The leading digits differ, as those of real ids do.
    format!("{:08x}{:032x}", number.wrapping_mul(0x9e37_79b1), number)
}

fn stored(old: &str, new: &str, lines: &[&str]) -> StoredHunk {
    let side = |path: &str| Some(FileSide { path: path.into(), mode: 0o100_644, blob: None });
    StoredHunk { old: side(old), new: side(new), hunk: Some(hunk(lines)) }
}

/// Work that nobody watches or stops.
struct NoProgress;

impl AttributionProgress for NoProgress {
    fn advanced(&self, _phase: AttributionPhase, _done: usize, _total: usize) {}

    fn is_stopped(&self) -> bool {
        false
    }
}

struct MemoryHunk {
    commit: CommitOrdinal,
    number: u32,
    terms: Vec<IndexTerm>,
    stored: StoredHunk,
}

impl TestHistory {
    fn find(&self, is_wanted: impl Fn(&MemoryHunk) -> bool) -> Vec<FoundHunk> {
        let wanted = (0..).map(HunkId).zip(&self.hunks).filter(|(_, hunk)| is_wanted(hunk));
        wanted
            .map(|(id, hunk)| FoundHunk { id, commit: hunk.commit, number: hunk.number, agreement: 1.0 })
            .collect()
    }
}

impl HunkRetrieval for TestHistory {
    fn hunk_count(&self) -> u64 {
        self.hunks.len() as u64
    }

    fn frequencies(&self, terms: &[IndexTerm]) -> Result<Vec<u32>, IndexError> {
        let frequency = |term| self.hunks.iter().filter(|hunk| hunk.terms.contains(term)).count() as u32;
        Ok(terms.iter().map(frequency).collect())
    }

    fn search(&self, query: &RetrievalQuery<'_>) -> Result<Vec<FoundHunk>, IndexError> {
        let has_a_term = |hunk: &MemoryHunk| query.terms.iter().any(|term| hunk.terms.contains(&term.term));
        let is_excluded = |commit| query.excluded.is_some_and(|excluded| excluded.contains(commit));
        let mut found = self.find(|hunk| has_a_term(hunk) && !is_excluded(hunk.commit));
        for hunk in &mut found {
            let terms = &self.hunks[hunk.id.0 as usize].terms;
            let shared = query.terms.iter().filter(|term| terms.contains(&term.term));
            hunk.agreement = shared.map(|term| term.weight).sum();
        }
        found.sort_by(|a, b| b.agreement.total_cmp(&a.agreement).then(a.id.cmp(&b.id)));
        found.truncate(query.limit);
        Ok(found)
    }

    fn hunks_of(&self, commit: CommitOrdinal) -> Result<Vec<FoundHunk>, IndexError> {
        Ok(self.find(|hunk| hunk.commit == commit))
    }

    fn hunks_of_path(
        &self,
        path: IndexTerm,
        excluded: Option<&CommitSet>,
    ) -> Result<Vec<FoundHunk>, IndexError> {
        Ok(self.find(|hunk| {
            let sides = [&hunk.stored.old, &hunk.stored.new];
            sides.into_iter().flatten().any(|side| path_term(&side.path) == path)
                && !excluded.is_some_and(|excluded| excluded.contains(hunk.commit))
        }))
    }

    fn visit(&self, hunks: &[HunkId], visit: &mut dyn FnMut(usize, &HunkView<'_>)) -> Result<(), IndexError> {
        for (place, id) in hunks.iter().enumerate() {
            visit(place, &self.hunks[id.0 as usize].stored.view());
        }
        Ok(())
    }
}

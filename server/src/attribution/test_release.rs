//! Hand-written histories and releases for tests: a few commits of a few lines each, in memory.

use std::collections::BTreeMap;

use bstr::BString;
use hunktrace_indexer::cancellation::Cancellation;
use hunktrace_indexer::graph::{CommitOrdinal, CommitSet, Relation};
use hunktrace_indexer::hunk::Hunk;
use hunktrace_indexer::segment::stored_hunk::StoredHunk;

use super::assignment::{FileOwners, assign};
use super::attributed_release::Attribution;
use super::candidate_source::CandidateSource;
use super::candidates::{FileCandidates, file_candidates};
use super::kept_release::KeptRelease;
use super::line_candidates::{Anchors, Dismissed, line_candidates};
use super::line_owner::LineOwner;
use super::presence::{Explained, UnseenHunks, presences};
use super::presences::Presences;
use super::progress::{AttributionPhase, AttributionProgress};
use super::release::ReleaseFile;
use super::{ReleaseQuestion, attribute_release};
use crate::hunks::comparison::MatchKind;
use crate::memory_index::{MemoryIndex, WrittenCommit, commit_set, hunk_at};

/// The owner of a line that is in the release with all of its commit, between the same neighbours.
pub const UNDOUBTED: LineOwner = LineOwner {
    commit: CommitOrdinal(0),
    change: CommitOrdinal(0),
    hunk: Some(0),
    follows: false,
    presence: 1.0,
    share: 1.0,
    neighbours: 1.0,
    score: 2.4,
    lead: 2.4,
    kind: MatchKind::Changes,
};

/// What a commit or a release does: for each hunk the file and the lines as a unified diff has them.
pub type Diff<'a> = &'a [(&'a str, &'a [&'a str])];

/// A hunk from its lines as a unified diff has them, beginning at line 1 of the old and of the new file.
pub fn hunk(lines: &[&str]) -> Hunk {
    stored("", lines).hunk.unwrap()
}

fn stored(path: &str, lines: &[&str]) -> StoredHunk {
    let body: String = lines.iter().flat_map(|line| [line, "\n"]).collect();
    hunk_at(path, 1, &body)
}

/// The owner of a line, by its commit and how well that explains it.
pub fn owner(commit: u32, score: f32) -> LineOwner {
    let commit = CommitOrdinal(commit);
    LineOwner { commit, change: commit, neighbours: 0.0, score, lead: score, ..UNDOUBTED }
}

/// The commits of owners.
pub fn commits(owners: &[Option<LineOwner>]) -> Vec<Option<CommitOrdinal>> {
    owners.iter().map(|owner| owner.map(|owner| owner.commit)).collect()
}

/// Commits in the order in which they were made.
#[derive(Default)]
pub struct TestHistory {
    commits: Vec<WrittenCommit>,
}

impl TestHistory {
    /// Adds a commit.
    pub fn commit(&mut self, diff: Diff<'_>) -> CommitOrdinal {
        let hunks = diff.iter().map(|(path, lines)| stored(path, lines)).collect();
        self.push(WrittenCommit { hunks, ..WrittenCommit::default() })
    }

    /// Adds a commit that names another one as its origin.
    pub fn carrier(&mut self, origin: CommitOrdinal, diff: Diff<'_>) -> CommitOrdinal {
        let hunks = diff.iter().map(|(path, lines)| stored(path, lines)).collect();
        let names = vec![(Relation::Origin, origin)];
        self.push(WrittenCommit { hunks, names, ..WrittenCommit::default() })
    }

    /// Adds a commit that gives a file another name and changes lines of it.
    pub fn rename(&mut self, old: &str, new: &str, lines: &[&str]) -> CommitOrdinal {
        let renamed = StoredHunk { old: stored(old, lines).old, ..stored(new, lines) };
        self.push(WrittenCommit { hunks: vec![renamed], ..WrittenCommit::default() })
    }

    fn push(&mut self, commit: WrittenCommit) -> CommitOrdinal {
        self.commits.push(commit);
        CommitOrdinal(self.commits.len() as u32 - 1)
    }

    pub fn index(&self) -> MemoryIndex {
        MemoryIndex::of(self.commits.clone())
    }

    /// The candidates of each file of a release, by path.
    pub fn candidates(&self, release: Diff<'_>) -> Vec<FileCandidates> {
        self.candidates_without(&[], release)
    }

    /// The candidates of each file of a release whose base contains some commits.
    pub fn candidates_without(&self, contained: &[CommitOrdinal], release: Diff<'_>) -> Vec<FileCandidates> {
        let (index, excluded) = (&self.index(), &commit_set(contained.iter().copied()));
        let cancellation = &Cancellation::default();
        let source = CandidateSource { retrieval: index, excluded, cancellation };
        let gather = |file| file_candidates(source, &file, None).unwrap();
        release_files(release).into_iter().map(gather).collect()
    }

    /// How much of each commit is in a release.
    pub fn presences(&self, files: &[FileCandidates]) -> (Presences, Explained) {
        presences(&self.index().graph, files, UnseenHunks::Missing, &Cancellation::default())
    }

    /// The owners of the lines of a release of one file, without regard to what commits have of their own.
    pub fn owners(&self, release: &[&str]) -> FileOwners {
        let files = self.candidates(&[("gate.c", release)]);
        let (presences, explained) = self.presences(&files);
        let candidates = line_candidates(&files[0], &explained[0], &presences, &Dismissed::default());
        assign(&files[0], &candidates, &Anchors::default(), &Cancellation::default())
    }

    /// The release taken apart.
    pub fn take_apart(&self, release: Diff<'_>) -> Attribution {
        self.take_apart_asking(release, &[], false, &mut KeptRelease::default())
    }

    /// The release taken apart, as one of several where another one follows or something is kept from the one before.
    pub fn take_apart_asking(
        &self,
        release: Diff<'_>,
        asked_after: &[CommitOrdinal],
        is_followed: bool,
        kept: &mut KeptRelease,
    ) -> Attribution {
        let (index, mut files) = (self.index(), release_files(release));
        let question = ReleaseQuestion {
            excluded: &CommitSet::default(),
            asked_after: &commit_set(asked_after.iter().copied()),
            is_followed,
        };
        attribute_release(&index.graph, &index, &mut files, &question, kept, &NoProgress::default()).unwrap()
    }
}

/// The files of a release, by path.
pub fn release_files(release: Diff<'_>) -> Vec<ReleaseFile> {
    let mut files: BTreeMap<&str, Vec<Hunk>> = BTreeMap::new();
    for (path, lines) in release {
        files.entry(path).or_default().push(hunk(lines));
    }
    let file = |(path, hunks): (&str, _)| {
        let path = Some(BString::from(path));
        ReleaseFile { new_path: path.clone(), old_path: path, hunks, is_as_before: false }
    };
    files.into_iter().map(file).collect()
}

/// Work that nobody watches or stops.
#[derive(Default)]
struct NoProgress(Cancellation);

impl AttributionProgress for NoProgress {
    fn advanced(&self, _phase: AttributionPhase, _done: usize, _total: usize) {}

    fn cancellation(&self) -> &Cancellation {
        &self.0
    }
}

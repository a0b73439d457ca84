//! A history in which each commit adds a file of one line.

use gix::ObjectId;
use gix::objs::tree::EntryKind;

use crate::git::commit_diff::{FileDiff, Unindexed};
use crate::git::file_change::{FileChange, FileVersion};
use crate::git::line_diff::diff_lines;
use crate::git::repository::RepositoryError;
use crate::graph::{IndexedRef, ReleaseTag, UnindexedItem};
use crate::run::history::{HistoryPlan, PlannedCommit};
use crate::run::history_source::{CommitSource, HistorySource};

/// Commits one behind the other, the second of which has a tag.
pub struct LineHistory {
    commits: u32,
    /// What each message says below its subject.
    body: &'static str,
    /// Releases with a `MAINTAINERS` file: the number of the commit, and the text.
    maintainers: &'static [(u32, &'static str)],
}

/// The id of a commit, or of its tree.
fn id(kind: u8, number: u32) -> ObjectId {
    let mut bytes = [kind; 20];
    bytes[16..].copy_from_slice(&number.to_be_bytes());
    ObjectId::Sha1(bytes)
}

const COMMIT: u8 = 1;
const TREE: u8 = 2;

fn number_of(id: &ObjectId) -> u32 {
    id.as_slice()[16..].iter().fold(0, |number, byte| number << 8 | u32::from(*byte))
}

impl LineHistory {
    /// The history of the first `commits` commits.
    pub fn of(commits: u32) -> LineHistory {
        LineHistory { commits, body: "", maintainers: &[] }
    }

    /// The same with other messages: `body` follows the subject.
    pub fn with_body(self, body: &'static str) -> LineHistory {
        LineHistory { body, ..self }
    }

    /// The same with further releases, which have such `MAINTAINERS` files: commit 3 is release `v1.3`.
    pub fn with_maintainers(self, maintainers: &'static [(u32, &'static str)]) -> LineHistory {
        LineHistory { maintainers, ..self }
    }

    /// The line that a commit adds.
    pub fn line(number: u32) -> String {
        format!("static int value_{number} = {number};")
    }

    /// The file that a commit adds.
    pub fn path(number: u32) -> String {
        format!("mm/file_{number}.c")
    }

    /// The subject of a commit.
    pub fn subject(number: u32) -> String {
        format!("mm: add file {number}")
    }
}

impl HistorySource for LineHistory {
    fn plan(&self, is_known: &dyn Fn(&ObjectId) -> bool) -> HistoryPlan {
        let commit = |number: u32| PlannedCommit {
            id: id(COMMIT, number),
            repository: 0,
            parents: number.checked_sub(1).map(|parent| id(COMMIT, parent)).into_iter().collect(),
            committed_at: i64::from(number),
            is_boundary: false,
        };
        let commits = (0..self.commits).map(commit).filter(|commit| !is_known(&commit.id)).collect();
        HistoryPlan { commits, unreadable: Vec::new() }
    }

    fn commit_sources(&self) -> Vec<Box<dyn CommitSource + '_>> {
        vec![Box::new(LineCommits { data: Vec::new(), body: self.body })]
    }

    fn refs(&self) -> Vec<IndexedRef> {
        Vec::new()
    }

    fn release_tags(&self) -> Vec<ReleaseTag> {
        let later = self.maintainers.iter().filter(|(number, _)| *number < self.commits);
        let later = later.map(|(number, _)| (format!("v1.{number}"), *number));
        let tags = std::iter::once(("v1".to_owned(), 1)).chain(later);
        tags.map(|(name, number)| ReleaseTag { name, commit: id(COMMIT, number) }).collect()
    }

    fn file_at(&self, commit: &ObjectId, _: &str) -> Result<Option<Vec<u8>>, RepositoryError> {
        let file = self.maintainers.iter().find(|(number, _)| id(COMMIT, *number) == *commit);
        Ok(file.map(|(_, text)| text.as_bytes().to_vec()))
    }

    fn unindexed(&self) -> Vec<UnindexedItem> {
        Vec::new()
    }
}

struct LineCommits {
    data: Vec<u8>,
    body: &'static str,
}

impl CommitSource for LineCommits {
    fn commit_data(&mut self, commit: &ObjectId) -> Result<&[u8], RepositoryError> {
        let number = number_of(commit);
        let (tree, subject) = (id(TREE, number), LineHistory::subject(number));
        let person = format!("A <a@example.org> {number} +0000");
        let message = format!("{subject}\n{}", self.body);
        self.data = format!("tree {tree}\nauthor {person}\ncommitter {person}\n\n{message}").into_bytes();
        Ok(&self.data)
    }

    fn diff(
        &mut self,
        _: Option<&ObjectId>,
        tree: &ObjectId,
        _: &mut Vec<Unindexed>,
        emit: &mut dyn FnMut(FileDiff),
    ) -> Result<(), RepositoryError> {
        let number = number_of(tree);
        let (path, mode) = (LineHistory::path(number).into(), EntryKind::Blob.into());
        let change = FileChange { old: None, new: Some(FileVersion { path, mode, id: *tree }) };
        let hunks = diff_lines(b"", format!("{}\n", LineHistory::line(number)).as_bytes());
        emit(FileDiff { change, hunks, is_binary: false });
        Ok(())
    }
}

//! A commit to the hunks that it consists of.

use bstr::BString;
use gix::ObjectId;
use gix::objs::tree::EntryMode;

use crate::git::file_change::{FileChange, TreeDiffState, tree_changes};
use crate::git::line_diff::{diff_lines, is_binary};
use crate::git::rename::detect_renames;
use crate::git::repository::{ObjectReader, RepositoryError};
use crate::hunk::Hunk;

/// What a commit does to one file, with its hunks.
#[derive(Clone, Debug)]
pub struct FileDiff {
    /// Paths, modes and blobs before and after.
    pub change: FileChange,
    /// The changed lines; none if only the mode or name changed, or where the content is binary.
    pub hunks: Vec<Hunk>,
    /// Whether the content is binary.
    pub is_binary: bool,
}

/// Something of a commit that could not be indexed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct Unindexed {
    /// The file; none if the whole commit could not be read.
    pub path: Option<BString>,
    /// Why.
    pub reason: String,
}

/// Diffs commits of one repository on one thread.
pub struct CommitDiffer {
    reader: ObjectReader,
    trees: TreeDiffState,
    buffer: Vec<u8>,
}

impl CommitDiffer {
    /// A differ that reads objects through `reader`.
    pub fn new(reader: ObjectReader) -> CommitDiffer {
        CommitDiffer { reader, trees: TreeDiffState::default(), buffer: Vec::new() }
    }

    /// The commit object's data.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn commit_data(&mut self, id: &ObjectId) -> Result<&[u8], RepositoryError> {
        self.reader.read(id, &mut self.buffer)?;
        Ok(&self.buffer)
    }

    /// What turns `parent_tree` into `tree`, file by file, sorted by path; without a parent every file is new.
    ///
    /// Files that cannot be read are passed over and noted in `unindexed`. `emit` gets one file at a time, because the
    /// commits that bring whole source trees would not fit into memory.
    ///
    /// # Errors
    /// Where a tree cannot be read: nothing can be said of the commit then.
    pub fn diff(
        &mut self,
        parent_tree: Option<&ObjectId>,
        tree: &ObjectId,
        unindexed: &mut Vec<Unindexed>,
        emit: &mut dyn FnMut(FileDiff),
    ) -> Result<(), RepositoryError> {
        let changes = tree_changes(&self.reader, parent_tree, tree, &mut self.trees)?;
        let reader = &self.reader;
        let changes = detect_renames(changes, |id| {
            let mut content = Vec::new();
            reader.read(id, &mut content).ok().map(|_| content)
        });
        for change in changes {
            match self.diff_file(change) {
                Ok(diff) => emit(diff),
                Err(failure) => unindexed.push(failure),
            }
        }
        Ok(())
    }

    fn diff_file(&mut self, change: FileChange) -> Result<FileDiff, Unindexed> {
        let ids = (change.old.as_ref().map(|v| v.id), change.new.as_ref().map(|v| v.id));
        if ids.0 == ids.1 {
            return Ok(FileDiff { change, hunks: Vec::new(), is_binary: false });
        }
        let read = |side: &Option<crate::git::file_change::FileVersion>| match side {
            Some(version) => self.content(version.mode, &version.id),
            None => Ok(Vec::new()),
        };
        let contents = read(&change.old).and_then(|old| Ok((old, read(&change.new)?)));
        match contents {
            Ok((old, new)) if is_binary(&old) || is_binary(&new) => {
                Ok(FileDiff { change, hunks: Vec::new(), is_binary: true })
            }
            Ok((old, new)) => Ok(FileDiff { change, hunks: diff_lines(&old, &new), is_binary: false }),
            Err(error) => Err(Unindexed { path: Some(change.path().to_owned()), reason: error.to_string() }),
        }
    }

    /// A file's content; for a submodule the line that git shows in its place.
    fn content(&self, mode: EntryMode, id: &ObjectId) -> Result<Vec<u8>, RepositoryError> {
        if mode.is_commit() {
            return Ok(format!("Subproject commit {id}\n").into_bytes());
        }
        let mut content = Vec::new();
        self.reader.read(id, &mut content)?;
        Ok(content)
    }
}

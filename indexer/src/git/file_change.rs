//! What a commit does to a file, apart from the lines: which path, which mode, which blob before and after.

use bstr::{BStr, BString, ByteSlice};
use gix::ObjectId;
use gix::objs::TreeRefIter;
use gix::objs::tree::{EntryKind, EntryMode};

use crate::git::repository::{ObjectReader, RepositoryError, chain};

/// One version of a file in a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileVersion {
    /// The path from the top of the tree.
    pub path: BString,
    /// Regular, executable, symlink or submodule.
    pub mode: EntryMode,
    /// The blob, or the commit of a submodule.
    pub id: ObjectId,
}

/// What a commit does to one file: at least one of the two versions is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileChange {
    /// The version before; none for an added file.
    pub old: Option<FileVersion>,
    /// The version after; none for a deleted file.
    pub new: Option<FileVersion>,
}

impl FileChange {
    /// The path by which the change is known: the new one where there is one.
    pub fn path(&self) -> &BStr {
        self.new.as_ref().or(self.old.as_ref()).map_or(BStr::new(""), |version| version.path.as_bstr())
    }
}

/// The files that differ between two trees, sorted by path; without an old tree all files are new.
///
/// A file that changes its kind (file, symlink, submodule) is deleted and added, as in git.
///
/// # Errors
/// Where a tree cannot be read.
pub fn tree_changes(
    reader: &ObjectReader,
    old_tree: Option<&ObjectId>,
    new_tree: &ObjectId,
    state: &mut TreeDiffState,
) -> Result<Vec<FileChange>, RepositoryError> {
    let kind = new_tree.kind();
    match old_tree {
        Some(id) => expect_tree(reader, id, &mut state.old)?,
        None => state.old.clear(),
    }
    expect_tree(reader, new_tree, &mut state.new)?;
    let mut recorder = Recorder::default();
    let diffed = gix::diff::tree(
        TreeRefIter::from_bytes(&state.old, kind),
        TreeRefIter::from_bytes(&state.new, kind),
        &mut state.walk,
        reader.objects(),
        &mut recorder,
    );
    if let Err(error) = diffed {
        return Err(RepositoryError::Object { id: *new_tree, message: format!("tree: {}", chain(&error)) });
    }
    recorder.changes.sort_by(|a, b| a.path().cmp(b.path()));
    Ok(recorder.changes)
}

/// Buffers that tree diffs use again and again.
#[derive(Default)]
pub struct TreeDiffState {
    old: Vec<u8>,
    new: Vec<u8>,
    walk: gix::diff::tree::State,
}

fn expect_tree(reader: &ObjectReader, id: &ObjectId, buffer: &mut Vec<u8>) -> Result<(), RepositoryError> {
    match reader.read(id, buffer)? {
        gix::object::Kind::Tree => Ok(()),
        kind => Err(RepositoryError::Object { id: *id, message: format!("is a {kind}, not a tree") }),
    }
}

/// Collects the changed files of a tree diff.
#[derive(Default)]
struct Recorder {
    changes: Vec<FileChange>,
    path: BString,
    queued_paths: std::collections::VecDeque<BString>,
}

impl Recorder {
    fn version(&self, mode: EntryMode, id: ObjectId) -> FileVersion {
        FileVersion { path: self.path.clone(), mode, id }
    }

    fn push_component(&mut self, component: &BStr) {
        if !self.path.is_empty() {
            self.path.push(b'/');
        }
        self.path.extend_from_slice(component);
    }
}

impl gix::diff::tree::Visit for Recorder {
    fn pop_front_tracked_path_and_set_current(&mut self) {
        self.path = self.queued_paths.pop_front().unwrap_or_default();
    }

    fn push_back_tracked_path_component(&mut self, component: &BStr) {
        self.push_component(component);
        self.queued_paths.push_back(self.path.clone());
    }

    fn push_path_component(&mut self, component: &BStr) {
        self.push_component(component);
    }

    fn pop_path_component(&mut self) {
        let parent = self.path.rfind_byte(b'/').unwrap_or(0);
        self.path.truncate(parent);
    }

    fn visit(&mut self, change: gix::diff::tree::visit::Change) -> gix::diff::tree::visit::Action {
        use gix::diff::tree::visit::Change;
        let (old, new) = match change {
            Change::Addition { entry_mode, oid, .. } => (None, Some(self.version(entry_mode, oid))),
            Change::Deletion { entry_mode, oid, .. } => (Some(self.version(entry_mode, oid)), None),
            Change::Modification { previous_entry_mode, previous_oid, entry_mode, oid } => {
                (Some(self.version(previous_entry_mode, previous_oid)), Some(self.version(entry_mode, oid)))
            }
        };
        let old = old.filter(|version| !version.mode.is_tree());
        let new = new.filter(|version| !version.mode.is_tree());
        match (old, new) {
            (None, None) => {}
            (Some(old), Some(new)) if !same_kind(old.mode, new.mode) => {
                self.changes.push(FileChange { old: Some(old), new: None });
                self.changes.push(FileChange { old: None, new: Some(new) });
            }
            (old, new) => self.changes.push(FileChange { old, new }),
        }
        std::ops::ControlFlow::Continue(())
    }
}

/// Whether two modes belong to the same kind of entry, so that a content diff makes sense.
pub(crate) fn same_kind(a: EntryMode, b: EntryMode) -> bool {
    let is_file = |mode: EntryMode| matches!(mode.kind(), EntryKind::Blob | EntryKind::BlobExecutable);
    is_file(a) && is_file(b) || a.kind() == b.kind()
}

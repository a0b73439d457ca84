//! Reading a tree from a git repository.
//!
//! Trees are listed at once. Blobs are read when they are asked for, which is seldom: their ids tell what differs.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use bstr::{BStr, BString, ByteSlice};
use gix::objs::tree::EntryKind;
use gix::{ObjectId, Repository};

use super::content::Content;
use super::entry::{Entry, Mode};
use super::error::{Cause, Error};
use super::git_objects::GitObjects;
use super::limits::Limits;
use super::member_path;
use super::source::Source;

/// What a revision holds: its entries, what exactly was read, and the date of its commit in seconds since 1970.
type GitContent = (BTreeMap<BString, Entry>, Source, Option<i64>);

/// Lists the tree of a revision.
pub(super) fn read(repo_path: &Path, revision: &BStr, limits: &Limits) -> Result<GitContent, Error> {
    let objects = Arc::new(GitObjects::open(repo_path, limits)?);
    objects.with_handle(|repo| {
        let Resolved { commit, date, tree } = resolve(repo, repo_path, revision)?;
        let label = format!("{}:{revision}", repo_path.display());
        let entries = Listing { repo, objects: &objects, label, limits }.entries(tree)?;
        let source = Source::Git { repo: repo_path.to_owned(), revision: revision.into(), commit, tree };
        Ok((entries, source, date))
    })
}

/// What a revision stands for.
struct Resolved {
    /// The commit; a revision that names a tree has none.
    commit: Option<ObjectId>,
    /// When the commit was made.
    date: Option<i64>,
    tree: ObjectId,
}

/// Finds out what a revision stands for.
fn resolve(repo: &Repository, repo_path: &Path, revision: &BStr) -> Result<Resolved, Error> {
    let unknown = |cause| {
        let problem = format!("{revision:?} names no tree; check it with git rev-parse {revision}");
        Error::git(repo_path, problem, cause)
    };
    let object = repo
        .rev_parse_single(revision)
        .and_then(|id| id.object())
        .and_then(|object| object.peel_tags_to_end())
        .map_err(unknown)?;
    let commit = (object.kind == gix::objs::Kind::Commit).then_some(object.id);
    // A commit whose date cannot be read is still a commit with a tree.
    let commit_time = |commit: &gix::Commit<'_>| commit.time().ok();
    let time = object.clone().try_into_commit().ok().as_ref().and_then(commit_time);
    let date = time.map(|time| time.seconds).filter(|date| *date > 0);
    let tree = object.peel_to_tree().map_err(unknown)?;
    Ok(Resolved { commit, date, tree: tree.id })
}

/// Lists a tree with all trees below it.
struct Listing<'a> {
    repo: &'a Repository,
    objects: &'a Arc<GitObjects>,
    label: String,
    limits: &'a Limits,
}

impl Listing<'_> {
    fn entries(&self, root: ObjectId) -> Result<BTreeMap<BString, Entry>, Error> {
        let mut entries = BTreeMap::new();
        let mut seen = 0u64;
        let mut pending = vec![(BString::default(), root)];
        while let Some((folder, tree)) = pending.pop() {
            let found = self
                .repo
                .try_find_object(tree)
                .map_err(|cause| self.cannot_list(&folder, cause))?
                .ok_or_else(|| self.objects.missing(tree, folder.as_bstr()))?;
            let found = found.try_into_tree().map_err(|cause| self.cannot_list(&folder, cause))?;
            for item in found.iter() {
                let item = item.map_err(|cause| self.cannot_list(&folder, cause))?;
                let path = self.path_of(&folder, item.filename())?;
                seen += 1;
                self.limits
                    .check_files(seen)
                    .and_then(|()| self.limits.check_path_bytes(&path))
                    .map_err(|exceeded| Error::over_limit(&self.label, path.to_string(), exceeded))?;
                let id = item.object_id();
                if item.mode().kind() == EntryKind::Tree {
                    pending.push((path, id));
                } else {
                    entries.insert(path, self.entry(item.mode().kind(), id));
                }
            }
        }
        Ok(entries)
    }

    fn path_of(&self, folder: &BString, name: &BStr) -> Result<BString, Error> {
        let path = member_path::join(folder, name);
        // Git itself writes no such names; a repository made by other means may hold them.
        let is_sound =
            !name.contains(&b'/') && member_path::normalise(&path).is_ok_and(|normal| normal == path);
        if is_sound {
            Ok(path)
        } else {
            Err(Error::bad_member(&self.label, &path, "is no valid name in a tree"))
        }
    }

    fn entry(&self, kind: EntryKind, id: ObjectId) -> Entry {
        let mode = match kind {
            EntryKind::Commit => {
                // What `git diff` shows for a submodule.
                let content = Content::Inline(format!("Subproject commit {id}\n").into());
                return Entry { mode: Mode::Submodule(id), content };
            }
            EntryKind::Link => Mode::Symlink,
            EntryKind::BlobExecutable => Mode::Executable,
            EntryKind::Blob | EntryKind::Tree => Mode::Regular,
        };
        Entry { mode, content: Content::InGit { objects: Arc::clone(self.objects), id } }
    }

    fn cannot_list(&self, folder: &BString, cause: impl Into<Cause>) -> Error {
        let problem = format!("cannot read folder {folder:?}; check the repository with git fsck");
        Error::git(self.objects.path(), problem, cause)
    }
}

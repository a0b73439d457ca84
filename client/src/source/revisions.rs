//! The commits that a revision or a range of a git repository names.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use gix::ObjectId;
use gix::revision::plumbing::Spec;

use hunktrace_server::index::likeness::closest;

/// A repository whose commits are looked up.
pub struct CommitsOfRepository {
    repository: gix::Repository,
}

/// The commits that a text names, oldest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedCommits {
    /// The commits, without the merges of a range.
    pub commits: Vec<ObjectId>,
    /// Whether the text names a range rather than one commit.
    pub is_range: bool,
}

impl CommitsOfRepository {
    /// The repository at a path, or the one around the current folder; none if there is none.
    pub fn find(path: Option<&Path>) -> Option<CommitsOfRepository> {
        let repository = match path {
            Some(path) => gix::open_opts(path, gix::open::Options::isolated().strict_config(false)).ok()?,
            None => gix::discover(".").ok()?,
        };
        Some(CommitsOfRepository { repository })
    }

    /// Where the repository is.
    pub fn path(&self) -> PathBuf {
        let folder = self.repository.workdir().unwrap_or(self.repository.git_dir());
        std::fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned())
    }

    /// Whether a folder is that of the repository itself, whose files are none of the user's.
    pub fn is_kept_in(&self, folder: &Path) -> bool {
        let real = |path: &Path| std::fs::canonicalize(path).ok();
        real(folder).is_some_and(|folder| real(self.repository.git_dir()) == Some(folder))
    }

    /// Whether a name is that of a commit.
    pub fn names_commit(&self, name: &Path) -> bool {
        name.to_str().is_some_and(|name| self.repository.rev_parse_single(name).is_ok())
    }

    /// The id of the commit that a name stands for; none if it stands for none.
    pub fn commit_of(&self, name: &str) -> Option<String> {
        let id = self.repository.rev_parse_single(name).ok()?;
        self.commit(id.detach(), name).ok().map(|id| id.to_string())
    }

    /// Finds out what a text names; none if it is no revision.
    ///
    /// # Errors
    /// Where it is one, and its commits cannot be told, as a message.
    pub fn named(&self, text: &str) -> Result<Option<NamedCommits>, String> {
        // What begins with a dash would be a flag, and what stands behind a colon is no commit.
        let Ok(spec) = self.repository.rev_parse(text) else { return Ok(None) };
        let (from, to) = match spec.detach() {
            Spec::Include(id) | Spec::ExcludeParents(id) => {
                let commit = self.commit(id, text)?;
                return Ok(Some(NamedCommits { commits: vec![commit], is_range: false }));
            }
            Spec::Range { from, to } => (from, to),
            _ => return Err(format!("{text}: is no commit and no range of commits; write it as A..B")),
        };
        let (from, to) = (self.commit(from, text)?, self.commit(to, text)?);
        let unreadable = |error: &dyn std::fmt::Display| format!("{text}: cannot be listed: {error}");
        let walk =
            self.repository.rev_walk([to]).with_hidden([from]).all().map_err(|error| unreadable(&error))?;
        let mut parents = HashMap::new();
        for step in walk {
            let step = step.map_err(|error| unreadable(&error))?;
            parents.insert(step.id, step.parent_ids.to_vec());
        }
        Ok(Some(NamedCommits { commits: parents_first(to, &parents), is_range: true }))
    }

    fn commit(&self, id: ObjectId, text: &str) -> Result<ObjectId, String> {
        let object =
            self.repository.find_object(id).map_err(|error| format!("{text}: cannot be read: {error}"))?;
        let commit = object.peel_to_commit().map_err(|_| format!("{text}: names no commit"))?;
        Ok(commit.id)
    }

    /// The tag or branch whose name is closest to a text that names none.
    pub fn suggestion(&self, text: &str) -> Option<String> {
        let references = self.repository.references().ok()?;
        let references = references.all().ok()?.filter_map(Result::ok);
        let names = references.map(|reference| reference.name().shorten().to_string());
        let names: Vec<String> = std::iter::once("HEAD".to_owned()).chain(names).collect();
        let of_part = |part: &str| {
            let is_known = part.is_empty() || self.repository.rev_parse_single(part).is_ok();
            if is_known {
                Some(part.to_owned())
            } else {
                closest(part, names.iter().map(String::as_str)).map(str::to_owned)
            }
        };
        match text.split_once("..") {
            Some((from, to)) => Some(format!("{}..{}", of_part(from)?, of_part(to)?)),
            None => of_part(text),
        }
    }
}

/// The commits that lead to one, each behind its parents, without merges.
fn parents_first(to: ObjectId, parents: &HashMap<ObjectId, Vec<ObjectId>>) -> Vec<ObjectId> {
    let mut ordered = Vec::new();
    let mut seen = HashSet::new();
    // Commits to visit, and how many of their parents were.
    let mut pending = vec![(to, 0)];
    while let Some((id, visited)) = pending.pop() {
        let Some(own) = parents.get(&id) else { continue };
        match own.get(visited) {
            Some(parent) => {
                pending.push((id, visited + 1));
                if seen.insert(*parent) {
                    pending.push((*parent, 0));
                }
            }
            None if own.len() < 2 => ordered.push(id),
            None => {}
        }
    }
    ordered
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_git::git;

    /// A repository with a tag v1.0, two commits behind it, and a merge of the second.
    fn repository() -> (tempfile::TempDir, CommitsOfRepository) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let git = |args: &[&str]| git(folder.path(), args);
        git(&["init", "-q", "-b", "main"]);
        git(&["commit", "-q", "--allow-empty", "-m", "one"]);
        git(&["tag", "-a", "-m", "v1.0", "v1.0"]);
        git(&["commit", "-q", "--allow-empty", "-m", "two"]);
        git(&["checkout", "-q", "-b", "side"]);
        git(&["commit", "-q", "--allow-empty", "-m", "three"]);
        git(&["checkout", "-q", "main"]);
        git(&["merge", "-q", "--no-ff", "-m", "merge", "side"]);
        let commits = CommitsOfRepository::find(Some(folder.path())).expect("the repository");
        (folder, commits)
    }

    #[test]
    fn range_has_its_commits_without_merges_and_the_oldest_first() {
        let (_folder, commits) = repository();
        let id = |revision: &str| commits.repository.rev_parse_single(revision).expect("a commit").detach();
        let named = |text: &str| commits.named(text).expect("it can be listed");
        let two_and_three = NamedCommits { commits: vec![id("side~1"), id("side")], is_range: true };
        assert_eq!(named("v1.0..main"), Some(two_and_three.clone()));
        assert_eq!(named("v1.0.."), Some(two_and_three));
        let one = NamedCommits { commits: vec![id("main")], is_range: false };
        assert_eq!(named("HEAD"), Some(one));
        assert_eq!(named("v2.0"), None);
    }

    #[test]
    fn tag_stands_for_its_commit_and_a_file_for_none() {
        let (_folder, commits) = repository();
        let id = commits.repository.rev_parse_single("side~2").expect("a commit").detach();
        assert_eq!(commits.named("v1.0").expect("a commit").map(|named| named.commits), Some(vec![id]));
        assert!(commits.named("HEAD^{tree}").is_err());
        assert!(commits.named("v1.0...main").is_err());
    }

    #[test]
    fn closest_reference_is_suggested() {
        let (_folder, commits) = repository();
        assert_eq!(commits.suggestion("1.0").as_deref(), Some("v1.0"));
        assert_eq!(commits.suggestion("HAED").as_deref(), Some("HEAD"));
        assert_eq!(commits.suggestion("v1.0..mian").as_deref(), Some("v1.0..main"));
        assert_eq!(commits.suggestion("something/else"), None);
    }
}

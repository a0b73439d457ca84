//! The history that git repositories hold, from their references or from chosen revisions on.

use std::path::{Path, PathBuf};

use gix::ObjectId;

use crate::git::commit_diff::{CommitDiffer, FileDiff, Unindexed};
use crate::git::repository::{RefTip, Repository, RepositoryError, RepositoryRefs, SkippedRef};
use crate::graph::{IndexedRef, ReleaseTag, UnindexedItem, is_release_tag};
use crate::run::history::{HistoryPlan, WalkTip, plan_history};
use crate::run::history_source::{CommitSource, HistorySource};

/// The history of one or more repositories.
pub struct RepositoryHistory {
    repositories: Vec<Repository>,
    walk_tips: Vec<WalkTip>,
    refs: Vec<IndexedRef>,
    tags: Vec<ReleaseTag>,
    unindexed: Vec<UnindexedItem>,
}

impl RepositoryHistory {
    /// Opens the repositories and resolves the revisions in each that has them; none means all branches and tags.
    ///
    /// # Errors
    /// Where a repository cannot be read, or no repository has one of the revisions: the first such revision is named.
    pub fn open(paths: &[PathBuf], revisions: &[String]) -> Result<RepositoryHistory, RepositoryError> {
        let mut history = RepositoryHistory {
            repositories: Vec::with_capacity(paths.len()),
            walk_tips: Vec::new(),
            refs: Vec::new(),
            tags: Vec::new(),
            unindexed: Vec::new(),
        };
        let mut outcomes: Vec<Option<Result<(), RepositoryError>>> = revisions.iter().map(|_| None).collect();
        for (number, path) in paths.iter().enumerate() {
            let repository = Repository::open(path)?;
            let RepositoryRefs { tips, skipped } = repository.refs()?;
            history.add_tags(&tips);
            if revisions.is_empty() {
                history.add_tips(number, path, tips);
                let item = |SkippedRef { name, reason }| UnindexedItem {
                    commit: name.to_string(),
                    path: None,
                    reason,
                };
                history.unindexed.extend(skipped.into_iter().map(item));
            }
            for (revision, outcome) in revisions.iter().zip(&mut outcomes) {
                match repository.resolve(revision) {
                    Ok(tip) => {
                        *outcome = Some(Ok(()));
                        history.add_tips(number, path, vec![tip]);
                    }
                    Err(error) => {
                        outcome.get_or_insert(Err(error));
                    }
                }
            }
            history.repositories.push(repository);
        }
        outcomes.into_iter().flatten().collect::<Result<(), _>>()?;
        Ok(history)
    }

    fn add_tips(&mut self, repository: usize, path: &Path, tips: Vec<RefTip>) {
        for tip in tips {
            self.walk_tips.push(WalkTip { repository, commit: tip.commit });
            self.refs.push(IndexedRef {
                repository: path.display().to_string(),
                name: tip.name.to_string(),
                commit: tip.commit.to_string(),
            });
        }
    }

    /// Release tags date commits even if other references are indexed; if there are none, every tag counts.
    fn add_tags(&mut self, tips: &[RefTip]) {
        let tags: Vec<ReleaseTag> = tips
            .iter()
            .filter_map(|tip| Some(ReleaseTag { name: tip.tag_name()?.to_owned(), commit: tip.commit }))
            .collect();
        let has_releases = tags.iter().any(|tag| is_release_tag(&tag.name));
        self.tags.extend(tags.into_iter().filter(|tag| !has_releases || is_release_tag(&tag.name)));
    }
}

impl HistorySource for RepositoryHistory {
    fn plan(&self, is_known: &dyn Fn(&ObjectId) -> bool) -> HistoryPlan {
        plan_history(&self.repositories, &self.walk_tips, is_known)
    }

    fn commit_sources(&self) -> Vec<Box<dyn CommitSource + '_>> {
        let source = |repository: &Repository| -> Box<dyn CommitSource> {
            Box::new(CommitDiffer::new(repository.reader()))
        };
        self.repositories.iter().map(source).collect()
    }

    fn refs(&self) -> Vec<IndexedRef> {
        self.refs.clone()
    }

    fn release_tags(&self) -> Vec<ReleaseTag> {
        self.tags.clone()
    }

    fn unindexed(&self) -> Vec<UnindexedItem> {
        self.unindexed.clone()
    }
}

impl CommitSource for CommitDiffer {
    fn commit_data(&mut self, id: &ObjectId) -> Result<&[u8], RepositoryError> {
        CommitDiffer::commit_data(self, id)
    }

    fn diff(
        &mut self,
        parent_tree: Option<&ObjectId>,
        tree: &ObjectId,
        unindexed: &mut Vec<Unindexed>,
        emit: &mut dyn FnMut(FileDiff),
    ) -> Result<(), RepositoryError> {
        CommitDiffer::diff(self, parent_tree, tree, unindexed, emit)
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    /// A repository of one commit that has a tag.
    fn repository(folder: &Path, name: &str, tag: &str) -> PathBuf {
        let path = folder.join(name);
        let git = |args: &[&str]| {
            let person = ["-c", "user.name=A", "-c", "user.email=a@example.org"];
            let mut git = Command::new("git");
            git.env("GIT_CONFIG_GLOBAL", "/dev/null").arg("-C").arg(folder).args(person).args(args);
            assert!(git.status().expect("git runs").success(), "{args:?}");
        };
        git(&["init", "--quiet", name]);
        git(&["-C", name, "commit", "--quiet", "--allow-empty", "--message=begin"]);
        git(&["-C", name, "tag", tag]);
        path
    }

    #[test]
    fn references_that_lead_to_no_commit_are_named_with_the_reason() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = repository(folder.path(), "one", "v1");
        std::fs::write(path.join(".git/refs/tags/lost"), "1".repeat(40)).expect("a tag");
        let tree = Command::new("git").arg("-C").arg(&path).args(["tag", "tree", "HEAD^{tree}"]).status();
        assert!(tree.expect("git runs").success());

        let history = RepositoryHistory::open(&[path], &[]).expect("a repository");
        let names: Vec<&str> = history.refs.iter().map(|reference| reference.name.as_str()).collect();
        assert_eq!(names.len(), 2, "{names:?}");
        let skipped: Vec<&str> = history.unindexed.iter().map(|item| item.commit.as_str()).collect();
        assert_eq!(skipped, ["refs/tags/lost", "refs/tags/tree"]);
        assert_eq!(history.unindexed[1].reason, "leads to a tree, not to a commit");
        assert!(history.unindexed[0].reason.contains(&"1".repeat(40)), "{}", history.unindexed[0].reason);
    }

    #[test]
    fn the_first_revision_that_no_repository_has_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let paths = [repository(folder.path(), "one", "v1"), repository(folder.path(), "two", "v2")];
        let open = |revisions: &[&str]| {
            let revisions: Vec<String> = revisions.iter().map(ToString::to_string).collect();
            RepositoryHistory::open(&paths, &revisions).map(|history| history.refs.len())
        };

        assert_eq!(open(&["v1", "v2", "HEAD"]).expect("each is somewhere"), 4);
        for revisions in [["absent", "v1", "v2"], ["v1", "absent", "v2"], ["v2", "v1", "absent"]] {
            let error = open(&revisions).expect_err("one is nowhere");
            assert!(
                matches!(&error, RepositoryError::Revision { revision, .. } if revision == "absent"),
                "{error}"
            );
        }
    }
}

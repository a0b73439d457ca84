//! The history that git repositories hold, from their references or from chosen revisions on.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use gix::ObjectId;

use crate::git::commit_diff::{CommitDiffer, FileDiff, Unindexed};
use crate::git::ref_pattern::RefPattern;
use crate::git::repository::{ABSENT, RefTip, Repository, RepositoryError, RepositoryRefs, SkippedRef};
use crate::graph::{IndexedRef, ReleaseTag, UnindexedItem, is_release_tag};
use crate::run::history::{HistoryPlan, WalkTip, plan_history};
use crate::run::history_source::{CommitSource, HistorySource};

/// The references that do not lead to what is indexed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SkippedRefs {
    /// The full names of those that were to be indexed, and that lead to no commit; sorted.
    pub without_commit: Vec<String>,
    /// Where all branches and tags are indexed: how many other references there are, by folder (`refs/pull`).
    pub others: BTreeMap<String, u64>,
}

/// The history of one or more repositories.
pub struct RepositoryHistory {
    repositories: Vec<Repository>,
    walk_tips: Vec<WalkTip>,
    refs: Vec<IndexedRef>,
    tags: Vec<ReleaseTag>,
    unindexed: Vec<UnindexedItem>,
    skipped: SkippedRefs,
    /// Whether all branches and tags are taken.
    is_whole: bool,
}

impl RepositoryHistory {
    /// Opens the repositories and resolves the revisions in each that has them; none means all branches and tags, and a
    /// pattern (see [`RefPattern`]) all references that it names.
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
            skipped: SkippedRefs::default(),
            is_whole: revisions.is_empty(),
        };
        let mut outcomes: Vec<Option<Result<(), RepositoryError>>> = revisions.iter().map(|_| None).collect();
        for (number, path) in paths.iter().enumerate() {
            let repository = Repository::open(path)?;
            let RepositoryRefs { tips, skipped, others } = repository.refs()?;
            history.add_tags(&tips);
            if revisions.is_empty() {
                history.add_tips(number, path, tips);
                history.add_skipped(skipped);
                for (folder, count) in others {
                    *history.skipped.others.entry(folder).or_default() += count;
                }
            }
            for (revision, outcome) in revisions.iter().zip(&mut outcomes) {
                let found = match RefPattern::new(revision) {
                    Some(_) => repository.refs_like(revision),
                    None => repository
                        .resolve(revision)
                        .map(|tip| RepositoryRefs { tips: vec![tip], ..RepositoryRefs::default() }),
                };
                match found {
                    Ok(RepositoryRefs { tips, skipped, .. }) => {
                        *outcome = Some(Ok(()));
                        history.add_tips(number, path, tips);
                        history.add_skipped(skipped);
                    }
                    Err(error @ RepositoryError::References { .. }) => return Err(error),
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

    /// The references that do not lead to what is indexed.
    pub fn skipped_refs(&self) -> &SkippedRefs {
        &self.skipped
    }

    /// Notes references that lead to no commit; those that several patterns name once.
    fn add_skipped(&mut self, skipped: Vec<SkippedRef>) {
        let item =
            |SkippedRef { name, reason }| UnindexedItem { commit: name.to_string(), path: None, reason };
        self.unindexed.extend(skipped.into_iter().map(item));
        self.unindexed.sort();
        self.unindexed.dedup();
        self.skipped.without_commit = self.unindexed.iter().map(|item| item.commit.clone()).collect();
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

    fn whole_repositories(&self) -> Vec<String> {
        let repositories = self.repositories.iter().filter(|_| self.is_whole);
        repositories.map(|repository| repository.path().display().to_string()).collect()
    }

    fn release_tags(&self) -> Vec<ReleaseTag> {
        self.tags.clone()
    }

    fn file_at(&self, commit: &ObjectId, name: &str) -> Result<Option<Vec<u8>>, RepositoryError> {
        let mut problem = RepositoryError::Object { id: *commit, message: ABSENT.to_owned() };
        for repository in &self.repositories {
            match repository.reader().file_at(commit, name) {
                Ok(found) => return Ok(found),
                Err(error) => problem = error,
            }
        }
        Err(problem)
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
    fn pattern_names_references_outside_of_branches_and_tags() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = repository(folder.path(), "one", "v1");
        let git = |args: &[&str]| {
            let run = Command::new("git").arg("-C").arg(&path).args(args).status();
            assert!(run.expect("git runs").success(), "{args:?}");
        };
        git(&["update-ref", "refs/pull/1/head", "HEAD"]);
        git(&["update-ref", "refs/pull/2/head", "HEAD^{tree}"]);
        let open = |revisions: &[&str]| {
            let revisions: Vec<String> = revisions.iter().map(ToString::to_string).collect();
            RepositoryHistory::open(std::slice::from_ref(&path), &revisions)
        };
        let names = |history: &RepositoryHistory| -> Vec<String> {
            history.refs.iter().map(|reference| reference.name.clone()).collect()
        };

        let history = open(&["refs/pull/*", "pull/2*", "v?"]).map_err(|error| error.to_string());
        assert_eq!(
            history
                .err()
                .as_deref()
                .map(|error| error.ends_with("none of 1 references with such a name leads to a commit")),
            Some(true)
        );
        let history = open(&["refs/pull/*", "pull/*/head", "v?"]).expect("they are there");
        assert_eq!(names(&history), ["refs/pull/1/head", "refs/pull/1/head", "refs/tags/v1"]);
        assert_eq!(history.skipped_refs().without_commit, ["refs/pull/2/head"]);
        assert!(history.skipped_refs().others.is_empty(), "nothing but those was asked for");

        let all = open(&[]).expect("a repository");
        assert_eq!(all.skipped_refs().others, BTreeMap::from([("refs/pull".to_owned(), 2)]));
        let error = open(&["refs/absent/*"]).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(
            error.contains("'refs/absent/*'") && error.contains("no reference has such a name"),
            "{error}"
        );
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

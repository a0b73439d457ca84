//! The history that git repositories hold, from their references or from chosen revisions on.

use std::path::{Path, PathBuf};

use gix::ObjectId;

use crate::commit_diff::CommitDiffer;
use crate::first_release::is_release_tag;
use crate::graph::{IndexedRef, ReleaseTag, UnindexedItem};
use crate::history::{HistoryPlan, WalkTip, plan_history};
use crate::history_source::{CommitSource, HistorySource};
use crate::repository::{RefTip, Repository, RepositoryError};

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
    /// Where a repository cannot be read, or no repository has one of the revisions.
    pub fn open(paths: &[PathBuf], revisions: &[String]) -> Result<RepositoryHistory, RepositoryError> {
        let mut history = RepositoryHistory {
            repositories: Vec::with_capacity(paths.len()),
            walk_tips: Vec::new(),
            refs: Vec::new(),
            tags: Vec::new(),
            unindexed: Vec::new(),
        };
        let mut resolved = vec![false; revisions.len()];
        let mut failure = None;
        for (number, path) in paths.iter().enumerate() {
            let repository = Repository::open(path)?;
            let (all, skipped) = repository.tips()?;
            history.add_tags(&all);
            if revisions.is_empty() {
                history.add_tips(number, path, all);
                history.unindexed.extend(skipped.into_iter().map(|reason| {
                    let (name, reason) = reason.split_once(": ").unwrap_or(("reference", &reason));
                    UnindexedItem { commit: name.to_owned(), path: None, reason: reason.to_owned() }
                }));
            }
            for (revision, resolved) in revisions.iter().zip(&mut resolved) {
                match repository.resolve(revision) {
                    Ok(tip) => {
                        *resolved = true;
                        history.add_tips(number, path, vec![tip]);
                    }
                    Err(error) => failure = Some(error),
                }
            }
            history.repositories.push(repository);
        }
        match failure {
            Some(error) if resolved.contains(&false) => Err(error),
            _ => Ok(history),
        }
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

    /// Release tags date commits whatever references are indexed; where there are none, every tag counts.
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

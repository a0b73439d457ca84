//! What is known of a commit: by the index, and by the catalogue.

use hunktrace_proto::v1;
use serde::Serialize;
use utoipa::ToSchema;

use super::diff::{HunkView, SHOWN_LINES};
use super::named::{NamedCommit, commit_page, non_empty};
use super::releases::CommitReleases;
use crate::page::Upstream;

/// What is known of a commit.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct CommitView {
    /// Its id, 40 hexadecimal digits.
    pub commit: String,
    /// The first line of its message.
    pub subject: String,
    /// `Name <address>`.
    pub author: String,
    /// When it was written: RFC 3339.
    pub author_date: String,
    /// When it was committed: RFC 3339.
    pub commit_date: Option<String>,
    /// The first upstream release that has it.
    pub first_release: Option<String>,
    /// The subsystem that it belongs to: by the index, else by the catalogue.
    pub subsystem: Option<String>,
    /// Its message; none where it is not known.
    pub message: Option<String>,
    /// Where upstream shows it.
    pub upstream: Option<String>,
    /// What should be known before anything else, in words.
    pub warnings: Vec<String>,
    /// How it stands to other commits.
    pub relations: Vec<RelationView>,
    /// Its hunks, as far as the page shows them.
    pub hunks: Vec<HunkView>,
    /// How many hunks it has.
    pub hunk_count: u32,
    /// Whether all of them are known, so that there is a patch.
    pub has_patch: bool,
    /// Which vendor releases have it; none where no catalogue knows it.
    pub releases: Option<CommitReleases>,
    /// Whether the index knows it.
    pub is_indexed: bool,
}

/// How a commit stands to others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RelationView {
    /// `reverted by`, `fixed by`, `fixes`, `reverts`, `carried by`, `carries`, `same change in`, `not indexed`, `parents`.
    pub relation: &'static str,
    /// The others.
    pub commits: Vec<NamedCommit>,
}

/// What can be said of an indexed commit's hunks.
pub trait AllHunks {
    /// Whether it has hunks, and all of them were sent.
    fn has_all_hunks(&self) -> bool;
}

impl AllHunks for v1::GetCommitResponse {
    fn has_all_hunks(&self) -> bool {
        !self.hunks.is_empty() && self.hunks.len() >= self.hunk_count as usize
    }
}

impl CommitView {
    /// What index and catalogue say; one of both at least.
    pub fn of(
        indexed: Option<&v1::GetCommitResponse>,
        catalogued: Option<&v1::CommitHistory>,
        upstream: &Upstream,
    ) -> CommitView {
        let releases = catalogued.map(CommitReleases::of);
        let mut view = match (indexed, &releases) {
            (Some(commit), _) => CommitView::indexed(commit),
            (None, Some(known)) => CommitView {
                commit: known.commit.commit.clone(),
                subject: known.commit.subject.clone(),
                author: known.author.clone(),
                author_date: known.author_date.clone(),
                first_release: known.commit.first_release.clone(),
                ..CommitView::default()
            },
            (None, None) => CommitView::default(),
        };
        if view.subsystem.is_none() {
            view.subsystem = releases.as_ref().and_then(|known| known.subsystem.clone());
        }
        view.upstream = upstream.address(&view.commit);
        view.releases = releases;
        view
    }

    fn indexed(commit: &v1::GetCommitResponse) -> CommitView {
        let mut warnings = Vec::new();
        if !commit.read_from.is_empty() {
            warnings.push(format!(
                "it is not indexed; what is known is read from its carrier {}",
                commit.read_from
            ));
        }
        if commit.unreferenced {
            warnings.push("no branch or tag leads to it any more".to_owned());
        }
        let relations = [
            ("reverted by", &commit.reverted_by),
            ("fixed by", &commit.fixed_by),
            ("fixes", &commit.fixes),
            ("reverts", &commit.reverts),
            ("carries", &commit.origins),
            ("carried by", &commit.carriers),
            ("same change in", &commit.equivalents),
            ("not indexed", &commit.unresolved),
            ("parents", &commit.parents),
        ];
        let relations = relations.into_iter().filter(|(_, commits)| !commits.is_empty());
        let relations = relations.map(|(relation, commits)| RelationView {
            relation,
            commits: commits.iter().map(|id| NamedCommit::of(id, &commit.related)).collect(),
        });
        let mut lines = 0;
        let shown = commit.hunks.iter().map(HunkView::of).take_while(|hunk| {
            let is_first = lines == 0;
            lines += hunk.lines.len();
            is_first || lines <= SHOWN_LINES
        });
        CommitView {
            commit: commit.commit.clone(),
            subject: commit.subject.clone(),
            author: commit.author.clone(),
            author_date: commit.author_date.clone(),
            commit_date: non_empty(&commit.commit_date),
            first_release: non_empty(&commit.first_release),
            subsystem: non_empty(&commit.subsystem),
            message: commit.message.as_ref().map(|message| message.text.clone()),
            warnings,
            relations: relations.collect(),
            hunks: shown.collect(),
            hunk_count: commit.hunk_count,
            has_patch: commit.has_all_hunks(),
            is_indexed: true,
            ..CommitView::default()
        }
    }

    /// Its page.
    pub fn page(&self) -> String {
        commit_page(&self.commit)
    }
}

//! The graph while it grows.

use std::collections::{BTreeMap, HashMap, HashSet};

use gix::ObjectId;

use crate::graph::absent_origin::AbsentOrigins;
use crate::graph::commit_graph::CommitGraph;
use crate::graph::entry::GraphEntry;
use crate::graph::first_release::first_releases;
use crate::graph::graph_file::GraphContent;
use crate::graph::id_order::SortedIds;
use crate::graph::indexed_ref::IndexedRef;
use crate::graph::named_commit::NamedCommit;
use crate::graph::named_commits::NamedCommits;
use crate::graph::ordinal::CommitOrdinal;
use crate::graph::relation::Relation;
use crate::graph::release_tag::ReleaseTag;
use crate::graph::section_file::SectionError;
use crate::graph::subject_hash::SubjectHash;
use crate::graph::subsystems::{MaintainersFile, Subsystems};
use crate::graph::unindexed_item::UnindexedItem;
use crate::patch_fingerprint::PatchFingerprint;

/// The graph while it grows. What is known of each commit stands at its ordinal.
#[derive(Default)]
pub struct GraphBuilder {
    ids: Vec<ObjectId>,
    by_id: HashMap<ObjectId, CommitOrdinal>,
    dates: Vec<i64>,
    patches: Vec<Option<PatchFingerprint>>,
    subjects: Vec<SubjectHash>,
    hunks: Vec<u32>,
    parents: Vec<Vec<CommitOrdinal>>,
    names: Vec<(CommitOrdinal, NamedCommit)>,
    tags: BTreeMap<String, ObjectId>,
    refs: BTreeMap<RefName, String>,
    unindexed: Vec<UnindexedItem>,
    unreferenced: Vec<CommitOrdinal>,
    maintainers: Option<MaintainersFile>,
    subsystems: Subsystems,
}

/// What tells references apart.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct RefName {
    repository: String,
    name: String,
}

impl GraphBuilder {
    /// Continues a graph that was read.
    ///
    /// # Errors
    /// Where the graph's content makes no sense.
    pub fn from_graph(graph: &CommitGraph) -> Result<GraphBuilder, SectionError> {
        let commits = CommitOrdinal::first(graph.len());
        let ids: Vec<ObjectId> = commits.clone().map(|commit| graph.id(commit)).collect();
        let mut builder = GraphBuilder {
            by_id: ids.iter().copied().zip(commits.clone()).collect(),
            ids,
            dates: commits.clone().map(|commit| graph.committed_at(commit)).collect(),
            patches: commits.clone().map(|commit| graph.patch(commit)).collect(),
            subjects: commits.clone().map(|commit| graph.subject_hash(commit)).collect(),
            hunks: commits.clone().map(|commit| graph.hunk_count(commit)).collect(),
            parents: commits.map(|commit| graph.parents(commit).collect()).collect(),
            names: graph.names()?,
            tags: graph.tags().iter().map(|tag| (tag.name.clone(), tag.commit)).collect(),
            refs: BTreeMap::new(),
            unindexed: graph.unindexed()?,
            unreferenced: graph.unreferenced().collect(),
            maintainers: graph.maintainers().cloned(),
            subsystems: Subsystems::default(),
        };
        builder.set_refs(graph.refs()?);
        for commit in CommitOrdinal::first(graph.len()) {
            builder.subsystems.set(commit, graph.subsystem(commit).map(str::to_owned));
        }
        Ok(builder)
    }

    /// The number of commits.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there is no commit yet.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// The ordinal of a commit that is in the graph.
    pub fn find(&self, id: &ObjectId) -> Option<CommitOrdinal> {
        self.by_id.get(id).copied()
    }

    /// Adds a commit under the next ordinal.
    pub fn push(&mut self, entry: GraphEntry) -> CommitOrdinal {
        let ordinal = CommitOrdinal(self.ids.len() as u32);
        self.parents.push(entry.parents.iter().filter_map(|parent| self.find(parent)).collect());
        self.ids.push(entry.id);
        self.by_id.insert(entry.id, ordinal);
        self.dates.push(entry.committed_at);
        self.patches.push(entry.patch);
        self.subjects.push(entry.subject);
        self.hunks.push(entry.hunks);
        self.names.extend(entry.names.into_iter().map(|name| (ordinal, name)));
        ordinal
    }

    /// Notes release tags; a tag that has moved since replaces its older self. Says whether that changes anything.
    pub fn set_tags(&mut self, tags: impl IntoIterator<Item = ReleaseTag>) -> bool {
        let mut is_changed = false;
        for ReleaseTag { name, commit } in tags {
            let is_indexed = self.find(&commit).is_some();
            is_changed |= match self.tags.insert(name, commit) {
                Some(old) => old != commit,
                // Only tags whose commit is indexed are written.
                None => is_indexed,
            };
        }
        is_changed
    }

    /// Notes the references of a finished run; one that has moved since replaces its older self. Says whether that
    /// changes anything.
    pub fn set_refs(&mut self, refs: impl IntoIterator<Item = IndexedRef>) -> bool {
        let mut is_changed = false;
        for IndexedRef { repository, name, commit } in refs {
            let old = self.refs.insert(RefName { repository, name }, commit.clone());
            is_changed |= old != Some(commit);
        }
        is_changed
    }

    /// Forgets the branches and tags of some repositories that are not among `refs`, which has all that they have. Says whether
    /// there were any.
    pub fn drop_lost_refs(&mut self, repositories: &[String], refs: &[IndexedRef]) -> bool {
        let kept: HashSet<(&str, &str)> =
            refs.iter().map(|kept| (kept.repository.as_str(), kept.name.as_str())).collect();
        let before = self.refs.len();
        self.refs.retain(|RefName { repository, name }, _| {
            let is_listed =
                ["refs/heads/", "refs/remotes/", "refs/tags/"].iter().any(|kind| name.starts_with(kind));
            !(is_listed && repositories.contains(repository))
                || kept.contains(&(repository.as_str(), name.as_str()))
        });
        self.refs.len() < before
    }

    /// Works out which commits no reference and no release tag leads to; where there are no references, all count as led to.
    /// Says whether that changes anything.
    pub fn find_unreferenced(&mut self) -> bool {
        let id = |commit: &String| ObjectId::from_hex(commit.as_bytes()).ok();
        let tips = self.refs.values().filter_map(id).chain(self.tags.values().copied());
        let mut queue: Vec<CommitOrdinal> = tips.filter_map(|id| self.find(&id)).collect();
        let mut is_reached = vec![self.refs.is_empty(); self.len()];
        while let Some(commit) = queue.pop() {
            if !std::mem::replace(&mut is_reached[commit.index()], true) {
                queue.extend_from_slice(&self.parents[commit.index()]);
            }
        }
        let unreferenced: Vec<CommitOrdinal> =
            CommitOrdinal::first(self.len()).filter(|commit| !is_reached[commit.index()]).collect();
        let is_changed = unreferenced != self.unreferenced;
        self.unreferenced = unreferenced;
        is_changed
    }

    /// The release tags that are known, with the commit of each, which need not be indexed; by name.
    pub fn known_tags(&self) -> impl Iterator<Item = (&str, ObjectId)> {
        self.tags.iter().map(|(name, commit)| (name.as_str(), *commit))
    }

    /// Commit date in seconds since 1970, UTC.
    pub fn committed_at(&self, commit: CommitOrdinal) -> i64 {
        self.dates[commit.index()]
    }

    /// How many hunks are indexed of the commit.
    pub fn hunk_count(&self, commit: CommitOrdinal) -> u32 {
        self.hunks[commit.index()]
    }

    /// The file by which the subsystems of commits are told.
    pub fn maintainers(&self) -> Option<&MaintainersFile> {
        self.maintainers.as_ref()
    }

    /// Notes by which file the subsystems of all commits are told.
    pub fn set_maintainers(&mut self, file: MaintainersFile) {
        self.maintainers = Some(file);
    }

    /// Forgets which subsystems commits belong to.
    pub fn forget_subsystems(&mut self) {
        self.subsystems = Subsystems::default();
    }

    /// Says which subsystem a commit belongs to.
    pub fn set_subsystem(&mut self, commit: CommitOrdinal, title: Option<String>) {
        self.subsystems.set(commit, title);
    }

    /// Notes what could not be indexed; what is noted already is not repeated. Says whether anything is new.
    pub fn add_unindexed(&mut self, items: impl IntoIterator<Item = UnindexedItem>) -> bool {
        let before = self.unindexed.len();
        self.unindexed.extend(items);
        self.unindexed.sort();
        self.unindexed.dedup();
        self.unindexed.len() > before
    }

    /// The graph as a file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let by_id = SortedIds::of(&self.ids);
        let mut by_patch: Vec<CommitOrdinal> = CommitOrdinal::first(self.ids.len()).collect();
        by_patch.sort_by_key(|commit| self.patches[commit.index()]);
        let mut by_subject: Vec<CommitOrdinal> = CommitOrdinal::first(self.ids.len()).collect();
        by_subject.sort_by_key(|commit| self.subjects[commit.index()]);
        let tags = self.tags_in_order();
        let tagged: Vec<CommitOrdinal> = tags.iter().filter_map(|tag| self.find(&tag.commit)).collect();
        let named = NamedCommits::new(&by_id, &self.dates, &self.subjects, &self.names);
        let refs = self.refs.iter().map(|(reference, commit)| IndexedRef {
            repository: reference.repository.clone(),
            name: reference.name.clone(),
            commit: commit.clone(),
        });
        let absent = AbsentOrigins::new(named.absent());
        let content = GraphContent {
            ids: &self.ids,
            by_id: by_id.order(),
            dates: &self.dates,
            patches: &self.patches,
            by_patch: &by_patch,
            subjects: &self.subjects,
            by_subject: &by_subject,
            hunks: &self.hunks,
            parents: &self.parents,
            releases: &first_releases(&self.parents, &tagged),
            tags: &tags,
            names: &self.names,
            absent: &absent,
            refs: &refs.collect::<Vec<_>>(),
            unindexed: &self.unindexed,
            unreferenced: &self.unreferenced,
            maintainers: self.maintainers.as_ref(),
            subsystems: &self.subsystems,
            pairs: &Relation::ALL.into_iter().map(|relation| (relation, named.pairs(relation))).collect(),
        };
        content.encode()
    }

    /// The tags whose commit is indexed, oldest first.
    fn tags_in_order(&self) -> Vec<ReleaseTag> {
        let date = |commit: &ObjectId| self.find(commit).map(|ordinal| self.dates[ordinal.index()]);
        let mut tags: Vec<(i64, ReleaseTag)> = self
            .tags
            .iter()
            .filter_map(|(name, commit)| {
                Some((date(commit)?, ReleaseTag { name: name.clone(), commit: *commit }))
            })
            .collect();
        tags.sort_by(|a, b| a.0.cmp(&b.0).then_with(|| a.1.name.cmp(&b.1.name)));
        tags.into_iter().map(|(_, tag)| tag).collect()
    }
}

//! The commit graph of an index: parents, dates, first releases, and which commit carries, undoes or mends which.
//!
//! Commits are known by their ordinal: their place in the order of indexing, in which parents come before their
//! children. The graph is a file of sections, written anew at every commit point and mapped into memory when it is
//! read. [`GraphBuilder`] is what the indexing run adds to; [`CommitGraph`] is what answers are read from.

pub(crate) mod first_release;

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};

use bstr::BString;
use gix::ObjectId;
use serde::{Deserialize, Serialize};
use tantivy::directory::OwnedBytes;

use crate::graph::first_release::first_releases;
use crate::sections::{Numbers, SectionError, SectionReader, SectionWriter, partition_point};

/// A commit's place in the order of indexing, from 0; parents come before their children.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CommitOrdinal(pub u32);

impl CommitOrdinal {
    /// As an index into tables of commits.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// How one commit refers to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Relation {
    /// It carries it: the other one is its origin.
    Origin,
    /// It undoes it.
    Reverts,
    /// It mends a fault of it.
    Fixes,
}

impl Relation {
    const ALL: [Relation; 3] = [Relation::Origin, Relation::Reverts, Relation::Fixes];

    /// The sections of its pairs, by the referring commit and by the one referred to.
    fn sections(self) -> (&'static str, &'static str) {
        match self {
            Relation::Origin => ("origins", "carriers"),
            Relation::Reverts => ("reverts", "reverted-by"),
            Relation::Fixes => ("fixes", "fixed-by"),
        }
    }
}

/// How a message names another commit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedCommit {
    /// What for.
    #[serde(with = "relation_name")]
    pub relation: Relation,
    /// The leading hexadecimal digits of its id; none where only its subject is given.
    pub hex: Option<String>,
    /// A hash of its subject, where that is given.
    pub subject: Option<u64>,
}

mod relation_name {
    use super::Relation;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(relation: &Relation, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(relation.sections().0)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Relation, D::Error> {
        let name = String::deserialize(deserializer)?;
        let found = Relation::ALL.into_iter().find(|relation| relation.sections().0 == name);
        found.ok_or_else(|| D::Error::custom(format!("unknown relation '{name}'")))
    }
}

/// What the graph keeps of a commit.
#[derive(Clone, Debug)]
pub struct GraphEntry {
    /// The commit's id.
    pub id: ObjectId,
    /// The parents that are indexed.
    pub parents: Vec<ObjectId>,
    /// Commit date in seconds since 1970, UTC.
    pub committed_at: i64,
    /// Fingerprint of all its changes; 0 where there are none.
    pub patch: u64,
    /// A hash of the subject.
    pub subject: u64,
    /// How many hunks are indexed of it.
    pub hunks: u32,
    /// The commits that its message names.
    pub names: Vec<NamedCommit>,
}

/// A tag that marks a release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleaseTag {
    /// The tag's short name: `v3.1-rc4`.
    pub name: String,
    /// The tagged commit.
    #[serde(with = "hex_id")]
    pub commit: ObjectId,
}

mod hex_id {
    use gix::ObjectId;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(id: &ObjectId, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(id)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<ObjectId, D::Error> {
        ObjectId::from_hex(String::deserialize(deserializer)?.as_bytes()).map_err(D::Error::custom)
    }
}

/// A reference as it was when it was indexed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct IndexedRef {
    /// The repository's path, as it was given.
    pub repository: String,
    /// The reference's full name, or the revision as the user gave it.
    pub name: String,
    /// The commit that it led to, in hexadecimal digits.
    pub commit: String,
}

/// Something that could not be indexed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct UnindexedItem {
    /// The commit, in hexadecimal digits; for a reference its name.
    pub commit: String,
    /// The file; none where it is the whole commit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<BString>,
    /// Why.
    pub reason: String,
}

/// The graph while it grows.
#[derive(Default)]
pub struct GraphBuilder {
    ids: Vec<ObjectId>,
    by_id: HashMap<ObjectId, CommitOrdinal>,
    dates: Vec<i64>,
    patches: Vec<u64>,
    subjects: Vec<u64>,
    hunks: Vec<u32>,
    parents: Vec<Vec<CommitOrdinal>>,
    names: Vec<(CommitOrdinal, NamedCommit)>,
    tags: BTreeMap<String, ObjectId>,
    refs: BTreeMap<(String, String), String>,
    unindexed: Vec<UnindexedItem>,
}

impl GraphBuilder {
    /// Continues a graph that was read.
    ///
    /// # Errors
    /// Where the graph's content makes no sense.
    pub fn from_graph(graph: &CommitGraph) -> Result<GraphBuilder, SectionError> {
        let ordinals = || (0..graph.len() as u32).map(CommitOrdinal);
        let ids: Vec<ObjectId> = ordinals().map(|commit| graph.id(commit)).collect();
        Ok(GraphBuilder {
            by_id: ids.iter().copied().zip(ordinals()).collect(),
            ids,
            dates: ordinals().map(|commit| graph.committed_at(commit)).collect(),
            patches: ordinals().map(|commit| graph.patch(commit)).collect(),
            subjects: ordinals().map(|commit| graph.subject_hash(commit)).collect(),
            hunks: ordinals().map(|commit| graph.hunk_count(commit)).collect(),
            parents: ordinals().map(|commit| graph.parents(commit).collect()).collect(),
            names: graph.names()?,
            tags: graph.tags.iter().map(|tag| (tag.name.clone(), tag.commit)).collect(),
            refs: graph.refs()?.into_iter().map(|r| ((r.repository, r.name), r.commit)).collect(),
            unindexed: graph.unindexed()?,
        })
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
        for tag in tags {
            let (name, commit) = (tag.name, tag.commit);
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
        for reference in refs {
            let old = self.refs.insert((reference.repository, reference.name), reference.commit.clone());
            is_changed |= old != Some(reference.commit);
        }
        is_changed
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
        let mut out = SectionWriter::default();
        let by_id = self.sorted_by_id();
        out.add("ids", self.ids.iter().flat_map(|id| id.as_slice().to_vec()).collect());
        out.add_u32s("by-id", &by_id);
        out.add_u64s("dates", &self.dates.iter().map(|date| *date as u64).collect::<Vec<_>>());
        out.add_u64s("patches", &self.patches);
        let mut by_patch: Vec<u32> = (0..self.ids.len() as u32).collect();
        by_patch.sort_by_key(|ordinal| self.patches[*ordinal as usize]);
        out.add_u32s("by-patch", &by_patch);
        out.add_u64s("subjects", &self.subjects);
        out.add_u32s("hunks", &self.hunks);
        let mut parent_ends = Vec::with_capacity(self.ids.len());
        let mut parents = Vec::with_capacity(self.ids.len());
        for commit_parents in &self.parents {
            parents.extend(commit_parents.iter().map(|parent| parent.0));
            parent_ends.push(parents.len() as u32);
        }
        out.add_u32s("parents", &parents);
        out.add_u32s("parent-ends", &parent_ends);

        let tags = self.tags_in_order();
        let tag_commits: Vec<CommitOrdinal> = tags.iter().filter_map(|tag| self.find(&tag.commit)).collect();
        let releases = first_releases(&self.parents, &tag_commits);
        out.add_u32s("releases", &releases);
        out.add("tags", json_lines(&tags));
        out.add("names", json_lines(&self.names.iter().map(|(c, name)| (c.0, name)).collect::<Vec<_>>()));
        out.add("unindexed", json_lines(&self.unindexed));
        let refs = self.refs.iter().map(|((repository, name), commit)| IndexedRef {
            repository: repository.clone(),
            name: name.clone(),
            commit: commit.clone(),
        });
        out.add("refs", json_lines(&refs.collect::<Vec<_>>()));
        for relation in Relation::ALL {
            let pairs = self.related_pairs(relation, &by_id);
            let (forward, backward) = relation.sections();
            out.add_u64s(forward, &pairs);
            let mut inverse: Vec<u64> = pairs.iter().map(|pair| pair.rotate_left(32)).collect();
            inverse.sort_unstable();
            out.add_u64s(backward, &inverse);
        }
        out.finish()
    }

    fn sorted_by_id(&self) -> Vec<u32> {
        // Ids hardly ever agree in their first 8 bytes, and what is compared is better sorted than pointed at.
        let leading =
            |id: &ObjectId| id.as_slice().iter().take(8).fold(0, |number, b| number << 8 | u64::from(*b));
        let mut order: Vec<(u64, u32)> =
            self.ids.iter().zip(0..).map(|(id, ordinal)| (leading(id), ordinal)).collect();
        order.sort_unstable_by(|a, b| {
            a.0.cmp(&b.0).then_with(|| self.ids[a.1 as usize].cmp(&self.ids[b.1 as usize]))
        });
        order.into_iter().map(|(_, ordinal)| ordinal).collect()
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

    /// The pairs (from, to) of a relation as `from << 32 | to`, sorted, each once.
    fn related_pairs(&self, relation: Relation, by_id: &[u32]) -> Vec<u64> {
        let mut by_subject: HashMap<u64, Vec<CommitOrdinal>> = HashMap::new();
        for (_, name) in &self.names {
            if let Some(subject) = name.subject {
                by_subject.entry(subject).or_default();
            }
        }
        for (index, subject) in self.subjects.iter().enumerate() {
            if let Some(commits) = by_subject.get_mut(subject) {
                commits.push(CommitOrdinal(index as u32));
            }
        }
        let mut pairs: Vec<u64> = self
            .names
            .iter()
            .filter(|(_, name)| name.relation == relation)
            .filter_map(|(from, name)| {
                let to = self.resolve(*from, name, by_id, &by_subject)?;
                (to != *from).then_some(u64::from(from.0) << 32 | u64::from(to.0))
            })
            .collect();
        pairs.sort_unstable();
        pairs.dedup();
        pairs
    }

    /// The commit that is meant: by its id if one alone fits, else the latest earlier one with that subject.
    fn resolve(
        &self,
        from: CommitOrdinal,
        name: &NamedCommit,
        by_id: &[u32],
        by_subject: &HashMap<u64, Vec<CommitOrdinal>>,
    ) -> Option<CommitOrdinal> {
        let same_subject = name.subject.and_then(|subject| by_subject.get(&subject));
        if let Some(prefix) = name.hex.as_deref().and_then(|hex| gix::hash::Prefix::from_hex(hex).ok()) {
            let start =
                by_id.partition_point(|o| prefix.cmp_oid(&self.ids[*o as usize]) == Ordering::Greater);
            let fits = by_id[start..]
                .iter()
                .map(|ordinal| CommitOrdinal(*ordinal))
                .take_while(|ordinal| prefix.cmp_oid(&self.ids[ordinal.index()]) == Ordering::Equal);
            let fits: Vec<CommitOrdinal> = fits.collect();
            match (&fits[..], same_subject) {
                ([only], _) => return Some(*only),
                ([], _) => {}
                (several, Some(same)) => return several.iter().copied().find(|commit| same.contains(commit)),
                (_, None) => return None,
            }
        }
        let earlier = same_subject?.iter().copied().filter(|commit| *commit < from);
        earlier.max_by_key(|commit| (self.dates[commit.index()], *commit))
    }
}

fn json_lines<T: Serialize>(items: &[T]) -> Vec<u8> {
    let mut out = Vec::new();
    for item in items {
        // Writing plain structures of numbers and strings to memory cannot fail.
        if serde_json::to_writer(&mut out, item).is_ok() {
            out.push(b'\n');
        }
    }
    out
}

fn read_json_lines<T: for<'de> Deserialize<'de>>(
    section: &'static str,
    bytes: &[u8],
) -> Result<Vec<T>, SectionError> {
    let items = serde_json::Deserializer::from_slice(bytes).into_iter::<T>();
    items.collect::<Result<_, _>>().map_err(|error| SectionError::Content(section, error.to_string()))
}

/// The graph as it is read: mapped, not loaded.
pub struct CommitGraph {
    sections: SectionReader,
    ids: OwnedBytes,
    by_id: Numbers<4>,
    dates: Numbers<8>,
    patches: Numbers<8>,
    by_patch: Numbers<4>,
    subjects: Numbers<8>,
    hunks: Numbers<4>,
    parents: Numbers<4>,
    parent_ends: Numbers<4>,
    releases: Numbers<4>,
    related: HashMap<Relation, (Numbers<8>, Numbers<8>)>,
    tags: Vec<ReleaseTag>,
}

/// What a possibly abbreviated id leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FoundCommit {
    /// One commit.
    One(CommitOrdinal),
    /// None is indexed.
    None,
    /// Several; some of them.
    Several(Vec<ObjectId>),
}

const ID_BYTES: usize = 20;

impl CommitGraph {
    /// Opens a graph file.
    ///
    /// # Errors
    /// Where the file is damaged; content is only checked by [`CommitGraph::verify`].
    pub fn open(file: &OwnedBytes) -> Result<CommitGraph, SectionError> {
        let sections = SectionReader::open(file)?;
        let ids = sections.section("ids")?;
        let graph = CommitGraph {
            by_id: Numbers::new(sections.section("by-id")?),
            dates: Numbers::new(sections.section("dates")?),
            patches: Numbers::new(sections.section("patches")?),
            by_patch: Numbers::new(sections.section("by-patch")?),
            subjects: Numbers::new(sections.section("subjects")?),
            hunks: Numbers::new(sections.section("hunks")?),
            parents: Numbers::new(sections.section("parents")?),
            parent_ends: Numbers::new(sections.section("parent-ends")?),
            releases: Numbers::new(sections.section("releases")?),
            related: Relation::ALL
                .into_iter()
                .map(|relation| {
                    let (forward, backward) = relation.sections();
                    let pairs =
                        (Numbers::new(sections.section(forward)?), Numbers::new(sections.section(backward)?));
                    Ok((relation, pairs))
                })
                .collect::<Result<_, SectionError>>()?,
            tags: read_json_lines("tags", &sections.section("tags")?)?,
            ids,
            sections,
        };
        let commits = graph.len();
        let lengths = [graph.by_id.len(), graph.dates.len(), graph.patches.len(), graph.subjects.len()];
        let more = [graph.by_patch.len(), graph.hunks.len(), graph.parent_ends.len(), graph.releases.len()];
        if lengths.iter().chain(&more).any(|len| *len != commits) {
            return Err(SectionError::Content(
                "ids",
                "the sections disagree on the number of commits".into(),
            ));
        }
        Ok(graph)
    }

    /// The number of commits.
    pub fn len(&self) -> usize {
        self.ids.len() / ID_BYTES
    }

    /// Whether there is no commit.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A commit's id.
    pub fn id(&self, commit: CommitOrdinal) -> ObjectId {
        ObjectId::from_bytes_or_panic(&self.ids[commit.index() * ID_BYTES..][..ID_BYTES])
    }

    /// The commit with an id.
    pub fn find(&self, id: &gix::oid) -> Option<CommitOrdinal> {
        let at = self.partition_by_id(|other| other < id);
        let found = (at < self.len()).then(|| CommitOrdinal(self.by_id.get(at)))?;
        (self.id(found) == id).then_some(found)
    }

    /// The commit whose id begins with `hex`.
    pub fn find_abbreviated(&self, hex: &str) -> FoundCommit {
        let Ok(prefix) = gix::hash::Prefix::from_hex(hex) else { return FoundCommit::None };
        let start = self.partition_by_id(|id| prefix.cmp_oid(id) == Ordering::Greater);
        let fits: Vec<CommitOrdinal> = (start..self.len())
            .map(|at| CommitOrdinal(self.by_id.get(at)))
            .take_while(|commit| prefix.cmp_oid(&self.id(*commit)) == Ordering::Equal)
            .take(10)
            .collect();
        match fits[..] {
            [] => FoundCommit::None,
            [only] => FoundCommit::One(only),
            _ => FoundCommit::Several(fits.into_iter().map(|commit| self.id(commit)).collect()),
        }
    }

    fn partition_by_id(&self, is_before: impl Fn(&gix::oid) -> bool) -> usize {
        partition_point(0..self.len(), |at| is_before(&self.id(CommitOrdinal(self.by_id.get(at)))))
    }

    /// Commit date in seconds since 1970, UTC.
    pub fn committed_at(&self, commit: CommitOrdinal) -> i64 {
        self.dates.get(commit.index()) as i64
    }

    /// Fingerprint of all changes of the commit; 0 where there are none.
    pub fn patch(&self, commit: CommitOrdinal) -> u64 {
        self.patches.get(commit.index())
    }

    /// The other commits that make the very same change, in the order of indexing.
    pub fn same_patch(&self, commit: CommitOrdinal) -> Vec<CommitOrdinal> {
        let patch = self.patch(commit);
        if patch == 0 {
            return Vec::new();
        }
        let patch_at = |at: usize| self.patch(CommitOrdinal(self.by_patch.get(at)));
        let first = partition_point(0..self.len(), |at| patch_at(at) < patch);
        (first..self.len())
            .take_while(|at| patch_at(*at) == patch)
            .map(|at| CommitOrdinal(self.by_patch.get(at)))
            .filter(|other| *other != commit)
            .collect()
    }

    /// A hash of the commit's subject.
    pub fn subject_hash(&self, commit: CommitOrdinal) -> u64 {
        self.subjects.get(commit.index())
    }

    /// How many hunks are indexed of the commit.
    pub fn hunk_count(&self, commit: CommitOrdinal) -> u32 {
        self.hunks.get(commit.index())
    }

    /// How many hunks are indexed in all.
    pub fn total_hunks(&self) -> u64 {
        (0..self.len()).map(|index| u64::from(self.hunks.get(index))).sum()
    }

    /// The parents that are indexed.
    pub fn parents(&self, commit: CommitOrdinal) -> impl Iterator<Item = CommitOrdinal> + '_ {
        let start = commit.index().checked_sub(1).map_or(0, |before| self.parent_ends.get(before));
        (start..self.parent_ends.get(commit.index())).map(|at| CommitOrdinal(self.parents.get(at as usize)))
    }

    /// The first tagged release that contains the commit.
    pub fn first_release(&self, commit: CommitOrdinal) -> Option<&str> {
        let place = self.releases.get(commit.index()) as usize;
        self.tags.get(place).map(|tag| tag.name.as_str())
    }

    /// The release tags, oldest first.
    pub fn tags(&self) -> &[ReleaseTag] {
        &self.tags
    }

    /// The commits that this one refers to.
    pub fn related(&self, relation: Relation, commit: CommitOrdinal) -> Vec<CommitOrdinal> {
        self.related.get(&relation).map(|(forward, _)| pairs_of(forward, commit)).unwrap_or_default()
    }

    /// The commits that refer to this one.
    pub fn relating(&self, relation: Relation, commit: CommitOrdinal) -> Vec<CommitOrdinal> {
        self.related.get(&relation).map(|(_, backward)| pairs_of(backward, commit)).unwrap_or_default()
    }

    /// The commits that messages name, as they name them.
    ///
    /// # Errors
    /// Where the section is damaged.
    pub fn names(&self) -> Result<Vec<(CommitOrdinal, NamedCommit)>, SectionError> {
        let names: Vec<(u32, NamedCommit)> = read_json_lines("names", &self.sections.section("names")?)?;
        Ok(names.into_iter().map(|(commit, name)| (CommitOrdinal(commit), name)).collect())
    }

    /// What could not be indexed, sorted.
    ///
    /// # Errors
    /// Where the section is damaged.
    pub fn unindexed(&self) -> Result<Vec<UnindexedItem>, SectionError> {
        read_json_lines("unindexed", &self.sections.section("unindexed")?)
    }

    /// The references that were indexed, sorted.
    ///
    /// # Errors
    /// Where the section is damaged.
    pub fn refs(&self) -> Result<Vec<IndexedRef>, SectionError> {
        read_json_lines("refs", &self.sections.section("refs")?)
    }

    /// The commits that `tip` contains, itself included.
    pub fn ancestors(&self, tip: CommitOrdinal) -> CommitSet {
        let mut set = CommitSet { bits: vec![0; self.len().div_ceil(64)] };
        set.insert(tip);
        let mut queue = vec![tip];
        while let Some(commit) = queue.pop() {
            for parent in self.parents(commit) {
                if set.insert(parent) {
                    queue.push(parent);
                }
            }
        }
        set
    }

    /// Compares every section with its checksum and every reference between commits with their number.
    ///
    /// # Errors
    /// The first thing that does not agree.
    pub fn verify(&self) -> Result<(), SectionError> {
        self.sections.verify()?;
        let commits = self.len() as u32;
        let in_range = |number: u32| number < commits;
        if !(0..self.parents.len()).all(|at| in_range(self.parents.get(at))) {
            return Err(SectionError::Content("parents", "a parent is no commit of the index".into()));
        }
        for index in 0..self.len() {
            let commit = CommitOrdinal(index as u32);
            if self.parents(commit).any(|parent| parent >= commit) {
                return Err(SectionError::Content(
                    "parents",
                    format!("commit {} comes before a parent", self.id(commit)),
                ));
            }
            if self.find(&self.id(commit)) != Some(commit) {
                return Err(SectionError::Content(
                    "by-id",
                    format!("commit {} cannot be found", self.id(commit)),
                ));
            }
        }
        for (relation, (forward, backward)) in &self.related {
            let pairs = (0..forward.len())
                .map(|at| forward.get(at))
                .chain((0..backward.len()).map(|at| backward.get(at)));
            for pair in pairs {
                if !in_range((pair >> 32) as u32) || !in_range(pair as u32) {
                    return Err(SectionError::Content(
                        relation.sections().0,
                        "a pair names no commit of the index".into(),
                    ));
                }
            }
        }
        Ok(())
    }
}

/// The second halves of the pairs whose first half is `commit`.
fn pairs_of(pairs: &Numbers<8>, commit: CommitOrdinal) -> Vec<CommitOrdinal> {
    let wanted = u64::from(commit.0) << 32;
    let first = partition_point(0..pairs.len(), |at| pairs.get(at) < wanted);
    (first..pairs.len())
        .map(|at| pairs.get(at))
        .take_while(|pair| pair >> 32 == u64::from(commit.0))
        .map(|pair| CommitOrdinal(pair as u32))
        .collect()
}

/// A set of commits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CommitSet {
    bits: Vec<u64>,
}

impl CommitSet {
    /// Whether the commit belongs to the set.
    pub fn contains(&self, commit: CommitOrdinal) -> bool {
        self.bits.get(commit.index() / 64).is_some_and(|word| word >> (commit.0 % 64) & 1 == 1)
    }

    /// Adds a commit; false where it was there already.
    pub fn insert(&mut self, commit: CommitOrdinal) -> bool {
        let word = commit.index() / 64;
        if word >= self.bits.len() {
            self.bits.resize(word + 1, 0);
        }
        let bit = 1 << (commit.0 % 64);
        let is_new = self.bits[word] & bit == 0;
        self.bits[word] |= bit;
        is_new
    }

    /// How many commits belong to it.
    pub fn len(&self) -> usize {
        self.bits.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Whether none belongs to it.
    pub fn is_empty(&self) -> bool {
        self.bits.iter().all(|word| *word == 0)
    }
}

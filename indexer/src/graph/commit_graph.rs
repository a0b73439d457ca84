//! The graph as it is read: mapped into memory, and looked into where it is asked for.

use gix::ObjectId;
use gix::hash::Prefix;
use tantivy::directory::OwnedBytes;

use crate::graph::absent_origin::{AbsentId, AbsentOrigin, AbsentPlace};
use crate::graph::commit_set::CommitSet;
use crate::graph::graph_file::GraphFile;
use crate::graph::id_order::IdOrder;
use crate::graph::indexed_ref::IndexedRef;
use crate::graph::named_commit::NamedCommit;
use crate::graph::ordinal::CommitOrdinal;
use crate::graph::relation::{CommitPair, Relation};
use crate::graph::release_tag::ReleaseTag;
use crate::graph::section_file::SectionError;
use crate::graph::subject_hash::SubjectHash;
use crate::graph::subsystems::MaintainersFile;
use crate::graph::unindexed_item::UnindexedItem;
use crate::mapped_column::{MappedColumn, partition_point};
use crate::patch_fingerprint::PatchFingerprint;

/// What a possibly abbreviated id leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FoundCommit {
    /// One commit.
    One(CommitOrdinal),
    /// None is indexed.
    None,
    /// Several; ten of them at most.
    Several(Vec<ObjectId>),
}

/// How many commits are named at most where an abbreviated id leads to several.
const NAMED_COMMITS: usize = 10;

/// The graph of an index.
pub struct CommitGraph {
    pub(super) file: GraphFile,
}

impl CommitGraph {
    /// Opens a graph file.
    ///
    /// # Errors
    /// Where the file is damaged; content is only checked by [`CommitGraph::verify`].
    pub fn open(file: &OwnedBytes) -> Result<CommitGraph, SectionError> {
        Ok(CommitGraph { file: GraphFile::decode(file)? })
    }

    /// Compares every section with its checksum.
    ///
    /// # Errors
    /// The first section that does not agree.
    pub fn verify_checksums(&self) -> Result<(), SectionError> {
        self.file.verify_checksums()
    }

    /// The number of commits.
    pub fn len(&self) -> usize {
        self.file.ids.len()
    }

    /// Whether there is no commit.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A commit's id.
    pub fn id(&self, commit: CommitOrdinal) -> ObjectId {
        self.file.ids.id(commit)
    }

    /// The commit with an id.
    pub fn find(&self, id: &gix::oid) -> Option<CommitOrdinal> {
        self.file.ids.find(id)
    }

    /// The commit whose id begins with `hex`.
    pub fn find_abbreviated(&self, hex: &str) -> FoundCommit {
        let Ok(prefix) = Prefix::from_hex(hex) else { return FoundCommit::None };
        let fits: Vec<CommitOrdinal> = self.file.ids.with_prefix(prefix).take(NAMED_COMMITS).collect();
        match fits[..] {
            [] => FoundCommit::None,
            [only] => FoundCommit::One(only),
            _ => FoundCommit::Several(fits.into_iter().map(|commit| self.id(commit)).collect()),
        }
    }

    /// Commit date in seconds since 1970, UTC.
    pub fn committed_at(&self, commit: CommitOrdinal) -> i64 {
        self.file.dates.get(commit.index())
    }

    /// Fingerprint of all changes of the commit; none if it changes nothing.
    pub fn patch(&self, commit: CommitOrdinal) -> Option<PatchFingerprint> {
        self.file.patches.get(commit.index())
    }

    /// The other commits that make the very same change, in the order of indexing.
    pub fn same_patch(&self, commit: CommitOrdinal) -> Vec<CommitOrdinal> {
        let Some(patch) = self.patch(commit) else { return Vec::new() };
        let by_patch = &self.file.by_patch;
        let patch_at = |at: usize| self.patch(by_patch.get(at));
        let first = partition_point(0..self.len(), |at| patch_at(at) < Some(patch));
        (first..self.len())
            .take_while(|at| patch_at(*at) == Some(patch))
            .map(|at| by_patch.get(at))
            .filter(|other| *other != commit)
            .collect()
    }

    /// A hash of the commit's subject.
    pub fn subject_hash(&self, commit: CommitOrdinal) -> SubjectHash {
        self.file.subjects.get(commit.index())
    }

    /// The commits with a subject, in the order of indexing.
    pub fn with_subject(&self, subject: SubjectHash) -> Vec<CommitOrdinal> {
        let by_subject = &self.file.by_subject;
        let subject_at = |at: usize| self.subject_hash(by_subject.get(at));
        let first = partition_point(0..self.len(), |at| subject_at(at) < subject);
        (first..self.len()).take_while(|at| subject_at(*at) == subject).map(|at| by_subject.get(at)).collect()
    }

    /// Whether no reference led to the commit any more when the index was last extended.
    pub fn is_unreferenced(&self, commit: CommitOrdinal) -> bool {
        let unreferenced = &self.file.unreferenced;
        let place = partition_point(0..unreferenced.len(), |at| unreferenced.get(at) < commit);
        place < unreferenced.len() && unreferenced.get(place) == commit
    }

    /// The commits that no reference led to any more, in the order of the index.
    pub fn unreferenced(&self) -> impl Iterator<Item = CommitOrdinal> + '_ {
        self.file.unreferenced.iter()
    }

    /// How many hunks are indexed of the commit.
    pub fn hunk_count(&self, commit: CommitOrdinal) -> u32 {
        self.file.hunks.get(commit.index())
    }

    /// How many hunks are indexed in all.
    pub fn total_hunks(&self) -> u64 {
        self.file.hunks.iter().map(u64::from).sum()
    }

    /// The parents that are indexed.
    pub fn parents(&self, commit: CommitOrdinal) -> impl Iterator<Item = CommitOrdinal> + '_ {
        self.file.parents_of(commit)
    }

    /// The commits that `tip` contains, itself included.
    pub fn ancestors(&self, tip: CommitOrdinal) -> CommitSet {
        let mut set = CommitSet::with_room_for(self.len());
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

    /// The first tagged release that contains the commit.
    pub fn first_release(&self, commit: CommitOrdinal) -> Option<&str> {
        let place = self.file.releases.get(commit.index())?;
        self.file.tags.get(place.0 as usize).map(|tag| tag.name.as_str())
    }

    /// The subsystem that the commit belongs to, by the `MAINTAINERS` file of the index' newest release.
    pub fn subsystem(&self, commit: CommitOrdinal) -> Option<&str> {
        self.file.subsystems.of(commit)
    }

    /// The file by which the subsystems are told; none in an index that was written before they were stored.
    pub fn maintainers(&self) -> Option<&MaintainersFile> {
        self.file.subsystems.file.as_ref()
    }

    /// How many subsystems commits of the index belong to.
    pub fn subsystem_count(&self) -> usize {
        self.file.subsystems.titles.len()
    }

    /// The commits that this one refers to.
    pub fn related(&self, relation: Relation, commit: CommitOrdinal) -> Vec<CommitOrdinal> {
        self.file.pairs.get(&relation).map(|pairs| found_by(&pairs.forward, commit)).unwrap_or_default()
    }

    /// Whether no parent of the commit is indexed: it brings a whole tree.
    pub fn is_root(&self, commit: CommitOrdinal) -> bool {
        self.parents(commit).next().is_none()
    }

    /// The commits that refer to this one.
    pub fn relating(&self, relation: Relation, commit: CommitOrdinal) -> Vec<CommitOrdinal> {
        self.file.pairs.get(&relation).map(|pairs| found_by(&pairs.backward, commit)).unwrap_or_default()
    }
}

/// Origins that are named and not indexed.
impl CommitGraph {
    /// The first origin that the commit's message names, where none of those that it names is indexed.
    pub fn absent_origin(&self, commit: CommitOrdinal) -> Option<AbsentOrigin> {
        let place = self.absent_place(commit)?;
        Some(self.file.absent_ids.get(place.0 as usize).origin())
    }

    /// The commits whose absent origin is the same as this commit's, itself included, in the order of indexing; none if
    /// it has none.
    pub fn fellow_carriers(&self, commit: CommitOrdinal) -> Vec<CommitOrdinal> {
        let Some(place) = self.absent_place(commit) else { return Vec::new() };
        let carriers = self.carriers_at(place);
        carriers.filter(|carrier| self.absent_place(*carrier) == Some(place)).collect()
    }

    /// The absent origins whose id begins with `hex` or is its beginning, each with all commits that name it.
    pub fn find_absent(&self, hex: &str) -> Vec<(AbsentOrigin, Vec<CommitOrdinal>)> {
        let ids = &self.file.absent_ids;
        let Some(asked) = AbsentId::from_hex(&hex.to_ascii_lowercase(), false) else { return Vec::new() };
        let place_of = |id: AbsentId| partition_point(0..ids.len(), |at| ids.get(at).is_before(id));
        let longer = (place_of(asked)..ids.len()).take_while(|at| ids.get(*at).begins_with(asked));
        let beginnings = (1..hex.len()).filter_map(|digits| AbsentId::from_hex(hex.get(..digits)?, false));
        let shorter = beginnings.filter_map(|id| {
            let at = place_of(id);
            (at < ids.len() && !id.is_before(ids.get(at))).then_some(at)
        });
        let found = |at: usize| {
            let carriers: Vec<CommitOrdinal> = self.carriers_at(AbsentPlace(at as u32)).collect();
            // An abbreviation that means a longer id has no carriers of its own.
            (!carriers.is_empty()).then(|| (ids.get(at).origin(), carriers))
        };
        longer.chain(shorter).filter_map(found).collect()
    }

    fn absent_place(&self, commit: CommitOrdinal) -> Option<AbsentPlace> {
        let names = &self.file.absent_origins;
        let first = partition_point(0..names.len(), |at| names.get(at).carrier < commit);
        let name = (first < names.len()).then(|| names.get(first)).filter(|name| name.carrier == commit)?;
        self.related(Relation::Origin, commit).is_empty().then_some(name.origin)
    }

    fn carriers_at(&self, place: AbsentPlace) -> impl Iterator<Item = CommitOrdinal> + '_ {
        let names = &self.file.absent_carriers;
        let first = partition_point(0..names.len(), |at| names.get(at).origin < place);
        (first..names.len())
            .map(|at| names.get(at))
            .take_while(move |name| name.origin == place)
            .map(|name| name.carrier)
    }
}

/// What the graph keeps beside the commits.
impl CommitGraph {
    /// The tags of releases whose commit is indexed, oldest first.
    pub fn tags(&self) -> &[ReleaseTag] {
        &self.file.tags
    }

    /// The commits that messages name, as they name them, each with the commit whose message it is.
    ///
    /// # Errors
    /// Where the section is damaged.
    pub fn names(&self) -> Result<Vec<(CommitOrdinal, NamedCommit)>, SectionError> {
        self.file.names()
    }

    /// What could not be indexed, sorted.
    ///
    /// # Errors
    /// Where the section is damaged.
    pub fn unindexed(&self) -> Result<Vec<UnindexedItem>, SectionError> {
        self.file.unindexed()
    }

    /// The references that were indexed, sorted.
    ///
    /// # Errors
    /// Where the section is damaged.
    pub fn refs(&self) -> Result<Vec<IndexedRef>, SectionError> {
        self.file.refs()
    }
}

/// What sorted pairs have for a commit.
fn found_by(pairs: &MappedColumn<CommitPair>, commit: CommitOrdinal) -> Vec<CommitOrdinal> {
    let first = partition_point(0..pairs.len(), |at| pairs.get(at).key < commit);
    (first..pairs.len())
        .map(|at| pairs.get(at))
        .take_while(|pair| pair.key == commit)
        .map(|pair| pair.found)
        .collect()
}

//! The commit graph as a file: how its content becomes sections, and how the sections are read.
//!
//! `graph-N.bin` is a file of sections (see [`crate::graph::section_file`]). With n commits it has these; all numbers are
//! little-endian.
//!
//! | section | content |
//! |---|---|
//! | `ids` | n × 20 bytes: the commit ids by ordinal |
//! | `by-id` | n × u32: ordinals sorted by id |
//! | `dates` | n × i64: commit dates in seconds since 1970, UTC |
//! | `patches` | n × u64: fingerprint of the whole change, 0 where there is none |
//! | `by-patch` | n × u32: ordinals sorted by that fingerprint, then by ordinal |
//! | `subjects` | n × u64: xxh3-64 of the subject without white space at its ends |
//! | `by-subject` | n × u32: ordinals sorted by that hash, then by ordinal |
//! | `hunks` | n × u32: how many hunks are indexed |
//! | `parents` | u32: the indexed parents' ordinals, commit after commit |
//! | `parent-ends` | n × u32: where each commit's parents end in `parents`; they begin where the last one's end |
//! | `releases` | n × u32: place in `tags` of the first release, 0xFFFFFFFF for none |
//! | `tags` | JSON lines `{"name","commit"}`: release tags whose commit is indexed, by its date, then by name |
//! | `refs` | JSON lines `{"repository","name","commit"}`: references as they were when last indexed |
//! | `names` | JSON lines `[ordinal,{"relation","hex","subject"}]`: commits that messages name; the subject as its hash |
//! | `unreferenced` | u32, sorted: the commits that no reference led to at the end of the last run that was completed; absent in format 5 |
//! | `maintainers` | JSON `{"release","commit","rules"}`: whose `MAINTAINERS` file tells the subsystems, and by which rules; empty for none |
//! | `maintainers-file` | that file, compressed with zstd; an empty text where the release has none that can be used |
//! | `subsystems` | JSON lines: the titles of the file's sections that commits belong to |
//! | `subsystem-of` | n × u32: place in `subsystems`, 0xFFFFFFFF for none; empty where no commit belongs to any |
//! | `unindexed` | JSON lines `{"commit","path","reason"}`: what could not be indexed; no path for a whole commit |
//! | `origins`, `reverts`, `fixes` | u64, sorted: pairs `from << 32 \| to` of ordinals, resolved from `names` |
//! | `absent-ids` | 22 bytes each, sorted: origins that messages name and that are not indexed: the id with zeros behind its digits, the number of digits, and 1 if a message says that it is upstream |
//! | `absent-origins` | u64, by the commit: pairs `commit << 32 \| place` in `absent-ids`, as the messages have them |
//! | `absent-carriers` | the same pairs, sorted by the place |
//! | `carriers`, `reverted-by`, `fixed-by` | the same pairs with the halves exchanged, sorted |
//!
//! An index that was written before subsystems were stored has none of their four sections, and is read as one that knows of
//! no subsystem; a program of that time passes them over, and leaves them out of what it writes.

use std::collections::BTreeMap;

use gix::ObjectId;
use serde::{Deserialize, Serialize};
use tantivy::directory::OwnedBytes;

use crate::graph::absent_origin::{AbsentId, AbsentName, AbsentOrigins};
use crate::graph::first_release::TagPlace;
use crate::graph::id_order::MappedIds;
use crate::graph::indexed_ref::IndexedRef;
use crate::graph::named_commit::NamedCommit;
use crate::graph::ordinal::CommitOrdinal;
use crate::graph::relation::{CommitPair, Relation};
use crate::graph::release_tag::ReleaseTag;
use crate::graph::section_file::{SectionError, SectionReader, SectionWriter};
use crate::graph::subject_hash::SubjectHash;
use crate::graph::subsystems::{MaintainersFile, MaintainersSource, MappedSubsystems, Subsystems};
use crate::graph::unindexed_item::UnindexedItem;
use crate::mapped_column::{FixedWidth, MappedColumn};
use crate::patch_fingerprint::PatchFingerprint;

/// The sections' names.
pub mod section {
    pub const IDS: &str = "ids";
    pub const BY_ID: &str = "by-id";
    pub const DATES: &str = "dates";
    pub const PATCHES: &str = "patches";
    pub const BY_PATCH: &str = "by-patch";
    pub const SUBJECTS: &str = "subjects";
    pub const BY_SUBJECT: &str = "by-subject";
    pub const HUNKS: &str = "hunks";
    pub const PARENTS: &str = "parents";
    pub const PARENT_ENDS: &str = "parent-ends";
    pub const RELEASES: &str = "releases";
    pub const TAGS: &str = "tags";
    pub const NAMES: &str = "names";
    pub const ABSENT_IDS: &str = "absent-ids";
    pub const ABSENT_ORIGINS: &str = "absent-origins";
    pub const ABSENT_CARRIERS: &str = "absent-carriers";
    pub const REFS: &str = "refs";
    pub const UNINDEXED: &str = "unindexed";
    pub const UNREFERENCED: &str = "unreferenced";
    pub const MAINTAINERS: &str = "maintainers";
    pub const MAINTAINERS_FILE: &str = "maintainers-file";
    pub const SUBSYSTEMS: &str = "subsystems";
    pub const SUBSYSTEM_OF: &str = "subsystem-of";
}

/// The sections that subsystems are stored in.
#[cfg(test)]
pub const SUBSYSTEM_SECTIONS: [&str; 4] =
    [section::MAINTAINERS, section::MAINTAINERS_FILE, section::SUBSYSTEMS, section::SUBSYSTEM_OF];

/// A fingerprint is stored as its number, and 0 stands for none.
impl FixedWidth for Option<PatchFingerprint> {
    type Bytes = [u8; 8];

    fn to_bytes(self) -> [u8; 8] {
        self.map_or(0, PatchFingerprint::number).to_le_bytes()
    }

    fn from_bytes(bytes: [u8; 8]) -> Option<PatchFingerprint> {
        PatchFingerprint::from_number(u64::from_le_bytes(bytes))
    }
}

/// What is written to a graph file.
pub struct GraphContent<'a> {
    /// The commits' ids, by ordinal like all slices that are not said to be sorted otherwise.
    pub ids: &'a [ObjectId],
    /// The commits, sorted by id.
    pub by_id: &'a [CommitOrdinal],
    /// Commit dates in seconds since 1970, UTC.
    pub dates: &'a [i64],
    /// Fingerprints of the whole changes.
    pub patches: &'a [Option<PatchFingerprint>],
    /// The commits, sorted by fingerprint and ordinal.
    pub by_patch: &'a [CommitOrdinal],
    /// Hashes of the subjects.
    pub subjects: &'a [SubjectHash],
    /// The commits, sorted by that hash and ordinal.
    pub by_subject: &'a [CommitOrdinal],
    /// Numbers of hunks.
    pub hunks: &'a [u32],
    /// The parents that are indexed.
    pub parents: &'a [Vec<CommitOrdinal>],
    /// The first releases.
    pub releases: &'a [Option<TagPlace>],
    /// The release tags, oldest first.
    pub tags: &'a [ReleaseTag],
    /// The commits that messages name, each with the commit whose message it is.
    pub names: &'a [(CommitOrdinal, NamedCommit)],
    /// The origins that they name and that are not indexed.
    pub absent: &'a AbsentOrigins,
    /// The references that were indexed, sorted.
    pub refs: &'a [IndexedRef],
    /// What could not be indexed, sorted.
    pub unindexed: &'a [UnindexedItem],
    /// The commits that no reference leads to, sorted.
    pub unreferenced: &'a [CommitOrdinal],
    /// The file that tells the subsystems of commits.
    pub maintainers: Option<&'a MaintainersFile>,
    /// The subsystems of commits.
    pub subsystems: &'a Subsystems,
    /// For each relation the pairs of a commit and one that it refers to, sorted.
    pub pairs: &'a BTreeMap<Relation, Vec<CommitPair>>,
}

impl GraphContent<'_> {
    /// The whole file.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = SectionWriter::default();
        out.add_column(section::IDS, self.ids.iter().copied());
        out.add_column(section::BY_ID, self.by_id.iter().copied());
        out.add_column(section::DATES, self.dates.iter().copied());
        out.add_column(section::PATCHES, self.patches.iter().copied());
        out.add_column(section::BY_PATCH, self.by_patch.iter().copied());
        out.add_column(section::SUBJECTS, self.subjects.iter().copied());
        out.add_column(section::BY_SUBJECT, self.by_subject.iter().copied());
        out.add_column(section::HUNKS, self.hunks.iter().copied());
        out.add_column(section::PARENTS, self.parents.iter().flatten().copied());
        let ends = self.parents.iter().scan(0, |end, parents| {
            *end += parents.len() as u32;
            Some(*end)
        });
        out.add_column(section::PARENT_ENDS, ends);
        out.add_column(section::RELEASES, self.releases.iter().copied());
        out.add(section::TAGS, json_lines(self.tags));
        out.add(section::NAMES, json_lines(self.names));
        out.add_column(section::ABSENT_IDS, self.absent.ids.iter().copied());
        out.add_column(section::ABSENT_ORIGINS, self.absent.by_carrier.iter().copied());
        out.add_column(section::ABSENT_CARRIERS, self.absent.by_origin.iter().copied());
        out.add(section::REFS, json_lines(self.refs));
        out.add(section::UNINDEXED, json_lines(self.unindexed));
        out.add_column(section::UNREFERENCED, self.unreferenced.iter().copied());
        let source = self.maintainers.map(|file| file.source.clone());
        out.add(section::MAINTAINERS, json_lines(source.as_slice()));
        let file = self.maintainers.map(|file| file.compressed.clone());
        out.add(section::MAINTAINERS_FILE, file.unwrap_or_default());
        out.add(section::SUBSYSTEMS, json_lines(self.subsystems.titles()));
        out.add_column(section::SUBSYSTEM_OF, self.subsystems.column(self.ids.len()));
        for (relation, pairs) in self.pairs {
            out.add_column(relation.name(), pairs.iter().copied());
            let mut inverse: Vec<CommitPair> = pairs.iter().map(|pair| pair.inverse()).collect();
            inverse.sort_unstable();
            out.add_column(relation.inverse_name(), inverse);
        }
        out.finish()
    }
}

/// A graph file that is mapped into memory; the fields are those of [`GraphContent`].
pub struct GraphFile {
    pub ids: MappedIds,
    pub dates: MappedColumn<i64>,
    pub patches: MappedColumn<Option<PatchFingerprint>>,
    pub by_patch: MappedColumn<CommitOrdinal>,
    pub subjects: MappedColumn<SubjectHash>,
    pub by_subject: MappedColumn<CommitOrdinal>,
    pub hunks: MappedColumn<u32>,
    /// The parents of all commits, one commit behind the other.
    pub parents: MappedColumn<CommitOrdinal>,
    /// Where the parents of each commit end.
    parent_ends: MappedColumn<u32>,
    pub releases: MappedColumn<Option<TagPlace>>,
    pub tags: Vec<ReleaseTag>,
    pub pairs: BTreeMap<Relation, MappedPairs>,
    /// The ids of origins that are not indexed, sorted.
    pub absent_ids: MappedColumn<AbsentId>,
    /// Who names which of them, by the commit.
    pub absent_origins: MappedColumn<AbsentName>,
    /// The same, sorted by the origin.
    pub absent_carriers: MappedColumn<AbsentName>,
    /// The commits that no reference leads to, sorted.
    pub unreferenced: MappedColumn<CommitOrdinal>,
    pub subsystems: MappedSubsystems,
    sections: SectionReader,
}

/// The pairs of one relation, in both directions.
pub struct MappedPairs {
    /// By the commit that refers to another.
    pub forward: MappedColumn<CommitPair>,
    /// By the commit that is referred to.
    pub backward: MappedColumn<CommitPair>,
}

impl GraphFile {
    /// Opens a graph file.
    ///
    /// # Errors
    /// Where the file is damaged; the content of columns is not looked at.
    pub fn decode(file: &OwnedBytes) -> Result<GraphFile, SectionError> {
        let sections = SectionReader::open(file)?;
        let pairs = |relation: Relation| {
            let forward = sections.column(relation.name())?;
            Ok((relation, MappedPairs { forward, backward: sections.column(relation.inverse_name())? }))
        };
        let graph = GraphFile {
            ids: MappedIds { ids: sections.column(section::IDS)?, order: sections.column(section::BY_ID)? },
            dates: sections.column(section::DATES)?,
            patches: sections.column(section::PATCHES)?,
            by_patch: sections.column(section::BY_PATCH)?,
            subjects: sections.column(section::SUBJECTS)?,
            by_subject: sections.column(section::BY_SUBJECT)?,
            hunks: sections.column(section::HUNKS)?,
            parents: sections.column(section::PARENTS)?,
            parent_ends: sections.column(section::PARENT_ENDS)?,
            releases: sections.column(section::RELEASES)?,
            tags: read_json_lines(section::TAGS, &sections.section(section::TAGS)?)?,
            absent_ids: sections.column(section::ABSENT_IDS)?,
            absent_origins: sections.column(section::ABSENT_ORIGINS)?,
            absent_carriers: sections.column(section::ABSENT_CARRIERS)?,
            pairs: Relation::ALL.into_iter().map(pairs).collect::<Result<_, SectionError>>()?,
            unreferenced: MappedColumn::new(since_later(sections.section(section::UNREFERENCED))?),
            subsystems: read_subsystems(&sections)?,
            sections,
        };
        let commits = graph.ids.ids.len();
        let lengths = [
            graph.ids.order.len(),
            graph.dates.len(),
            graph.patches.len(),
            graph.by_patch.len(),
            graph.subjects.len(),
            graph.by_subject.len(),
            graph.hunks.len(),
            graph.parent_ends.len(),
            graph.releases.len(),
        ];
        if lengths.iter().any(|len| *len != commits) {
            let message = "the sections disagree on the number of commits".to_owned();
            return Err(SectionError::Content(section::IDS, message));
        }
        Ok(graph)
    }

    /// The parents of a commit.
    pub fn parents_of(&self, commit: CommitOrdinal) -> impl Iterator<Item = CommitOrdinal> + '_ {
        let start = commit.index().checked_sub(1).map_or(0, |before| self.parent_ends.get(before));
        (start..self.parent_ends.get(commit.index())).map(|at| self.parents.get(at as usize))
    }

    /// The commits that messages name.
    ///
    /// # Errors
    /// Where the section is damaged.
    pub fn names(&self) -> Result<Vec<(CommitOrdinal, NamedCommit)>, SectionError> {
        read_json_lines(section::NAMES, &self.sections.section(section::NAMES)?)
    }

    /// What could not be indexed.
    ///
    /// # Errors
    /// Where the section is damaged.
    pub fn unindexed(&self) -> Result<Vec<UnindexedItem>, SectionError> {
        read_json_lines(section::UNINDEXED, &self.sections.section(section::UNINDEXED)?)
    }

    /// The references that were indexed.
    ///
    /// # Errors
    /// Where the section is damaged.
    pub fn refs(&self) -> Result<Vec<IndexedRef>, SectionError> {
        read_json_lines(section::REFS, &self.sections.section(section::REFS)?)
    }

    /// Compares every section with its checksum.
    ///
    /// # Errors
    /// The first section that does not agree.
    pub fn verify_checksums(&self) -> Result<(), SectionError> {
        self.sections.verify()
    }
}

/// A section that older indexes have not got: it is empty there.
fn since_later(found: Result<OwnedBytes, SectionError>) -> Result<OwnedBytes, SectionError> {
    match found {
        Err(SectionError::Missing(_)) => Ok(OwnedBytes::empty()),
        found => found,
    }
}

fn read_subsystems(sections: &SectionReader) -> Result<MappedSubsystems, SectionError> {
    let section = |name| since_later(sections.section(name));
    let source: Vec<MaintainersSource> =
        read_json_lines(section::MAINTAINERS, &section(section::MAINTAINERS)?)?;
    let compressed = section(section::MAINTAINERS_FILE)?;
    let file = |source| MaintainersFile { source, compressed: compressed.to_vec() };
    Ok(MappedSubsystems {
        file: source.into_iter().next().map(file),
        titles: read_json_lines(section::SUBSYSTEMS, &section(section::SUBSYSTEMS)?)?,
        of_commits: MappedColumn::new(section(section::SUBSYSTEM_OF)?),
    })
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

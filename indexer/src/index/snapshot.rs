//! An index as it is read: the segments and the graph of one generation, unchanging while it is held.

mod content_digest;
mod hunk_retrieval;
mod integrity;
mod segment;
pub mod verification;

use std::path::Path;
use std::sync::{Arc, Mutex};

use serde::de::DeserializeOwned;
use tantivy::{DocId, ReloadPolicy, Searcher};

use crate::fingerprint::TermNumber;
use crate::graph::{CommitGraph, CommitOrdinal};
use crate::index::folder::{IndexError, IndexFolder, OpenedGraph, OpenedSegments};
use crate::index::generation::Generation;
use crate::index::guarded_map::GuardedMap;
use crate::index::hunk_search::{AgreementTable, SearchedSegment};
pub use crate::index::known_damage::IndexPart;
use crate::index::known_damage::KnownDamage;
use crate::segment::commit_message::CommitMessage;
use crate::segment::commit_record::{CommitRecord, CommitSubject};
use crate::segment::record_blocks::Record;
use crate::segment::segment_files::{Dictionaries, dictionaries_of};
use crate::segment::stored_hunk::HunkView;
use segment::OpenSegment;

/// How often opening is tried again while a writer changes the index underneath.
const OPEN_ATTEMPTS: usize = 20;

/// One generation of an index.
pub struct Snapshot {
    folder: IndexFolder,
    generation: Generation,
    graph: CommitGraph,
    searcher: Searcher,
    segments: Vec<OpenSegment>,
    /// All files that are mapped.
    maps: Vec<Arc<GuardedMap>>,
    damage: KnownDamage,
    hunks: u64,
    /// Empty tables that no search uses just now: they are large, and making one takes longer than most searches.
    tables: Mutex<Vec<AgreementTable>>,
}

/// The records of a commit.
#[derive(Clone, Debug)]
pub struct StoredCommit {
    /// What describes it.
    pub record: Vec<u8>,
    /// Its message; none if there is none.
    pub message: Option<Vec<u8>>,
}

impl Snapshot {
    /// Opens what is current in the index at `path`.
    ///
    /// # Errors
    /// Where there is no index, nothing was committed to it yet, or it is damaged.
    pub fn open(path: &Path) -> Result<Snapshot, IndexError> {
        let folder = IndexFolder::open(path)?;
        let mut last_error = None;
        for _ in 0..OPEN_ATTEMPTS {
            match Snapshot::try_open(&folder) {
                Ok(Some(snapshot)) => return Ok(snapshot),
                // A writer has committed between two looks, or removed a file that it has replaced.
                Ok(None) => {}
                Err(error @ IndexError::Absent(_)) => return Err(error),
                Err(error) => last_error = Some(error),
            }
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        Err(last_error.unwrap_or_else(|| folder.damaged(&"it keeps changing while it is opened")))
    }

    /// Opens what is current; none if it has changed meanwhile.
    ///
    /// tantivy trusts its files: of a damaged one it may say so, or panic.
    fn try_open(folder: &IndexFolder) -> Result<Option<Snapshot>, IndexError> {
        std::panic::catch_unwind(|| Snapshot::open_trusting(folder)).unwrap_or_else(|_| {
            Err(folder.damaged(&"a file of it cannot be read; 'hunktrace verify' may say which"))
        })
    }

    fn open_trusting(folder: &IndexFolder) -> Result<Option<Snapshot>, IndexError> {
        let fail = |error: tantivy::TantivyError| folder.tantivy_error(&error);
        let OpenedSegments { index, fields, directory } = folder.open_segments()?;
        let Some(generation) = folder.generation(&index)? else {
            return Err(IndexError::Absent(folder.path().to_owned()));
        };
        let OpenedGraph { graph, map } = folder.open_graph(&generation)?;
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into().map_err(fail)?;
        let searcher: Searcher = reader.searcher();
        let segments = searcher.segment_readers().iter().map(|segment| OpenSegment::open(segment, &fields));
        let segments = segments.collect::<tantivy::Result<Vec<_>>>().map_err(fail)?;
        let unchanged = folder.generation(&index)?.as_ref() == Some(&generation);
        let maps = directory.take_maps().into_iter().chain(map).collect();
        let hunks = graph.total_hunks();
        let snapshot = Snapshot {
            folder: folder.clone(),
            generation,
            graph,
            searcher,
            segments,
            maps,
            damage: KnownDamage::default(),
            hunks,
            tables: Mutex::default(),
        };
        Ok(unchanged.then_some(snapshot))
    }

    /// The generation that this is a snapshot of.
    pub fn generation(&self) -> &Generation {
        &self.generation
    }

    /// Whether the index has moved on since; what cannot be told now counts as no.
    pub fn is_outdated(&self) -> bool {
        let current = self.folder.generation(self.searcher.index());
        matches!(current, Ok(Some(current)) if current != self.generation)
    }

    /// The commit graph.
    pub fn graph(&self) -> &CommitGraph {
        &self.graph
    }

    /// The folder of the index.
    pub fn folder(&self) -> &IndexFolder {
        &self.folder
    }

    /// How many segments there are.
    pub fn segment_count(&self) -> usize {
        self.segments.len()
    }

    /// What is stored of a commit; none if its object could not be read.
    ///
    /// # Errors
    /// Where the index cannot be read.
    pub fn commit_record(&self, commit: CommitOrdinal) -> Result<Option<CommitRecord>, IndexError> {
        self.described(commit)
    }

    /// A commit's subject; none if its object could not be read.
    ///
    /// # Errors
    /// Where the index cannot be read.
    pub fn commit_subject(&self, commit: CommitOrdinal) -> Result<Option<String>, IndexError> {
        Ok(self.described(commit)?.map(|CommitSubject { subject }| subject))
    }

    /// A commit's message, whole; none if its object could not be read. Who asks for many asks in the order of the index.
    ///
    /// # Errors
    /// Where the index cannot be read.
    pub fn commit_message(&self, commit: CommitOrdinal) -> Result<Option<CommitMessage>, IndexError> {
        self.ensure_sound(IndexPart::Messages)?;
        let Some(record) = self.message_record(commit)? else { return Ok(None) };
        let damaged = || {
            let message = format!("the message of commit {} makes no sense", self.graph.id(commit));
            self.found_damage(IndexPart::Messages, message)
        };
        CommitMessage::decode(&record).map(Some).ok_or_else(damaged)
    }

    fn message_record(&self, commit: CommitOrdinal) -> Result<Option<Record>, IndexError> {
        for segment in &self.segments {
            let record = segment.message(commit).map_err(|error| self.message_error(&error))?;
            if record.is_some() {
                return Ok(record);
            }
        }
        Ok(None)
    }

    /// A commit's record, or a part of it.
    fn described<T: DeserializeOwned>(&self, commit: CommitOrdinal) -> Result<Option<T>, IndexError> {
        self.ensure_sound(IndexPart::Core)?;
        for segment in &self.segments {
            let doc = segment.description_of(commit).map_err(|error| self.read_error(&error))?;
            if let Some(doc) = doc {
                let bytes = self.record(segment, doc)?;
                return serde_json::from_slice(&bytes).map(Some).map_err(|error| self.senseless(&error));
            }
        }
        Ok(None)
    }

    /// What is stored of a commit, as it lies in its records; none if its object could not be read.
    ///
    /// # Errors
    /// Where the index cannot be read.
    pub fn stored_commit(&self, commit: CommitOrdinal) -> Result<Option<StoredCommit>, IndexError> {
        for segment in &self.segments {
            let doc = segment.description_of(commit).map_err(|error| self.read_error(&error))?;
            if let Some(doc) = doc {
                let message = self.message_record(commit)?.map(|message| message.to_vec());
                return Ok(Some(StoredCommit { record: self.record(segment, doc)?.to_vec(), message }));
            }
        }
        Ok(None)
    }

    /// What its records and messages are compressed with.
    ///
    /// # Errors
    /// Where the index cannot be read.
    pub fn dictionaries(&self) -> Result<Dictionaries, IndexError> {
        let found = dictionaries_of(self.searcher.index());
        Ok(found.map_err(|error| self.folder.tantivy_error(&error))?.unwrap_or_default())
    }

    /// Calls `visit` with every term of lines, ascending, and with how many hunks have it.
    ///
    /// # Errors
    /// Where the index cannot be read.
    pub fn for_each_line_term(&self, mut visit: impl FnMut(TermNumber, u32)) -> Result<(), IndexError> {
        let mut walk = || -> std::io::Result<()> {
            let mut parts: Vec<_> = self.segments.iter().map(OpenSegment::line_terms).collect();
            let mut heads = parts.iter_mut().map(|part| part.next_term()).collect::<Result<Vec<_>, _>>()?;
            while let Some(term) = heads.iter().flatten().map(|head| head.term).min() {
                let mut hunks = 0;
                for (head, part) in heads.iter_mut().zip(&mut parts) {
                    if let Some(own) = head.filter(|own| own.term == term) {
                        hunks += own.documents.count();
                        *head = part.next_term()?;
                    }
                }
                visit(term, hunks);
            }
            Ok(())
        };
        walk().map_err(|error| self.read_error(&error))
    }

    /// Calls `visit` with every hunk and its commit, as they lie in the index.
    ///
    /// # Errors
    /// Where the index cannot be read, and those of `visit`, which is not called again then.
    pub fn for_each_hunk(
        &self,
        visit: &mut dyn FnMut(CommitOrdinal, &HunkView<'_>) -> Result<(), IndexError>,
    ) -> Result<(), IndexError> {
        self.ensure_sound(IndexPart::Core)?;
        for segment in &self.segments {
            for doc in segment.docs().filter(|doc| segment.number_of(*doc).is_some()) {
                self.existing_commit(segment, doc)?;
                let bytes = self.record(segment, doc)?;
                let hunk = HunkView::decode(&bytes).map_err(|error| self.senseless(&error))?;
                visit(segment.commit_of(doc), &hunk)?;
            }
        }
        Ok(())
    }

    /// The id of the commit that a document belongs to.
    fn existing_commit(&self, segment: &OpenSegment, doc: DocId) -> Result<gix::ObjectId, IndexError> {
        let commit = segment.commit_of(doc);
        if commit.index() >= self.graph.len() {
            return Err(self
                .folder
                .damaged(&format!("a document names commit {}, which is not there", commit.0)));
        }
        Ok(self.graph.id(commit))
    }

    /// The commits that a segment has places for messages of.
    fn message_commits<'a>(
        &'a self,
        segment: &'a OpenSegment,
    ) -> impl Iterator<Item = Result<CommitOrdinal, IndexError>> + 'a {
        let existing = |commit: CommitOrdinal| match commit.index() < self.graph.len() {
            true => Ok(commit),
            false => {
                Err(self.folder.damaged(&format!("a message is of commit {}, which is not there", commit.0)))
            }
        };
        segment.message_commits().map(existing)
    }

    fn read_error(&self, error: &std::io::Error) -> IndexError {
        self.part_error(IndexPart::Core, error)
    }

    fn message_error(&self, error: &std::io::Error) -> IndexError {
        self.part_error(IndexPart::Messages, error)
    }

    fn part_error(&self, part: IndexPart, error: &std::io::Error) -> IndexError {
        match error.kind() {
            std::io::ErrorKind::InvalidData => self.found_damage(part, error.to_string()),
            _ => IndexError::reading(self.folder.path(), error),
        }
    }

    /// The error for a record that is whole and makes no sense.
    fn senseless(&self, error: &dyn std::fmt::Display) -> IndexError {
        self.found_damage(IndexPart::Core, format!("a record makes no sense: {error}"))
    }

    fn record(&self, segment: &OpenSegment, doc: DocId) -> Result<Record, IndexError> {
        segment.record(doc).map_err(|error| self.read_error(&error))
    }
}

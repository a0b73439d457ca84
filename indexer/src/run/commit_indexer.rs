//! One commit to its documents and its entry in the graph.

use bstr::ByteSlice;
use gix::ObjectId;
use gix::objs::CommitRef;
use tantivy::TantivyDocument;

use crate::fingerprint::{LineHasher, TERM_BYTES, sampled_terms};
use crate::git::commit_diff::{FileDiff, Unindexed};
use crate::git::repository::RepositoryError;
use crate::graph::{CUT_OFF, CommitOrdinal, GraphEntry, NamedCommit, Relation, SubjectHash, UnindexedItem};
use crate::maintainers::Maintainers;
use crate::maintainers::commit_subsystem::{CommitLines, SubsystemFinder};
use crate::message::{CommitRef as NamedRef, MessageFacts, decode};
use crate::patch_fingerprint::PatchHasher;
use crate::run::document_batch::NewDocument;
use crate::run::history::PlannedCommit;
use crate::run::history_source::{CommitSource, HistorySource};
use crate::segment::commit_message::CommitMessage;
use crate::segment::commit_record::CommitRecord;
use crate::segment::line_counts::line_count;
use crate::segment::schema::Fields;
use crate::segment::stored_hunk::StoredHunk;

/// What indexing a commit gives for the graph.
pub struct IndexedCommit {
    /// The commit's entry.
    pub entry: GraphEntry,
    /// What of it could not be indexed.
    pub unindexed: Vec<UnindexedItem>,
    /// The subsystem that it belongs to.
    pub subsystem: Option<String>,
}

/// Indexes commits of one source on one thread.
pub struct CommitIndexer<'a> {
    source: Box<dyn CommitSource + 'a>,
    hasher: LineHasher,
    fields: &'a Fields,
    subsystems: SubsystemFinder<'a>,
}

/// The parts of a commit object that are needed, without its data.
struct CommitFacts {
    tree: ObjectId,
    record: CommitRecord,
    message: MessageFacts,
    /// The record of the message itself.
    message_record: Vec<u8>,
}

impl<'a> CommitIndexer<'a> {
    /// An indexer of commits that `source` reads, and whose subsystems `maintainers` tells.
    pub fn new(
        source: Box<dyn CommitSource + 'a>,
        fields: &'a Fields,
        maintainers: &'a Maintainers,
    ) -> CommitIndexer<'a> {
        let subsystems = SubsystemFinder::new(maintainers);
        CommitIndexer { source, hasher: LineHasher::default(), fields, subsystems }
    }

    /// An indexer for each number that a planned commit's `repository` may have.
    pub fn for_history(
        history: &'a dyn HistorySource,
        fields: &'a Fields,
        maintainers: &'a Maintainers,
    ) -> Vec<CommitIndexer<'a>> {
        let sources = history.commit_sources().into_iter();
        sources.map(|source| CommitIndexer::new(source, fields, maintainers)).collect()
    }

    /// Indexes a commit: `add` gets its documents one by one, the commit's own last.
    ///
    /// What cannot be read is noted and passed over.
    ///
    /// # Errors
    /// Only those of `add`.
    pub fn index<E>(
        &mut self,
        ordinal: CommitOrdinal,
        commit: &PlannedCommit,
        mut add: impl FnMut(NewDocument) -> Result<(), E>,
    ) -> Result<IndexedCommit, E> {
        let mut unindexed = Vec::new();
        let mut hunks = 0u32;
        let mut files = 0u32;
        let mut patch = PatchHasher::default();
        let mut lines = CommitLines::default();
        let facts = match self.read_facts(&commit.id) {
            Ok(facts) => facts,
            Err(reason) => {
                unindexed.push(Unindexed { path: None, reason });
                return Ok(unreadable_commit(commit, unindexed));
            }
        };
        if commit.is_boundary {
            unindexed.push(Unindexed { path: None, reason: CUT_OFF.to_owned() });
        } else if commit.parents.len() <= 1 {
            let parent_tree = commit.parents.first().map(|parent| self.tree_of(parent)).transpose();
            let mut failure = None;
            let diffed = match parent_tree {
                Ok(parent_tree) => {
                    let (fields, hasher, subsystems) = (self.fields, &mut self.hasher, &mut self.subsystems);
                    let mut add_file = |diff: FileDiff| {
                        if failure.is_some() {
                            return;
                        }
                        files += 1;
                        patch.add(&diff);
                        for stored in StoredHunk::of_file(diff) {
                            let document = hunk_document(fields, hasher, ordinal, hunks, &stored);
                            hunks += 1;
                            subsystems.add(&mut lines, &stored.view());
                            let new = NewDocument { document, record: stored.encode(), message: None };
                            if let Err(error) = add(new) {
                                failure = Some(error);
                                return;
                            }
                        }
                    };
                    let tree = facts.tree;
                    self.source.diff(parent_tree.as_ref(), &tree, &mut unindexed, &mut add_file)
                }
                Err(error) => Err(error),
            };
            if let Some(failure) = failure {
                return Err(failure);
            }
            if let Err(error) = diffed {
                unindexed.push(Unindexed { path: None, reason: error.to_string() });
            }
        }

        let CommitFacts { mut record, message, message_record, .. } = facts;
        record.parents = commit.parents.iter().map(ToString::to_string).collect();
        (record.hunks, record.files) = (hunks, files);
        add(NewDocument {
            document: commit_document(self.fields, ordinal),
            // Writing a structure of strings and numbers to memory cannot fail.
            record: serde_json::to_vec(&record).unwrap_or_default(),
            message: Some(message_record),
        })?;
        let entry = GraphEntry {
            id: commit.id,
            parents: commit.parents.clone(),
            committed_at: commit.committed_at,
            patch: (hunks > 0).then(|| patch.finish()),
            subject: SubjectHash::of(&message.subject),
            hunks,
            names: named_commits(&message),
        };
        let subsystem = self.subsystems.subsystem(&lines);
        Ok(IndexedCommit { entry, unindexed: unindexed_items(&commit.id, unindexed), subsystem })
    }

    fn tree_of(&mut self, commit: &ObjectId) -> Result<ObjectId, RepositoryError> {
        let damaged = |message: String| RepositoryError::Object { id: *commit, message };
        let data = self.source.commit_data(commit)?;
        let tree = gix::objs::CommitRefIter::from_bytes(data, commit.kind()).tree_id();
        tree.map_err(|error| damaged(format!("commit: {error}")))
    }

    fn read_facts(&mut self, id: &ObjectId) -> Result<CommitFacts, String> {
        let data = self.source.commit_data(id).map_err(|error| error.to_string())?;
        let commit = CommitRef::from_bytes(data, id.kind()).map_err(|error| format!("commit: {error}"))?;
        let encoding = commit.encoding.map(|name| name.as_bytes());
        let message = CommitMessage {
            encoding: commit.encoding.unwrap_or_default().to_owned(),
            bytes: commit.message.to_owned(),
        };
        let message_record = message.encode();
        let text = message.text();
        let message = MessageFacts::parse(&text);
        let author = commit.author().ok();
        let person = author.as_ref().map(|author| {
            let name = decode(author.name, encoding);
            format!("{name} <{}>", decode(author.email, encoding))
        });
        let record = CommitRecord {
            id: id.to_string(),
            subject: message.subject.clone(),
            author: person.unwrap_or_default(),
            author_date: author.map(|author| date_text(author.time)).unwrap_or_default(),
            commit_date: commit.committer().map(|committer| date_text(committer.time)).unwrap_or_default(),
            parents: Vec::new(),
            origins: message.origins.iter().map(|named| named.hex.clone()).collect(),
            reverts: message.reverts.iter().map(|named| named.hex.clone()).collect(),
            fixes: message.fixes.iter().map(|named| named.hex.clone()).collect(),
            hunks: 0,
            files: 0,
        };
        Ok(CommitFacts { tree: commit.tree(), record, message, message_record })
    }
}

/// A commit whose object cannot be parsed still has a place in the graph.
fn unreadable_commit(commit: &PlannedCommit, unindexed: Vec<Unindexed>) -> IndexedCommit {
    let entry = GraphEntry {
        id: commit.id,
        parents: commit.parents.clone(),
        committed_at: commit.committed_at,
        patch: None,
        subject: SubjectHash::default(),
        hunks: 0,
        names: Vec::new(),
    };
    IndexedCommit { entry, unindexed: unindexed_items(&commit.id, unindexed), subsystem: None }
}

fn unindexed_items(commit: &ObjectId, unindexed: Vec<Unindexed>) -> Vec<UnindexedItem> {
    let item =
        |item: Unindexed| UnindexedItem { commit: commit.to_string(), path: item.path, reason: item.reason };
    unindexed.into_iter().map(item).collect()
}

/// RFC 3339 with the recorded time zone; git's own form where the date is out of range.
fn date_text(time: &str) -> String {
    let Ok(parsed) = gix::date::parse_header(time).ok_or(()) else { return time.to_owned() };
    parsed.format(gix::date::time::format::ISO8601_STRICT).unwrap_or_else(|_| time.to_owned())
}

fn named_commits(message: &MessageFacts) -> Vec<NamedCommit> {
    let named = |relation: Relation| {
        move |named: &NamedRef| NamedCommit {
            relation,
            hex: Some(named.hex.clone()),
            subject: named.subject.as_deref().map(SubjectHash::of),
            is_pick: relation == Relation::Origin && !message.names_upstream,
        }
    };
    let mut names: Vec<NamedCommit> = message.origins.iter().map(named(Relation::Origin)).collect();
    names.extend(message.reverts.iter().map(named(Relation::Reverts)));
    names.extend(message.fixes.iter().map(named(Relation::Fixes)));
    if message.reverts.is_empty()
        && let Some(subject) = &message.reverted_subject
    {
        let subject = Some(SubjectHash::of(subject));
        names.push(NamedCommit { relation: Relation::Reverts, hex: None, subject, is_pick: false });
    }
    names
}

fn hunk_document(
    fields: &Fields,
    hasher: &mut LineHasher,
    ordinal: CommitOrdinal,
    number: u32,
    stored: &StoredHunk,
) -> TantivyDocument {
    let mut document = TantivyDocument::new();
    document.add_u64(fields.commit, u64::from(ordinal.0));
    document.add_u64(fields.hunks_of, u64::from(ordinal.0));
    document.add_u64(fields.number, u64::from(number));
    for term in stored.path_terms() {
        document.add_bytes(fields.path, term.as_bytes());
    }
    let lines = stored.line_terms(hasher);
    document.add_custom(fields.line_count, &line_count(lines.len()));
    let terms: Vec<[u8; TERM_BYTES]> = sampled_terms(&lines).map(|term| *term.as_bytes()).collect();
    document.add_custom(fields.lines, terms.as_flattened());
    document
}

/// The document that describes a commit.
pub fn commit_document(fields: &Fields, ordinal: CommitOrdinal) -> TantivyDocument {
    let mut document = TantivyDocument::new();
    document.add_u64(fields.commit, u64::from(ordinal.0));
    document.add_u64(fields.described, u64::from(ordinal.0));
    document
}

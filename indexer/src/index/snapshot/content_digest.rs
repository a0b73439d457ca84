//! A digest of what an index holds, to compare indexes by.

use bstr::ByteSlice;
use xxhash_rust::xxh3::xxh3_128;

use crate::graph::{CommitOrdinal, NamedCommit, UnindexedItem};
use crate::index::folder::IndexError;
use crate::index::hunk_search::SearchedSegment;
use crate::index::snapshot::Snapshot;
use crate::index::snapshot::verification::{DocumentCount, VerificationProgress, VerificationStep};

impl Snapshot {
    /// A digest of the index's content: equal for equal histories, however and in how many runs they were indexed.
    ///
    /// It is a sum of hashes, one for each document, message, commit, subsystem of a commit and item, so it does not depend on their order.
    ///
    /// # Errors
    /// Where the index cannot be read.
    pub fn content_digest(&self) -> Result<u128, IndexError> {
        self.watched_digest(&())
    }

    /// The same for those who watch.
    ///
    /// # Errors
    /// As above.
    pub fn watched_digest(&self, progress: &dyn VerificationProgress) -> Result<u128, IndexError> {
        let mut documents = DocumentCount::begin(self, VerificationStep::Digest, progress);
        let mut digest = self.history_digest()?;
        let mut add = |bytes: &[u8]| digest = digest.wrapping_add(xxh3_128(bytes));
        for segment in &self.segments {
            for doc in segment.docs() {
                let mut bytes = self.record(segment, doc)?.to_vec();
                bytes.extend_from_slice(self.existing_commit(segment, doc)?.as_slice());
                bytes.extend(segment.number_of(doc).unwrap_or(u64::MAX).to_le_bytes());
                bytes.extend(segment.line_count(doc).to_le_bytes());
                add(&bytes);
                documents.count();
            }
            for commit in self.message_commits(segment) {
                let commit = commit?;
                if let Some(record) = segment.message(commit).map_err(|error| self.message_error(&error))? {
                    let mut bytes = record.to_vec();
                    bytes.extend_from_slice(self.graph.id(commit).as_slice());
                    add(&bytes);
                }
            }
        }
        for commit in CommitOrdinal::first(self.graph.len()) {
            if let Some(title) = self.graph.subsystem(commit) {
                let mut bytes = self.graph.id(commit).as_slice().to_vec();
                bytes.extend_from_slice(title.as_bytes());
                add(&bytes);
            }
        }
        Ok(digest)
    }

    /// A digest of the history that the index holds: the commits with their parents, first releases, fingerprints of their
    /// changes and what their messages name, and what could not be indexed. It tells indexes of one format apart as well as
    /// [`Snapshot::content_digest`] does, which is this and the stored records, and takes a moment.
    ///
    /// # Errors
    /// Where the graph is damaged.
    pub fn history_digest(&self) -> Result<u128, IndexError> {
        let graph = self.graph();
        let mut digest = 0u128;
        let mut add = |bytes: &[u8]| digest = digest.wrapping_add(xxh3_128(bytes));
        // One buffer for all commits: the digest is asked for before every lookup.
        let mut bytes = Vec::new();
        for commit in CommitOrdinal::first(graph.len()) {
            bytes.clear();
            bytes.extend_from_slice(graph.id(commit).as_slice());
            graph.parents(commit).for_each(|parent| bytes.extend_from_slice(graph.id(parent).as_slice()));
            bytes.extend_from_slice(graph.first_release(commit).unwrap_or_default().as_bytes());
            bytes.extend(graph.patch(commit).map_or(0, |patch| patch.number()).to_le_bytes());
            add(&bytes);
        }
        let graph_error = |error| self.folder.graph_error(&self.generation, &error);
        for item in graph.unindexed().map_err(graph_error)? {
            add(unindexed_text(&item).as_bytes());
        }
        for (commit, name) in graph.names().map_err(graph_error)? {
            add(format!("{} {}", graph.id(commit), name_text(&name)).as_bytes());
        }
        Ok(digest)
    }
}

/// An item as the digest takes it in: spelled out here, so that no change of a type changes the digest.
fn unindexed_text(item: &UnindexedItem) -> String {
    let UnindexedItem { commit, path, reason } = item;
    let path = path.as_ref().map(|path| path.as_bstr());
    format!("UnindexedItem {{ commit: {commit:?}, path: {path:?}, reason: {reason:?} }}")
}

/// The same of a commit that a message names.
fn name_text(name: &NamedCommit) -> String {
    let NamedCommit { relation, hex, subject, is_pick: _ } = name;
    let subject = subject.map(|subject| subject.0);
    format!("NamedCommit {{ relation: {relation:?}, hex: {hex:?}, subject: {subject:?} }}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{Relation, SubjectHash};

    #[test]
    fn what_the_digest_takes_in_keeps_its_spelling() {
        let name = NamedCommit {
            relation: Relation::Fixes,
            hex: Some("af1d2d2".to_owned()),
            subject: Some(SubjectHash(15)),
            is_pick: false,
        };
        let text = r#"NamedCommit { relation: Fixes, hex: Some("af1d2d2"), subject: Some(15) }"#;
        assert_eq!(name_text(&name), text);
        let item =
            UnindexedItem { commit: "1".to_owned(), path: Some("a/b".into()), reason: "absent".to_owned() };
        let text = r#"UnindexedItem { commit: "1", path: Some("a/b"), reason: "absent" }"#;
        assert_eq!(unindexed_text(&item), text);
    }
}

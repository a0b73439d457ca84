//! What the graph learns of a commit.

use gix::ObjectId;

use crate::graph::named_commit::NamedCommit;
use crate::graph::subject_hash::SubjectHash;
use crate::patch_fingerprint::PatchFingerprint;

/// What the graph keeps of a commit.
#[derive(Clone, Debug)]
pub struct GraphEntry {
    /// The commit's id.
    pub id: ObjectId,
    /// The parents that are indexed.
    pub parents: Vec<ObjectId>,
    /// Commit date in seconds since 1970, UTC.
    pub committed_at: i64,
    /// Fingerprint of all its changes; none if it changes nothing.
    pub patch: Option<PatchFingerprint>,
    /// A hash of the subject.
    pub subject: SubjectHash,
    /// How many hunks are indexed of it.
    pub hunks: u32,
    /// The commits that its message names.
    pub names: Vec<NamedCommit>,
}

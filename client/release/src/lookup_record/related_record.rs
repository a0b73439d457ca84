//! What a record says of a commit that it names beside another one.

use hunktrace_proto::v1::RelatedCommit;
use serde::Serialize;

use super::non_empty::non_empty;

/// A commit that is named beside another one.
#[derive(Serialize)]
pub struct RelatedRecord<'a> {
    commit: &'a str,
    subject: &'a str,
    first_release: Option<&'a str>,
    reverted_by: &'a [String],
}

/// What is known of a commit that is named beside another one.
pub fn related_record(commit: &RelatedCommit) -> RelatedRecord<'_> {
    let RelatedCommit { commit, subject, first_release, reverted_by } = commit;
    RelatedRecord { commit, subject, first_release: non_empty(first_release), reverted_by }
}

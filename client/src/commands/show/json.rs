//! A commit as a JSON line: what `show --format jsonl` prints.

use hunktrace_proto::v1::{GetCommitResponse, Neighbour};
use hunktrace_server::catalogue::purpose::Purpose;
use serde::Serialize;

use crate::commands::show::neighbours::neighbour_record;
use crate::commands::unindexed_record::{UnindexedRecord, unindexed_records};
use hunktrace_release::lookup_record::{
    HunkRecord, PurposeRecord, RelatedRecord, hunk_record, non_empty, purpose_record, related_record,
};
use hunktrace_server::wire::purpose_view::purpose_message;

#[derive(Serialize)]
struct CommitRecord<'a> {
    commit: &'a str,
    subject: &'a str,
    author: &'a str,
    author_date: &'a str,
    commit_date: &'a str,
    parents: &'a [String],
    first_release: Option<&'a str>,
    origins: &'a [String],
    carriers: &'a [String],
    reverts: &'a [String],
    reverted_by: &'a [String],
    fixes: &'a [String],
    fixed_by: &'a [String],
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    cves: &'a [String],
    equivalents: &'a [String],
    unresolved: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    unindexed_origin: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    read_from: Option<&'a str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    unreferenced: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    in_base: Option<bool>,
    related: Vec<RelatedRecord<'a>>,
    subsystem: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    purpose: Option<PurposeRecord<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    neighbours: Option<Vec<serde_json::Value>>,
    message: Option<&'a str>,
    encoding: Option<&'a str>,
    hunk_count: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    hunks: Option<Vec<HunkRecord<'a>>>,
    unindexed: Vec<UnindexedRecord<'a>>,
}

/// The commit as a line, with its hunks and whether the base has it where that was asked for.
///
/// # Errors
/// If the record cannot be written as JSON.
pub fn commit_line(
    commit: &GetCommitResponse,
    neighbours: Option<&Vec<Neighbour>>,
    with_hunks: bool,
    with_base: bool,
) -> serde_json::Result<String> {
    let purpose = commit.message.as_ref().map(|message| purpose_message(&Purpose::of(&message.text)));
    let record = CommitRecord {
        commit: &commit.commit,
        subject: &commit.subject,
        author: &commit.author,
        author_date: &commit.author_date,
        commit_date: &commit.commit_date,
        parents: &commit.parents,
        first_release: non_empty(&commit.first_release),
        origins: &commit.origins,
        carriers: &commit.carriers,
        reverts: &commit.reverts,
        reverted_by: &commit.reverted_by,
        fixes: &commit.fixes,
        fixed_by: &commit.fixed_by,
        cves: &commit.cves,
        equivalents: &commit.equivalents,
        unresolved: &commit.unresolved,
        unindexed_origin: non_empty(&commit.unindexed_origin),
        read_from: non_empty(&commit.read_from),
        unreferenced: commit.unreferenced,
        in_base: with_base.then_some(commit.in_base),
        related: commit.related.iter().map(related_record).collect(),
        subsystem: non_empty(&commit.subsystem),
        purpose: purpose.as_ref().map(purpose_record),
        neighbours: neighbours.map(|neighbours| neighbours.iter().map(neighbour_record).collect()),
        message: commit.message.as_ref().map(|message| message.text.as_str()),
        encoding: commit
            .message
            .as_ref()
            .map(|message| message.encoding.as_str())
            .filter(|encoding| !encoding.is_empty()),
        hunk_count: commit.hunk_count,
        hunks: with_hunks.then(|| commit.hunks.iter().map(hunk_record).collect()),
        unindexed: unindexed_records(&commit.unindexed),
    };
    serde_json::to_string(&record).map(|line| line + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use hunktrace_proto::v1::Unindexed;

    #[test]
    fn commit_is_one_line_with_null_for_what_is_not() {
        let commit = GetCommitResponse {
            commit: "a".into(),
            unindexed: vec![Unindexed { reason: "absent".into(), ..Unindexed::default() }],
            ..GetCommitResponse::default()
        };
        let line = commit_line(&commit, None, false, false).unwrap_or_default();
        assert!(line.starts_with("{\"commit\":\"a\",\"subject\":\"\""), "{line}");
        assert!(line.contains("\"first_release\":null"), "{line}");
        assert!(
            line.ends_with("\"unindexed\":[{\"commit\":\"\",\"path\":null,\"reason\":\"absent\"}]}\n"),
            "{line}"
        );
        assert!(!line.contains("\"hunks\"") && !line.contains("in_base"), "{line}");
        assert!(commit_line(&commit, None, true, true).is_ok_and(|line| line.contains("\"hunks\":[]")));
    }
}

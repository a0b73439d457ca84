//! What is indexed as a JSON line: what `status --format jsonl` prints.

use hunktrace_proto::v1::{GetStatusResponse, IndexedRef};
use hunktrace_release::lookup_record::non_empty;
use serde::Serialize;

use crate::commands::unindexed_record::{UnindexedRecord, unindexed_records};

#[derive(Serialize)]
struct StatusRecord<'a> {
    index: &'a str,
    format: u32,
    generation: u64,
    /// Seconds since 1970, UTC.
    written_at: u64,
    is_complete: bool,
    commits: u64,
    hunks: u64,
    bytes_on_disk: u64,
    segments: u32,
    refs: Vec<RefRecord<'a>>,
    unindexed_count: u64,
    unindexed: Vec<UnindexedRecord<'a>>,
    unreadable_count: u64,
    unreferenced_count: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    damage: Option<&'a str>,
    limits: Option<LimitsRecord>,
    version: &'a str,
    /// Of the history, 32 hexadecimal digits.
    history_digest: &'a str,
    /// Whose MAINTAINERS file tells the subsystems.
    maintainers_release: Option<&'a str>,
    subsystem_count: u64,
}

#[derive(Serialize)]
struct RefRecord<'a> {
    repository: &'a str,
    name: &'a str,
    commit: &'a str,
}

#[derive(Serialize)]
struct LimitsRecord {
    text_bytes: u64,
    hunks: u64,
    candidates: u32,
    release_bytes: u64,
    release_files: u64,
    paths: u64,
    commits: u64,
}

/// The status as a line.
///
/// # Errors
/// If the record cannot be written as JSON.
pub fn status_line(status: &GetStatusResponse) -> serde_json::Result<String> {
    fn reference(indexed: &IndexedRef) -> RefRecord<'_> {
        let IndexedRef { repository, name, commit } = indexed;
        RefRecord { repository, name, commit }
    }
    let limits = status.limits.as_ref().map(|limits| LimitsRecord {
        text_bytes: limits.text_bytes,
        hunks: limits.hunks,
        candidates: limits.candidates,
        release_bytes: limits.release_bytes,
        release_files: limits.release_files,
        paths: limits.paths,
        commits: limits.commits,
    });
    let record = StatusRecord {
        index: &status.index,
        format: status.format,
        generation: status.generation,
        written_at: status.written_at,
        is_complete: status.is_complete,
        commits: status.commits,
        hunks: status.hunks,
        bytes_on_disk: status.bytes_on_disk,
        segments: status.segments,
        refs: status.refs.iter().map(reference).collect(),
        unindexed_count: status.unindexed_count,
        unindexed: unindexed_records(&status.unindexed),
        unreadable_count: status.unreadable_count,
        unreferenced_count: status.unreferenced_count,
        damage: Some(status.damage.as_str()).filter(|damage| !damage.is_empty()),
        limits,
        version: &status.version,
        history_digest: &status.history_digest,
        maintainers_release: non_empty(&status.maintainers_release),
        subsystem_count: status.subsystem_count,
    };
    serde_json::to_string(&record).map(|line| line + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_is_one_line() {
        let status = GetStatusResponse { index: "i".into(), commits: 3, ..GetStatusResponse::default() };
        let line = status_line(&status).unwrap_or_default();
        assert!(line.starts_with("{\"index\":\"i\",\"format\":0,"), "{line}");
        assert!(line.contains("\"commits\":3,"), "{line}");
        let end = "\"limits\":null,\"version\":\"\",\"history_digest\":\"\",\"maintainers_release\":null,\"subsystem_count\":0}\n";
        assert!(line.ends_with(end), "{line}");
    }
}

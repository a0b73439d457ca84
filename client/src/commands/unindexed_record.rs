//! What could not be indexed, as `show` and `status` give it in JSON.

use hunktrace_proto::v1::Unindexed;
use hunktrace_release::lookup_record::non_empty;
use serde::Serialize;

/// Something that could not be indexed.
#[derive(Serialize)]
pub struct UnindexedRecord<'a> {
    commit: &'a str,
    /// `None` if it is the whole commit.
    path: Option<&'a str>,
    reason: &'a str,
}

/// What could not be indexed, as records.
pub fn unindexed_records(items: &[Unindexed]) -> Vec<UnindexedRecord<'_>> {
    fn record(item: &Unindexed) -> UnindexedRecord<'_> {
        let Unindexed { commit, path, reason } = item;
        UnindexedRecord { commit, path: non_empty(path), reason }
    }
    items.iter().map(record).collect()
}

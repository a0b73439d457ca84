//! What a commit is for, as a message.

use hunktrace_indexer::graph::CommitOrdinal;
use hunktrace_indexer::index::folder::IndexError;
use hunktrace_indexer::index::snapshot::Snapshot;
use hunktrace_proto::v1;

use crate::catalogue::purpose::Purpose;

/// What a commit is for; none where its message could not be read.
///
/// # Errors
/// Where the index cannot be read.
pub(crate) fn purpose_of(
    snapshot: &Snapshot,
    commit: CommitOrdinal,
) -> Result<Option<v1::Purpose>, IndexError> {
    let message = snapshot.commit_message(commit)?;
    Ok(message.map(|message| purpose_message(&Purpose::of(&message.text()))))
}

/// What a commit is for.
pub fn purpose_message(purpose: &Purpose) -> v1::Purpose {
    v1::Purpose {
        kind: purpose.kind.name().to_owned(),
        cc_stable: purpose.cc_stable,
        syzbot: purpose.syzbot,
        cves: purpose.cves.clone(),
        links: purpose.links.clone(),
    }
}

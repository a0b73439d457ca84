//! The `GetMessages` call: what many commits say of themselves.

use hunktrace_indexer::cancellation::Cancellation;
use hunktrace_indexer::graph::{CommitGraph, CommitOrdinal, FoundCommit};
use hunktrace_indexer::index::folder::IndexError;
use hunktrace_indexer::index::snapshot::Snapshot;
use hunktrace_indexer::segment::commit_message::CommitMessage;
use hunktrace_proto::v1;
use prost::Message;
use tonic::Status;

use crate::index::origin::answering_for;
use crate::wire::refusal::{cancelled_status, check_answer, check_number, index_status};
use crate::wire::served_index::ServedSnapshot;

/// Answers a call.
///
/// # Errors
/// RESOURCE_EXHAUSTED over the limit of commits or of the answer; NOT_FOUND where a commit is not indexed; INVALID_ARGUMENT where something
/// is no commit id.
pub(crate) fn messages_call(
    served: &ServedSnapshot,
    request: &v1::GetMessagesRequest,
    cancellation: &Cancellation,
) -> Result<v1::GetMessagesResponse, Status> {
    let (live, limits) = (&served.live, &served.limits);
    check_number(request.commits.len(), limits.commits, "commits")?;
    let commits = request
        .commits
        .iter()
        .map(|commit| indexed_commit(live.snapshot.graph(), commit))
        .collect::<Result<Vec<CommitOrdinal>, Status>>()?;
    // Neighbours are stored together, so they are read in the order of the index.
    let mut places: Vec<usize> = (0..commits.len()).collect();
    places.sort_unstable_by_key(|place| commits[*place]);
    let mut messages = vec![v1::MessageOfCommit::default(); commits.len()];
    let mut bytes = 0;
    for place in places {
        cancellation.check().map_err(cancelled_status)?;
        let message = message_of(&live.snapshot, commits[place]).map_err(|error| index_status(&error))?;
        messages[place] = v1::MessageOfCommit { message };
        bytes += messages[place].encoded_len();
        check_answer(bytes, limits, "ask for fewer commits at once")?;
    }
    Ok(v1::GetMessagesResponse { messages })
}

fn indexed_commit(graph: &CommitGraph, commit: &str) -> Result<CommitOrdinal, Status> {
    if commit.len() != 40 || !commit.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        let message = format!("{commit:?} is no commit id; give its 40 hexadecimal digits");
        return Err(Status::invalid_argument(message));
    }
    match graph.find_abbreviated(commit) {
        FoundCommit::One(found) => Ok(found),
        _ => answering_for(graph, commit)
            .map_err(|_| Status::not_found(format!("commit {commit} is not indexed"))),
    }
}

/// A commit's message; none where its object could not be read.
///
/// # Errors
/// Where the index cannot be read.
pub(crate) fn message_of(
    snapshot: &Snapshot,
    commit: CommitOrdinal,
) -> Result<Option<v1::CommitMessage>, IndexError> {
    Ok(snapshot.commit_message(commit)?.map(wire_message))
}

fn wire_message(message: CommitMessage) -> v1::CommitMessage {
    let text = message.text().into_owned();
    let original = if message.bytes == text { Vec::new() } else { message.bytes.to_vec() };
    v1::CommitMessage { text, encoding: message.encoding.to_string(), original }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_committed_is_told_where_it_is_not_the_text() {
        let message = |encoding: &str, bytes: &[u8]| {
            wire_message(CommitMessage { encoding: encoding.into(), bytes: bytes.into() })
        };
        let utf8 = message("", "gr\u{fc}n".as_bytes());
        assert_eq!((utf8.text.as_str(), utf8.original.as_slice()), ("gr\u{fc}n", b"".as_slice()));
        let other = message("ISO-8859-2", b"dru\xbeba");
        assert_eq!((other.text.as_str(), other.encoding.as_str()), ("dru\u{17e}ba", "ISO-8859-2"));
        assert_eq!(other.original, b"dru\xbeba");
    }
}

//! Why a request is refused: its limits, its base, and errors of the index as statuses of the call.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use hunktrace_indexer::cancellation::Cancelled;
use hunktrace_indexer::index::folder::IndexError;
use hunktrace_indexer::index::snapshot::IndexPart;
use hunktrace_indexer::patch::Unread;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

use crate::index::base_content::BaseContent;
use crate::index::live_index::LiveSnapshot;
use crate::wire::limits::{DEFAULT_CANDIDATES, Limits};

/// Who gives the reasons in the details of a status.
pub(crate) const REASON_DOMAIN: &str = "hunktrace.v1";

/// When a request that found the service busy may try again.
const RETRY_DELAY: Duration = Duration::from_secs(1);

/// The status of a call that the index cannot answer.
pub(crate) fn index_status(error: &IndexError) -> Status {
    let code = match error {
        IndexError::Cancelled(cancelled) => return cancelled_status(*cancelled),
        IndexError::Damaged { .. } => Code::DataLoss,
        IndexError::Bare(_) => Code::FailedPrecondition,
        IndexError::Gathered(_) => Code::InvalidArgument,
        _ => Code::Unavailable,
    };
    Status::new(code, error.to_string())
}

/// The status of a call whose work has stopped.
pub(crate) fn cancelled_status(cancelled: Cancelled) -> Status {
    match cancelled {
        Cancelled::Requested => Status::cancelled("the client has gone"),
        Cancelled::Expired => Status::deadline_exceeded(
            "the work on this request took longer than it may (request_time); ask for less at once",
        ),
    }
}

/// A request over one of its limits; trying again does not help.
pub(crate) fn over_limit(message: String, limit: &str) -> Status {
    let metadata = HashMap::from([("limit".to_owned(), limit.to_owned())]);
    let details = ErrorDetails::with_error_info("OVER_LIMIT", REASON_DOMAIN, metadata);
    Status::with_error_details(Code::ResourceExhausted, message, details)
}

/// A request that finds so many `what` already that there is no room for it now.
pub(crate) fn too_busy(what: &str, limit: usize, name: &str) -> Status {
    let metadata = HashMap::from([("limit".to_owned(), name.to_owned())]);
    let mut details = ErrorDetails::with_error_info("BUSY", REASON_DOMAIN, metadata);
    details.set_retry_info(Some(RETRY_DELAY));
    let message = format!("the service is at its limit of {limit} {what} ({name}); try again later");
    Status::with_error_details(Code::ResourceExhausted, message, details)
}

/// An answer, if nothing that it was read from is known to be damaged by now: what is read of a file that is cut off is
/// zeros, and says nothing.
///
/// # Errors
/// DATA_LOSS where the index is damaged.
pub(crate) fn from_sound_index<T>(live: &LiveSnapshot, answer: T) -> Result<T, Status> {
    match live.snapshot.ensure_sound(IndexPart::Core) {
        Ok(()) => Ok(answer),
        Err(error) => Err(index_status(&error)),
    }
}

/// What a base contains; `None` if no base is named.
///
/// # Errors
/// INVALID_ARGUMENT where the base names no commit of the index.
pub(crate) fn base_content(live: &LiveSnapshot, base: &str) -> Result<Option<Arc<BaseContent>>, Status> {
    if base.is_empty() {
        return Ok(None);
    }
    let base = live.resolve(base).map_err(|error| Status::invalid_argument(format!("base: {error}")))?;
    Ok(Some(live.base_content(base)))
}

/// How many candidates are wanted; 0 stands for the usual number.
///
/// # Errors
/// INVALID_ARGUMENT over the limit.
pub(crate) fn candidates_wanted(max_candidates: u32, limits: &Limits) -> Result<usize, Status> {
    match max_candidates as usize {
        0 => Ok(DEFAULT_CANDIDATES.min(limits.candidates)),
        wanted if wanted > limits.candidates => {
            let message =
                format!("{wanted} candidates are over the limit of {} (candidates)", limits.candidates);
            Err(Status::invalid_argument(message))
        }
        wanted => Ok(wanted),
    }
}

/// Refuses a request that asks for more of something than the limit of that name.
///
/// # Errors
/// RESOURCE_EXHAUSTED over the limit.
pub(crate) fn check_number(asked: usize, limit: usize, name: &str) -> Result<(), Status> {
    if asked > limit {
        let message = format!(
            "{asked} {name} are over the limit of {limit} ({name}); ask for them in several requests"
        );
        return Err(over_limit(message, name));
    }
    Ok(())
}

/// Refuses a text over the limit of bytes.
///
/// # Errors
/// RESOURCE_EXHAUSTED over the limit.
pub(crate) fn check_size(text: &[u8], limits: &Limits) -> Result<(), Status> {
    if text.len() > limits.text_bytes {
        let message = format!(
            "the text has {} bytes, over the limit of {} (text_bytes); send its patches one by one",
            text.len(),
            limits.text_bytes
        );
        return Err(over_limit(message, "text_bytes"));
    }
    Ok(())
}

/// Refuses an answer over the limit of bytes; `remedy` says how to ask for less.
///
/// # Errors
/// RESOURCE_EXHAUSTED over the limit.
pub(crate) fn check_answer(bytes: usize, limits: &Limits, remedy: &str) -> Result<(), Status> {
    if bytes > limits.answer_bytes {
        let message =
            format!("the answer is over the limit of {} bytes (answer_bytes); {remedy}", limits.answer_bytes);
        return Err(over_limit(message, "answer_bytes"));
    }
    Ok(())
}

/// Why a text was not read to its end.
pub(crate) fn unread_status(unread: Unread) -> Status {
    match unread {
        Unread::Cancelled(cancelled) => cancelled_status(cancelled),
        Unread::TooManyHunks(limit) => {
            let message = format!(
                "the text is over the limit of {limit} hunks (hunks); send its patches one by one, or its files"
            );
            over_limit(message, "hunks")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: fn() -> Limits = Limits::default;

    #[test]
    fn no_number_of_candidates_stands_for_the_usual_one() {
        assert_eq!(candidates_wanted(0, &LIMITS()).expect("the usual number"), DEFAULT_CANDIDATES);
        assert_eq!(candidates_wanted(100, &LIMITS()).expect("the limit itself"), 100);
        let refusal = candidates_wanted(101, &LIMITS()).expect_err("over the limit");
        assert_eq!(refusal.code(), Code::InvalidArgument);
        assert_eq!(refusal.message(), "101 candidates are over the limit of 100 (candidates)");
    }

    #[test]
    fn more_commits_or_paths_than_the_limit_are_refused() {
        let messages = [
            (LIMITS().commits, "commits", "1001 commits are over the limit of 1000 (commits)"),
            (LIMITS().paths, "paths", "1001 paths are over the limit of 1000 (paths)"),
        ];
        for (limit, name, message) in messages {
            assert!(check_number(limit, limit, name).is_ok());
            let refusal = check_number(limit + 1, limit, name).expect_err("over the limit");
            assert_eq!(refusal.code(), Code::ResourceExhausted);
            assert_eq!(refusal.message(), format!("{message}; ask for them in several requests"));
        }
    }

    #[test]
    fn busy_service_says_when_to_try_again_and_a_limit_of_a_request_does_not() {
        let retry = |status: &Status| status.get_details_retry_info().and_then(|info| info.retry_delay);
        assert_eq!(retry(&too_busy("calls", 3, "calls")), Some(RETRY_DELAY));
        let over = check_answer(LIMITS().answer_bytes + 1, &LIMITS(), "ask for less").expect_err("too much");
        assert_eq!(retry(&over), None);
        let info = over.get_details_error_info().expect("the reason");
        assert_eq!((info.reason.as_str(), info.metadata["limit"].as_str()), ("OVER_LIMIT", "answer_bytes"));
    }

    #[test]
    fn work_that_was_stopped_is_cancelled_or_late() {
        let code = |cancelled| index_status(&IndexError::Cancelled(cancelled)).code();
        assert_eq!(code(Cancelled::Requested), Code::Cancelled);
        assert_eq!(code(Cancelled::Expired), Code::DeadlineExceeded);
    }
}

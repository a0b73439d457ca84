//! Why a request is refused: its limits, its base, and errors of the index as statuses of the call.

use std::sync::Arc;

use hunktrace_indexer::index::folder::IndexError;
use hunktrace_indexer::patch::PatchText;
use tonic::{Code, Status};

use crate::index::base_content::BaseContent;
use crate::index::live_index::LiveSnapshot;
use crate::wire::limits::{DEFAULT_CANDIDATES, LIMITS};

/// The status of a call that the index cannot answer.
pub(crate) fn index_status(error: &IndexError) -> Status {
    let code = match error {
        IndexError::Damaged { .. } => Code::DataLoss,
        _ => Code::Unavailable,
    };
    Status::new(code, error.to_string())
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
pub(crate) fn candidates_wanted(max_candidates: u32) -> Result<usize, Status> {
    match max_candidates as usize {
        0 => Ok(DEFAULT_CANDIDATES),
        wanted if wanted > LIMITS.candidates => {
            let message =
                format!("{wanted} candidates are over the limit of {} (candidates)", LIMITS.candidates);
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
        return Err(Status::resource_exhausted(format!(
            "{asked} {name} are over the limit of {limit} ({name}); ask for them in several requests"
        )));
    }
    Ok(())
}

/// Refuses a text over the limit of bytes.
///
/// # Errors
/// RESOURCE_EXHAUSTED over the limit.
pub(crate) fn check_size(text: &[u8]) -> Result<(), Status> {
    if text.len() > LIMITS.text_bytes {
        let message = format!(
            "the text has {} bytes, over the limit of {} (text_bytes); send its patches one by one",
            text.len(),
            LIMITS.text_bytes
        );
        return Err(Status::resource_exhausted(message));
    }
    Ok(())
}

/// Refuses a text over the limit of hunks. A file without hunks is looked up too, as one.
///
/// # Errors
/// RESOURCE_EXHAUSTED over the limit.
pub(crate) fn check_hunks(text: &PatchText) -> Result<(), Status> {
    let files = text.patches.iter().flat_map(|patch| &patch.files);
    let hunks: usize = files.map(|file| file.hunks.len().max(1)).sum();
    if hunks > LIMITS.hunks {
        let message = format!(
            "the text has {hunks} hunks, over the limit of {} (hunks); send its patches one by one",
            LIMITS.hunks
        );
        return Err(Status::resource_exhausted(message));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use hunktrace_indexer::patch::{FilePatch, Patch};

    use super::*;

    #[test]
    fn no_number_of_candidates_stands_for_the_usual_one() {
        assert_eq!(candidates_wanted(0).expect("the usual number"), DEFAULT_CANDIDATES);
        assert_eq!(candidates_wanted(100).expect("the limit itself"), 100);
        let refusal = candidates_wanted(101).expect_err("over the limit");
        assert_eq!(refusal.code(), Code::InvalidArgument);
        assert_eq!(refusal.message(), "101 candidates are over the limit of 100 (candidates)");
    }

    #[test]
    fn more_commits_or_paths_than_the_limit_are_refused() {
        let messages = [
            (LIMITS.commits, "commits", "1001 commits are over the limit of 1000 (commits)"),
            (LIMITS.paths, "paths", "1001 paths are over the limit of 1000 (paths)"),
        ];
        for (limit, name, message) in messages {
            assert!(check_number(limit, limit, name).is_ok());
            let refusal = check_number(limit + 1, limit, name).expect_err("over the limit");
            assert_eq!(refusal.code(), Code::ResourceExhausted);
            assert_eq!(refusal.message(), format!("{message}; ask for them in several requests"));
        }
    }

    #[test]
    fn files_without_hunks_count_as_one() {
        let text = |files| {
            let patch = Patch { files: vec![FilePatch::default(); files], ..Patch::default() };
            PatchText { patches: vec![patch], problems: Vec::new() }
        };
        assert!(check_hunks(&text(LIMITS.hunks)).is_ok());
        let refusal = check_hunks(&text(LIMITS.hunks + 1)).expect_err("over the limit");
        assert_eq!(refusal.code(), Code::ResourceExhausted);
        assert!(refusal.message().starts_with("the text has 50001 hunks"), "{refusal}");
    }
}

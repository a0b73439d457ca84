//! The `FormerNames` call: what some files were called before upstream renamed them.

use bstr::ByteSlice;
use hunktrace_proto::v1;
use rayon::prelude::*;
use tonic::Status;

use crate::index::former_names::{FormerName, former_names};
use crate::index::live_index::LiveSnapshot;
use crate::wire::limits::LIMITS;
use crate::wire::refusal::{contained_in, index_status};

/// Answers a call.
///
/// # Errors
/// RESOURCE_EXHAUSTED over the limit of paths; INVALID_ARGUMENT where the base names no commit of the index.
pub(crate) fn former_names_call(
    live: &LiveSnapshot,
    request: &v1::FormerNamesRequest,
) -> Result<v1::FormerNamesResponse, Status> {
    check_paths(request.paths.len())?;
    let contained = contained_in(live, &request.base)?.unwrap_or_default();
    let graph = live.snapshot.graph();
    let message = |name: FormerName| v1::FormerName {
        path: name.path.into(),
        commit: graph.id(name.commit).to_string(),
    };
    let files = request.paths.par_iter().map(|path| {
        let names = former_names(&live.snapshot, path.as_bstr(), &contained)?;
        Ok(v1::FormerNamesOfFile { names: names.into_iter().map(message).collect() })
    });
    let files: Result<_, _> = files.collect();
    Ok(v1::FormerNamesResponse { files: files.map_err(|error| index_status(&error))? })
}

fn check_paths(paths: usize) -> Result<(), Status> {
    if paths > LIMITS.paths {
        let message = format!(
            "{paths} paths are over the limit of {} (paths); ask for them in several requests",
            LIMITS.paths
        );
        return Err(Status::resource_exhausted(message));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_paths_than_the_limit_are_refused() {
        assert!(check_paths(LIMITS.paths).is_ok());
        let refusal = check_paths(LIMITS.paths + 1).expect_err("over the limit");
        assert_eq!(refusal.code(), tonic::Code::ResourceExhausted);
        assert_eq!(
            refusal.message(),
            "1001 paths are over the limit of 1000 (paths); ask for them in several requests"
        );
    }
}

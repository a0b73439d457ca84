//! The `FormerNames` call: what some files were called before upstream renamed them.

use bstr::ByteSlice;
use hunktrace_indexer::cancellation::Cancellation;
use hunktrace_proto::v1;
use rayon::prelude::*;
use tonic::Status;

use crate::index::former_names::{FormerName, former_names};
use crate::wire::refusal::{base_content, cancelled_status, check_number, index_status};
use crate::wire::served_index::ServedSnapshot;

/// Answers a call.
///
/// # Errors
/// RESOURCE_EXHAUSTED over the limit of paths; INVALID_ARGUMENT where the base names no commit of the index.
pub(crate) fn former_names_call(
    served: &ServedSnapshot,
    request: &v1::FormerNamesRequest,
    cancellation: &Cancellation,
) -> Result<v1::FormerNamesResponse, Status> {
    let live = &served.live;
    check_number(request.paths.len(), served.limits.paths, "paths")?;
    let base = base_content(live, &request.base)?;
    let contained = base.map(|base| base.contained.clone()).unwrap_or_default();
    let graph = live.snapshot.graph();
    let message = |name: FormerName| v1::FormerName {
        path: name.path.into(),
        commit: graph.id(name.commit).to_string(),
    };
    let files = request.paths.par_iter().map(|path| {
        cancellation.check().map_err(cancelled_status)?;
        let names = former_names(&live.snapshot, path.as_bstr(), &contained);
        let names = names.map_err(|error| index_status(&error))?;
        Ok(v1::FormerNamesOfFile { names: names.into_iter().map(message).collect() })
    });
    let files: Result<_, Status> = files.collect();
    Ok(v1::FormerNamesResponse { files: files? })
}

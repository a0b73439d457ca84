//! Which revision of the index a base is.

use bstr::ByteSlice;

use crate::tree::{Error, Source, Tree, kernel_version};

/// The base as a revision that the index can know: the revision of `REPO:REV`, else the release that the tree's
/// Makefile names.
///
/// # Errors
/// Where the tree says nothing of the kind.
pub fn base_revision_candidates(base: &Tree) -> Result<Vec<String>, Error> {
    let mut candidates = Vec::new();
    if let Source::Git { revision, commit, .. } = &base.source {
        candidates.push(revision.to_str_lossy().into_owned());
        candidates.extend(commit.map(|commit| commit.to_string()));
    }
    match kernel_version(base) {
        Ok(version) => candidates.extend(version.tag_candidates()),
        Err(error) if candidates.is_empty() => return Err(error),
        Err(_) => {}
    }
    Ok(candidates)
}

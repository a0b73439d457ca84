//! The vulnerabilities that commits of an answer mend, by the sources that the user names.

use std::path::PathBuf;

use anyhow::Context;
use hunktrace_proto::v1::{Candidate, GetCommitResponse, LookupResponse, Patch};
use hunktrace_release::cve_sources::{CvesByCommit, KnownVulnerabilities, read_sources};

use crate::source::repository_index::cache_folder;
use crate::terminal::message::say;

/// Folder of the cache in which what was read of trees of CVEs is kept.
const KEPT_TREES: &str = "cve-trees";

/// Reads sources, and says what of them cannot be read, or not be kept for the next time.
///
/// # Errors
/// Where a source cannot be read at all, or is of no known form.
pub fn read_known(sources: &[PathBuf]) -> anyhow::Result<KnownVulnerabilities> {
    let kept_in = cache_folder().ok().map(|cache| cache.join(KEPT_TREES));
    let known = read_sources(sources, kept_in.as_deref()).context("--cve")?;
    known.problems.iter().chain(&known.not_kept).for_each(say);
    Ok(known)
}

/// What the user's sources tell; nothing where none is named.
#[derive(Clone, Debug, Default)]
pub struct KnownCves {
    by_commit: CvesByCommit,
    /// Whether a record of a source could not be read.
    pub has_problems: bool,
}

impl KnownCves {
    /// Reads sources, and says what of them cannot be read.
    ///
    /// # Errors
    /// Where a source cannot be read at all, or is of no known form.
    pub fn read(sources: &[PathBuf]) -> anyhow::Result<KnownCves> {
        let known = read_known(sources)?;
        Ok(KnownCves { by_commit: CvesByCommit::of(&known), has_problems: !known.problems.is_empty() })
    }

    /// Adds to an answer what its commits mend.
    pub fn add_to(&self, answer: &mut LookupResponse) {
        for Patch { hunks, candidates, in_base, reverts, .. } in &mut answer.patches {
            let held = in_base.iter_mut().filter_map(|held| held.candidate.as_mut());
            let of_patch = candidates.iter_mut().chain(held).chain(reverts.as_deref_mut());
            of_patch.for_each(|candidate| self.add_to_candidate(candidate));
            for hunk in hunks {
                let held = hunk.in_base.iter_mut().filter_map(|held| held.candidate.as_mut());
                let of_hunk = hunk.candidates.iter_mut().chain(held).chain(hunk.reverts.as_deref_mut());
                of_hunk.for_each(|candidate| self.add_to_candidate(candidate));
            }
        }
    }

    fn add_to_candidate(&self, candidate: &mut Candidate) {
        let Candidate { commit, carriers, equivalents, .. } = &*candidate;
        candidate.cves = self.mended_by([commit].into_iter().chain(carriers).chain(equivalents));
    }

    /// Adds to what is known of a commit what it mends.
    pub fn add_to_commit(&self, commit: &mut GetCommitResponse) {
        let GetCommitResponse { commit: id, origins, carriers, equivalents, .. } = &*commit;
        let kin = [id].into_iter().chain(origins).chain(carriers).chain(equivalents);
        commit.cves = self.mended_by(kin);
    }

    fn mended_by<'a>(&self, commits: impl Iterator<Item = &'a String>) -> Vec<String> {
        let cves = self.by_commit.mended_by(commits.map(String::as_str));
        cves.into_iter().map(str::to_owned).collect()
    }
}

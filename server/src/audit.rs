//! What a vendor's tree lacks: the fixes of what it has, and the state of known vulnerabilities, both by its code.
//!
//! 1. [`blamed`] and [`mending`]: which commits mend or undo which, by all that messages say;
//! 2. [`candidates`]: those of them that mend what the vendor has, and what mends these;
//! 3. [`missing_fixes`]: what became of each, with what the user ([`waivers`]) and the vendor ([`unwanted`]) do not want, and
//!    what upstream took back later ([`taken_back`]) or rewrites code that the vendor has in another form ([`other_code`]), both
//!    by [`file_histories`];
//! 4. [`cve_state`]: for each vulnerability what of its fixes, and of what brought it in, is in the tree; where no commit
//!    tells, its files may ([`seen_files`]).
//!
//! What is in the tree is told by [`crate::check`], which is where the proof comes from.

pub mod blamed;
pub mod candidates;
pub mod cve_state;
pub mod evidence;
pub mod file_histories;
pub mod mending;
pub mod missing_fixes;
pub mod other_code;
pub mod seen_files;
pub mod taken_back;
pub mod unwanted;
pub mod vulnerability;
pub mod waivers;

use std::collections::{BTreeMap, BTreeSet};

use hunktrace_indexer::graph::{CommitGraph, CommitOrdinal, CommitSet};

use crate::check::check_commits;
use crate::check::commit_state::CheckedCommits;
use crate::check::question::{CheckError, TreeQuestion};
use crate::check::tree_file::TreeFiles;
use crate::index::origin::origin_of;
use cve_state::{CveFinding, CveJudge, commits_of, named_commit};
use mending::MendingCommit;
use seen_files::SeenFiles;
use vulnerability::Vulnerability;

/// Looks for commits in a tree; what was found is by their origin.
///
/// # Errors
/// Where the index or the tree cannot be read.
pub fn checked_commits(
    question: &TreeQuestion<'_>,
    commits: BTreeSet<CommitOrdinal>,
    tree: &mut dyn TreeFiles,
) -> Result<CheckedCommits, CheckError> {
    let commits: Vec<CommitOrdinal> = commits.into_iter().collect();
    let checked = check_commits(question, &commits, tree)?;
    Ok(checked.into_iter().map(|checked| (checked.commit, checked)).collect())
}

/// The commits that decide the state of vulnerabilities, as origins.
pub fn cve_commits(graph: &CommitGraph, vulnerabilities: &[Vulnerability]) -> BTreeSet<CommitOrdinal> {
    let commits = vulnerabilities.iter().flat_map(|vulnerability| commits_of(graph, vulnerability));
    commits.map(|commit| origin_of(graph, commit)).collect()
}

/// Judges vulnerabilities by what was found of the commits that they name; in their order.
///
/// # Errors
/// Where the index or the tree cannot be read.
pub fn cve_findings(
    question: &TreeQuestion<'_>,
    vulnerabilities: &[Vulnerability],
    checked: &CheckedCommits,
    tree: &mut dyn TreeFiles,
) -> Result<Vec<CveFinding>, CheckError> {
    let is_broken = |commit| question.broken.contains(commit);
    let findings = |files: &SeenFiles| -> Vec<CveFinding> {
        let judge = CveJudge { graph: question.graph, checked, is_broken: &is_broken, files };
        vulnerabilities.iter().map(|vulnerability| judge.finding(vulnerability)).collect()
    };
    let by_commits = findings(&SeenFiles::default());
    let open = by_commits.iter().zip(vulnerabilities).filter(|(found, _)| found.evidence.has_no_commit());
    let paths: Vec<_> = open.flat_map(|(_, vulnerability)| &vulnerability.files).cloned().collect();
    if paths.is_empty() {
        return Ok(by_commits);
    }
    Ok(findings(&SeenFiles::look(question.retrieval, paths, tree)?))
}

/// The vulnerabilities that each commit mends, by the commit's origin.
pub fn mended_by(
    question: &TreeQuestion<'_>,
    vulnerabilities: &[Vulnerability],
) -> BTreeMap<CommitOrdinal, Vec<String>> {
    let graph = question.graph;
    let mut mended: BTreeMap<CommitOrdinal, Vec<String>> = BTreeMap::new();
    for vulnerability in vulnerabilities {
        let sets = vulnerability.accounts.iter().flat_map(|account| &account.fixes);
        let commits = sets.flat_map(|set| &set.commits).filter_map(|name| named_commit(graph, name));
        for commit in commits.map(|commit| origin_of(graph, commit)) {
            let ids = mended.entry(commit).or_default();
            if !ids.contains(&vulnerability.id) {
                ids.push(vulnerability.id.clone());
            }
        }
    }
    mended
}

/// The commits that a vendor has: what its base contains, and what was taken, with all that makes the same changes.
pub fn had_commits(question: &TreeQuestion<'_>, taken: impl IntoIterator<Item = CommitOrdinal>) -> CommitSet {
    let mut had = question.base.map(|base| base.contained.clone()).unwrap_or_default();
    for commit in taken {
        for member in question.kin(commit).members {
            had.insert(member);
        }
    }
    had
}

/// The commits that something mends and that are in the tree by its code alone: where no base is known, these are what the
/// vendor has.
///
/// # Errors
/// Where the index or the tree cannot be read.
pub fn mended_by_code(
    question: &TreeQuestion<'_>,
    mending: &[MendingCommit],
    tree: &mut dyn TreeFiles,
) -> Result<Vec<CommitOrdinal>, CheckError> {
    let mended = mending.iter().map(|(_, of, _)| origin_of(question.graph, *of)).collect();
    let checked = checked_commits(question, mended, tree)?;
    let there = checked.into_values().filter(|checked| checked.state.is_there() && checked.is_sure());
    let mut there: Vec<CommitOrdinal> = there.map(|checked| checked.commit).collect();
    there.sort_unstable();
    Ok(there)
}

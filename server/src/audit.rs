//! What a vendor's tree lacks: the fixes of what it has, and the state of known vulnerabilities, both by its code.
//!
//! 1. [`missing_fixes`]: the later commits that mend or undo what the vendor has, each looked for in the tree;
//! 2. [`cve_state`]: for each vulnerability what of its fixes, and of what brought it in, is in the tree.
//!
//! Both are told by [`crate::check`], which is where the proof comes from.

pub mod blamed;
pub mod cve_state;
pub mod missing_fixes;
pub mod vulnerability;
pub mod waivers;

use std::collections::BTreeMap;

use hunktrace_indexer::graph::{CommitOrdinal, CommitSet};

use crate::check::check_commits;
use crate::check::commit_state::CheckedCommit;
use crate::check::question::{CheckError, TreeQuestion};
use crate::check::tree_file::TreeFiles;
use crate::index::origin::origin_of;
use cve_state::{CheckedCommits, CveFinding, CveJudge, commits_of, named_commit};
use vulnerability::Vulnerability;

/// Vulnerabilities with what was found of them in a tree.
pub struct CveFindings {
    /// What is said of each vulnerability, in their order.
    pub findings: Vec<CveFinding>,
    /// What was found of the commits that they name, by their origin.
    pub commits: CheckedCommits,
}

/// Judges vulnerabilities by the code of a tree.
///
/// # Errors
/// Where the index or the tree cannot be read.
pub fn cve_findings(
    question: &TreeQuestion<'_>,
    vulnerabilities: &[Vulnerability],
    tree: &mut dyn TreeFiles,
) -> Result<CveFindings, CheckError> {
    let graph = question.graph;
    let mut commits: Vec<CommitOrdinal> = vulnerabilities
        .iter()
        .flat_map(|vulnerability| commits_of(graph, vulnerability))
        .map(|commit| origin_of(graph, commit))
        .collect();
    commits.sort_unstable();
    commits.dedup();
    let checked = check_commits(question, &commits, tree)?;
    let commits: CheckedCommits =
        checked.into_iter().map(|checked: CheckedCommit| (checked.commit, checked)).collect();
    let is_broken = |commit| question.broken.contains(commit);
    let judge = CveJudge { graph, checked: &commits, is_broken: &is_broken };
    let findings = vulnerabilities.iter().map(|vulnerability| judge.finding(vulnerability)).collect();
    Ok(CveFindings { findings, commits })
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
pub fn had_commits(question: &TreeQuestion<'_>, taken: &[CommitOrdinal]) -> CommitSet {
    let mut had = question.base.map(|base| base.contained.clone()).unwrap_or_default();
    for commit in taken {
        for member in question.kin(*commit).members {
            had.insert(member);
        }
    }
    had
}

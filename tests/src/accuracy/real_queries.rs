//! Queries made of commits that stable maintainers have backported.

use std::collections::BTreeSet;

use crate::accuracy::history::History;
use crate::accuracy::query::{Query, QuerySet};
use crate::accuracy::truth::Equivalents;

/// Backports with known origins.
///
/// # Errors
/// Where git fails.
pub fn backports(
    name: &str,
    history: &History,
    origins: &[(String, Vec<String>)],
    equivalents: &Equivalents,
) -> anyhow::Result<QuerySet> {
    let commits: Vec<String> = origins.iter().map(|(commit, _)| commit.clone()).collect();
    let queries = history.patches(&commits)?.into_iter().zip(origins).map(|(commit, (_, origins))| Query {
        name: commit.id,
        text: commit.patch,
        subject: Some(commit.subject),
        right: equivalents.of(origins.iter().map(String::as_str)),
        right_by_hunk: Vec::new(),
    });
    Ok(QuerySet { name: name.to_owned(), queries: queries.collect(), is_absent: false })
}

/// Commits whose origin is not in the index.
///
/// # Errors
/// Where git fails.
pub fn absent(name: &str, history: &History, commits: &[String]) -> anyhow::Result<QuerySet> {
    let queries = history.patches(commits)?.into_iter().map(|commit| Query {
        name: commit.id,
        text: commit.patch,
        subject: Some(commit.subject),
        right: BTreeSet::new(),
        right_by_hunk: Vec::new(),
    });
    Ok(QuerySet { name: name.to_owned(), queries: queries.collect(), is_absent: true })
}

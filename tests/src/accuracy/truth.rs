//! What the stable maintainers say: which mainline commits a stable commit carries, and which commits are equal.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::Context;

/// Commits that make the very same change (same `git patch-id`), by each of them.
#[derive(Clone, Debug, Default)]
pub struct Equivalents(BTreeMap<String, BTreeSet<String>>);

impl Equivalents {
    /// Reads groups of commits, one a line, separated by tabs.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn read(file: &Path) -> anyhow::Result<Equivalents> {
        Ok(Equivalents::from_groups(
            text_of(file)?.lines().map(|line| line.split_whitespace().map(str::to_owned).collect()),
        ))
    }

    /// From groups of equal commits.
    pub fn from_groups(groups: impl Iterator<Item = BTreeSet<String>>) -> Equivalents {
        let mut equivalents = BTreeMap::new();
        for group in groups {
            for commit in &group {
                equivalents.insert(commit.clone(), group.clone());
            }
        }
        Equivalents(equivalents)
    }

    /// The one commit that stands for a commit and its equals.
    pub fn one_of(&self, commit: &str) -> String {
        self.0.get(commit).and_then(BTreeSet::first).map_or(commit, String::as_str).to_owned()
    }

    /// The commits that are as right as these.
    pub fn of<'a>(&self, commits: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
        let mut all = BTreeSet::new();
        for commit in commits {
            all.insert(commit.to_owned());
            all.extend(self.0.get(commit).into_iter().flatten().cloned());
        }
        all
    }
}

/// Reads the table of vendor commits and their origins: a heading, then a commit, a tab, and origins with commas.
///
/// # Errors
/// Where the file cannot be read or a line has no tab.
pub fn read_origins(file: &Path) -> anyhow::Result<Vec<(String, Vec<String>)>> {
    let mut origins = Vec::new();
    for line in text_of(file)?.lines().skip(1) {
        let (commit, list) =
            line.split_once('\t').with_context(|| format!("{}: no tab in '{line}'", file.display()))?;
        origins.push((commit.to_owned(), list.split(',').map(str::to_owned).collect()));
    }
    Ok(origins)
}

/// Reads a list of commits, one at the beginning of each line.
///
/// # Errors
/// Where the file cannot be read.
pub fn read_commits(file: &Path) -> anyhow::Result<Vec<String>> {
    Ok(text_of(file)?.split_ascii_whitespace().map(str::to_owned).collect())
}

fn text_of(file: &Path) -> anyhow::Result<String> {
    fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))
}

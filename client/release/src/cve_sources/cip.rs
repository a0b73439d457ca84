//! CIP's kernel-sec: a YAML file for each issue.
//!
//! The commits of a branch are all needed. Those of other branches than mainline carry the same changes, or less where the
//! branch never had the rest. What a fix is said to depend on is told with it: whether a backport needs it as well, the issue
//! says in prose.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use hunktrace_server::audit::vulnerability::{Account, FixSet, Introduced, Vulnerability};
use serde::de::{IgnoredAny, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::commit_id::is_commit_id;
use super::known::Record;
use super::source_error::SourceError;

/// The branch that all others follow.
const MAINLINE: &str = "mainline";

#[derive(Deserialize)]
struct Issue {
    #[serde(default, rename = "introduced-by")]
    introduced_by: Option<BTreeMap<String, Commits>>,
    #[serde(default, rename = "fixed-by")]
    fixed_by: Option<BTreeMap<String, Commits>>,
    #[serde(default, rename = "fix-depends-on")]
    fix_depends_on: Option<BTreeMap<String, IgnoredAny>>,
}

/// Commits are read as texts: an id may look like a number.
enum Commits {
    List(Vec<String>),
    Word(String),
}

impl<'de> Deserialize<'de> for Commits {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Commits, D::Error> {
        deserializer.deserialize_any(CommitsVisitor)
    }
}

struct CommitsVisitor;

impl<'de> Visitor<'de> for CommitsVisitor {
    type Value = Commits;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list of commits, or 'never'")
    }

    fn visit_str<E>(self, word: &str) -> Result<Commits, E> {
        Ok(Commits::Word(word.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Commits, A::Error> {
        let mut commits = Vec::new();
        while let Some(commit) = list.next_element::<String>()? {
            commits.push(commit);
        }
        Ok(Commits::List(commits))
    }
}

impl Commits {
    /// The ids; what names a package's patch or version is none.
    fn ids(&self) -> Vec<String> {
        match self {
            Commits::List(words) => words.iter().filter(|word| is_commit_id(word)).cloned().collect(),
            Commits::Word(_) => Vec::new(),
        }
    }

    fn is_never(&self) -> bool {
        matches!(self, Commits::Word(word) if word == "never")
    }
}

/// Reads an issue, which is called as its file is.
///
/// # Errors
/// Where the text is no issue.
pub(super) fn read_issue(path: &Path, text: &str) -> Result<Option<Record>, SourceError> {
    let issue: Issue = serde_saphyr::from_str(text).map_err(|error| {
        let line = error.location().map_or(0, |location| location.line() as usize);
        SourceError::malformed(path, line, error.to_string().lines().next().unwrap_or_default())
    })?;
    let Some(id) = path.file_stem().map(|name| name.to_string_lossy().into_owned()) else { return Ok(None) };
    let introduced_by = issue.introduced_by.unwrap_or_default();
    let introduced = match introduced_by.get(MAINLINE) {
        None => Introduced::Unknown,
        Some(commits) if commits.is_never() => Introduced::Never,
        Some(commits) => match commits.ids() {
            ids if ids.is_empty() => Introduced::Unknown,
            ids => Introduced::By(ids),
        },
    };
    let fixed_by = issue.fixed_by.unwrap_or_default();
    let of_branch = |name: &String| fixed_by.get(name).map(Commits::ids).unwrap_or_default();
    let branches = fixed_by.keys().filter(|name| *name != MAINLINE);
    let mut fixes: Vec<FixSet> = Vec::new();
    for commits in std::iter::once(&MAINLINE.to_owned()).chain(branches).map(of_branch) {
        if !commits.is_empty() && !fixes.iter().any(|set| set.commits == commits) {
            fixes.push(FixSet { commits, mends: Vec::new() });
        }
    }
    let depends_on = issue.fix_depends_on.unwrap_or_default().into_keys().filter(|id| is_commit_id(id));
    let account = Account { introduced, fixes, depends_on: depends_on.collect() };
    let vulnerability = Vulnerability { id, accounts: vec![account], files: Vec::new() };
    Ok(Some(Record { vulnerability, severity: None }))
}

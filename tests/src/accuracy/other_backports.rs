//! Backports in repositories other than the one that is measured: other projects, other vendors.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::accuracy::history::History;
use crate::accuracy::query::QuerySet;
use crate::accuracy::real_queries::backports;
use crate::accuracy::truth::{Equivalents, read_origins};

/// A set of backports with known origins, and where they are.
#[derive(Clone, Debug)]
pub struct OtherBackports {
    /// What they are for: `fitted` or `real`.
    pub part: String,
    /// The set's name.
    pub name: String,
    /// The index that is asked.
    pub index: PathBuf,
    repository: PathBuf,
    origins: PathBuf,
    equivalents: Option<PathBuf>,
}

impl OtherBackports {
    /// Reads a table: a line for each set, six columns with tabs between them, `-` where there are no equal commits.
    ///
    /// # Errors
    /// Where it cannot be read or a line has other columns.
    pub fn read(table: &Path) -> anyhow::Result<Vec<OtherBackports>> {
        let text = fs::read_to_string(table).with_context(|| format!("cannot read {}", table.display()))?;
        let set = |(number, line): (usize, &str)| {
            let columns: Vec<&str> = line.split('\t').collect();
            let [part, name, repository, index, origins, equivalents] = columns[..] else {
                anyhow::bail!("{}:{}: {} columns in place of 6", table.display(), number + 1, columns.len());
            };
            Ok(OtherBackports {
                part: part.to_owned(),
                name: name.to_owned(),
                index: index.into(),
                repository: repository.into(),
                origins: origins.into(),
                equivalents: (equivalents != "-").then(|| equivalents.into()),
            })
        };
        text.lines().enumerate().map(set).collect()
    }

    /// The backports, without those whose objects are not all there.
    ///
    /// # Errors
    /// Where a table cannot be read, or git fails.
    pub fn set(&self) -> anyhow::Result<QuerySet> {
        let equivalents = self.equivalents.as_deref().map(Equivalents::read).transpose()?.unwrap_or_default();
        let history = History::new(&self.repository);
        let mut origins = read_origins(&self.origins)?;
        let commits: Vec<String> = origins.iter().map(|(commit, _)| commit.clone()).collect();
        let whole = history.whole_commits(&commits)?;
        origins.retain(|(commit, _)| whole.contains(commit));
        backports(&self.name, &history, &origins, &equivalents)
    }
}

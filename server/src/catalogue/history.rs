//! Since which release a commit, a file's or function's code, or the repair of a CVE is there, and what the vendor says of it.

use std::collections::BTreeMap;

use rusqlite::OptionalExtension;

use super::commit_history::{CommitHistory, EntryOfRelease};
use super::commit_name::{
    COMMIT_COLUMNS, CataloguedCommit, commit_by_row, commit_row, find_commit, is_commit_name,
};
use super::error::CatalogueError;
use super::release_place::path_row;
use super::store::Catalogue;

/// What a history was asked for, as it was understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A commit, by its id.
    Commit(String),
    /// A file or folder.
    Path(String),
    /// A function of a file; of every file where the path is empty.
    Function {
        /// The file.
        path: String,
        /// The function.
        function: String,
    },
    /// A CVE id.
    Cve(String),
}

/// The history of what was asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct History {
    /// What was understood.
    pub subject: Subject,
    /// The commits, by the first release that has each and then in upstream's order.
    pub commits: Vec<CommitHistory>,
    /// Of a path or function: the vendor's own lines in the newest release.
    pub own_lines: u64,
    /// The releases in which the vendor's own lines of it changed in number.
    pub own_changes: Vec<OwnLines>,
}

/// How many lines of a file or function are the vendor's own in a release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnLines {
    /// The release.
    pub release: String,
    /// Added lines.
    pub added: u64,
    /// Removed lines.
    pub removed: u64,
}

impl Catalogue {
    /// The history of a commit, `PATH`, `PATH:FUNCTION`, `:FUNCTION` or CVE id.
    ///
    /// # Errors
    /// Where nothing of that name is in any release, or the file cannot be read.
    pub fn history(&self, name: &str) -> Result<History, CatalogueError> {
        if name.len() > 4 && name[..4].eq_ignore_ascii_case("cve-") {
            return self.cve_history(&name.to_uppercase());
        }
        if let Some(commit) = find_commit(&self.connection, name)? {
            let sha = commit.sha.clone();
            let commits = vec![self.commit_history(commit, None)?];
            return Ok(History {
                subject: Subject::Commit(sha),
                commits,
                own_lines: 0,
                own_changes: Vec::new(),
            });
        }
        match name.rsplit_once(':') {
            Some((path, function)) if !function.is_empty() => self.code_history(path, Some(function)),
            _ => self.code_history(name, None),
        }
    }

    fn cve_history(&self, cve: &str) -> Result<History, CatalogueError> {
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT {COMMIT_COLUMNS} FROM upstream_commit WHERE id IN ( \
                SELECT changelog_commit.\"commit\" FROM changelog_cve JOIN changelog_commit ON changelog_commit.entry = changelog_cve.entry \
                WHERE changelog_cve.cve = ?1 \
                UNION SELECT \"commit\" FROM commit_names WHERE relation = 'cve' AND named = ?1)"
        ))?;
        let commits: Vec<CataloguedCommit> =
            statement.query_map([cve], commit_row)?.collect::<Result<_, _>>()?;
        let entries = self.entries_of_cve(cve)?;
        if commits.is_empty() && entries.is_empty() {
            return Err(CatalogueError::Nothing(format!(
                "no changelog and no commit of the catalogue names {cve}; 'hunktrace audit' judges CVEs by code"
            )));
        }
        let mut commits: Vec<CommitHistory> =
            commits.into_iter().map(|commit| self.commit_history(commit, None)).collect::<Result<_, _>>()?;
        self.sort(&mut commits)?;
        if commits.is_empty() {
            let said: Vec<String> =
                entries.iter().map(|entry| format!("{}: {}", entry.release, entry.text)).collect();
            return Err(CatalogueError::Nothing(format!(
                "{cve}: the vendor names it, and no commit of the releases goes with the entry: {}",
                said.join("; ")
            )));
        }
        Ok(History { subject: Subject::Cve(cve.to_owned()), commits, own_lines: 0, own_changes: Vec::new() })
    }

    fn entries_of_cve(&self, cve: &str) -> Result<Vec<EntryOfRelease>, CatalogueError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT release.name, changelog_entry.text FROM changelog_cve JOIN changelog_entry ON changelog_entry.id = changelog_cve.entry \
             JOIN release ON release.id = changelog_entry.release WHERE changelog_cve.cve = ?1 ORDER BY release.place",
        )?;
        let rows = statement.query_map([cve], |row| {
            Ok(EntryOfRelease { release: row.get(0)?, text: row.get(1)?, how: String::new() })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The history of a file, or of a function in a file or in all.
    fn code_history(&self, path: &str, function: Option<&str>) -> Result<History, CatalogueError> {
        let code = self.code_rows(path, function)?;
        let mut commits: Vec<i64> = code.iter().filter_map(|row| row.commit).collect();
        commits.sort_unstable();
        commits.dedup();
        if code.is_empty() {
            return Err(self.nothing_of(path, function));
        }
        let mut histories = Vec::with_capacity(commits.len());
        for row in commits {
            if let Some(commit) = commit_by_row(&self.connection, row)? {
                histories.push(self.commit_history(commit, Some((path, function)))?);
            }
        }
        self.sort(&mut histories)?;
        let own_changes = self.own_changes(&code)?;
        let own_lines = own_changes.last().map_or(0, |own| own.added + own.removed);
        let subject = match function {
            Some(function) => Subject::Function { path: path.to_owned(), function: function.to_owned() },
            None => Subject::Path(path.to_owned()),
        };
        Ok(History { subject, commits: histories, own_lines, own_changes })
    }

    fn nothing_of(&self, path: &str, function: Option<&str>) -> CatalogueError {
        let known = path_row(&self.connection, path.as_bytes()).ok().flatten().is_some();
        CatalogueError::Nothing(match function {
            Some(function) if known || path.is_empty() => {
                format!(
                    "no release changes a function {function}{}",
                    if path.is_empty() { String::new() } else { format!(" of {path}") }
                )
            }
            _ if is_commit_name(path) => format!(
                "no release has a commit {path} beyond its base; 'hunktrace show {path}' tells what the index knows of it"
            ),
            _ => format!(
                "no release changes {path}; give a path from the top of the kernel, a commit id or a CVE id"
            ),
        })
    }

    /// The runs of a file or function, once for each difference and release.
    fn code_rows(&self, path: &str, function: Option<&str>) -> Result<Vec<CodeRow>, CatalogueError> {
        let mut conditions = Vec::new();
        let mut values: Vec<rusqlite::types::Value> = Vec::new();
        if !path.is_empty() {
            let Some(row) = path_row(&self.connection, path.as_bytes())? else { return Ok(Vec::new()) };
            values.push(row.into());
            conditions.push(format!("difference.path = ?{}", values.len()));
        }
        if let Some(function) = function {
            let mut find = self.connection.prepare_cached("SELECT id FROM function WHERE name = ?1")?;
            let row: Option<i64> = find.query_row([function], |row| row.get(0)).optional()?;
            let Some(row) = row else { return Ok(Vec::new()) };
            values.push(row.into());
            let place = values.len();
            conditions.push(format!(
                "run.function = ?{place} AND difference.id IN (SELECT difference FROM function_difference WHERE function = ?{place})"
            ));
        }
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT release_file.release, run.\"commit\", run.side, sum(run.lines) FROM difference \
             JOIN run ON run.difference = difference.id JOIN release_file ON release_file.difference = difference.id \
             WHERE {} GROUP BY release_file.release, run.\"commit\", run.side",
            conditions.join(" AND ")
        ))?;
        let rows = statement.query_map(rusqlite::params_from_iter(values), |row| {
            Ok(CodeRow {
                release: row.get(0)?,
                commit: row.get(1)?,
                is_added: row.get(2)?,
                lines: row.get::<_, i64>(3)?.unsigned_abs(),
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The releases in which the number of the vendor's own lines changes.
    fn own_changes(&self, code: &[CodeRow]) -> Result<Vec<OwnLines>, CatalogueError> {
        let mut own: BTreeMap<i64, (u64, u64)> = BTreeMap::new();
        for row in code.iter().filter(|row| row.commit.is_none()) {
            let lines = own.entry(row.release).or_default();
            if row.is_added {
                lines.0 += row.lines;
            } else {
                lines.1 += row.lines;
            }
        }
        let mut changes = Vec::new();
        let mut last: BTreeMap<i64, (u64, u64)> = BTreeMap::new();
        for release in self.releases()? {
            let now = own.get(&release.id).copied().unwrap_or_default();
            let before = last.insert(release.vendor_id, now).unwrap_or_default();
            if now != before {
                changes.push(OwnLines { release: release.name, added: now.0, removed: now.1 });
            }
        }
        Ok(changes)
    }

    /// By the first release that has each, then by upstream's date.
    fn sort(&self, commits: &mut [CommitHistory]) -> Result<(), CatalogueError> {
        let releases = self.releases()?;
        let place = |history: &CommitHistory| {
            let first = history.stretches.first();
            first.and_then(|stretch| releases.iter().position(|release| release.name == stretch.first))
        };
        commits.sort_by_cached_key(|history| {
            (place(history), history.commit.author_date.clone(), history.commit.sha.clone())
        });
        Ok(())
    }
}

struct CodeRow {
    release: i64,
    commit: Option<i64>,
    is_added: bool,
    lines: u64,
}

//! Since which release a commit, a file's or function's code, or the repair of a CVE is there, and what the vendor says of it.

use std::collections::BTreeMap;

use bstr::BString;
use rusqlite::OptionalExtension;

use super::commit_name::{
    COMMIT_COLUMNS, CataloguedCommit, commit_by_row, commit_row, find_commit, is_commit_name,
};
use super::error::CatalogueError;
use super::release_text::stored_path;
use super::release_writer::path_row;
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

/// A commit through the releases.
#[derive(Clone, Debug, PartialEq)]
pub struct CommitHistory {
    /// The commit.
    pub commit: CataloguedCommit,
    /// Ids of the commits that carry it.
    pub carriers: Vec<String>,
    /// The ids that its message says to repair.
    pub fixes: Vec<String>,
    /// The ids that it takes back.
    pub reverts: Vec<String>,
    /// The CVE ids that its message or the vendor's changelog names.
    pub cves: Vec<String>,
    /// Addresses that it links to.
    pub links: Vec<String>,
    /// Each stretch of releases that have it in the same way, in order.
    pub stretches: Vec<Stretch>,
    /// The vendor's changelog entries about it.
    pub entries: Vec<EntryOfRelease>,
    /// Commits of the catalogue that repair it or take it back.
    pub later: Vec<LaterCommit>,
    /// Where its lines are in the last release that has it: all of them for one commit, those of the path or function else.
    pub places: Vec<PlacedLines>,
}

/// Neighbouring releases of a vendor that have a commit in the same way.
#[derive(Clone, Debug, PartialEq)]
pub struct Stretch {
    /// The vendor.
    pub vendor: String,
    /// The first of them.
    pub first: String,
    /// Its date.
    pub released_on: Option<String>,
    /// The last of them.
    pub last: String,
    /// Whether it is the vendor's newest.
    pub is_newest: bool,
    /// The release after the last, where that lacks the commit.
    pub gone_with: Option<String>,
    /// `complete`, `partial` or `implied`.
    pub status: String,
    /// Probability that they have it.
    pub confidence: f64,
    /// Lines in the last of them.
    pub lines: u64,
    /// Hunks in the last of them.
    pub hunks: u32,
    /// Hunks that are missing: `FILE:LINE reason`.
    pub missing: Vec<String>,
    /// What superseded it.
    pub superseded_by: Option<String>,
}

/// An entry of the vendor's changelog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryOfRelease {
    /// The release whose package brought it.
    pub release: String,
    /// What it says.
    pub text: String,
    /// How it was found: `subject`, `subject without prefix` or `like words`.
    pub how: String,
}

/// A commit that repairs another one or takes it back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaterCommit {
    /// Its id.
    pub sha: String,
    /// Its subject.
    pub subject: String,
    /// `fixes` or `reverts`.
    pub relation: String,
    /// The first release that has it.
    pub since: Option<String>,
}

/// Neighbouring lines of a commit.
#[derive(Clone, Debug, PartialEq)]
pub struct PlacedLines {
    /// The file.
    pub path: BString,
    /// The function.
    pub function: Option<String>,
    /// Whether the release has added them; else they were removed from the base.
    pub is_added: bool,
    /// The first line's number, from 1: in the release, or in the base.
    pub start: u32,
    /// How many.
    pub lines: u32,
    /// Probability that they come from the commit.
    pub confidence: f64,
    /// How they match.
    pub match_kind: String,
}

/// One row of how a release has a commit.
struct StateRow {
    vendor: String,
    release: String,
    released_on: Option<String>,
    place: u32,
    last_place: u32,
    state: i64,
    status: String,
    permille: i64,
    lines: i64,
    hunks: u32,
    missing: String,
    superseded_by: Option<String>,
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

    /// A commit through the releases, with its places in a file or function, or all of them.
    pub(super) fn commit_history(
        &self,
        commit: CataloguedCommit,
        code: Option<(&str, Option<&str>)>,
    ) -> Result<CommitHistory, CatalogueError> {
        let texts = |sql: &str| -> Result<Vec<String>, CatalogueError> {
            let mut statement = self.connection.prepare_cached(sql)?;
            let rows = statement.query_map([commit.id], |row| row.get(0))?;
            Ok(rows.collect::<Result<_, _>>()?)
        };
        let named = |relation: &str| {
            texts(&format!(
                "SELECT named FROM commit_names WHERE \"commit\" = ?1 AND relation = '{relation}' ORDER BY named"
            ))
        };
        let carriers = texts("SELECT sha FROM carrier WHERE \"commit\" = ?1 ORDER BY sha")?;
        let links = texts("SELECT url FROM commit_link WHERE \"commit\" = ?1 ORDER BY url")?;
        let mut cves = texts(
            "SELECT DISTINCT changelog_cve.cve FROM changelog_commit JOIN changelog_cve ON changelog_cve.entry = changelog_commit.entry \
             WHERE changelog_commit.\"commit\" = ?1",
        )?;
        cves.extend(named("cve")?);
        cves.sort_unstable();
        cves.dedup();
        let (fixes, reverts) = (named("fixes")?, named("reverts")?);
        let stretches = self.stretches(commit.id)?;
        let entries = self.entries_about(commit.id)?;
        let later = self.later_commits(&commit.sha)?;
        let places = self.places(commit.id, code)?;
        Ok(CommitHistory { carriers, fixes, reverts, cves, links, stretches, entries, later, places, commit })
    }

    fn stretches(&self, commit: i64) -> Result<Vec<Stretch>, CatalogueError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT vendor.name, release.name, release.released_on, release.place, \
                (SELECT max(place) FROM release AS other WHERE other.vendor = release.vendor), commit_state.id, \
                commit_state.status, commit_state.permille, commit_state.lines, commit_state.hunks, commit_state.missing, \
                commit_state.superseded_by \
             FROM commit_state JOIN release_commit ON release_commit.state = commit_state.id \
             JOIN release ON release.id = release_commit.release JOIN vendor ON vendor.id = release.vendor \
             WHERE commit_state.\"commit\" = ?1 ORDER BY vendor.name, release.place",
        )?;
        let rows = statement.query_map([commit], |row| {
            Ok(StateRow {
                vendor: row.get(0)?,
                release: row.get(1)?,
                released_on: row.get(2)?,
                place: row.get(3)?,
                last_place: row.get(4)?,
                state: row.get(5)?,
                status: row.get(6)?,
                permille: row.get(7)?,
                lines: row.get(8)?,
                hunks: row.get(9)?,
                missing: row.get(10)?,
                superseded_by: row.get(11)?,
            })
        })?;
        let rows: Vec<StateRow> = rows.collect::<Result<_, _>>()?;
        let mut stretches: Vec<(Stretch, StateRow)> = Vec::new();
        for row in rows {
            if let Some((stretch, last)) = stretches.last_mut() {
                let follows = last.vendor == row.vendor && last.place + 1 == row.place;
                if follows && (last.state == row.state || is_alike(last, &row)) {
                    stretch.last.clone_from(&row.release);
                    stretch.is_newest = row.place == row.last_place;
                    stretch.lines = row.lines.unsigned_abs();
                    stretch.hunks = row.hunks;
                    *last = row;
                    continue;
                }
            }
            stretches.push((stretch_of(&row), row));
        }
        self.say_what_came_after(&mut stretches)?;
        Ok(stretches.into_iter().map(|(stretch, _)| stretch).collect())
    }

    /// Names the release with which the commit went, where the one after a stretch lacks it.
    fn say_what_came_after(&self, stretches: &mut [(Stretch, StateRow)]) -> Result<(), CatalogueError> {
        let firsts: Vec<(String, String)> =
            stretches.iter().map(|(stretch, _)| (stretch.vendor.clone(), stretch.first.clone())).collect();
        for (stretch, last) in stretches.iter_mut().filter(|(stretch, _)| !stretch.is_newest) {
            let mut statement = self.connection.prepare_cached(
                "SELECT release.name FROM release JOIN vendor ON vendor.id = release.vendor WHERE vendor.name = ?1 AND release.place = ?2",
            )?;
            let next: Option<String> =
                statement.query_row((&last.vendor, last.place + 1), |row| row.get(0)).optional()?;
            let has_it = |next: &String| firsts.contains(&(stretch.vendor.clone(), next.clone()));
            stretch.gone_with = next.filter(|next| !has_it(next));
        }
        Ok(())
    }

    pub(super) fn entries_about(&self, commit: i64) -> Result<Vec<EntryOfRelease>, CatalogueError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT release.name, changelog_entry.text, changelog_commit.how FROM changelog_commit \
             JOIN changelog_entry ON changelog_entry.id = changelog_commit.entry JOIN release ON release.id = changelog_entry.release \
             WHERE changelog_commit.\"commit\" = ?1 ORDER BY release.place, changelog_entry.number",
        )?;
        let rows = statement.query_map([commit], |row| {
            Ok(EntryOfRelease { release: row.get(0)?, text: row.get(1)?, how: row.get(2)? })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The commits of the catalogue whose messages say to repair a commit or to take it back.
    pub(super) fn later_commits(&self, sha: &str) -> Result<Vec<LaterCommit>, CatalogueError> {
        // Messages abbreviate; no id is shorter than seven digits.
        let mut statement = self.connection.prepare_cached(
            "SELECT upstream_commit.sha, upstream_commit.subject, commit_names.relation, ( \
                SELECT release.name FROM commit_state JOIN release_commit ON release_commit.state = commit_state.id \
                JOIN release ON release.id = release_commit.release WHERE commit_state.\"commit\" = upstream_commit.id \
                ORDER BY release.place LIMIT 1) \
             FROM commit_names JOIN upstream_commit ON upstream_commit.id = commit_names.\"commit\" \
             WHERE commit_names.named >= substr(?1, 1, 7) AND commit_names.named <= ?1 AND substr(?1, 1, length(named)) = named \
             AND commit_names.relation IN ('fixes', 'reverts') ORDER BY upstream_commit.author_date, upstream_commit.sha",
        )?;
        let rows = statement.query_map([sha], |row| {
            Ok(LaterCommit {
                sha: row.get(0)?,
                subject: row.get(1)?,
                relation: row.get(2)?,
                since: row.get(3)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Where a commit's lines are in the last release that has some of them.
    fn places(
        &self,
        commit: i64,
        code: Option<(&str, Option<&str>)>,
    ) -> Result<Vec<PlacedLines>, CatalogueError> {
        let mut last = self.connection.prepare_cached(
            "SELECT release.id FROM commit_state JOIN release_commit ON release_commit.state = commit_state.id \
             JOIN release ON release.id = release_commit.release WHERE commit_state.\"commit\" = ?1 \
             ORDER BY commit_state.lines > 0 DESC, release.place DESC LIMIT 1",
        )?;
        let Some(release) = last.query_row([commit], |row| row.get::<_, i64>(0)).optional()? else {
            return Ok(Vec::new());
        };
        let mut statement = self.connection.prepare_cached(
            "SELECT path.path, function.name, run.side, run.start, run.lines, run.permille, match_kind.name FROM commit_difference \
             JOIN release_file ON release_file.difference = commit_difference.difference AND release_file.release = ?2 \
             JOIN run ON run.difference = commit_difference.difference AND run.\"commit\" = commit_difference.\"commit\" \
             JOIN difference ON difference.id = run.difference JOIN path ON path.id = difference.path \
             LEFT JOIN function ON function.id = run.function LEFT JOIN match_kind ON match_kind.id = run.match_kind \
             WHERE commit_difference.\"commit\" = ?1 ORDER BY path.path, run.number",
        )?;
        let mut rows = statement.query((commit, release))?;
        let mut places: Vec<PlacedLines> = Vec::new();
        while let Some(row) = rows.next()? {
            let place = PlacedLines {
                path: stored_path(row.get_ref(0)?).unwrap_or_default().into(),
                function: row.get(1)?,
                is_added: row.get(2)?,
                start: row.get(3)?,
                lines: row.get(4)?,
                confidence: row.get::<_, i64>(5)? as f64 / 1000.0,
                match_kind: row.get(6)?,
            };
            let is_asked = code.is_none_or(|(path, function)| {
                (path.is_empty() || place.path == path)
                    && function.is_none_or(|name| place.function.as_deref() == Some(name))
            });
            if is_asked {
                places.push(place);
            }
        }
        Ok(places)
    }
}

struct CodeRow {
    release: i64,
    commit: Option<i64>,
    is_added: bool,
    lines: u64,
}

/// Whether two releases have a commit in ways that nobody would tell apart.
fn is_alike(a: &StateRow, b: &StateRow) -> bool {
    a.status == b.status && a.missing == b.missing && a.superseded_by == b.superseded_by
}

fn stretch_of(row: &StateRow) -> Stretch {
    Stretch {
        vendor: row.vendor.clone(),
        first: row.release.clone(),
        released_on: row.released_on.clone(),
        last: row.release.clone(),
        is_newest: row.place == row.last_place,
        gone_with: None,
        status: row.status.clone(),
        confidence: row.permille as f64 / 1000.0,
        lines: row.lines.unsigned_abs(),
        hunks: row.hunks,
        missing: row.missing.lines().map(str::to_owned).collect(),
        superseded_by: row.superseded_by.clone(),
    }
}

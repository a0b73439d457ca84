//! Writes down which commits a release has, and how much of each.

use std::collections::HashMap;

use bstr::{BString, ByteSlice};
use rusqlite::{Connection, OptionalExtension, params};

use super::commit_order::place_commits;
use super::error::AddError;
use super::later_commits::set_later;
use super::new_release::{CommitFacts, NewCommit, NewFile};
use super::purpose::{MaintainedBy, Purpose};
use super::release_place::{MatchKinds, ReleasePlace, permille};

/// How much of a commit the release before has.
struct Earlier {
    commit: i64,
    state: i64,
    values: StateValues,
    /// Whether the release has it as well.
    stays: bool,
}

/// How much of a commit a release has, as it is stored.
#[derive(PartialEq)]
struct StateValues {
    status: String,
    permille: i64,
    lines: i64,
    hunks: u32,
    missing: String,
    match_kind: i64,
    superseded_by: Option<String>,
}

/// Adds the commits of a release.
pub(super) struct CommitWriter<'a> {
    connection: &'a Connection,
    place: &'a ReleasePlace,
    kinds: &'a MatchKinds,
    /// The states of the release before, by the ids of their commits.
    earlier: HashMap<String, Earlier>,
}

impl<'a> CommitWriter<'a> {
    /// Begins with what the release before has.
    pub fn begin(
        connection: &'a Connection,
        place: &'a ReleasePlace,
        kinds: &'a MatchKinds,
    ) -> Result<CommitWriter<'a>, AddError> {
        let earlier = earlier_states(connection, place.vendor)?;
        Ok(CommitWriter { connection, place, kinds, earlier })
    }

    /// Adds commits and how much of each the release has; returns their rows.
    pub fn add(
        mut self,
        commits: &[NewCommit],
        files: &[NewFile],
        facts: &mut dyn CommitFacts,
    ) -> Result<Vec<i64>, AddError> {
        let mut rows = Vec::with_capacity(commits.len());
        for commit in commits {
            rows.push(self.known_row(commit)?);
        }
        let is_new: Vec<bool> = rows.iter().map(Option::is_none).collect();
        let of_new = commits.iter().zip(&is_new).filter(|(_, is_new)| **is_new).map(|(commit, _)| commit);
        let shas: Vec<&str> = of_new.map(|commit| commit.sha.as_str()).collect();
        let mut messages = facts.messages(&shas).map_err(AddError::Unreadable)?.into_iter();
        let paths = if is_new.contains(&true) { main_paths(commits.len(), files) } else { Vec::new() };
        let mut known = Vec::with_capacity(commits.len());
        for (place, (commit, row)) in commits.iter().zip(rows).enumerate() {
            known.push(match row {
                Some(row) => row,
                None => {
                    let message = messages.next().flatten();
                    let purpose = message.as_deref().map(Purpose::of).unwrap_or_default();
                    let by_path = || subsystem_of(facts.maintained_by(), paths[place]);
                    self.add_commit(commit, &purpose, commit.subsystem.clone().or_else(by_path))?
                }
            });
        }
        place_commits(self.connection, &known, &is_new)?;
        for ((commit, row), is_new) in commits.iter().zip(&known).zip(&is_new) {
            if *is_new || self.place.has_new_index {
                set_later(self.connection, *row, &commit.later)?;
                self.set_subsystem(*row, commit.subsystem.as_deref())?;
            }
        }
        for (commit, row) in commits.iter().zip(&known) {
            self.add_state(commit, *row)?;
        }
        self.end()?;
        Ok(known)
    }

    /// The row of a commit that some release has.
    fn known_row(&self, commit: &NewCommit) -> Result<Option<i64>, AddError> {
        if let Some(earlier) = self.earlier.get(&commit.sha) {
            return Ok(Some(earlier.commit));
        }
        let mut statement =
            self.connection.prepare_cached("SELECT id FROM upstream_commit WHERE sha = ?1")?;
        Ok(statement.query_row([&commit.sha], |row| row.get(0)).optional()?)
    }

    fn add_commit(
        &self,
        commit: &NewCommit,
        purpose: &Purpose,
        subsystem: Option<String>,
    ) -> Result<i64, AddError> {
        let mut statement = self.connection.prepare_cached(
            "INSERT INTO upstream_commit (sha, subject, author, author_date, first_release, subsystem, purpose, cc_stable, \
             syzbot) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?;
        statement.execute(params![
            commit.sha,
            commit.subject,
            commit.author,
            commit.author_date,
            commit.first_release,
            subsystem,
            purpose.kind.name(),
            purpose.cc_stable,
            purpose.syzbot
        ])?;
        let row = self.connection.last_insert_rowid();
        for carrier in &commit.carriers {
            let mut statement = self
                .connection
                .prepare_cached("INSERT OR IGNORE INTO carrier (sha, \"commit\") VALUES (?1, ?2)")?;
            statement.execute((carrier, row))?;
        }
        let names = [("fixes", &purpose.fixes), ("reverts", &purpose.reverts), ("cve", &purpose.cves)];
        for (relation, named) in names {
            for named in named {
                let mut statement = self.connection.prepare_cached(
                    "INSERT OR IGNORE INTO commit_names (\"commit\", relation, named) VALUES (?1, ?2, ?3)",
                )?;
                statement.execute((row, relation, named))?;
            }
        }
        for link in &purpose.links {
            let mut statement = self
                .connection
                .prepare_cached("INSERT OR IGNORE INTO commit_link (\"commit\", url) VALUES (?1, ?2)")?;
            statement.execute((row, link))?;
        }
        Ok(row)
    }

    /// Writes down the subsystem that a new index tells; what was known stays where it tells none.
    fn set_subsystem(&self, row: i64, subsystem: Option<&str>) -> Result<(), AddError> {
        let Some(subsystem) = subsystem else { return Ok(()) };
        let mut update = self.connection.prepare_cached(
            "UPDATE upstream_commit SET subsystem = ?2 WHERE id = ?1 AND subsystem IS NOT ?2",
        )?;
        update.execute((row, subsystem))?;
        Ok(())
    }

    /// Adds how much of a commit the release has.
    fn add_state(&mut self, commit: &NewCommit, row: i64) -> Result<(), AddError> {
        let values = StateValues {
            status: commit.status.name().to_owned(),
            permille: permille(commit.confidence),
            lines: commit.lines as i64,
            hunks: commit.hunks,
            missing: commit.missing.join("\n"),
            match_kind: self.kinds.row(commit.match_kind),
            superseded_by: commit.superseded_by.clone(),
        };
        if let Some(earlier) = self.earlier.get_mut(&commit.sha).filter(|earlier| earlier.values == values) {
            earlier.stays = true;
            return Ok(());
        }
        let state = self.state(row, &values)?;
        let mut insert = self
            .connection
            .prepare_cached("INSERT OR IGNORE INTO state_span (state, vendor, first) VALUES (?1, ?2, ?3)")?;
        insert.execute((state, self.place.vendor, self.place.place))?;
        Ok(())
    }

    fn state(&self, row: i64, values: &StateValues) -> Result<i64, AddError> {
        let StateValues { status, permille, lines, hunks, missing, match_kind, superseded_by } = values;
        let values = params![row, status, permille, lines, hunks, missing, match_kind, superseded_by];
        let mut find = self.connection.prepare_cached(
            "SELECT id FROM commit_state WHERE \"commit\" = ?1 AND status = ?2 AND permille = ?3 AND lines = ?4 AND hunks = ?5 \
             AND missing = ?6 AND match_kind = ?7 AND superseded_by IS ?8",
        )?;
        if let Some(known) = find.query_row(values, |row| row.get(0)).optional()? {
            return Ok(known);
        }
        let mut insert = self.connection.prepare_cached(
            "INSERT INTO commit_state (\"commit\", status, permille, lines, hunks, missing, match_kind, superseded_by) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?;
        insert.execute(values)?;
        Ok(self.connection.last_insert_rowid())
    }

    /// Ends the states of the release before that this one does not have.
    fn end(&self) -> Result<(), AddError> {
        let mut update = self.connection.prepare_cached(
            "UPDATE state_span SET until = ?3 WHERE state = ?1 AND vendor = ?2 AND until IS NULL AND first < ?3",
        )?;
        for gone in self.earlier.values().filter(|earlier| !earlier.stays) {
            update.execute((gone.state, self.place.vendor, self.place.place))?;
        }
        Ok(())
    }
}

fn earlier_states(connection: &Connection, vendor: i64) -> Result<HashMap<String, Earlier>, AddError> {
    let mut statement = connection.prepare(
        "SELECT upstream_commit.sha, upstream_commit.id, commit_state.id, commit_state.status, commit_state.permille, \
            commit_state.lines, commit_state.hunks, commit_state.missing, commit_state.match_kind, commit_state.superseded_by \
         FROM state_span JOIN commit_state ON commit_state.id = state_span.state \
         JOIN upstream_commit ON upstream_commit.id = commit_state.\"commit\" \
         WHERE state_span.vendor = ?1 AND state_span.until IS NULL",
    )?;
    let rows = statement.query_map([vendor], |row| {
        let values = StateValues {
            status: row.get(3)?,
            permille: row.get(4)?,
            lines: row.get(5)?,
            hunks: row.get(6)?,
            missing: row.get(7)?,
            match_kind: row.get(8)?,
            superseded_by: row.get(9)?,
        };
        Ok((row.get(0)?, Earlier { commit: row.get(1)?, state: row.get(2)?, values, stays: false }))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The path that has most of each commit's lines.
fn main_paths(commits: usize, files: &[NewFile]) -> Vec<Option<&BString>> {
    let mut most: Vec<(u32, Option<&BString>)> = vec![(0, None); commits];
    for file in files {
        let mut lines: HashMap<usize, u32> = HashMap::new();
        for run in &file.runs {
            if let Some((commit, ..)) = run.origin {
                *lines.entry(commit).or_default() += run.lines;
            }
        }
        for (commit, lines) in lines {
            if lines > most[commit].0 {
                most[commit] = (lines, Some(&file.path));
            }
        }
    }
    most.into_iter().map(|(_, path)| path).collect()
}

fn subsystem_of(maintained: Option<&dyn MaintainedBy>, path: Option<&BString>) -> Option<String> {
    maintained?.subsystem(path?.as_bstr())
}

//! The commits that two releases have in different ways.

use std::collections::HashMap;

use rayon::prelude::*;
use rusqlite::{Connection, OptionalExtension};

use super::changed_files::in_one_alone;
use super::commit_name::{COMMIT_COLUMNS, CataloguedCommit, commit_row};
use super::error::CatalogueError;
use super::readers::Readers;
use super::store::CataloguedRelease;

/// Commits that a thread reads at a time.
const COMMITS_AT_ONCE: usize = 512;

/// What became of a commit between two releases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// The later one has it, and the earlier one has not.
    New,
    /// The earlier one has it, and the later one has not.
    Gone,
    /// Both have it, in different ways or places.
    Changed,
}

impl Change {
    /// How it is called in every form of output.
    pub fn name(self) -> &'static str {
        match self {
            Change::New => "new",
            Change::Gone => "gone",
            Change::Changed => "changed",
        }
    }
}

/// How two releases have a commit.
#[derive(Debug)]
pub(super) struct ChangedState {
    /// The commit's row.
    pub commit: i64,
    /// `complete`, `partial` or `implied` in the earlier release; none where that has not got it.
    pub before: Option<String>,
    /// The same in the later one.
    pub after: Option<String>,
    /// The row that says how the earlier release has it, or how the later one does.
    row: i64,
}

impl ChangedState {
    /// What became of the commit.
    pub fn change(&self) -> Change {
        match (&self.before, &self.after) {
            (None, _) => Change::New,
            (_, None) => Change::Gone,
            _ => Change::Changed,
        }
    }
}

/// The commits that two releases have in different ways: first those that the earlier one has, each in the order in which it was
/// written down how they have it.
pub(super) fn changed_states(
    connection: &Connection,
    from: &CataloguedRelease,
    to: &CataloguedRelease,
) -> Result<Vec<ChangedState>, CatalogueError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT commit_state.\"commit\", commit_state.status, has.in_from, has.row FROM ({}) AS has \
         JOIN commit_state ON commit_state.id = has.row",
        in_one_alone("state_span", "state")
    ))?;
    let mut rows = statement.query((from.vendor_id, from.place, to.vendor_id, to.place))?;
    let mut states: Vec<ChangedState> = Vec::new();
    let mut places: HashMap<i64, usize> = HashMap::new();
    while let Some(row) = rows.next()? {
        let (commit, status, is_before): (i64, String, bool) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let state: i64 = row.get(3)?;
        let place = *places.entry(commit).or_insert_with(|| {
            states.push(ChangedState { commit, before: None, after: None, row: state });
            states.len() - 1
        });
        let known = &mut states[place];
        if is_before {
            (known.before, known.row) = (Some(status), state);
        } else {
            known.after = Some(status);
        }
    }
    states.sort_by_key(|state| (state.before.is_none(), state.row));
    Ok(states)
}

/// What is known of commits, in upstream's order as far as the releases tell it; those of one place there stay in their order.
pub(super) fn commits_of(
    readers: &Readers,
    states: Vec<ChangedState>,
) -> Result<Vec<(ChangedState, CataloguedCommit)>, CatalogueError> {
    let read: Vec<Result<Vec<_>, CatalogueError>> = states
        .par_chunks(COMMITS_AT_ONCE)
        .map(|states| {
            readers.with(|connection| {
                let mut statement = connection.prepare_cached(&format!(
                    "SELECT {COMMIT_COLUMNS}, upstream_commit.place FROM upstream_commit WHERE upstream_commit.id = ?1"
                ))?;
                let commits = states.iter().map(|state| {
                    let row = |row: &rusqlite::Row<'_>| Ok((commit_row(row)?, row.get::<_, f64>(10)?));
                    Ok(statement.query_row([state.commit], row).optional()?)
                });
                commits.collect()
            })
        })
        .collect();
    let mut commits = Vec::with_capacity(states.len());
    let mut states = states.into_iter();
    for of_some in read {
        for (commit, state) in of_some?.into_iter().zip(states.by_ref()) {
            commits.extend(commit.map(|(commit, place)| (place, state, commit)));
        }
    }
    commits.sort_by(|(a, ..), (b, ..)| a.total_cmp(b));
    Ok(commits.into_iter().map(|(_, state, commit)| (state, commit)).collect())
}

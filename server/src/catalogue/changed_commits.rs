//! The commits that two releases have in different ways.

use rayon::prelude::*;
use rusqlite::Connection;
use rustc_hash::FxHashMap;

use super::commit_name::{COMMIT_COLUMNS, CataloguedCommit, commit_row};
use super::error::CatalogueError;
use super::near_rows::read_near;
use super::readers::Readers;
use super::release_spans::{in_one_alone, rows_in_one_alone};
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
    readers: &Readers,
    from: &CataloguedRelease,
    to: &CataloguedRelease,
) -> Result<Vec<ChangedState>, CatalogueError> {
    let sql = format!(
        "SELECT commit_state.\"commit\", commit_state.status, has.in_from, has.row FROM ({}) AS has \
         JOIN commit_state ON commit_state.id = has.row",
        in_one_alone("state_span", "state", from, to)
    );
    let found = rows_in_one_alone(readers, "commit_state", (from, to), &sql, |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get::<_, bool>(2)?, row.get::<_, i64>(3)?))
    })?;
    let mut states: Vec<ChangedState> = Vec::with_capacity(found.len());
    let mut places: FxHashMap<i64, usize> = FxHashMap::default();
    for (commit, status, is_before, state) in found {
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
    let mut wanted: Vec<(i64, usize)> = states.iter().map(|state| state.commit).zip(0..).collect();
    wanted.sort_unstable();
    let read: Vec<Result<Vec<_>, CatalogueError>> = wanted
        .par_chunks(COMMITS_AT_ONCE)
        .map(|wanted| readers.with(|connection| commits_in(connection, wanted)))
        .collect();
    // Places are sorted, not what is known of each: that is moved once.
    let mut order: Vec<(f64, usize)> = Vec::with_capacity(states.len());
    let mut commits: Vec<Option<CataloguedCommit>> = states.iter().map(|_| None).collect();
    for of_some in read {
        for (at, place, commit) in of_some? {
            order.push((place, at));
            commits[at] = Some(commit);
        }
    }
    order.sort_unstable_by(|(place, at), (other, next)| place.total_cmp(other).then(at.cmp(next)));
    let mut states: Vec<Option<ChangedState>> = states.into_iter().map(Some).collect();
    let known = order.into_iter().filter_map(|(_, at)| states[at].take().zip(commits[at].take()));
    Ok(known.collect())
}

/// The commits of rows, with their places in upstream's order; `wanted` has rows in their order, and what to say of each.
fn commits_in(
    connection: &Connection,
    wanted: &[(i64, usize)],
) -> Result<Vec<(usize, f64, CataloguedCommit)>, CatalogueError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {COMMIT_COLUMNS}, upstream_commit.place FROM upstream_commit WHERE upstream_commit.id BETWEEN ?1 AND ?2 \
         ORDER BY upstream_commit.id"
    ))?;
    let mut commits = Vec::with_capacity(wanted.len());
    read_near(
        &mut statement,
        wanted,
        |(row, _)| *row,
        |(_, at), row| {
            commits.push((*at, row.get(10)?, commit_row(row)?));
            Ok(())
        },
    )?;
    Ok(commits)
}

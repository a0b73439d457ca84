//! The place of each commit in upstream's order, as far as the releases tell it.
//!
//! Every release lists its commits in the order of the index. A commit that comes anew is put between its neighbours of that
//! list, so the places of the others need not change.

use std::collections::HashSet;

use rusqlite::{Connection, Transaction};

use super::error::CatalogueError;

/// How far apart places are that are given anew.
const STEP: f64 = 1.0;

/// Gives places to those of some commits, in their order, that have none.
pub(super) fn place_commits(
    connection: &Connection,
    commits: &[i64],
    is_new: &[bool],
) -> Result<(), CatalogueError> {
    if !is_new.contains(&true) {
        return Ok(());
    }
    if !try_place(connection, commits, is_new)? {
        // Between two neighbours there is no number left.
        number_anew(connection, commits, is_new)?;
        try_place(connection, commits, is_new)?;
    }
    Ok(())
}

/// Says whether there was room.
fn try_place(connection: &Connection, commits: &[i64], is_new: &[bool]) -> Result<bool, CatalogueError> {
    let mut find = connection.prepare_cached("SELECT place FROM upstream_commit WHERE id = ?1")?;
    let places: Vec<Option<f64>> = commits
        .iter()
        .zip(is_new)
        .map(|(commit, is_new)| match is_new {
            true => Ok(None),
            false => find.query_row([commit], |row| row.get(0)).map(Some),
        })
        .collect::<Result<_, _>>()?;
    let mut given: Vec<(i64, f64)> = Vec::new();
    let mut low = 0.0;
    let mut at = 0;
    while at < commits.len() {
        if let Some(place) = places[at] {
            low = place.max(low);
            at += 1;
            continue;
        }
        let new = places[at..].iter().take_while(|place| place.is_none()).count();
        // A list from another index may be in another order.
        let next = places.get(at + new).copied().flatten().filter(|next| *next > low);
        let step = next.map_or(STEP, |next| (next - low) / (new + 1) as f64);
        for commit in &commits[at..at + new] {
            let place = low + step;
            if place <= low || next.is_some_and(|next| place >= next) {
                return Ok(false);
            }
            given.push((*commit, place));
            low = place;
        }
        at += new;
    }
    let mut update = connection.prepare_cached("UPDATE upstream_commit SET place = ?2 WHERE id = ?1")?;
    given.iter().try_for_each(|given| update.execute(*given).map(|_| ()))?;
    Ok(true)
}

/// Numbers the commits that have places anew, in their order.
fn number_anew(connection: &Connection, commits: &[i64], is_new: &[bool]) -> Result<(), CatalogueError> {
    let unplaced: HashSet<i64> =
        commits.iter().zip(is_new).filter(|(_, is_new)| **is_new).map(|(commit, _)| *commit).collect();
    let mut all = connection.prepare("SELECT id FROM upstream_commit ORDER BY place, id")?;
    let all: Vec<i64> = all.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    let mut update = connection.prepare_cached("UPDATE upstream_commit SET place = ?2 WHERE id = ?1")?;
    let placed = all.into_iter().filter(|commit| !unplaced.contains(commit));
    for (number, commit) in (1u32..).zip(placed) {
        update.execute((commit, f64::from(number) * STEP))?;
    }
    Ok(())
}

/// Gives places to all commits of a catalogue whose releases listed them each for itself (`listed_commit`).
pub(super) fn place_all_commits(transaction: &Transaction<'_>) -> Result<(), CatalogueError> {
    let releases: Vec<i64> = transaction
        .prepare("SELECT id FROM release ORDER BY vendor, place")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let mut placed = HashSet::new();
    for release in releases {
        let commits: Vec<i64> = transaction
            .prepare_cached("SELECT \"commit\" FROM listed_commit WHERE release = ?1 ORDER BY place")?
            .query_map([release], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        let is_new: Vec<bool> = commits.iter().map(|commit| placed.insert(*commit)).collect();
        place_commits(transaction, &commits, &is_new)?;
    }
    transaction.execute_batch("DROP TABLE listed_commit")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn catalogue(commits: i64) -> Connection {
        let connection = Connection::open_in_memory().expect("opens");
        connection
            .execute_batch(
                "CREATE TABLE upstream_commit (id INTEGER PRIMARY KEY, place REAL NOT NULL DEFAULT 0)",
            )
            .expect("made");
        for commit in 1..=commits {
            connection.execute("INSERT INTO upstream_commit (id) VALUES (?1)", [commit]).expect("added");
        }
        connection
    }

    fn order(connection: &Connection) -> Vec<i64> {
        let mut all = connection
            .prepare("SELECT id FROM upstream_commit WHERE place > 0 ORDER BY place")
            .expect("a question");
        all.query_map([], |row| row.get(0)).expect("rows").collect::<Result<_, _>>().expect("rows")
    }

    #[test]
    fn new_commits_stand_between_their_neighbours() {
        let connection = catalogue(6);
        place_commits(&connection, &[1, 2, 3], &[true; 3]).expect("placed");
        place_commits(&connection, &[4, 1, 5, 6, 3], &[true, false, true, true, false]).expect("placed");
        let found = order(&connection);
        let of = |commit: i64| found.iter().position(|other| *other == commit);
        assert!(of(4) < of(1) && of(1) < of(5) && of(5) < of(6) && of(6) < of(3), "{found:?}");
    }

    #[test]
    fn there_is_always_room_between_two_commits() {
        let connection = catalogue(202);
        place_commits(&connection, &[1, 2], &[true; 2]).expect("placed");
        for new in 3..=202 {
            place_commits(&connection, &[1, new, if new == 3 { 2 } else { new - 1 }], &[false, true, false])
                .expect("placed");
        }
        let expected: Vec<i64> = std::iter::once(1).chain((2..=202).rev()).collect();
        assert_eq!(order(&connection), expected);
    }
}

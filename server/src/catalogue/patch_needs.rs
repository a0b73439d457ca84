//! What an extracted patch needs first: commits of the same update that own lines right beside its own, or define functions
//! that it calls.

use std::collections::{BTreeMap, BTreeSet};

use bstr::{BString, ByteSlice};
use hunktrace_indexer::hunk::{Hunk, Sign};
use rusqlite::OptionalExtension;

use super::commit_name::{CataloguedCommit, commit_by_row};
use super::error::CatalogueError;
use super::functions::defined_by;
use super::line_owners::Owner;
use super::own_file::OwnFile;
use super::release_text::stored_path;
use super::store::{Catalogue, CataloguedRelease};

/// A commit that has to be there before an extracted patch makes sense.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    /// The commit.
    pub commit: CataloguedCommit,
    /// Why: `FILE: ...`.
    pub why: String,
}

impl Catalogue {
    /// The commits of the same update that own lines beside a commit's, or define functions that it calls.
    pub(super) fn needs(
        &self,
        commit: &CataloguedCommit,
        release: &CataloguedRelease,
        files: &[OwnFile],
    ) -> Result<Vec<Need>, CatalogueError> {
        let mut why: BTreeMap<i64, BTreeSet<String>> = BTreeMap::new();
        for file in files {
            let path = file.path.as_bstr();
            for (hunk, owners) in file.change.hunks.iter().zip(&file.change.owners) {
                for other in neighbours(hunk, owners, Owner::Commit(commit.id)) {
                    why.entry(other).or_default().insert(format!("{path}: it changes the lines beside"));
                }
            }
        }
        for name in called_functions(files, commit.id) {
            for (other, path) in self.defining(&name, release, commit.id)? {
                why.entry(other).or_default().insert(format!("{path}: it adds {name}()"));
            }
        }
        let mut needs = Vec::new();
        for (row, why) in why {
            let Some(other) = commit_by_row(&self.connection, row)? else { continue };
            // What upstream did later cannot have been needed.
            if self.place_in(release, row)? < self.place_in(release, commit.id)? {
                needs.push((
                    self.place_in(release, row)?,
                    Need { commit: other, why: why.into_iter().collect::<Vec<_>>().join("; ") },
                ));
            }
        }
        needs.sort_by(|(a, _), (b, _)| a.unwrap_or_default().total_cmp(&b.unwrap_or_default()));
        Ok(needs.into_iter().map(|(_, need)| need).collect())
    }

    fn place_in(&self, release: &CataloguedRelease, commit: i64) -> Result<Option<f64>, CatalogueError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT release_commit.place FROM commit_state JOIN release_commit ON release_commit.state = commit_state.id \
             WHERE commit_state.\"commit\" = ?1 AND release_commit.release = ?2",
        )?;
        Ok(statement.query_row((commit, release.id), |row| row.get(0)).optional()?)
    }

    /// The commits that define a function in a release and are not in the release before.
    fn defining(
        &self,
        function: &str,
        release: &CataloguedRelease,
        except: i64,
    ) -> Result<Vec<(i64, BString)>, CatalogueError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT DISTINCT run.\"commit\", path.path FROM function \
             JOIN function_difference AS has ON has.function = function.id \
             JOIN run ON run.difference = has.difference AND run.function = function.id JOIN release_file ON release_file.difference = run.difference JOIN difference ON difference.id = run.difference \
             JOIN path ON path.id = difference.path \
             WHERE function.name = ?1 AND run.defines AND run.side = 1 AND run.\"commit\" IS NOT NULL AND run.\"commit\" != ?3 \
             AND release_file.release = ?2 AND NOT EXISTS ( \
                SELECT 1 FROM commit_state JOIN release_commit ON release_commit.state = commit_state.id \
                JOIN release AS before ON before.id = release_commit.release \
                WHERE commit_state.\"commit\" = run.\"commit\" AND before.vendor = ?4 AND before.place = ?5)",
        )?;
        let values = (function, release.id, except, release.vendor_id, i64::from(release.place) - 1);
        let mut rows = statement.query(values)?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push((row.get(0)?, stored_path(row.get_ref(1)?).unwrap_or_default().into()));
        }
        Ok(found)
    }
}

/// The commits that own changed lines right beside a commit's in a hunk.
fn neighbours(hunk: &Hunk, owners: &[Owner], own: Owner) -> BTreeSet<i64> {
    let mut others = BTreeSet::new();
    let mut owners = owners.iter();
    let mut last: Option<Owner> = None;
    for line in hunk.lines() {
        if !line.sign.is_change() {
            last = None;
            continue;
        }
        let Some(owner) = owners.next().copied() else { break };
        for (one, other) in last.into_iter().flat_map(|last| [(last, owner), (owner, last)]) {
            if let (true, Owner::Commit(other)) = (one == own && other != own, other) {
                others.insert(other);
            }
        }
        last = Some(owner);
    }
    others
}

/// The functions that the added lines of a commit call, by name.
fn called_functions(files: &[OwnFile], commit: i64) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for file in files {
        for (hunk, owners) in file.change.hunks.iter().zip(&file.change.owners) {
            let own = hunk
                .changed_lines()
                .zip(owners)
                .filter(|(line, owner)| line.sign == Sign::Added && **owner == Owner::Commit(commit));
            for (line, _) in own {
                let defined = defined_by(line.text).map(<[u8]>::to_vec);
                for called in calls(line.text) {
                    if defined.as_deref() != Some(called) {
                        names.insert(called.to_str_lossy().into_owned());
                    }
                }
            }
        }
    }
    names
}

/// The words in front of opening parentheses.
fn calls(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.find_iter(b"(").filter_map(|place| {
        let before = &line[..place];
        let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
        let start = before.iter().rposition(|byte| !is_word(byte)).map_or(0, |at| at + 1);
        let word = &before[start..];
        word.first().is_some_and(|byte| !byte.is_ascii_digit()).then_some(word)
    })
}

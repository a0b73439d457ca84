//! A commit through the releases: from which to which each has it, what the vendor says of it, and where its lines are.

use bstr::BString;
use rusqlite::OptionalExtension;

use super::commit_name::CataloguedCommit;
use super::error::CatalogueError;
use super::later_commits::LaterCommit;
use super::release_text::stored_path;
use super::store::Catalogue;

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
    /// Commits that repair it or take it back.
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
        let later = self.later_commits(&commit)?;
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
             WHERE commit_difference.\"commit\" = ?1 ORDER BY path.path, run.start, run.side",
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

//! What differs between two releases of a vendor: upstream's commits and the vendor's own changes, those first that a
//! function, a path or a call trace speaks for.

use std::collections::{BTreeMap, HashMap, HashSet};

use bstr::BString;
use hunktrace_indexer::hunk::Sign;
use rayon::prelude::*;
use rusqlite::Connection;

use super::call_trace::{TracedFunction, trace_weight};
use super::commit_history::EntryOfRelease;
use super::commit_name::{COMMIT_COLUMNS, CataloguedCommit, commit_row};
use super::error::CatalogueError;
use super::functions::Functions;
use super::later_commits::LaterCommit;
use super::release_text::{Owner, file_change, stored_path};
use super::store::{Catalogue, CataloguedRelease};

/// How much a change in the file of a traced function explains, against one in the function itself. Set by reading.
const SAME_FILE_SHARE: f64 = 0.1;

/// The fewest files that are worth a connection of their own.
const FILES_PER_CONNECTION: usize = 64;

/// What is asked about two releases.
#[derive(Clone, Debug, Default)]
pub struct Question {
    /// Only what changes this file, or files below this folder.
    pub path: Option<String>,
    /// Only what changes this function.
    pub function: Option<String>,
    /// The functions of a call trace, innermost first: only what changes files with them, and what touches them first.
    pub trace: Vec<TracedFunction>,
}

/// What differs between two releases.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// The release before.
    pub from: CataloguedRelease,
    /// The release after.
    pub to: CataloguedRelease,
    /// The commits, the likeliest first where there is a trace, else in upstream's order.
    pub commits: Vec<CommitChange>,
    /// The vendor's own changes, by file, or the likeliest first.
    pub own: Vec<OwnChange>,
    /// The traced functions that nothing changes.
    pub untouched: Vec<String>,
}

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

/// A commit that two releases have in different ways.
#[derive(Clone, Debug)]
pub struct CommitChange {
    /// The commit.
    pub commit: CataloguedCommit,
    /// What became of it.
    pub change: Change,
    /// `complete`, `partial` or `implied` in the earlier release.
    pub status_before: Option<String>,
    /// The same in the later one.
    pub status_after: Option<String>,
    /// Changed lines by file and function.
    pub places: Vec<ChangedPlace>,
    /// How much of the trace it explains; 0 without one.
    pub score: f64,
    /// Commits that repair it or take it back.
    pub later: Vec<LaterCommit>,
    /// What the vendor's changelog says of it.
    pub entries: Vec<EntryOfRelease>,
}

/// Lines that changed in a function, or outside of functions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangedPlace {
    /// The file.
    pub path: BString,
    /// The function.
    pub function: Option<String>,
    /// Added lines.
    pub added: u64,
    /// Removed lines.
    pub removed: u64,
}

/// A change of the vendor's own.
#[derive(Clone, Debug)]
pub struct OwnChange {
    /// Where it is.
    pub place: ChangedPlace,
    /// How much of the trace it explains; 0 without one.
    pub score: f64,
}

/// The lines that changed of each owner, by path and function.
type Places = HashMap<Owner, BTreeMap<(BString, Option<String>), (u64, u64)>>;

impl Catalogue {
    /// What differs between two releases, given by their names.
    ///
    /// # Errors
    /// Where a release is not known, the releases are of different vendors, or the file cannot be read.
    pub fn compare(&self, from: &str, to: &str, question: &Question) -> Result<Comparison, CatalogueError> {
        let (from, to) = (self.release(from)?, self.release(to)?);
        if from.base_revision != to.base_revision {
            return Err(CatalogueError::Nothing(format!(
                "{} was forked from {} and {} from {}; only releases of one base can be compared",
                from.name, from.base_name, to.name, to.base_name
            )));
        }
        let places = self.changed_places(&from, &to, question)?;
        let traced: HashMap<&str, f64> = question
            .trace
            .iter()
            .enumerate()
            .map(|(place, function)| (function.name.as_str(), trace_weight(place, function)))
            .collect();
        let traced_files = traced_files(&places, &traced);
        let score = |path: &BString, function: Option<&str>| {
            let direct = function.and_then(|name| traced.get(name)).copied().unwrap_or_default();
            let nearby = traced_files.get(path).copied().unwrap_or_default() * SAME_FILE_SHARE;
            direct.max(nearby)
        };
        let is_narrowed =
            question.path.is_some() || question.function.is_some() || !question.trace.is_empty();
        let mut commits = Vec::new();
        for mut change in self.changed_commits(&from, &to)? {
            let own = places.get(&Owner::Commit(change.commit.id));
            if own.is_none() && is_narrowed {
                continue;
            }
            change.places = own.map(told_places).unwrap_or_default();
            change.score = best_score(&change.places, &score);
            if change.change == Change::Changed
                && change.places.is_empty()
                && change.status_before == change.status_after
            {
                continue;
            }
            change.later = self.later_commits(&change.commit)?;
            change.entries = self.entries_about(change.commit.id)?;
            commits.push(change);
        }
        // The sort keeps upstream's order among equals.
        commits.sort_by(|a, b| b.score.total_cmp(&a.score));
        let mut own: Vec<OwnChange> = places
            .get(&Owner::Vendor)
            .map(told_places)
            .unwrap_or_default()
            .into_iter()
            .map(|place| OwnChange { score: score(&place.path, place.function.as_deref()), place })
            .collect();
        own.sort_by(|a, b| b.score.total_cmp(&a.score));
        let touched: HashSet<&str> = places
            .values()
            .flat_map(BTreeMap::keys)
            .filter_map(|(_, function)| function.as_deref())
            .collect();
        let untouched = question.trace.iter().filter(|function| !touched.contains(function.name.as_str()));
        let untouched = untouched.map(|function| function.name.clone()).collect();
        Ok(Comparison { from, to, commits, own, untouched })
    }

    /// The lines of each owner that differ between two releases.
    fn changed_places(
        &self,
        from: &CataloguedRelease,
        to: &CataloguedRelease,
        question: &Question,
    ) -> Result<Places, CatalogueError> {
        let mut paths = self.changed_paths(from, to)?;
        if let Some(asked) = &question.path {
            paths.retain(|path| is_at_or_below(path, asked.as_bytes()));
        }
        let functions: Vec<&str> = match &question.function {
            Some(function) => vec![function],
            None => question.trace.iter().map(|function| function.name.as_str()).collect(),
        };
        if !functions.is_empty() {
            let with_function = self.paths_with(&functions, from, to)?;
            paths.retain(|path| with_function.contains(path));
        }
        // A connection serves one thread.
        let file = self.path().to_owned();
        let of_each: Vec<Result<Places, CatalogueError>> = paths
            .par_iter()
            .with_min_len(FILES_PER_CONNECTION)
            .map_init(
                || Catalogue::open(&file),
                |catalogue, path| match catalogue {
                    Ok(catalogue) => places_in(&catalogue.connection, from.id, to.id, path, question),
                    Err(error) => Err(CatalogueError::Nothing(error.to_string())),
                },
            )
            .collect();
        let mut places = Places::new();
        for of_file in of_each {
            for (owner, lines) in of_file? {
                places.entry(owner).or_default().extend(lines);
            }
        }
        Ok(places)
    }

    /// The files in which one of two releases changes one of some functions.
    fn paths_with(
        &self,
        functions: &[&str],
        from: &CataloguedRelease,
        to: &CataloguedRelease,
    ) -> Result<HashSet<Vec<u8>>, CatalogueError> {
        let mut paths = HashSet::new();
        for function in functions {
            let mut statement = self.connection.prepare_cached(
                "SELECT DISTINCT path.path FROM function \
                 JOIN function_difference ON function_difference.function = function.id \
                 JOIN release_file ON release_file.difference = function_difference.difference \
                 JOIN difference ON difference.id = function_difference.difference JOIN path ON path.id = difference.path \
                 WHERE function.name = ?1 AND release_file.release IN (?2, ?3)",
            )?;
            let mut rows = statement.query((function, from.id, to.id))?;
            while let Some(row) = rows.next()? {
                paths.extend(stored_path(row.get_ref(0)?));
            }
        }
        Ok(paths)
    }

    /// The files whose text differs between two releases.
    fn changed_paths(
        &self,
        from: &CataloguedRelease,
        to: &CataloguedRelease,
    ) -> Result<Vec<Vec<u8>>, CatalogueError> {
        // A file that only one of them has among its differences is as in the base in the other one.
        let mut statement = self.connection.prepare_cached(
            "SELECT path.path, sum(CASE WHEN file.in_from THEN difference.vendor_content END), \
                sum(CASE WHEN file.in_to THEN difference.vendor_content END), count(*) \
             FROM ( \
                SELECT difference, max(in_from) AS in_from, max(in_to) AS in_to FROM ( \
                    SELECT difference, vendor = ?1 AND first <= ?2 AND ifnull(until > ?2, 1) AS in_from, \
                        vendor = ?3 AND first <= ?4 AND ifnull(until > ?4, 1) AS in_to FROM file_span) \
                WHERE in_from OR in_to GROUP BY difference HAVING max(in_from) != max(in_to)) AS file \
             JOIN difference ON difference.id = file.difference JOIN path ON path.id = difference.path \
             GROUP BY path.path ORDER BY path.path",
        )?;
        let mut rows = statement.query((from.vendor_id, from.place, to.vendor_id, to.place))?;
        let mut paths = Vec::new();
        while let Some(row) = rows.next()? {
            let (old, new, count): (Option<i64>, Option<i64>, i64) = (row.get(1)?, row.get(2)?, row.get(3)?);
            if count == 1 || old != new {
                paths.extend(stored_path(row.get_ref(0)?));
            }
        }
        Ok(paths)
    }

    /// The commits that two releases have in different ways, in upstream's order as far as the releases tell it.
    fn changed_commits(
        &self,
        from: &CataloguedRelease,
        to: &CataloguedRelease,
    ) -> Result<Vec<CommitChange>, CatalogueError> {
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT {COMMIT_COLUMNS}, commit_state.status, has.in_from FROM ( \
                SELECT state, max(in_from) AS in_from, max(in_to) AS in_to FROM ( \
                    SELECT state, vendor = ?1 AND first <= ?2 AND ifnull(until > ?2, 1) AS in_from, \
                        vendor = ?3 AND first <= ?4 AND ifnull(until > ?4, 1) AS in_to FROM state_span) \
                WHERE in_from OR in_to GROUP BY state HAVING max(in_from) != max(in_to)) AS has \
             JOIN commit_state ON commit_state.id = has.state JOIN upstream_commit ON upstream_commit.id = commit_state.\"commit\" \
             ORDER BY upstream_commit.place, has.in_to"
        ))?;
        let mut rows = statement.query((from.vendor_id, from.place, to.vendor_id, to.place))?;
        let mut changes: Vec<CommitChange> = Vec::new();
        let mut places: HashMap<i64, usize> = HashMap::new();
        while let Some(row) = rows.next()? {
            let commit = commit_row(row)?;
            let (status, is_before): (String, bool) = (row.get(10)?, row.get(11)?);
            let place = *places.entry(commit.id).or_insert_with(|| {
                changes.push(CommitChange {
                    commit,
                    change: Change::Changed,
                    status_before: None,
                    status_after: None,
                    places: Vec::new(),
                    score: 0.0,
                    later: Vec::new(),
                    entries: Vec::new(),
                });
                changes.len() - 1
            });
            let slot =
                if is_before { &mut changes[place].status_before } else { &mut changes[place].status_after };
            *slot = Some(status);
        }
        for change in &mut changes {
            change.change = match (&change.status_before, &change.status_after) {
                (None, _) => Change::New,
                (_, None) => Change::Gone,
                _ => Change::Changed,
            };
        }
        Ok(changes)
    }
}

/// The lines of each owner that differ in a file between two releases.
fn places_in(
    connection: &Connection,
    from: i64,
    to: i64,
    path: &[u8],
    question: &Question,
) -> Result<Places, CatalogueError> {
    let mut places = Places::new();
    let change = file_change(connection, Some(from), to, path)?;
    let old = Functions::of(change.before.as_deref().unwrap_or_default());
    let new = Functions::of(change.after.as_deref().unwrap_or_default());
    for (hunk, owners) in change.hunks.iter().zip(&change.owners) {
        let mut owners = owners.iter();
        let (mut old_line, mut new_line) = (hunk.old_start.max(1), hunk.new_start.max(1));
        for line in hunk.lines() {
            let (functions, number) =
                if line.sign == Sign::Added { (&new, new_line) } else { (&old, old_line) };
            old_line += u32::from(line.sign != Sign::Added);
            new_line += u32::from(line.sign != Sign::Removed);
            if !line.sign.is_change() {
                continue;
            }
            let Some(owner) = owners.next() else { break };
            let owner = match owner {
                Owner::TakenBack(commit) => Owner::Commit(*commit),
                owner => *owner,
            };
            let function = functions.cut(number, 1).first().and_then(|lines| lines.name);
            if question.function.as_deref().is_some_and(|asked| Some(asked) != function) {
                continue;
            }
            let key = (BString::from(path), function.map(str::to_owned));
            let lines = places.entry(owner).or_default().entry(key).or_default();
            if line.sign == Sign::Added { lines.0 += 1 } else { lines.1 += 1 }
        }
    }
    Ok(places)
}

fn is_at_or_below(path: &[u8], asked: &[u8]) -> bool {
    let asked = asked.strip_suffix(b"/").unwrap_or(asked);
    path.strip_prefix(asked).is_some_and(|rest| rest.is_empty() || rest[0] == b'/')
}

/// The files in which a traced function changes, with the largest weight of those.
fn traced_files<'a>(places: &'a Places, traced: &HashMap<&str, f64>) -> HashMap<&'a BString, f64> {
    let mut files: HashMap<&BString, f64> = HashMap::new();
    for (path, function) in places.values().flat_map(BTreeMap::keys) {
        if let Some(weight) = function.as_deref().and_then(|name| traced.get(name)) {
            let known = files.entry(path).or_default();
            *known = known.max(*weight);
        }
    }
    files
}

fn told_places(places: &BTreeMap<(BString, Option<String>), (u64, u64)>) -> Vec<ChangedPlace> {
    let told = places.iter().map(|((path, function), (added, removed))| ChangedPlace {
        path: path.clone(),
        function: function.clone(),
        added: *added,
        removed: *removed,
    });
    told.collect()
}

/// The best of a commit's places, and a little for each further one.
fn best_score(places: &[ChangedPlace], score: &dyn Fn(&BString, Option<&str>) -> f64) -> f64 {
    let mut scores: Vec<f64> =
        places.iter().map(|place| score(&place.path, place.function.as_deref())).collect();
    scores.sort_by(|a, b| b.total_cmp(a));
    // Halving keeps a commit of many small changes behind one that changes the innermost function.
    scores.iter().rev().fold(0.0, |sum, score| score + sum / 2.0)
}

#[cfg(test)]
mod tests {
    use super::super::call_trace::read_call_trace;
    use super::super::test_catalogue::{TestRelease, catalogue};
    use super::*;

    fn releases() -> (tempfile::TempDir, Catalogue) {
        let base = "int a(void)\n{\n\treturn 1;\n}\n\nint b(void)\n{\n\treturn 1;\n}\n";
        let one = base.replacen("return 1", "return 2", 1);
        let two = one.replacen("return 1", "return 3", 1);
        let own = format!("{two}\nint c(void)\n{{\n\treturn 4;\n}}\n");
        catalogue(
            &[("net/x.c", base)],
            &[
                TestRelease::new("r-1", &[("net/x.c", &one, &[(3, "a1")])]),
                TestRelease::new("r-2", &[("net/x.c", &own, &[(3, "a1"), (8, "b2")])]),
            ],
        )
    }

    fn found(question: &Question) -> (Vec<(String, &'static str)>, Vec<Option<String>>) {
        let (_folder, catalogue) = releases();
        let comparison = catalogue.compare("r-1", "r-2", question).expect("compared");
        let commits =
            comparison.commits.iter().map(|change| (change.commit.subject.clone(), change.change.name()));
        (commits.collect(), comparison.own.iter().map(|own| own.place.function.clone()).collect())
    }

    #[test]
    fn commits_and_own_changes_that_differ_are_told() {
        let (commits, own) = found(&Question::default());
        assert_eq!(commits, [("b2".to_owned(), "new")]);
        assert!(own.contains(&Some("c".to_owned())), "{own:?}");
    }

    #[test]
    fn function_and_path_narrow_the_answer() {
        let of = |function: &str| Question { function: Some(function.to_owned()), ..Question::default() };
        assert_eq!(found(&of("a")).0, []);
        assert_eq!(found(&of("b")).0.len(), 1);
        let elsewhere = Question { path: Some("net/x".to_owned()), ..Question::default() };
        assert_eq!(found(&elsewhere).0, []);
        let below = Question { path: Some("net/".to_owned()), ..Question::default() };
        assert_eq!(found(&below).0.len(), 1);
    }

    #[test]
    fn a_trace_puts_what_it_passes_through_first() {
        let (_folder, catalogue) = releases();
        let trace = read_call_trace(" [<ff>] c+0x1/0x2\n [<ff>] a+0x1/0x2\n");
        let comparison =
            catalogue.compare("r-1", "r-2", &Question { trace, ..Question::default() }).expect("compared");
        assert_eq!(comparison.own[0].place.function.as_deref(), Some("c"));
        assert!(comparison.own[0].score > comparison.commits[0].score, "the trace passes through c, not b");
        assert!(comparison.commits[0].score > 0.0, "b is in the file of c");
        assert_eq!(comparison.untouched, ["a"]);
    }
}

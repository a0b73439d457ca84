//! What differs between two releases of a vendor: upstream's commits and the vendor's own changes, those first that a
//! function, a path or a call trace speaks for.

use std::collections::{BTreeMap, HashMap, HashSet};

use bstr::BString;

use super::call_trace::{TracedFunction, trace_weight};
use super::changed_places::{AskedPlaces, Places, in_one_alone};
use super::commit_history::EntryOfRelease;
use super::commit_name::{COMMIT_COLUMNS, CataloguedCommit, commit_row};
use super::error::CatalogueError;
use super::later_commits::LaterCommit;
use super::release_text::Owner;
use super::store::{Catalogue, CataloguedRelease};

/// How much a change in the file of a traced function explains, against one in the function itself. Set by reading.
const SAME_FILE_SHARE: f64 = 0.1;

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

impl Catalogue {
    /// What differs between two releases, given by their names.
    ///
    /// # Errors
    /// Where a release is not known, the releases are of different vendors, or the file cannot be read.
    pub fn compare(&self, from: &str, to: &str, question: &Question) -> Result<Comparison, CatalogueError> {
        // One transaction for all questions: each would lock the file and unlock it again.
        let _reading = self.connection.unchecked_transaction()?;
        let (from, to) = (self.release(from)?, self.release(to)?);
        if from.base_revision != to.base_revision {
            return Err(CatalogueError::Nothing(format!(
                "{} was forked from {} and {} from {}; only releases of one base can be compared",
                from.name, from.base_name, to.name, to.base_name
            )));
        }
        let asked = AskedPlaces {
            path: question.path.as_deref(),
            function: question.function.as_deref(),
            touching: match &question.function {
                Some(function) => vec![function],
                None => question.trace.iter().map(|function| function.name.as_str()).collect(),
            },
        };
        let places = self.changed_places(&from, &to, &asked)?;
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

    /// The commits that two releases have in different ways, in upstream's order as far as the releases tell it.
    fn changed_commits(
        &self,
        from: &CataloguedRelease,
        to: &CataloguedRelease,
    ) -> Result<Vec<CommitChange>, CatalogueError> {
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT {COMMIT_COLUMNS}, commit_state.status, has.in_from FROM ({}) AS has \
             JOIN commit_state ON commit_state.id = has.row JOIN upstream_commit ON upstream_commit.id = commit_state.\"commit\" \
             ORDER BY upstream_commit.place, has.in_to",
            in_one_alone("state_span", "state")
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

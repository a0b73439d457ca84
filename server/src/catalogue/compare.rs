//! What differs between two releases of a vendor: upstream's commits and the vendor's own changes, those first that a
//! function, a path or a call trace speaks for.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use bstr::{BStr, BString, ByteSlice};

use super::call_trace::{TracedFunction, trace_weight};
use super::changed_commits::{Change, changed_states, commits_of};
use super::changed_files::{AskedPlaces, changed_files};
use super::changed_places::{ChangedPlace, Places, changed_places};
use super::commit_history::EntryOfRelease;
use super::commit_name::CataloguedCommit;
use super::error::CatalogueError;
use super::later_commits::LaterCommit;
use super::line_owners::Owner;
use super::readers::Readers;
use super::store::{BUSY_TIMEOUT, Catalogue, CataloguedRelease};

/// How much a change in the file of a traced function explains, against one in the function itself. Set by reading.
const SAME_FILE_SHARE: f64 = 0.1;

/// How long a writer that waits is given before a comparison begins again: it writes a release in some milliseconds.
const PAUSE_FOR_WRITER: Duration = Duration::from_millis(20);

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
    /// Where a release is not known, the releases are of different bases, or the file cannot be read.
    pub fn compare(&self, from: &str, to: &str, question: &Question) -> Result<Comparison, CatalogueError> {
        let begun = Instant::now();
        loop {
            match self.compare_unless_written(from, to, question) {
                Err(error) if error.is_busy() && begun.elapsed() < BUSY_TIMEOUT => {
                    std::thread::sleep(PAUSE_FOR_WRITER);
                }
                compared => return compared,
            }
        }
    }

    /// The same; a writer that waits breaks it off.
    fn compare_unless_written(
        &self,
        from: &str,
        to: &str,
        question: &Question,
    ) -> Result<Comparison, CatalogueError> {
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
        let readers = Readers::of(self);
        let (places, states) = rayon::join(
            || {
                let files = changed_files(&readers, &from, &to, &asked)?;
                changed_places(&readers, from.id, &files, asked.function)
            },
            || changed_states(&readers, &from, &to),
        );
        let mut places = places?;
        let scores = Scores::of(question, &places);
        let untouched = scores.untouched(question, &places);
        let is_narrowed =
            question.path.is_some() || question.function.is_some() || !question.trace.is_empty();
        let mut states = states?;
        states.retain(|state| {
            let has_places = places.contains_key(&Owner::Commit(state.commit));
            has_places || (!is_narrowed && state.before != state.after)
        });
        let mut commits = Vec::with_capacity(states.len());
        let spoken_of = self.commits_spoken_of()?;
        let known = commits_of(&readers, states)?;
        // Closing connections takes some milliseconds, and nobody has to wait for it.
        rayon::spawn(move || drop(readers));
        for (state, commit) in known {
            let places = places.remove(&Owner::Commit(commit.id)).unwrap_or_default();
            let later = match spoken_of.names_later_than(&commit) {
                true => self.later_commits(&commit)?,
                false => Vec::new(),
            };
            let entries = match spoken_of.has_entries(&commit) {
                true => self.entries_about(commit.id)?,
                false => Vec::new(),
            };
            commits.push(CommitChange {
                change: state.change(),
                status_before: state.before,
                status_after: state.after,
                score: scores.best(&places),
                commit,
                places,
                later,
                entries,
            });
        }
        if !question.trace.is_empty() {
            // The sort keeps upstream's order among equals.
            commits.sort_by(|a, b| b.score.total_cmp(&a.score));
        }
        let own = places.remove(&Owner::Vendor).unwrap_or_default().into_iter();
        let mut own: Vec<OwnChange> =
            own.map(|place| OwnChange { score: scores.of_place(&place), place }).collect();
        own.sort_by(|a, b| b.score.total_cmp(&a.score));
        Ok(Comparison { from, to, commits, own, untouched })
    }
}

/// How much changed places explain of a trace.
struct Scores<'q> {
    /// The weight of each function of the trace.
    traced: HashMap<&'q str, f64>,
    /// The files in which a traced function changes, with the largest weight of those.
    files: HashMap<BString, f64>,
}

impl<'q> Scores<'q> {
    fn of(question: &'q Question, places: &Places) -> Scores<'q> {
        let traced: HashMap<&str, f64> = question
            .trace
            .iter()
            .enumerate()
            .map(|(place, function)| (function.name.as_str(), trace_weight(place, function)))
            .collect();
        let mut files: HashMap<BString, f64> = HashMap::new();
        // Without a trace no place explains anything.
        for place in places.values().flatten().filter(|_| !traced.is_empty()) {
            if let Some(weight) = place.function.as_deref().and_then(|name| traced.get(name)) {
                let known = files.entry(place.path.clone()).or_default();
                *known = known.max(*weight);
            }
        }
        Scores { traced, files }
    }

    fn of_place(&self, place: &ChangedPlace) -> f64 {
        if self.traced.is_empty() {
            return 0.0;
        }
        let direct = place.function.as_deref().and_then(|name| self.traced.get(name)).copied();
        let path: &BStr = place.path.as_bstr();
        let nearby = self.files.get(path).copied().unwrap_or_default() * SAME_FILE_SHARE;
        direct.unwrap_or_default().max(nearby)
    }

    /// The best of a commit's places, and a little for each further one.
    fn best(&self, places: &[ChangedPlace]) -> f64 {
        if self.traced.is_empty() {
            return 0.0;
        }
        let mut scores: Vec<f64> = places.iter().map(|place| self.of_place(place)).collect();
        scores.sort_by(|a, b| b.total_cmp(a));
        // Halving keeps a commit of many small changes behind one that changes the innermost function.
        scores.iter().rev().fold(0.0, |sum, score| score + sum / 2.0)
    }

    /// The functions of the trace that nothing changes.
    fn untouched(&self, question: &Question, places: &Places) -> Vec<String> {
        if self.traced.is_empty() {
            return Vec::new();
        }
        let functions = places.values().flatten().filter_map(|place| place.function.as_deref());
        let touched: HashSet<&str> = functions.filter(|name| self.traced.contains_key(name)).collect();
        let untouched = question.trace.iter().filter(|function| !touched.contains(function.name.as_str()));
        untouched.map(|function| function.name.clone()).collect()
    }
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
    fn releases_of_two_vendors_are_compared_whatever_their_places() {
        let base = "int a;\nint b;\n";
        let (one, both) = ("int a1;\nint b;\n", "int a1;\nint b2;\n");
        let (_folder, catalogue) = catalogue(
            &[("x.c", base)],
            &[
                TestRelease::new("r-1", &[("x.c", "int z;\nint b;\n", &[])]),
                TestRelease::new("r-2", &[("x.c", one, &[(1, "a1")])]),
                TestRelease::new("s-1", &[("x.c", both, &[(1, "a1"), (2, "b2")])]).by("w"),
            ],
        );
        let told = |from: &str, to: &str| {
            let comparison = catalogue.compare(from, to, &Question::default()).expect("compared");
            let told = |change: &CommitChange| (change.commit.subject.clone(), change.change.name());
            comparison.commits.iter().map(told).collect::<Vec<_>>()
        };
        assert_eq!(told("r-2", "s-1"), [("b2".to_owned(), "new")]);
        assert_eq!(told("s-1", "r-2"), [("b2".to_owned(), "gone")]);
        assert_eq!(told("s-1", "r-1"), ["a1", "b2"].map(|commit| (commit.to_owned(), "gone")));
    }

    #[test]
    fn neither_comparisons_nor_a_writer_beside_them_wait_in_vain() {
        let (_folder, catalogue) = releases();
        let path = catalogue.path().to_owned();
        let writer = std::thread::spawn(move || {
            let mut catalogue = Catalogue::open_or_create(&path).expect("opened");
            for number in 0..40 {
                let transaction = catalogue.connection.transaction().expect("begun");
                transaction.execute("UPDATE release SET notes = ?1", [number]).expect("written");
                transaction.commit().expect("stored");
            }
        });
        loop {
            let comparison = catalogue.compare("r-1", "r-2", &Question::default()).expect("compared");
            assert_eq!(comparison.commits.len(), 1);
            if writer.is_finished() {
                break;
            }
        }
        writer.join().expect("all is stored");
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

//! Patches made of two or three neighbouring commits of one subsystem, each in hunks of its own, as vendors squash
//! series.

use std::collections::{BTreeMap, BTreeSet};

use bstr::{BString, ByteSlice};
use fastrand::Rng;

use crate::accuracy::fragment::Fragment;
use crate::accuracy::history::History;
use crate::accuracy::perturbation::{Perturbation, Strangers};
use crate::accuracy::perturbed_queries::{LEFT_OUT_ONE_IN, Sample, Source};
use crate::accuracy::query::{Query, QuerySet};
use crate::accuracy::truth::Equivalents;

/// How many of the half's commits before the drawn one are looked at for others of its series.
const NEIGHBOURS: usize = 64;

/// How many of them are read, the most fitting first.
const READ_NEIGHBOURS: usize = 6;

/// How many hunks a commit of a series has at most: one with more is usually a change of the whole tree.
const MOST_HUNKS: usize = 30;

/// How many lines lie at least between two hunks of one file that stay apart when the commits are squashed.
const LINES_APART: u32 = 12;

/// `wanted` patches, each with all hunks of a commit and of one or two before it that touch the same file or folder.
///
/// Half of the patches, as the seed decides, prefer commits that touch the same file, in other places. In half of them
/// each hunk is perturbed in a way of its own, and one in five left out, or one in two.
///
/// # Errors
/// Where git fails.
pub fn squashed_series(
    sample: &Sample,
    history: &History,
    wanted: usize,
    equivalents: &Equivalents,
) -> anyhow::Result<QuerySet> {
    let neighbours = Neighbours::of(sample, history, wanted * 2)?;
    let query = |source: &Source| {
        let (_, mut rng) = preference(sample, source);
        let most = if rng.u32(..3) == 0 { 3 } else { 2 };
        let mut series = vec![source];
        for earlier in neighbours.of_source(source) {
            if series.len() < most && series.iter().all(|later| stays_apart(earlier, later)) {
                series.push(earlier);
            }
        }
        let mut hunks: Vec<(&Source, &Fragment)> =
            series.iter().flat_map(|one| one.fragments.iter().map(move |hunk| (*one, hunk))).collect();
        hunks.sort_by_key(|(_, hunk)| (hunk.path(), hunk.old_start));
        let is_perturbed = rng.bool();
        let left_out_one_in = if rng.bool() { LEFT_OUT_ONE_IN } else { 2 };
        let strangers = Strangers(&sample.strangers);
        let (mut text, mut right_by_hunk, mut present) = (Vec::new(), Vec::new(), BTreeSet::new());
        for (commit, hunk) in hunks {
            let mut perturbed = None;
            if is_perturbed {
                if rng.u32(..left_out_one_in) == 0 {
                    continue;
                }
                let kind = rng.choice(Perturbation::OF_PATCHES).unwrap_or(Perturbation::Nothing);
                perturbed = kind.apply(hunk, &strangers, None, &mut rng);
            }
            perturbed.as_ref().unwrap_or(hunk).write(&mut text);
            right_by_hunk.push(equivalents.of([commit.id.as_str()]));
            present.insert(commit.id.as_str());
        }
        let right = equivalents.of(present.iter().copied());
        let is_wanted = present.len() > 1;
        is_wanted.then(|| Query { name: source.id.clone(), text, subject: None, right, right_by_hunk })
    };
    let queries = neighbours.sources.iter().copied().filter_map(query).take(wanted).collect();
    Ok(QuerySet { name: "squashed-series".to_owned(), queries, is_absent: false })
}

/// Whether a drawn commit's series is to touch the same file, and the numbers by which its patch is made.
fn preference(sample: &Sample, source: &Source) -> (bool, Rng) {
    let mut rng = sample.rng("squashed-series", &source.id);
    let prefers_same_file = rng.bool();
    (prefers_same_file, rng)
}

/// Commits of a sample, and those before each that may belong to its series.
struct Neighbours<'a> {
    sources: Vec<&'a Source>,
    /// For each of them the ids of its neighbours, the most fitting first.
    chosen: BTreeMap<&'a str, Vec<&'a String>>,
    commits: BTreeMap<String, Source>,
}

impl<'a> Neighbours<'a> {
    fn of(sample: &'a Sample, history: &History, wanted: usize) -> anyhow::Result<Neighbours<'a>> {
        let places: BTreeMap<&str, usize> =
            sample.commits.iter().enumerate().map(|(place, id)| (id.as_str(), place)).collect();
        let is_small = |source: &&Source| source.fragments.len() <= MOST_HUNKS;
        let sources: Vec<&Source> = sample.sources.iter().filter(is_small).take(wanted).collect();
        let before = |source: &Source| {
            let start = places.get(source.id.as_str()).map_or(sample.commits.len(), |place| place + 1);
            &sample.commits[start..sample.commits.len().min(start + NEIGHBOURS)]
        };
        let looked_at: BTreeSet<&String> = sources.iter().flat_map(|source| before(source)).collect();
        let looked_at: Vec<String> = looked_at.into_iter().cloned().collect();
        let files: BTreeMap<&str, Vec<BString>> =
            looked_at.iter().map(String::as_str).zip(history.files(&looked_at)?).collect();

        let mut chosen: BTreeMap<&str, Vec<&String>> = BTreeMap::new();
        for source in &sources {
            let (prefers_same_file, _) = preference(sample, source);
            let mut fitting: Vec<(bool, usize, &'a String)> = Vec::new();
            for (distance, commit) in before(source).iter().enumerate() {
                let theirs = files.get(commit.as_str()).map_or(&[][..], Vec::as_slice);
                if is_related(source, theirs, folder_of) {
                    let is_same_file = is_related(source, theirs, |path| path);
                    fitting.push((is_same_file != prefers_same_file, distance, commit));
                }
            }
            fitting.sort_unstable();
            let best = fitting.into_iter().take(READ_NEIGHBOURS);
            chosen.insert(&source.id, best.map(|(_, _, commit)| commit).collect());
        }
        let read: BTreeSet<&String> = chosen.values().flatten().copied().collect();
        let read: Vec<String> = read.into_iter().cloned().collect();
        let commits = history.patches(&read)?.into_iter().filter_map(Source::new);
        let commits = commits.filter(|source| is_small(&source)).map(|source| (source.id.clone(), source));
        Ok(Neighbours { sources, chosen, commits: commits.collect() })
    }

    /// Those of a drawn commit, the most fitting first.
    fn of_source(&self, source: &Source) -> impl Iterator<Item = &Source> {
        let chosen = self.chosen.get(source.id.as_str()).into_iter().flatten();
        chosen.filter_map(|id| self.commits.get(*id))
    }
}

/// Whether a commit and some files have a file or folder in common.
fn is_related(source: &Source, files: &[BString], of: impl Fn(&[u8]) -> &[u8]) -> bool {
    source.fragments.iter().any(|own| files.iter().any(|theirs| of(own.path()) == of(theirs)))
}

/// The folder of a file.
fn folder_of(path: &[u8]) -> &[u8] {
    path.rfind_byte(b'/').map_or(&[], |slash| &path[..slash])
}

/// Whether the hunks of an earlier commit and a later one stay apart when the two are squashed.
fn stays_apart(earlier: &Source, later: &Source) -> bool {
    let meet = |before: &Fragment, after: &Fragment| {
        let is_renamed_between = before.new_path.is_some() && before.new_path == after.old_path;
        if before.path() != after.path() && !is_renamed_between {
            return false;
        }
        let is_kept = |hunk: &Fragment| hunk.old_path.is_some() && hunk.new_path.is_some();
        let (before_lines, after_lines) = (before.hunk().new_lines, after.hunk().old_lines);
        let are_apart = before.new_start.saturating_add(before_lines + LINES_APART) <= after.old_start
            || after.old_start.saturating_add(after_lines + LINES_APART) <= before.new_start;
        !(is_kept(before) && is_kept(after) && are_apart)
    };
    !earlier.fragments.iter().any(|before| later.fragments.iter().any(|after| meet(before, after)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use hunktrace_indexer::hunk::Sign;

    use crate::accuracy::fragment::Line;

    /// A commit that changes a line at each of some places of a file.
    fn commit(path: &str, places: &[u32]) -> Source {
        let line = |sign, text: &str| Line { sign, text: text.into() };
        let fragment = |place: &u32| Fragment {
            old_path: Some(path.into()),
            new_path: Some(path.into()),
            old_start: *place,
            new_start: *place,
            section: "".into(),
            lines: vec![line(Sign::Removed, "level = 1;"), line(Sign::Added, "level = 2;")],
        };
        Source { id: "a".repeat(40), fragments: places.iter().map(fragment).collect() }
    }

    #[test]
    fn commits_stay_apart_in_other_files_and_other_places() {
        let later = commit("drivers/ember/core.c", &[100, 300]);
        assert!(stays_apart(&commit("drivers/ember/core.c", &[50, 200, 313]), &later));
        assert!(stays_apart(&commit("drivers/ember/lamp.c", &[100]), &later));
        assert!(!stays_apart(&commit("drivers/ember/core.c", &[1, 105]), &later));
        assert!(!stays_apart(&commit("drivers/ember/core.c", &[309]), &later));
    }

    #[test]
    fn file_that_comes_with_one_of_them_would_be_one_hunk() {
        let later = commit("drivers/ember/core.c", &[100]);
        let mut earlier = commit("drivers/ember/core.c", &[1]);
        earlier.fragments[0].old_path = None;
        assert!(!stays_apart(&earlier, &later));
    }

    #[test]
    fn series_have_a_folder_in_common() {
        let commit = commit("drivers/ember/core.c", &[1]);
        let files = |path: &str| vec![BString::from(path)];
        assert!(is_related(&commit, &files("drivers/ember/lamp.c"), folder_of));
        assert!(!is_related(&commit, &files("drivers/lamp.c"), folder_of));
        assert!(!is_related(&commit, &files("Makefile"), folder_of));
        assert!(is_related(&commit, &files("drivers/ember/core.c"), |path| path));
    }
}

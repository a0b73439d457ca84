//! Queries made of mainline's own hunks, changed as vendors change them.

use std::collections::{BTreeMap, HashSet};

use bstr::{BString, ByteSlice};
use fastrand::Rng;
use hunktrace_indexer::patch;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::accuracy::fragment::Fragment;
use crate::accuracy::history::{CommitPatch, History};
use crate::accuracy::perturbation::{Perturbation, Strangers};
use crate::accuracy::query::{Query, QuerySet};
use crate::accuracy::truth::Equivalents;

/// How many changed lines with a letter or a digit a hunk has at least, before and after the perturbation.
///
/// A line that is replaced by another makes two. A single line is often the same in many commits
/// (`#include <linux/slab.h>`), so that a hunk alone cannot tell them apart.
pub const FEWEST_LINES: usize = 2;

/// How many it has at most: a longer one is usually a new file, and no perturbation makes it hard.
pub const MOST_LINES: usize = 200;

/// How many commits are looked at for each that is wanted: some have no hunk that fits.
const COMMITS_FOR_ONE: usize = 6;

/// Of the hunks of a whole patch, one in this number is left out.
pub(super) const LEFT_OUT_ONE_IN: u32 = 5;

/// Which half of the commits queries are made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Half {
    /// What the confidence model is fitted to: commits whose id ends with a digit below 8.
    Fitted,
    /// What it is judged by: the others.
    HeldOut,
}

impl Half {
    fn has(self, commit: &str) -> bool {
        let is_low = commit.as_bytes().last().is_some_and(|digit| *digit < b'8');
        is_low == (self == Half::Fitted)
    }
}

/// A commit of the sample, and its hunks.
pub(super) struct Source {
    pub(super) id: String,
    pub(super) fragments: Vec<Fragment>,
}

impl Source {
    /// Takes a commit's hunks; none if no hunk alone is worth looking up.
    pub(super) fn new(commit: CommitPatch) -> Option<Source> {
        let text = patch::parse(&commit.patch);
        let fragments: Vec<Fragment> =
            text.patches.iter().flat_map(|patch| &patch.files).flat_map(Fragment::of_file).collect();
        fragments.iter().any(is_long_enough).then_some(Source { id: commit.id, fragments })
    }
}

/// Whether a hunk alone is worth looking up.
fn is_long_enough(fragment: &Fragment) -> bool {
    (FEWEST_LINES..=MOST_LINES).contains(&fragment.informative_lines())
}

/// Mainline commits drawn by a seed, from which all kinds of queries are made.
pub struct Sample {
    seed: u64,
    /// All commits of the half, the latest first.
    pub(super) commits: Vec<String>,
    pub(super) sources: Vec<Source>,
    pub(super) strangers: Vec<BString>,
}

impl Sample {
    /// Draws commits: those whose hash with the seed is the smallest.
    ///
    /// # Errors
    /// Where git fails.
    pub fn draw(
        history: &History,
        revision: &str,
        half: Half,
        left_out: &HashSet<String>,
        wanted: usize,
        seed: u64,
    ) -> anyhow::Result<Sample> {
        let mut commits = history.commits(revision)?;
        commits.retain(|commit| half.has(commit) && !left_out.contains(commit));
        let mut drawn = commits.clone();
        drawn.sort_by_cached_key(|commit| xxh3_64_with_seed(commit.as_bytes(), seed));
        drawn.truncate(wanted * COMMITS_FOR_ONE);
        let sources: Vec<Source> = history.patches(&drawn)?.into_iter().filter_map(Source::new).collect();
        let lines = sources.iter().flat_map(|source| &source.fragments).flat_map(|fragment| &fragment.lines);
        let strangers = lines.filter(|line| line.says_something()).map(|line| line.text.clone()).collect();
        Ok(Sample { seed, commits, sources, strangers })
    }

    /// One perturbed hunk of each of `wanted` commits, each hunk a query by itself.
    pub fn single_hunks(&self, kind: Perturbation, wanted: usize, equivalents: &Equivalents) -> QuerySet {
        let partners = self.by_path();
        let query = |source: &Source| {
            let mut rng = self.rng(kind.name(), &source.id);
            let fitting: Vec<&Fragment> =
                source.fragments.iter().filter(|fragment| is_long_enough(fragment)).collect();
            let fragment = rng.choice(&fitting)?;
            let partner = match kind {
                Perturbation::OtherFile => self.host_of(source, fragment, &mut rng),
                _ => partner_of(source, fragment, &partners),
            };
            let strangers = Strangers(&self.strangers);
            let perturbed = kind.apply(fragment, &strangers, partner.map(|(_, hunk)| hunk), &mut rng)?;
            if perturbed.informative_lines() < FEWEST_LINES {
                return None;
            }
            let mut text = Vec::new();
            perturbed.write(&mut text);
            let second = partner.filter(|_| kind == Perturbation::TwoCommitsSquashed).map(|(id, _)| id);
            let right = equivalents.of([source.id.as_str()].into_iter().chain(second));
            Some(Query { name: source.id.clone(), text, subject: None, right, right_by_hunk: Vec::new() })
        };
        let queries = self.sources.iter().filter_map(query).take(wanted).collect();
        QuerySet { name: kind.name().to_owned(), queries, is_absent: false }
    }

    /// `wanted` commits of two hunks or more, each hunk perturbed in a way of its own, and one in five left out.
    pub fn whole_patches(&self, wanted: usize, equivalents: &Equivalents) -> QuerySet {
        let strangers = Strangers(&self.strangers);
        let query = |source: &Source| {
            let mut rng = self.rng("whole-patch", &source.id);
            let mut text = Vec::new();
            for fragment in &source.fragments {
                if rng.u32(..LEFT_OUT_ONE_IN) == 0 {
                    continue;
                }
                let kind = rng.choice(Perturbation::OF_PATCHES).unwrap_or(Perturbation::Nothing);
                let perturbed = kind.apply(fragment, &strangers, None, &mut rng);
                perturbed.as_ref().unwrap_or(fragment).write(&mut text);
            }
            let right = equivalents.of([source.id.as_str()]);
            let is_wanted = source.fragments.len() > 1 && !text.is_empty();
            let name = source.id.clone();
            is_wanted.then(|| Query { name, text, subject: None, right, right_by_hunk: Vec::new() })
        };
        let queries = self.sources.iter().filter_map(query).take(wanted).collect();
        QuerySet { name: "whole-patch".to_owned(), queries, is_absent: false }
    }

    /// A hunk of another commit in a file of the same kind that has another name.
    fn host_of(&self, source: &Source, fragment: &Fragment, rng: &mut Rng) -> Option<(&str, &Fragment)> {
        let of_others = self.sources.iter().filter(|other| other.id != source.id);
        let hunks = of_others.flat_map(|other| other.fragments.iter().map(|hunk| (other.id.as_str(), hunk)));
        let is_alike =
            |hunk: &Fragment| hunk.path() != fragment.path() && ending_of(hunk) == ending_of(fragment);
        let fitting = hunks.filter(|(_, hunk)| is_alike(hunk));
        rng.choice(fitting.collect::<Vec<_>>())
    }

    /// The same numbers for the same kind of query, commit and seed.
    pub(super) fn rng(&self, kind: &str, commit: &str) -> Rng {
        Rng::with_seed(xxh3_64_with_seed(format!("{kind} {commit}").as_bytes(), self.seed))
    }

    /// All fragments by the file that they change.
    fn by_path(&self) -> BTreeMap<&[u8], Vec<(&str, &Fragment)>> {
        let mut by_path: BTreeMap<&[u8], Vec<(&str, &Fragment)>> = BTreeMap::new();
        for source in &self.sources {
            for fragment in source.fragments.iter().filter(|fragment| is_long_enough(fragment)) {
                by_path.entry(fragment.path()).or_default().push((&source.id, fragment));
            }
        }
        by_path
    }
}

/// What stands behind the last dot of a fragment's path.
fn ending_of(fragment: &Fragment) -> &[u8] {
    let path = fragment.path().as_bytes();
    path.rfind_byte(b'.').map_or(b"", |dot| &path[dot..])
}

/// The nearest hunk of the same file that belongs to another commit; files that come or go have none.
fn partner_of<'a>(
    source: &Source,
    fragment: &Fragment,
    by_path: &BTreeMap<&[u8], Vec<(&'a str, &'a Fragment)>>,
) -> Option<(&'a str, &'a Fragment)> {
    let is_kept = |fragment: &Fragment| fragment.old_path.is_some() && fragment.new_path.is_some();
    let others = by_path.get::<[u8]>(fragment.path())?.iter().copied();
    others
        .filter(|(id, other)| *id != source.id && is_kept(fragment) && is_kept(other))
        .min_by_key(|(id, other)| (other.old_start.abs_diff(fragment.old_start), *id))
}

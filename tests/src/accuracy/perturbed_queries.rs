//! Queries made of mainline's own hunks, changed as vendors change them.

use std::collections::{BTreeMap, HashSet};

use bstr::BString;
use fastrand::Rng;
use hunktrace_indexer::patch;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::accuracy::fragment::Fragment;
use crate::accuracy::history::History;
use crate::accuracy::perturbation::{Perturbation, Strangers};
use crate::accuracy::query::{Query, QuerySet};
use crate::accuracy::truth::Equivalents;

/// Which hunks are taken: with at least so many changed lines that have a letter or a digit.
///
/// Fewer are often the same in many commits (`#include <linux/slab.h>`), so that a hunk alone cannot tell them apart.
pub const FEWEST_LINES: usize = 3;

/// And at most so many: what is longer is a new file as a rule, and no perturbation makes it hard.
pub const MOST_LINES: usize = 200;

/// How many commits are looked at for each that is wanted: some have no hunk that fits.
const COMMITS_FOR_ONE: usize = 6;

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

/// A commit of the sample, and its hunks that are long enough.
struct Source {
    id: String,
    fragments: Vec<Fragment>,
}

/// Mainline commits drawn by a seed, from which all kinds of queries are made.
pub struct Sample {
    seed: u64,
    sources: Vec<Source>,
    strangers: Vec<BString>,
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
        commits.sort_by_cached_key(|commit| xxh3_64_with_seed(commit.as_bytes(), seed));
        commits.truncate(wanted * COMMITS_FOR_ONE);
        let mut sources = Vec::new();
        for commit in history.patches(&commits)? {
            let text = patch::parse(&commit.patch);
            let mut fragments: Vec<Fragment> =
                text.patches.iter().flat_map(|patch| &patch.files).flat_map(Fragment::of_file).collect();
            fragments.retain(|fragment| (FEWEST_LINES..=MOST_LINES).contains(&fragment.informative_lines()));
            if !fragments.is_empty() {
                sources.push(Source { id: commit.id, fragments });
            }
        }
        let lines = sources.iter().flat_map(|source| &source.fragments).flat_map(|fragment| &fragment.lines);
        let strangers = lines.filter(|line| line.says_something()).map(|line| line.text.clone()).collect();
        Ok(Sample { seed, sources, strangers })
    }

    /// So many hunks of as many commits, perturbed.
    pub fn perturbed(&self, kind: Perturbation, wanted: usize, equivalents: &Equivalents) -> QuerySet {
        let partners = self.by_path();
        let mut queries = Vec::new();
        for source in &self.sources {
            if queries.len() == wanted {
                break;
            }
            let mut rng = self.rng(kind, &source.id);
            let Some(fragment) = rng.choice(&source.fragments) else { continue };
            let partner = partner_of(source, fragment, &partners);
            let strangers = Strangers(&self.strangers);
            let Some(perturbed) = kind.apply(fragment, &strangers, partner.map(|(_, hunk)| hunk), &mut rng)
            else {
                continue;
            };
            let mut text = Vec::new();
            perturbed.write(&mut text);
            let second = partner.filter(|_| kind == Perturbation::TwoCommitsSquashed).map(|(id, _)| id);
            let right = equivalents.of([source.id.as_str()].into_iter().chain(second));
            queries.push(Query { name: source.id.clone(), text, subject: None, right });
        }
        QuerySet { name: kind.name().to_owned(), queries, is_absent: false }
    }

    fn rng(&self, kind: Perturbation, commit: &str) -> Rng {
        Rng::with_seed(xxh3_64_with_seed(format!("{} {commit}", kind.name()).as_bytes(), self.seed))
    }

    /// All fragments by the file that they change.
    fn by_path(&self) -> BTreeMap<&[u8], Vec<(&str, &Fragment)>> {
        let mut by_path: BTreeMap<&[u8], Vec<(&str, &Fragment)>> = BTreeMap::new();
        for source in &self.sources {
            for fragment in &source.fragments {
                by_path.entry(fragment.path()).or_default().push((&source.id, fragment));
            }
        }
        by_path
    }
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

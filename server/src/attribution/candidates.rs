//! The hunks of history that may be in a file of the release, aligned with it.

use std::collections::BTreeSet;

use bstr::BString;
use hunktrace_indexer::fingerprint::{IndexTerm, LineHasher, path_term};
use hunktrace_indexer::graph::{CommitOrdinal, CommitSet};
use hunktrace_indexer::index::folder::IndexError;
use hunktrace_indexer::index::retrieval::{FoundHunk, HunkId, HunkRetrieval, RetrievalQuery, WeightedTerm};

use rustc_hash::FxHashSet;

use super::adapted_lines::{AdaptedPair, adapted_pairs};
use super::alignment::{LinePlaces, TakenLines};
use super::release::{ReleaseFile, SideLine, SideLines, TRIVIAL_WEIGHT, sides};

/// How often a path is followed through upstream renames.
const MAX_RENAMES: usize = 4;

/// Hunks loaded at a time; neighbours lie in the same compressed blocks.
const LOAD_BATCH: usize = 512;

/// A hunk of the release is looked up by its lines if less than this share of them is found in the file's history.
const KNOWN_SHARE: f32 = 0.5;

/// ... and if its lines say at least this much, as [`super::release::line_weight`] counts.
const MIN_LOOKUP_WEIGHT: f32 = 1.0;

/// Hunks of other files that are taken for a hunk of the release.
const FOREIGN_HUNKS: usize = 6;

/// Lines of a hunk that are looked up.
const LOOKUP_TERMS: usize = 64;

/// A line counts as moved if it says at least this much: short ones are removed and added for many reasons.
const MIN_MOVED_WEIGHT: f32 = 0.8;

/// A hunk of history beside a file of the release.
pub struct AlignedHunk {
    /// The commit that it belongs to.
    pub commit: CommitOrdinal,
    /// Its place among the commit's hunks.
    pub number: u32,
    /// Its removed and added lines.
    pub sides: [Vec<SideLine>; 2],
    /// For each side the pairs (own line, line of the file's side).
    pub pairs: [Vec<(u32, u32)>; 2],
    /// For each side the lines that the release has in an adapted form.
    pub adapted: [Vec<AdaptedPair>; 2],
    /// What its lines weigh.
    pub total: f32,
    /// What its paired lines weigh; adapted ones count for the share that they have in common.
    pub matched: f32,
    /// Whether it belongs to another file and was found by its lines.
    pub is_foreign: bool,
}

impl AlignedHunk {
    /// Share of the hunk that is in the release.
    pub fn share(&self) -> f32 {
        self.explained_share(0.0)
    }

    /// Share of the hunk that is in the release or, to this weight, explained by other commits.
    pub fn explained_share(&self, explained: f32) -> f32 {
        if self.total > 0.0 { ((self.matched + explained) / self.total).min(1.0) } else { 0.0 }
    }
}

impl AlignedHunk {
    /// The lines of one side that the release does not have.
    pub fn unpaired(&self, side: usize) -> impl Iterator<Item = &SideLine> {
        let mut pairs = self.pairs[side].iter().map(|(own, _)| *own).peekable();
        let lines = self.sides[side].iter().zip(0u32..);
        lines.filter(move |(_, own)| pairs.next_if_eq(own).is_none()).map(|(line, _)| line)
    }
}

/// A file of the release with what may have gone into it.
pub struct FileCandidates {
    /// The file's removed and added lines.
    pub sides: [SideLines; 2],
    /// The hunks of its history, by commit and number.
    pub hunks: Vec<AlignedHunk>,
    /// The lines, as [`SideLine::bare`], that a commit both removes and adds, though the base does not have them: it
    /// moves what an earlier commit brought, and puts it where it now stands.
    pub moved: FxHashSet<(CommitOrdinal, u64)>,
}

fn moved_lines(hunks: &[AlignedHunk]) -> FxHashSet<(CommitOrdinal, u64)> {
    let mut added: FxHashSet<(CommitOrdinal, u64)> = FxHashSet::default();
    for hunk in hunks {
        let added_lines = hunk.sides[1].iter().filter(|line| line.weight >= MIN_MOVED_WEIGHT);
        added.extend(added_lines.map(|line| (hunk.commit, line.bare)));
    }
    let mut moved = FxHashSet::default();
    for hunk in hunks {
        let unpaired = hunk.unpaired(0).map(|line| (hunk.commit, line.bare));
        moved.extend(unpaired.filter(|line| added.contains(line)));
    }
    moved
}

/// Gathers and aligns the candidates of a file.
///
/// # Errors
/// Where the index cannot be read.
pub fn file_candidates(
    retrieval: &dyn HunkRetrieval,
    file: &ReleaseFile,
    excluded: &CommitSet,
) -> Result<FileCandidates, IndexError> {
    let mut hasher = LineHasher::default();
    let sides = sides(&file.hunks, &mut hasher);
    let places = [LinePlaces::new(&sides[0]), LinePlaces::new(&sides[1])];
    let mut gathering = Gathering { retrieval, places, hasher, hunks: Vec::new(), seen: BTreeSet::new() };
    gathering.follow_paths(file, excluded)?;
    gathering.look_up_unknown(file, &sides, excluded)?;
    let mut hunks = gathering.hunks;
    hunks.sort_by_key(|hunk| (hunk.commit, hunk.number));
    let moved = moved_lines(&hunks);
    Ok(FileCandidates { sides, hunks, moved })
}

/// A hunk of history before it is aligned.
struct LoadedHunk {
    commit: CommitOrdinal,
    number: u32,
    sides: [Vec<SideLine>; 2],
}

struct Gathering<'a> {
    retrieval: &'a dyn HunkRetrieval,
    places: [LinePlaces<'a>; 2],
    hasher: LineHasher,
    hunks: Vec<AlignedHunk>,
    seen: BTreeSet<(CommitOrdinal, u32)>,
}

impl Gathering<'_> {
    /// Takes everything that history did to the file, under all names that it had.
    fn follow_paths(&mut self, file: &ReleaseFile, excluded: &CommitSet) -> Result<(), IndexError> {
        let mut paths: Vec<BString> = file.new_path.iter().chain(&file.old_path).cloned().collect();
        paths.dedup();
        let mut next = 0;
        while next < paths.len() && next < MAX_RENAMES {
            let found = self.retrieval.hunks_of_path(path_term(&paths[next]), Some(excluded))?;
            next += 1;
            for other in self.take(&found, false)? {
                if !paths.contains(&other) {
                    paths.push(other);
                }
            }
        }
        Ok(())
    }

    /// Aligns hunks; returns the other names of files that they rename.
    fn take(&mut self, found: &[FoundHunk], is_foreign: bool) -> Result<Vec<BString>, IndexError> {
        let mut other_names = Vec::new();
        let mut loaded = Vec::new();
        for batch in found.chunks(LOAD_BATCH) {
            let ids: Vec<HunkId> = batch.iter().map(|hunk| hunk.id).collect();
            for (found, stored) in batch.iter().zip(self.retrieval.load(&ids)?) {
                if let (Some(old), Some(new)) = (&stored.old, &stored.new)
                    && old.path != new.path
                {
                    other_names.extend([old.path.clone(), new.path.clone()]);
                }
                if let Some(hunk) = &stored.hunk
                    && self.seen.insert((found.commit, found.number))
                {
                    let [removed, added] = sides([hunk], &mut self.hasher);
                    loaded.push(LoadedHunk {
                        commit: found.commit,
                        number: found.number,
                        sides: [removed.lines, added.lines],
                    });
                }
            }
        }
        loaded.sort_by_key(|hunk| (hunk.commit, hunk.number));
        self.align(loaded, is_foreign);
        other_names.sort();
        other_names.dedup();
        Ok(other_names)
    }

    /// Aligns hunks that are sorted by commit: what one hunk of a commit has taken is not there for its next one.
    fn align(&mut self, loaded: Vec<LoadedHunk>, is_foreign: bool) {
        let mut taken = [0, 1].map(|side| self.places[side].nothing_taken());
        let mut last = None;
        for LoadedHunk { commit, number, sides } in loaded {
            if last.replace(commit) != Some(commit) {
                taken.iter_mut().for_each(TakenLines::clear);
            }
            let pairs = [0, 1].map(|side| self.places[side].align(&sides[side], &mut taken[side]));
            let total = sides.iter().flatten().map(|line| line.weight).sum();
            let release = [self.places[0].side(), self.places[1].side()];
            let adapted = [0, 1].map(|side| adapted_pairs(&sides, &pairs, release, side));
            let weight = |side: usize, own: u32| sides[side][own as usize].weight;
            let matched = [0, 1].map(|side| {
                let exact = pairs[side].iter().map(|(own, _)| weight(side, *own));
                let adapted = adapted[side].iter().map(|pair| weight(side, pair.own) * pair.similarity);
                exact.chain(adapted).sum::<f32>()
            });
            let matched = matched.iter().sum();
            self.hunks.push(AlignedHunk {
                commit,
                number,
                sides,
                pairs,
                adapted,
                total,
                matched,
                is_foreign,
            });
        }
    }

    /// Looks up by their lines those hunks that the file's own history does not know: moved and copied code.
    fn look_up_unknown(
        &mut self,
        file: &ReleaseFile,
        sides: &[SideLines; 2],
        excluded: &CommitSet,
    ) -> Result<(), IndexError> {
        let mut known = [vec![false; sides[0].lines.len()], vec![false; sides[1].lines.len()]];
        for hunk in self.hunks.iter().filter(|hunk| hunk.share() >= KNOWN_SHARE) {
            for (known, pairs) in known.iter_mut().zip(&hunk.pairs) {
                pairs.iter().for_each(|(_, at)| known[*at as usize] = true);
            }
        }
        for number in 0..file.hunks.len() as u32 {
            let lines = || {
                sides
                    .iter()
                    .zip(&known)
                    .flat_map(|(side, known)| side.lines.iter().zip(known))
                    .filter(move |(line, _)| line.hunk == number && line.weight > TRIVIAL_WEIGHT)
            };
            let weight: f32 = lines().map(|(line, _)| line.weight).sum();
            let known_weight: f32 = lines().filter(|(_, known)| **known).map(|(line, _)| line.weight).sum();
            if weight < MIN_LOOKUP_WEIGHT || known_weight >= KNOWN_SHARE * weight {
                continue;
            }
            let mut hashes: Vec<_> =
                lines().filter(|(_, known)| !**known).map(|(line, _)| line.hash).collect();
            hashes.sort_unstable_by_key(|hash| hash.0 as u32);
            hashes.dedup();
            hashes.truncate(LOOKUP_TERMS);
            let terms: Vec<IndexTerm> = hashes.iter().map(|hash| IndexTerm::from(*hash)).collect();
            let frequencies = self.retrieval.frequencies(&terms)?;
            let hunks = self.retrieval.hunk_count() as f32;
            let weighted = terms.iter().zip(frequencies).filter(|(_, frequency)| *frequency > 0);
            let terms: Vec<WeightedTerm> = weighted
                .map(|(term, frequency)| WeightedTerm {
                    term: *term,
                    weight: (hunks / frequency as f32).ln(),
                    frequency,
                })
                .collect();
            let query = RetrievalQuery {
                terms,
                paths: Vec::new(),
                path_bonus: 0.0,
                excluded: Some(excluded),
                limit: FOREIGN_HUNKS,
                least_share: 0.0,
            };
            let found = self.retrieval.search(&query)?;
            self.take(&found, true)?;
        }
        Ok(())
    }
}

//! The plain way: the hunks that share the rarest changed lines.
//!
//! Each changed line, its sign and its text with white space collapsed, weighs as much as it is rare (logarithm of
//! inverse document frequency). The score is the weighted Jaccard similarity of the sets of lines, plus a bonus for
//! the same path or file name. It is what a hundred lines of script do with an index of lines.

use std::collections::BTreeMap;

use bstr::{BStr, ByteSlice};
use hunktrace_indexer::graph::{CommitGraph, CommitOrdinal};
use hunktrace_indexer::hunk::{Hunk, Sign};
use hunktrace_indexer::index::retrieval::HunkRetrieval;
use hunktrace_indexer::index::snapshot::Snapshot;
use hunktrace_indexer::patch;
use hunktrace_indexer::segment::stored_hunk::StoredHunk;
use hunktrace_server::hunks::query::query_hunks;
use hunktrace_server::index::base_content::contained_in;
use rustc_hash::FxHashMap;
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use crate::accuracy::program::{Answer, Claim};
use crate::accuracy::query::QuerySet;
use crate::accuracy::release::Attributed;
use crate::accuracy::truth::Equivalents;

/// What the same path adds to a score.
const PATH_BONUS: f32 = 0.15;

/// What the same file name in another folder adds.
const NAME_BONUS: f32 = 0.05;

/// Lines that more hunks have find nothing by themselves; they count where other lines have found a hunk.
const COMMONEST_FINDING: usize = 20_000;

/// Hunks that are scored exactly, of those that share lines.
const SCORED_HUNKS: usize = 200;

/// Candidates that are kept.
const CANDIDATES: usize = 10;

/// Every hunk of an index as a set of lines, and the hunks of every line.
pub struct LineOverlap<'a> {
    graph: &'a CommitGraph,
    /// Numbers for the lines.
    numbers: FxHashMap<u64, u32>,
    /// What each line weighs, in nats.
    weights: Vec<f32>,
    /// The lines of all hunks, hunk after hunk, sorted in each.
    lines: Vec<u32>,
    /// Where each hunk's lines end.
    ends: Vec<usize>,
    /// The hunks of all lines, line after line.
    hunks: Vec<u32>,
    /// Where each line's hunks end.
    hunk_ends: Vec<usize>,
    /// The commit of each hunk, and the hashes of its path and its file name.
    places: Vec<(CommitOrdinal, u32, u32)>,
}

/// A query's hunk as a set of lines.
struct Lines {
    known: Vec<u32>,
    weight: f32,
    path: u32,
    name: u32,
}

impl<'a> LineOverlap<'a> {
    /// Reads every hunk of an index; it takes about a byte of memory for each byte of changed lines.
    ///
    /// # Errors
    /// Where the index cannot be read.
    pub fn of_index(snapshot: &'a Snapshot) -> anyhow::Result<LineOverlap<'a>> {
        let graph = snapshot.graph();
        let mut overlap = LineOverlap {
            graph,
            numbers: FxHashMap::default(),
            weights: Vec::new(),
            lines: Vec::new(),
            ends: Vec::new(),
            hunks: Vec::new(),
            hunk_ends: Vec::new(),
            places: Vec::new(),
        };
        let mut frequencies: Vec<u32> = Vec::new();
        for index in 0..graph.len() {
            let commit = CommitOrdinal(index as u32);
            let ids: Vec<_> = snapshot.hunks_of(commit)?.into_iter().map(|hunk| hunk.id).collect();
            for stored in snapshot.load(&ids)? {
                overlap.add(commit, &stored, &mut frequencies);
            }
        }
        overlap.finish(&frequencies);
        Ok(overlap)
    }

    fn add(&mut self, commit: CommitOrdinal, stored: &StoredHunk, frequencies: &mut Vec<u32>) {
        let Some(hunk) = &stored.hunk else { return };
        let start = self.lines.len();
        for hash in line_hashes(hunk) {
            let next = frequencies.len() as u32;
            let number = *self.numbers.entry(hash).or_insert(next);
            if number == next {
                frequencies.push(0);
            }
            frequencies[number as usize] += 1;
            self.lines.push(number);
        }
        self.lines[start..].sort_unstable();
        self.ends.push(self.lines.len());
        let (path, name) = path_hashes(stored.path());
        self.places.push((commit, path, name));
    }

    /// Weighs the lines and turns the list of each hunk's lines around.
    fn finish(&mut self, frequencies: &[u32]) {
        let all = self.ends.len() as f32;
        self.weights =
            frequencies.iter().map(|frequency| ((all + 1.0) / (*frequency as f32 + 1.0)).ln()).collect();
        let mut next: Vec<usize> = Vec::with_capacity(frequencies.len());
        let mut sum = 0;
        for frequency in frequencies {
            next.push(sum);
            sum += *frequency as usize;
        }
        self.hunks = vec![0; sum];
        for hunk in 0..self.ends.len() {
            for place in self.range(hunk) {
                let line = self.lines[place] as usize;
                self.hunks[next[line]] = hunk as u32;
                next[line] += 1;
            }
        }
        // Each line's next place is now the end of its hunks.
        self.hunk_ends = next;
    }

    fn range(&self, hunk: usize) -> std::ops::Range<usize> {
        hunk.checked_sub(1).map_or(0, |before| self.ends[before])..self.ends[hunk]
    }

    fn hunks_with(&self, line: u32) -> &[u32] {
        let line = line as usize;
        let start = line.checked_sub(1).map_or(0, |before| self.hunk_ends[before]);
        &self.hunks[start..self.hunk_ends[line]]
    }

    /// The answers to a set.
    pub fn answers(&self, set: &QuerySet) -> Vec<Answer> {
        let mut scores = vec![0.0; self.ends.len()];
        set.queries.iter().map(|query| self.answer(&query.text, &mut scores)).collect()
    }

    fn answer(&self, text: &[u8], scores: &mut [f32]) -> Answer {
        let mut answer = Answer::default();
        let mut patch_scores: BTreeMap<CommitOrdinal, f32> = BTreeMap::new();
        let parsed = patch::parse(text);
        for hunk in parsed.patches.iter().flat_map(query_hunks) {
            let lines = self.lines_of(&hunk.stored);
            let candidates = self.candidates(&lines, scores);
            for (commit, score) in &candidates {
                *patch_scores.entry(*commit).or_default() += score * lines.weight;
            }
            answer.hunks.push(self.claims(candidates));
        }
        answer.patch = self.claims(sorted(patch_scores));
        answer
    }

    /// What a whole release's diff comes from: each hunk from its best commit that the base does not contain.
    pub fn attributed(&self, diff: &[u8], base: CommitOrdinal, equivalents: &Equivalents) -> Attributed {
        let contained = contained_in(self.graph, base);
        let mut scores = vec![0.0; self.ends.len()];
        let mut said = Attributed::default();
        let parsed = patch::parse(diff);
        for query in parsed.patches.iter().flat_map(query_hunks) {
            let candidates = self.candidates(&self.lines_of(&query.stored), &mut scores);
            let best = candidates.into_iter().find(|(commit, _)| !contained.contains(*commit));
            let (Some((commit, _)), Some(hunk)) = (best, &query.stored.hunk) else { continue };
            let commit = equivalents.one_of(&self.graph.id(commit).to_string());
            let path = query.stored.path().to_string();
            let of_release = hunk.lines().filter(|line| line.sign != Sign::Removed);
            for (number, _) in (hunk.new_start..).zip(of_release).filter(|(_, line)| line.sign == Sign::Added)
            {
                said.lines.insert((path.clone(), number), (commit.clone(), 1.0));
            }
            said.commits.insert(commit, false);
        }
        said
    }

    fn claims(&self, candidates: Vec<(CommitOrdinal, f32)>) -> Vec<Claim> {
        let claim = |(commit, _): (CommitOrdinal, f32)| Claim::certain(&self.graph.id(commit).to_string());
        candidates.into_iter().take(CANDIDATES).map(claim).collect()
    }

    fn lines_of(&self, stored: &StoredHunk) -> Lines {
        let hashes = stored.hunk.as_ref().map(line_hashes).unwrap_or_default();
        let mut known: Vec<u32> = hashes.iter().filter_map(|hash| self.numbers.get(hash).copied()).collect();
        known.sort_unstable();
        let unknown = hashes.len() - known.len();
        let rarest = (self.ends.len() as f32 + 1.0).ln();
        let weight = self.weight_of(&known) + unknown as f32 * rarest;
        let (path, name) = path_hashes(stored.path());
        Lines { known, weight, path, name }
    }

    fn weight_of(&self, lines: &[u32]) -> f32 {
        lines.iter().map(|line| self.weights[*line as usize]).sum()
    }

    /// Commits with the score of their best hunk, best first; `scores` has a zero for each hunk, before and after.
    fn candidates(&self, query: &Lines, scores: &mut [f32]) -> Vec<(CommitOrdinal, f32)> {
        let mut touched: Vec<u32> = Vec::new();
        for line in &query.known {
            let hunks = self.hunks_with(*line);
            if hunks.len() > COMMONEST_FINDING {
                continue;
            }
            for hunk in hunks {
                let score = &mut scores[*hunk as usize];
                if *score == 0.0 {
                    touched.push(*hunk);
                }
                *score += self.weights[*line as usize];
            }
        }
        let mut found: Vec<(f32, u32)> = touched.iter().map(|hunk| (scores[*hunk as usize], *hunk)).collect();
        touched.iter().for_each(|hunk| scores[*hunk as usize] = 0.0);
        let by_weight = |a: &(f32, u32), b: &(f32, u32)| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1));
        if found.len() > SCORED_HUNKS {
            found.select_nth_unstable_by(SCORED_HUNKS, by_weight);
            found.truncate(SCORED_HUNKS);
        }
        let mut best: BTreeMap<CommitOrdinal, f32> = BTreeMap::new();
        for (_, hunk) in found {
            let (commit, score) = self.score(query, hunk as usize);
            let known = best.entry(commit).or_default();
            *known = known.max(score);
        }
        sorted(best)
    }

    fn score(&self, query: &Lines, hunk: usize) -> (CommitOrdinal, f32) {
        let lines = &self.lines[self.range(hunk)];
        let common: Vec<u32> =
            query.known.iter().copied().filter(|line| lines.binary_search(line).is_ok()).collect();
        let common = self.weight_of(&common);
        let either = query.weight + self.weight_of(lines) - common;
        let (commit, path, name) = self.places[hunk];
        let bonus = match (path == query.path, name == query.name) {
            (true, _) => PATH_BONUS,
            (false, true) => NAME_BONUS,
            (false, false) => 0.0,
        };
        (commit, common / either.max(f32::MIN_POSITIVE) + bonus)
    }
}

/// Best first, then the oldest.
fn sorted(scores: BTreeMap<CommitOrdinal, f32>) -> Vec<(CommitOrdinal, f32)> {
    let mut sorted: Vec<(CommitOrdinal, f32)> = scores.into_iter().collect();
    sorted.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    sorted
}

/// The hashes of the changed lines, each once.
fn line_hashes(hunk: &Hunk) -> Vec<u64> {
    let mut text = Vec::new();
    let mut hashes: Vec<u64> = hunk
        .changed_lines()
        .map(|line| {
            text.clear();
            for word in line.text.fields() {
                text.extend_from_slice(word);
                text.push(b' ');
            }
            xxh3_64_with_seed(&text, u64::from(line.sign.marker()))
        })
        .collect();
    hashes.sort_unstable();
    hashes.dedup();
    hashes
}

fn path_hashes(path: &BStr) -> (u32, u32) {
    let name = path.rfind_byte(b'/').map_or(path.as_bytes(), |slash| &path[slash + 1..]);
    (xxh3_64(path) as u32, xxh3_64(name) as u32)
}

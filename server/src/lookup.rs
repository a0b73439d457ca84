//! From the hunks of a patch to the commits that they may have come from.
//!
//! Every hunk is retrieved and verified by itself; then all hunks of the patch are judged together: a commit that
//! explains several of them is a better explanation for each. For the best commits the hunks that retrieval has
//! missed are looked for among the commit's own.

use std::collections::BTreeMap;
use std::sync::Arc;

use bstr::{BString, ByteSlice};
use hunktrace_indexer::fingerprint::{FEW_LINES, IndexTerm, LineHash, LineHasher, path_term};
use hunktrace_indexer::graph::{CommitGraph, CommitOrdinal, CommitSet};
use hunktrace_indexer::index::folder::IndexError;
use hunktrace_indexer::index::retrieval::{FoundHunk, HunkId, HunkRetrieval, RetrievalQuery, WeightedTerm};
use hunktrace_indexer::segment::stored_hunk::StoredHunk;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::confidence::{Agreement, Confidence, Evidence, HunkFeatures, PatchFeatures, confidence};
use crate::hunks::comparison::{Comparison, MatchKind, compare, have_common_line};
use crate::hunks::line_weights::{LineWeight, LineWeights, TRIVIAL_WEIGHT};
use crate::hunks::prepared_hunk::PreparedHunk;
use crate::hunks::query::QueryHunk;
use crate::hunks::reading::{Reading, Readings};
use crate::index::origin::origin_of;
use crate::lookup::patch_part::Part;
use crate::lookup::prepared_cache::Kept;
use crate::lookup::rivalry::Contender;

pub mod patch_part;
pub mod prepared_cache;
pub mod rivalry;
mod whole_patch;

use whole_patch::{PatchCandidate, WholePatch};

/// Hunks that retrieval is asked for at most, and that are compared line by line.
const VERIFIED_HUNKS: usize = 10;

/// A hunk that agrees less than this share of what the best one does is not compared: beside a hunk that has all lines
/// of the query, those that have its path or a common line alone are no candidates. Measured with `measure_accuracy` on
/// the backports, the perturbed hunks and the squashed series: at 0.15 no first candidate changes, at 0.2 one hunk in
/// 14,000 goes wrong and one right, and a quarter less is compared; from 0.25 on hunks only go wrong.
const LEAST_SHARE: f32 = 0.2;

/// Terms of a query: more say no more, and the index samples long hunks by the same rule.
const MAX_QUERY_TERMS: usize = 256;

/// What the right path adds to the estimated agreement of a retrieved hunk.
const PATH_BONUS: f32 = 0.15;

/// Context lines count less than changed lines where a hunk has hardly any of those.
const CONTEXT_TERM_WEIGHT: f32 = 0.5;

/// The commits for which hunks that retrieval has missed are looked for.
const COMPLETED_COMMITS: usize = 4;

/// A commit's own hunks that are compared for that: the first of them, in the commit's order.
const MAX_COMPLETING_HUNKS: usize = 64;

/// From this score on a hunk counts as found in a commit.
const FOUND_SCORE: f32 = 0.4;

/// How much the patch as a whole counts for a single hunk's candidates.
const PATCH_SHARE: f32 = 0.5;

/// How many of a patch's best candidates are compared with each other at least.
const PATCH_RIVALS: usize = 10;

/// What a commit gains that is wholly there: a small one explains a patch better than a large one of which a part is
/// there. 0.2 is the best of 0.1, 0.2, 0.3 and 0.5 on the stable backports and the perturbed hunks together.
const PRESENT_SHARE: f32 = 0.2;

/// What lines gain that are equal byte for byte, and not only when normalised: it decides between equals.
const SAME_BYTES_BONUS: f32 = 0.02;

/// What a lookup wants.
#[derive(Clone, Debug)]
pub struct LookupOptions<'a> {
    /// Commits that cannot be origins.
    pub excluded: Option<&'a CommitSet>,
    /// How many candidates are wanted, for each hunk and for the patch.
    pub max_candidates: usize,
}

/// Where a patch may have come from.
#[derive(Clone, Debug)]
pub struct PatchAnswer {
    /// For each hunk of the query its candidates, best first.
    pub hunks: Vec<Vec<Candidate>>,
    /// Candidates for the patch as a whole, best first.
    pub candidates: Vec<Candidate>,
}

/// A commit that may be the origin.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// The origin.
    pub origin: CommitOrdinal,
    /// How sure that is.
    pub confidence: Confidence,
    /// How the changed lines agree.
    pub kind: MatchKind,
    /// Weighted share of the changed lines that agree.
    pub similarity: f32,
    /// The file of the best matching hunk.
    pub file: BString,
    /// The best matching hunk and the commit that it belongs to: the origin or a carrier.
    pub best: (CommitOrdinal, HunkId),
    /// What speaks for and against it.
    pub evidence: Vec<Evidence>,
}

/// A hunk of the query, ready for comparison.
struct Query {
    prepared: PreparedHunk,
    /// The total weight of its changed lines.
    weight: f32,
    /// Whether history knows its file under this path.
    knows_path: bool,
}

/// A commit's best hunk for one hunk of the query.
#[derive(Clone, Debug)]
struct Verified {
    commit: CommitOrdinal,
    hunk: HunkId,
    comparison: Comparison,
    file: BString,
    score: f32,
}

/// Everything that a lookup needs at hand.
pub struct Lookup<'a> {
    graph: &'a CommitGraph,
    retrieval: &'a dyn HunkRetrieval,
    weights: LineWeights<'a>,
    hasher: LineHasher,
    kept: &'a Kept,
    loaded: FxHashMap<HunkId, Arc<PreparedHunk>>,
}

impl<'a> Lookup<'a> {
    /// A lookup in an index; `kept` belongs to the same snapshot of it.
    pub fn new(graph: &'a CommitGraph, retrieval: &'a dyn HunkRetrieval, kept: &'a Kept) -> Lookup<'a> {
        Lookup {
            graph,
            retrieval,
            weights: LineWeights::new(retrieval),
            hasher: LineHasher::default(),
            kept,
            loaded: FxHashMap::default(),
        }
    }

    /// Where the hunks of a patch, judged together, may have come from.
    ///
    /// # Errors
    /// Where the index cannot be read.
    pub fn patch(
        &mut self,
        hunks: &[QueryHunk],
        options: &LookupOptions<'_>,
    ) -> Result<PatchAnswer, IndexError> {
        // What the last patch has loaded is among what is kept, as far as there is room.
        self.loaded.clear();
        let mut queries = Vec::with_capacity(hunks.len());
        let mut found = Vec::with_capacity(hunks.len());
        for hunk in hunks {
            let query = self.prepare(&hunk.stored)?;
            found.push(self.verified_candidates(&query, options)?);
            queries.push(query);
        }
        self.complete(&queries, &mut found, options)?;
        Ok(self.rank(&queries, &found, options))
    }

    fn prepare(&mut self, stored: &StoredHunk) -> Result<Query, IndexError> {
        let prepared = PreparedHunk::new(&stored.view(), &mut self.hasher);
        self.weights.learn(prepared.informative())?;
        if prepared.informative().count() < FEW_LINES {
            self.weights.learn(prepared.context.iter().copied().take(MAX_QUERY_TERMS))?;
        }
        let line_weight = |line: &crate::hunks::prepared_hunk::ChangedLine| match line.is_informative {
            true => self.weights.get(line.hash).weight,
            false => TRIVIAL_WEIGHT,
        };
        let weight = prepared.changed.iter().map(line_weight).sum();
        let mut knows_path = false;
        for path in self.query_paths(&prepared) {
            knows_path |= self.retrieval.has_path(path)?;
        }
        Ok(Query { prepared, weight, knows_path })
    }

    /// Retrieves and compares; for every origin its best hunk.
    fn verified_candidates(
        &mut self,
        query: &Query,
        options: &LookupOptions<'_>,
    ) -> Result<BTreeMap<CommitOrdinal, Verified>, IndexError> {
        let found = self.retrieval.search(&RetrievalQuery {
            terms: self.query_terms(&query.prepared),
            paths: self.query_paths(&query.prepared),
            path_bonus: PATH_BONUS,
            excluded: options.excluded,
            limit: VERIFIED_HUNKS,
            least_share: LEAST_SHARE,
        })?;
        let mut best = BTreeMap::new();
        self.compare_all(query, &found, &mut best)?;
        Ok(best)
    }

    fn query_terms(&self, hunk: &PreparedHunk) -> Vec<WeightedTerm> {
        let mut lines: Vec<LineHash> = hunk.informative().collect();
        let few = lines.len() < FEW_LINES;
        if lines.len() > MAX_QUERY_TERMS {
            // The lines that belong to the sample of the longest hunks come first.
            lines.sort_unstable_by_key(|line| line.0 as u32);
            lines.truncate(MAX_QUERY_TERMS);
        }
        let weighted = |line: LineHash, share: f32| {
            let LineWeight { weight, frequency } = self.weights.get(line);
            WeightedTerm { term: line.into(), weight: share * weight, frequency }
        };
        let mut terms: Vec<WeightedTerm> = lines.into_iter().map(|line| weighted(line, 1.0)).collect();
        if few {
            // The context is sorted by hash, so of a long one this is a sample.
            let context = hunk.context.iter().take(MAX_QUERY_TERMS);
            terms.extend(context.map(|line| weighted(*line, CONTEXT_TERM_WEIGHT)));
        }
        terms.sort_by_key(|term| term.term);
        terms.dedup_by_key(|term| term.term);
        terms
    }

    fn query_paths(&self, hunk: &PreparedHunk) -> Vec<IndexTerm> {
        hunk.paths().map(|path| path_term(path)).collect()
    }

    fn compare_all(
        &mut self,
        query: &Query,
        found: &[FoundHunk],
        best: &mut BTreeMap<CommitOrdinal, Verified>,
    ) -> Result<(), IndexError> {
        self.load(found)?;
        for hunk in found {
            let Some(candidate) = self.loaded.get(&hunk.id) else { continue };
            if candidate.path != query.prepared.path && !have_common_line(&query.prepared, candidate) {
                continue;
            }
            let comparison = compare(&query.prepared, candidate, &self.weights);
            let verified = Verified {
                commit: hunk.commit,
                hunk: hunk.id,
                score: hunk_score(&comparison),
                comparison,
                file: candidate.path.clone(),
            };
            let origin = origin_of(self.graph, hunk.commit);
            match best.get(&origin) {
                Some(known) if !is_better(&verified, known, origin) => {}
                _ => drop(best.insert(origin, verified)),
            }
        }
        Ok(())
    }

    fn load(&mut self, found: &[FoundHunk]) -> Result<(), IndexError> {
        let mut absent = Vec::new();
        for FoundHunk { id, .. } in found {
            if !self.loaded.contains_key(id) {
                match self.kept.hunks.get(id) {
                    Some(prepared) => drop(self.loaded.insert(*id, prepared)),
                    None => absent.push(*id),
                }
            }
        }
        let Lookup { retrieval, kept, hasher, loaded, .. } = self;
        retrieval.visit(&absent, &mut |place, hunk| {
            let prepared = Arc::new(PreparedHunk::new(hunk, hasher));
            kept.hunks.insert(absent[place], Arc::clone(&prepared));
            loaded.insert(absent[place], prepared);
        })
    }

    /// Looks among the best commits' own hunks for those of the query's hunks that retrieval did not find there.
    fn complete(
        &mut self,
        queries: &[Query],
        found: &mut [BTreeMap<CommitOrdinal, Verified>],
        options: &LookupOptions<'_>,
    ) -> Result<(), IndexError> {
        if queries.len() < 2 {
            return Ok(());
        }
        let mut commits: Vec<(f32, CommitOrdinal)> =
            patch_scores(queries, found).into_iter().map(|(origin, score)| (score, origin)).collect();
        commits.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        commits.truncate(COMPLETED_COMMITS);
        for (_, origin) in commits {
            if options.excluded.is_some_and(|set| set.contains(origin)) {
                continue;
            }
            let missing: Vec<usize> = (0..queries.len())
                .filter(|place| {
                    found[*place].get(&origin).is_none_or(|verified| verified.score < FOUND_SCORE)
                })
                .collect();
            if missing.is_empty() {
                continue;
            }
            let mut own = self.retrieval.hunks_of(origin)?;
            own.truncate(MAX_COMPLETING_HUNKS);
            for place in missing {
                self.compare_all(&queries[place], &own, &mut found[place])?;
            }
        }
        Ok(())
    }

    fn rank(
        &self,
        queries: &[Query],
        found: &[BTreeMap<CommitOrdinal, Verified>],
        options: &LookupOptions<'_>,
    ) -> PatchAnswer {
        let whole = WholePatch::new(queries, found);
        let mut readings = Readings::new(queries.iter().map(|query| &query.prepared), &self.loaded);
        let mut hunks = Vec::with_capacity(queries.len());
        for (place, found) in found.iter().enumerate() {
            hunks.push(self.rank_hunk(place, queries, found, &whole, &mut readings, options));
        }
        let candidates = self.rank_patch(queries, found, &whole, &mut readings, options);
        PatchAnswer { hunks, candidates }
    }

    fn rank_hunk(
        &self,
        place: usize,
        queries: &[Query],
        found: &BTreeMap<CommitOrdinal, Verified>,
        whole: &WholePatch<'_>,
        readings: &mut Readings<'_>,
        options: &LookupOptions<'_>,
    ) -> Vec<Candidate> {
        let scored = found
            .iter()
            .map(|(origin, verified)| (verified.score + PATCH_SHARE * whole.score(*origin), *origin))
            .collect();
        let ranked: Vec<(&Verified, CommitOrdinal, Contender<'_>)> = self
            .ranked(scored)
            .into_iter()
            .filter_map(|(score, origin)| {
                let verified = found.get(&origin)?;
                let agreed = vec![(0, verified.comparison.agreed.as_slice())];
                Some((verified, origin, Contender { score, agreed }))
            })
            .collect();
        let judge =
            |(at, (verified, origin, contender)): (usize, &(&Verified, CommitOrdinal, Contender<'_>))| {
                let comparison = &verified.comparison;
                let others =
                    ranked.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, other)| &other.2);
                let rest = whole.rest(place, *origin, verified.score, self.graph);
                let reading = readings.of(at, place, verified.hunk, comparison);
                let agreement = Agreement {
                    similarity: comparison.soft_similarity,
                    agreed: contender.agreed_weight() / self.weights.rarest(),
                    asked: queries[place].weight / self.weights.rarest(),
                    lead: contender.lead(others),
                    path: comparison.path,
                    context: comparison.context,
                    reading,
                    unknown_path: if queries[place].knows_path { 0.0 } else { 1.0 },
                };
                let features = HunkFeatures { agreement, rest };
                candidate(*origin, verified, features.evidence())
            };
        ranked.iter().enumerate().take(options.max_candidates).map(judge).collect()
    }

    fn rank_patch(
        &self,
        queries: &[Query],
        found: &[BTreeMap<CommitOrdinal, Verified>],
        whole: &WholePatch<'_>,
        readings: &mut Readings<'_>,
        options: &LookupOptions<'_>,
    ) -> Vec<Candidate> {
        let scored: Vec<(f32, CommitOrdinal)> = whole
            .scores
            .iter()
            .map(|(origin, score)| (score + self.present_bonus(*origin, whole), *origin))
            .collect();
        let candidates: Vec<PatchCandidate<'_>> = self
            .ranked(scored)
            .into_iter()
            .take(options.max_candidates.max(PATCH_RIVALS))
            .map(|(score, origin)| PatchCandidate::new(score, origin, found))
            .collect();
        let everywhere = Part { has_hunk: vec![true; queries.len()], share: 1.0 };
        let judge = |(at, judged): (usize, &PatchCandidate<'_>)| {
            let part = whole.part_of(judged);
            let own = |place: usize| judged.by_hunk[place].map(|verified| (queries[place].weight, verified));
            let (_, best) = part
                .places()
                .filter_map(own)
                .max_by(|a, b| (a.0 * a.1.score).total_cmp(&(b.0 * b.1.score)))?;
            let weight = whole.weight_of(&part);
            let mut reading = Reading::default();
            let mut unknown_path = 0.0;
            for place in part.places() {
                let query = &queries[place];
                let share = query.weight / weight.max(f32::MIN_POSITIVE);
                unknown_path += if query.knows_path { 0.0 } else { share };
                if let Some(verified) = judged.by_hunk[place] {
                    reading.add(share, readings.of(at, place, verified.hunk, &verified.comparison));
                }
            }
            let (agreed, lead) = self.agreed_and_lead(at, &candidates, &part, whole);
            let agreement = Agreement {
                similarity: whole.mean(judged, &part, |verified| verified.comparison.soft_similarity),
                agreed: agreed / self.weights.rarest(),
                asked: weight / self.weights.rarest(),
                lead,
                path: whole.mean(judged, &part, |verified| verified.comparison.path),
                context: whole.mean(judged, &part, |verified| verified.comparison.context),
                reading,
                unknown_path,
            };
            let hunks_present = whole.hunks_present(judged.origin, self.graph);
            let features = PatchFeatures { agreement, hunks_present, share: part.share };
            let mut candidate = candidate(judged.origin, best, features.evidence());
            candidate.similarity = whole.mean(judged, &everywhere, |verified| verified.comparison.similarity);
            candidate.kind = weakest_kind(judged, &part);
            Some(candidate)
        };
        candidates.iter().enumerate().take(options.max_candidates).filter_map(judge).collect()
    }

    /// The weight of what agrees with the candidate in a place, and how far it is ahead of the others, in its part.
    fn agreed_and_lead<'f>(
        &self,
        at: usize,
        candidates: &[PatchCandidate<'f>],
        part: &Part,
        whole: &WholePatch<'_>,
    ) -> (f32, f32) {
        let others = |place: &usize| *place != at;
        if part.is_whole() {
            let own = candidates[at].contender();
            let rivals = (0..candidates.len()).filter(others).map(|place| candidates[place].contender());
            return (own.agreed_weight(), own.lead(rivals));
        }
        let within = |candidate: &PatchCandidate<'f>| {
            let score = whole.mean(candidate, part, |verified| verified.score);
            candidate.contender_within(part, score + self.present_bonus(candidate.origin, whole))
        };
        let contenders: Vec<Contender<'f>> = candidates.iter().map(within).collect();
        let rivals = (0..contenders.len()).filter(others).map(|place| &contenders[place]);
        (contenders[at].agreed_weight(), contenders[at].lead(rivals))
    }

    /// What a commit gains for what of it is there.
    fn present_bonus(&self, origin: CommitOrdinal, whole: &WholePatch<'_>) -> f32 {
        PRESENT_SHARE * whole.hunks_present(origin, self.graph)
    }

    /// Sorts by score; of equals the oldest comes first.
    ///
    /// Of commits that make the very same change only the best is kept; the others are its equivalents.
    fn ranked(&self, mut scored: Vec<(f32, CommitOrdinal)>) -> Vec<(f32, CommitOrdinal)> {
        let date = |commit: CommitOrdinal| self.graph.committed_at(commit);
        let order = |a: &(f32, CommitOrdinal), b: &(f32, CommitOrdinal)| {
            b.0.total_cmp(&a.0).then_with(|| (date(a.1), a.1).cmp(&(date(b.1), b.1)))
        };
        scored.sort_by(order);
        let mut seen = FxHashSet::default();
        scored.retain(|(_, commit)| {
            let patch = self.graph.patch(*commit);
            patch.is_none_or(|patch| seen.insert(patch))
        });
        scored
    }
}

/// How well a hunk explains another, from 0 to 1 and a little more.
fn hunk_score(comparison: &Comparison) -> f32 {
    let has_same_bytes = matches!(comparison.kind, MatchKind::Exact | MatchKind::Changes);
    let bonus = if has_same_bytes { SAME_BYTES_BONUS } else { 0.0 };
    0.35 * comparison.similarity
        + 0.35 * comparison.soft_similarity
        + 0.12 * comparison.context
        + 0.10 * comparison.path
        + 0.04 * comparison.section
        + 0.04 * comparison.position
        + bonus
}

/// Whether a newly compared hunk represents its origin better: by score, then as the origin's own, then by place.
fn is_better(new: &Verified, known: &Verified, origin: CommitOrdinal) -> bool {
    let key = |verified: &Verified| (verified.commit == origin, std::cmp::Reverse(verified.commit));
    new.score.total_cmp(&known.score).then_with(|| key(new).cmp(&key(known))).is_gt()
}

/// How well each origin explains the patch: the mean of its hunks' scores, weighted by what the hunks say.
fn patch_scores(
    queries: &[Query],
    found: &[BTreeMap<CommitOrdinal, Verified>],
) -> BTreeMap<CommitOrdinal, f32> {
    let total: f32 = queries.iter().map(|query| query.weight).sum();
    let mut scores: BTreeMap<CommitOrdinal, f32> = BTreeMap::new();
    for (query, found) in queries.iter().zip(found) {
        let share = query.weight / total.max(f32::MIN_POSITIVE);
        for (origin, verified) in found {
            *scores.entry(*origin).or_default() += share * verified.score;
        }
    }
    scores
}

/// A commit matches as well as the worst hunk that it answers for; of a patch that has others it is a part.
fn weakest_kind(candidate: &PatchCandidate<'_>, part: &Part) -> MatchKind {
    let kind = |place: usize| {
        candidate.by_hunk[place].map_or(MatchKind::Partial, |verified| verified.comparison.kind)
    };
    let weakest = part.places().map(kind).max().unwrap_or(MatchKind::Fuzzy);
    if part.is_whole() { weakest } else { weakest.max(MatchKind::Partial) }
}

fn candidate(origin: CommitOrdinal, verified: &Verified, evidence: Vec<Evidence>) -> Candidate {
    Candidate {
        origin,
        confidence: confidence(&evidence),
        kind: verified.comparison.kind,
        similarity: verified.comparison.similarity,
        file: verified.file.as_bstr().to_owned(),
        best: (verified.commit, verified.hunk),
        evidence,
    }
}

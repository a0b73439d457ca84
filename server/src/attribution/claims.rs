//! What is claimed of a release: runs of neighbouring lines that are said to come from one commit, with the evidence.
//!
//! The lines of a run are judged together: a brace between two lines that are surely a commit's is as surely its own as
//! they are, and a long run says more than each of its lines. How much of the change, the file and the release nobody
//! explains tells how likely it is that the true origin is not in the index.

use std::sync::Arc;

use hunktrace_indexer::cancellation::Cancellation;
use hunktrace_indexer::graph::CommitOrdinal;
use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::assignment::FileOwners;
use super::candidates::FileCandidates;
use super::changes::{ReleaseLine, for_each_change};
use super::claim_evidence::{ClaimEvidence, ClaimEvidenceKind as Kind};
use super::line_candidates::ALL_LINES_SHARE;
use super::line_owner::LineOwner;
use super::owned_lines::{Owned, owned, owned_in_all};
use super::side::Side;
use super::side_lines::FileLine;
use crate::hunks::comparison::MatchKind;

/// Leads beyond this say no more. Tuned: see `docs/constants.md`.
const MAX_COUNTED_LEAD: f32 = 1.0;

/// From this share on most of a commit is there. Tuned: see `docs/constants.md`.
const MOST_OF_A_COMMIT: f32 = 0.8;

/// Lines that say this much, as [`super::length_weight::length_weight`] counts, have half of all substance. Tuned: see
/// `docs/constants.md`.
const HALF_SUBSTANCE: f32 = 1.0;

/// The same for the lines of a hunk. Tuned: see `docs/constants.md`.
const HALF_HUNK_SUBSTANCE: f32 = 3.0;

/// The same for all lines that a commit owns. Tuned: see `docs/constants.md`.
const HALF_COMMIT_SUBSTANCE: f32 = 5.0;

/// Neighbouring lines of one side of a file that are said to come from one commit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Claim {
    /// The side that they stand on.
    pub side: Side,
    /// The first of them among the file's lines of that side, from 0.
    pub start: usize,
    /// How many they are.
    pub lines: usize,
    /// The origin.
    pub commit: CommitOrdinal,
    /// What speaks for it.
    pub evidence: ClaimEvidence,
}

/// The claims of each file of a release, in the order of the diff.
pub fn claims(files: &[FileCandidates], owners: &[Arc<FileOwners>]) -> Vec<Vec<Claim>> {
    let all = files
        .par_iter()
        .zip(owners)
        .map(|(file, owners)| FileClaims::of(file, owners, &Cancellation::default()));
    let mut all: Vec<FileClaims> = all.collect();
    let release = ReleaseClaims::of(&all);
    all.par_iter_mut()
        .flat_map(|file| &mut file.claims)
        .for_each(|claim| claim.evidence = release.evidence(claim));
    all.into_iter().map(|file| file.claims).collect()
}

/// What is claimed of a file, with the evidence of the file alone.
pub struct FileClaims {
    /// The claims, in the order of the diff; what the rest of the release says for them is not there yet.
    pub claims: Vec<Claim>,
    explained: Explained,
    owned: Vec<(CommitOrdinal, Owned)>,
}

impl FileClaims {
    /// The claims of a file; where it is cancelled, any of them.
    pub fn of(file: &FileCandidates, owners: &FileOwners, cancellation: &Cancellation) -> FileClaims {
        let explained = explained_in(file, owners);
        let claiming = Claiming { file, owners, of_file: explained.share(), cancellation };
        FileClaims { claims: claiming.claims(), explained, owned: owned(file, owners) }
    }
}

/// What the release as a whole says for each claim.
pub struct ReleaseClaims {
    /// What each commit owns.
    owned: FxHashMap<CommitOrdinal, Owned>,
    /// The share of the release that somebody explains.
    explained: f32,
}

impl ReleaseClaims {
    /// What all files together say.
    pub fn of<'a>(files: impl IntoIterator<Item = &'a FileClaims> + Clone) -> ReleaseClaims {
        let mut explained = Explained::default();
        files.clone().into_iter().for_each(|file| explained.add_all(&file.explained));
        let owned = owned_in_all(files.into_iter().map(|file| &file.owned[..]));
        ReleaseClaims { owned, explained: explained.share() }
    }

    /// The evidence for a claim, with what the release says.
    pub fn evidence(&self, claim: &Claim) -> ClaimEvidence {
        let owned = self.owned.get(&claim.commit).map_or(0.0, |owned| owned.weight);
        let mut evidence = claim.evidence;
        evidence.set(Kind::CommitSubstance, substance(owned, HALF_COMMIT_SUBSTANCE));
        evidence.set(Kind::ExplainedRelease, self.explained);
        evidence
    }
}

fn substance(weight: f32, half: f32) -> f32 {
    weight / (weight + half)
}

/// What lines with a word weigh, and those of them that somebody explains.
#[derive(Clone, Copy, Debug, Default)]
struct Explained {
    all: f64,
    explained: f64,
}

impl Explained {
    fn add(&mut self, line: &FileLine, owner: Option<LineOwner>) {
        if line.has_word() {
            self.all += f64::from(line.weight);
            self.explained += owner.map_or(0.0, |_| f64::from(line.weight));
        }
    }

    fn add_all(&mut self, other: &Explained) {
        self.all += other.all;
        self.explained += other.explained;
    }

    /// The explained share; where there is no line with a word nothing is open.
    fn share(&self) -> f32 {
        if self.all > 0.0 { (self.explained / self.all) as f32 } else { 1.0 }
    }
}

fn explained_in(file: &FileCandidates, owners: &FileOwners) -> Explained {
    let mut explained = Explained::default();
    for side in Side::BOTH {
        for (line, owner) in file.lines[side].iter().zip(&owners[side]) {
            explained.add(line, *owner);
        }
    }
    explained
}

/// A file whose claims are made.
struct Claiming<'a> {
    file: &'a FileCandidates,
    owners: &'a FileOwners,
    /// The share of the file that somebody explains.
    of_file: f32,
    cancellation: &'a Cancellation,
}

impl Claiming<'_> {
    fn claims(&self) -> Vec<Claim> {
        let commit_of = |line: &ReleaseLine| self.owners[*line].map(|owner| owner.commit);
        let is_one_run = |a: &ReleaseLine, b: &ReleaseLine| a.side == b.side && commit_of(a) == commit_of(b);
        let mut claims = Vec::new();
        for_each_change(&self.file.lines, |change| {
            let mut around = Explained::default();
            change.iter().for_each(|line| around.add(&self.file.lines[*line], self.owners[*line]));
            for run in change.chunk_by(is_one_run) {
                let Some(commit) = commit_of(&run[0]) else { continue };
                let evidence = self.evidence(run, around.share());
                claims.push(Claim {
                    side: run[0].side,
                    start: run[0].at,
                    lines: run.len(),
                    commit,
                    evidence,
                });
            }
        });
        claims
    }

    fn evidence(&self, run: &[ReleaseLine], around: f32) -> ClaimEvidence {
        let mut means = Means::default();
        let mut hunk_weight = 0.0f32;
        for line in self.cancellation.while_wanted(run) {
            let Some(owner) = self.owners[*line] else { continue };
            means.begin(self.file.lines[*line].weight);
            means.add(Kind::Presence, owner.presence);
            means.add(Kind::HunkShare, owner.share);
            means.add(Kind::Neighbours, owner.neighbours);
            means.add(Kind::Lead, owner.lead.clamp(0.0, MAX_COUNTED_LEAD) / MAX_COUNTED_LEAD);
            let has_itself = owner.hunk.is_some() && !owner.follows;
            means.add(Kind::OwnLines, if has_itself { 1.0 } else { 0.0 });
            // A line that follows is neither adapted nor from elsewhere.
            let is_adapted = has_itself && owner.kind == MatchKind::Fuzzy;
            means.add(Kind::EqualLines, if is_adapted { 0.0 } else { 1.0 });
            let hunk = owner.hunk.map(|hunk| &self.file.hunks[hunk as usize]);
            let is_foreign = hunk.is_some_and(|hunk| !hunk.found_by.is_own());
            means.add(Kind::OwnFile, if is_foreign { 0.0 } else { 1.0 });
            let is_likely = !is_foreign || owner.presence >= MOST_OF_A_COMMIT;
            means.add(Kind::OwnFileOrCommit, if is_likely { 1.0 } else { 0.0 });
            if let Some(hunk) = hunk {
                means.add(Kind::WholeHunk, if owner.share >= ALL_LINES_SHARE { 1.0 } else { 0.0 });
                means.add(Kind::Surroundings, hunk.surroundings);
                hunk_weight = hunk_weight.max(hunk.matched);
            }
        }
        let mut evidence = means.evidence();
        evidence.set(Kind::Substance, substance(means.weight, HALF_SUBSTANCE));
        evidence.set(Kind::HunkSubstance, substance(hunk_weight, HALF_HUNK_SUBSTANCE));
        evidence.set(Kind::ExplainedAround, around);
        evidence.set(Kind::ExplainedFile, self.of_file);
        evidence
    }
}

/// Means over the lines of a run, each weighted by what the line says.
#[derive(Default)]
struct Means {
    sums: ClaimSums,
    weight: f32,
    line: f32,
}

/// A sum for each kind of evidence.
type ClaimSums = [f32; super::claim_evidence::KINDS];

impl Means {
    /// Begins the next line.
    fn begin(&mut self, weight: f32) {
        self.line = weight;
        self.weight += weight;
    }

    fn add(&mut self, kind: Kind, value: f32) {
        self.sums[kind as usize] += self.line * value;
    }

    fn evidence(&self) -> ClaimEvidence {
        let mut evidence = ClaimEvidence::default();
        for kind in Kind::ALL {
            evidence.set(kind, self.sums[kind as usize] / self.weight);
        }
        evidence
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribution::assignment::assign;
    use crate::attribution::line_candidates::{Anchors, Dismissed, line_candidates};
    use crate::attribution::test_release::TestHistory;

    /// The claims of a release of one file.
    fn claimed(history: &TestHistory, release: &[&str]) -> Vec<Claim> {
        let files = history.candidates(&[("gate.c", release)]);
        let (presences, explained) = history.presences(&files);
        let candidates = line_candidates(&files[0], &explained[0], &presences, &Dismissed::default());
        let owners =
            [Arc::new(assign(&files[0], &candidates, &Anchors::default(), &Cancellation::default()))];
        claims(&files, &owners).remove(0)
    }

    #[test]
    fn neighbouring_lines_of_one_commit_are_one_claim() {
        let mut history = TestHistory::default();
        let upper = history.commit(&[("gate.c", &["-close_the_old_gate;", "+open_the_upper_gate;", "+}"])]);
        let lower = history.commit(&[("gate.c", &["+open_the_lower_gate;"])]);

        let release = [
            "-close_the_old_gate;",
            "+open_the_upper_gate;",
            "+}",
            "+open_the_lower_gate;",
            "+build(vendor);",
        ];
        let claims = claimed(&history, &release);

        let told: Vec<_> =
            claims.iter().map(|claim| (claim.side, claim.start, claim.lines, claim.commit)).collect();
        assert_eq!(
            told,
            [(Side::Removed, 0, 1, upper), (Side::Added, 0, 2, upper), (Side::Added, 2, 1, lower)]
        );
    }

    #[test]
    fn claim_of_a_whole_commit_has_all_evidence_but_for_what_a_short_line_cannot_say() {
        let mut history = TestHistory::default();
        history.commit(&[("gate.c", &[" north();", "+open_the_first_gate;", " south();"])]);

        let claims = claimed(&history, &[" north();", "+open_the_first_gate;", " south();"]);

        let lacking = Kind::ALL.into_iter().filter(|kind| claims[0].evidence.value(*kind) < 1.0);
        let substances = [Kind::Substance, Kind::HunkSubstance, Kind::CommitSubstance];
        assert_eq!(lacking.collect::<Vec<_>>(), substances);
    }

    #[test]
    fn more_lines_say_more() {
        let mut history = TestHistory::default();
        history.commit(&[("gate.c", &["+open_the_first_gate;", "+open_the_other_gate;"])]);
        let substance = |release: &[&str]| claimed(&history, release)[0].evidence.value(Kind::Substance);
        let one = substance(&["+open_the_first_gate;"]);
        assert!(substance(&["+open_the_first_gate;", "+open_the_other_gate;"]) > one);
    }

    #[test]
    fn lines_that_nobody_explains_open_their_change_and_their_file() {
        let mut history = TestHistory::default();
        history.commit(&[("gate.c", &["+open_the_first_gate;"])]);
        let around = ["+open_the_first_gate;", "+build_the_vendors_wall();"];
        let elsewhere = [around[0], " between();", around[1]];
        let explained = |release: &[&str]| {
            let evidence = claimed(&history, release)[0].evidence;
            [Kind::ExplainedAround, Kind::ExplainedFile].map(|kind| evidence.value(kind) < 1.0)
        };
        assert_eq!(explained(&around), [true, true]);
        assert_eq!(explained(&elsewhere), [false, true]);
        assert_eq!(explained(&around[..1]), [false, false]);
    }

    #[test]
    fn lines_that_follow_are_not_the_commits_own() {
        let mut history = TestHistory::default();
        history.commit(&[("gate.c", &["+open_the_first_gate;"])]);
        let own = |release: &[&str]| claimed(&history, release)[0].evidence.value(Kind::OwnLines);
        assert_eq!(own(&["+open_the_first_gate;"]), 1.0);
        assert!(own(&["+open_the_first_gate;", "+}"]) < 1.0);
    }

    #[test]
    fn code_of_another_file_is_likelier_where_most_of_its_commit_is_there() {
        let mut history = TestHistory::default();
        let moved: &[&str] = &["+open_the_first_gate_of_the_wall();", "+light_the_lamp_over_the_gate();"];
        history.commit(&[("door.c", moved), ("wall.c", &["+build_another_wall_of_stones();"])]);
        let evidence = |release: &[&str]| {
            let evidence = claimed(&history, release)[0].evidence;
            [Kind::OwnFile, Kind::OwnFileOrCommit].map(|kind| evidence.value(kind))
        };

        assert_eq!(evidence(moved), [0.0, 0.0]);
        assert_eq!(evidence(&[moved, &["+build_another_wall_of_stones();"]].concat()), [0.0, 1.0]);
    }
}

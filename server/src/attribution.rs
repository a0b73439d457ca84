//! Takes a whole release apart: which commit does every changed line come from?
//!
//! 1. [`candidates`]: for every file the hunks of its history that the base does not contain, aligned with the file's
//!    changed lines, and for what that does not explain the hunks with the same lines elsewhere;
//! 2. [`presence`]: how much of each commit is in the release, with chains of commits on the same lines resolved;
//! 3. [`assignment`]: every line goes to the commit that explains it best, and commits that explain hardly anything
//!    that others do not explain better are left out;
//! 4. commits of which no line is left, but which present commits build on, are implied.

pub mod adapted_lines;
pub mod alignment;
pub mod assignment;
pub mod candidates;
pub mod line_candidates;
pub mod line_confidence;
pub mod presence;
pub mod progress;
pub mod release;
pub mod replaced_lines;
pub mod side;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};

use hunktrace_indexer::graph::{CommitGraph, CommitOrdinal, CommitSet};
use hunktrace_indexer::index::folder::IndexError;
use hunktrace_indexer::index::retrieval::HunkRetrieval;
use rayon::prelude::*;

use crate::confidence::Confidence;
use crate::hunks::comparison::MatchKind;
use assignment::{FileOwners, assign, hardly_owning};
use candidates::{FileCandidates, file_candidates};
use line_candidates::{LineCandidates, anchors, line_candidates};
use line_confidence::line_confidence;
use presence::{Explained, HunkExplained, Presences, presences};
use progress::{AttributionPhase, AttributionProgress};
use release::ReleaseFile;
use replaced_lines::give_replaced_lines;

/// Rounds of leaving out commits that others explain better.
const ROUNDS: usize = 3;

/// An implied commit is explained to this share, though no line of it is left.
const IMPLIED_SHARE: f32 = 0.75;

/// A hunk counts as present from this share on.
const PRESENT_HUNK_SHARE: f32 = 0.5;

/// A run of neighbouring changed lines of one origin.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OwnedRun {
    /// 0 for removed lines, 1 for added ones.
    pub side: usize,
    /// The first line: of the base for removed lines, of the vendor's file for added ones; from 1.
    pub start: u32,
    /// How many lines.
    pub lines: u32,
    /// The origin, how sure it is and how it matches; none for the vendor's own lines.
    pub owner: Option<(CommitOrdinal, Confidence, MatchKind)>,
}

/// What became of a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommitStatus {
    /// Every hunk of it is in the release.
    Complete,
    /// Some of its hunks are missing.
    Partial,
    /// No line of it is left: present commits have rewritten what it brought.
    Implied,
}

impl CommitStatus {
    /// How the status is called in every form of output.
    pub fn name(self) -> &'static str {
        match self {
            CommitStatus::Complete => "complete",
            CommitStatus::Partial => "partial",
            CommitStatus::Implied => "implied",
        }
    }
}

/// Why a hunk of a commit is missing from the release, as far as can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MissingReason {
    /// The release leaves the file as the base has it, or lacks it.
    Unchanged,
    /// Present commits have rewritten it.
    Superseded,
    /// The release changes the file, but not so.
    LeftOut,
}

impl MissingReason {
    /// How the reason is called in every form of output.
    pub fn name(self) -> &'static str {
        match self {
            MissingReason::Unchanged => "unchanged",
            MissingReason::Superseded => "superseded",
            MissingReason::LeftOut => "left out",
        }
    }
}

/// A commit that explains lines of the release.
#[derive(Clone, Debug)]
pub struct AttributedCommit {
    /// The origin.
    pub commit: CommitOrdinal,
    /// What became of it.
    pub status: CommitStatus,
    /// How sure it is that the release has it.
    pub confidence: Confidence,
    /// Changed lines that come from it.
    pub lines: u64,
    /// Its hunks that are in the release.
    pub hunks: u32,
    /// Its hunks, by number, that are not.
    pub missing: Vec<(u32, MissingReason)>,
    /// For an implied commit, what has superseded it.
    pub superseded_by: Option<CommitOrdinal>,
    /// The weakest match of its lines.
    pub kind: MatchKind,
}

/// A release taken apart.
#[derive(Clone, Debug, Default)]
pub struct Attribution {
    /// For each file, for each hunk, the runs that cover its changed lines in the order of the diff.
    pub files: Vec<Vec<Vec<OwnedRun>>>,
    /// The commits, in the order of the index.
    pub commits: Vec<AttributedCommit>,
}

/// Why a release was not taken apart.
#[derive(Debug, thiserror::Error)]
pub enum AttributionError {
    /// The index cannot be read.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// The work was asked to stop.
    #[error("stopped on request")]
    Stopped,
}

/// Takes a release apart; `contained` is what its base contains.
///
/// # Errors
/// Where the index cannot be read or the work was asked to stop.
pub fn attribute(
    graph: &CommitGraph,
    retrieval: &dyn HunkRetrieval,
    release: &[ReleaseFile],
    contained: &CommitSet,
    progress: &dyn AttributionProgress,
) -> Result<Attribution, AttributionError> {
    let done = AtomicUsize::new(0);
    let gather = |file: &ReleaseFile| -> Result<FileCandidates, AttributionError> {
        if progress.is_stopped() {
            return Err(AttributionError::Stopped);
        }
        let candidates = file_candidates(retrieval, file, contained)?;
        let done = done.fetch_add(1, Ordering::Relaxed) + 1;
        progress.advanced(AttributionPhase::GatheringCandidates, done, release.len());
        Ok(candidates)
    };
    let files: Vec<FileCandidates> = release.par_iter().map(gather).collect::<Result<_, _>>()?;
    progress.advanced(AttributionPhase::WeighingCommits, 0, 1);
    let (presences, explained) = presences(graph, &files);
    let mut dropped = CommitSet::default();
    let mut owners = Vec::new();
    for _ in 0..ROUNDS {
        if progress.is_stopped() {
            return Err(AttributionError::Stopped);
        }
        let of_lines = |(file, explained): (&FileCandidates, &Vec<HunkExplained>)| {
            line_candidates(file, explained, &presences, &dropped)
        };
        let candidates: Vec<LineCandidates> = files.par_iter().zip(&explained).map(of_lines).collect();
        let anchors = anchors(&files, &candidates);
        let with_candidates = files.par_iter().zip(&candidates);
        owners = with_candidates.map(|(file, candidates)| assign(file, candidates, &anchors)).collect();
        give_replaced_lines(&files, &mut owners);
        let hardly = hardly_owning(&files, &owners, &presences);
        if hardly.is_empty() {
            break;
        }
        for commit in hardly {
            dropped.insert(commit);
        }
    }
    progress.advanced(AttributionPhase::WeighingCommits, 1, 1);
    let outcome =
        Outcome { graph, files: &files, presences: &presences, explained: &explained, owners: &owners };
    Ok(Attribution {
        files: release.par_iter().zip(0..release.len()).map(|(file, at)| outcome.runs(file, at)).collect(),
        commits: outcome.commits(),
    })
}

/// What the phases have found, ready to be told.
struct Outcome<'a> {
    graph: &'a CommitGraph,
    files: &'a [FileCandidates],
    presences: &'a Presences,
    explained: &'a Explained,
    owners: &'a [FileOwners],
}

/// What is known of a commit while its record is put together.
#[derive(Default)]
struct CommitTally {
    lines: u64,
    confidence: f64,
    kind: Option<MatchKind>,
    present: BTreeSet<u32>,
    superseded: BTreeSet<u32>,
    seen: BTreeSet<u32>,
    superseded_by: BTreeMap<CommitOrdinal, u32>,
}

impl Outcome<'_> {
    /// The runs of each hunk of a file.
    fn runs(&self, file: &ReleaseFile, at: usize) -> Vec<Vec<OwnedRun>> {
        let owners = &self.owners[at];
        let mut next = [0usize; 2];
        let mut hunks = Vec::with_capacity(file.hunks.len());
        for hunk in &file.hunks {
            let mut runs: Vec<OwnedRun> = Vec::new();
            let mut number = [hunk.old_start, hunk.new_start];
            for line in hunk.lines() {
                let Some(side) = release::side_of(line.sign) else {
                    number.iter_mut().for_each(|number| *number += 1);
                    continue;
                };
                let owner = owners[side][next[side]];
                next[side] += 1;
                let owner = owner.map(|owner| (owner.commit, line_confidence(&owner), owner.kind));
                match runs.last_mut() {
                    Some(run)
                        if run.side == side
                            && run.start + run.lines == number[side]
                            && run.owner == owner =>
                    {
                        run.lines += 1;
                    }
                    _ => runs.push(OwnedRun { side, start: number[side], lines: 1, owner }),
                }
                number[side] += 1;
            }
            hunks.push(runs);
        }
        hunks
    }

    fn commits(&self) -> Vec<AttributedCommit> {
        let mut tallies: BTreeMap<CommitOrdinal, CommitTally> = BTreeMap::new();
        for owner in self.owners.iter().flatten().flatten().flatten() {
            let tally = tallies.entry(owner.commit).or_default();
            tally.lines += 1;
            tally.confidence += f64::from(line_confidence(owner).0);
            tally.kind = tally.kind.max(Some(owner.kind));
        }
        let claimed: BTreeSet<CommitOrdinal> = tallies.keys().copied().collect();
        for (file, explained) in self.files.iter().zip(self.explained) {
            for (hunk, HunkExplained { weight, by }) in file.hunks.iter().zip(explained) {
                let origin = self.presences.get(&hunk.commit).map_or(hunk.commit, |presence| presence.origin);
                // Hunks are numbered in their own commit, so a carrier's say nothing of the origin's.
                if origin != hunk.commit {
                    continue;
                }
                let tally = tallies.entry(origin).or_default();
                tally.seen.insert(hunk.number);
                if hunk.share() >= PRESENT_HUNK_SHARE {
                    tally.present.insert(hunk.number);
                } else if hunk.total > 0.0 && (hunk.matched + weight) / hunk.total >= PRESENT_HUNK_SHARE {
                    tally.superseded.insert(hunk.number);
                }
                if let Some(by) = by.and_then(|by| self.presences.get(&by)).map(|presence| presence.origin)
                    && claimed.contains(&by)
                {
                    *tally.superseded_by.entry(by).or_default() += 1;
                }
            }
        }
        tallies.into_iter().filter_map(|(commit, tally)| self.commit(commit, tally)).collect()
    }

    fn commit(&self, commit: CommitOrdinal, tally: CommitTally) -> Option<AttributedCommit> {
        let presence = self.presences.get(&commit);
        let all = self.graph.hunk_count(commit);
        let missing: Vec<(u32, MissingReason)> = (0..all)
            .filter(|number| !tally.present.contains(number))
            .map(|number| {
                let reason = match (tally.superseded.contains(&number), tally.seen.contains(&number)) {
                    (true, _) => MissingReason::Superseded,
                    (_, true) => MissingReason::LeftOut,
                    _ => MissingReason::Unchanged,
                };
                (number, reason)
            })
            .collect();
        let superseded_by = tally
            .superseded_by
            .iter()
            .max_by(|a, b| a.1.cmp(b.1).then(b.0.cmp(a.0)))
            .map(|(commit, _)| *commit);
        let really_missing = missing.iter().any(|(_, reason)| *reason != MissingReason::Superseded);
        let (status, confidence) = if tally.lines > 0 {
            let status = if really_missing { CommitStatus::Partial } else { CommitStatus::Complete };
            (status, (tally.confidence / tally.lines as f64) as f32)
        } else {
            let explained = presence?.explained_share();
            if explained < IMPLIED_SHARE || superseded_by.is_none() {
                return None;
            }
            (CommitStatus::Implied, explained)
        };
        Some(AttributedCommit {
            commit,
            status,
            confidence: Confidence(confidence),
            lines: tally.lines,
            hunks: tally.present.len() as u32,
            missing,
            superseded_by: superseded_by.filter(|_| status == CommitStatus::Implied),
            kind: tally.kind.unwrap_or(MatchKind::Fuzzy),
        })
    }
}

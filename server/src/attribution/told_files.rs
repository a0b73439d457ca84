//! What is told of each file: whose its lines are said to be, by claims that are believed.

use std::sync::Arc;

use hunktrace_indexer::cancellation::{Cancellation, Cancelled};
use hunktrace_indexer::graph::CommitOrdinal;
use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::aligned_hunk::AlignedHunk;
use super::assignment::FileOwners;
use super::attributed_release::{OwnedRun, RunOwner};
use super::candidates::FileCandidates;
use super::claims::{Claim, FileClaims, ReleaseClaims};
use super::known::{Same, SameHunks};
use super::line_confidence::{LEAST_CLAIMED, confidence};
use super::lone_lines::leave_lone_lines;
use super::moved_lines::MovedLine;
use super::owned_runs::{FileOrigins, owned_runs};
use super::release::ReleaseFile;
use super::side::{BySide, Side};
use crate::confidence::Confidence;
use crate::hunks::comparison::MatchKind;

/// What is told of a file.
#[derive(Debug, Default)]
pub struct ToldFile {
    /// For each hunk, the runs that cover its changed lines in the order of the diff.
    pub runs: Arc<Vec<Vec<OwnedRun>>>,
    /// What is said to come from each commit.
    pub lines: Vec<(CommitOrdinal, ToldLines)>,
    /// For each line that a commit has moved, the commit that had brought it and the one that owns it now.
    pub moved: Vec<(CommitOrdinal, CommitOrdinal)>,
}

/// The lines that are said to come from a commit.
#[derive(Clone, Copy, Debug)]
pub struct ToldLines {
    /// How many.
    pub lines: u64,
    /// The confidence of the surest line: the release has the commit if one line is surely its own.
    pub surest: Confidence,
    /// The weakest match of all lines.
    pub weakest: MatchKind,
}

impl ToldLines {
    /// With more lines of the commit.
    pub fn add(&mut self, other: ToldLines) {
        self.lines += other.lines;
        self.surest = Confidence(self.surest.0.max(other.surest.0));
        self.weakest = self.weakest.max(other.weakest);
    }
}

/// What was told of a file of the release before, with all that it was worked out from.
#[derive(Clone, Default)]
pub struct KnownTold(Option<LastTold>);

#[derive(Clone)]
struct LastTold {
    hunks: SameHunks,
    owners: Arc<FileOwners>,
    claims: Arc<FileClaims>,
    confidences: Vec<Confidence>,
    told: Arc<ToldFile>,
}

/// Says what is told of each file, by the owners of its lines; and whether that is just what was told of it before.
///
/// # Errors
/// Where the work was asked to stop.
pub fn told_files(
    release: &[ReleaseFile],
    files: &[FileCandidates],
    owners: &[Arc<FileOwners>],
    known: &mut [KnownTold],
    cancellation: &Cancellation,
) -> Result<Vec<(Arc<ToldFile>, bool)>, Cancelled> {
    let claims = files.par_iter().zip(owners).zip(&*known).map(|((file, owners), known)| {
        cancellation.check()?;
        Ok(known.claims(file, owners, cancellation))
    });
    let claims = claims.collect::<Result<Vec<Arc<FileClaims>>, Cancelled>>()?;
    let all = ReleaseClaims::of(claims.iter().map(Arc::as_ref));
    let inputs = release.par_iter().zip(files).zip(owners).zip(claims).zip(known);
    let told = inputs.map(|((((release, file), owners), claims), known)| {
        cancellation.check()?;
        let sure = |claim: &Claim| confidence(&all.evidence(claim));
        let confidences: Vec<Confidence> = claims.claims.iter().map(sure).collect();
        if let Some(last) = known.0.as_ref()
            && Arc::ptr_eq(&last.claims, &claims)
            && last.confidences == confidences
        {
            return Ok((Arc::clone(&last.told), true));
        }
        let told = Arc::new(told_file(release, file, owners, &claims.claims, &confidences, cancellation)?);
        let (hunks, owners) = (Same(Arc::clone(&file.hunks)), Arc::clone(owners));
        known.0 = Some(LastTold { hunks, owners, claims, confidences, told: Arc::clone(&told) });
        Ok((told, false))
    });
    told.collect()
}

impl KnownTold {
    fn claims(
        &self,
        file: &FileCandidates,
        owners: &Arc<FileOwners>,
        cancellation: &Cancellation,
    ) -> Arc<FileClaims> {
        let is_same = |last: &&LastTold| {
            last.hunks == Same(Arc::clone(&file.hunks))
                && (Arc::ptr_eq(&last.owners, owners) || last.owners == *owners)
        };
        match self.0.as_ref().filter(is_same) {
            Some(last) => Arc::clone(&last.claims),
            None => Arc::new(FileClaims::of(file, owners, cancellation)),
        }
    }
}

fn told_file(
    release: &ReleaseFile,
    file: &FileCandidates,
    owners: &FileOwners,
    claims: &[Claim],
    confidences: &[Confidence],
    cancellation: &Cancellation,
) -> Result<ToldFile, Cancelled> {
    cancellation.check()?;
    let mut origins = origins_in(owners, claims, confidences);
    leave_lone_lines(file, claims, &mut origins, cancellation);
    cancellation.check()?;
    let runs = Arc::new(owned_runs(release, &file.lines, &origins));
    cancellation.check()?;
    let moved = file.hunks.iter().flat_map(|hunk| movers(file, owners, &origins, hunk)).collect();
    Ok(ToldFile { runs, lines: told_lines(&origins), moved })
}

/// Where each line comes from, by its owner; lines whose owner is doubted more than believed have none.
fn origins_in(owners: &FileOwners, claims: &[Claim], confidences: &[Confidence]) -> FileOrigins {
    let mut origins = BySide::from_fn(|side| vec![None; owners[side].len()]);
    for (claim, confidence) in claims.iter().zip(confidences) {
        if confidence.0 < LEAST_CLAIMED {
            continue;
        }
        for at in claim.start..claim.start + claim.lines {
            let owner = owners[claim.side][at];
            origins[claim.side][at] = owner.map(|owner| RunOwner {
                commit: owner.commit,
                confidence: *confidence,
                kind: owner.kind,
            });
        }
    }
    origins
}

fn told_lines(origins: &FileOrigins) -> Vec<(CommitOrdinal, ToldLines)> {
    let mut all: FxHashMap<CommitOrdinal, ToldLines> = FxHashMap::default();
    for owner in origins.both().into_iter().flatten().flatten() {
        let one = ToldLines { lines: 1, surest: owner.confidence, weakest: owner.kind };
        all.entry(owner.commit).and_modify(|lines| lines.add(one)).or_insert(one);
    }
    all.into_iter().collect()
}

/// The commits that own lines of a hunk because they have moved them there, one for each line, with the hunk's commit.
fn movers(
    file: &FileCandidates,
    owners: &FileOwners,
    origins: &FileOrigins,
    hunk: &AlignedHunk,
) -> Vec<(CommitOrdinal, CommitOrdinal)> {
    let mut movers = Vec::new();
    for side in Side::BOTH {
        for pair in &hunk.pairs[side] {
            let at = pair.release as usize;
            let Some(owner) = owners[side][at].filter(|_| origins[side][at].is_some()) else { continue };
            let text = hunk.lines[side][pair.candidate as usize].text;
            let commit = owner.hunk.map_or(owner.commit, |owning| file.hunks[owning as usize].commit);
            if owner.commit != hunk.commit && file.moved.contains(&MovedLine { commit, text }) {
                movers.push((hunk.commit, owner.commit));
            }
        }
    }
    movers
}

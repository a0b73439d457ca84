//! Rounds of giving the lines of a release to commits; after each the commits that others explain better are left out.
//!
//! What is decided for the release as a whole is a few sums over its files. Between them every file is judged by itself,
//! and not at all where everything that counts for it is as it was in an earlier round, or in the release before.

use std::sync::Arc;

use hunktrace_indexer::cancellation::{Cancellation, Cancelled};
use hunktrace_indexer::graph::CommitOrdinal;
use rayon::prelude::*;
use rustc_hash::FxHashSet;

use super::assignment::{FileOwners, assign};
use super::candidates::FileCandidates;
use super::known::{Known, Same, SameHunks};
use super::line_candidates::{
    Anchors, ClaimKey, Dismissed, HunkClaim, LineCandidates, anchors, candidates_by, hunk_claims, own_weights,
};
use super::owned_lines::{
    Owned, OwnedFile, changed_lines, dismiss_hardly_owning, give_back_excess, owned, owned_in_all,
};
use super::presence::Explained;
use super::presences::Presences;
use super::replaced_lines::{Brought, brought, give_replaced_lines, with_nothing_left};

/// Rounds of giving lines to commits. Tuned: see `docs/constants.md`.
const ASSIGNMENT_ROUNDS: usize = 3;

/// What is known of a file's lines, by all that it was worked out from.
#[derive(Clone, Default)]
pub struct KnownOwners {
    own_weights: Known<FileClaims, Arc<Vec<(CommitOrdinal, f32)>>>,
    assigned: Known<(FileClaims, Vec<bool>), Same<AssignedFile>>,
    given: Known<(Same<AssignedFile>, Vec<bool>), Arc<GivenFile>>,
    changed: Known<SameHunks, Arc<Vec<(CommitOrdinal, u64)>>>,
}

impl KnownOwners {
    fn begin(&mut self) {
        self.own_weights.begin();
        self.assigned.begin();
        self.given.begin();
        self.changed.begin();
    }

    fn end(&mut self) {
        self.own_weights.end();
        self.assigned.end();
        self.given.end();
        self.changed.end();
    }
}

/// The hunks that may explain lines of a file, and how well.
#[derive(Clone, PartialEq)]
struct FileClaims {
    hunks: SameHunks,
    claims: Arc<Vec<ClaimKey>>,
}

impl FileClaims {
    fn of(file: &FileCandidates, claims: &[HunkClaim<'_>]) -> FileClaims {
        let keys = claims.iter().map(HunkClaim::key).collect();
        FileClaims { hunks: Same(Arc::clone(&file.hunks)), claims: Arc::new(keys) }
    }
}

/// A file whose lines have been given to their best candidates.
struct AssignedFile {
    owners: Arc<FileOwners>,
    brought: Vec<(CommitOrdinal, Brought)>,
}

/// A file whose replaced lines have been given to those who replaced them.
struct GivenFile {
    owners: Arc<FileOwners>,
    owned: Vec<(CommitOrdinal, Owned)>,
}

/// The owner of each line of each file.
///
/// # Errors
/// Where the work was asked to stop.
pub fn assign_lines(
    files: &[FileCandidates],
    presences: &Presences,
    explained: &Explained,
    known: &mut [KnownOwners],
    cancellation: &Cancellation,
) -> Result<Vec<Arc<FileOwners>>, Cancelled> {
    known.iter_mut().for_each(KnownOwners::begin);
    let mut dismissed = Dismissed::default();
    let mut given = Vec::new();
    for _ in 0..ASSIGNMENT_ROUNDS {
        let round = Round { files, presences, explained, dismissed: &dismissed, cancellation };
        let assigned = round.assign(known)?;
        given = give_replaced(files, &assigned, known, cancellation)?;
        let owned = owned_in_all(given.iter().map(|file| &file.owned[..]));
        if !dismiss_hardly_owning(&owned, presences, &mut dismissed) {
            break;
        }
    }
    let changed = files.par_iter().zip(&mut *known).map(|(file, known)| {
        cancellation.check()?;
        Ok(known.changed(file))
    });
    let changed = changed.collect::<Result<Vec<_>, Cancelled>>()?;
    known.par_iter_mut().for_each(KnownOwners::end);
    let mut owners: Vec<Arc<FileOwners>> = given.iter().map(|file| Arc::clone(&file.owners)).collect();
    let owned_files: Vec<OwnedFile<'_>> = files
        .iter()
        .zip(changed.iter().zip(&given))
        .map(|(file, (changed, given))| OwnedFile { file, changed, owned: &given.owned })
        .collect();
    give_back_excess(&owned_files, &mut owners, presences, cancellation)?;
    Ok(owners)
}

/// What one round goes by.
struct Round<'a> {
    files: &'a [FileCandidates],
    presences: &'a Presences,
    explained: &'a Explained,
    dismissed: &'a Dismissed,
    cancellation: &'a Cancellation,
}

/// A file in the middle of a round.
struct OpenFile<'a> {
    claims: Vec<HunkClaim<'a>>,
    key: FileClaims,
    /// The candidates of its lines, if they had to be worked out.
    candidates: Option<LineCandidates>,
    own_weights: Arc<Vec<(CommitOrdinal, f32)>>,
}

impl<'a> Round<'a> {
    /// Gives each line of each file to its best candidate.
    fn assign(&self, known: &mut [KnownOwners]) -> Result<Vec<Same<AssignedFile>>, Cancelled> {
        let inputs = self.files.par_iter().zip(self.explained).zip(&mut *known);
        let open = inputs.map(|((file, explained), known)| {
            self.cancellation.check()?;
            let claims = hunk_claims(file, explained, self.presences, self.dismissed);
            let open = known.open(file, claims, self.cancellation);
            self.cancellation.check().map(|()| open)
        });
        let open = open.collect::<Result<Vec<OpenFile<'a>>, Cancelled>>()?;
        let anchors = anchors(open.iter().map(|file| &file.own_weights[..]));
        let inputs = self.files.par_iter().zip(open).zip(known);
        let assigned = inputs.map(|((file, open), known)| {
            self.cancellation.check()?;
            let assigned = known.assign(file, open, &anchors, self.cancellation);
            self.cancellation.check().map(|()| assigned)
        });
        assigned.collect()
    }
}

impl KnownOwners {
    /// Begins a file's round.
    fn open<'a>(
        &mut self,
        file: &'a FileCandidates,
        claims: Vec<HunkClaim<'a>>,
        cancellation: &Cancellation,
    ) -> OpenFile<'a> {
        let key = FileClaims::of(file, &claims);
        let mut candidates = None;
        let own_weights = self.own_weights.get_or(key.clone(), |_| {
            let made = candidates.insert(candidates_by(file, &claims, cancellation));
            Arc::new(own_weights(file, made, cancellation))
        });
        OpenFile { claims, key, candidates, own_weights }
    }

    fn assign(
        &mut self,
        file: &FileCandidates,
        open: OpenFile<'_>,
        anchors: &Anchors,
        cancellation: &Cancellation,
    ) -> Same<AssignedFile> {
        let OpenFile { claims, key, candidates, own_weights: _ } = open;
        let anchored = claims.iter().map(|claim| anchors.contains(&claim.origin())).collect();
        self.assigned.get_or((key, anchored), |_| {
            let candidates = candidates.unwrap_or_else(|| candidates_by(file, &claims, cancellation));
            let owners = assign(file, &candidates, anchors, cancellation);
            Same(Arc::new(AssignedFile { brought: brought(file, &owners), owners: Arc::new(owners) }))
        })
    }

    fn give_replaced(
        &mut self,
        file: &FileCandidates,
        assigned: &Same<AssignedFile>,
        nothing_left: &FxHashSet<CommitOrdinal>,
    ) -> Arc<GivenFile> {
        let AssignedFile { owners, brought } = &*assigned.0;
        let leaves_nothing: Vec<bool> =
            brought.iter().map(|(commit, _)| nothing_left.contains(commit)).collect();
        self.given.get_or((assigned.clone(), leaves_nothing), |(_, leaves_nothing)| {
            let mut owners = Arc::clone(owners);
            if leaves_nothing.contains(&true) {
                let has_nothing_left = |commit: CommitOrdinal| nothing_left.contains(&commit);
                give_replaced_lines(file, Arc::make_mut(&mut owners), has_nothing_left);
            }
            Arc::new(GivenFile { owned: owned(file, &owners), owners })
        })
    }

    fn changed(&mut self, file: &FileCandidates) -> Arc<Vec<(CommitOrdinal, u64)>> {
        self.changed.get_or(Same(Arc::clone(&file.hunks)), |_| Arc::new(changed_lines(file)))
    }
}

/// Gives replaced lines to those who replaced them.
fn give_replaced(
    files: &[FileCandidates],
    assigned: &[Same<AssignedFile>],
    known: &mut [KnownOwners],
    cancellation: &Cancellation,
) -> Result<Vec<Arc<GivenFile>>, Cancelled> {
    let nothing_left = with_nothing_left(assigned.iter().map(|file| &file.0.brought[..]));
    let inputs = files.par_iter().zip(assigned).zip(known);
    let given = inputs.map(|((file, assigned), known)| {
        cancellation.check()?;
        Ok(known.give_replaced(file, assigned, &nothing_left))
    });
    given.collect()
}

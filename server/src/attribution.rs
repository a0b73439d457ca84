//! Takes a whole release apart: which commit does every changed line come from?
//!
//! 1. [`candidates`]: for every file the hunks of its history that the base does not contain, aligned with the file's
//!    changed lines, and for what that does not explain the hunks with the same lines elsewhere;
//! 2. [`presence`]: how much of each commit is in the release, with chains of commits on the same lines resolved;
//! 3. [`assignment`]: every line goes to the commit that explains it best, and commits that explain hardly anything
//!    that others do not explain better are left out;
//! 4. [`outcome`]: what became of each commit. Commits of which no line is left, but which present commits build on,
//!    are implied.

pub mod adapted_lines;
pub mod aligned_hunk;
pub mod alignment;
pub mod assignment;
pub mod attributed_release;
pub mod candidate_lists;
pub mod candidates;
pub mod changes;
mod claim_coefficients;
pub mod claim_evidence;
pub mod claims;
pub mod expected_place;
pub mod hunk_fate;
pub mod kept_candidates;
pub mod laid_hunk;
pub mod length_weight;
pub mod line_candidates;
pub mod line_confidence;
pub mod line_owner;
pub mod lines_in_place;
pub mod moved_lines;
pub mod outcome;
pub mod owned_runs;
pub mod presence;
pub mod progress;
pub mod release;
pub mod replaced_lines;
pub mod shared_hunks;
pub mod side;
pub mod side_lines;
pub mod uncovered_lines;
pub mod word_sketch;

use std::sync::atomic::{AtomicUsize, Ordering};

use hunktrace_indexer::cancellation::{Cancellation, Cancelled};
use hunktrace_indexer::graph::{CommitGraph, CommitSet};
use hunktrace_indexer::index::folder::IndexError;
use hunktrace_indexer::index::retrieval::HunkRetrieval;
use rayon::prelude::*;

use assignment::{FileOwners, assign, dismiss_hardly_owning, give_back_excess};
use attributed_release::Attribution;
use candidates::{FileCandidates, file_candidates};
use kept_candidates::{FileDifference, KeptCandidates};
use line_candidates::{Dismissed, LineCandidates, anchors, line_candidates};
use line_confidence::line_origins;
use outcome::Outcome;
use owned_runs::owned_runs;
use presence::{Explained, Presences, UnseenHunks, presences};
use progress::{AttributionPhase, AttributionProgress};
use release::ReleaseFile;
use replaced_lines::give_replaced_lines;
use shared_hunks::count_lines_once;

/// Rounds of giving lines to commits; after each the commits that others explain better are left out. Tuned: see
/// `docs/constants.md`.
const ASSIGNMENT_ROUNDS: usize = 3;

/// Why a release was not taken apart.
#[derive(Debug, thiserror::Error)]
pub enum AttributionError {
    /// The index cannot be read.
    #[error(transparent)]
    Index(IndexError),
    /// The work was asked to stop.
    #[error(transparent)]
    Stopped(#[from] Cancelled),
}

impl From<IndexError> for AttributionError {
    fn from(error: IndexError) -> AttributionError {
        match error {
            IndexError::Cancelled(cancelled) => AttributionError::Stopped(cancelled),
            error => AttributionError::Index(error),
        }
    }
}

/// What is asked about a release, beside its files.
pub struct ReleaseQuestion<'a> {
    /// The commits that cannot be an origin: what the base contains.
    pub excluded: &'a CommitSet,
    /// Commits of which the answer says what has superseded them, where the release has none of their lines.
    pub asked_after: &'a CommitSet,
    /// Whether candidates are to be kept for another release of the same base.
    pub is_followed: bool,
}

/// Takes a release apart. The files lose their text on the way: a release is large, and its candidates are larger.
///
/// `kept` are candidates of the release before, if it had the same base and the index is the same, and afterwards those of
/// this one, if another one follows. They change no answer.
///
/// # Errors
/// Where the index cannot be read or the work was asked to stop.
pub fn attribute_release(
    graph: &CommitGraph,
    retrieval: &dyn HunkRetrieval,
    release: &mut [ReleaseFile],
    question: &ReleaseQuestion<'_>,
    kept: &mut KeptCandidates,
    progress: &dyn AttributionProgress,
) -> Result<Attribution, AttributionError> {
    let assigned = assign_release(graph, retrieval, release, question, kept, progress)?;
    let AssignedRelease { files, presences, explained, owners } = assigned;
    let cancellation = progress.cancellation();
    let origins = line_origins(&files, &owners);
    cancellation.check()?;
    let outcome = Outcome {
        graph,
        files: &files,
        presences: &presences,
        explained: &explained,
        owners: &owners,
        origins: &origins,
    };
    let (commits, superseded) = outcome.commits(question.asked_after);
    cancellation.check()?;
    let with_origins = release.par_iter().zip(&files).zip(&origins);
    let runs = with_origins.map(|((file, candidates), origins)| owned_runs(file, &candidates.lines, origins));
    Ok(Attribution { files: runs.collect(), commits, superseded })
}

/// A release whose lines have their owners, before it is told.
pub struct AssignedRelease {
    /// The files with their candidates.
    pub files: Vec<FileCandidates>,
    /// How much of each commit is there.
    pub presences: Presences,
    /// What is explained of each candidate hunk of each file.
    pub explained: Explained,
    /// Who owns each line of each file.
    pub owners: Vec<FileOwners>,
}

/// Gives every line of a release to the commit that explains it best, as [`attribute_release`] does.
///
/// # Errors
/// Where the index cannot be read or the work was asked to stop.
pub fn assign_release(
    graph: &CommitGraph,
    retrieval: &dyn HunkRetrieval,
    release: &mut [ReleaseFile],
    question: &ReleaseQuestion<'_>,
    kept: &mut KeptCandidates,
    progress: &dyn AttributionProgress,
) -> Result<AssignedRelease, AttributionError> {
    let mut files = gather_candidates(retrieval, release, question, kept, progress)?;
    let cancellation = progress.cancellation();
    count_lines_once(&mut files);
    cancellation.check()?;
    progress.advanced(AttributionPhase::WeighingCommits, 0, 1);
    let (presences, explained) = presences(graph, &files, UnseenHunks::Missing, cancellation);
    cancellation.check()?;
    let owners = assign_lines(&files, &presences, &explained, cancellation)?;
    progress.advanced(AttributionPhase::WeighingCommits, 1, 1);
    Ok(AssignedRelease { files, presences, explained, owners })
}

/// The candidates of each file, which loses its text; of one that differs as in the release before they are there already.
fn gather_candidates(
    retrieval: &dyn HunkRetrieval,
    release: &mut [ReleaseFile],
    question: &ReleaseQuestion<'_>,
    kept: &mut KeptCandidates,
    progress: &dyn AttributionProgress,
) -> Result<Vec<FileCandidates>, AttributionError> {
    let has_neighbours = question.is_followed || !kept.is_empty();
    let differences: Vec<FileDifference> = match has_neighbours {
        true => release.par_iter().map(FileDifference::of).collect(),
        false => Vec::new(),
    };
    kept.retain(&differences);
    let earlier = std::mem::take(kept);
    let cancellation = progress.cancellation();
    let (done, all) = (AtomicUsize::new(0), release.len());
    let gather = |(place, file): (usize, &mut ReleaseFile)| {
        cancellation.check()?;
        let known = differences.get(place).and_then(|difference| earlier.get(*difference));
        let candidates = match known {
            Some(known) => known,
            None => file_candidates(retrieval, file, question.excluded, cancellation)?,
        };
        file.forget_text();
        let done = done.fetch_add(1, Ordering::Relaxed) + 1;
        progress.advanced(AttributionPhase::GatheringCandidates, done, all);
        Ok(candidates)
    };
    let files: Vec<FileCandidates> =
        release.par_iter_mut().enumerate().map(gather).collect::<Result<_, AttributionError>>()?;
    if question.is_followed {
        kept.keep(&differences, &files);
    }
    Ok(files)
}

/// The owner of each line of each file.
fn assign_lines(
    files: &[FileCandidates],
    presences: &Presences,
    explained: &Explained,
    cancellation: &Cancellation,
) -> Result<Vec<FileOwners>, AttributionError> {
    let mut dismissed = Dismissed::default();
    let mut owners = Vec::new();
    for _ in 0..ASSIGNMENT_ROUNDS {
        let with_explained = files.par_iter().zip(explained);
        let candidates = with_explained.map(|(file, explained)| {
            cancellation.check()?;
            Ok(line_candidates(file, explained, presences, &dismissed))
        });
        let candidates = candidates.collect::<Result<Vec<LineCandidates>, Cancelled>>()?;
        let anchors = anchors(files, &candidates);
        let with_candidates = files.par_iter().zip(&candidates);
        let assigned = with_candidates.map(|(file, candidates)| {
            cancellation.check()?;
            Ok(assign(file, candidates, &anchors))
        });
        owners = assigned.collect::<Result<Vec<FileOwners>, Cancelled>>()?;
        give_replaced_lines(files, &mut owners);
        cancellation.check()?;
        if !dismiss_hardly_owning(files, &owners, presences, &mut dismissed) {
            break;
        }
    }
    give_back_excess(files, &mut owners, presences);
    Ok(owners)
}

#[cfg(test)]
pub(crate) mod test_release;

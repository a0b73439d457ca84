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
pub mod assigned_lines;
pub mod assignment;
pub mod attributed_release;
pub mod candidate_lists;
pub mod candidate_source;
pub mod candidates;
pub mod changes;
mod claim_coefficients;
pub mod claim_evidence;
pub mod claims;
pub mod expected_place;
pub mod gathering;
pub mod hunk_fate;
pub mod kept_release;
pub mod known;
pub mod known_history;
pub mod laid_hunk;
pub mod length_weight;
pub mod line_candidates;
pub mod line_confidence;
pub mod line_owner;
pub mod lines_in_place;
pub mod lone_lines;
pub mod moved_lines;
pub mod outcome;
pub mod owned_lines;
pub mod owned_runs;
pub mod presence;
pub mod presences;
pub mod progress;
pub mod release;
pub mod replaced_lines;
pub mod shared_hunks;
pub mod side;
pub mod side_lines;
pub mod told_files;
pub mod uncovered_lines;
pub mod unknown_lines;
pub mod word_sketch;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bstr::BString;
use hunktrace_indexer::cancellation::Cancelled;
use hunktrace_indexer::graph::{CommitGraph, CommitSet};
use hunktrace_indexer::index::folder::IndexError;
use hunktrace_indexer::index::retrieval::HunkRetrieval;
use rayon::prelude::*;

use assigned_lines::{KnownOwners, assign_lines};
use assignment::FileOwners;
use attributed_release::Attribution;
use candidate_source::CandidateSource;
use candidates::{FileCandidates, file_candidates};
use kept_release::{FileDifference, KeptFile, KeptRelease, KnownFile};
use outcome::Outcome;
use presence::{Explained, KnownExplained, UnseenHunks, presences_knowing};
use presences::Presences;
use progress::{AttributionPhase, AttributionProgress};
use release::ReleaseFile;
use shared_hunks::counted_once;
use told_files::{KnownTold, told_files};

/// Why a release was not taken apart.
#[derive(Debug, thiserror::Error)]
pub enum AttributionError {
    /// The index cannot be read.
    #[error(transparent)]
    Index(IndexError),
    /// The work was asked to stop.
    #[error(transparent)]
    Stopped(#[from] Cancelled),
    /// A file is said to differ as in the release before, and that one did not have it.
    #[error("{path}: is said to be as in the release before, which did not have it; send its hunks")]
    NotBefore {
        /// The file.
        path: BString,
    },
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
    /// Whether what is worked out is to be kept for another release of the same base.
    pub is_followed: bool,
}

/// Takes a release apart. The files lose their text on the way: a release is large, and its candidates are larger.
///
/// `kept` is what is kept of the release before, if it had the same base and the index is the same, and afterwards of this
/// one, if another one follows. It changes no answer.
///
/// # Errors
/// Where the index cannot be read, the work was asked to stop, or a file is said to be as in the release before, which did
/// not have it.
pub fn attribute_release(
    graph: &CommitGraph,
    retrieval: &dyn HunkRetrieval,
    release: &mut [ReleaseFile],
    question: &ReleaseQuestion<'_>,
    kept: &mut KeptRelease,
    progress: &dyn AttributionProgress,
) -> Result<Attribution, AttributionError> {
    let judged = judge_release(graph, retrieval, release, question, kept, progress)?;
    let JudgedRelease {
        assigned: AssignedRelease { files, presences, explained, owners },
        gathered,
        mut known,
    } = judged;
    let cancellation = progress.cancellation();
    let told = told_files(release, &files, &owners, &mut known.told, cancellation)?;
    let (told, as_before): (Vec<_>, Vec<bool>) = told.into_iter().unzip();
    let outcome = Outcome {
        graph,
        files: &files,
        presences: &presences,
        explained: &explained,
        told: &told,
        cancellation,
    };
    let (commits, superseded) = outcome.commits(question.asked_after)?;
    if question.is_followed {
        *kept = known.kept(release, gathered, files);
    }
    let files = told.iter().map(|file| Arc::clone(&file.runs)).collect();
    Ok(Attribution { files, as_before, commits, superseded })
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
    pub owners: Vec<Arc<FileOwners>>,
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
    progress: &dyn AttributionProgress,
) -> Result<AssignedRelease, AttributionError> {
    let mut kept = KeptRelease::default();
    Ok(judge_release(graph, retrieval, release, question, &mut kept, progress)?.assigned)
}

/// A release whose lines have their owners, with what may be kept of it.
struct JudgedRelease {
    assigned: AssignedRelease,
    gathered: Vec<GatheredFile>,
    known: KnownRelease,
}

/// A file's candidates, and how the file differs from the base where that was asked for.
struct GatheredFile {
    difference: FileDifference,
    candidates: FileCandidates,
}

/// What the release before tells of a file that it had just so: its place there, and what was kept.
type BeforeFile = Option<(usize, Box<KeptFile>)>;

/// A file that the release before had otherwise, if it had it: how it differs now, and its candidates there.
type OtherForm = (Option<FileDifference>, Option<FileCandidates>);

/// What is known of the files of a release, each list in their order.
#[derive(Default)]
struct KnownRelease {
    /// The candidates of files that the release before had as well, as they counted there.
    counted: Vec<Option<FileCandidates>>,
    /// The candidates of files that it had and this one has not, or otherwise.
    gone: Vec<FileCandidates>,
    explained: Vec<KnownExplained>,
    owners: Vec<KnownOwners>,
    told: Vec<KnownTold>,
}

impl KnownRelease {
    /// Begins with the files that this release shares with the one before.
    fn of(before: &mut [BeforeFile], left: KeptRelease) -> KnownRelease {
        let places = before.iter().flatten().map(|(place, _)| *place);
        let is_in_order = places.is_sorted();
        let mut known = KnownRelease { gone: left.left(), ..KnownRelease::default() };
        for file in before {
            let (counted, file) = match file {
                Some((_, file)) => (Some(file.counted.clone()), std::mem::take(&mut file.known)),
                None => (None, KnownFile::default()),
            };
            // What counts where hunks stand in several files depends on their order.
            known.counted.push(counted.filter(|_| is_in_order));
            known.explained.push(file.explained);
            known.owners.push(file.owners);
            known.told.push(file.told);
        }
        known
    }

    /// What is kept of the release for the next one.
    fn kept(
        self,
        release: &[ReleaseFile],
        gathered: Vec<GatheredFile>,
        counted: Vec<FileCandidates>,
    ) -> KeptRelease {
        let known = self.explained.into_iter().zip(self.owners).zip(self.told);
        let known = known.map(|((explained, owners), told)| KnownFile { explained, owners, told });
        let files = release.iter().zip(gathered).zip(counted.into_iter().zip(known));
        let files = files.map(|((file, gathered), (counted, known))| {
            let GatheredFile { difference, candidates } = gathered;
            KeptFile { difference, hunks: file.hunks.clone(), candidates, counted, known }
        });
        KeptRelease::of(release, files.collect())
    }
}

fn judge_release(
    graph: &CommitGraph,
    retrieval: &dyn HunkRetrieval,
    release: &mut [ReleaseFile],
    question: &ReleaseQuestion<'_>,
    kept: &mut KeptRelease,
    progress: &dyn AttributionProgress,
) -> Result<JudgedRelease, AttributionError> {
    let (gathered, mut known) = gather_candidates(retrieval, release, question, kept, progress)?;
    let cancellation = progress.cancellation();
    let candidates: Vec<FileCandidates> = gathered.iter().map(|file| file.candidates.clone()).collect();
    let files = counted_once(&candidates, &known.counted, &known.gone, cancellation)?;
    drop((candidates, std::mem::take(&mut known.counted), std::mem::take(&mut known.gone)));
    progress.advanced(AttributionPhase::WeighingCommits, 0, 1);
    let (presences, explained) =
        presences_knowing(graph, &files, UnseenHunks::Missing, &mut known.explained, cancellation);
    cancellation.check()?;
    let owners = assign_lines(&files, &presences, &explained, &mut known.owners, cancellation)?;
    progress.advanced(AttributionPhase::WeighingCommits, 1, 1);
    let assigned = AssignedRelease { files, presences, explained, owners };
    Ok(JudgedRelease { assigned, gathered, known })
}

/// The candidates of each file, which loses its text; of one that differs as in the release before they are there already.
fn gather_candidates(
    retrieval: &dyn HunkRetrieval,
    release: &mut [ReleaseFile],
    question: &ReleaseQuestion<'_>,
    kept: &mut KeptRelease,
    progress: &dyn AttributionProgress,
) -> Result<(Vec<GatheredFile>, KnownRelease), AttributionError> {
    let mut earlier = std::mem::take(kept);
    let cancellation = progress.cancellation();
    let difference = |file: &ReleaseFile| {
        cancellation.check()?;
        Ok((!file.is_as_before).then(|| FileDifference::of(file)))
    };
    let differences = release.par_iter().map(difference);
    let differences = differences.collect::<Result<Vec<Option<FileDifference>>, Cancelled>>()?;
    let mut before = Vec::with_capacity(release.len());
    for (file, difference) in release.iter_mut().zip(&differences) {
        let known = earlier.take(file, *difference);
        match &known {
            Some((_, known)) if file.is_as_before => file.hunks.clone_from(&known.hunks),
            None if file.is_as_before => {
                return Err(AttributionError::NotBefore { path: file.path().clone() });
            }
            _ => {}
        }
        before.push(known.map(|(place, known)| (place, Box::new(known))));
    }
    let forms = release.iter().zip(differences).zip(&before).map(|((file, difference), before)| {
        (difference, if before.is_none() { earlier.other_form(file) } else { None })
    });
    let forms: Vec<OtherForm> = forms.collect();
    let known = KnownRelease::of(&mut before, earlier);
    let source = CandidateSource { retrieval, excluded: question.excluded, cancellation };
    let (done, all) = (AtomicUsize::new(0), release.len());
    let gather = |(file, (before, (difference, form))): (&mut ReleaseFile, (BeforeFile, OtherForm))| {
        cancellation.check()?;
        let gathered = match before {
            Some((_, known)) => {
                let KeptFile { difference, candidates, .. } = *known;
                GatheredFile { difference, candidates }
            }
            None => GatheredFile {
                difference: Option::unwrap_or_else(difference, || FileDifference::of(file)),
                candidates: file_candidates(source, file, form.as_ref())?,
            },
        };
        file.forget_text();
        let done = done.fetch_add(1, Ordering::Relaxed) + 1;
        progress.advanced(AttributionPhase::GatheringCandidates, done, all);
        Ok(gathered)
    };
    let known_files: Vec<_> = before.into_iter().zip(forms).collect();
    let files = release.par_iter_mut().zip(known_files);
    let gathered = files.map(gather).collect::<Result<Vec<GatheredFile>, AttributionError>>()?;
    Ok((gathered, known))
}

#[cfg(test)]
mod stopped_steps;
#[cfg(test)]
pub(crate) mod test_release;

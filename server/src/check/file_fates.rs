//! What became of the hunks of commits in one file of the vendor's tree, by the method of [`crate::attribution`]: the file's
//! whole history is laid beside its difference to the base, and what later commits that are there have rewritten counts for
//! what they rewrote.
//!
//! Each file is judged for itself, so an answer does not depend on what else is asked.

use bstr::ByteSlice;
use hunktrace_indexer::fingerprint::LineHasher;
use hunktrace_indexer::graph::{CommitOrdinal, CommitSet};
use hunktrace_indexer::index::folder::IndexError;
use rustc_hash::{FxHashMap, FxHashSet};

use super::file_lines::text_hash;
use super::question::TreeQuestion;
use super::tree_file::TreeFile;
use crate::attribution::aligned_hunk::AlignedHunk;
use crate::attribution::candidate_source::CandidateSource;
use crate::attribution::candidates::own_candidates;
use crate::attribution::hunk_fate::HunkFate;
use crate::attribution::presence::{UnseenHunks, presences};
use crate::attribution::presences::named_commit;
use crate::attribution::side::Side;
use crate::attribution::side_lines::TextHash;

/// What became of a hunk, as attribution judges it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fate {
    /// What became of it.
    pub fate: HunkFate,
    /// The commit that has rewritten most of it, where one has.
    pub by: Option<CommitOrdinal>,
}

/// A hunk by its commit and its place there.
pub type HunkKey = (CommitOrdinal, u32);

/// What became of those hunks of a file that are `wanted`.
///
/// # Errors
/// Where the index cannot be read, or it is cancelled.
pub fn file_fates(
    question: &TreeQuestion<'_>,
    file: &TreeFile,
    wanted: &FxHashSet<HunkKey>,
) -> Result<FxHashMap<HunkKey, Fate>, IndexError> {
    let nothing = CommitSet::default();
    let excluded = question.base.map_or(&nothing, |base| &base.contained);
    let TreeQuestion { graph, retrieval, cancellation, .. } = question;
    let difference = file.difference(cancellation)?;
    let source = CandidateSource { retrieval: *retrieval, excluded, cancellation };
    let mut candidates = own_candidates(source, &difference)?;
    if file.base.is_none() {
        let hunks = std::sync::Arc::make_mut(&mut candidates.hunks);
        let texts = texts_of(file.vendor.as_deref().unwrap_or_default());
        hunks.iter_mut().for_each(|hunk| count_gone_lines(hunk, &texts));
    }
    let files = [candidates];
    let (presences, explained) = presences(graph, &files, UnseenHunks::Unknown, cancellation);
    cancellation.check()?;
    let mut fates = FxHashMap::default();
    for (hunk, explained) in files[0].hunks.iter().zip(explained[0].iter()) {
        let key = (hunk.commit, hunk.number);
        if wanted.contains(&key) {
            let by = explained.by.map(|by| named_commit(&presences, by));
            fates.insert(key, Fate { fate: HunkFate::of(hunk, explained), by });
        }
    }
    Ok(fates)
}

/// The texts of a file's lines.
fn texts_of(content: &[u8]) -> FxHashSet<TextHash> {
    let mut hasher = LineHasher::default();
    content.lines().map(|line| text_hash(line, &mut hasher)).collect()
}

/// Counts the removed lines of a hunk that the file does not have: without a base that is all that is known of them. They say
/// something only beside what the hunk brings: where most of that is missing, the file may never have had what it removes.
fn count_gone_lines(hunk: &mut AlignedHunk, texts: &FxHashSet<TextHash>) {
    let brought: f32 = hunk.lines[Side::Added].iter().map(|line| line.weight).sum();
    let missing: f32 = hunk.unpaired(Side::Added).map(|line| line.weight).sum();
    if missing * 2.0 > brought {
        return;
    }
    let gone: f32 = hunk
        .unpaired(Side::Removed)
        .filter(|line| !texts.contains(&{ line.text }))
        .map(|line| line.weight)
        .sum();
    hunk.matched += gone;
}

//! Fixes of code that the vendor has in another form: what they rewrite was brought by a later commit than the base, and is not
//! there. Either the vendor never had that commit, and so not the fault, or it has it and what rewrote it since. And commits
//! that bring whole files: these only speak of another commit.

use std::collections::BTreeMap;

use bstr::{BString, ByteSlice};
use hunktrace_indexer::fingerprint::LineHasher;
use hunktrace_indexer::graph::CommitOrdinal;
use hunktrace_indexer::hunk::{HunkLines, Sign};
use hunktrace_indexer::index::folder::IndexError;
use hunktrace_indexer::normalize::is_informative;
use rustc_hash::{FxHashMap, FxHashSet};

use super::candidates::Candidate;
use super::file_histories::{FileHistories, HistoryLine};
use crate::attribution::length_weight::length_weight;
use crate::attribution::side_lines::TextHash;
use crate::check::commit_state::{CheckedCommit, CheckedHunk};
use crate::check::file_lines::text_hash;
use crate::check::hunk_place::LineState;
use crate::check::question::TreeQuestion;
use crate::index::origin::origin_of;

/// A fix is of other code if at least this share of what its missing hunks remove was brought after the base and is gone.
const OTHER_CODE_SHARE: f32 = 0.5;

/// A commit of whose lines at least this share is in files that it makes brings something new.
const NEW_FILES_SHARE: f32 = 0.5;

/// What the missing hunks of a fix remove, without what it only moves.
#[derive(Default)]
struct Removed {
    /// Whether most of the commit are files that it makes.
    brings_files: bool,
    /// How much all of it says.
    weight: f32,
    /// Whether something was left out because it only moves.
    moves: bool,
    /// What is not in the vendor's file, by file and text.
    gone: BTreeMap<BString, FxHashMap<TextHash, f32>>,
}

/// Whether a fix that is missing rewrites other code than the vendor has, or mends nothing. What it rewrites of a fix that is
/// missing as well comes with that one.
///
/// # Errors
/// Where the index cannot be read, or it is cancelled.
pub fn is_of_other_code(
    question: &TreeQuestion<'_>,
    histories: &FileHistories<'_>,
    candidate: &Candidate,
    fix: &CheckedCommit,
) -> Result<bool, IndexError> {
    question.cancellation.check()?;
    let removed = removed_by(question, fix)?;
    if removed.brings_files && !candidate.says_so() {
        return Ok(true);
    }
    let Some(base) = question.base else { return Ok(false) };
    let has_part = fix.mattering_hunks().any(|hunk| hunk.state.is_done());
    if removed.weight == 0.0 {
        // What is there in part, and else only takes away what it brings elsewhere.
        return Ok(removed.moves && has_part);
    }
    let mut others = 0.0;
    for (path, gone) in &removed.gone {
        let bringing = bringing(histories, fix.judged_by, path, gone)?;
        let is_followed = |commit: CommitOrdinal| {
            let origin = origin_of(question.graph, commit);
            candidate.follows.iter().any(|(followed, _)| *followed == origin)
        };
        let is_other = |commit: &CommitOrdinal| !base.contained.contains(*commit) && !is_followed(*commit);
        let brought_later = bringing.iter().filter(|(_, commit)| is_other(commit));
        others += brought_later.filter_map(|(text, _)| gone.get(text)).sum::<f32>();
    }
    Ok(others >= OTHER_CODE_SHARE * removed.weight)
}

/// What the missing hunks of a fix remove.
fn removed_by(question: &TreeQuestion<'_>, fix: &CheckedCommit) -> Result<Removed, IndexError> {
    let mut hasher = LineHasher::default();
    let mut added: FxHashSet<TextHash> = FxHashSet::default();
    let mut lines: Vec<(BString, TextHash, f32, bool)> = Vec::new();
    let (mut of_new_files, mut all) = (0u32, 0u32);
    let of_number = |number: u32| fix.hunks.iter().find(|hunk| hunk.number == number);
    question.retrieval.visit_commit(fix.judged_by, &mut |number, view| {
        let Some(text) = &view.lines else { return };
        all += text.old_lines.max(text.new_lines);
        of_new_files += if view.old.is_none() { text.new_lines } else { 0 };
        let missing = of_number(number).filter(|hunk| hunk.is_code && hunk.state.is_missing());
        for (at, line) in HunkLines::of(text.body).enumerate().filter(|(_, line)| is_informative(line.text)) {
            let hash = text_hash(line.text, &mut hasher);
            match (line.sign, missing) {
                (Sign::Added, _) => drop(added.insert(hash)),
                (Sign::Removed, Some(hunk)) => {
                    lines.push((
                        view.path().to_owned(),
                        hash,
                        length_weight(line.text),
                        is_still_there(hunk, at),
                    ));
                }
                _ => {}
            }
        }
    })?;
    let brings_files = all > 0 && of_new_files as f32 >= NEW_FILES_SHARE * all as f32;
    let mut removed = Removed { brings_files, ..Removed::default() };
    for (path, text, weight, is_still_there) in lines {
        if added.contains(&text) {
            removed.moves = true;
            continue;
        }
        removed.weight += weight;
        if !is_still_there {
            *removed.gone.entry(path).or_default().entry(text).or_default() += weight;
        }
    }
    Ok(removed)
}

fn is_still_there(hunk: &CheckedHunk, line: usize) -> bool {
    let placed = hunk.place.as_ref().and_then(|place| place.lines.get(line));
    placed.is_some_and(|placed| matches!(placed.state, LineState::Still(_)))
}

/// For lines of a file the last commit before `fix` that brought each.
fn bringing(
    histories: &FileHistories<'_>,
    fix: CommitOrdinal,
    path: &BString,
    lines: &FxHashMap<TextHash, f32>,
) -> Result<FxHashMap<TextHash, CommitOrdinal>, IndexError> {
    let mut bringing: FxHashMap<TextHash, CommitOrdinal> = FxHashMap::default();
    let mut note = |line: &HistoryLine| {
        if line.is_added && lines.contains_key(&line.text) {
            let last = bringing.entry(line.text).or_insert(line.commit);
            *last = (*last).max(line.commit);
        }
    };
    histories.of_base(path.as_bstr())?.before(fix).iter().for_each(&mut note);
    histories.since_base(path.as_bstr())?.before(fix).iter().for_each(note);
    Ok(bringing)
}

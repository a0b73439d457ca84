//! Judges the hunks of commits, file by file, and adds up what became of each commit.

use std::collections::BTreeMap;

use bstr::{BStr, BString, ByteSlice};
use hunktrace_indexer::cancellation::Cancelled;
use hunktrace_indexer::fingerprint::{LineHasher, path_term};
use hunktrace_indexer::graph::CommitOrdinal;
use hunktrace_indexer::hunk::{HunkLines, Sign};
use hunktrace_indexer::index::retrieval::HunkId;
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::applies::{Obstacle, apply_hunk};
use super::asked_hunks::{AskedFile, AskedHunk, AskedHunks};
use super::commit_state::{CheckedCommit, CheckedHunk, CommitState};
use super::file_fates::{Fate, HunkKey, file_fates};
use super::file_lines::{FileLines, text_hash};
use super::hunk_place::{HunkPlace, LineState};
use super::hunk_state::{HunkState, Places, THERE_SHARE, hunk_state, is_evident, is_own_doing};
use super::kin::Kin;
use super::question::{CheckError, TreeQuestion};
use super::running_code::is_running_code;
use super::tree_file::{TreeFile, TreeFiles};
use crate::attribution::side_lines::TextHash;
use crate::index::origin::origin_of;

/// A hunk is taken back if at least this share of the lines that it removes stands there again.
const TAKEN_BACK_SHARE: f32 = 0.9;

/// Files that are read at a time: their texts are held until the hunks of all of them are judged.
const FILES_BATCH: usize = 256;

/// The hunks of some commits, judged.
pub struct Judging {
    /// Sorted by commit and number.
    hunks: BTreeMap<HunkKey, CheckedHunk>,
}

/// Judges the hunks of some commits.
///
/// # Errors
/// Where the index or the tree cannot be read.
pub fn judge_hunks(
    question: &TreeQuestion<'_>,
    commits: Vec<CommitOrdinal>,
    tree: &mut dyn TreeFiles,
) -> Result<Judging, CheckError> {
    let asked = AskedHunks::find(question.retrieval, &commits, tree)?;
    let mut hunks = BTreeMap::new();
    for batch in asked.in_batches(FILES_BATCH) {
        let paths: Vec<BString> = batch.iter().map(|file| file.path.clone()).collect();
        let files = tree.read(&paths)?;
        let judge = |(file, asked): (&TreeFile, &AskedFile)| FileJudge { question, file }.judge(&asked.hunks);
        let judged: Vec<Vec<(HunkKey, CheckedHunk)>> =
            files.par_iter().zip(&batch).map(judge).collect::<Result<_, CheckError>>()?;
        hunks.extend(judged.into_iter().flatten());
        drop(files);
        tree.let_go();
    }
    Ok(Judging { hunks })
}

/// Judges the hunks of one file.
struct FileJudge<'a> {
    question: &'a TreeQuestion<'a>,
    file: &'a TreeFile,
}

/// What is known of a hunk before attribution is asked.
struct Seen {
    place: Option<HunkPlace>,
    base_place: Option<HunkPlace>,
    obstacle: Option<Obstacle>,
    /// Whether the vendor's file speaks against it, as [`Places`] says.
    is_contradicted: bool,
}

impl Seen {
    /// A hunk without a place in the vendor's file.
    fn nowhere(obstacle: Option<Obstacle>) -> Seen {
        Seen { place: None, base_place: None, obstacle, is_contradicted: false }
    }
}

impl FileJudge<'_> {
    fn judge(&self, hunks: &[AskedHunk]) -> Result<Vec<(HunkKey, CheckedHunk)>, CheckError> {
        self.question.cancellation.check()?;
        let seen = self.look(hunks)?;
        let open = hunks.iter().zip(&seen).filter(|(_, seen)| !self.is_settled(seen));
        let open: FxHashSet<HunkKey> = open.map(|(hunk, _)| (hunk.commit, hunk.number)).collect();
        let mut fates = FxHashMap::default();
        if !open.is_empty() && !self.file.is_unchanged() {
            fates = file_fates(self.question, self.file, &open)?;
        }
        if self.file.vendor.is_none() {
            self.retain_taken_away(&mut fates)?;
        }
        let judged = hunks.iter().zip(seen).map(|(hunk, seen)| {
            let key = (hunk.commit, hunk.number);
            let fate = fates.get(&key).copied();
            let places = Places {
                vendor: seen.place.as_ref(),
                base: seen.base_place.as_ref(),
                is_contradicted: seen.is_contradicted,
            };
            let state = hunk_state(hunk, self.file, places, fate);
            let checked = CheckedHunk {
                number: hunk.number,
                path: hunk.stored.path().to_owned(),
                old_start: hunk.stored.hunk.as_ref().map_or(0, |hunk| hunk.old_start),
                section: hunk.stored.hunk.as_ref().map(|hunk| hunk.section.clone()).unwrap_or_default(),
                vendor_path: self.file.vendor.is_some().then(|| self.file.path.clone()),
                state,
                by: fate.and_then(|fate| fate.by).filter(|_| state == HunkState::Superseded),
                is_code: is_running_code(hunk.stored.path(), hunk.stored.hunk.as_ref()),
                is_taken_back: is_taken_back(&seen),
                place: seen.place,
                obstacle: seen.obstacle,
                is_built: self.file.is_built,
            };
            (key, checked)
        });
        Ok(judged.collect())
    }

    /// Of a file that the vendor does not have only those hunks have become something that were rewritten by a commit that takes
    /// the file away: a vendor who drops a file drops what upstream does to it.
    fn retain_taken_away(&self, fates: &mut FxHashMap<HunkKey, Fate>) -> Result<(), CheckError> {
        let TreeQuestion { graph, retrieval, .. } = self.question;
        let by: FxHashSet<CommitOrdinal> = fates.values().filter_map(|fate| fate.by).collect();
        let found = match by.is_empty() {
            true => Vec::new(),
            false => retrieval.hunks_of_path(path_term(self.file.path.as_bstr()), None)?,
        };
        let found = found.into_iter().map(|hunk| (hunk.id, origin_of(graph, hunk.commit)));
        let (ids, commits): (Vec<HunkId>, Vec<CommitOrdinal>) =
            found.filter(|(_, commit)| by.contains(commit)).unzip();
        let mut takes_away = FxHashSet::default();
        retrieval.visit(&ids, &mut |place, stored| {
            if stored.new.is_none() {
                takes_away.insert(commits[place]);
            }
        })?;
        fates.retain(|_, fate| fate.by.is_some_and(|by| takes_away.contains(&by)));
        Ok(())
    }

    /// Whether the files alone say that a hunk is there.
    fn is_settled(&self, seen: &Seen) -> bool {
        let Some(place) = seen.place.as_ref().filter(|place| is_evident(place)) else { return false };
        match &seen.base_place {
            _ if self.file.base.is_none() => true,
            Some(base) if is_evident(base) => false,
            base => is_own_doing(place, base.as_ref()),
        }
    }

    /// Looks for the places of hunks in both trees.
    fn look(&self, hunks: &[AskedHunk]) -> Result<Vec<Seen>, Cancelled> {
        let mut hasher = LineHasher::default();
        let Some(vendor) = &self.file.vendor else {
            let obstacle = |hunk: &AskedHunk| (!hunk.creates()).then_some(Obstacle::NoFile);
            return Ok(hunks.iter().map(|hunk| Seen::nowhere(obstacle(hunk))).collect());
        };
        let lines = FileLines::of(vendor, &mut hasher);
        let base = self.file.base.as_ref().filter(|_| !self.file.is_unchanged());
        let mut base_lines = None;
        let mut applied: Option<(CommitOrdinal, usize)> = None;
        let mut seen = Vec::with_capacity(hunks.len());
        for hunk in hunks {
            self.question.cancellation.check()?;
            let Some(text) = &hunk.stored.hunk else {
                seen.push(Seen::nowhere(Some(Obstacle::NoLines)));
                continue;
            };
            let body: &BStr = text.body.as_bstr();
            let place = HunkPlace::find(body, &lines, &mut hasher);
            let base_place = match (base, &self.file.base) {
                (Some(base), _) => {
                    let lines = base_lines.get_or_insert_with(|| FileLines::of(base, &mut hasher));
                    HunkPlace::find(body, lines, &mut hasher)
                }
                (None, Some(_)) => place.clone(),
                (None, None) => None,
            };
            let from = applied.filter(|(commit, _)| *commit == hunk.commit).map_or(0, |(_, end)| end);
            let applies = match hunk.creates() {
                true => Err(Obstacle::FileThere),
                false => apply_hunk(body, text.old_start, &lines, from, &mut hasher),
            };
            if let Ok(end) = applies {
                applied = Some((hunk.commit, end));
            }
            let is_contradicted = applies.is_ok()
                || place.as_ref().is_some_and(|place| stands_still(hunk, hunks, place, &mut hasher));
            seen.push(Seen { place, base_place, obstacle: applies.err(), is_contradicted });
        }
        Ok(seen)
    }
}

/// Whether what a hunk takes away, and its commit puts nowhere else in the file, still stands there: of code that is moved the
/// place of the hunk is found where it was moved to.
fn stands_still(hunk: &AskedHunk, of_file: &[AskedHunk], place: &HunkPlace, hasher: &mut LineHasher) -> bool {
    if place.still_share() < THERE_SHARE {
        return false;
    }
    let Some(text) = &hunk.stored.hunk else { return false };
    let mut added: FxHashSet<TextHash> = FxHashSet::default();
    let of_commit = of_file.iter().filter(|other| other.commit == hunk.commit);
    for text in of_commit.filter_map(|other| other.stored.hunk.as_ref()) {
        let lines = HunkLines::of(&text.body).filter(|line| line.sign == Sign::Added);
        added.extend(lines.map(|line| text_hash(line.text, hasher)));
    }
    let (mut all, mut still) = (0.0, 0.0);
    for (line, placed) in
        HunkLines::of(&text.body).zip(&place.lines).filter(|(line, _)| line.sign == Sign::Removed)
    {
        if !added.contains(&text_hash(line.text, hasher)) {
            all += placed.weight;
            still += if matches!(placed.state, LineState::Still(_)) { placed.weight } else { 0.0 };
        }
    }
    all > 0.0 && still >= THERE_SHARE * all
}

/// Whether the base has a hunk, and the vendor has what stood there before.
fn is_taken_back(seen: &Seen) -> bool {
    let (Some(place), Some(base)) = (&seen.place, &seen.base_place) else { return false };
    is_evident(base) && base.still_share() == 0.0 && place.still_share() >= TAKEN_BACK_SHARE
}

impl Judging {
    /// What became of a change by the code of the tree alone: of the commits that make it, the one of which most is there.
    pub fn by_code(&self, kin: &Kin) -> CheckedCommit {
        let of = |member: &CommitOrdinal| {
            let hunks: Vec<&CheckedHunk> =
                self.hunks.range((*member, 0)..=(*member, u32::MAX)).map(|(_, hunk)| hunk).collect();
            (*member, hunks)
        };
        let mut best: Option<(CommitOrdinal, Vec<&CheckedHunk>)> = None;
        for (member, hunks) in kin.members.iter().map(of).filter(|(_, hunks)| !hunks.is_empty()) {
            if best.as_ref().is_none_or(|(_, best)| done_share(&hunks) > done_share(best)) {
                best = Some((member, hunks));
            }
        }
        let (judged_by, hunks) = best.unwrap_or((kin.origin, Vec::new()));
        CheckedCommit {
            commit: kin.origin,
            state: state_of(&hunks),
            judged_by,
            hunks: hunks.into_iter().cloned().collect(),
        }
    }
}

/// Share of the hunks that are there or rewritten, those with a sure place counting more; from 0 to 1.
fn done_share(hunks: &[&CheckedHunk]) -> f32 {
    let done = |hunk: &&CheckedHunk| match (hunk.state, &hunk.place) {
        (HunkState::There, Some(place)) => 0.5 + 0.5 * place.done_share(),
        (HunkState::There, None) => 1.0,
        (HunkState::Superseded, _) => 0.75,
        _ => 0.0,
    };
    let judged = hunks.iter().filter(|hunk| is_judged(hunk)).count();
    hunks.iter().map(done).sum::<f32>() / judged.max(1) as f32
}

fn is_judged(hunk: &CheckedHunk) -> bool {
    hunk.state.is_done() || hunk.state.is_missing()
}

fn state_of(hunks: &[&CheckedHunk]) -> CommitState {
    let count = |is: fn(HunkState) -> bool| hunks.iter().filter(|hunk| is(hunk.state)).count();
    let there = count(|state| state == HunkState::There);
    let superseded = count(|state| state == HunkState::Superseded);
    let missing = count(HunkState::is_missing);
    match (there, superseded, missing) {
        (0, 0, _) => CommitState::Absent,
        (0, _, 0) => most_superseding(hunks).map_or(CommitState::Complete, CommitState::Superseded),
        (_, _, 0) => CommitState::Complete,
        _ => CommitState::Partial,
    }
}

/// The commit that has rewritten most of the hunks; of equals the earlier one.
fn most_superseding(hunks: &[&CheckedHunk]) -> Option<CommitOrdinal> {
    let mut counts: BTreeMap<CommitOrdinal, usize> = BTreeMap::new();
    for by in hunks.iter().filter_map(|hunk| hunk.by) {
        *counts.entry(by).or_default() += 1;
    }
    counts.into_iter().max_by(|a, b| a.1.cmp(&b.1).then(b.0.cmp(&a.0))).map(|(commit, _)| commit)
}

//! Added lines that several commits of a file have, or that have no word, alone among lines that nobody explains: whose they are is
//! not told.
//!
//! `return -EINVAL;` amid code that the index does not know comes with that code. A commit that puts such a line into the file
//! as well, and has next to nothing else around it, explains it no better than chance does.

use std::hash::{Hash, Hasher};

use hunktrace_indexer::cancellation::Cancellation;
use hunktrace_indexer::graph::CommitOrdinal;
use rustc_hash::{FxHashMap, FxHasher};

use super::aligned_hunk::AlignedHunk;
use super::candidates::FileCandidates;
use super::changes::{ReleaseLine, in_order};
use super::claims::Claim;
use super::owned_runs::FileOrigins;
use super::side::Side;
use super::side_lines::{BodyPlace, TextHash};

/// Lines that this many commits of a file's history have may have come with another one. Tuned: see `docs/constants.md`.
const COMMON_COMMITS: usize = 3;

/// How far from a claim lines are around it, in lines of the release's hunk. Tuned: see `docs/constants.md`.
const AROUND_REACH: u32 = 12;

/// A claim is amid unknown code if nobody explains at least one of this many lines around it. Tuned: see
/// `docs/constants.md`.
const LINES_TO_AN_OPEN_ONE: usize = 4;

/// A claim is alone if for each line around it that is the commit's own there are this many that nobody explains. Tuned:
/// see `docs/constants.md`.
const OPEN_LINES_TO_AN_OWN_ONE: usize = 4;

/// A claim that is as sure is told wherever it stands. Tuned: see `docs/constants.md`.
const SURE_CLAIM: f32 = 0.9;

/// Takes the origin from added lines that are as common, as those without a word are, where their claim is alone amid unknown code.
pub fn leave_lone_lines(
    file: &FileCandidates,
    claims: &[Claim],
    origins: &mut FileOrigins,
    cancellation: &Cancellation,
) {
    let lone = lone_claims(file, claims, origins, cancellation);
    if lone.is_empty() {
        return;
    }
    let added = &file.lines.added;
    let texts_of = |claim: &Claim| {
        let lines = added[claim.start..claim.start + claim.lines].iter().filter(|line| line.has_word());
        lines.map(|line| line.text)
    };
    let commits = commits_with(lone.iter().flat_map(|claim| texts_of(claim)), &file.hunks, cancellation);
    let is_common = |text: TextHash| commits.get(&text).is_some_and(|commits| *commits >= COMMON_COMMITS);
    for claim in lone {
        if texts_of(claim).all(is_common) {
            origins.added[claim.start..claim.start + claim.lines].fill(None);
        }
    }
}

/// The claims of added lines that are told, are not sure, and are alone amid unknown code.
fn lone_claims<'a>(
    file: &FileCandidates,
    claims: &'a [Claim],
    origins: &FileOrigins,
    cancellation: &Cancellation,
) -> Vec<&'a Claim> {
    let is_open = |side: Side| {
        let lines = file.lines[side].iter().zip(&origins[side]);
        cancellation.while_wanted(lines).any(|(line, origin)| origin.is_none() && line.has_word())
    };
    if !Side::BOTH.into_iter().any(is_open) {
        return Vec::new();
    }
    let lines: Vec<(BodyPlace, ReleaseLine)> = cancellation.while_wanted(in_order(&file.lines)).collect();
    let mut lone = Vec::new();
    let mut next = 0;
    for claim in cancellation.while_wanted(claims) {
        let first = ReleaseLine { side: claim.side, at: claim.start };
        // Claims are in the order of the lines.
        let Some(passed) = lines[next..].iter().position(|(_, line)| *line == first) else { break };
        next += passed;
        let behind = (next + claim.lines).min(lines.len());
        if claim.side == Side::Added
            && origins[first].is_some_and(|origin| origin.confidence.0 < SURE_CLAIM)
            && Around::of(file, &lines, next..behind, claim.commit, origins).is_unknown()
        {
            lone.push(claim);
        }
        next = behind;
    }
    lone
}

/// The lines with words around a claim.
#[derive(Default)]
struct Around {
    all: usize,
    /// Those that nobody explains.
    open: usize,
    /// Those of the claim's commit.
    own: usize,
}

impl Around {
    fn of(
        file: &FileCandidates,
        lines: &[(BodyPlace, ReleaseLine)],
        claim: std::ops::Range<usize>,
        commit: CommitOrdinal,
        origins: &FileOrigins,
    ) -> Around {
        let (first, last) = (lines[claim.start].0, lines[claim.end - 1].0);
        let is_near = |place: BodyPlace, end: BodyPlace| {
            place.hunk == end.hunk && place.line.abs_diff(end.line) <= AROUND_REACH
        };
        let above = lines[..claim.start].iter().rev().take_while(|(place, _)| is_near(*place, first));
        let below = lines[claim.end..].iter().take_while(|(place, _)| is_near(*place, last));
        let mut around = Around::default();
        for (_, line) in above.chain(below).filter(|(_, line)| file.lines[*line].has_word()) {
            around.all += 1;
            match origins[*line] {
                None => around.open += 1,
                Some(origin) => around.own += usize::from(origin.commit == commit),
            }
        }
        around
    }

    fn is_unknown(&self) -> bool {
        self.open > 0
            && self.open * LINES_TO_AN_OPEN_ONE >= self.all
            && self.own * OPEN_LINES_TO_AN_OWN_ONE <= self.open
    }
}

/// Who has a line.
#[derive(Default)]
struct Having {
    last: Option<CommitOrdinal>,
    /// What tells their hunks from others: an equal change on another branch is none of its own.
    hunks: Vec<u64>,
}

/// How many commits of a file's own history have each of some lines, up to as many as count; as far as they are read
/// before that is cancelled.
fn commits_with(
    texts: impl Iterator<Item = TextHash>,
    hunks: &[AlignedHunk],
    cancellation: &Cancellation,
) -> FxHashMap<TextHash, usize> {
    let mut all: FxHashMap<TextHash, Having> = texts.map(|text| (text, Having::default())).collect();
    for hunk in cancellation.while_wanted(hunks).filter(|hunk| hunk.found_by.is_own()) {
        for line in Side::BOTH.into_iter().flat_map(|side| &hunk.lines[side]) {
            let Some(having) = all.get_mut(&{ line.text }) else { continue };
            if having.hunks.len() < COMMON_COMMITS && having.last.replace(hunk.commit) != Some(hunk.commit) {
                let told_by = what_tells(hunk);
                if !having.hunks.contains(&told_by) {
                    having.hunks.push(told_by);
                }
            }
        }
    }
    all.into_iter().map(|(text, having)| (text, having.hunks.len())).collect()
}

fn what_tells(hunk: &AlignedHunk) -> u64 {
    let mut hasher = FxHasher::default();
    for side in Side::BOTH {
        hunk.lines[side].len().hash(&mut hasher);
        hunk.lines[side].iter().for_each(|line| { line.text }.hash(&mut hasher));
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::attribution::assignment::FileOwners;
    use crate::attribution::attributed_release::RunOwner;
    use crate::attribution::claims::claims;
    use crate::attribution::side::BySide;
    use crate::attribution::test_release::TestHistory;
    use crate::confidence::Confidence;

    /// As many commits have the line `+return failure;`, each with another one.
    fn history(commits: usize) -> TestHistory {
        let mut history = TestHistory::default();
        for number in 0..commits {
            let own = format!("+open_the_gate_number({number});");
            history.commit(&[("gate.c", &["+return failure;", &own])]);
        }
        history
    }

    /// Which of the lines of a release of one file are told to be somebody's, if all claims are as sure.
    fn told(history: &TestHistory, release: &[&str], confidence: f32) -> BySide<Vec<bool>> {
        told_of(history, release, history.owners(release), confidence)
    }

    fn told_of(
        history: &TestHistory,
        release: &[&str],
        owners: FileOwners,
        confidence: f32,
    ) -> BySide<Vec<bool>> {
        let files = history.candidates(&[("gate.c", release)]);
        let owners = [Arc::new(owners)];
        let claims = claims(&files, &owners).remove(0);
        let mut origins = BySide::from_fn(|side| {
            let origin = owners[0][side].iter().map(|owner| {
                owner.map(|owner| RunOwner {
                    commit: owner.commit,
                    confidence: Confidence(confidence),
                    kind: owner.kind,
                })
            });
            origin.collect()
        });
        leave_lone_lines(&files[0], &claims, &mut origins, &Cancellation::default());
        BySide::from_fn(|side| origins[side].iter().map(Option::is_some).collect())
    }

    const LONE: [&str; 3] = ["+build_the_wall();", "+return failure;", "+paint_the_wall();"];

    #[test]
    fn line_that_several_commits_have_alone_amid_unknown_code_is_not_told() {
        assert_eq!(told(&history(2), &LONE, 0.8).added, [false, true, false]);
        assert_eq!(told(&history(3), &LONE, 0.8).added, [false, false, false]);
    }

    #[test]
    fn sure_claim_is_told_wherever_it_stands() {
        assert_eq!(told(&history(3), &LONE, 0.95).added, [false, true, false]);
    }

    #[test]
    fn line_that_several_commits_have_is_told_where_its_commit_is_there_or_nothing_is_unknown() {
        let with_own = ["+open_the_gate_number(0);", "+build_the_wall();", "+return failure;"];
        assert_eq!(told(&history(3), &with_own, 0.8).added, [true, false, true]);
        assert_eq!(told(&history(3), &["+return failure;"], 0.8).added, [true]);
    }

    #[test]
    fn line_without_a_word_alone_amid_unknown_code_is_not_told() {
        let history = history(1);
        let owner = history.owners(&["+open_the_gate_number(0);"]).added[0].expect("it is the commit's");
        let brace_told = |release: &[&str]| {
            let mut owners = history.owners(release);
            owners.added[1] = Some(owner);
            told_of(&history, release, owners, 0.8).added[1]
        };
        assert!(!brace_told(&["+build_the_wall();", "+}", "+paint_the_wall();"]));
        assert!(brace_told(&["+open_the_gate_number(0);", "+}", "+paint_the_wall();"]));
    }

    #[test]
    fn copies_of_a_change_do_not_make_its_lines_common() {
        let mut history = history(2);
        history.commit(&[("gate.c", &["+return failure;", "+open_the_gate_number(1);"])]);
        assert_eq!(told(&history, &LONE, 0.8).added, [false, true, false]);
    }

    #[test]
    fn removed_line_is_told_however_many_commits_remove_such_a_line() {
        let mut history = TestHistory::default();
        for number in 0..3 {
            let own = format!("-open_the_gate_number({number});");
            history.commit(&[("gate.c", &["-return failure;", &own])]);
        }
        assert_eq!(told(&history, &["-build_the_wall();", "-return failure;"], 0.8).removed, [false, true]);
    }
}

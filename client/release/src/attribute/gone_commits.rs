//! Why commits that a release had are not in the next one.
//!
//! The lines that such a commit owned are followed into the next release's tree: most that went were not taken back, but
//! were rewritten by a commit that came, or are still there and now count for another commit.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use bstr::{BStr, BString, ByteSlice};
use hunktrace_indexer::git::line_diff::diff_lines;
use hunktrace_indexer::hunk::Sign;
use rayon::prelude::*;

use super::comparison::ChangedFile;
use crate::answer::{Answer, AnsweredFile, CommitIndex, CommitStatus, LineRun, Side};
use crate::tree::{Error, Tree};

/// Why a release lacks a commit that the one before has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum WhyGone {
    /// A commit that the release has rewrote its lines.
    Superseded,
    /// Most of its lines are still there, but count for another commit or for none.
    NotProvable,
    /// Its lines are gone from the tree, and no commit that the release has is known to have rewritten them.
    Removed,
}

impl WhyGone {
    /// How it is called in every form of output.
    pub fn name(self) -> &'static str {
        match self {
            WhyGone::Superseded => "superseded",
            WhyGone::NotProvable => "no longer provable",
            WhyGone::Removed => "removed",
        }
    }
}

/// A commit that a release lacks and the one before has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoneCommit {
    /// Its id, 40 hexadecimal digits.
    pub id: String,
    /// Why it is not there.
    pub why: WhyGone,
    /// The commit that has rewritten it, or that most of its lines now count for.
    pub by: Option<String>,
}

/// What is remembered of a release until the next one is known.
#[derive(Debug)]
pub(super) struct EarlierRelease {
    base: Arc<Tree>,
    vendor: Arc<Tree>,
    files: Vec<EarlierFile>,
    commits: Vec<EarlierCommit>,
}

/// A file that differs from the base, and who owned its lines.
#[derive(Debug)]
struct EarlierFile {
    path: BString,
    base_path: BString,
    runs: Vec<LineRun>,
}

/// A commit that the release has.
#[derive(Debug)]
struct EarlierCommit {
    id: String,
    /// Of an implied commit the one that has superseded it.
    superseded_by: Option<String>,
}

impl EarlierRelease {
    /// What is to be remembered of a release.
    pub fn new(
        base: &Arc<Tree>,
        vendor: &Arc<Tree>,
        files: &[ChangedFile],
        answer: &Answer,
    ) -> EarlierRelease {
        let owned = |(file, answered): (&ChangedFile, &AnsweredFile)| EarlierFile {
            path: file.path.clone(),
            base_path: base_path(file).to_owned(),
            runs: owned_runs(answered),
        };
        let commit = |commit: &crate::answer::ReleaseCommit| EarlierCommit {
            id: commit.id.clone(),
            superseded_by: match commit.status {
                CommitStatus::Implied => commit.superseded_by.map(|by| answer.commit(by).id.clone()),
                _ => None,
            },
        };
        EarlierRelease {
            base: Arc::clone(base),
            vendor: Arc::clone(vendor),
            files: files.iter().zip(&answer.files).map(owned).filter(|file| !file.runs.is_empty()).collect(),
            commits: answer.commits.iter().map(commit).collect(),
        }
    }

    /// The ids of its commits.
    pub fn commit_ids(&self) -> Vec<String> {
        self.commits.iter().map(|commit| commit.id.clone()).collect()
    }

    /// Why the next release lacks commits that this one has, in the order of this one.
    ///
    /// # Errors
    /// Where a tree cannot be read.
    pub fn gone_commits(
        &self,
        base: &Arc<Tree>,
        vendor: &Tree,
        files: &[ChangedFile],
        answer: &Answer,
    ) -> Result<Vec<GoneCommit>, Error> {
        let present: HashSet<&str> = answer.commits.iter().map(|commit| commit.id.as_str()).collect();
        let is_gone: Vec<bool> =
            self.commits.iter().map(|commit| !present.contains(commit.id.as_str())).collect();
        let later = LaterRelease::new(vendor, files, answer);
        let has_same_base = Arc::ptr_eq(&self.base, base);
        let fates = self.files.par_iter().map(|file| {
            let mut fates: BTreeMap<CommitIndex, CommitFate> = BTreeMap::new();
            let gone = |run: &&LineRun| run.commit().is_some_and(|commit| is_gone[commit.0 as usize]);
            let runs: Vec<&LineRun> = file.runs.iter().filter(gone).collect();
            if !runs.is_empty() {
                self.follow(file, &runs, has_same_base, &later, &mut fates)?;
            }
            Ok(fates)
        });
        let mut all: BTreeMap<CommitIndex, CommitFate> = BTreeMap::new();
        for fates in fates.collect::<Result<Vec<_>, Error>>()? {
            for (commit, fate) in fates {
                all.entry(commit).or_default().add(fate);
            }
        }
        let superseded: HashMap<&str, CommitIndex> =
            answer.superseded.iter().map(|commit| (commit.id.as_str(), commit.by)).collect();
        let gone = (0u32..).zip(&self.commits).zip(&is_gone).filter(|(_, is_gone)| **is_gone);
        let told = gone.map(|((place, commit), _)| {
            let rewriting = superseded.get(commit.id.as_str()).map(|by| answer.commit(*by).id.clone());
            let implying = commit.superseded_by.clone().filter(|by| present.contains(by.as_str()));
            let fate = all.get(&CommitIndex(place)).and_then(CommitFate::telling);
            let claimed = |fate: &LineFates| fate.claiming().map(|by| answer.commit(by).id.clone());
            let (why, by) = match (fate, rewriting.or(implying)) {
                (Some(fate), _) if fate.are_mostly_kept() => (WhyGone::NotProvable, claimed(fate)),
                (_, Some(by)) => (WhyGone::Superseded, Some(by)),
                (Some(_), None) => (WhyGone::Removed, None),
                // It was implied: none of its lines was there before either.
                (None, None) => (WhyGone::NotProvable, None),
            };
            GoneCommit { id: commit.id.clone(), why, by }
        });
        Ok(told.collect())
    }

    /// Follows lines of a file into the next release.
    fn follow(
        &self,
        file: &EarlierFile,
        runs: &[&LineRun],
        has_same_base: bool,
        later: &LaterRelease<'_>,
        fates: &mut BTreeMap<CommitIndex, CommitFate>,
    ) -> Result<(), Error> {
        let lines = self.lines_after(file, later)?;
        for run in runs {
            let Some(commit) = run.commit() else { continue };
            let fate = fates.entry(commit).or_default();
            for line in run.start..run.start + run.lines {
                match run.side {
                    Side::Old if has_same_base => {
                        fate.removed.count(later.removal(file.base_path.as_ref(), line));
                    }
                    // What it removed from another base tells nothing.
                    Side::Old => {}
                    Side::New => {
                        let after = lines.get(line as usize - 1).copied().flatten();
                        fate.added.count(after.map(|line| later.owner(file.path.as_ref(), Side::New, line)));
                    }
                }
            }
        }
        Ok(())
    }

    /// Where each line of a file is in the next release.
    fn lines_after(&self, file: &EarlierFile, later: &LaterRelease<'_>) -> Result<Vec<Option<u32>>, Error> {
        let path = file.path.as_bstr();
        let has = |tree: &Tree| tree.entries.contains_key(path);
        if !has(&self.vendor) || !has(later.vendor) {
            return Ok(Vec::new());
        }
        let (old, new) = (read(&self.vendor, path)?, read(later.vendor, path)?);
        Ok(lines_after(&old, &new))
    }
}

/// What became of a commit's lines: of those that it added, and of those that it removed.
#[derive(Clone, Debug, Default)]
struct CommitFate {
    added: LineFates,
    removed: LineFates,
}

impl CommitFate {
    fn add(&mut self, other: CommitFate) {
        self.added.add(other.added);
        self.removed.add(other.removed);
    }

    /// What tells whether it is there: what it added, because what rewrites that leaves its removals as they are.
    fn telling(&self) -> Option<&LineFates> {
        [&self.added, &self.removed].into_iter().find(|fates| fates.kept + fates.gone > 0)
    }
}

/// What became of some lines.
#[derive(Clone, Debug, Default)]
struct LineFates {
    kept: u64,
    gone: u64,
    /// Of the lines that were kept how many count for each commit.
    claimed: BTreeMap<CommitIndex, u64>,
}

impl LineFates {
    /// Counts a line: whom it belongs to, where it is still there.
    fn count(&mut self, owner: Option<Option<CommitIndex>>) {
        match owner {
            Some(owner) => {
                self.kept += 1;
                if let Some(owner) = owner {
                    *self.claimed.entry(owner).or_default() += 1;
                }
            }
            None => self.gone += 1,
        }
    }

    fn add(&mut self, other: LineFates) {
        self.kept += other.kept;
        self.gone += other.gone;
        for (commit, lines) in other.claimed {
            *self.claimed.entry(commit).or_default() += lines;
        }
    }

    fn are_mostly_kept(&self) -> bool {
        self.kept > 0 && self.kept >= self.gone
    }

    /// The commit that most of the lines count for now; of equals the first one of the index.
    fn claiming(&self) -> Option<CommitIndex> {
        let most = self.claimed.iter().max_by(|a, b| a.1.cmp(b.1).then(b.0.cmp(a.0)));
        most.map(|(commit, _)| *commit)
    }
}

/// The next release, as lines are looked for in it.
struct LaterRelease<'a> {
    vendor: &'a Tree,
    by_path: HashMap<&'a BStr, &'a AnsweredFile>,
    by_base_path: HashMap<&'a BStr, &'a AnsweredFile>,
}

impl<'a> LaterRelease<'a> {
    fn new(vendor: &'a Tree, files: &'a [ChangedFile], answer: &'a Answer) -> LaterRelease<'a> {
        let with_answer = || files.iter().zip(&answer.files);
        LaterRelease {
            vendor,
            by_path: with_answer().map(|(file, answered)| (file.path.as_bstr(), answered)).collect(),
            by_base_path: with_answer().map(|(file, answered)| (base_path(file), answered)).collect(),
        }
    }

    /// The commit that a line of the vendor's tree comes from, or that has removed a line of the base.
    fn owner(&self, path: &BStr, side: Side, line: u32) -> Option<CommitIndex> {
        self.by_path.get(path).and_then(|file| run_at(file, side, line)).and_then(LineRun::commit)
    }

    /// Whose a removal of a base's line is; none where the line is there.
    fn removal(&self, base_path: &BStr, line: u32) -> Option<Option<CommitIndex>> {
        let run = self.by_base_path.get(base_path).and_then(|file| run_at(file, Side::Old, line));
        run.map(LineRun::commit)
    }
}

/// The run that a changed line belongs to.
fn run_at(file: &AnsweredFile, side: Side, line: u32) -> Option<&LineRun> {
    let end = |start: u32, lines: u32| start + lines;
    let place = file.hunks.partition_point(|hunk| match side {
        Side::Old => end(hunk.old_start, hunk.old_lines) <= line,
        Side::New => end(hunk.new_start, hunk.new_lines) <= line,
    });
    let runs = &file.hunks.get(place)?.runs;
    runs.iter().find(|run| run.side == side && (run.start..end(run.start, run.lines)).contains(&line))
}

fn owned_runs(file: &AnsweredFile) -> Vec<LineRun> {
    let runs = file.hunks.iter().flat_map(|hunk| &hunk.runs);
    runs.filter(|run| run.origin.is_some()).copied().collect()
}

fn base_path(file: &ChangedFile) -> &BStr {
    file.moved_from.as_ref().unwrap_or(&file.path).as_ref()
}

/// A file's content; an object that is absent from a repository is reported elsewhere, and has no lines here.
fn read(tree: &Tree, path: &BStr) -> Result<Vec<u8>, Error> {
    match tree.read(path) {
        Err(Error::MissingObject { .. }) => Ok(Vec::new()),
        other => other,
    }
}

/// For each line of a text its number in a later version, from 1; none for a line that is not there any more.
fn lines_after(old: &[u8], new: &[u8]) -> Vec<Option<u32>> {
    let count = old.lines_with_terminator().count();
    let mut lines: Vec<Option<u32>> = Vec::with_capacity(count);
    let mut next = 1;
    if old != new {
        for hunk in diff_lines(old, new) {
            let first = if hunk.old_lines == 0 { hunk.old_start + 1 } else { hunk.old_start };
            while (lines.len() as u32) < first.saturating_sub(1) {
                lines.push(Some(next));
                next += 1;
            }
            for line in hunk.lines() {
                match line.sign {
                    Sign::Context => {
                        lines.push(Some(next));
                        next += 1;
                    }
                    Sign::Removed => lines.push(None),
                    Sign::Added => next += 1,
                }
            }
        }
    }
    while lines.len() < count {
        lines.push(Some(next));
        next += 1;
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_followed_through_insertions_and_removals() {
        let after = |old: &str, new: &str| lines_after(old.as_bytes(), new.as_bytes());
        let same = "a\nb\nc\n";
        assert_eq!(after(same, same), [Some(1), Some(2), Some(3)]);
        assert_eq!(after(same, "x\na\nc\ny\n"), [Some(2), None, Some(3)]);
        assert_eq!(after(same, ""), [None, None, None]);
        assert_eq!(after("", same), []);
        let long: String = (0..40).map(|line| format!("line {line}\n")).collect();
        let changed = format!("new\n{}", long.replace("line 30\n", ""));
        let places = after(&long, &changed);
        assert_eq!((places[0], places[29], places[30], places[39]), (Some(2), Some(31), None, Some(40)));
    }
}

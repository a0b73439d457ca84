//! The changed lines of a file as runs of one origin each.

use hunktrace_indexer::hunk::Hunk;

use super::assignment::FileOwners;
use super::attributed_release::{OwnedRun, RunOwner};
use super::line_confidence::line_confidence;
use super::release::ReleaseFile;
use super::side::{BySide, Side};

/// The runs of each hunk of a file; together they cover its changed lines, in the order of the diff.
pub fn owned_runs(file: &ReleaseFile, owners: &FileOwners) -> Vec<Vec<OwnedRun>> {
    let mut next: BySide<usize> = BySide::default();
    file.hunks.iter().map(|hunk| runs_of_hunk(hunk, owners, &mut next)).collect()
}

/// The runs of one hunk; `next` is the first line of each side that no hunk before it has.
fn runs_of_hunk(hunk: &Hunk, owners: &FileOwners, next: &mut BySide<usize>) -> Vec<OwnedRun> {
    let mut runs: Vec<OwnedRun> = Vec::new();
    let mut number = BySide { removed: hunk.old_start, added: hunk.new_start };
    for line in hunk.lines() {
        let Some(side) = Side::of(line.sign) else {
            number.both_mut().into_iter().for_each(|number| *number += 1);
            continue;
        };
        let owner = owners[side][next[side]].map(|owner| RunOwner {
            commit: owner.commit,
            confidence: line_confidence(&owner),
            kind: owner.kind,
        });
        next[side] += 1;
        match runs.last_mut() {
            Some(run) if run.side == side && run.start + run.lines == number[side] && run.owner == owner => {
                run.lines += 1;
            }
            _ => runs.push(OwnedRun { side, start: number[side], lines: 1, owner }),
        }
        number[side] += 1;
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribution::line_candidates::LineOwner;
    use crate::attribution::test_release::UNDOUBTED;
    use crate::attribution::test_release::hunk;
    use hunktrace_indexer::graph::CommitOrdinal;

    fn owner(commit: u32) -> Option<LineOwner> {
        Some(LineOwner { commit: CommitOrdinal(commit), ..UNDOUBTED })
    }

    fn hunk_at(old_start: u32, new_start: u32, lines: &[&str]) -> Hunk {
        Hunk { old_start, new_start, ..hunk(lines) }
    }

    /// The side, first line, length and commit of a run.
    type Run = (Side, u32, u32, Option<u32>);

    /// The runs of each hunk.
    fn runs(hunks: Vec<Hunk>, owners: &FileOwners) -> Vec<Vec<Run>> {
        let file = ReleaseFile { new_path: Some("gate.c".into()), old_path: None, hunks };
        let run = |run: &OwnedRun| (run.side, run.start, run.lines, run.owner.map(|owner| owner.commit.0));
        owned_runs(&file, owners).iter().map(|runs| runs.iter().map(run).collect()).collect()
    }

    #[test]
    fn neighbouring_lines_of_one_commit_are_one_run() {
        let hunk = hunk_at(10, 20, &[" a", "-b", "-c", "+d", "+e", "+f"]);
        let owners = BySide { removed: vec![owner(1); 2], added: vec![owner(1), owner(1), owner(2)] };

        let runs = runs(vec![hunk], &owners);

        use Side::{Added, Removed};
        assert_eq!(runs, [[(Removed, 11, 2, Some(1)), (Added, 21, 2, Some(1)), (Added, 23, 1, Some(2))]]);
    }

    #[test]
    fn context_ends_a_run_and_the_vendors_own_lines_are_runs_too() {
        let hunk = hunk_at(10, 20, &["+a", " b", "+c", "+d"]);
        let owners = BySide { removed: Vec::new(), added: vec![owner(1), owner(1), None] };

        let runs = runs(vec![hunk], &owners);

        use Side::Added;
        assert_eq!(runs, [[(Added, 20, 1, Some(1)), (Added, 22, 1, Some(1)), (Added, 23, 1, None)]]);
    }

    #[test]
    fn owners_go_on_from_hunk_to_hunk() {
        let hunks = vec![hunk_at(10, 10, &["-a"]), hunk_at(30, 29, &["-b", "+c"])];
        let owners = BySide { removed: vec![owner(1), owner(2)], added: vec![owner(3)] };

        let runs = runs(hunks, &owners);

        use Side::{Added, Removed};
        assert_eq!(runs[0], [(Removed, 10, 1, Some(1))]);
        assert_eq!(runs[1], [(Removed, 30, 1, Some(2)), (Added, 29, 1, Some(3))]);
    }
}

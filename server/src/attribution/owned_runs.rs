//! The changed lines of a file as runs of one origin each.

use hunktrace_indexer::hunk::Hunk;

use super::attributed_release::{OwnedRun, RunOwner};
use super::changes::in_order;
use super::release::ReleaseFile;
use super::side::{BySide, Side};
use super::side_lines::{BodyPlace, FileLine};

/// Where each of a file's lines comes from; nobody's lines have none.
pub type FileOrigins = BySide<Vec<Option<RunOwner>>>;

/// The runs of each hunk of a file; together they cover its changed lines, in the order of the diff. `lines` are the
/// file's removed and added ones: where they stand tells how much context is between them.
pub fn owned_runs(
    file: &ReleaseFile,
    lines: &BySide<Vec<FileLine>>,
    origins: &FileOrigins,
) -> Vec<Vec<OwnedRun>> {
    let mut runs: Vec<Vec<OwnedRun>> = file.hunks.iter().map(|_| Vec::new()).collect();
    let mut passed = Passed::default();
    for (BodyPlace { hunk, line: place }, line) in in_order(lines) {
        let Hunk { old_start, new_start, .. } = file.hunks[hunk as usize];
        let first = BySide { removed: old_start, added: new_start };
        let number = first[line.side] + place - passed.of_other_side(hunk, line.side);
        push_line(&mut runs[hunk as usize], line.side, number, origins[line]);
    }
    runs
}

/// How many lines of each side of a hunk there are before the line in hand.
#[derive(Default)]
struct Passed {
    hunk: u32,
    lines: BySide<u32>,
}

impl Passed {
    /// Passes a line of a hunk, and returns how many lines of the other side there are before it.
    fn of_other_side(&mut self, hunk: u32, side: Side) -> u32 {
        if self.hunk != hunk {
            *self = Passed { hunk, lines: BySide::default() };
        }
        self.lines[side] += 1;
        self.lines[side.other()]
    }
}

/// Adds a line to the last run of its hunk, or begins another one.
fn push_line(runs: &mut Vec<OwnedRun>, side: Side, number: u32, owner: Option<RunOwner>) {
    match runs.last_mut() {
        Some(run) if run.side == side && run.start + run.lines == number && run.owner == owner => {
            run.lines += 1;
        }
        _ => runs.push(OwnedRun { side, start: number, lines: 1, owner }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribution::side_lines::{kept, side_lines};
    use crate::attribution::test_release::hunk;
    use crate::confidence::Confidence;
    use crate::hunks::comparison::MatchKind;
    use hunktrace_indexer::fingerprint::LineHasher;
    use hunktrace_indexer::graph::CommitOrdinal;

    fn owner(commit: u32) -> Option<RunOwner> {
        let commit = CommitOrdinal(commit);
        Some(RunOwner { commit, confidence: Confidence(0.9), kind: MatchKind::Changes })
    }

    fn hunk_at(old_start: u32, new_start: u32, lines: &[&str]) -> Hunk {
        Hunk { old_start, new_start, ..hunk(lines) }
    }

    /// The side, first line, length and commit of a run.
    type Run = (Side, u32, u32, Option<u32>);

    /// The runs of each hunk.
    fn runs(hunks: Vec<Hunk>, owners: &FileOrigins) -> Vec<Vec<Run>> {
        let lines = kept(&side_lines(&hunks, &mut LineHasher::default()));
        let mut file = ReleaseFile { new_path: Some("gate.c".into()), hunks, ..ReleaseFile::default() };
        file.forget_text();
        let run = |run: &OwnedRun| (run.side, run.start, run.lines, run.owner.map(|owner| owner.commit.0));
        owned_runs(&file, &lines, owners).iter().map(|runs| runs.iter().map(run).collect()).collect()
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

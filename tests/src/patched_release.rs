//! A vendor's release in which each upstream commit has another fate, for questions to a tree.

use std::fmt::Write;

use crate::git_repository::GitRepository;
use crate::workplace::Workplace;

/// The flags that name base and release.
pub const TREES: [&str; 4] = ["--base", "upstream:v4.0", "--vendor", "upstream:vendor"];

/// The file that most happens in.
pub const FILE: &str = "drivers/gate.c";

/// The other file.
pub const OTHER_FILE: &str = "drivers/wall.c";

/// How many lines a file has.
const LINES: usize = 48;

/// An upstream repository with an index, and a vendor branch that squashes some of its commits.
pub struct PatchedRelease {
    /// The folder of the test.
    pub place: Workplace,
    /// The upstream repository, with the vendor's branch checked out.
    pub repository: GitRepository,
    /// The commit that the base has.
    pub in_base: String,
    /// A commit that the base has and upstream has undone; the vendor has taken that.
    pub reverted: String,
    /// The commit that undoes it.
    pub reverting: String,
    /// A commit that the vendor has.
    pub complete: String,
    /// A commit that the vendor does not have.
    pub absent: String,
    /// A commit of which the vendor has one file of two.
    pub partial: String,
    /// A commit of which no line is left, because the vendor has the next one.
    pub superseded: String,
    /// The commit that has rewritten it.
    pub superseding: String,
    /// A commit that says to mend the one of the base, and that the vendor does not have.
    pub fix: String,
    /// A commit that says to mend that one.
    pub fix_of_fix: String,
}

/// A file in which some lines are others.
pub fn text(word: &str, edits: &[(usize, &str)]) -> String {
    let mut text = String::new();
    for number in 0..LINES {
        match edits.iter().find(|(line, _)| *line == number) {
            Some((_, line)) => writeln!(text, "{line}").ok(),
            None => writeln!(text, "\tcall_the_{word}_function_{number}(dev, {number});").ok(),
        };
    }
    text
}

impl PatchedRelease {
    /// Makes the repository and its index; the vendor's branch is not indexed.
    pub fn new(program: &str) -> PatchedRelease {
        let place = Workplace::new(program);
        let repository = place.repository("upstream");
        let mut gate: Vec<(usize, &str)> = Vec::new();
        let mut commit = |line: Option<(usize, &'static str)>, message: &str| {
            if let Some((number, text)) = line {
                gate.retain(|(known, _)| *known != number);
                if !text.is_empty() {
                    gate.push((number, text));
                }
            }
            repository.write(FILE, text("gate", &gate));
            repository.commit(message)
        };
        repository.write(OTHER_FILE, text("wall", &[]));
        commit(None, "drivers: add gate and wall");
        let in_base = commit(Some((30, "\tbase_opens_the_gate(dev);")), "gate: open it by the base");
        let reverted = commit(Some((2, "\tgate_opens_far_too_early(dev);")), "gate: open early");
        repository.tag("v4.0");
        let complete = commit(Some((6, "\talpha_is_added_here(dev);")), "gate: add alpha");
        let absent = commit(Some((12, "\tbeta_is_added_here(dev);")), "gate: add beta");
        repository.write(OTHER_FILE, text("wall", &[(5, "\tgamma_in_the_wall(dev);")]));
        let partial = commit(Some((18, "\tgamma_in_the_gate(dev);")), "gate, wall: add gamma");
        let superseded = commit(Some((24, "\tdelta_comes_first(dev, DELTA_FLAGS);")), "gate: add delta");
        let superseding =
            commit(Some((24, "\tepsilon_replaces_it(dev, EPSILON_FLAGS);")), "gate: make it epsilon");
        let reverting =
            commit(Some((2, "")), &format!("Revert \"gate: open early\"\n\nThis reverts commit {reverted}."));
        let fix = commit(
            Some((31, "\tcheck_the_gate_of_the_base(dev);")),
            &format!("gate: check it\n\nFixes: {} (\"gate: open it by the base\")", &in_base[..12]),
        );
        let fix_of_fix = commit(
            Some((31, "\tcheck_the_gate_of_the_base_twice(dev);")),
            &format!("gate: check it twice\n\nFixes: {} (\"gate: check it\")", &fix[..12]),
        );
        repository.tag("v4.1");
        place.index("index", "upstream");

        repository.branch("vendor", "v4.0");
        let vendor = [
            (30, "\tbase_opens_the_gate(dev);"),
            (6, "\talpha_is_added_here(dev);"),
            (18, "\tgamma_in_the_gate(dev);"),
            (24, "\tepsilon_replaces_it(dev, EPSILON_FLAGS);"),
        ];
        repository.commit_file(FILE, text("gate", &vendor), "vendor release 1");
        PatchedRelease {
            place,
            repository,
            in_base,
            reverted,
            reverting,
            complete,
            absent,
            partial,
            superseded,
            superseding,
            fix,
            fix_of_fix,
        }
    }

    /// Takes the release apart into `out`.
    pub fn take_apart(&self) {
        self.place
            .run(&[&["attribute", "--index", "index", "--out", "out"], &TREES[..]].concat())
            .succeeded();
    }
}

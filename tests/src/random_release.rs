//! A vendor's release made by chance: some hundred upstream commits that change lines of a few files, of which the vendor has
//! taken some, each of them whole or in part.

use std::collections::BTreeMap;

use fastrand::Rng;

use crate::git_repository::GitRepository;
use crate::workplace::Workplace;

/// How many lines each file has.
const LINES: usize = 80;

/// The files.
const FILES: [&str; 5] = ["net/port.c", "net/relay.c", "fs/log.c", "drivers/gate.c", "mm/pool.c"];

/// The texts of all files, line by line.
type Tree = BTreeMap<&'static str, Vec<String>>;

/// A change of a line: the file, the line from 0, and what stands there afterwards.
type Edit = (&'static str, usize, String);

/// An upstream repository with an index, and a vendor's branch.
pub struct RandomRelease {
    /// The folder of the test.
    pub place: Workplace,
    /// The commits between base and `v4.1`, the oldest first, each with whether the vendor has taken something of it.
    pub commits: Vec<(String, bool)>,
}

impl RandomRelease {
    /// Makes the repository and its index, by this many commits; the vendor's branch is not indexed.
    pub fn new(program: &str, commits: usize, seed: u64) -> RandomRelease {
        let mut rng = Rng::with_seed(seed);
        let place = Workplace::new(program);
        let repository = place.repository("upstream");
        let line = |file: &str, number: usize| {
            let word = file.split(['/', '.']).nth(1).unwrap_or_default();
            format!("\t{word}_calls_function_{number}(dev, {number});")
        };
        let mut upstream: Tree = FILES.map(|file| (file, (0..LINES).map(|n| line(file, n)).collect())).into();
        write(&repository, &upstream);
        repository.commit("all: add the files");
        repository.tag("v4.0");
        let mut vendor = upstream.clone();
        let mut made = Vec::with_capacity(commits);
        for number in 0..commits {
            let edits = edits(&mut rng, number);
            apply(&mut upstream, &edits);
            write(&repository, &upstream);
            let id = repository.commit(&format!("{}: change {number}", edits[0].0));
            let taken: Vec<Edit> = match rng.u8(0..10) {
                0..4 => edits,
                4 => edits.into_iter().take(1).collect(),
                _ => Vec::new(),
            };
            apply(&mut vendor, &taken);
            made.push((id, !taken.is_empty()));
        }
        repository.tag("v4.1");
        place.index("index", "upstream");
        repository.branch("vendor", "v4.0");
        write(&repository, &vendor);
        repository.commit("vendor release 1");
        RandomRelease { place, commits: made }
    }
}

/// The changes of a commit: one to three places of one or two files, one to three neighbouring lines each.
fn edits(rng: &mut Rng, number: usize) -> Vec<Edit> {
    let files: Vec<&'static str> = rng.choose_multiple(FILES, rng.clone().usize(1..=2));
    let mut edits = Vec::new();
    for place in 0..rng.usize(1..=3) {
        let file = files[place % files.len()];
        let start = rng.usize(0..LINES - 3);
        for line in start..start + rng.usize(1..=3) {
            let word = rng.u32(..);
            edits.push((file, line, format!("\tchange_{number}_sets_line_{line}(dev, {word:#010x});")));
        }
    }
    edits
}

fn apply(tree: &mut Tree, edits: &[Edit]) {
    for (file, line, text) in edits {
        if let Some(lines) = tree.get_mut(file) {
            lines[*line].clone_from(text);
        }
    }
}

fn write(repository: &GitRepository, tree: &Tree) {
    for (file, lines) in tree {
        repository.write(file, lines.join("\n") + "\n");
    }
}

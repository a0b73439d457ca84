//! A vendor's release of a drawn history: of some dozens of upstream commits, which rewrite one another, the vendor has taken
//! some, of others a part, and the rest not at all. What became of each is known.

use crate::git_repository::GitRepository;
use crate::workplace::Workplace;

/// The files of the history.
const FILES: [&str; 6] =
    ["drivers/gate.c", "drivers/wall.c", "net/port.c", "net/moat.c", "fs/cellar.c", "kernel/tower.c"];

/// Lines of a file in the beginning.
const LINES: usize = 70;

/// Upstream's commits.
const COMMITS: usize = 90;

/// The share of the commits that the vendor takes, in percent, and of those that it takes a part of.
const TAKEN_PERCENT: u32 = 55;
const PARTLY_PERCENT: u32 = 12;

/// What became of a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// The vendor has all of it, and some line of it is left.
    Complete,
    /// The vendor has the part of it that is in one file, and lines of it are left.
    Partial,
    /// The vendor has it, and later commits have rewritten all that it brought.
    Rewritten,
    /// The vendor has it, and it only takes lines away.
    TakesAway,
    /// The vendor does not have it.
    Absent,
}

/// A commit of the history.
#[derive(Clone, Debug)]
pub struct DrawnCommit {
    /// Its id.
    pub id: String,
    /// What became of it.
    pub fate: Fate,
}

/// An upstream repository with an index, and a branch `vendor` that has taken some of its commits.
pub struct DrawnRelease {
    /// The folder of the test.
    pub place: Workplace,
    /// The commits, in their order.
    pub commits: Vec<DrawnCommit>,
}

/// A change of one line, by its text.
#[derive(Clone, Debug)]
enum Edit {
    Replace(String, String),
    Insert(String, Vec<String>),
    Remove(String),
}

/// The lines of each file.
type Texts = Vec<Vec<String>>;

impl Edit {
    fn anchor(&self) -> &str {
        match self {
            Edit::Replace(anchor, _) | Edit::Insert(anchor, _) | Edit::Remove(anchor) => anchor,
        }
    }

    fn brings(&self) -> Vec<&String> {
        match self {
            Edit::Replace(_, line) => vec![line],
            Edit::Insert(_, lines) => lines.iter().collect(),
            Edit::Remove(_) => Vec::new(),
        }
    }

    /// Makes the change; nothing where the line that it goes by is not there.
    fn apply(&self, lines: &mut Vec<String>) {
        let Some(at) = lines.iter().position(|line| line == self.anchor()) else { return };
        match self {
            Edit::Replace(_, line) => lines[at].clone_from(line),
            Edit::Insert(_, more) => drop(lines.splice(at + 1..at + 1, more.iter().cloned())),
            Edit::Remove(_) => drop(lines.remove(at)),
        }
    }
}

/// Draws histories.
struct Drawing {
    random: fastrand::Rng,
}

impl Drawing {
    fn word(&mut self) -> String {
        const SYLLABLES: [&str; 16] = [
            "ba", "cor", "dim", "fel", "gus", "hin", "jor", "kal", "lem", "mor", "nap", "pol", "rit", "sun",
            "tav", "wex",
        ];
        (0..3).map(|_| SYLLABLES[self.random.usize(..SYLLABLES.len())]).collect()
    }

    /// A line that stands nowhere else.
    fn line(&mut self) -> String {
        let words: Vec<String> = (0..4).map(|_| self.word()).collect();
        format!("\t{}_{}({}, {});", words[0], words[1], words[2], words[3])
    }

    fn edit(&mut self, lines: &[String]) -> Edit {
        let anchor = lines[self.random.usize(2..lines.len() - 2)].clone();
        match self.random.u32(..10) {
            0..5 => Edit::Replace(anchor, self.line()),
            5..8 => Edit::Insert(anchor, vec![self.line(), self.line()]),
            _ => Edit::Remove(anchor),
        }
    }

    /// One change of a file, or one each of two.
    fn edits(&mut self, upstream: &Texts) -> Vec<(usize, Edit)> {
        let first = self.random.usize(..FILES.len());
        let second = (first + self.random.usize(1..FILES.len())) % FILES.len();
        let files = if self.random.u32(..10) < 4 { vec![first, second] } else { vec![first] };
        files.into_iter().map(|file| (file, self.edit(&upstream[file]))).collect()
    }

    /// How many of a commit's changes the vendor takes.
    fn taken(&mut self, of: usize) -> usize {
        match self.random.u32(..100) {
            drawn if drawn < TAKEN_PERCENT => of,
            drawn if drawn < TAKEN_PERCENT + PARTLY_PERCENT && of > 1 => 1,
            _ => 0,
        }
    }
}

/// A commit with what the vendor has taken of it.
struct Taken {
    id: String,
    edits: Vec<(usize, Edit)>,
    taken: usize,
}

impl Taken {
    fn fate(&self, vendor: &Texts) -> Fate {
        let is_left =
            |(file, edit): &(usize, Edit)| edit.brings().into_iter().any(|line| vendor[*file].contains(line));
        let brings = |edits: &[(usize, Edit)]| edits.iter().any(|(_, edit)| !edit.brings().is_empty());
        let taken = &self.edits[..self.taken];
        match self.taken {
            0 => Fate::Absent,
            _ if !brings(taken) => Fate::TakesAway,
            _ if !taken.iter().any(is_left) => Fate::Rewritten,
            taken if taken < self.edits.len() => Fate::Partial,
            _ => Fate::Complete,
        }
    }
}

impl DrawnRelease {
    /// Draws a history by a seed, and makes its repository and index; the vendor's branch is not indexed.
    pub fn new(program: &str, seed: u64) -> DrawnRelease {
        let mut drawing = Drawing { random: fastrand::Rng::with_seed(seed) };
        let place = Workplace::new(program);
        let repository = place.repository("upstream");
        let mut upstream: Texts =
            FILES.iter().map(|_| (0..LINES).map(|_| drawing.line()).collect()).collect();
        write(&repository, &upstream);
        repository.commit("first");
        repository.tag("v4.0");
        let mut vendor = upstream.clone();
        let mut all = Vec::new();
        for number in 0..COMMITS {
            let edits = drawing.edits(&upstream);
            edits.iter().for_each(|(file, edit)| edit.apply(&mut upstream[*file]));
            write(&repository, &upstream);
            let id = repository.commit(&format!("gate: change number {number}"));
            let fits = |(file, edit): &(usize, Edit)| vendor[*file].iter().any(|line| line == edit.anchor());
            let taken = if edits.iter().all(fits) { drawing.taken(edits.len()) } else { 0 };
            edits[..taken].iter().for_each(|(file, edit)| edit.apply(&mut vendor[*file]));
            all.push(Taken { id, edits, taken });
        }
        repository.tag("v4.1");
        place.index("index", "upstream");
        repository.branch("vendor", "v4.0");
        write(&repository, &vendor);
        repository.commit("vendor release 1");
        let commits =
            all.iter().map(|taken| DrawnCommit { id: taken.id.clone(), fate: taken.fate(&vendor) }).collect();
        DrawnRelease { place, commits }
    }
}

fn write(repository: &GitRepository, texts: &Texts) {
    for (file, lines) in FILES.iter().zip(texts) {
        repository.write(file, lines.iter().map(|line| format!("{line}\n")).collect::<String>());
    }
}

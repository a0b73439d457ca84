//! Which subsystem a commit belongs to, by the files that it changes.
//!
//! Of the sections that have at least half of its changed lines, the one whose patterns lead deepest on the average of
//! these lines has the commit: what `get_maintainer.pl` names first for most of it. Of equally deep ones it is the one that
//! has more of the lines, then the first in the file. Where no section has half, the commit is of several subsystems, and
//! none is named. A change without lines (a mode, a name, binary content) counts as one line.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::rc::Rc;

use bstr::{BStr, BString};

use super::{Maintainers, SectionMatch, SectionPlace};
use crate::hunk::HunkLines;
use crate::segment::stored_hunk::HunkView;

/// How many paths are kept with their sections; those of Linux 6.12 are 90,000.
const KEPT_PATHS: usize = 1 << 16;

/// Finds the subsystems of commits. It keeps the sections of paths, because most are changed again and again.
pub struct SubsystemFinder<'a> {
    maintainers: &'a Maintainers,
    known: HashMap<BString, Rc<[SectionMatch]>>,
}

/// The changed lines of a commit, by section.
#[derive(Clone, Debug, Default)]
pub struct CommitLines {
    lines: u64,
    sections: HashMap<SectionPlace, SectionShare>,
}

/// What a section has of a commit.
#[derive(Clone, Copy, Debug, Default)]
struct SectionShare {
    lines: u64,
    /// The depth of the patterns, summed up over the lines.
    folders: i64,
    /// The length of the patterns, summed up over the lines.
    bytes: u64,
}

impl<'a> SubsystemFinder<'a> {
    /// A finder by the sections of a file.
    pub fn new(maintainers: &'a Maintainers) -> SubsystemFinder<'a> {
        SubsystemFinder { maintainers, known: HashMap::new() }
    }

    /// Adds a hunk of a commit to its lines.
    pub fn add(&mut self, commit: &mut CommitLines, hunk: &HunkView<'_>) {
        if self.maintainers.is_empty() {
            return;
        }
        let changed = |body| HunkLines::of(body).filter(|line| line.sign.is_change()).count();
        let lines = hunk.lines.map_or(1, |lines| changed(lines.body)) as u64;
        commit.lines += lines;
        for found in self.sections(hunk.path()).iter() {
            let share = commit.sections.entry(found.section).or_default();
            share.lines += lines;
            share.folders += found.depth.folders as i64 * lines as i64;
            share.bytes += found.depth.bytes as u64 * lines;
        }
    }

    /// The title of the section that a commit belongs to; none where it belongs to none, or to several.
    pub fn subsystem(&self, commit: &CommitLines) -> Option<String> {
        let most = commit.sections.iter().filter(|(_, share)| share.lines * 2 >= commit.lines);
        let (section, _) = most.min_by(|(a, one), (b, other)| {
            let deeper = other.average(other.folders).total_cmp(&one.average(one.folders));
            let longer = || other.average(other.bytes as i64).total_cmp(&one.average(one.bytes as i64));
            let larger = || (Reverse(one.lines), a).cmp(&(Reverse(other.lines), b));
            deeper.then_with(longer).then_with(larger)
        })?;
        Some(self.maintainers.title(*section).to_string())
    }

    fn sections(&mut self, path: &BStr) -> Rc<[SectionMatch]> {
        if let Some(known) = self.known.get(path) {
            return Rc::clone(known);
        }
        if self.known.len() >= KEPT_PATHS {
            self.known.clear();
        }
        let found: Rc<[SectionMatch]> = self.maintainers.matches(path).into();
        self.known.insert(path.to_owned(), Rc::clone(&found));
        found
    }
}

impl SectionShare {
    fn average(&self, sum: i64) -> f64 {
        sum as f64 / self.lines.max(1) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hunk::{Hunk, Sign};
    use crate::segment::stored_hunk::{FileSide, StoredHunk};

    const TEXT: &str = "
EXAMPLE ETHERNET DRIVER
F:	drivers/net/example/

NETWORKING DRIVERS
F:	drivers/net/
F:	include/linux/netdevice.h

MEMORY MANAGEMENT
F:	mm/

THE REST
F:	*
F:	*/
";

    /// A file and how many lines of it a commit changes; 0 for a change of its mode.
    fn subsystem(files: &[(&str, usize)]) -> Option<String> {
        let maintainers = Maintainers::parse(TEXT.as_bytes()).expect("a small file");
        let mut finder = SubsystemFinder::new(&maintainers);
        let mut commit = CommitLines::default();
        for (path, lines) in files {
            let mut hunk = Hunk::default();
            hunk.push_line(Sign::Context, b"a", true);
            (0..*lines).for_each(|_| hunk.push_line(Sign::Added, b"b", true));
            let new = FileSide { path: (*path).into(), mode: 0o100_644, blob: None };
            let stored = StoredHunk { old: None, new: Some(new), hunk: (*lines > 0).then_some(hunk) };
            finder.add(&mut commit, &stored.view());
        }
        finder.subsystem(&commit)
    }

    #[test]
    fn the_most_specific_section_that_has_most_of_a_commit_has_it() {
        let example = "drivers/net/example/a.c";
        assert_eq!(subsystem(&[(example, 1)]).as_deref(), Some("EXAMPLE ETHERNET DRIVER"));
        assert_eq!(
            subsystem(&[(example, 3), ("drivers/net/b.c", 3)]).as_deref(),
            Some("EXAMPLE ETHERNET DRIVER")
        );
        assert_eq!(subsystem(&[(example, 3), ("drivers/net/b.c", 4)]).as_deref(), Some("NETWORKING DRIVERS"));
        assert_eq!(subsystem(&[("mm/a.c", 5), ("drivers/net/b.c", 4)]).as_deref(), Some("MEMORY MANAGEMENT"));
    }

    #[test]
    fn a_commit_of_several_subsystems_or_of_none_has_none() {
        assert_eq!(subsystem(&[]), None);
        assert_eq!(subsystem(&[("Makefile", 4)]), None);
        assert_eq!(subsystem(&[("mm/a.c", 3), ("drivers/net/b.c", 3), ("fs/c.c", 3)]), None);
        assert_eq!(subsystem(&[("mm/a.c", 3), ("Makefile", 4)]), None);
    }

    #[test]
    fn a_change_without_lines_counts_as_one_line() {
        assert_eq!(subsystem(&[("mm/a.c", 0)]).as_deref(), Some("MEMORY MANAGEMENT"));
        assert_eq!(subsystem(&[("mm/a.c", 0), ("fs/b.c", 2)]), None);
    }
}

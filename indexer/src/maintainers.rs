//! Which subsystem a path belongs to, by the kernel's `MAINTAINERS` file.
//!
//! The file is read as the kernel's `scripts/get_maintainer.pl` reads it: `F:` patterns count by how deep they lead,
//! `X:` patterns take files out of their section, and `N:` is a regular expression for any path. Of the sections that
//! match, the one with the deepest pattern has the path; what a commit belongs to is told by all of its files (see
//! [`commit_subsystem`]). Nothing in the file can make it slow: a path is compared only with the patterns of the folders
//! that it lies in, whose number is limited, and expressions are matched in linear time.

use std::cmp::Reverse;
use std::collections::HashMap;

use bstr::{BStr, BString, ByteSlice};
use regex::bytes::{Regex, RegexBuilder, RegexSet, RegexSetBuilder};

use self::path_pattern::PathPattern;

pub mod commit_subsystem;
mod path_pattern;

/// Where the file lies in a tree.
pub const MAINTAINERS_PATH: &str = "MAINTAINERS";

/// The largest file that is read, in bytes; that of Linux 6.12 has 0.8 million.
pub const MOST_BYTES: usize = 16 << 20;

/// The most patterns in one folder, exclusions of one section, and expressions in all; Linux 6.12 has 534, 33 and 95.
const MOST_PATTERNS: usize = 4096;

/// The depth of an `N:` expression: any folder is deeper, and a pattern that begins with `*` is not.
const NAME_DEPTH: PatternDepth = PatternDepth { folders: 0, bytes: 0 };

/// Why a `MAINTAINERS` file is not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// It is too large.
    #[error("it has {0} bytes, more than {MOST_BYTES}")]
    Bytes(usize),
    /// It has too many patterns in one place.
    #[error(
        "line {0}: more than {MOST_PATTERNS} patterns begin in one folder, exclude from one section, or are expressions"
    )]
    Patterns(usize),
}

/// The sections of a `MAINTAINERS` file.
#[derive(Debug, Default)]
pub struct Maintainers {
    sections: Vec<Section>,
    /// The patterns by the folder that they begin in, each with its section.
    by_folder: HashMap<BString, Vec<(PathPattern, SectionPlace)>>,
    /// The expressions, and the section of each.
    names: Option<RegexSet>,
    name_sections: Vec<SectionPlace>,
}

/// A section's place in its file, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SectionPlace(usize);

/// How far a pattern leads to a path: what leads deeper says more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PatternDepth {
    /// As the kernel's script counts it: from 1; 0 for an expression, -1 for a pattern that begins with `*`.
    folders: isize,
    /// The pattern's length: of equally deep ones the longer says more.
    bytes: usize,
}

/// A section that a path belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SectionMatch {
    /// The section.
    pub section: SectionPlace,
    /// How far the one of its patterns that leads deepest does.
    pub depth: PatternDepth,
}

#[derive(Debug)]
struct Section {
    title: BString,
    exclusions: Vec<PathPattern>,
}

impl Maintainers {
    /// Reads a file's text.
    ///
    /// # Errors
    ///
    /// If it is larger, or has more patterns in one place, than any such file needs. Lines that say nothing, and
    /// expressions that only Perl understands, are passed over.
    pub fn parse(text: &[u8]) -> Result<Maintainers, Unusable> {
        if text.len() > MOST_BYTES {
            return Err(Unusable::Bytes(text.len()));
        }
        let mut read = Maintainers::default();
        let mut expressions = Vec::new();
        let mut title: &BStr = "".into();
        let mut is_in_section = false;
        for (index, line) in text.lines().enumerate() {
            let Some((kind, value)) = field(line) else {
                if !(line.trim().is_empty() || line.trim_start().starts_with(b"#")) {
                    (title, is_in_section) = (line.trim().as_bstr(), false);
                }
                continue;
            };
            if !is_in_section {
                read.sections.push(Section { title: title.into(), exclusions: Vec::new() });
                is_in_section = true;
            }
            let patterns = match kind {
                b'F' => read.add_pattern(value),
                b'X' => read.add_exclusion(value),
                b'N' => {
                    expressions.extend(expression(value).map(|found| (found, read.last_section())));
                    expressions.len()
                }
                _ => 0,
            };
            if patterns > MOST_PATTERNS {
                return Err(Unusable::Patterns(index + 1));
            }
        }
        read.name_sections = expressions.iter().map(|(_, section)| *section).collect();
        let sources = expressions.iter().map(|(expression, _)| expression.as_str());
        // Only a set that is too large as a whole fails; then no expression counts.
        read.names = RegexSetBuilder::new(sources).ignore_whitespace(true).unicode(false).build().ok();
        Ok(read)
    }

    /// The section that is being read.
    fn last_section(&self) -> SectionPlace {
        SectionPlace(self.sections.len().saturating_sub(1))
    }

    /// Adds a pattern to the last section. How many there are in its folder.
    fn add_pattern(&mut self, value: &[u8]) -> usize {
        let Some(pattern) = PathPattern::new(value).filter(|pattern| !pattern.is_everything()) else {
            return 0;
        };
        let section = self.last_section();
        let in_folder = self.by_folder.entry(pattern.folder().into()).or_default();
        in_folder.push((pattern, section));
        in_folder.len()
    }

    /// Adds an exclusion to the last section. How many it has.
    fn add_exclusion(&mut self, value: &[u8]) -> usize {
        let Some(section) = self.sections.last_mut() else { return 0 };
        section.exclusions.extend(PathPattern::new(value));
        section.exclusions.len()
    }

    /// The title of the section that a path belongs to: the one with the deepest pattern, then the longest, then the
    /// first. The section for everything is none.
    pub fn subsystem(&self, path: &BStr) -> Option<&BStr> {
        let best =
            self.matches(path).into_iter().min_by_key(|found| (Reverse(found.depth), found.section))?;
        Some(self.title(best.section))
    }

    /// The sections that a path belongs to, each once, by their place in the file.
    pub fn matches(&self, path: &BStr) -> Vec<SectionMatch> {
        let folders = path.rfind_iter(b"/").map(|slash| path[..slash].as_bstr()).chain([BStr::new("")]);
        let patterns = folders.filter_map(|folder| self.by_folder.get(folder)).flatten();
        let by_pattern = patterns.filter_map(|(pattern, section)| {
            let depth = PatternDepth { folders: pattern.depth(path)?, bytes: pattern.len() };
            Some(SectionMatch { section: *section, depth })
        });
        let by_name = self.names.iter().flat_map(|names| names.matches(path));
        let by_name = by_name
            .map(|expression| SectionMatch { section: self.name_sections[expression], depth: NAME_DEPTH });
        let mut found: Vec<SectionMatch> = by_pattern.chain(by_name).collect();
        found.sort_unstable_by_key(|found| (found.section, Reverse(found.depth)));
        found.dedup_by_key(|found| found.section);
        found.retain(|found| {
            let section = &self.sections[found.section.0];
            !section.title.is_empty() && !section.excludes(path)
        });
        found
    }

    /// The title of a section.
    pub fn title(&self, section: SectionPlace) -> &BStr {
        self.sections[section.0].title.as_bstr()
    }

    /// Whether no path belongs to anything.
    pub fn is_empty(&self) -> bool {
        self.by_folder.is_empty() && self.name_sections.is_empty()
    }
}

impl Section {
    fn excludes(&self, path: &BStr) -> bool {
        self.exclusions.iter().any(|pattern| pattern.depth(path).is_some())
    }
}

/// A line `X: value`.
fn field(line: &[u8]) -> Option<(u8, &[u8])> {
    match line {
        [kind @ b'A'..=b'Z', b':', value @ ..] => Some((*kind, value.trim())),
        _ => None,
    }
}

/// An expression, if it is one that can be matched in linear time.
fn expression(value: &[u8]) -> Option<String> {
    let text = value.to_str().ok()?;
    let built: Result<Regex, _> = RegexBuilder::new(text).ignore_whitespace(true).unicode(false).build();
    built.is_ok().then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a file of 2.6.32 and one of 6.12 have: a preamble that looks like sections, patterns of every kind, and
    /// the section for everything.
    const TEXT: &str = "
Descriptions of section entries:

	M: Mail patches to: FullName <address@domain>
	F: Files and directories with wildcard patterns.
	   F:	drivers/net/	all files in and below drivers/net

Maintainers List (try to look for most precise areas first)

		-----------------------------------

3C505 NETWORK DRIVER
M:	Somebody <somebody@example.org>
F:	drivers/net/3c505*

ARM/EXYNOS ARM ARCHITECTURES
N:	exynos
N:	(?<=not)linear

EXT2 FILE SYSTEM
F:	fs/ext2
F:	include/linux/ext2*
# a remark inside a section
X:	fs/ext2/xip.[ch]
X:	fs/ext2/xip?c

NETWORKING DRIVERS
F:	drivers/net/
F:	include/linux/netdevice.h
X:	drivers/net/wireless/

NETWORKING [GENERAL]
F:	net/
F:	drivers/*/net.c

THE REST
F:	*
F:	*/
";

    fn subsystem(path: &str) -> Option<String> {
        let maintainers = Maintainers::parse(TEXT.as_bytes()).unwrap();
        maintainers.subsystem(path.into()).map(|title| title.to_string())
    }

    #[test]
    fn deepest_pattern_wins() {
        let cases = [
            ("drivers/net/3c505.c", "3C505 NETWORK DRIVER"),
            ("drivers/net/tg3.c", "NETWORKING DRIVERS"),
            ("drivers/net/bnx2x/bnx2x_main.c", "NETWORKING DRIVERS"),
            ("fs/ext2/inode.c", "EXT2 FILE SYSTEM"),
            ("include/linux/ext2_fs.h", "EXT2 FILE SYSTEM"),
            ("drivers/block/net.c", "NETWORKING [GENERAL]"),
            ("arch/arm/mach-exynos/Makefile", "ARM/EXYNOS ARM ARCHITECTURES"),
            ("drivers/net/exynos.c", "NETWORKING DRIVERS"),
        ];
        for (path, title) in cases {
            assert_eq!(subsystem(path).as_deref(), Some(title), "{path}");
        }
    }

    #[test]
    fn what_no_section_names_has_none() {
        for path in [
            "Makefile",
            "mm/slab.c",
            "drivers/net/wireless/ath/x.c",
            "fs/ext2/xip.c",
            "drivers/net",
            "notlinear",
        ] {
            assert_eq!(subsystem(path), None, "{path}");
        }
    }

    #[test]
    fn pattern_without_a_slash_at_its_end_does_not_reach_below() {
        assert_eq!(subsystem("include/linux/ext2/x.h"), None);
        assert_eq!(subsystem("drivers/a/b/net.c"), None);
    }

    #[test]
    fn hostile_files_are_refused_or_matched_quickly() {
        let many: String = (0..=MOST_PATTERNS).map(|n| format!("F: a/*{n}\n")).collect();
        assert_eq!(
            Maintainers::parse(format!("T\n{many}").as_bytes()).unwrap_err(),
            Unusable::Patterns(MOST_PATTERNS + 2)
        );
        let large = vec![b'x'; MOST_BYTES + 1];
        assert_eq!(Maintainers::parse(&large).unwrap_err(), Unusable::Bytes(MOST_BYTES + 1));
        // For a matcher that tries every way, each of these takes longer than anyone can wait.
        let stars = "*a".repeat(60);
        let text = format!(
            "T\nF: {stars}b\nF: a/{stars}\nN: (a*)*b\nN: ((a{{1000}}){{1000}}){{1000}}\nX: {stars}c\n"
        );
        let maintainers = Maintainers::parse(text.as_bytes()).unwrap();
        let path = format!("a/{}", "a".repeat(4000));
        assert_eq!(maintainers.subsystem(path.as_str().into()), Some("T".into()));
    }
}

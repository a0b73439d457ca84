//! Finds new drivers among the vendor's own changes.
//!
//! A driver is a folder that the base does not have, or a file that a vendor's own line of its folder's `Makefile`
//! builds. With it go the lines that build and configure it, so that it can be taken or left as a whole.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;

use bstr::{BStr, BString, ByteSlice};

use super::build_lines::{config_blocks, lines_that_build, source_lines};
use super::error::Error;
use super::ownership::{OwnedFile, folders};
use super::release::Release;
use super::version::is_file;
use crate::answer::Side;

/// The most drivers that get patches of their own, the largest first; the others stay with their subsystems.
const MOST_DRIVERS: usize = 200;

/// Lines of a file of the vendor tree, counted from 1.
pub(super) type NewLines = Range<u32>;

/// The new drivers of a release.
#[derive(Debug, Default)]
pub(super) struct NewDrivers {
    /// Their paths: folders, or files.
    pub paths: Vec<BString>,
    /// The driver of each file that is all of one, by the files' places.
    pub files: HashMap<usize, usize>,
    /// The lines of other files that belong to drivers, in order, by the files' places.
    pub lines: HashMap<usize, Vec<(NewLines, usize)>>,
}

/// A driver that may get a patch of its own.
struct Candidate<'a> {
    path: &'a BStr,
    /// Its files, by their places.
    files: Vec<usize>,
    /// The lines that build and configure it: the file's place, and which.
    lines: Vec<(usize, NewLines)>,
    size: u64,
}

/// The files that differ, for looking things up.
struct Changes<'a, R> {
    files: &'a [OwnedFile],
    by_path: HashMap<&'a BStr, usize>,
    release: &'a R,
}

/// Looks for new drivers in the files that differ.
///
/// # Errors
///
/// If a `Makefile` or `Kconfig` cannot be read.
pub(super) fn find(files: &[OwnedFile], release: &impl Release) -> Result<NewDrivers, Error> {
    let by_path = files.iter().enumerate().map(|(place, file)| (file.path.as_bstr(), place)).collect();
    let changes = Changes { files, by_path, release };
    let own: Vec<usize> = (0..files.len()).filter(|place| changes.is_new_and_own(*place)).collect();
    let mut candidates = changes.new_folders(&own);
    let in_folders: HashSet<usize> =
        candidates.iter().flat_map(|candidate| &candidate.files).copied().collect();
    let single: Vec<usize> = own.into_iter().filter(|place| !in_folders.contains(place)).collect();
    for candidate in &mut candidates {
        candidate.lines = changes.lines_for(candidate.path, "/")?;
    }
    candidates.extend(changes.new_files(&single)?);
    candidates.sort_by_key(|candidate| (Reverse(candidate.size), candidate.path));
    candidates.truncate(MOST_DRIVERS);
    candidates.sort_by_key(|candidate| candidate.path);
    Ok(gathered(candidates))
}

fn gathered(candidates: Vec<Candidate<'_>>) -> NewDrivers {
    let mut found = NewDrivers::default();
    for (driver, candidate) in candidates.into_iter().enumerate() {
        found.paths.push(candidate.path.into());
        found.files.extend(candidate.files.iter().map(|place| (*place, driver)));
        for (place, lines) in candidate.lines {
            found.lines.entry(place).or_default().push((lines, driver));
        }
    }
    for lines in found.lines.values_mut() {
        lines.sort_by_key(|(lines, driver)| (lines.start, *driver));
        // A line that builds two drivers goes with the first.
        let mut end = 0;
        lines.retain(|(lines, _)| {
            let is_free = lines.start >= end;
            end = end.max(lines.end);
            is_free
        });
    }
    found
}

impl<'a, R: Release> Changes<'a, R> {
    /// Whether a file is not in the base and nothing in it comes from a commit.
    fn is_new_and_own(&self, place: usize) -> bool {
        let file = &self.files[place];
        self.is_new(file)
            && self.release.mode(Side::New, file.path.as_bstr()).is_some_and(is_file)
            && file.owner.is_none()
            && file.runs.iter().all(|run| run.commit().is_none())
    }

    fn is_new(&self, file: &OwnedFile) -> bool {
        file.moved_from.is_none() && self.release.mode(Side::Old, file.path.as_bstr()).is_none()
    }

    /// The topmost folders that the base does not have, all of whose files are the vendor's own, and which have code.
    fn new_folders(&self, own: &[usize]) -> Vec<Candidate<'a>> {
        let own: HashSet<usize> = own.iter().copied().collect();
        let mut mixed: HashSet<&BStr> = HashSet::new();
        for (place, file) in self.files.iter().enumerate() {
            let is_there = self.release.mode(Side::New, file.path.as_bstr()).is_some();
            if is_there && !own.contains(&place) {
                mixed.extend(folders(file.path.as_bstr()));
            }
        }
        let mut by_folder: BTreeMap<&BStr, Vec<usize>> = BTreeMap::new();
        let mut places: Vec<usize> = own.into_iter().collect();
        places.sort_unstable();
        for place in places {
            let in_folders = folders(self.files[place].path.as_bstr());
            let new = in_folders
                .take_while(|folder| !mixed.contains(folder) && !self.release.has_folder(Side::Old, folder));
            if let Some(top) = new.last() {
                by_folder.entry(top).or_default().push(place);
            }
        }
        let has_code = |files: &[usize]| files.iter().any(|place| is_code(&self.files[*place].path));
        let with_code = by_folder.into_iter().filter(|(_, files)| has_code(files));
        with_code.map(|(path, files)| self.candidate(path, files, Vec::new())).collect()
    }

    /// The files that the vendor builds by lines of its own, each with those that are called like it.
    fn new_files(&self, own: &[usize]) -> Result<Vec<Candidate<'a>>, Error> {
        let mut found = Vec::new();
        let mut taken: HashSet<usize> = HashSet::new();
        for place in own {
            let path = self.files[*place].path.as_bstr();
            if taken.contains(place) || !is_code(path) {
                continue;
            }
            let stem = path[..path.rfind_byte(b'.').unwrap_or(path.len())].as_bstr();
            let lines = self.lines_for(stem, ".o")?;
            if lines.is_empty() {
                continue;
            }
            let is_part = |other: &&usize| {
                let rest = self.files[**other].path.strip_prefix(stem.as_bytes());
                rest.is_some_and(|rest| {
                    matches!(rest.first(), Some(b'.' | b'_' | b'-')) && !rest.contains(&b'/')
                })
            };
            let parts: Vec<usize> =
                own.iter().filter(is_part).filter(|part| !taken.contains(part)).copied().collect();
            taken.extend(&parts);
            found.push(self.candidate(path, parts, lines));
        }
        Ok(found)
    }

    fn candidate(&self, path: &'a BStr, files: Vec<usize>, lines: Vec<(usize, NewLines)>) -> Candidate<'a> {
        let runs = files.iter().flat_map(|place| &self.files[*place].runs);
        let size = runs.map(|run| u64::from(run.lines)).sum();
        Candidate { path, files, lines, size }
    }

    /// The vendor's own lines that build and configure what has this path but for its `ending`.
    fn lines_for(&self, path: &BStr, ending: &str) -> Result<Vec<(usize, NewLines)>, Error> {
        let slash = path.rfind_byte(b'/');
        let folder = slash.map_or(&b""[..], |slash| &path[..=slash]);
        let target = [&path[folder.len()..], ending.as_bytes()].concat();
        let mut found = Vec::new();
        let mut symbols = HashSet::new();
        for name in ["Makefile", "Kbuild"] {
            let Some((place, text)) = self.own_text(folder, name)? else { continue };
            for (line, symbol) in lines_that_build(&text, &target) {
                if self.is_own_line(place, line) {
                    found.push((place, line..line + 1));
                    symbols.extend(symbol);
                }
            }
        }
        let Some((place, text)) = self.own_text(folder, "Kconfig")? else { return Ok(found) };
        let is_own = |line: u32| self.is_own_line(place, line);
        found.extend(config_blocks(&text, &symbols, is_own).into_iter().map(|lines| (place, lines)));
        if ending == "/" {
            let source = [path.as_bytes(), b"/Kconfig"].concat();
            let lines = source_lines(&text, &source).into_iter().filter(|line| is_own(*line));
            found.extend(lines.map(|line| (place, line..line + 1)));
        }
        Ok(found)
    }

    /// The vendor's text of a file that both trees have.
    fn own_text(&self, folder: &[u8], name: &str) -> Result<Option<(usize, Vec<u8>)>, Error> {
        let path = BString::from([folder, name.as_bytes()].concat());
        let Some(place) = self.by_path.get(path.as_bstr()) else { return Ok(None) };
        let file = &self.files[*place];
        if self.is_new(file) || self.release.mode(Side::New, file.path.as_bstr()).is_none() {
            return Ok(None);
        }
        let text = self.release.read(Side::New, file.path.as_bstr());
        let text = text.map_err(|source| Error::Read { path, side: Side::New, source })?;
        Ok(Some((*place, text)))
    }

    /// Whether a line of the vendor tree, counted from 1, is an added one without a commit.
    fn is_own_line(&self, place: usize, line: u32) -> bool {
        self.files[place].runs.iter().any(|run| {
            run.side == Side::New
                && run.commit().is_none()
                && (run.start..run.start + run.lines).contains(&line)
        })
    }
}

fn is_code(path: &[u8]) -> bool {
    path.ends_with(b".c") || path.ends_with(b".S")
}

//! Applying a package's patches to the tree of its tarball, as GNU patch does in the folder.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use bstr::{BStr, BString, ByteSlice};
use hunktrace_indexer::hunk::Sign;
use hunktrace_indexer::patch::{Change, FilePatch, PatchHunk, parse};

use super::content::{Content, Spooled};
use super::entry::{Entry, Mode};
use super::error::Error;
use super::hunk_place::{HunkEdit, Line, Search};
use super::limits::Limits;
use super::member_path;
use super::spool::SpoolWriter;

/// How a patch is to be applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Manner {
    /// Leading parts that are taken off the names in the patch: the N of `-pN`.
    pub strip: usize,
    /// Whether the patch is taken back.
    pub is_reverse: bool,
    /// The most lines of context that need not agree.
    pub max_fuzz: usize,
}

/// What was unusual about a patch that applied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Applied {
    /// Files that it changes.
    pub files: usize,
    /// Hunks of which not all context agrees.
    pub fuzzy_hunks: usize,
}

/// A tree that patches are applied to. What they change is kept in a scratch file, not in memory.
pub(super) struct PatchedTree<'a> {
    archive: &'a str,
    limits: &'a Limits,
    entries: BTreeMap<BString, Entry>,
    spool: SpoolWriter,
}

/// A file of a patch, with the sides exchanged where the patch is taken back.
struct FileChange<'a> {
    patch: &'a str,
    is_reverse: bool,
    old: Option<BString>,
    new: Option<BString>,
    old_mode: Option<u32>,
    new_mode: Option<u32>,
    change: Change,
    hunks: &'a [PatchHunk],
}

impl<'a> PatchedTree<'a> {
    /// Begins with a tree. `archive` names the package in messages.
    pub fn new(
        archive: &'a str,
        limits: &'a Limits,
        entries: BTreeMap<BString, Entry>,
        spool: SpoolWriter,
    ) -> PatchedTree<'a> {
        PatchedTree { archive, limits, entries, spool }
    }

    /// The tree with everything that was applied.
    pub fn finish(self) -> Result<BTreeMap<BString, Entry>, Error> {
        self.spool.finish()?;
        Ok(self.entries)
    }

    /// Applies a patch, `name` in messages.
    ///
    /// # Errors
    /// Where a part of it cannot be read or does not apply; the tree is of no use then.
    pub fn apply(&mut self, name: &str, text: &[u8], manner: Manner) -> Result<Applied, Error> {
        let mut applied = Applied::default();
        if text.is_empty() {
            return Ok(applied);
        }
        let parsed = parse(text);
        if let Some(problem) = parsed.problems.first() {
            return Err(self.fails(name, format!("line {}", problem.line), problem.kind.to_string()));
        }
        for file in parsed.patches.iter().flat_map(|patch| &patch.files) {
            let change = self.file_change(name, file, manner)?;
            applied.fuzzy_hunks += self.apply_file(&change, manner)?;
            applied.files += 1;
        }
        self.spool.flush()?;
        Ok(applied)
    }

    fn file_change<'p>(
        &self,
        name: &'p str,
        file: &'p FilePatch,
        manner: Manner,
    ) -> Result<FileChange<'p>, Error> {
        let label = || file.path().map_or_else(|| "a file without a name".to_owned(), ToString::to_string);
        if file.binary.is_some() || file.is_combined {
            let problem = "is a binary or combined diff, which patch does not apply";
            return Err(self.fails(name, label(), problem.to_owned()));
        }
        let (old, new) = names(file, manner.strip)
            .ok_or_else(|| self.fails(name, label(), format!("has no name behind -p{}", manner.strip)))?;
        let normal = |path: Option<BString>| {
            path.map(|path| member_path::normalise(&path))
                .transpose()
                .map_err(|problem| self.fails(name, label(), problem.to_owned()))
        };
        let mut change = FileChange {
            patch: name,
            is_reverse: manner.is_reverse,
            old: normal(old)?,
            new: normal(new)?,
            old_mode: file.old_mode,
            new_mode: file.new_mode,
            change: file.change,
            hunks: &file.hunks,
        };
        if manner.is_reverse {
            std::mem::swap(&mut change.old, &mut change.new);
            std::mem::swap(&mut change.old_mode, &mut change.new_mode);
            change.change = match change.change {
                Change::Added => Change::Deleted,
                Change::Deleted => Change::Added,
                Change::Copied { .. } => {
                    return Err(self.fails(
                        name,
                        label(),
                        "is a copy, which cannot be taken back".to_owned(),
                    ));
                }
                other => other,
            };
        }
        Ok(change)
    }

    /// Applies what a patch says about a file; returns the number of hunks of which not all context agrees.
    fn apply_file(&mut self, change: &FileChange<'_>, manner: Manner) -> Result<usize, Error> {
        let is_move = matches!(change.change, Change::Renamed { .. } | Change::Copied { .. });
        let from = match (&change.old, &change.new) {
            (Some(old), _) if is_move => old.clone(),
            _ => self.target(change)?,
        };
        let to = match &change.new {
            Some(new) if is_move => new.clone(),
            _ => from.clone(),
        };
        let before = self.entries.get(&from).cloned();
        // Plain diffs say by an old side without lines that a file is new.
        let adds_all = change
            .hunks
            .iter()
            .all(|hunk| (if change.is_reverse { hunk.hunk.new_lines } else { hunk.hunk.old_lines }) == 0);
        let is_new =
            change.change == Change::Added || (before.is_none() && adds_all && !change.hunks.is_empty());
        if is_new && before.as_ref().is_some_and(|entry| entry.size() != Some(0)) {
            return Err(self.file_fails(change, &from, "is to be added, but is there"));
        }
        if !is_new && before.is_none() {
            return Err(self.file_fails(change, &from, "is to be changed, but is not there"));
        }
        if is_move && from != to && self.entries.contains_key(&to) {
            return Err(self.file_fails(change, &to, "is where a file is to be moved, but is there"));
        }
        let text = match &before {
            Some(entry) => entry.content.read(from.as_bstr())?,
            None => Vec::new(),
        };
        let (text, fuzzy) = self.edited(change, &from, &text, manner)?;
        let mode = match (change.new_mode, &before) {
            (Some(mode), _) => mode_of(mode).ok_or_else(|| {
                self.file_fails(change, &to, &format!("has the mode {mode:o}, which is unknown"))
            })?,
            (None, Some(entry)) => entry.mode,
            (None, None) => Mode::Regular,
        };
        if matches!(change.change, Change::Deleted) {
            if !text.is_empty() {
                return Err(self.file_fails(
                    change,
                    &from,
                    "is to be deleted, but has more than the patch says",
                ));
            }
            self.entries.remove(&from);
            return Ok(fuzzy);
        }
        if matches!(change.change, Change::Renamed { .. }) {
            self.entries.remove(&from);
        }
        let entry = self.stored(mode, &text, &to)?;
        self.entries.insert(to, entry);
        Ok(fuzzy)
    }

    /// The file that is meant: of the two names one that is there, and of two such ones the simpler one.
    fn target(&self, change: &FileChange<'_>) -> Result<BString, Error> {
        let names = || [&change.old, &change.new].into_iter().flatten();
        let there = names().filter(|name| self.entries.contains_key(*name));
        let simplicity = |name: &&BString| {
            let base = name.rfind_byte(b'/').map_or(0, |slash| slash + 1);
            (name.find_iter("/").count(), name.len() - base, name.len())
        };
        let best = there.min_by_key(simplicity).or_else(|| names().min_by_key(simplicity));
        best.cloned().ok_or_else(|| self.fails(change.patch, "a file".to_owned(), "has no name".to_owned()))
    }

    fn edited(
        &self,
        change: &FileChange<'_>,
        path: &BString,
        text: &[u8],
        manner: Manner,
    ) -> Result<(Vec<u8>, usize), Error> {
        let file: Vec<Line<'_>> = text.lines_with_terminator().collect();
        let mut out = Vec::with_capacity(text.len());
        let (mut done, mut moved, mut fuzzy) = (0usize, 0i64, 0usize);
        for (number, hunk) in change.hunks.iter().enumerate() {
            let lines = OwnedLines::of(hunk, change.is_reverse);
            let edits = lines.edits();
            let (start, count) = match change.is_reverse {
                false => (hunk.hunk.old_start, hunk.hunk.old_lines),
                true => (hunk.hunk.new_start, hunk.hunk.new_lines),
            };
            // A side without lines names the line before it.
            let named = if count == 0 { start } else { start.saturating_sub(1) };
            let guess = usize::try_from((i64::from(named) + moved).max(0)).unwrap_or(0);
            let search = Search {
                file: &file,
                from: done,
                guess,
                names_first_line: start <= 1,
                max_fuzz: manner.max_fuzz,
            };
            let Some(place) = search.place(&edits) else {
                let problem = format!(
                    "hunk {} (line {} of the patch) does not fit: its lines are nowhere in the file",
                    number + 1,
                    hunk.line
                );
                return Err(self.file_fails(change, path, &problem));
            };
            moved += place.start as i64 - guess as i64;
            fuzzy += usize::from(place.fuzz > 0);
            file[done..place.start].iter().for_each(|line| out.extend_from_slice(line));
            done = place.start;
            for edit in &edits {
                match edit.sign {
                    // As the file has it: where context need not agree, the two differ.
                    Sign::Context => out.extend_from_slice(file[done]),
                    Sign::Added => out.extend_from_slice(edit.line),
                    Sign::Removed => {}
                }
                done += usize::from(edit.sign != Sign::Added);
            }
        }
        file[done..].iter().for_each(|line| out.extend_from_slice(line));
        Ok((out, fuzzy))
    }

    fn stored(&mut self, mode: Mode, text: &[u8], path: &BString) -> Result<Entry, Error> {
        let offset = self.spool.len();
        self.limits
            .check_file_bytes(text.len() as u64)
            .and_then(|()| self.limits.check_total_bytes(offset + text.len() as u64))
            .and_then(|()| self.limits.check_path_bytes(path))
            .and_then(|()| self.limits.check_files(self.entries.len() as u64 + 1))
            .map_err(|exceeded| Error::over_limit(self.archive, path.to_string(), exceeded))?;
        self.spool.append(text)?;
        // A later file of the same patch may change this one again.
        self.spool.flush()?;
        let spool = Arc::clone(self.spool.spool());
        let spooled = Spooled { spool, offset, len: text.len() as u64, id: OnceLock::new() };
        Ok(Entry { mode, content: Content::InSpool(spooled) })
    }

    fn file_fails(&self, change: &FileChange<'_>, path: &BString, problem: &str) -> Error {
        self.fails(change.patch, path.to_string(), problem.to_owned())
    }

    fn fails(&self, patch: &str, place: String, problem: String) -> Error {
        Error::PatchFails { archive: self.archive.to_owned(), patch: patch.to_owned(), place, problem }
    }
}

/// The lines of a hunk, each with its newline.
struct OwnedLines {
    lines: Vec<(Sign, Vec<u8>)>,
}

impl OwnedLines {
    fn of(hunk: &PatchHunk, is_reverse: bool) -> OwnedLines {
        let sign = |sign| match (sign, is_reverse) {
            (Sign::Added, true) => Sign::Removed,
            (Sign::Removed, true) => Sign::Added,
            (sign, _) => sign,
        };
        let lines = hunk.hunk.lines().map(|line| {
            let mut text = line.text.to_vec();
            if line.ends_with_newline {
                text.push(b'\n');
            }
            (sign(line.sign), text)
        });
        OwnedLines { lines: lines.collect() }
    }

    fn edits(&self) -> Vec<HunkEdit<'_>> {
        self.lines.iter().map(|(sign, line)| HunkEdit { sign: *sign, line }).collect()
    }
}

/// The names of a file before and after, `strip` parts taken off; none where the patch says that there is no file.
fn names(file: &FilePatch, strip: usize) -> Option<(Option<BString>, Option<BString>)> {
    let is_move = matches!(file.change, Change::Renamed { .. } | Change::Copied { .. });
    let raw = |marker: &[u8]| {
        let line = file.header.lines().rev().find(|line| line.starts_with(marker))?;
        let name = line[marker.len()..].split(|byte| *byte == b'\t').next()?.trim_end();
        Some(name.as_bstr())
    };
    let (old, new) = (raw(b"--- "), raw(b"+++ "));
    // Names in quotes and those of git's own lines are what the parser makes of them.
    let is_quoted = [old, new].into_iter().flatten().any(|name| name.starts_with(b"\""));
    if old.is_none() || new.is_none() || is_move || is_quoted {
        if strip != 1 {
            return None;
        }
        return Some((file.old_path.clone(), file.new_path.clone()));
    }
    let stripped = |name: &BStr| {
        let rest = (0..strip).try_fold(name, |rest, _| {
            let slash = rest.find_byte(b'/')?;
            Some(rest[slash..].trim_start_with(|character| character == '/').as_bstr())
        })?;
        (!rest.is_empty()).then(|| rest.to_owned())
    };
    let side = |name: Option<&BStr>, is_absent: bool| match name {
        Some(name) if name != "/dev/null" && !is_absent => stripped(name).map(Some),
        _ => Some(None),
    };
    Some((side(old, file.change == Change::Added)?, side(new, file.change == Change::Deleted)?))
}

fn mode_of(mode: u32) -> Option<Mode> {
    match mode & 0o170000 {
        0o100000 => Some(Mode::of_file(mode)),
        0o120000 => Some(Mode::Symlink),
        _ => None,
    }
}

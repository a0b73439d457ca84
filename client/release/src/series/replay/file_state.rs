//! A file as it is after some patches of a series.

use bstr::{BStr, ByteSlice};
use gix::ObjectId;
use hunktrace_indexer::hunk::{Hunk, HunkLine, Sign};
use hunktrace_indexer::patch::{BinaryKind, Change, FilePatch, PatchHunk};

use super::binary_literal::literals;
use super::problem::Problem;
use crate::series::ownership::OwnedFile;
use crate::series::version::{Version, blob_id};

/// Context lines that git and GNU patch rely on; at the ends of a file there may be fewer.
const CONTEXT_LINES: usize = 3;

/// A file between two patches; its text is borrowed from the base and the patches.
#[derive(Default)]
pub(in crate::series) struct FileState<'a> {
    existing: Option<Existing<'a>>,
    /// The file of the base that is still to be moved here, and its name there.
    to_come: Option<(&'a BStr, Existing<'a>)>,
}

struct Existing<'a> {
    mode: u32,
    content: Content<'a>,
}

enum Content<'a> {
    Lines(Vec<Line<'a>>),
    Whole(Vec<u8>),
}

/// A line without its newline.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Line<'a> {
    text: &'a [u8],
    has_newline: bool,
}

impl<'a> FileState<'a> {
    /// The file as the base has it, perhaps under another name.
    pub fn new(file: &'a OwnedFile, base: Option<&'a Version>) -> FileState<'a> {
        let existing =
            base.map(|base| Existing { mode: base.mode, content: Content::from_text(&base.bytes) });
        match &file.moved_from {
            None => FileState { existing, to_come: None },
            Some(from) => FileState { existing: None, to_come: existing.map(|file| (from.as_bstr(), file)) },
        }
    }

    /// Whether the file exists.
    pub fn is_there(&self) -> bool {
        self.existing.is_some()
    }

    /// The mode and the content; `None` where the file does not exist.
    pub fn version(&self) -> Option<Version> {
        let existing = self.existing.as_ref()?;
        Some(Version { mode: existing.mode, bytes: existing.content.to_bytes() })
    }

    /// Does what a patch says about the file.
    pub fn apply(&mut self, path: &BStr, patch: &'a FilePatch) -> Result<(), Problem> {
        if let Change::Renamed { .. } = patch.change {
            return self.move_here(patch);
        }
        check_names(path, patch)?;
        let before = self.existing.take();
        let old_mode = before.as_ref().map(|existing| existing.mode);
        let new_mode = check_change(patch, old_mode)?;
        let mut content = before.map_or_else(|| Content::Lines(Vec::new()), |existing| existing.content);
        match patch.binary {
            Some(BinaryKind::Literal { .. }) => {
                content = replace_binary(path, patch, &content, old_mode.is_some(), new_mode.is_some())?;
            }
            Some(_) => return Err(Problem::new("a binary change does not hold the whole content")),
            None => content.apply(&patch.hunks)?,
        }
        if new_mode.is_none() && !content.is_empty() {
            return Err(Problem::new("the file is deleted although there is something left in it"));
        }
        self.existing = new_mode.map(|mode| Existing { mode, content });
        Ok(())
    }

    /// Moves the file from where the base has it.
    fn move_here(&mut self, patch: &FilePatch) -> Result<(), Problem> {
        let has_other_change = patch.old_mode != patch.new_mode || patch.binary.is_some();
        if !patch.hunks.is_empty() || has_other_change {
            return Err(Problem::new("a file is changed while it is moved"));
        }
        match self.to_come.take() {
            Some((from, file)) if patch.old_path.as_ref().is_some_and(|path| path == from) => {
                self.existing = Some(file);
                Ok(())
            }
            _ => Err(Problem::new("a file is moved that is not known to be moved here")),
        }
    }

    /// Compares the file with the vendor's.
    pub fn compare(&self, vendor: Option<&Version>) -> Result<(), Problem> {
        let (existing, vendor) = match (&self.existing, vendor) {
            (None, None) => return Ok(()),
            (Some(_), None) => return Err(Problem::new("the file is there, but not in the vendor tree")),
            (None, Some(_)) => return Err(Problem::new("the file is missing, but is in the vendor tree")),
            (Some(existing), Some(vendor)) => (existing, vendor),
        };
        if existing.mode != vendor.mode {
            return Err(Problem::new(format!(
                "the file has mode {:06o}, but {:06o} in the vendor tree",
                existing.mode, vendor.mode
            )));
        }
        match existing.content.first_difference(&vendor.bytes) {
            Some(line) => Err(Problem::new(format!("line {line} of the file differs from the vendor tree"))),
            None => Ok(()),
        }
    }
}

/// Checks that the names above the hunks are those of the file, because readers differ in which of them they trust.
fn check_names(path: &BStr, patch: &FilePatch) -> Result<(), Problem> {
    let hunk_names =
        patch.header.lines().filter(|line| line.starts_with(b"--- ") || line.starts_with(b"+++ "));
    for name in hunk_names.map(|line| &line[4..]).filter(|name| *name != b"/dev/null") {
        let name = match name.starts_with(b"\"") {
            true => gix::quote::ansi_c::undo(name.as_bstr())
                .map(|(name, _)| name.into_owned())
                .unwrap_or_default(),
            false => name.into(),
        };
        if name.get(2..) != Some(path.as_bytes()) {
            return Err(Problem::new(format!("the file is also called {name:?}")));
        }
    }
    Ok(())
}

/// Checks what a patch says about the file as a whole. Returns the mode that it has afterwards.
fn check_change(patch: &FilePatch, old_mode: Option<u32>) -> Result<Option<u32>, Problem> {
    let has_mode = patch.old_mode.is_none() || patch.old_mode == old_mode;
    match (patch.change, old_mode) {
        (Change::Renamed { .. } | Change::Copied { .. }, _) => {
            Err(Problem::new("a file is copied, which no patch of a series does"))
        }
        _ if patch.is_combined => Err(Problem::new("it is the diff of a merge")),
        (Change::Added, Some(_)) => Err(Problem::new("a file is created that is there already")),
        (Change::Added, None) => match patch.new_mode {
            Some(mode) => Ok(Some(mode)),
            None => Err(Problem::new("a file is created without a mode")),
        },
        (_, None) => Err(Problem::new("a file is changed that is not there")),
        (_, Some(mode)) if !has_mode => Err(Problem::new(format!("the file has mode {mode:06o} before"))),
        (Change::Deleted, Some(_)) => Ok(None),
        (Change::Modified | Change::ModeOnly, Some(mode)) => Ok(Some(patch.new_mode.unwrap_or(mode))),
    }
}

/// Puts a binary content in the place of another, after checking both against the ids that git checks.
fn replace_binary(
    path: &BStr,
    patch: &FilePatch,
    before: &Content<'_>,
    was_there: bool,
    is_there: bool,
) -> Result<Content<'static>, Problem> {
    let (new, old) = literals(&patch.header)?;
    if old != before.to_bytes() {
        return Err(Problem::new("the old binary content is not the file's"));
    }
    let id = |bytes: &[u8], is_there: bool| match is_there {
        true => blob_id(path, bytes).map_err(|error| Problem::new(error.to_string())),
        false => Ok(ObjectId::null(gix::hash::Kind::Sha1)),
    };
    let ids = format!("{}..{}", id(&old, was_there)?, id(&new, is_there)?);
    let index = patch.header.lines().find_map(|line| line.strip_prefix(b"index "));
    match index.and_then(|index| index.fields().next()) == Some(ids.as_bytes()) {
        true => Ok(Content::Whole(new)),
        false => Err(Problem::new("the ids of a binary change are not those of its contents")),
    }
}

impl<'a> Content<'a> {
    fn from_text(text: &'a [u8]) -> Content<'a> {
        let lines = text.lines_with_terminator().map(|line| match line.strip_suffix(b"\n") {
            Some(text) => Line { text, has_newline: true },
            None => Line { text: line, has_newline: false },
        });
        Content::Lines(lines.collect())
    }

    fn to_bytes(&self) -> Vec<u8> {
        match self {
            Content::Whole(bytes) => bytes.clone(),
            Content::Lines(lines) => {
                let mut bytes = Vec::with_capacity(lines.iter().map(|line| line.text.len() + 1).sum());
                for line in lines {
                    bytes.extend_from_slice(line.text);
                    bytes.extend(line.has_newline.then_some(b'\n'));
                }
                bytes
            }
        }
    }

    fn is_empty(&self) -> bool {
        match self {
            Content::Lines(lines) => lines.is_empty(),
            Content::Whole(bytes) => bytes.is_empty(),
        }
    }

    /// The first line, counted from 1, that differs from a text.
    fn first_difference(&self, text: &[u8]) -> Option<usize> {
        let other = Content::from_text(text);
        match (self, &other) {
            (Content::Lines(lines), Content::Lines(others)) => {
                let equal = lines.iter().zip(others).take_while(|(line, other)| line == other).count();
                (lines.len() != equal || others.len() != equal).then_some(equal + 1)
            }
            _ => (self.to_bytes() != text).then_some(1),
        }
    }

    /// Applies hunks, strictly.
    fn apply(&mut self, hunks: &'a [PatchHunk]) -> Result<(), Problem> {
        if hunks.is_empty() {
            return Ok(());
        }
        let Content::Lines(lines) = self else {
            return Err(Problem::new("lines of a binary file are changed"));
        };
        check_positions(hunks, lines.len())?;
        // From the last one to the first, so that the stated lines stay where they are.
        for hunk in hunks.iter().rev() {
            apply_hunk(lines, hunk)?;
        }
        Ok(())
    }
}

/// The lines of the file that a hunk replaces, counted from 0.
fn old_range(hunk: &Hunk) -> std::ops::Range<usize> {
    let start = if hunk.old_lines == 0 { hunk.old_start } else { hunk.old_start.saturating_sub(1) } as usize;
    start..start + hunk.old_lines as usize
}

/// Checks that hunks follow one another, that both sides' line numbers agree, and that nothing lacks context.
fn check_positions(hunks: &[PatchHunk], lines: usize) -> Result<(), Problem> {
    let mut end = 0;
    let mut delta = 0i64;
    for PatchHunk { hunk, line, is_crlf, is_unterminated, .. } in hunks {
        let problem = |text: &str| Problem::at(*line, text);
        if *is_crlf || *is_unterminated {
            return Err(problem("the hunk lost carriage returns or its end"));
        }
        let old = old_range(hunk);
        if old.start < end {
            return Err(problem("the hunk overlaps the one before"));
        }
        if old.end > lines {
            return Err(problem("the hunk goes beyond the file's end"));
        }
        let new_start = i64::from(hunk.new_start) - i64::from(hunk.new_lines > 0);
        if new_start != old.start as i64 + delta {
            return Err(problem("the hunk's new line number does not follow from those before"));
        }
        let is_context = |line: &HunkLine<'_>| line.sign == Sign::Context;
        let leading = hunk.lines().take_while(is_context).count();
        let trailing = hunk.lines().fold(0, |count, line| if is_context(&line) { count + 1 } else { 0 });
        if (leading < CONTEXT_LINES && old.start > 0) || (trailing < CONTEXT_LINES && old.end < lines) {
            return Err(problem("the hunk has less context than the file"));
        }
        delta += i64::from(hunk.new_lines) - i64::from(hunk.old_lines);
        end = old.end;
    }
    Ok(())
}

fn apply_hunk<'a>(lines: &mut Vec<Line<'a>>, hunk: &'a PatchHunk) -> Result<(), Problem> {
    let range = old_range(&hunk.hunk);
    let problem = |text: String| Problem::at(hunk.line, text);
    let line = |line: HunkLine<'a>| Line { text: line.text, has_newline: line.ends_with_newline };
    let old = hunk.hunk.lines().filter(|line| line.sign != Sign::Added).map(line);
    let new: Vec<Line<'a>> = hunk.hunk.lines().filter(|line| line.sign != Sign::Removed).map(line).collect();
    let equal = old.clone().zip(&lines[range.clone()]).take_while(|(line, own)| line == *own).count();
    if equal != range.len() || old.count() != range.len() {
        return Err(problem(format!(
            "line {} of the file is not what the hunk says",
            range.start + equal + 1
        )));
    }
    let last_of_new = new.len().checked_sub(1).filter(|_| range.end == lines.len());
    if let Some(open) = new.iter().position(|line| !line.has_newline)
        && Some(open) != last_of_new
    {
        return Err(problem(format!(
            "line {} has no newline but is not the last one",
            range.start + open + 1
        )));
    }
    lines.splice(range, new);
    Ok(())
}

//! Divides what happens to one file among the patches of the series.

use std::collections::HashSet;

use bstr::{BStr, BString, ByteSlice};
use gix::ObjectId;
use hunktrace_indexer::hunk::{Hunk, Sign};

use super::binary_patch::binary_patch;
use super::error::Error;
use super::file_header::{FileHeader, move_text};
use super::joint_lines::join_lines;
use super::line_table::LineTable;
use super::merged_text::merge;
use super::obstacles::Obstacles;
use super::ownership::{OwnedFile, Rank};
use super::plan::FilePlan;
use super::text_hunks::{OwnedHunks, cut_by_owner, push_lines};
use super::version::Version;
use crate::answer::LineRun;

/// What one patch does to one file.
#[derive(Debug)]
pub(super) struct FilePiece {
    pub rank: Rank,
    /// The file's part of the patch, from `diff --git` on.
    pub text: BString,
    /// Lines of text that it adds.
    pub added: usize,
    /// Lines of text that it removes.
    pub removed: usize,
}

/// Divides a file's change, in the order of the series; if the file is moved, that comes first.
pub(super) fn divide(
    file: &OwnedFile,
    old: Option<&Version>,
    new: Option<&Version>,
    obstacles: &Obstacles<'_>,
    plan: FilePlan<'_>,
) -> Result<Vec<FilePiece>, Error> {
    let mut pieces = Vec::new();
    if let Some(from) = &file.moved_from {
        let text = move_text(from.as_bstr(), file.path.as_bstr());
        pieces.push(FilePiece { rank: plan.moves(), text, added: 0, removed: 0 });
    }
    pieces.extend(divide_content(file, old, new, obstacles, plan)?);
    Ok(pieces)
}

/// Divides what happens to a file under the name that it has in the vendor tree.
///
/// Text is divided by lines. What is not text goes to one patch as a whole, and so does what stands in the way
/// of something else: it is removed early, and what needs its place comes with the vendor's own changes.
fn divide_content(
    file: &OwnedFile,
    old: Option<&Version>,
    new: Option<&Version>,
    obstacles: &Obstacles<'_>,
    plan: FilePlan<'_>,
) -> Result<Vec<FilePiece>, Error> {
    let path = file.path.as_bstr();
    let removal = || whole_change(path, old, None, |_| plan.make_way());
    let addition = |old, owner| whole_change(path, old, new, |is_git_only| plan.whole(owner, is_git_only));
    match (old, new) {
        (Some(a), Some(b)) if !a.is_same_kind(b) => Ok(vec![removal()?, addition(None, None)?]),
        (Some(_), None) if obstacles.is_in_the_way(path) => Ok(vec![removal()?]),
        (None, Some(_)) if obstacles.has_to_wait(path) => Ok(vec![addition(None, None)?]),
        _ if old == new => Ok(Vec::new()),
        _ => {
            let is_text = |version: &Version| version.is_file() && !version.is_binary();
            match old.is_none_or(is_text) && new.is_none_or(is_text) {
                true => divide_text(file, old, new, plan),
                false => Ok(vec![addition(old, file.owner)?]),
            }
        }
    }
}

/// Puts one version in the place of the other; `rank` chooses the patch by whether only git can apply it.
fn whole_change(
    path: &BStr,
    old: Option<&Version>,
    new: Option<&Version>,
    rank: impl Fn(bool) -> Rank,
) -> Result<FilePiece, Error> {
    let is_any = |property: fn(&Version) -> bool| [old, new].into_iter().flatten().any(property);
    let (old_bytes, new_bytes) = (content(old), content(new));
    let is_binary = is_any(Version::is_binary) && old_bytes != new_bytes;
    let is_empty_file = old_bytes == new_bytes && old.is_some() != new.is_some();
    let has_ids = is_binary || is_empty_file || is_any(|version| !version.is_file());

    let mut hunk = Hunk::default();
    if !is_binary && old_bytes != new_bytes {
        push_all(&mut hunk, Sign::Removed, old_bytes);
        push_all(&mut hunk, Sign::Added, new_bytes);
        (hunk.old_start, hunk.new_start) = (u32::from(hunk.old_lines > 0), u32::from(hunk.new_lines > 0));
    }
    let has_hunks = !hunk.body.is_empty();
    let header = FileHeader {
        path,
        old_mode: old.map(|version| version.mode),
        new_mode: new.map(|version| version.mode),
        ids: if has_ids { Some((id(path, old)?, id(path, new)?)) } else { None },
        has_hunks,
    };
    let mut text = header.text();
    if is_binary {
        let patch = binary_patch(old_bytes, new_bytes)
            .map_err(|source| Error::Compress { path: path.into(), source })?;
        text.extend_from_slice(&patch);
    } else if has_hunks {
        text.extend_from_slice(&hunk.header());
        text.extend_from_slice(&hunk.body);
    }
    Ok(FilePiece {
        rank: rank(is_binary || is_any(Version::is_submodule)),
        text,
        added: hunk.new_lines as usize,
        removed: hunk.old_lines as usize,
    })
}

/// A version's content; nothing where there is no such version.
fn content(version: Option<&Version>) -> &[u8] {
    version.map_or(&[], |version| &version.bytes)
}

/// What git calls a version's content; zeros where there is no such version.
fn id(path: &BStr, version: Option<&Version>) -> Result<ObjectId, Error> {
    version.map_or_else(|| Ok(ObjectId::null(gix::hash::Kind::Sha1)), |version| version.id(path))
}

fn push_all(hunk: &mut Hunk, sign: Sign, text: &[u8]) {
    push_lines(hunk, sign, text.lines_with_terminator());
}

/// Divides the change of a text file.
///
/// A new file comes with the first owner that has lines in it, and a deleted one goes with the last.
fn divide_text(
    file: &OwnedFile,
    old: Option<&Version>,
    new: Option<&Version>,
    plan: FilePlan<'_>,
) -> Result<Vec<FilePiece>, Error> {
    let path = file.path.as_bstr();
    let (old_lines, new_lines) = (LineTable::new(content(old)), LineTable::new(content(new)));
    let runs = plan.runs(&file.runs);
    let runs = join_lines(path, &old_lines, &new_lines, runs, |rank| plan.has_to_stay(rank));
    let merged = merge(&old_lines, &new_lines, &runs).map_err(|problem| Error::Runs {
        path: path.into(),
        side: problem.side,
        line: problem.line,
        problem: problem.problem,
    })?;
    let mut turns = cut_by_owner(&old_lines, &new_lines, &merged);

    let file_rank = plan.whole(file.owner, false);
    let needs_file_owner = match (old, new) {
        (Some(old), Some(new)) => old.mode != new.mode,
        _ => turns.is_empty(),
    };
    if needs_file_owner && let Err(place) = turns.binary_search_by_key(&file_rank, |turn| turn.rank) {
        turns.insert(place, OwnedHunks { rank: file_rank, text: BString::default(), added: 0, removed: 0 });
    }

    let mut pieces = Vec::with_capacity(turns.len());
    let mut mode = old.map(|version| version.mode);
    let last_rank = turns.last().map(|turn| turn.rank);
    for turn in turns {
        let is_done = match (old, new) {
            (Some(_), Some(_)) => turn.rank >= file_rank,
            (Some(_), None) => Some(turn.rank) == last_rank,
            (None, _) => true,
        };
        let next_mode = if is_done { new.map(|version| version.mode) } else { mode };
        let has_hunks = !turn.text.is_empty();
        // Only the ids tell GNU patch that an empty file comes or goes.
        let ids = match has_hunks || mode.is_some() == next_mode.is_some() {
            true => None,
            false => Some((id(path, old)?, id(path, new)?)),
        };
        let mut text = FileHeader { path, old_mode: mode, new_mode: next_mode, ids, has_hunks }.text();
        text.extend_from_slice(&turn.text);
        pieces.push(FilePiece { rank: turn.rank, text, added: turn.added, removed: turn.removed });
        mode = next_mode;
    }
    Ok(pieces)
}

/// Checks what can be checked without reading the files: that owners exist and that no path comes twice.
pub(super) fn check(files: &[OwnedFile], commits: usize) -> Result<(), Error> {
    let mut seen = HashSet::new();
    for file in files {
        for path in file.moved_from.iter().chain([&file.path]) {
            if !seen.insert(path) {
                return Err(Error::Twice { path: path.clone() });
            }
        }
        let owners = file.runs.iter().map(LineRun::commit).chain([file.owner]).flatten();
        if let Some(unknown) = owners.into_iter().find(|owner| owner.0 as usize >= commits) {
            return Err(Error::Owner { path: file.path.clone(), commit: unknown.0, commits });
        }
    }
    Ok(())
}

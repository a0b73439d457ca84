//! A release in git whose lines' commits are known: git's own history is the truth.

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Context;
use bstr::{BStr, BString, ByteSlice};
use hunktrace_indexer::git::line_diff::{diff_lines, is_binary};
use hunktrace_indexer::hunk::Sign;
use hunktrace_release::tree::{Change, Entry, Mode, Options, Tree, changed_paths};
use hunktrace_server::attribution::release::ReleaseFile;
use hunktrace_server::attribution::side::BySide;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::accuracy::history::History;
use crate::accuracy::line_blame::Range;

/// A release with the commit of each of its changed lines.
pub struct BlamedRelease {
    /// The files that differ from the base.
    pub files: Vec<ReleaseFile>,
    /// For each of them the commits of its removed and of its added lines, where git tells.
    pub commits: Vec<BySide<Vec<Option<String>>>>,
    /// All commits between base and release.
    pub range: Vec<String>,
}

/// What is taken of a release.
#[derive(Clone, Copy)]
pub struct Draw {
    /// At most about this many of the files that differ, whole folders at a time.
    pub files: usize,
    /// What folders are drawn by.
    pub seed: u64,
    /// Whether the folders come from the other end of the draw: two draws of less than half have none in common.
    pub from_end: bool,
}

/// The commits of a file's changed lines, side by side in the order of its hunks; kept between runs.
#[derive(Serialize, Deserialize)]
struct FileBlame {
    removed: Vec<Option<String>>,
    added: Vec<Option<String>>,
}

impl BlamedRelease {
    /// Compares two revisions and asks git for the commit of each changed line. What git says is kept in `work`.
    ///
    /// # Errors
    /// Where git fails or a tree cannot be read.
    pub fn new(
        history: &History,
        base: &str,
        release: &str,
        draw: Draw,
        work: &Path,
    ) -> anyhow::Result<BlamedRelease> {
        let open = |revision: &str| {
            Tree::open(format!("{}:{revision}", history.repository.display()), &Options::default())
        };
        let (base_tree, tree) = (open(base)?, open(release)?);
        let changes = changed_paths(&base_tree, &tree)?;
        let files = drawn(changes, draw)
            .into_iter()
            .filter_map(|change| compared(&change, &base_tree, &tree).transpose());
        let files: Vec<ReleaseFile> = files.collect::<anyhow::Result<_>>()?;
        let range = Range::new(history, base, release)?;
        let Draw { files: wanted, seed, from_end } = draw;
        let end = if from_end { "-end" } else { "" };
        let name = format!("blame-{base}-{release}-{wanted}-{seed}{end}.json");
        let blames = kept(&work.join(name), &files, || blame(history, &range, &files))?;
        let by_side = |blame: FileBlame| BySide { removed: blame.removed, added: blame.added };
        let commits = blames.into_iter().map(by_side).collect();
        let printed = history.git(&["rev-list", &format!("{base}..{release}")], b"")?;
        Ok(BlamedRelease {
            files,
            commits,
            range: printed.to_str_lossy().lines().map(str::to_owned).collect(),
        })
    }
}

/// The files of drawn folders.
fn drawn(changes: Vec<Change<'_>>, draw: Draw) -> Vec<Change<'_>> {
    let folder_of = |path: &BStr| path.rfind_byte(b'/').map_or(0, |slash| slash);
    let mut by_folder: HashMap<BString, Vec<Change<'_>>> = HashMap::new();
    for change in changes {
        let folder = &change.path[..folder_of(change.path)];
        by_folder.entry(folder.into()).or_default().push(change);
    }
    let mut folders: Vec<(u64, BString)> =
        by_folder.keys().map(|folder| (xxh3_64_with_seed(folder, draw.seed), folder.clone())).collect();
    folders.sort();
    if draw.from_end {
        folders.reverse();
    }
    let mut taken: Vec<Change<'_>> = Vec::new();
    for (_, folder) in folders {
        if taken.len() >= draw.files {
            break;
        }
        taken.extend(by_folder.remove(&folder).into_iter().flatten());
    }
    taken.sort_by(|a, b| a.path.cmp(b.path));
    taken
}

/// A file that differs in its lines; renames are not looked for.
fn compared(change: &Change<'_>, base: &Tree, release: &Tree) -> anyhow::Result<Option<ReleaseFile>> {
    let is_text = |entry: &Entry| !matches!(entry.mode(), Mode::Symlink | Mode::Submodule(_));
    let read = |tree: &Tree, entry: Option<&Entry>| match entry {
        Some(entry) if is_text(entry) => tree.read(change.path),
        _ => Ok(Vec::new()),
    };
    let (old, new) = (read(base, change.base)?, read(release, change.vendor)?);
    if is_binary(&old) || is_binary(&new) {
        return Ok(None);
    }
    let path = |entry: Option<&Entry>| entry.map(|_| change.path.to_owned());
    let hunks = diff_lines(&old, &new);
    let file = ReleaseFile {
        new_path: path(change.vendor),
        old_path: path(change.base),
        hunks,
        is_as_before: false,
    };
    Ok((!file.hunks.is_empty()).then_some(file))
}

fn kept(
    file: &Path,
    files: &[ReleaseFile],
    make: impl FnOnce() -> anyhow::Result<Vec<FileBlame>>,
) -> anyhow::Result<Vec<FileBlame>> {
    if let Ok(text) = std::fs::read(file)
        && let Ok(blames) = serde_json::from_slice::<Vec<FileBlame>>(&text)
        && blames.len() == files.len()
        && blames.iter().zip(files).all(|(blame, file)| {
            [blame.removed.len(), blame.added.len()]
                == [Sign::Removed, Sign::Added].map(|sign| count(file, sign))
        })
    {
        return Ok(blames);
    }
    let blames = make()?;
    std::fs::write(file, serde_json::to_vec(&blames)?)
        .with_context(|| format!("cannot write {}", file.display()))?;
    Ok(blames)
}

fn blame(history: &History, range: &Range, files: &[ReleaseFile]) -> anyhow::Result<Vec<FileBlame>> {
    let of_file = |file: &ReleaseFile| -> anyhow::Result<FileBlame> {
        let bringers = match &file.new_path {
            Some(path) => range.bringers(history, path.as_bstr())?,
            None => Vec::new(),
        };
        let removers = match &file.old_path {
            Some(path) => range.removers(history, path.as_bstr())?,
            None => Vec::new(),
        };
        Ok(changed(file, &removers, &bringers))
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let next = AtomicUsize::new(0);
    let mut found: Vec<(usize, anyhow::Result<FileBlame>)> = std::thread::scope(|scope| {
        let work = || {
            let mut mine = Vec::new();
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                match files.get(at) {
                    Some(file) => mine.push((at, of_file(file))),
                    None => return mine,
                }
            }
        };
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        workers.into_iter().filter_map(|worker| worker.join().ok()).flatten().collect()
    });
    found.sort_by_key(|(at, _)| *at);
    found.into_iter().map(|(_, blame)| blame).collect()
}

fn count(file: &ReleaseFile, sign: Sign) -> usize {
    file.hunks.iter().flat_map(|hunk| hunk.lines()).filter(|line| line.sign == sign).count()
}

/// The commits of a file's changed lines, from those of all its lines.
fn changed(file: &ReleaseFile, removers: &[Option<String>], bringers: &[Option<String>]) -> FileBlame {
    let mut blame = FileBlame { removed: Vec::new(), added: Vec::new() };
    let at = |blamed: &[Option<String>], number: u32| -> Option<String> {
        blamed.get(number.checked_sub(1)? as usize).cloned().flatten()
    };
    for hunk in &file.hunks {
        let (mut old, mut new) = (hunk.old_start, hunk.new_start);
        for line in hunk.lines() {
            match line.sign {
                Sign::Context => (old, new) = (old + 1, new + 1),
                Sign::Removed => {
                    blame.removed.push(at(removers, old));
                    old += 1;
                }
                Sign::Added => {
                    blame.added.push(at(bringers, new));
                    new += 1;
                }
            }
        }
    }
    blame
}

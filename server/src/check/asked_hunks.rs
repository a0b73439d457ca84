//! The hunks of the commits that are asked after, and the files of the tree where they belong.

use std::collections::BTreeMap;

use bstr::{BStr, BString, ByteSlice};
use hunktrace_indexer::graph::CommitOrdinal;
use hunktrace_indexer::index::folder::IndexError;
use hunktrace_indexer::index::retrieval::{HunkId, HunkRetrieval};
use hunktrace_indexer::normalize::is_informative;
use hunktrace_indexer::segment::stored_hunk::StoredHunk;
use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::file_names::other_names;
use super::question::CheckError;
use super::tree_file::TreeFiles;

/// A hunk of a commit that is asked after.
#[derive(Clone, Debug)]
pub struct AskedHunk {
    /// The commit.
    pub commit: CommitOrdinal,
    /// Its place among the commit's hunks, from 0.
    pub number: u32,
    /// The hunk.
    pub stored: StoredHunk,
}

impl AskedHunk {
    /// Whether the commit deletes the file.
    pub fn deletes(&self) -> bool {
        self.stored.new.is_none()
    }

    /// Whether the commit makes the file.
    pub fn creates(&self) -> bool {
        self.stored.old.is_none()
    }

    /// Whether it changes a line with a word.
    pub fn says_something(&self) -> bool {
        let mut lines = self.stored.hunk.iter().flat_map(|hunk| hunk.changed_lines());
        lines.any(|line| is_informative(line.text))
    }
}

/// A file of the tree where hunks belong.
#[derive(Clone, Debug)]
pub struct AskedFile {
    /// Its path.
    pub path: BString,
    /// The hunks, by commit and number.
    pub hunks: Vec<AskedHunk>,
}

/// The hunks of some commits by the files where they belong.
pub struct AskedHunks {
    /// The files, by path.
    files: Vec<AskedFile>,
}

impl AskedHunks {
    /// Loads the hunks of commits, and looks for the files that matter, of which none is read.
    ///
    /// # Errors
    /// Where the index or a tree cannot be read.
    pub fn find(
        retrieval: &dyn HunkRetrieval,
        commits: &[CommitOrdinal],
        tree: &mut dyn TreeFiles,
    ) -> Result<AskedHunks, CheckError> {
        let stored = stored_hunks(retrieval, commits)?;
        let mut known = KnownFiles::default();
        known.look(stored.iter().flat_map(|hunk| paths_of(&hunk.stored)).collect(), tree)?;
        known.follow_names(retrieval, &stored, tree)?;
        let mut files: BTreeMap<BString, Vec<AskedHunk>> = BTreeMap::new();
        for hunk in stored {
            if let Some(path) = known.path_of(&hunk.stored) {
                files.entry(path).or_default().push(hunk);
            }
        }
        Ok(AskedHunks { files: files.into_iter().map(|(path, hunks)| AskedFile { path, hunks }).collect() })
    }

    /// The files in batches of at most `size`. A batch that was taken is not held any more.
    pub fn in_batches(self, size: usize) -> impl Iterator<Item = Vec<AskedFile>> {
        let mut files = self.files.into_iter();
        std::iter::from_fn(move || {
            let batch: Vec<AskedFile> = files.by_ref().take(size).collect();
            (!batch.is_empty()).then_some(batch)
        })
    }
}

/// Commits whose hunks are loaded one after the other: neighbours lie in the same compressed blocks.
const COMMITS_BATCH: usize = 32;

/// The hunks of commits, by commit and number.
fn stored_hunks(
    retrieval: &dyn HunkRetrieval,
    commits: &[CommitOrdinal],
) -> Result<Vec<AskedHunk>, IndexError> {
    let mut commits = commits.to_vec();
    commits.sort_unstable();
    commits.dedup();
    let batches: Vec<Vec<AskedHunk>> = commits
        .par_chunks(COMMITS_BATCH)
        .map(|batch| batch_hunks(retrieval, batch))
        .collect::<Result<_, IndexError>>()?;
    Ok(batches.into_iter().flatten().collect())
}

fn batch_hunks(
    retrieval: &dyn HunkRetrieval,
    commits: &[CommitOrdinal],
) -> Result<Vec<AskedHunk>, IndexError> {
    let mut found: Vec<(CommitOrdinal, u32, HunkId)> = Vec::new();
    for commit in commits {
        let of_commit = retrieval.hunks_of(*commit)?;
        found.extend(of_commit.iter().map(|hunk| (*commit, hunk.number, hunk.id)));
    }
    let ids: Vec<HunkId> = found.iter().map(|(_, _, id)| *id).collect();
    let mut hunks = Vec::with_capacity(found.len());
    retrieval.visit(&ids, &mut |place, view| {
        let (commit, number, _) = found[place];
        hunks.push(AskedHunk { commit, number, stored: view.to_stored() });
    })?;
    hunks.sort_by_key(|hunk| (hunk.commit, hunk.number));
    Ok(hunks)
}

/// The paths of a hunk's file, the new one first.
fn paths_of(stored: &StoredHunk) -> impl Iterator<Item = &BStr> {
    let new = stored.new.as_ref().map(|side| side.path.as_bstr());
    let old = stored.old.as_ref().map(|side| side.path.as_bstr()).filter(|old| Some(*old) != new);
    new.into_iter().chain(old)
}

/// What is known of files without reading them.
#[derive(Default)]
struct KnownFiles {
    /// For each path whether the vendor has it.
    there: FxHashMap<BString, bool>,
    /// For paths that the vendor does not have the file under its other name.
    renamed: FxHashMap<BString, BString>,
}

impl KnownFiles {
    /// Looks for files, each once.
    fn look(&mut self, mut paths: Vec<&BStr>, tree: &mut dyn TreeFiles) -> Result<(), CheckError> {
        paths.sort_unstable();
        paths.dedup();
        paths.retain(|path| !self.there.contains_key(*path));
        let paths: Vec<BString> = paths.into_iter().map(BStr::to_owned).collect();
        if !paths.is_empty() {
            let seen = tree.look(&paths)?;
            self.there.extend(paths.into_iter().zip(seen).map(|(path, seen)| (path, seen.is_there)));
        }
        Ok(())
    }

    fn vendor_has(&self, path: &BStr) -> bool {
        self.there.get(path).copied().unwrap_or_default()
    }

    /// Looks for files that the vendor does not have under their other names.
    fn follow_names(
        &mut self,
        retrieval: &dyn HunkRetrieval,
        hunks: &[AskedHunk],
        tree: &mut dyn TreeFiles,
    ) -> Result<(), CheckError> {
        let lost = |hunk: &&AskedHunk| {
            !hunk.creates() && !hunk.deletes() && !paths_of(&hunk.stored).any(|path| self.vendor_has(path))
        };
        let mut paths: Vec<&BStr> =
            hunks.iter().filter(lost).flat_map(|hunk| paths_of(&hunk.stored).take(1)).collect();
        paths.sort_unstable();
        paths.dedup();
        let names = paths.par_iter().map(|path| Ok(((*path).to_owned(), other_names(retrieval, path)?)));
        let names: Vec<(BString, Vec<BString>)> = names.collect::<Result<_, IndexError>>()?;
        self.look(names.iter().flat_map(|(_, names)| names).map(|name| name.as_bstr()).collect(), tree)?;
        for (path, names) in names {
            if let Some(name) = names.into_iter().find(|name| self.vendor_has(name.as_bstr())) {
                self.renamed.insert(path, name);
            }
        }
        Ok(())
    }

    /// The file where a hunk belongs: one that the vendor has, where there is one.
    fn path_of(&self, stored: &StoredHunk) -> Option<BString> {
        let there = paths_of(stored).find(|path| self.vendor_has(path)).map(BStr::to_owned);
        let renamed = || paths_of(stored).find_map(|path| self.renamed.get(path).cloned());
        there.or_else(renamed).or_else(|| paths_of(stored).next().map(BStr::to_owned))
    }
}

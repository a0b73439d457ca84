//! The hunks of the commits that are asked after, and the files of the tree where they belong.

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
use super::tree_file::{TreeFile, TreeFiles};

/// A hunk of a commit that is asked after.
#[derive(Clone, Debug)]
pub struct AskedHunk {
    /// The commit.
    pub commit: CommitOrdinal,
    /// Its place among the commit's hunks, from 0.
    pub number: u32,
    /// The hunk.
    pub stored: StoredHunk,
    /// The file of the tree where it belongs.
    pub file: usize,
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

/// The hunks of some commits with the files where they belong.
pub struct AskedHunks {
    /// The hunks, by commit and number.
    pub hunks: Vec<AskedHunk>,
    /// The files.
    pub files: Vec<TreeFile>,
}

impl AskedHunks {
    /// Loads the hunks of commits, and reads the files that matter, which are no others.
    ///
    /// # Errors
    /// Where the index or a tree cannot be read.
    pub fn read(
        retrieval: &dyn HunkRetrieval,
        commits: &[CommitOrdinal],
        tree: &mut dyn TreeFiles,
    ) -> Result<AskedHunks, CheckError> {
        let stored = stored_hunks(retrieval, commits)?;
        let mut files = KnownFiles::default();
        let paths = stored.iter().flat_map(|hunk| paths_of(&hunk.stored)).map(BStr::to_owned);
        files.read(paths.collect(), tree)?;
        files.follow_names(retrieval, &stored, tree)?;
        let hunks = stored.into_iter().map(|mut hunk| {
            hunk.file = files.place_of(&hunk.stored);
            hunk
        });
        Ok(AskedHunks { hunks: hunks.collect(), files: files.files })
    }

    /// The hunks of a commit, in their order.
    pub fn of(&self, commit: CommitOrdinal) -> &[AskedHunk] {
        let first = self.hunks.partition_point(|hunk| hunk.commit < commit);
        let end = self.hunks.partition_point(|hunk| hunk.commit <= commit);
        &self.hunks[first..end]
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
        hunks.push(AskedHunk { commit, number, stored: view.to_stored(), file: usize::MAX });
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

/// The files that were read.
#[derive(Default)]
struct KnownFiles {
    files: Vec<TreeFile>,
    places: FxHashMap<BString, usize>,
    /// For paths that the vendor does not have the place of the file under its other name.
    renamed: FxHashMap<BString, usize>,
}

impl KnownFiles {
    fn read(&mut self, mut paths: Vec<BString>, tree: &mut dyn TreeFiles) -> Result<(), CheckError> {
        paths.sort();
        paths.dedup();
        paths.retain(|path| !self.places.contains_key(path));
        if paths.is_empty() {
            return Ok(());
        }
        for (path, file) in paths.iter().zip(tree.read(&paths)?) {
            self.places.insert(path.clone(), self.files.len());
            self.files.push(TreeFile { path: path.clone(), ..file });
        }
        Ok(())
    }

    fn vendor_has(&self, path: &BStr) -> Option<usize> {
        let place = *self.places.get(path)?;
        self.files[place].vendor.is_some().then_some(place)
    }

    /// Looks for files that the vendor does not have under their other names.
    fn follow_names(
        &mut self,
        retrieval: &dyn HunkRetrieval,
        hunks: &[AskedHunk],
        tree: &mut dyn TreeFiles,
    ) -> Result<(), CheckError> {
        let lost = |hunk: &&AskedHunk| {
            let mut paths = paths_of(&hunk.stored);
            !hunk.creates() && !hunk.deletes() && paths.all(|path| self.vendor_has(path).is_none())
        };
        let mut paths: Vec<&BStr> =
            hunks.iter().filter(lost).flat_map(|hunk| paths_of(&hunk.stored).take(1)).collect();
        paths.sort();
        paths.dedup();
        let names = paths.par_iter().map(|path| Ok(((*path).to_owned(), other_names(retrieval, path)?)));
        let names: Vec<(BString, Vec<BString>)> = names.collect::<Result<_, IndexError>>()?;
        self.read(names.iter().flat_map(|(_, names)| names.clone()).collect(), tree)?;
        for (path, names) in names {
            if let Some(place) = names.iter().find_map(|name| self.vendor_has(name.as_bstr())) {
                self.renamed.insert(path, place);
            }
        }
        Ok(())
    }

    /// The file where a hunk belongs: one that the vendor has, where there is one.
    fn place_of(&self, stored: &StoredHunk) -> usize {
        let there = paths_of(stored).find_map(|path| self.vendor_has(path));
        let renamed = || paths_of(stored).find_map(|path| self.renamed.get(path).copied());
        let any = || paths_of(stored).find_map(|path| self.places.get(path).copied());
        there.or_else(renamed).or_else(any).unwrap_or(usize::MAX)
    }
}

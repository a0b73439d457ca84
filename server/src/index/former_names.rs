//! The former names of a file: where the renames of history lead back from it.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashSet, VecDeque};

use bstr::{BStr, BString, ByteSlice};
use hunktrace_indexer::fingerprint::path_term;
use hunktrace_indexer::graph::{CommitOrdinal, CommitSet};
use hunktrace_indexer::index::folder::IndexError;
use hunktrace_indexer::index::retrieval::{HunkId, HunkRetrieval};

/// Of a file at most this many former names are told, the nearest ones. Chains of renames are short; what has more
/// names are files that git takes for renamed because they are small and alike. It bounds the work for a file.
pub const MAX_FORMER_NAMES: usize = 16;

/// A name that a file had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormerName {
    /// The path before the rename.
    pub path: BString,
    /// The commit that renames this path.
    pub commit: CommitOrdinal,
}

/// The names that a file had before renames that the base does not contain: those that lead to its name, those that
/// lead to these, and so on. The nearest come first, of equally near ones those of the latest commit.
///
/// # Errors
/// Where the index cannot be read.
pub fn former_names(
    retrieval: &dyn HunkRetrieval,
    path: &BStr,
    contained: &CommitSet,
) -> Result<Vec<FormerName>, IndexError> {
    let mut names: Vec<FormerName> = Vec::new();
    let mut seen: HashSet<BString> = HashSet::from([path.to_owned()]);
    // Paths with the commit that renames them: what comes behind it is about another file.
    let mut open = VecDeque::from([(path.to_owned(), None)]);
    while let Some((path, renamed_by)) = open.pop_front() {
        for former in renames_to(retrieval, path.as_bstr(), contained)? {
            // A commit's ancestors have lower ordinals.
            let is_before = renamed_by.is_none_or(|commit| former.commit < commit);
            if !is_before || !seen.insert(former.path.clone()) {
                continue;
            }
            open.push_back((former.path.clone(), Some(former.commit)));
            names.push(former);
            if names.len() == MAX_FORMER_NAMES {
                return Ok(names);
            }
        }
    }
    Ok(names)
}

/// The renames that give a file this name, the latest first.
fn renames_to(
    retrieval: &dyn HunkRetrieval,
    path: &BStr,
    contained: &CommitSet,
) -> Result<Vec<FormerName>, IndexError> {
    let found = retrieval.hunks_of_path(path_term(path), Some(contained))?;
    let ids: Vec<HunkId> = found.iter().map(|hunk| hunk.id).collect();
    let mut renames: BTreeSet<(Reverse<CommitOrdinal>, BString)> = BTreeSet::new();
    retrieval.visit(&ids, &mut |place, hunk| {
        if let (Some(old), Some(new)) = (hunk.old, hunk.new)
            && new.path == path
            && old.path != path
        {
            renames.insert((Reverse(found[place].commit), old.path.to_owned()));
        }
    })?;
    Ok(renames.into_iter().map(|(Reverse(commit), path)| FormerName { path, commit }).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory_index::{MemoryIndex, WrittenCommit, commit, commit_set, hunk_at};
    use hunktrace_indexer::segment::stored_hunk::StoredHunk;

    /// A commit that gives a file another name.
    fn rename(old: &str, new: &str) -> WrittenCommit {
        let body = "+\tcounted += 2;\n";
        commit([StoredHunk { old: hunk_at(old, 1, body).old, ..hunk_at(new, 1, body) }])
    }

    /// The former names of `c`, each with the number of its commit, where the base contains some commits.
    fn names(commits: Vec<WrittenCommit>, contained: &[u32]) -> Vec<(String, u32)> {
        let index = MemoryIndex::of(commits);
        let contained = commit_set(contained.iter().map(|number| CommitOrdinal(*number)));
        let names = former_names(&index, "c".into(), &contained).expect("names");
        names.into_iter().map(|name| (name.path.to_string(), name.commit.0)).collect()
    }

    fn expected(names: &[(&str, u32)]) -> Vec<(String, u32)> {
        names.iter().map(|(path, commit)| ((*path).to_owned(), *commit)).collect()
    }

    #[test]
    fn chains_of_renames_are_followed_the_nearest_name_first() {
        let edit = commit([hunk_at("c", 1, "+\tcounted += 3;\n")]);
        assert_eq!(
            names(vec![rename("a", "b"), rename("b", "c"), edit], &[]),
            expected(&[("b", 1), ("a", 0)])
        );
    }

    #[test]
    fn of_several_renames_the_latest_is_the_nearest() {
        let history = vec![rename("x", "c"), rename("a", "b"), rename("b", "c")];
        assert_eq!(names(history, &[]), expected(&[("b", 2), ("x", 0), ("a", 1)]));
    }

    #[test]
    fn renames_that_the_base_contains_are_not_followed() {
        assert_eq!(names(vec![rename("a", "b"), rename("b", "c")], &[0]), expected(&[("b", 1)]));
    }

    #[test]
    fn later_renames_to_a_former_name_are_about_another_file() {
        assert_eq!(names(vec![rename("b", "c"), rename("x", "b")], &[]), expected(&[("b", 0)]));
    }

    #[test]
    fn renames_away_and_in_a_circle_end() {
        assert_eq!(names(vec![rename("c", "d")], &[]), []);
        assert_eq!(names(vec![rename("c", "b"), rename("b", "c")], &[]), expected(&[("b", 1)]));
    }

    #[test]
    fn of_many_names_the_nearest_are_told() {
        let history = (0..40).map(|number| rename(&format!("x{number}"), "c")).collect();
        let names = names(history, &[]);
        assert_eq!((names.len(), &names[0]), (MAX_FORMER_NAMES, &("x39".to_owned(), 39)));
    }
}

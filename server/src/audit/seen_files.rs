//! The files that vulnerabilities are in, where no commit that is indexed tells their state.

use bstr::{BString, ByteSlice};
use hunktrace_indexer::index::folder::IndexError;
use hunktrace_indexer::index::retrieval::HunkRetrieval;
use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::evidence::Evidence;
use crate::check::file_names::other_names;
use crate::check::question::CheckError;
use crate::check::tree_file::{SeenFile, TreeFiles};

/// What is known of some files, without reading them.
#[derive(Clone, Debug, Default)]
pub struct SeenFiles {
    files: FxHashMap<BString, SeenFile>,
}

impl SeenFiles {
    /// Looks for files under all names that renames of the index know.
    ///
    /// # Errors
    /// Where the index or the tree cannot be read.
    pub fn look(
        retrieval: &dyn HunkRetrieval,
        mut paths: Vec<BString>,
        tree: &mut dyn TreeFiles,
    ) -> Result<SeenFiles, CheckError> {
        paths.sort_unstable();
        paths.dedup();
        if paths.is_empty() {
            return Ok(SeenFiles::default());
        }
        let mut files: FxHashMap<BString, SeenFile> = paths.iter().cloned().zip(tree.look(&paths)?).collect();
        let lost: Vec<&BString> = paths.iter().filter(|path| !files[*path].is_there).collect();
        let names = lost.par_iter().map(|path| other_names(retrieval, path.as_bstr()));
        let names: Vec<Vec<BString>> = names.collect::<Result<_, IndexError>>()?;
        let named = lost.into_iter().zip(names);
        let renamed: Vec<(&BString, BString)> =
            named.flat_map(|(path, names)| names.into_iter().map(move |name| (path, name))).collect();
        let names: Vec<BString> = renamed.iter().map(|(_, name)| name.clone()).collect();
        let seen = if names.is_empty() { Vec::new() } else { tree.look(&names)? };
        for ((path, _), seen) in renamed.into_iter().zip(seen).filter(|(_, seen)| seen.is_there) {
            files.insert(path.clone(), seen);
        }
        Ok(SeenFiles { files })
    }

    /// What the files of a vulnerability speak for, where they are known and speak: none of them is in the tree, or none of
    /// those that are is built. A file of the same name in another folder may be one that was moved, so it counts as there.
    pub fn evidence(&self, paths: &[BString]) -> Option<Evidence> {
        let seen: Vec<SeenFile> = paths.iter().filter_map(|path| self.files.get(path)).copied().collect();
        if seen.is_empty() || seen.len() < paths.len() {
            return None;
        }
        if seen.iter().all(|file| !file.is_there && !file.is_elsewhere) {
            return Some(Evidence::NoFiles);
        }
        let is_left_out = |file: &SeenFile| match file.is_there {
            true => file.is_built == Some(false),
            false => !file.is_elsewhere,
        };
        seen.iter().all(is_left_out).then_some(Evidence::NotBuilt)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::tree_file::{TreeFile, Unread};
    use crate::memory_index::{MemoryIndex, commit, hunk_at};
    use hunktrace_indexer::segment::stored_hunk::StoredHunk;

    /// A tree of which only names are known.
    struct Names(Vec<(&'static str, SeenFile)>);

    impl TreeFiles for Names {
        fn read(&mut self, _: &[BString]) -> Result<Vec<TreeFile>, Unread> {
            Err(Unread("no file is to be read".to_owned()))
        }

        fn look(&mut self, paths: &[BString]) -> Result<Vec<SeenFile>, Unread> {
            let seen = |path: &BString| {
                let known = self.0.iter().find(|(name, _)| path == name);
                known.map(|(_, seen)| *seen).unwrap_or_default()
            };
            Ok(paths.iter().map(seen).collect())
        }
    }

    fn evidence(paths: &[&str]) -> Option<Evidence> {
        let rename = StoredHunk {
            old: hunk_at("old/name.c", 1, "+a();\n").old,
            ..hunk_at("new/other.c", 1, "+a();\n")
        };
        let index = MemoryIndex::of([commit([rename])]);
        let there = SeenFile { is_there: true, ..SeenFile::default() };
        let mut tree = Names(vec![
            ("net/a.c", there),
            ("net/unbuilt.c", SeenFile { is_built: Some(false), ..there }),
            ("moved/b.c", SeenFile { is_elsewhere: true, ..SeenFile::default() }),
            ("old/name.c", there),
        ]);
        let paths: Vec<BString> = paths.iter().map(|path| (*path).into()).collect();
        SeenFiles::look(&index, paths.clone(), &mut tree).expect("names").evidence(&paths)
    }

    #[test]
    fn files_that_are_not_there_under_any_name_say_so() {
        assert_eq!(evidence(&["drivers/gone.c", "drivers/lost.c"]), Some(Evidence::NoFiles));
        assert_eq!(evidence(&["drivers/gone.c", "net/a.c"]), None);
        assert_eq!(evidence(&["new/other.c"]), None, "the vendor has it under its former name");
        assert_eq!(evidence(&["moved/b.c"]), None, "it may have been moved");
        assert_eq!(evidence(&[]), None);
    }

    #[test]
    fn files_that_are_not_built_say_so() {
        assert_eq!(evidence(&["net/unbuilt.c"]), Some(Evidence::NotBuilt));
        assert_eq!(evidence(&["net/unbuilt.c", "drivers/gone.c"]), Some(Evidence::NotBuilt));
        assert_eq!(evidence(&["net/unbuilt.c", "net/a.c"]), None);
    }
}

//! Which deleted and added files are one that the vendor has moved.
//!
//! First come the renames of upstream that the index knows, however much the file has changed since. Then the rules are
//! git's, as for upstream's history, but without its limit: equal content first, then base names that stand once on
//! either side, then the most similar pairs.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use bstr::{BStr, BString, ByteSlice};
use gix::ObjectId;
use hunktrace_indexer::git::base_name::base_name;
use hunktrace_indexer::git::chunk_counts::{ChunkCounts, MIN_SIMILARITY};
use rayon::prelude::*;

use super::similar_files::{ComparedFile, SimilarPair, similar_pairs};
use crate::tree::{Change, Entry, Error, Mode, Tree};

/// The names that files had before upstream renamed them, the nearest first, by path.
pub type FormerNames = HashMap<BString, Vec<BString>>;

/// The chunks of files that were compared for the release before, by the contents' ids.
pub(super) type KeptChunks = HashMap<ObjectId, Arc<ChunkCounts>>;

/// The files of the vendor's tree whose former names decide whether they were moved: there are none if nothing was deleted.
pub fn added_files(changes: &[Change<'_>]) -> Vec<BString> {
    if !changes.iter().any(|change| change.vendor.is_none()) {
        return Vec::new();
    }
    changes.iter().filter(|change| change.base.is_none()).map(|change| change.path.to_owned()).collect()
}

/// Looks for moved files among what differs between two trees: their paths in the base, by those in the vendor's tree.
/// `kept` has what the release before has left for this one, and afterwards what this one leaves.
///
/// # Errors
/// If a content that has to be identified cannot be read.
pub(super) fn moved_files(
    changes: &[Change<'_>],
    former_names: &FormerNames,
    kept: &mut KeptChunks,
    base: &Tree,
    vendor: &Tree,
) -> Result<HashMap<BString, BString>, Error> {
    let mut pairing = Pairing::of(changes, base, vendor)?;
    pairing.pair_renamed(former_names);
    pairing.pair_equal();
    *kept = pairing.pair_similar(kept);
    let Pairing { deleted, added, from } = pairing;
    let path = |file: &File<'_>| file.path.to_owned();
    Ok(added.iter().zip(from).filter_map(|(new, old)| Some((path(new), path(&deleted[old?])))).collect())
}

/// A deleted or an added file.
struct File<'a> {
    tree: &'a Tree,
    path: &'a BStr,
    id: ObjectId,
    is_paired: bool,
}

/// Which deleted file became which added one.
struct Pairing<'a> {
    /// In the order of their paths, like `added`.
    deleted: Vec<File<'a>>,
    added: Vec<File<'a>>,
    /// For each added file the place of the deleted one that it was.
    from: Vec<Option<usize>>,
}

impl<'a> Pairing<'a> {
    fn of(changes: &[Change<'a>], base: &'a Tree, vendor: &'a Tree) -> Result<Pairing<'a>, Error> {
        let deleted = changes.par_iter().filter_map(|change| match (change.base, change.vendor) {
            (Some(entry), None) => movable(base, entry, change.path).transpose(),
            _ => None,
        });
        let deleted: Vec<File<'_>> = deleted.collect::<Result<_, _>>()?;
        let added = changes.par_iter().filter_map(|change| match (change.base, change.vendor) {
            (None, Some(entry)) if is_free_in(base, change.path) => {
                movable(vendor, entry, change.path).transpose()
            }
            _ => None,
        });
        let added: Vec<File<'_>> =
            if deleted.is_empty() { Vec::new() } else { added.collect::<Result<_, _>>()? };
        let from = vec![None; added.len()];
        Ok(Pairing { deleted, added, from })
    }

    fn is_open(&self, deleted: usize, added: usize) -> bool {
        !self.deleted[deleted].is_paired && !self.added[added].is_paired
    }

    fn pair(&mut self, deleted: usize, added: usize) {
        self.from[added] = Some(deleted);
        self.deleted[deleted].is_paired = true;
        self.added[added].is_paired = true;
    }

    /// Files that upstream has renamed, those with the fewest renames first.
    fn pair_renamed(&mut self, former_names: &FormerNames) {
        let by_path: HashMap<&BStr, usize> =
            self.deleted.iter().enumerate().map(|(place, file)| (file.path, place)).collect();
        let mut renamed: Vec<(usize, usize, usize)> = Vec::new();
        for (added, file) in self.added.iter().enumerate() {
            let names = former_names.get(file.path).map_or(&[][..], Vec::as_slice);
            for (distance, name) in names.iter().enumerate() {
                renamed.extend(by_path.get(name.as_bstr()).map(|deleted| (distance, added, *deleted)));
            }
        }
        renamed.sort_unstable();
        for (_, added, deleted) in renamed {
            if self.is_open(deleted, added) {
                self.pair(deleted, added);
            }
        }
    }

    /// Equal content; among several deleted files the first one with the same base name, else the first.
    fn pair_equal(&mut self) {
        let mut equal: HashMap<ObjectId, Queue> = HashMap::new();
        let mut equal_named: HashMap<(ObjectId, &BStr), Queue> = HashMap::new();
        for (place, file) in self.deleted.iter().enumerate().filter(|(_, file)| !file.is_paired) {
            equal.entry(file.id).or_default().places.push(place);
            equal_named.entry((file.id, base_name(file.path))).or_default().places.push(place);
        }
        for place in 0..self.added.len() {
            let File { path, id, is_paired, .. } = self.added[place];
            if is_paired {
                continue;
            }
            let is_free = |deleted: usize| !self.deleted[deleted].is_paired;
            let named = equal_named.get_mut(&(id, base_name(path))).and_then(|queue| queue.first(is_free));
            let first = named.or_else(|| equal.get_mut(&id).and_then(|queue| queue.first(is_free)));
            if let Some(deleted) = first {
                self.pair(deleted, place);
            }
        }
    }

    /// Similar content: first files that kept a base name which no other one has, then the best pairs of all. Returns the
    /// chunks that were compared.
    fn pair_similar(&mut self, kept: &KeptChunks) -> KeptChunks {
        let open = |files: &[File<'_>]| -> Vec<usize> {
            (0..files.len()).filter(|place| !files[*place].is_paired).collect()
        };
        let (open_deleted, open_added) = (open(&self.deleted), open(&self.added));
        if open_deleted.is_empty() || open_added.is_empty() {
            return KeptChunks::new();
        }
        let old_chunks = chunks_of(&self.deleted, &open_deleted, kept);
        let new_chunks = chunks_of(&self.added, &open_added, kept);

        let old_names = unique_names(&self.deleted, &open_deleted);
        let new_names = unique_names(&self.added, &open_added);
        for (name, added) in new_names {
            let Some(deleted) = old_names.get(name).copied() else { continue };
            let (Some(old), Some(new)) = (old_chunks.get(&deleted), new_chunks.get(&added)) else { continue };
            if old.similarity(new) >= MIN_SIMILARITY {
                self.pair(deleted, added);
            }
        }

        let (old_places, old_files) = compared_files(&self.deleted, &old_chunks);
        let (new_places, new_files) = compared_files(&self.added, &new_chunks);
        for SimilarPair { deleted, added, .. } in similar_pairs(&old_files, &new_files) {
            let (deleted, added) = (old_places[deleted], new_places[added]);
            if self.is_open(deleted, added) {
                self.pair(deleted, added);
            }
        }
        let of = |files: &[File<'_>], chunks: FileChunks| -> KeptChunks {
            chunks.into_iter().map(|(place, chunks)| (files[place].id, chunks)).collect()
        };
        let mut compared = of(&self.deleted, old_chunks);
        compared.extend(of(&self.added, new_chunks));
        compared
    }
}

/// Files that are taken from the first on.
#[derive(Default)]
struct Queue {
    places: Vec<usize>,
    /// How many from the front are known to be taken.
    taken: usize,
}

impl Queue {
    /// The first file that is free; a file that is not stays so.
    fn first(&mut self, is_free: impl Fn(usize) -> bool) -> Option<usize> {
        while self.places.get(self.taken).is_some_and(|place| !is_free(*place)) {
            self.taken += 1;
        }
        self.places.get(self.taken).copied()
    }
}

/// The chunks of some files, by place.
type FileChunks = BTreeMap<usize, Arc<ChunkCounts>>;

/// The chunks of some files. A file that cannot be read has none: that is reported when it is compared.
fn chunks_of(files: &[File<'_>], places: &[usize], kept: &KeptChunks) -> FileChunks {
    let chunks = places.par_iter().filter_map(|place| {
        let File { tree, path, id, .. } = files[*place];
        let chunks = match kept.get(&id) {
            Some(kept) => Arc::clone(kept),
            None => Arc::new(ChunkCounts::of(&tree.read(path).ok()?)),
        };
        Some((*place, chunks))
    });
    chunks.collect()
}

/// The base names that stand once among some files, with the places of these files.
fn unique_names<'a>(files: &[File<'a>], places: &[usize]) -> BTreeMap<&'a BStr, usize> {
    let mut places_of: BTreeMap<&BStr, Vec<usize>> = BTreeMap::new();
    for place in places {
        places_of.entry(base_name(files[*place].path)).or_default().push(*place);
    }
    let only = |(name, places): (&'a BStr, Vec<usize>)| match places[..] {
        [only] => Some((name, only)),
        _ => None,
    };
    places_of.into_iter().filter_map(only).collect()
}

/// The files that are still open, and their places.
fn compared_files<'a>(files: &[File<'a>], chunks: &'a FileChunks) -> (Vec<usize>, Vec<ComparedFile<'a>>) {
    let open = chunks.iter().filter(|(place, _)| !files[**place].is_paired);
    open.map(|(place, chunks)| (*place, ComparedFile { base_name: base_name(files[*place].path), chunks }))
        .unzip()
}

/// A file that may have been moved; none for what is no file, and for empty ones, which are all alike.
fn movable<'a>(tree: &'a Tree, entry: &Entry, path: &'a BStr) -> Result<Option<File<'a>>, Error> {
    if matches!(entry.mode(), Mode::Symlink | Mode::Submodule(_)) {
        return Ok(None);
    }
    let id = match tree.blob_id(path) {
        Ok(id) => id,
        Err(Error::MissingObject { .. }) => return Ok(None),
        Err(error) => return Err(error),
    };
    let is_empty = id == ObjectId::empty_blob(gix::hash::Kind::Sha1);
    Ok((!is_empty).then_some(File { tree, path, id, is_paired: false }))
}

/// Whether a file could be put at a path of a tree before anything else changes there: no folder on the way is a
/// file, and the path is no folder.
fn is_free_in(tree: &Tree, path: &BStr) -> bool {
    let mut folders = path.find_iter("/").map(|slash| path[..slash].as_bstr());
    if folders.any(|folder| tree.entries.contains_key(folder)) {
        return false;
    }
    !tree.has_folder(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribute::test_tree::tree;
    use crate::tree::changed_paths;

    const TEXT: &str = "one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\n";

    /// `old > new` for every moved file.
    fn moved(base: &[(&str, &str)], vendor: &[(&str, &str)]) -> Vec<String> {
        moved_with(&[], base, vendor)
    }

    /// The same where the index knows former names of files.
    fn moved_with(names: &[(&str, &[&str])], base: &[(&str, &str)], vendor: &[(&str, &str)]) -> Vec<String> {
        let names: FormerNames = names
            .iter()
            .map(|(path, former)| ((*path).into(), former.iter().map(|name| (*name).into()).collect()))
            .collect();
        let ((_base_folder, base), (_vendor_folder, vendor)) = (tree(base), tree(vendor));
        let changes = changed_paths(&base, &vendor).expect("changes");
        let mut kept = KeptChunks::new();
        let moved = moved_files(&changes, &names, &mut kept, &base, &vendor).expect("moves");
        let again = moved_files(&changes, &names, &mut kept, &base, &vendor);
        assert_eq!(again.expect("moves"), moved, "with what is kept");
        let mut moved: Vec<String> = moved.iter().map(|(new, old)| format!("{old} > {new}")).collect();
        moved.sort();
        moved
    }

    #[test]
    fn equal_and_similar_files_are_moved() {
        let edited = TEXT.replace("three", "3");
        let base = [("drivers/foo.c", TEXT), ("drivers/bar.c", "bar\n"), ("kept.c", "kept\n")];
        let vendor = [
            ("drivers/staging/foo.c", edited.as_str()),
            ("drivers/bar/bar.c", "bar\n"),
            ("kept.c", "kept\n"),
        ];
        assert_eq!(
            moved(&base, &vendor),
            ["drivers/bar.c > drivers/bar/bar.c", "drivers/foo.c > drivers/staging/foo.c"]
        );
    }

    #[test]
    fn files_that_differ_and_empty_ones_are_not() {
        let base = [("a.c", TEXT), ("empty", "")];
        assert_eq!(moved(&base, &[("b.c", "other\n"), ("blank", "")]), [""; 0]);
    }

    #[test]
    fn file_is_not_moved_to_where_the_base_has_something_in_the_way() {
        let base = [("a", TEXT), ("b/c", "c\n")];
        assert_eq!(moved(&base, &[("a/b", TEXT)]), [""; 0]);
        assert_eq!(moved(&base, &[("b", TEXT)]), [""; 0]);
        assert_eq!(moved(&base, &[("b/d", TEXT)]), ["a > b/d"]);
    }

    #[test]
    fn upstreams_rename_is_followed_whatever_the_content() {
        let base = [("a/gate.c", TEXT), ("a/wall.c", "wall\n")];
        let vendor = [("b/door.c", "door\n"), ("b/gate.c", TEXT)];
        assert_eq!(moved(&base, &vendor), ["a/gate.c > b/gate.c"]);
        let names: [(&str, &[&str]); 1] = [("b/door.c", &["c/door.c", "a/gate.c"])];
        assert_eq!(moved_with(&names, &base, &vendor), ["a/gate.c > b/door.c"]);
    }

    #[test]
    fn nearest_rename_takes_the_file() {
        let base = [("a.c", "a\n"), ("b.c", "b\n")];
        let vendor = [("x.c", "x\n"), ("y.c", "y\n")];
        let names: [(&str, &[&str]); 2] = [("x.c", &["b.c", "a.c"]), ("y.c", &["a.c", "b.c"])];
        assert_eq!(moved_with(&names, &base, &vendor), ["a.c > y.c", "b.c > x.c"]);
        let names: [(&str, &[&str]); 2] = [("x.c", &["gone.c", "a.c"]), ("y.c", &["a.c"])];
        assert_eq!(moved_with(&names, &base, &vendor), ["a.c > y.c"]);
    }

    #[test]
    fn file_that_the_vendor_still_has_under_its_former_name_is_not_moved() {
        let names: [(&str, &[&str]); 1] = [("b.c", &["a.c"])];
        assert_eq!(moved_with(&names, &[("a.c", "a\n")], &[("a.c", "a\n"), ("b.c", "b\n")]), [""; 0]);
    }

    #[test]
    fn former_names_are_asked_for_where_something_was_deleted() {
        let ((_base_folder, base), (_vendor_folder, vendor)) =
            (tree(&[("a.c", "a\n")]), tree(&[("a.c", "a\n"), ("b.c", "b\n")]));
        assert_eq!(added_files(&changed_paths(&base, &vendor).expect("changes")), [""; 0]);
        let (_other_folder, other) = tree(&[("b.c", "b\n")]);
        assert_eq!(added_files(&changed_paths(&base, &other).expect("changes")), ["b.c"]);
    }

    #[test]
    fn of_several_equal_files_one_that_kept_its_name_is_taken_then_the_first() {
        let base = [("a/one.c", TEXT), ("a/two.c", TEXT), ("b/two.c", TEXT)];
        assert_eq!(moved(&base, &[("z/two.c", TEXT)]), ["a/two.c > z/two.c"]);
        assert_eq!(
            moved(&base, &[("z/four.c", TEXT), ("z/two.c", TEXT), ("z/zwei.c", TEXT)]),
            ["a/one.c > z/four.c", "a/two.c > z/two.c", "b/two.c > z/zwei.c"]
        );
    }

    #[test]
    fn file_that_kept_a_name_of_its_own_comes_before_one_that_is_more_similar() {
        let edited = TEXT.replace("three", "3");
        let rewritten = TEXT.replace("one", "1").replace("two", "2").replace("three", "3");
        let base = [("a/gate.c", TEXT), ("a/wall.c", edited.as_str())];
        assert_eq!(moved(&base, &[("b/gate.c", rewritten.as_str())]), ["a/gate.c > b/gate.c"]);
        let base = [("a/gate.c", TEXT), ("a/wall.c", edited.as_str()), ("c/gate.c", "another\n")];
        assert_eq!(moved(&base, &[("b/gate.c", rewritten.as_str())]), ["a/wall.c > b/gate.c"]);
    }

    #[test]
    fn name_alone_moves_no_file_that_has_kept_less_than_half() {
        assert_eq!(
            moved(&[("a/gate.c", TEXT)], &[("b/gate.c", "one\ntwo\nalles\nandere\nist\nneu\n")]),
            [""; 0]
        );
    }

    #[test]
    fn more_files_than_git_compares_are_paired() {
        const FILES: usize = 1_010;
        let text = |number: usize, last: &str| {
            let own = |line| format!("statement {line} of the file with number {number};\n");
            format!("{}{last}", (0..3).map(own).collect::<String>())
        };
        let side = |folder: &str, last: &str| -> Vec<(String, String)> {
            (0..FILES).map(|number| (format!("{folder}/{number}/gate.c"), text(number, last))).collect()
        };
        let (base, vendor) = (side("old", ""), side("new", "return 0;\n"));
        let base: Vec<(&str, &str)> =
            base.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        let vendor: Vec<(&str, &str)> =
            vendor.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        let moved = moved(&base, &vendor);
        assert_eq!(moved.len(), FILES);
        assert!(moved.contains(&"old/1007/gate.c > new/1007/gate.c".to_owned()));
    }
}

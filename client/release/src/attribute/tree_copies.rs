//! Second copies of the tree inside a vendor's tree.
//!
//! Some packages were built in the folder that they pack: beside the kernel's files there is a folder that holds all of them
//! once more. That doubles the tree, and none of it is a change that anybody made.

use std::collections::HashMap;

use bstr::{BStr, BString, ByteSlice};
use rayon::prelude::*;

use crate::tree::{Change, Entry, Error, Mode, Tree};

/// The files that repeat others of the vendor's tree in a second copy of it, each with the file that it repeats.
pub(super) type TreeCopies = HashMap<BString, BString>;

/// Looks for second copies among what differs between two trees: folders that have more than half of the base's paths
/// below themselves. Their files count as copies where they are equal to the file of that path in the vendor's tree.
///
/// # Errors
/// If a content that has to be compared cannot be read.
pub(super) fn tree_copies(changes: &[Change<'_>], base: &Tree, vendor: &Tree) -> Result<TreeCopies, Error> {
    let added = || changes.iter().filter(|change| change.base.is_none());
    let mut repeated: HashMap<&BStr, usize> = HashMap::new();
    for (folder, path) in added().flat_map(|change| below_folders(change.path)) {
        if base.entries.contains_key(path) {
            *repeated.entry(folder).or_default() += 1;
        }
    }
    repeated.retain(|_, paths| *paths * 2 > base.entries.len());
    if repeated.is_empty() {
        return Ok(TreeCopies::new());
    }
    let inside = |change: &Change<'_>| -> Option<BString> {
        let mut below = below_folders(change.path);
        below.find(|(folder, _)| repeated.contains_key(folder)).map(|(_, path)| path.to_owned())
    };
    let candidates: Vec<(&BStr, BString)> =
        added().filter_map(|change| Some((change.path, inside(change)?))).collect();
    let copies = candidates.into_par_iter().map(|(path, original)| {
        Ok(is_equal(vendor, path, original.as_bstr())?.then(|| (path.to_owned(), original)))
    });
    Ok(copies.collect::<Result<Vec<_>, Error>>()?.into_iter().flatten().collect())
}

/// The folders that a path is in, the outermost first, each with the path below it.
fn below_folders(path: &BStr) -> impl Iterator<Item = (&BStr, &BStr)> {
    path.find_iter("/").map(|slash| (path[..slash].as_bstr(), path[slash + 1..].as_bstr()))
}

fn is_equal(tree: &Tree, path: &BStr, other: &BStr) -> Result<bool, Error> {
    let mode = |path: &BStr| tree.entries.get(path).map(Entry::mode);
    let is_file = |mode: Option<Mode>| matches!(mode, Some(Mode::Regular | Mode::Executable));
    if !is_file(mode(path)) || !is_file(mode(other)) {
        return Ok(false);
    }
    match (tree.blob_id(path), tree.blob_id(other)) {
        (Ok(id), Ok(other)) => Ok(id == other),
        // That is reported when the file is compared.
        (Err(Error::MissingObject { .. }), _) | (_, Err(Error::MissingObject { .. })) => Ok(false),
        (Err(error), _) | (_, Err(error)) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribute::test_tree::tree;
    use crate::tree::changed_paths;

    /// `copy = original` for every copy.
    fn copies(base: &[(&str, &str)], vendor: &[(&str, &str)]) -> Vec<String> {
        let ((_base_folder, base), (_vendor_folder, vendor)) = (tree(base), tree(vendor));
        let changes = changed_paths(&base, &vendor).expect("changes");
        let copies = tree_copies(&changes, &base, &vendor).expect("copies");
        let mut copies: Vec<String> =
            copies.iter().map(|(copy, original)| format!("{copy} = {original}")).collect();
        copies.sort();
        copies
    }

    const BASE: [(&str, &str); 3] = [("Makefile", "all:\n"), ("fs/a.c", "a\n"), ("mm/b.c", "b\n")];

    #[test]
    fn files_of_a_second_tree_are_copies_where_they_are_equal() {
        let vendor = [
            ("Makefile", "all:\n"),
            ("fs/a.c", "changed\n"),
            ("mm/b.c", "b\n"),
            ("BUILD/linux/Makefile", "all:\n"),
            ("BUILD/linux/fs/a.c", "changed\n"),
            ("BUILD/linux/mm/b.c", "otherwise\n"),
            ("BUILD/linux/new.c", "new\n"),
        ];
        let expected = ["BUILD/linux/Makefile = Makefile", "BUILD/linux/fs/a.c = fs/a.c"];
        assert_eq!(copies(&BASE, &vendor), expected);
    }

    #[test]
    fn copy_of_a_part_of_the_tree_is_code_like_other_code() {
        let vendor = [BASE[0], BASE[1], BASE[2], ("backport/fs/a.c", "a\n")];
        assert_eq!(copies(&BASE, &vendor), [""; 0]);
    }

    #[test]
    fn tree_that_was_moved_into_a_folder_has_no_original() {
        let vendor = [("linux/Makefile", "all:\n"), ("linux/fs/a.c", "a\n"), ("linux/mm/b.c", "b\n")];
        assert_eq!(copies(&BASE, &vendor), [""; 0]);
    }
}

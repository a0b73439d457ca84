//! Which files differ between two trees.

use std::collections::btree_map::Iter;
use std::iter::Peekable;

use bstr::{BStr, BString, ByteSlice};
use rayon::prelude::*;

use super::entry::Entry;
use super::error::Error;
use super::source_tree::Tree;

/// A path whose mode or content differs between two trees. Renames are not looked for.
#[derive(Clone, Copy, Debug)]
pub struct Change<'a> {
    /// The path in both trees.
    pub path: &'a BStr,
    /// The file in the base; `None` where the vendor added it.
    pub base: Option<&'a Entry>,
    /// The file in the vendor tree; `None` where the vendor deleted it.
    pub vendor: Option<&'a Entry>,
}

/// Finds the paths that differ, in the order of the paths' bytes.
///
/// Nothing is read where both sides know their git blob ids; otherwise sizes are compared before contents.
///
/// # Errors
///
/// If a content that has to be read to compare it cannot be read.
pub fn changed_paths<'a>(base: &'a Tree, vendor: &'a Tree) -> Result<Vec<Change<'a>>, Error> {
    let changes = paths_of_both(base, vendor)
        .into_par_iter()
        .map(|change| {
            let is_same = match (change.base, change.vendor) {
                (Some(base), Some(vendor)) => is_same(base, vendor, change.path)?,
                _ => false,
            };
            Ok((!is_same).then_some(change))
        })
        .collect::<Result<Vec<Option<Change<'a>>>, Error>>()?;
    Ok(changes.into_iter().flatten().collect())
}

/// The paths of two trees in their order, with what each tree has there.
fn paths_of_both<'a>(base: &'a Tree, vendor: &'a Tree) -> Vec<Change<'a>> {
    let (mut base, mut vendor) = (base.entries.iter().peekable(), vendor.entries.iter().peekable());
    let mut paths = Vec::new();
    loop {
        let next = match (base.peek(), vendor.peek()) {
            (Some((base, _)), Some((vendor, _))) => (*base).min(*vendor),
            (Some((path, _)), None) | (None, Some((path, _))) => *path,
            (None, None) => return paths,
        };
        let at = |entries: &mut Peekable<Iter<'a, BString, Entry>>| {
            entries.next_if(|(path, _)| *path == next).map(|(_, entry)| entry)
        };
        paths.push(Change { path: next.as_bstr(), base: at(&mut base), vendor: at(&mut vendor) });
    }
}

fn is_same(base: &Entry, vendor: &Entry, path: &BStr) -> Result<bool, Error> {
    if base.mode != vendor.mode {
        return Ok(false);
    }
    base.content.equals(&vendor.content, path)
}

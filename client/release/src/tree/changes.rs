//! Which files differ between two trees.

use std::collections::BTreeSet;

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
    let paths: BTreeSet<&BString> = base.entries.keys().chain(vendor.entries.keys()).collect();
    let paths: Vec<&BString> = paths.into_iter().collect();
    let changes = paths
        .into_par_iter()
        .map(|path| {
            let (base, vendor) = (base.entries.get(path), vendor.entries.get(path));
            let path = path.as_bstr();
            let is_same = match (base, vendor) {
                (Some(base), Some(vendor)) => is_same(base, vendor, path)?,
                _ => false,
            };
            Ok((!is_same).then_some(Change { path, base, vendor }))
        })
        .collect::<Result<Vec<Option<Change<'a>>>, Error>>()?;
    Ok(changes.into_iter().flatten().collect())
}

fn is_same(base: &Entry, vendor: &Entry, path: &BStr) -> Result<bool, Error> {
    if base.mode != vendor.mode {
        return Ok(false);
    }
    base.content.equals(&vendor.content, path)
}

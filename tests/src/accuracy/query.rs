//! What is asked, and what would be right.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;

/// A patch without its message, and the commits that would be right answers.
#[derive(Clone, Debug)]
pub struct Query {
    /// Tells it from the others of its set; the patch file's stem.
    pub name: String,
    /// The patch.
    pub text: Vec<u8>,
    /// The subject of the commit that it was made from, where a vendor would know it.
    pub subject: Option<String>,
    /// The commits that are right answers; none if the origin is not in the index.
    pub right: BTreeSet<String>,
    /// The right answers to each hunk, in the patch's order; empty where they are the patch's.
    pub right_by_hunk: Vec<BTreeSet<String>>,
}

impl Query {
    /// The commits that are right answers to the hunk in a place, from 0.
    pub fn right_for_hunk(&self, place: usize) -> &BTreeSet<String> {
        self.right_by_hunk.get(place).unwrap_or(&self.right)
    }
}

/// Queries of one kind, which are scored together.
#[derive(Clone, Debug)]
pub struct QuerySet {
    /// A short name, also of the folder that the patches are written to.
    pub name: String,
    /// The queries, in an order that does not depend on the machine.
    pub queries: Vec<Query>,
    /// Whether the right answer to all of them is none.
    pub is_absent: bool,
}

impl QuerySet {
    /// Writes each patch to a file of the set's own folder, and returns the files in the order of the queries.
    ///
    /// # Errors
    /// Where they cannot be written.
    pub fn write(&self, work: &Path) -> anyhow::Result<Vec<PathBuf>> {
        let folder = work.join("queries").join(&self.name);
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let write = |query: &Query| {
            let file = folder.join(format!("{}.patch", query.name));
            fs::write(&file, &query.text).with_context(|| format!("cannot write {}", file.display()))?;
            Ok(file)
        };
        self.queries.iter().map(write).collect()
    }
}

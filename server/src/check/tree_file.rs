//! The files of the trees under question, as far as they matter.

use std::sync::Arc;

use bstr::BString;
use hunktrace_indexer::cancellation::{Cancellation, Cancelled};
use hunktrace_indexer::git::line_diff::{diff_lines_unless, is_binary};
use hunktrace_indexer::hunk::{Hunk, Sign};

use crate::attribution::release::ReleaseFile;

/// A file of both trees, under one path.
#[derive(Clone, Debug, Default)]
pub struct TreeFile {
    /// Its path.
    pub path: BString,
    /// What the base has; none where it has no such file, or no base is known.
    pub base: Option<Arc<[u8]>>,
    /// What the vendor has; none where it has no such file.
    pub vendor: Option<Arc<[u8]>>,
    /// Whether the vendor builds it, as far as that is known.
    pub is_built: Option<bool>,
}

impl TreeFile {
    /// Whether the vendor leaves the file as the base has it.
    pub fn is_unchanged(&self) -> bool {
        match (&self.base, &self.vendor) {
            (Some(base), Some(vendor)) => Arc::ptr_eq(base, vendor) || base == vendor,
            (None, None) => true,
            _ => false,
        }
    }

    /// The difference between base and vendor. Without a base all of the vendor's lines count as added.
    ///
    /// # Errors
    /// Where it is cancelled.
    pub fn difference(&self, cancellation: &Cancellation) -> Result<ReleaseFile, Cancelled> {
        let text = |content: &Option<Arc<[u8]>>| content.clone().unwrap_or_default();
        let (old, new) = (text(&self.base), text(&self.vendor));
        let hunks = match (is_binary(&old) || is_binary(&new), &self.base) {
            (true, _) => Vec::new(),
            (false, Some(_)) => diff_lines_unless(&old, &new, cancellation)?,
            (false, None) => whole_file(&new).into_iter().collect(),
        };
        let path = |content: &Option<Arc<[u8]>>| content.is_some().then(|| self.path.clone());
        Ok(ReleaseFile {
            new_path: path(&self.vendor),
            old_path: path(&self.base),
            hunks,
            is_as_before: false,
        })
    }
}

/// A file as one hunk that adds all of its lines; none for an empty one.
fn whole_file(content: &[u8]) -> Option<Hunk> {
    let mut hunk = Hunk::default();
    for line in content.split_inclusive(|byte| *byte == b'\n') {
        let text = line.strip_suffix(b"\n");
        hunk.push_line(Sign::Added, text.unwrap_or(line), text.is_some());
        hunk.new_lines += 1;
    }
    hunk.new_start = 1;
    (hunk.new_lines > 0).then_some(hunk)
}

/// Reads files of the trees under question when they are asked for.
pub trait TreeFiles {
    /// The files under some paths, one for each path, in their order.
    ///
    /// # Errors
    /// Where they cannot be had.
    fn read(&mut self, paths: &[BString]) -> Result<Vec<TreeFile>, Unread>;

    /// Whether the vendor has the files under some paths, one answer for each path, in their order.
    ///
    /// # Errors
    /// Where it cannot be known.
    fn look(&mut self, paths: &[BString]) -> Result<Vec<SeenFile>, Unread>;

    /// Says that the files that were read are not held any more.
    fn let_go(&mut self) {}
}

/// What is known of a file of the vendor's without reading it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SeenFile {
    /// Whether the vendor has it.
    pub is_there: bool,
    /// Whether the vendor has a file of this name in another folder: it may be this one.
    pub is_elsewhere: bool,
    /// Whether the vendor builds it, as far as that is known.
    pub is_built: Option<bool>,
}

/// Why files of a tree cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unread(pub String);

#[cfg(test)]
mod tests {
    use super::*;

    fn file(base: Option<&str>, vendor: Option<&str>) -> TreeFile {
        let content = |text: Option<&str>| text.map(|text| Arc::from(text.as_bytes()));
        TreeFile { path: "a.c".into(), base: content(base), vendor: content(vendor), is_built: None }
    }

    #[test]
    fn without_a_base_all_lines_are_added() {
        let difference =
            file(None, Some("a\nb")).difference(&Cancellation::default()).expect("nobody stops it");
        assert_eq!(difference.hunks.len(), 1);
        assert_eq!((difference.hunks[0].new_start, difference.hunks[0].new_lines), (1, 2));
        assert_eq!(difference.hunks[0].body, "+a\n+b\n\\ No newline at end of file\n");
        assert_eq!((difference.old_path, difference.new_path), (None, Some("a.c".into())));
        assert!(
            file(None, Some(""))
                .difference(&Cancellation::default())
                .expect("nobody stops it")
                .hunks
                .is_empty()
        );
    }

    #[test]
    fn equal_contents_are_unchanged_and_have_no_difference() {
        let same = file(Some("a\n"), Some("a\n"));
        assert!(
            same.is_unchanged()
                && same.difference(&Cancellation::default()).expect("nobody stops it").hunks.is_empty()
        );
        assert!(!file(Some("a\n"), Some("b\n")).is_unchanged());
        assert!(!file(Some("a\n"), None).is_unchanged());
        assert!(file(None, None).is_unchanged());
    }

    #[test]
    fn binary_files_have_no_lines() {
        assert!(
            file(Some("a\0\n"), Some("b\n"))
                .difference(&Cancellation::default())
                .expect("nobody stops it")
                .hunks
                .is_empty()
        );
    }
}

//! The release under question: every file that differs from the base.

use bstr::BString;
use hunktrace_indexer::hunk::Hunk;

/// A file that differs between base and vendor.
#[derive(Clone, Debug, Default)]
pub struct ReleaseFile {
    /// Path in the vendor's tree; a deleted file has none.
    pub new_path: Option<BString>,
    /// Path in the base; a new file has none.
    pub old_path: Option<BString>,
    /// The changes, in order. When the candidates of the file have been gathered they are without text.
    pub hunks: Vec<Hunk>,
    /// Whether it differs as in the release before of the row; its hunks are not told again.
    pub is_as_before: bool,
}

impl ReleaseFile {
    /// The path by which the file is known: the vendor's where there is one.
    pub fn path(&self) -> &BString {
        static NONE: BString = BString::new(Vec::new());
        self.new_path.as_ref().or(self.old_path.as_ref()).unwrap_or(&NONE)
    }

    /// Frees the text of the hunks, and leaves where they are.
    pub fn forget_text(&mut self) {
        for hunk in &mut self.hunks {
            (hunk.section, hunk.body) = (BString::default(), BString::default());
        }
    }
}

//! Writes what stands above the hunks of a file: `diff --git` and the lines below it.

use std::io::Write;

use bstr::{BStr, BString, ByteSlice};
use gix::ObjectId;

/// What a patch does to a file as a whole.
pub(super) struct FileHeader<'a> {
    pub path: &'a BStr,
    /// The mode before; `None` where the file is new.
    pub old_mode: Option<u32>,
    /// The mode after; `None` where the file goes.
    pub new_mode: Option<u32>,
    /// The contents' ids where the reader needs them: git for binary files, and GNU patch, which learns from their
    /// line only that a file is a symlink, or that an empty one comes or goes.
    pub ids: Option<(ObjectId, ObjectId)>,
    /// Whether hunks follow.
    pub has_hunks: bool,
}

impl FileHeader<'_> {
    /// The header's lines.
    pub fn text(&self) -> BString {
        let mut text = Vec::new();
        let old_name = quoted("a/", self.path);
        let new_name = quoted("b/", self.path);
        push(&mut text, &[b"diff --git ", &old_name, b" ", &new_name, b"\n"]);
        match (self.old_mode, self.new_mode) {
            (None, Some(mode)) => push_mode(&mut text, "new file mode", mode),
            (Some(mode), None) => push_mode(&mut text, "deleted file mode", mode),
            (Some(old), Some(new)) if old != new => {
                push_mode(&mut text, "old mode", old);
                push_mode(&mut text, "new mode", new);
            }
            _ => {}
        }
        if let Some((old, new)) = self.ids {
            let line = match self.old_mode {
                Some(mode) if self.new_mode == Some(mode) => format!("index {old}..{new} {mode:06o}\n"),
                _ => format!("index {old}..{new}\n"),
            };
            text.extend_from_slice(line.as_bytes());
        }
        if self.has_hunks {
            let name = |mode: Option<u32>, name| mode.map_or(&b"/dev/null"[..], |_| name);
            push(&mut text, &[b"--- ", name(self.old_mode, &old_name), b"\n"]);
            push(&mut text, &[b"+++ ", name(self.new_mode, &new_name), b"\n"]);
        }
        text.into()
    }
}

/// The whole text that moves a file without changing it.
pub(super) fn move_text(from: &BStr, to: &BStr) -> BString {
    let mut text = Vec::new();
    push(&mut text, &[b"diff --git ", &quoted("a/", from), b" ", &quoted("b/", to), b"\n"]);
    push(&mut text, &[b"similarity index 100%\nrename from ", &quoted("", from), b"\n"]);
    push(&mut text, &[b"rename to ", &quoted("", to), b"\n"]);
    text.into()
}

fn push(text: &mut Vec<u8>, parts: &[&[u8]]) {
    parts.iter().for_each(|part| text.extend_from_slice(part));
}

fn push_mode(text: &mut Vec<u8>, keyword: &str, mode: u32) {
    // Writing to memory cannot fail.
    let _ = writeln!(text, "{keyword} {mode:06o}");
}

/// A name with its prefix, in quotes where git or GNU patch would misread it.
///
/// git itself does not quote blanks but puts a tab behind the name; GNU patch then misreads the names of files
/// without hunks, while both accept the quotes.
fn quoted(prefix: &str, path: &BStr) -> BString {
    let mut name = BString::from(prefix);
    name.extend_from_slice(path);
    let quoted = gix::quote::ansi_c::quote(name.as_bstr());
    match quoted.starts_with(b"\"") || !quoted.contains(&b' ') {
        true => quoted.into_owned(),
        false => [b"\"", quoted.as_bytes(), b"\""].concat().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(path: &str, old_mode: Option<u32>, new_mode: Option<u32>, has_hunks: bool) -> String {
        FileHeader { path: path.into(), old_mode, new_mode, ids: None, has_hunks }.text().to_string()
    }

    #[test]
    fn headers_are_those_of_git() {
        let file = Some(0o100644);
        assert_eq!(text("x", file, file, true), "diff --git a/x b/x\n--- a/x\n+++ b/x\n");
        assert_eq!(
            text("x", None, file, true),
            "diff --git a/x b/x\nnew file mode 100644\n--- /dev/null\n+++ b/x\n"
        );
        assert_eq!(text("x", file, None, false), "diff --git a/x b/x\ndeleted file mode 100644\n");
        assert_eq!(
            text("x", file, Some(0o100755), false),
            "diff --git a/x b/x\nold mode 100644\nnew mode 100755\n"
        );
    }

    #[test]
    fn odd_names_are_quoted() {
        for (path, name) in
            [("x y", "\"b/x y\""), ("x\t\"\u{e9}", "\"b/x\\t\\\"\\303\\251\""), ("x\\y", "\"b/x\\\\y\"")]
        {
            assert!(text(path, None, Some(0o100644), true).ends_with(&format!("+++ {name}\n")), "{path}");
        }
    }
}

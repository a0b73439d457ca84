//! The patch of one file, in git's form.

use bstr::{BString, ByteSlice};
use hunktrace_indexer::git::line_diff::diff_lines;

/// Adds the patch of a file to a patch; none of a text is a file that is not there.
pub(super) fn push_file_patch(patch: &mut BString, path: &[u8], old: Option<&[u8]>, new: Option<&[u8]>) {
    let (a, b) = (quoted("a/", path), quoted("b/", path));
    patch.extend_from_slice(format!("diff --git {a} {b}\n").as_bytes());
    match (old, new) {
        (None, Some(_)) => patch.extend_from_slice(b"new file mode 100644\n"),
        (Some(_), None) => patch.extend_from_slice(b"deleted file mode 100644\n"),
        _ => {}
    }
    let name = |text: Option<&[u8]>, name: &str| {
        if text.is_some() { name.to_owned() } else { "/dev/null".to_owned() }
    };
    let hunks = diff_lines(old.unwrap_or_default(), new.unwrap_or_default());
    if hunks.is_empty() {
        return;
    }
    patch.extend_from_slice(format!("--- {}\n+++ {}\n", name(old, &a), name(new, &b)).as_bytes());
    for hunk in &hunks {
        patch.extend_from_slice(&hunk.header());
        patch.extend_from_slice(&hunk.body);
    }
}

/// A path as git writes it in a patch.
fn quoted(prefix: &str, path: &[u8]) -> String {
    let is_plain = path.iter().all(|byte| (0x20..0x7f).contains(byte) && !matches!(byte, b'"' | b'\\'));
    if is_plain {
        return format!("{prefix}{}", path.as_bstr());
    }
    let mut text = format!("\"{prefix}");
    for byte in path {
        match byte {
            b'"' | b'\\' => text.extend(['\\', char::from(*byte)]),
            b'\n' => text.push_str("\\n"),
            b'\t' => text.push_str("\\t"),
            0x20..0x7f => text.push(char::from(*byte)),
            _ => text.push_str(&format!("\\{byte:03o}")),
        }
    }
    text.push('"');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unusual_paths_are_quoted_as_git_quotes_them() {
        assert_eq!(quoted("a/", b"x y.c"), "a/x y.c");
        assert_eq!(quoted("a/", b"x\"\n\xff"), "\"a/x\\\"\\n\\377\"");
    }
}

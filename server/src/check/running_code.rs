//! Which hunks change code that runs: documents, tests, comments, and what only describes a module, mend no fault and bring
//! none in.

use bstr::{BStr, ByteSlice};
use hunktrace_indexer::hunk::Hunk;
use hunktrace_indexer::normalize::is_informative;

/// Folders of files that are no part of a kernel.
const OTHER_FOLDERS: [&[u8]; 3] = [b"Documentation/", b"tools/testing/", b"samples/"];

/// Endings of files that are read by people.
const TEXT_ENDINGS: [&[u8]; 5] = [b".txt", b".rst", b".md", b"MAINTAINERS", b"CREDITS"];

/// How lines begin that run nothing: comments, and what describes a module or brings declarations in.
const IDLE_BEGINNINGS: [&[u8]; 13] = [
    b"*",
    b"/*",
    b"//",
    b"#include",
    b"MODULE_ALIAS",
    b"MODULE_AUTHOR",
    b"MODULE_DESCRIPTION",
    b"MODULE_FIRMWARE",
    b"MODULE_INFO",
    b"MODULE_LICENSE",
    b"MODULE_SUPPORTED_DEVICE",
    b"MODULE_VERSION",
    b"MODULE_SOFTDEP",
];

/// Whether a hunk of a file changes code that runs. A change without lines counts for what its file is.
pub fn is_running_code(path: &BStr, hunk: Option<&Hunk>) -> bool {
    let is_other = OTHER_FOLDERS.iter().any(|folder| path.starts_with(folder))
        || TEXT_ENDINGS.iter().any(|ending| path.ends_with(ending));
    !is_other && hunk.is_none_or(|hunk| hunk.changed_lines().any(|line| runs(line.text)))
}

/// Whether a line is code that runs. A line of a comment that begins like code is taken for code.
fn runs(line: &BStr) -> bool {
    let text = line.trim();
    is_informative(text) && !IDLE_BEGINNINGS.iter().any(|beginning| text.starts_with(beginning))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribution::test_release::hunk;

    fn is_code(path: &str, lines: &[&str]) -> bool {
        is_running_code(path.into(), Some(&hunk(lines)))
    }

    #[test]
    fn documents_and_tests_are_no_code_that_runs() {
        for path in ["Documentation/filesystems/proc.txt", "tools/testing/selftests/x.c", "MAINTAINERS"] {
            assert!(!is_code(path, &["+use(it);"]), "{path}");
        }
        assert!(is_code("net/core/dev.c", &["+use(it);"]));
    }

    #[test]
    fn comments_and_descriptions_do_not_run() {
        assert!(!is_code("a.c", &["+/* of the port */", "+ * of the port", "+", "+}"]));
        assert!(!is_code("a.c", &["+#include <linux/a.h>", "+MODULE_ALIAS_NETDEV(\"a\");"]));
        assert!(is_code("a.c", &["+MODULE_DEVICE_TABLE(usb, ids);"]));
        assert!(is_code("a.c", &["+/* of the port */", "-use(it);"]));
        assert!(!is_code("a.c", &[" use(it);"]));
    }
}

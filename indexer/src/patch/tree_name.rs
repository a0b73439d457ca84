//! How folders with whole source trees are called.

/// Whether a folder is called like an unpacked release or clone of a kernel or another program: `linux-2.6.32`,
/// `linux.orig`, `kernel-4.18.0-80.el8`, `v3.1`. No folder inside of such a tree is.
pub(super) fn is_tree_name(folder: &[u8]) -> bool {
    let is_of_linux =
        folder.strip_prefix(b"linux").is_some_and(|rest| matches!(rest, [b'-' | b'_' | b'.', _, ..]));
    is_of_linux || is_version(folder) || ends_in_version(folder)
}

/// Whether a text is a version of two numbers at least, possibly behind a `v`.
fn is_version(text: &[u8]) -> bool {
    let digits = |text: &[u8]| text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let number = text.strip_prefix(b"v").unwrap_or(text);
    let whole = digits(number);
    whole > 0 && number.get(whole) == Some(&b'.') && digits(&number[whole + 1..]) > 0
}

/// Whether a word, a dash and a version begin a name: `systemd-219`, `linux_2.6`.
fn ends_in_version(folder: &[u8]) -> bool {
    let begins_with_letter = folder.first().is_some_and(u8::is_ascii_alphabetic);
    let mut behind_dashes = folder.iter().enumerate().filter(|(_, byte)| matches!(byte, b'-' | b'_'));
    begins_with_letter
        && behind_dashes.any(|(dash, _)| {
            let rest = &folder[dash + 1..];
            let number = rest.strip_prefix(b"v").unwrap_or(rest);
            number.first().is_some_and(u8::is_ascii_digit)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_of_releases_are_told_from_those_inside_of_them() {
        for name in [
            "linux-2.6.32",
            "linux-3.0",
            "linux.orig",
            "linux-stable",
            "kernel-4.18.0-80.el8",
            "systemd-219",
            "v3.1",
            "2.6.0-test1",
            "linux-2.6.32.x86_64",
            "kernel-rt-5.14",
        ] {
            assert!(is_tree_name(name.as_bytes()), "{name}");
        }
        for name in [
            "linux",
            "kernel",
            "mm",
            "drivers",
            "hwdb.d",
            "io_uring",
            "Documentation",
            "x86",
            "v1",
            "",
            "a",
            "linux-",
        ] {
            assert!(!is_tree_name(name.as_bytes()), "{name}");
        }
    }
}

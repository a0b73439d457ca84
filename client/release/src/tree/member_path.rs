//! Paths inside a tree: relative, with `/` between the parts, and never leading out of it.

use bstr::{BStr, BString, ByteSlice};

/// Appends a name to a folder's path; the root's path is empty.
pub(super) fn join(folder: &[u8], name: &[u8]) -> BString {
    if folder.is_empty() {
        return name.into();
    }
    let mut path = Vec::with_capacity(folder.len() + 1 + name.len());
    path.extend_from_slice(folder);
    path.push(b'/');
    path.extend_from_slice(name);
    path.into()
}

/// Brings a name as an archive has it into the form of a tree's paths; empty for the root itself.
///
/// Empty parts and `.` are dropped. A backslash is a character like any other.
///
/// # Errors
///
/// What is wrong with a name that is absolute, has `..` in it, or holds a NUL byte.
pub(super) fn normalise(name: &[u8]) -> Result<BString, &'static str> {
    if name.first() == Some(&b'/') {
        return Err("has an absolute name");
    }
    if name.contains(&0) {
        return Err("has a NUL byte in its name");
    }
    let mut path = Vec::with_capacity(name.len());
    for part in name.split_str("/") {
        match part {
            b"" | b"." => continue,
            b".." => return Err("has a name that leads out of the tree (..)"),
            _ => {}
        }
        if !path.is_empty() {
            path.push(b'/');
        }
        path.extend_from_slice(part);
    }
    Ok(path.into())
}

/// The folders above a path, from the outermost inwards, the root left out.
pub(super) fn folders_above(path: &BStr) -> impl Iterator<Item = &BStr> {
    path.find_iter("/").map(|end| path[..end].as_bstr())
}

/// Whether a path leads into git's own folder, which is no part of a tree.
pub(super) fn is_in_git_folder(path: &BStr) -> bool {
    path.split_str("/").any(|part| part == b".git")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn plain_names_keep_their_form_and_others_are_brought_into_it() {
        for (name, expected) in [
            ("a/b.c", "a/b.c"),
            ("./a//b/", "a/b"),
            (".", ""),
            ("", ""),
            ("..a/b..", "..a/b.."),
            ("a\\..\\b", "a\\..\\b"),
        ] {
            assert_eq!(normalise(name.as_bytes()), Ok(BString::from(expected)), "{name}");
        }
    }

    #[test]
    fn names_that_lead_elsewhere_are_refused() {
        for name in ["/etc/passwd", "//a", "../a", "a/../../b", "a/..", "..", "a\0b", "./../a"] {
            assert!(normalise(name.as_bytes()).is_err(), "{name:?}");
        }
    }

    #[test]
    fn folders_above_go_from_the_outermost_inwards() {
        let above: Vec<_> = folders_above("a/b/c".into()).collect();
        assert_eq!(above, ["a", "a/b"]);
        assert_eq!(folders_above("a".into()).count(), 0);
    }

    #[test]
    fn only_a_part_that_is_exactly_git_counts() {
        assert!(is_in_git_folder(".git/config".into()));
        assert!(is_in_git_folder("a/.git".into()));
        assert!(!is_in_git_folder(".gitignore".into()));
    }

    proptest! {
        #[test]
        fn a_normal_path_stays_as_it_is_and_below_the_root(name in proptest::collection::vec(
            prop_oneof![Just(b'/'), Just(b'.'), Just(b'a'), any::<u8>()], 0..24)) {
            if let Ok(path) = normalise(&name) {
                prop_assert_eq!(normalise(&path), Ok(path.clone()));
                prop_assert!(path.is_empty() || path.split_str("/").all(|part| !matches!(part, b"" | b"." | b"..")));
                prop_assert!(!path.contains(&0));
            }
        }
    }
}

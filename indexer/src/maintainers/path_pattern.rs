//! A pattern for paths, as `F:` and `X:` have it.

use bstr::{BStr, BString, ByteSlice};

/// A pattern for paths. `*` is any text, also with slashes, and `?` any one character.
///
/// It has to match the beginning of a path. One that ends with a slash, or is the path of a folder, reaches everything
/// below; any other only what has as many slashes as itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PathPattern {
    text: BString,
    slashes: usize,
}

impl PathPattern {
    /// The pattern that a line has; none for an empty one.
    pub fn new(value: &[u8]) -> Option<PathPattern> {
        let slashes = count_slashes(value);
        (!value.is_empty()).then(|| PathPattern { text: value.into(), slashes })
    }

    /// How many bytes it has.
    pub fn len(&self) -> usize {
        self.text.len()
    }

    /// Whether it is made for what no other section has.
    pub fn is_everything(&self) -> bool {
        self.text.iter().all(|byte| matches!(byte, b'*' | b'/'))
    }

    /// The folder that everything that matches lies in; empty for the top.
    pub fn folder(&self) -> &BStr {
        let literal = self.text.find_byteset(b"*?").unwrap_or(self.text.len());
        let slash = self.text[..literal].rfind_byte(b'/').unwrap_or(0);
        self.text[..slash].as_bstr()
    }

    /// How deep the pattern leads, from 1, if it matches a path; -1 for one that begins with `*`, which leads nowhere.
    pub fn depth(&self, path: &BStr) -> Option<isize> {
        let depth = |depth: usize| if self.text.starts_with(b"*") { -1 } else { depth as isize };
        if self.text.ends_with(b"/") {
            return has_beginning(path, &self.text).then(|| depth(self.slashes));
        }
        let is_below = || path.strip_prefix(self.text.as_bytes()).is_some_and(|rest| rest.starts_with(b"/"));
        let is_beside = || count_slashes(path) == self.slashes && has_beginning(path, &self.text);
        (is_beside() || is_below()).then(|| depth(self.slashes + 1))
    }
}

fn count_slashes(text: &[u8]) -> usize {
    text.find_iter(b"/").count()
}

/// Whether a path begins with what a pattern describes.
///
/// Each part between two stars is taken where it comes first: because nothing has to follow, a later place is never
/// better, and nothing is tried twice.
fn has_beginning(path: &[u8], pattern: &[u8]) -> bool {
    let mut parts = pattern.split(|byte| *byte == b'*');
    let first = parts.next().unwrap_or_default();
    if !begins(path, first) {
        return false;
    }
    let mut rest = &path[first.len()..];
    for part in parts {
        let Some(at) = (0..=rest.len()).find(|at| begins(&rest[*at..], part)) else { return false };
        rest = &rest[at + part.len()..];
    }
    true
}

fn begins(text: &[u8], part: &[u8]) -> bool {
    text.len() >= part.len() && text.iter().zip(part).all(|(byte, wanted)| *wanted == b'?' || byte == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn depth(pattern: &str, path: &str) -> Option<isize> {
        PathPattern::new(pattern.as_bytes()).unwrap().depth(path.into())
    }

    #[test]
    fn patterns_match_as_the_kernels_script_does() {
        let cases = [
            ("drivers/net/", "drivers/net/tg3.c", Some(2)),
            ("drivers/net/", "drivers/net/a/b.c", Some(2)),
            ("drivers/net/*", "drivers/net/tg3.c", Some(3)),
            ("drivers/net/*", "drivers/net/a/b.c", None),
            ("drivers/net", "drivers/net/a/b.c", Some(2)),
            ("drivers/net", "drivers/network.c", Some(2)),
            ("drivers/net", "drivers/network/x.c", None),
            ("*/net/*", "drivers/net/x.c", Some(-1)),
            ("include/linux/tg3?h", "include/linux/tg3.h", Some(3)),
            ("include/*/tg3", "include/uapi/linux/tg3.h", None),
            ("a*b*c", "axxbxxcyy", Some(1)),
            ("a*b*c", "axxcxxb", None),
        ];
        for (pattern, path, expected) in cases {
            assert_eq!(depth(pattern, path), expected, "{pattern} {path}");
        }
    }

    #[test]
    fn folder_is_what_stands_before_the_first_wildcard() {
        let folder = |text: &str| PathPattern::new(text.as_bytes()).unwrap().folder().to_string();
        let folders = ["drivers/net/tg3.*", "drivers/net/", "*/net/", "MAINTAINERS"].map(folder);
        assert_eq!(folders, ["drivers/net", "drivers/net", "", ""]);
    }
}

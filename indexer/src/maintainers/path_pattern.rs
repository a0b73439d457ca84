//! A pattern for paths, as `F:` and `X:` have it.

use bstr::{BStr, BString, ByteSlice};

/// A pattern for paths. `*` is any text, also with slashes, `?` any one character, and `[ch]` or `[a-f]` one of a list.
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
        let literal = self.text.find_byteset(b"*?[").unwrap_or(self.text.len());
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
    let Some(mut rest) = behind(path, parts.next().unwrap_or_default()) else { return false };
    for part in parts {
        match (0..=rest.len()).find_map(|at| behind(&rest[at..], part)) {
            Some(behind) => rest = behind,
            None => return false,
        }
    }
    true
}

/// What of a text stands behind a part of a pattern without stars, if it begins with it.
fn behind<'a>(text: &'a [u8], part: &[u8]) -> Option<&'a [u8]> {
    let (mut text, mut part) = (text, part);
    while let Some((wanted, more)) = part.split_first() {
        let (byte, rest) = text.split_first()?;
        let list = if *wanted == b'[' { more.find_byte(b']') } else { None };
        let (is_wanted, after) = match list {
            Some(end) => (is_listed(*byte, &more[..end]), &more[end + 1..]),
            None => (*wanted == b'?' || wanted == byte, more),
        };
        if !is_wanted {
            return None;
        }
        (text, part) = (rest, after);
    }
    Some(text)
}

/// Whether a byte is in a list of bytes and ranges, or with `^` in front in none of them.
fn is_listed(byte: u8, list: &[u8]) -> bool {
    let (is_negated, mut list) = match list.strip_prefix(b"^") {
        Some(list) => (true, list),
        None => (false, list),
    };
    let mut is_found = false;
    while let Some((first, more)) = list.split_first() {
        let (last, rest) = match more {
            [b'-', last, rest @ ..] => (last, rest),
            _ => (first, more),
        };
        is_found |= (*first..=*last).contains(&byte);
        list = rest;
    }
    is_found != is_negated
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
            ("drivers/scsi/hpsa*.[ch]", "drivers/scsi/hpsa_cmd.h", Some(3)),
            ("drivers/scsi/hpsa*.[ch]", "drivers/scsi/hpsa.S", None),
            ("arch/x86/lib/[^a-m-]*", "arch/x86/lib/putuser.S", Some(4)),
            ("arch/x86/lib/[^a-m-]*", "arch/x86/lib/getuser.S", None),
            ("fs/[x", "fs/[x", Some(2)),
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
        let folders = ["drivers/net/tg3.*", "drivers/net/", "*/net/", "a/[bc]/d", "MAINTAINERS"].map(folder);
        assert_eq!(folders, ["drivers/net", "drivers/net", "", "a", ""]);
    }
}

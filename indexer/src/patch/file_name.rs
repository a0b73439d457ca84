//! File names as diffs write them: quoted or not, with time stamps behind and prefixes in front.
//!
//! Which leading components are prefixes is decided by these rules, in which a *first component* is what stands
//! before the first slash:
//!
//! - Names in `rename` and `copy` lines of git have no prefix.
//! - Both names of any other `diff --git` line are the same file, so the first components are prefixes if they
//!   differ while the rest agrees (`a/x b/x`, `i/x w/x`, `old/x new/x`); equal names have no prefix.
//! - Of two plain names (`---`, `+++`) the first components are prefixes if both have one and they differ
//!   (`linux-4.18/mm/x.c`, `linux-vendor/mm/x.c`), as with `patch -p1`. Names that are absolute or lead out of
//!   the folder lose everything through the first component that differs.
//! - A first component that both plain names share is a prefix if it is `a` or `b`, or is called like an unpacked
//!   release (`linux-2.6.32`). Of any other only an index of the files can tell.
//! - A plain name that is the other one with an ending (`x.c.orig`, `x.c~mend-it`) is a copy of that file.
//! - Where the other side is `/dev/null`, the first component is a prefix if it is `a` (old) or `b` (new), or if
//!   it was found to be a prefix on that side of another file of the same patch, or is called like a release.
//!
//! Empty components and `.` mean nothing, and blanks at the end are those of mail programs. A name that has
//! backslashes and no slash comes from a system where those stand between folders.

use bstr::{BString, ByteSlice};

use super::file_stamp::{is_epoch, split_stamp};
use super::tree_name::is_tree_name;

/// A name on a `---` or `+++` line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct StampedName {
    /// The name with its prefix; none for `/dev/null`.
    pub name: Option<BString>,
    /// What the time stamp behind the name says.
    pub stamp: Stamp,
    /// Set where the name is in quotes that cannot be read; the name is then as it stands.
    pub is_misquoted: bool,
}

/// What the time stamp of a file says about the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stamp {
    /// There is none.
    Missing,
    /// It is the beginning of time, which GNU diff writes for a file that does not exist.
    Epoch,
    /// It is any other time or remark.
    Other,
}

/// Reads what follows `--- ` or `+++ `.
pub(super) fn stamped_name(rest: &[u8]) -> StampedName {
    let (name, stamp, is_misquoted) = match unquote(rest) {
        Unquoted::Name(name, behind) => (name, behind, false),
        Unquoted::Plain => {
            let (name, stamp) = split_stamp(rest);
            (cleaned(without_revision(name)), stamp, false)
        }
        Unquoted::Malformed => (rest.into(), &[][..], true),
    };
    let stamp = stamp.trim();
    let stamp = match stamp {
        [] => Stamp::Missing,
        _ if is_epoch(stamp) => Stamp::Epoch,
        _ => Stamp::Other,
    };
    let name = (name != "/dev/null").then_some(name);
    StampedName { name, stamp, is_misquoted }
}

/// What became of text that may begin with a quoted name.
pub(super) enum Unquoted<'a> {
    /// A quoted name, and what stands behind it.
    Name(BString, &'a [u8]),
    /// The text does not begin with a quote.
    Plain,
    /// The quotes do not close, or hold an unknown escape.
    Malformed,
}

/// Reads a name in C-style double quotes at the beginning of a text.
pub(super) fn unquote(text: &[u8]) -> Unquoted<'_> {
    if !text.starts_with(b"\"") {
        return Unquoted::Plain;
    }
    match gix::quote::ansi_c::undo(text.as_bstr()) {
        Ok((name, consumed)) => Unquoted::Name(name.into_owned(), &text[consumed..]),
        Err(_) => Unquoted::Malformed,
    }
}

/// Reads a name that takes up the whole text: the name, and whether its quotes cannot be read.
pub(super) fn whole_name(text: &[u8]) -> (BString, bool) {
    match unquote(text) {
        Unquoted::Name(name, _) => (name, false),
        Unquoted::Plain => (cleaned(text), false),
        Unquoted::Malformed => (text.into(), true),
    }
}

/// An unquoted name with slashes between folders, and without blanks and components that mean nothing.
fn cleaned(name: &[u8]) -> BString {
    let name = name.trim_end();
    let below_prefix = name.strip_prefix(b"a/").or(name.strip_prefix(b"b/")).unwrap_or(name);
    let has_backslashes = below_prefix.contains(&b'\\') && !below_prefix.contains(&b'/');
    let name: BString = if has_backslashes { name.replace("\\", "/").into() } else { name.into() };
    let is_clean = !name.windows(2).any(|pair| pair == b"//" || pair == b"./") && !name.ends_with(b"/");
    if is_clean {
        return name;
    }
    let parts = name.split_str("/").filter(|part| !part.is_empty() && *part != b".");
    let mut clean = if name.starts_with(b"/") { vec![b'/'] } else { Vec::new() };
    clean.extend(bstr::join("/", parts));
    if clean.is_empty() { name } else { clean.into() }
}

/// A name without the revision that Perforce (`x.c#12`) and CVS (`x.c:1.12`) put behind it.
fn without_revision(name: &[u8]) -> &[u8] {
    let Some(mark) = name.rfind_byteset(b"#:") else { return name };
    let (file, revision) = (&name[..mark], &name[mark + 1..]);
    let is_number = |part: &[u8]| !part.is_empty() && part.iter().all(u8::is_ascii_digit);
    let is_revision = match name[mark] {
        b'#' => is_number(revision),
        _ => revision.contains(&b'.') && revision.split_str(".").all(is_number),
    };
    if is_revision && !file.is_empty() { file } else { name }
}

/// The two names of a file without their prefixes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct StrippedPair {
    /// The old path.
    pub old: BString,
    /// The new path.
    pub new: BString,
    /// The prefixes that were taken off.
    pub prefixes: Option<(BString, BString)>,
}

/// Takes the prefixes off the names of a `---` and a `+++` line.
pub(super) fn strip_plain(old: &[u8], new: &[u8]) -> StrippedPair {
    let (mut old_start, mut new_start) = different_folders(old, new);
    let (old_rest, new_rest) = of_one_file(&old[old_start..], &new[new_start..]);
    if old_rest == new_rest
        && let Some((shared, _)) = split_first(new_rest)
        && (is_tree_name(shared) || (old_start == 0 && matches!(shared, b"a" | b"b")))
    {
        old_start += shared.len() + 1;
        new_start += shared.len() + 1;
    }
    let (old_path, new_path) = of_one_file(&old[old_start..], &new[new_start..]);
    let prefix = |name: &[u8], start: usize| name[..start].strip_suffix(b"/").map(BString::from);
    StrippedPair {
        old: old_path.into(),
        new: new_path.into(),
        prefixes: prefix(old, old_start).zip(prefix(new, new_start)),
    }
}

/// Where two names begin behind the folders that differ, and of names that lead out of the folder all above those.
fn different_folders(old: &[u8], new: &[u8]) -> (usize, usize) {
    let leads_out =
        |name: &[u8]| name.starts_with(b"/") || name.starts_with(b"../") || name.get(1) == Some(&b':');
    let mut old_start = 0;
    let mut new_start = 0;
    if leads_out(old) && leads_out(new) {
        while let (Some((a, _)), Some((b, _))) =
            (split_first(&old[old_start..]), split_first(&new[new_start..]))
            && a == b
        {
            old_start += a.len() + 1;
            new_start += b.len() + 1;
        }
    }
    match (split_first(&old[old_start..]), split_first(&new[new_start..])) {
        (Some((a, _)), Some((b, _))) if a != b => (old_start + a.len() + 1, new_start + b.len() + 1),
        _ => (0, 0),
    }
}

/// Two names as those of one file where the longer one only has an ending more, as copies of files do.
fn of_one_file<'a>(old: &'a [u8], new: &'a [u8]) -> (&'a [u8], &'a [u8]) {
    let (shorter, longer) = if old.len() <= new.len() { (old, new) } else { (new, old) };
    let ending = longer.strip_prefix(shorter).filter(|_| !shorter.is_empty());
    let is_copy = ending.is_some_and(|ending| matches!(ending, [b'.' | b'~', ..]) && !ending.contains(&b'/'));
    if is_copy { (shorter, shorter) } else { (old, new) }
}

/// The path of a file that is on one side only, as far as its name alone tells.
pub(super) fn strip_single(name: &[u8]) -> &[u8] {
    match split_first(name) {
        Some((first, rest)) if matches!(first, b"a" | b"b") || is_tree_name(first) => rest,
        _ => name,
    }
}

/// Takes the prefixes off the two names of a `diff --git` line without `rename` and `copy` lines; none if they
/// are not the same file.
pub(super) fn strip_git(old: &[u8], new: &[u8]) -> Option<BString> {
    if old == new {
        return Some(old.into());
    }
    match (split_first(old), split_first(new)) {
        (Some((_, old_rest)), Some((_, new_rest))) if old_rest == new_rest => Some(old_rest.into()),
        _ => None,
    }
}

/// Takes a known prefix off a name.
pub(super) fn strip_known<'a>(name: &'a [u8], prefix: &[u8]) -> Option<&'a [u8]> {
    name.strip_prefix(prefix)?.strip_prefix(b"/").filter(|rest| !rest.is_empty())
}

/// A name's first component and what follows the slash behind it; none if nothing follows.
fn split_first(name: &[u8]) -> Option<(&[u8], &[u8])> {
    let (first, rest) = name.split_once_str("/")?;
    (!rest.is_empty()).then_some((first, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(old: &str, new: &str) -> (String, String) {
        let pair = strip_plain(old.as_bytes(), new.as_bytes());
        (pair.old.to_string(), pair.new.to_string())
    }

    fn same(path: &str) -> (String, String) {
        (path.into(), path.into())
    }

    #[test]
    fn differing_first_components_of_plain_names_are_prefixes() {
        assert_eq!(plain("a/mm/x.c", "b/mm/x.c"), same("mm/x.c"));
        assert_eq!(plain("linux-4.18/mm/x.c", "linux-vendor/mm/x.c"), same("mm/x.c"));
    }

    #[test]
    fn equal_or_missing_first_components_of_plain_names_are_kept() {
        assert_eq!(plain("mm/x.c", "mm/x.c"), same("mm/x.c"));
        assert_eq!(plain("old/x.c", "x.c"), ("old/x.c".into(), "x.c".into()));
        assert_eq!(plain("kernel/x.c", "kernel/x.c"), same("kernel/x.c"));
    }

    #[test]
    fn first_component_that_both_plain_names_share_is_a_prefix_by_its_name() {
        assert_eq!(plain("a/mm/x.c", "a/mm/x.c"), same("mm/x.c"));
        assert_eq!(plain("b/mm/x.c", "b/mm/x.c"), same("mm/x.c"));
        assert_eq!(plain("linux-2.6.32/mm/x.c", "linux-2.6.32/mm/x.c"), same("mm/x.c"));
        assert_eq!(plain("a/linux-3.0/mm/x.c", "b/linux-3.0/mm/x.c"), same("mm/x.c"));
        let prefixes = strip_plain(b"a/linux-3.0/x", b"b/linux-3.0/x").prefixes;
        assert_eq!(prefixes, Some(("a/linux-3.0".into(), "b/linux-3.0".into())));
        assert_eq!(plain("v1/a/x.c", "v2/a/x.c"), same("a/x.c"));
    }

    #[test]
    fn copy_with_an_ending_is_the_same_file() {
        assert_eq!(plain("mm/x.c.orig", "mm/x.c"), same("mm/x.c"));
        assert_eq!(plain("x.c", "x.c.new"), same("x.c"));
        assert_eq!(plain("a/mm/x.c~mend-it", "a/mm/x.c"), same("mm/x.c"));
        assert_eq!(plain("linux-2.6.32/mm/x.c.mend-it", "linux-2.6.32/mm/x.c"), same("mm/x.c"));
        assert_eq!(plain("v1/mm/x.c.orig", "v2/mm/x.c"), same("mm/x.c"));
        assert_eq!(plain("mm/x.c", "mm/x.c/y"), ("mm/x.c".into(), "mm/x.c/y".into()));
    }

    #[test]
    fn components_that_mean_nothing_and_backslashes_are_cleaned_up() {
        for (text, name) in [
            ("linux.old//fs/x.c", "linux.old/fs/x.c"),
            ("a/./fs/x.c", "a/fs/x.c"),
            ("./fs/x.c", "fs/x.c"),
            ("/usr//src/x.c", "/usr/src/x.c"),
            ("../v1/x.c", "../v1/x.c"),
            ("a/.config", "a/.config"),
            ("a\\fs\\x.c", "a/fs/x.c"),
            ("C:\\v1\\fs\\x.c", "C:/v1/fs/x.c"),
            ("a/fs\\x.c", "a/fs/x.c"),
            ("a/fs/x\\x2dy.c", "a/fs/x\\x2dy.c"),
            ("a/x.c  ", "a/x.c"),
        ] {
            assert_eq!(stamped_name(text.as_bytes()).name, Some(name.into()), "{text}");
            assert_eq!(whole_name(text.as_bytes()), (name.into(), false), "{text}");
        }
    }

    #[test]
    fn revisions_behind_names_are_no_part_of_them() {
        for (text, name) in [
            ("//depot/fs/x.c#12", "/depot/fs/x.c"),
            ("fs/x.c:1.12", "fs/x.c"),
            ("fs/x#y", "fs/x#y"),
            ("fs/x:y", "fs/x:y"),
        ] {
            assert_eq!(stamped_name(text.as_bytes()).name, Some(name.into()), "{text}");
        }
    }

    #[test]
    fn absolute_names_are_compared_through_the_first_difference() {
        assert_eq!(plain("/usr/src/v1/mm/x.c", "/usr/src/v2/mm/x.c"), same("mm/x.c"));
        assert_eq!(plain("../v1/mm/x.c", "../v2/mm/x.c"), same("mm/x.c"));
        assert_eq!(plain("C:/src/v1/mm/x.c", "C:/src/v2/mm/x.c"), same("mm/x.c"));
        assert_eq!(plain("/etc/x", "/etc/x"), same("/etc/x"));
    }

    #[test]
    fn git_names_have_the_prefixes_that_differ() {
        let strip = |old: &str, new: &str| strip_git(old.as_bytes(), new.as_bytes()).map(|p| p.to_string());
        assert_eq!(strip("a/b/x", "b/b/x").as_deref(), Some("b/x"));
        assert_eq!(strip("a/b/x", "a/b/x").as_deref(), Some("a/b/x"));
        assert_eq!(strip("i/x", "w/x").as_deref(), Some("x"));
        assert_eq!(strip("a/x", "b/y"), None);
    }

    #[test]
    fn name_ends_before_its_time_stamp() {
        for (text, name, stamp) in [
            ("a/x y\t", "a/x y", Stamp::Missing),
            ("a/x\t2004-02-01 10:20:30.5 +0100", "a/x", Stamp::Other),
            ("a/x y 2004-02-01 10:20:30.5 +0100", "a/x y", Stamp::Other),
            ("a/x\t(revision 7)", "a/x", Stamp::Other),
            ("/dev/null Thu Jan 01 00:00:00 1970 +0000", "", Stamp::Epoch),
            ("\"a/x\\ty\\303\\251\"\t", "a/x\ty\u{e9}", Stamp::Missing),
            ("a/x\t1970-01-01 00:00:00.000000000 +0000", "a/x", Stamp::Epoch),
            ("a/x\t1970-01-01 05:30:00.000000000 +0530", "a/x", Stamp::Epoch),
            ("a/x\t1969-12-31 19:00:00.000000000 -0500", "a/x", Stamp::Epoch),
            ("a/x\t1970-01-01 05:30:00.000000000 +0000", "a/x", Stamp::Other),
            ("a/x\tThu Jan  1 01:00:00 1970", "a/x", Stamp::Epoch),
        ] {
            let read = stamped_name(text.as_bytes());
            let name = Some(name).filter(|name| !name.is_empty()).map(BString::from);
            assert_eq!((read.name, read.stamp), (name, stamp), "{text}");
        }
    }

    #[test]
    fn null_device_is_no_name() {
        assert_eq!(stamped_name(b"/dev/null").name, None);
        assert_eq!(stamped_name(b"/dev/null\t1970-01-01 00:00:00.000000000 +0000").name, None);
    }

    #[test]
    fn misquoted_name_is_kept_as_it_stands() {
        for text in ["\"a/x", "\"a/\\9\"", "\"", "\"a/\\37"] {
            let read = stamped_name(text.as_bytes());
            assert_eq!((read.name, read.is_misquoted), (Some(text.into()), true), "{text}");
        }
    }
}

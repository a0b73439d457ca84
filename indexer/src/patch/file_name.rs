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
//! - Where the other side is `/dev/null`, the first component is a prefix if it is `a` (old) or `b` (new), or if
//!   it was found to be a prefix on that side of another file of the same patch.

use bstr::{BString, ByteSlice};

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
            (name.into(), stamp, false)
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
        Unquoted::Plain => (text.into(), false),
        Unquoted::Malformed => (text.into(), true),
    }
}

/// Splits an unquoted name from its time stamp: at the first tab, else before a date in the text.
fn split_stamp(text: &[u8]) -> (&[u8], &[u8]) {
    if let Some(tab) = text.find_byte(b'\t') {
        return (&text[..tab], &text[tab + 1..]);
    }
    let date = text.windows(DATE_SHAPE.len()).position(|window| {
        window.iter().zip(DATE_SHAPE).all(|(byte, shape)| match shape {
            b'0' => byte.is_ascii_digit(),
            _ => byte == shape,
        })
    });
    match date {
        Some(date) => (text[..date].trim_end(), &text[date + 1..]),
        None => (text, &[]),
    }
}

/// The beginning of GNU diff's time stamps where mail turned the tab into a blank; `0` stands for any digit.
const DATE_SHAPE: &[u8] = b" 0000-00-00 00:00:";

/// Whether a time stamp is 1970-01-01 00:00:00 UTC, in GNU diff's form (`1970-01-01 01:00:00.000000000 +0100`)
/// or that of `ctime` (`Thu Jan  1 01:00:00 1970`, whose time zone is unknown unless a zone follows).
fn is_epoch(stamp: &[u8]) -> bool {
    let Ok(stamp) = stamp.to_str() else { return false };
    let words: Vec<&str> = stamp.split_ascii_whitespace().take(7).collect();
    let (day, time, zone) = match words[..] {
        ["1970-01-01", time, zone] => (0, time, Some(zone)),
        ["1969-12-31", time, zone] => (-1, time, Some(zone)),
        [_, "Jan", "1" | "01", time, "1970"] => (0, time, None),
        [_, "Dec", "31", time, "1969"] => (-1, time, None),
        [_, "Jan", "1" | "01", time, "1970", zone] => (0, time, Some(zone)),
        [_, "Dec", "31", time, "1969", zone] => (-1, time, Some(zone)),
        _ => return false,
    };
    let Some(seconds) = seconds_of_day(time) else { return false };
    match zone {
        Some(zone) => zone_seconds(zone) == Some(day * 86_400 + seconds),
        None => seconds % 900 == 0,
    }
}

/// Seconds since midnight of `HH:MM:SS` with any fraction of zeros.
fn seconds_of_day(time: &str) -> Option<i64> {
    let (time, fraction) = time.split_once('.').unwrap_or((time, ""));
    if !fraction.bytes().all(|digit| digit == b'0') {
        return None;
    }
    let mut parts = time.splitn(3, ':').map(|part| part.parse::<u8>().ok());
    let (hours, minutes, seconds) = (parts.next()??, parts.next()??, parts.next()??);
    Some(i64::from(hours) * 3600 + i64::from(minutes) * 60 + i64::from(seconds))
}

/// Seconds east of Greenwich of `+HHMM` or `+HH:MM`.
fn zone_seconds(zone: &str) -> Option<i64> {
    let sign = if zone.starts_with('-') { -1 } else { 1 };
    let digits = zone.strip_prefix(['+', '-'])?.replace(':', "");
    if digits.len() != 4 || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let number: i64 = digits.parse().ok()?;
    Some(sign * (number / 100 * 3600 + number % 100 * 60))
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
    let (old, new) = (strip_dots(old), strip_dots(new));
    let leads_out = |name: &[u8]| name.starts_with(b"/") || name.starts_with(b"../");
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
    if let (Some((a, old_rest)), Some((b, new_rest))) =
        (split_first(&old[old_start..]), split_first(&new[new_start..]))
        && a != b
    {
        let prefixes = (old[..old_start + a.len()].into(), new[..new_start + b.len()].into());
        return StrippedPair { old: old_rest.into(), new: new_rest.into(), prefixes: Some(prefixes) };
    }
    StrippedPair { old: old.into(), new: new.into(), prefixes: None }
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
    strip_dots(name).strip_prefix(prefix)?.strip_prefix(b"/").filter(|rest| !rest.is_empty())
}

/// A name's first component and what follows the slash behind it; none if nothing follows.
fn split_first(name: &[u8]) -> Option<(&[u8], &[u8])> {
    let (first, rest) = name.split_once_str("/")?;
    (!rest.is_empty()).then_some((first, rest))
}

/// A name without `./` in front.
fn strip_dots(mut name: &[u8]) -> &[u8] {
    while let Some(rest) = name.strip_prefix(b"./") {
        name = rest;
    }
    name
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
        assert_eq!(plain("./old/mm/x.c", "./new/mm/x.c"), same("mm/x.c"));
    }

    #[test]
    fn equal_or_missing_first_components_of_plain_names_are_kept() {
        assert_eq!(plain("mm/x.c", "mm/x.c"), same("mm/x.c"));
        assert_eq!(plain("mm/x.c.orig", "mm/x.c"), ("mm/x.c.orig".into(), "mm/x.c".into()));
        assert_eq!(plain("x.c.orig", "x.c"), ("x.c.orig".into(), "x.c".into()));
        assert_eq!(plain("old/x.c", "x.c"), ("old/x.c".into(), "x.c".into()));
    }

    #[test]
    fn absolute_names_are_compared_through_the_first_difference() {
        assert_eq!(plain("/usr/src/v1/mm/x.c", "/usr/src/v2/mm/x.c"), same("mm/x.c"));
        assert_eq!(plain("../v1/mm/x.c", "../v2/mm/x.c"), same("mm/x.c"));
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
            ("\"a/x\\ty\\303\\251\"\t", "a/x\ty\u{e9}", Stamp::Missing),
            ("a/x\t1970-01-01 00:00:00.000000000 +0000", "a/x", Stamp::Epoch),
            ("a/x\t1970-01-01 05:30:00.000000000 +0530", "a/x", Stamp::Epoch),
            ("a/x\t1969-12-31 19:00:00.000000000 -0500", "a/x", Stamp::Epoch),
            ("a/x\t1970-01-01 05:30:00.000000000 +0000", "a/x", Stamp::Other),
            ("a/x\tThu Jan  1 01:00:00 1970", "a/x", Stamp::Epoch),
        ] {
            let read = stamped_name(text.as_bytes());
            assert_eq!((read.name, read.stamp), (Some(name.into()), stamp), "{text}");
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

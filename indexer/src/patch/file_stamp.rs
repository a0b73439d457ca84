//! What stands behind the name of a file on a `---` or `+++` line: a time, or a remark like `(revision 10)`.
//!
//! A tab ends the name. Where mail programs have turned it into blanks, the name ends where a time or remark begins.

use bstr::ByteSlice;

/// Splits an unquoted name from what stands behind it: at the first tab, else before a time or remark.
pub(super) fn split_stamp(text: &[u8]) -> (&[u8], &[u8]) {
    if let Some(tab) = text.find_byte(b'\t') {
        return (text[..tab].trim_end(), text[tab + 1..].trim_start());
    }
    let mut name_end = None;
    for (at, byte) in text.iter().enumerate() {
        if *byte == b' ' {
            name_end.get_or_insert(at);
        } else if let Some(end) = name_end.take() {
            let stamp = &text[at..];
            if end > 0 && (begins_time(stamp) || is_remark(stamp, at - end)) {
                return (&text[..end], stamp);
            }
        }
    }
    (text.trim_end(), &[])
}

/// Whether a line is nothing but a time or the rest of one, which a mail program has wrapped.
pub(super) fn is_wrapped_stamp(line: &[u8]) -> bool {
    let mut has_mark = false;
    for word in line.fields() {
        let is_year = word.len() == 4 && word.iter().all(u8::is_ascii_digit);
        has_mark |= is_year || is_time(word) || is_iso_date(word);
        let is_number = word.len() <= 2 && word.iter().all(u8::is_ascii_digit);
        let is_zone = is_zone(word) || (word.len() <= 5 && word.iter().all(u8::is_ascii_uppercase));
        let is_name = is_weekday(word) || is_month(word);
        if !(is_year || is_number || is_time(word) || is_iso_date(word) || is_zone || is_name) {
            return false;
        }
    }
    has_mark
}

/// Whether a text begins like a time of GNU diff, of `ctime` or of a mail; it may have been cut where a line was wrapped.
fn begins_time(text: &[u8]) -> bool {
    let mut words = text.fields();
    let (Some(first), second) = (words.next(), words.next()) else { return false };
    let is_day = |word: &[u8]| word.len() <= 2 && word.iter().all(u8::is_ascii_digit);
    match second {
        _ if is_iso_date(first) => second.is_none_or(is_time),
        Some(second) if is_weekday(first) => is_month(second) || is_day(second),
        Some(second) if is_day(first) => is_month(second) && words.next().is_some_and(is_number),
        Some(second) if is_month(first) => {
            is_day(second) && words.next().is_some_and(|word| is_time(word) || is_number(word))
        }
        _ => false,
    }
}

/// Whether a text is a remark of Subversion and the like; others count behind two blanks only.
fn is_remark(text: &[u8], blanks: usize) -> bool {
    const KNOWN: [&[u8]; 7] =
        [b"(revision ", b"(working copy", b"(nonexistent", b"(.../", b"(rev ", b"(local", b"(original"];
    let is_known = KNOWN.iter().any(|known| text.to_ascii_lowercase().starts_with(known));
    text.trim_end().ends_with(b")") && (is_known || (blanks > 1 && text.starts_with(b"(")))
}

fn is_number(word: &[u8]) -> bool {
    !word.is_empty() && word.iter().all(u8::is_ascii_digit)
}

/// Whether a word is a date, `2009-02-03` or `2009/02/03`, with a time behind a `T` or without.
fn is_iso_date(word: &[u8]) -> bool {
    let has_shape = |word: &[u8]| {
        word.len() == 10
            && word.iter().enumerate().all(|(at, byte)| match at {
                4 | 7 => matches!(byte, b'-' | b'/'),
                _ => byte.is_ascii_digit(),
            })
    };
    match word.split_once_str("T") {
        Some((date, time)) => has_shape(date) && is_time(time),
        None => has_shape(word),
    }
}

/// Whether a word begins like a time of day, `10:20:30.000000000`.
fn is_time(word: &[u8]) -> bool {
    let mut parts = word.splitn_str(3, ":");
    let two_digits =
        |part: Option<&[u8]>| part.is_some_and(|part| (1..=2).contains(&part.len()) && is_number(part));
    let (hours, minutes) = (two_digits(parts.next()), two_digits(parts.next()));
    hours && minutes && parts.next().is_none_or(|seconds| seconds.first().is_some_and(u8::is_ascii_digit))
}

/// Whether a word is a zone, `+0100`.
fn is_zone(word: &[u8]) -> bool {
    matches!(word, [b'+' | b'-', digits @ ..] if digits.len() == 4 && is_number(digits))
}

fn is_weekday(word: &[u8]) -> bool {
    const DAYS: [&[u8]; 7] = [b"Mon", b"Tue", b"Wed", b"Thu", b"Fri", b"Sat", b"Sun"];
    DAYS.contains(&word.strip_suffix(b",").unwrap_or(word))
}

fn is_month(word: &[u8]) -> bool {
    const MONTHS: [&[u8]; 12] =
        [b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"];
    MONTHS.contains(&word)
}

/// Whether a time stamp is 1970-01-01 00:00:00 UTC, in GNU diff's form (`1970-01-01 01:00:00.000000000 +0100`)
/// or that of `ctime` (`Thu Jan  1 01:00:00 1970`, whose time zone is unknown unless a zone follows).
pub(super) fn is_epoch(stamp: &[u8]) -> bool {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_ends_before_a_time_or_remark_behind_blanks() {
        for stamp in [
            "Sat Dec 26 11:39:47 2009",
            "Sat Dec  6 11:39:47 CET 2009",
            "Sat, 26 Dec 2009 11:39:47 GMT",
            "Tue Feb 05 17:23:40 2019 +0100",
            "26 Dec 2009 11:39:47 -0000",
            "2009/12/26 11:39:47",
            "2009-12-26T11:39:47",
            "2009-12-26 11:39:47.000000000 +0100",
            "2009-12-26",
            "(revision 10)",
            "(working copy)",
            "(.../trunk)  (revision 10)",
        ] {
            for blanks in [" ", "   ", "\t", " \t "] {
                let text = format!("a/x y.c{blanks}{stamp}");
                let (name, behind) = split_stamp(text.as_bytes());
                assert_eq!((name.as_bstr(), behind.as_bstr()), ("a/x y.c".into(), stamp.into()), "{text}");
            }
        }
        assert_eq!(split_stamp(b"a/x.c  (Arbeitskopie)"), (&b"a/x.c"[..], &b"(Arbeitskopie)"[..]));
    }

    #[test]
    fn names_with_blanks_are_kept_whole() {
        for name in ["a/x (copy)", "a/Mon amour", "a/x 2009", "a/May report", "a/read 10:20", "2009-12-26"] {
            assert_eq!(split_stamp(name.as_bytes()), (name.as_bytes(), &b""[..]), "{name}");
        }
    }

    #[test]
    fn wrapped_times_are_told_from_other_lines() {
        for line in [
            "08:34:10.000000000 +0900",
            "2008-12-21 08:34:10",
            "11:39:47 CET 2009",
            "2009",
            "Dec 26 11:39:47 2009",
        ] {
            assert!(is_wrapped_stamp(line.as_bytes()), "{line}");
        }
        for line in ["", "+++ b/x", "@@ -1 +1 @@", "Mon", "PM", "see 2009", "+0100"] {
            assert!(!is_wrapped_stamp(line.as_bytes()), "{line}");
        }
    }
}

//! Text from patches and commits, made fit for a screen.

use std::fmt::{Arguments, Write};

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Columns between tab stops.
const TAB_COLUMNS: usize = 8;

/// The text without anything that a terminal would obey.
pub fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    add_printable(&mut out, text);
    out
}

/// Adds a text without what a terminal would obey.
pub fn add_printable(out: &mut String, text: &str) {
    match text.bytes().all(|byte| (b' '..0x7f).contains(&byte)) {
        true => out.push_str(text),
        false => {
            out.extend(text.chars().map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }))
        }
    }
}

/// The text with tabs as blanks up to the next tab stop, and without what a terminal would obey.
pub fn expanded(text: &str, first_column: usize) -> String {
    let mut out = String::with_capacity(text.len());
    let mut column = first_column;
    for c in text.chars() {
        if c == '\t' {
            let blanks = TAB_COLUMNS - column % TAB_COLUMNS;
            out.extend(std::iter::repeat_n(' ', blanks));
            column += blanks;
        } else {
            let c = if c.is_control() { char::REPLACEMENT_CHARACTER } else { c };
            column += c.width().unwrap_or(0);
            out.push(c);
        }
    }
    out
}

/// The lines of a text, each behind so many blanks; blank ones at the end are left out.
pub fn indented(text: &str, blanks: usize) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 4);
    for line in text.trim_end().lines() {
        let line = format!("{:blanks$}{}", "", expanded(line, blanks));
        add_line(&mut out, format_args!("{}", line.trim_end()));
    }
    out
}

/// The text cut to at most this number of columns, with `…` at its end where something is missing.
pub fn cut(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let mut used = 0;
    let mut out = String::new();
    for c in text.chars() {
        let width = c.width().unwrap_or(0);
        if used + width + 1 > columns {
            break;
        }
        used += width;
        out.push(c);
    }
    if columns > 0 {
        out.push('…');
    }
    out
}

/// The words of a text in lines of at most this number of columns; a longer word has a line of its own.
pub fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.width() + 1 + word.width() <= columns => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// A text whose long sentences are put into lines of at most this number of columns. The rows of tables stay as they are.
pub fn paragraphs_wrapped(text: &str, columns: usize) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.lines() {
        if line.width() <= columns || line.contains("  ") {
            add_line(&mut out, format_args!("{line}"));
        } else {
            wrapped(line, columns).iter().for_each(|line| add_line(&mut out, format_args!("{line}")));
        }
    }
    out
}

/// The text cut to at most this number of columns, with `…` at its begin where something is missing: of names the end
/// tells more.
pub fn cut_front(text: &str, columns: usize) -> String {
    let backwards: String = text.chars().rev().collect();
    cut(&backwards, columns).chars().rev().collect()
}

/// The columns that the text takes.
pub fn columns_of(text: &str) -> usize {
    text.width()
}

/// The columns that a text with styles and links takes.
pub fn columns_of_styled(text: &str) -> usize {
    anstream::adapter::strip_str(text).to_string().width()
}

/// The leading digits of a commit id that people are shown.
pub fn short_id(commit: &str) -> &str {
    const DIGITS: usize = 12;
    commit.get(..DIGITS).unwrap_or(commit)
}

/// Adds a line to a text.
pub fn add_line(out: &mut String, line: Arguments<'_>) {
    // Writing to memory cannot fail.
    let _ = out.write_fmt(line);
    out.push('\n');
}

/// `1 hunk`, `2 hunks`: a count with its noun.
pub fn counted(count: u64, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", indicatif::HumanCount(count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_left_that_a_terminal_obeys() {
        assert_eq!(printable("a\u{1b}[2Jb\r"), "a\u{fffd}[2Jb\u{fffd}");
        assert_eq!(expanded("\u{7}", 0), "\u{fffd}");
    }

    #[test]
    fn tabs_reach_the_next_stop() {
        assert_eq!(expanded("\tx\ty", 0), "        x       y");
        assert_eq!(expanded("\tx", 6), "  x");
    }

    #[test]
    fn text_is_cut_by_columns() {
        assert_eq!(cut("abcdef", 6), "abcdef");
        assert_eq!(cut("abcdef", 5), "abcd…");
        assert_eq!(cut("漢字漢字", 5), "漢字…");
        assert_eq!(cut("abc", 0), "");
        assert_eq!([6, 5, 0].map(|columns| cut_front("abcdef", columns)), ["abcdef", "…cdef", ""]);
    }

    #[test]
    fn sentences_are_put_into_lines_and_tables_are_not() {
        assert_eq!(
            paragraphs_wrapped("one two three\nfolder   lines\n\nx\n", 8),
            "one two\nthree\nfolder   lines\n\nx\n"
        );
    }

    #[test]
    fn words_are_put_into_lines() {
        assert_eq!(wrapped("a bc  def", 4), ["a bc", "def"]);
        assert_eq!(wrapped("longer x", 3), ["longer", "x"]);
        assert_eq!(wrapped(" ", 3), [""; 0]);
        assert_eq!(columns_of_styled("\u{1b}[1m漢\u{1b}[0m"), 2);
    }

    #[test]
    fn every_line_is_indented() {
        assert_eq!(indented("a\n\n\tb\u{1b}\n\n", 2), "  a\n\n        b\u{fffd}\n");
        assert_eq!(indented("", 2), "");
    }

    #[test]
    fn counts_agree_with_their_nouns() {
        assert_eq!(counted(1, "hunk"), "1 hunk");
        assert_eq!(counted(12_345, "hunk"), "12,345 hunks");
    }

    #[test]
    fn short_ids_have_twelve_digits_at_most() {
        assert_eq!(short_id("0123456789abcdef"), "0123456789ab");
        assert_eq!(short_id("0123"), "0123");
    }

    #[test]
    fn tabs_behind_wide_characters_reach_the_next_stop() {
        assert_eq!(expanded("漢字\tx", 0), "漢字    x");
        assert_eq!(columns_of("漢字"), 4);
    }

    #[test]
    fn text_cannot_leave_its_line() {
        assert_eq!(printable("a\nb\tc"), "a\u{fffd}b\u{fffd}c");
        assert_eq!(expanded("a\nb", 0), "a\u{fffd}b");
    }

    #[test]
    fn lines_are_added_with_their_newline() {
        let mut text = String::from("a\n");
        add_line(&mut text, format_args!("{}", 1));
        assert_eq!(text, "a\n1\n");
    }
}

//! A cursor over the lines of a text that knows their numbers in the input.

use std::rc::Rc;

use bstr::ByteSlice;

use super::bounds::Reading;

/// How the lines of a text are numbered in the input that it came from.
#[derive(Clone, Debug)]
pub(super) enum LineNumbers {
    /// Consecutively from this line.
    From(usize),
    /// All alike: the text was decoded and its lines have no counterpart.
    At(usize),
    /// One by one; lines beyond the last are numbered like the last.
    Each(Vec<usize>),
}

impl LineNumbers {
    fn number(&self, index: usize) -> usize {
        match self {
            Self::From(first) => first + index,
            Self::At(line) => *line,
            Self::Each(lines) => lines.get(index).or(lines.last()).copied().unwrap_or(1),
        }
    }
}

/// A place in a text, by default its beginning: always the beginning of a line, or of the line proper behind a
/// byte order mark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Mark {
    /// Bytes before it.
    pub offset: usize,
    index: usize,
}

/// Goes over a text line by line; a clone looks ahead.
///
/// Where the reading has to stop, the text ends: whoever goes over its lines comes to an end.
#[derive(Clone, Debug)]
pub(super) struct Lines<'a> {
    text: &'a [u8],
    numbers: &'a LineNumbers,
    reading: Option<Rc<Reading>>,
    mark: Mark,
}

impl<'a> Lines<'a> {
    /// Starts at the text's first line, behind the byte order mark that some editors put there.
    pub fn new(text: &'a [u8], numbers: &'a LineNumbers) -> Self {
        let has_order_mark = text.len() > UTF8_ORDER_MARK.len() && text.starts_with(UTF8_ORDER_MARK);
        let offset = if has_order_mark { UTF8_ORDER_MARK.len() } else { 0 };
        Self { text, numbers, reading: None, mark: Mark { offset, index: 0 } }
    }

    /// The same of a text that is read within bounds.
    pub fn within(text: &'a [u8], numbers: &'a LineNumbers, reading: &Rc<Reading>) -> Self {
        Self { reading: Some(Rc::clone(reading)), ..Self::new(text, numbers) }
    }

    /// The current line with its line end, without moving; none at the end.
    pub fn peek(&self) -> Option<&'a [u8]> {
        if self.is_stopped() {
            return None;
        }
        let rest = &self.text[self.mark.offset..];
        match rest.find_byte(b'\n') {
            Some(newline) => Some(&rest[..=newline]),
            None if rest.is_empty() => None,
            None => Some(rest),
        }
    }

    fn is_stopped(&self) -> bool {
        self.reading.as_ref().is_some_and(|reading| reading.is_over())
    }

    /// The content of the current line, without moving; none at the end.
    pub fn peek_content(&self) -> Option<&'a [u8]> {
        self.peek().map(content)
    }

    /// The current line with its line end, moving behind it; none at the end.
    pub fn advance(&mut self) -> Option<&'a [u8]> {
        let line = self.peek()?;
        self.mark.offset += line.len();
        self.mark.index += 1;
        Some(line)
    }

    /// The content of the line below the current one.
    pub fn second_content(&self) -> Option<&'a [u8]> {
        let mut ahead = self.clone();
        ahead.advance()?;
        ahead.peek_content()
    }

    /// Whether nothing but white space is left.
    pub fn is_blank_to_end(&self) -> bool {
        self.text[self.mark.offset..].iter().all(u8::is_ascii_whitespace)
    }

    /// The current place.
    pub fn mark(&self) -> Mark {
        self.mark
    }

    /// Goes to a place that was marked before.
    pub fn go_to(&mut self, mark: Mark) {
        self.mark = mark;
    }

    /// The text from a place to the current one.
    pub fn since(&self, mark: Mark) -> &'a [u8] {
        self.between(mark, self.mark)
    }

    /// The text between two places.
    pub fn between(&self, start: Mark, end: Mark) -> &'a [u8] {
        &self.text[start.offset..end.offset]
    }

    /// The current line's number in the input.
    pub fn number(&self) -> usize {
        self.number_at(self.mark)
    }

    /// The number in the input of the line at a place.
    pub fn number_at(&self, mark: Mark) -> usize {
        self.numbers.number(mark.index)
    }
}

const UTF8_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A line without its line end, be it LF or CRLF.
pub(super) fn content(line: &[u8]) -> &[u8] {
    match line.strip_suffix(b"\n") {
        Some(line) => line.strip_suffix(b"\r").unwrap_or(line),
        None => line,
    }
}

/// Whether all lines of a text that end at all end in CRLF.
pub(super) fn is_crlf(text: &[u8]) -> bool {
    text.contains(&b'\n')
        && text.lines_with_terminator().all(|line| !line.ends_with(b"\n") || line.ends_with(b"\r\n"))
}

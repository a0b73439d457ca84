//! Takes off what mail programs, terminals and editors put around a diff: UTF-16, colours, the escapes of signed mails,
//! no-break blanks, quote marks, indentation, and the lines of `git log --graph`.
//!
//! What is left is the text that the parser reads. Where a text holds a diff as it stands, quotes and indentation beside it
//! are those of people, and stay.

mod colours;
mod graph;
mod no_break;
mod quotes;
mod signed_mail;
mod stripped;

use std::borrow::Cow;
use std::sync::Arc;

use super::diff_line::holds_diff;
use super::document::{Patch, PatchText};
use super::utf16::utf16_to_utf8;
use crate::cancellation::Cancellation;

use stripped::Stripped;

/// A text without what was put around it.
#[derive(Clone, Debug)]
pub struct PlainText<'a> {
    text: Cow<'a, [u8]>,
    /// Where its lines stand in the input; none where it is the input.
    places: Option<Vec<Place>>,
    holds_diff: bool,
}

/// Where the lines of a text stand in the input that it was made of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LineMap {
    /// None where the lines are those of the input.
    numbers: Option<Arc<[usize]>>,
}

impl LineMap {
    /// The line of the input that a line of the text stands on, both counted from 1.
    pub fn input_line(&self, line: usize) -> usize {
        let Some(numbers) = &self.numbers else { return line };
        numbers.get(line.saturating_sub(1)).or(numbers.last()).copied().unwrap_or(line)
    }
}

/// Where a line stands in an input.
#[derive(Clone, Copy, Debug)]
struct Place {
    /// The line's number, from 1.
    number: usize,
    /// The bytes above it.
    offset: usize,
}

impl<'a> PlainText<'a> {
    /// Takes off an input what was put around its diffs.
    pub fn of(input: &'a [u8]) -> PlainText<'a> {
        PlainText::of_unless(input, &Cancellation::default())
    }

    /// The same as far as it comes before it is cancelled.
    pub(super) fn of_unless(input: &'a [u8], cancellation: &Cancellation) -> PlainText<'a> {
        let mut plain = PlainText { text: Cow::Borrowed(input), places: None, holds_diff: false };
        if let Some(decoded) = utf16_to_utf8(input) {
            let place = |(index, offset)| Place { number: index + 1, offset };
            plain.places = Some(decoded.offsets.into_iter().enumerate().map(place).collect());
            plain.text = Cow::Owned(decoded.text);
        }
        for step in [colours::strip_colours, signed_mail::strip_dash_escapes, no_break::strip_no_break_blanks]
        {
            if !cancellation.is_cancelled() {
                plain.strip(step);
            }
        }
        plain.holds_diff = holds_diff(&plain.text);
        for step in [graph::strip_graph, quotes::strip_quotes] {
            if !plain.holds_diff && !cancellation.is_cancelled() {
                plain.strip(step);
                plain.holds_diff = holds_diff(&plain.text);
            }
        }
        plain
    }

    /// The text.
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// Whether the text holds a diff, for all that its lines alone tell.
    pub fn holds_diff(&self) -> bool {
        self.holds_diff
    }

    /// The line of the input that a line of the text stands on, both counted from 1.
    pub fn input_line(&self, line: usize) -> usize {
        self.place(line).map_or(line, |place| place.number)
    }

    /// Where the lines of the text stand in the input.
    pub fn line_map(&self) -> LineMap {
        let numbers = |places: &Vec<Place>| places.iter().map(|place| place.number).collect();
        LineMap { numbers: self.places.as_ref().map(numbers) }
    }

    fn place(&self, line: usize) -> Option<Place> {
        let places = self.places.as_ref()?;
        places.get(line.saturating_sub(1)).or(places.last()).copied()
    }

    fn strip(&mut self, step: impl FnOnce(&[u8]) -> Option<Stripped>) {
        let Some(Stripped { text, kept }) = step(&self.text) else { return };
        let mut places = self.places.take().unwrap_or_else(|| places_of(&self.text));
        if let Some(kept) = kept {
            places = kept.into_iter().filter_map(|line| places.get(line).copied()).collect();
        }
        (self.text, self.places) = (Cow::Owned(text), Some(places));
    }

    /// Says of a document that was read from the text where its parts stand in the input.
    pub(super) fn place_in(&self, input: &[u8], document: &mut PatchText) {
        if self.places.is_none() {
            return;
        }
        for problem in &mut document.problems {
            problem.line = self.input_line(problem.line);
        }
        let mut end = input.len();
        for (index, patch) in document.patches.iter_mut().enumerate().rev() {
            let place = self.place(patch.first_line).filter(|_| index > 0);
            let Place { number, offset } = place.unwrap_or(Place { number: 1, offset: 0 });
            let Patch { span, first_line, raw_text, files, .. } = patch;
            (*first_line, *span) = (number, offset..end);
            *raw_text = Some(input[span.clone()].into());
            for hunk in files.iter_mut().flat_map(|file| &mut file.hunks) {
                hunk.line = self.input_line(hunk.line);
            }
            end = offset;
        }
    }
}

/// Where the lines of a text stand in it.
fn places_of(text: &[u8]) -> Vec<Place> {
    let mut offset = 0;
    let lines = bstr::ByteSlice::lines_with_terminator(text).enumerate();
    lines
        .map(|(index, line)| {
            let place = Place { number: index + 1, offset };
            offset += line.len();
            place
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIFF: &str = "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n";

    #[test]
    fn plain_text_is_left_alone() {
        for text in ["", "words\n", DIFF] {
            let plain = PlainText::of(text.as_bytes());
            assert!(matches!(plain.text, Cow::Borrowed(_)), "{text}");
            assert_eq!((plain.text(), plain.input_line(7)), (text.as_bytes(), 7));
            assert_eq!(plain.holds_diff(), text == DIFF);
        }
    }

    #[test]
    fn quotes_beside_a_diff_stay() {
        let text = format!("> --- a/y\n> +++ b/y\n> @@ -1 +1 @@\n> -c\n\n{DIFF}");
        assert_eq!(PlainText::of(text.as_bytes()).text(), text.as_bytes());
    }

    #[test]
    fn lines_know_where_they_stand_in_the_input() {
        let quoted = "He wrote:\n> @@ -1 +1 @@\n> -a\n\nNo.\n\n> +b\n";
        let plain = PlainText::of(quoted.as_bytes());
        assert_eq!(plain.text(), b"He wrote:\n@@ -1 +1 @@\n-a\n+b\n");
        assert_eq!([1, 2, 3, 4, 5].map(|line| plain.input_line(line)), [1, 2, 3, 7, 7]);
        assert_eq!([1, 2, 3, 4, 5].map(|line| plain.line_map().input_line(line)), [1, 2, 3, 7, 7]);
    }

    #[test]
    fn what_was_put_around_may_be_of_several_kinds() {
        let coloured = "\u{1b}[1m> --- a/x\u{1b}[m\n> +++ b/x\n> \u{1b}[36m@@ -1 +1 @@\u{1b}[m\n";
        let input: Vec<u8> =
            format!("\u{feff}{coloured}").encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(PlainText::of(&input).text(), b"--- a/x\n+++ b/x\n@@ -1 +1 @@\n");
    }
}

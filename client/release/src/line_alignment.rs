//! Two hunks laid beside each other: which of their lines agree, and where lines differ, in which words.

use std::ops::Range;

use hunktrace_indexer::hunk::{Hunk, HunkLine, Sign};
use imara_diff::{Algorithm, Diff, InternedInput, TokenSource};

/// Two lines are shown as one that was changed if at least this share of their words agrees. Where the share is
/// smaller, marking the words that differ confuses more than it shows.
const MIN_COMMON_SHARE: f64 = 0.5;

/// A line of a hunk, as text.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Line {
    /// What the line does.
    pub sign: Sign,
    /// Its text; bytes that are no UTF-8 are replaced.
    pub text: String,
}

/// One row of two hunks that are laid beside each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Row {
    /// The line is in both.
    Both(Line),
    /// The line is in both, but some of its words differ: the byte ranges in the left and in the right text.
    Changed {
        /// The left line and its differing words.
        left: (Line, Vec<Range<usize>>),
        /// The right line and its differing words.
        right: (Line, Vec<Range<usize>>),
    },
    /// The line is in the left hunk only.
    Left(Line),
    /// The line is in the right hunk only.
    Right(Line),
}

/// The lines of a hunk's body, as it stands in a unified diff.
pub fn lines_of(body: &[u8]) -> Vec<Line> {
    let hunk = Hunk { body: body.into(), ..Hunk::default() };
    let line = |line: HunkLine<'_>| Line { sign: line.sign, text: line.text.to_string() };
    hunk.lines().map(line).collect()
}

/// Lays two hunks beside each other.
pub fn align(left: &[Line], right: &[Line]) -> Vec<Row> {
    let input = InternedInput::new(Tokens(left), Tokens(right));
    let diff = Diff::compute(Algorithm::Myers, &input);
    let mut rows = Vec::with_capacity(left.len().max(right.len()));
    let mut at = 0;
    for hunk in diff.hunks() {
        let (before, after) = (as_indices(&hunk.before), as_indices(&hunk.after));
        rows.extend(left[at..before.start].iter().cloned().map(Row::Both));
        at = before.end;
        add_differing(&left[before], &right[after], &mut rows);
    }
    rows.extend(left[at..].iter().cloned().map(Row::Both));
    rows
}

/// Adds lines none of which agree: similar ones as changed lines, in their order.
fn add_differing(left: &[Line], right: &[Line], rows: &mut Vec<Row>) {
    let mut next = 0;
    for line in left {
        let partner = right[next..].iter().find_map(|other| {
            let (left_words, right_words) = differing_words(line, other)?;
            Some((other, left_words, right_words))
        });
        let Some((other, left_words, right_words)) = partner else {
            rows.push(Row::Left(line.clone()));
            continue;
        };
        while right[next] != *other {
            rows.push(Row::Right(right[next].clone()));
            next += 1;
        }
        next += 1;
        rows.push(Row::Changed { left: (line.clone(), left_words), right: (other.clone(), right_words) });
    }
    rows.extend(right[next..].iter().cloned().map(Row::Right));
}

type Words = Vec<Range<usize>>;

/// The words in which two lines differ; none if the lines have too little in common.
fn differing_words(left: &Line, right: &Line) -> Option<(Words, Words)> {
    if left.sign != right.sign {
        return None;
    }
    let (left_words, right_words) = (words(&left.text), words(&right.text));
    let texts = |line: &Line, words: &[Range<usize>]| -> Vec<String> {
        words.iter().map(|word| line.text[word.clone()].to_owned()).collect()
    };
    let (left_texts, right_texts) = (texts(left, &left_words), texts(right, &right_words));
    let input = InternedInput::new(Tokens(&left_texts), Tokens(&right_texts));
    let diff = Diff::compute(Algorithm::Myers, &input);
    let mut differing = (Words::new(), Words::new());
    for hunk in diff.hunks() {
        differing.0.extend(left_words[as_indices(&hunk.before)].iter().cloned());
        differing.1.extend(right_words[as_indices(&hunk.after)].iter().cloned());
    }
    let is_said = |text: &str, word: &Range<usize>| !text[word.clone()].trim().is_empty();
    let said =
        |line: &Line, words: &[Range<usize>]| words.iter().filter(|word| is_said(&line.text, word)).count();
    let all = said(left, &left_words) + said(right, &right_words);
    let unlike = said(left, &differing.0) + said(right, &differing.1);
    let share = if all == 0 { 1.0 } else { (all - unlike) as f64 / all as f64 };
    (share >= MIN_COMMON_SHARE).then_some(differing)
}

/// Splits a text into identifiers, runs of white space, and single other characters.
fn words(text: &str) -> Words {
    #[derive(PartialEq)]
    enum Class {
        Identifier,
        Blank,
        Other,
    }
    let mut words = Words::new();
    let mut previous = Class::Other;
    for (start, c) in text.char_indices() {
        let class = match c {
            _ if c.is_alphanumeric() || c == '_' => Class::Identifier,
            _ if c.is_whitespace() => Class::Blank,
            _ => Class::Other,
        };
        let end = start + c.len_utf8();
        match words.last_mut() {
            Some(word) if class != Class::Other && class == previous => word.end = end,
            _ => words.push(start..end),
        }
        previous = class;
    }
    words
}

/// A list whose items are the tokens to compare.
#[derive(Clone, Copy)]
struct Tokens<'a, T>(&'a [T]);

impl<'a, T: std::hash::Hash + Eq> TokenSource for Tokens<'a, T> {
    type Token = &'a T;
    type Tokenizer = std::slice::Iter<'a, T>;

    fn tokenize(&self) -> Self::Tokenizer {
        self.0.iter()
    }

    fn estimate_tokens(&self) -> u32 {
        u32::try_from(self.0.len()).unwrap_or(u32::MAX)
    }
}

fn as_indices(range: &Range<u32>) -> Range<usize> {
    range.start as usize..range.end as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rows(left: &str, right: &str) -> Vec<String> {
        let marked = |(line, words): (Line, Words)| {
            let words: Vec<&str> = words.iter().map(|word| &line.text[word.clone()]).collect();
            format!("{} [{}]", line.text, words.join(","))
        };
        let show = |row| match row {
            Row::Both(line) => format!("= {}", line.text),
            Row::Changed { left, right } => format!("~ {} | {}", marked(left), marked(right)),
            Row::Left(line) => format!("< {}", line.text),
            Row::Right(line) => format!("> {}", line.text),
        };
        align(&lines_of(left.as_bytes()), &lines_of(right.as_bytes())).into_iter().map(show).collect()
    }

    #[test]
    fn equal_hunks_agree_everywhere() {
        assert_eq!(rows(" a\n+b\n", " a\n+b\n"), ["= a", "= b"]);
    }

    #[test]
    fn renamed_variable_is_marked_in_its_line() {
        assert_eq!(
            rows("+\tfree(priv->rx);\n", "+\tfree(em->rx);\n"),
            ["~ \tfree(priv->rx); [priv] | \tfree(em->rx); [em]"]
        );
    }

    #[test]
    fn lines_of_different_signs_are_no_pair() {
        assert_eq!(rows("+a b c;\n", "-a b d;\n"), ["< a b c;", "> a b d;"]);
    }

    #[test]
    fn lines_without_common_words_are_no_pair() {
        assert_eq!(rows("+int x;\n", "+return y(z);\n"), ["< int x;", "> return y(z);"]);
    }

    #[test]
    fn lines_on_one_side_stand_where_they_belong() {
        assert_eq!(rows(" a\n+b\n c\n", " a\n c\n+d\n"), ["= a", "< b", "= c", "> d"]);
    }

    #[test]
    fn change_of_white_space_alone_is_a_pair() {
        assert_eq!(rows("+\ta\n", "+  a\n"), ["~ \ta [\t] |   a [  ]"]);
    }

    proptest! {
        #[test]
        fn each_side_comes_back_in_order(left in "([ +-][ab (]{0,4}\n){0,8}", right in "([ +-][ab (]{0,4}\n){0,8}") {
            let (left, right) = (lines_of(left.as_bytes()), lines_of(right.as_bytes()));
            let (mut left_again, mut right_again) = (Vec::new(), Vec::new());
            for row in align(&left, &right) {
                match row {
                    Row::Both(line) => {
                        left_again.push(line.clone());
                        right_again.push(line);
                    }
                    Row::Changed { left, right } => {
                        left_again.push(left.0);
                        right_again.push(right.0);
                    }
                    Row::Left(line) => left_again.push(line),
                    Row::Right(line) => right_again.push(line),
                }
            }
            prop_assert_eq!((left_again, right_again), (left, right));
        }
    }
}

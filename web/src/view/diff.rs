//! Hunks, alone and beside each other.

use std::ops::Range;

use hunktrace_indexer::hunk::{Hunk, Sign};
use hunktrace_proto::v1;
use hunktrace_release::candidate_hunk::{header, path};
use hunktrace_release::line_alignment::{Line, Row, align, lines_of};
use serde::Serialize;
use utoipa::ToSchema;

/// Lines of a hunk that a page shows; a patch has them all.
pub const SHOWN_LINES: usize = 1_200;

/// A hunk.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct HunkView {
    /// The file after the change, or before it where it is deleted.
    pub file: String,
    /// Its `@@` line.
    pub header: String,
    /// The first line before the change.
    pub old_start: u32,
    /// The first line after the change.
    pub new_start: u32,
    /// Its lines, as far as the page shows them.
    pub lines: Vec<DiffLine>,
    /// How many lines follow that the page does not show.
    pub left_out: usize,
}

/// A line of a hunk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DiffLine {
    /// `+`, `-`, or a blank of a context line.
    pub sign: char,
    /// Its text, cut where it begins and ceases to differ from what is beside it.
    pub pieces: Vec<Piece>,
}

/// A part of a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Piece {
    /// Its text.
    pub text: String,
    /// Whether the line beside has other words here.
    pub differs: bool,
}

/// How two lines stand to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Relation {
    /// Both have it.
    Both,
    /// Both have it, in other words.
    Changed,
    /// The left one has it alone.
    Left,
    /// The right one has it alone.
    Right,
}

/// A row of two hunks beside each other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DiffRow {
    /// How the two lines stand to each other.
    pub relation: Relation,
    /// The left line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left: Option<DiffLine>,
    /// The right line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub right: Option<DiffLine>,
}

impl HunkView {
    /// A hunk of a commit.
    pub fn of(hunk: &v1::CandidateHunk) -> HunkView {
        let all = lines_of(&hunk.body);
        let shown = shown(&all);
        HunkView {
            file: path(hunk).to_owned(),
            header: header(hunk),
            old_start: hunk.old_start,
            new_start: hunk.new_start,
            lines: shown.iter().map(|line| diff_line(line, &[])).collect(),
            left_out: all.len() - shown.len(),
        }
    }

    /// A hunk of a patch to a file.
    pub fn of_patch(file: String, hunk: &Hunk) -> HunkView {
        let section = String::from_utf8_lossy(&hunk.section).into_owned();
        let named = v1::CandidateHunk {
            new_path: file,
            old_start: hunk.old_start,
            old_lines: hunk.old_lines,
            new_start: hunk.new_start,
            new_lines: hunk.new_lines,
            section,
            body: hunk.body.to_vec(),
            ..v1::CandidateHunk::default()
        };
        HunkView::of(&named)
    }
}

/// Two hunks beside each other, as far as the page shows them.
pub fn side_by_side(left: &[u8], right: &[u8]) -> Vec<DiffRow> {
    align(shown(&lines_of(left)), shown(&lines_of(right))).iter().map(diff_row).collect()
}

/// The lines of a hunk that a page shows.
fn shown<T>(lines: &[T]) -> &[T] {
    &lines[..lines.len().min(SHOWN_LINES)]
}

fn diff_row(row: &Row) -> DiffRow {
    let plain = |line: &Line| Some(diff_line(line, &[]));
    match row {
        Row::Both(line) => DiffRow { relation: Relation::Both, left: plain(line), right: plain(line) },
        Row::Changed { left, right } => DiffRow {
            relation: Relation::Changed,
            left: Some(diff_line(&left.0, &left.1)),
            right: Some(diff_line(&right.0, &right.1)),
        },
        Row::Left(line) => DiffRow { relation: Relation::Left, left: plain(line), right: None },
        Row::Right(line) => DiffRow { relation: Relation::Right, left: None, right: plain(line) },
    }
}

/// A line with the ranges marked in which it differs.
fn diff_line(line: &Line, differing: &[Range<usize>]) -> DiffLine {
    let sign = match line.sign {
        Sign::Added => '+',
        Sign::Removed => '-',
        Sign::Context => ' ',
    };
    let mut pieces: Vec<Piece> = Vec::new();
    let mut add = |text: &str, differs: bool| match pieces.last_mut() {
        _ if text.is_empty() => {}
        Some(last) if last.differs == differs => last.text += text,
        _ => pieces.push(Piece { text: text.to_owned(), differs }),
    };
    let mut at = 0;
    for range in differing {
        add(&line.text[at..range.start], false);
        add(&line.text[range.clone()], true);
        at = range.end;
    }
    add(&line.text[at..], false);
    DiffLine { sign, pieces }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_hunks_are_cut_and_say_so() {
        let body = b"+x();\n".repeat(SHOWN_LINES + 3);
        let hunk = HunkView::of(&v1::CandidateHunk { body: body.clone(), ..v1::CandidateHunk::default() });
        assert_eq!((hunk.lines.len(), hunk.left_out), (SHOWN_LINES, 3));
        assert_eq!(side_by_side(&body, &body).len(), SHOWN_LINES);
    }

    #[test]
    fn words_that_differ_are_pieces_of_their_own() {
        let rows = side_by_side(b"+\tfree(priv->rx);\n", b"+\tfree(em->rx);\n");
        let [DiffRow { relation: Relation::Changed, left: Some(left), right: Some(right) }] = &rows[..]
        else {
            panic!("{rows:?}")
        };
        let marked = |line: &DiffLine| -> Vec<String> {
            line.pieces.iter().filter(|piece| piece.differs).map(|piece| piece.text.clone()).collect()
        };
        assert_eq!((marked(left), marked(right)), (vec!["priv".to_owned()], vec!["em".to_owned()]));
        let whole: String = left.pieces.iter().map(|piece| piece.text.as_str()).collect();
        assert_eq!((left.sign, whole.as_str()), ('+', "\tfree(priv->rx);"));
    }
}

//! A hunk beside its best candidate's, with the differences marked, and why the one is no perfect match for the other.
//!
//! On a wide terminal the two stand side by side, `│` between lines that agree and `~`, `<` or `>` between those that do
//! not. Elsewhere they are one text in which `<` leads the lines of the query and `>` those of the candidate.

use std::ops::Range;

use anstyle::Style;
use hunktrace_indexer::hunk::Sign;
use hunktrace_proto::v1::{Candidate, CandidateHunk, Evidence, HunkAnswer};
use hunktrace_release::line_alignment::{Line, Row, align, lines_of};

use crate::cli::Explanation;
use crate::terminal::color::{ADDED, FAINT, HUNK_HEAD, POSSIBLE, REMOVED, TITLE};
use crate::terminal::screen_text::{add_line, columns_of, cut, expanded, printable, short_id, wrapped};
use hunktrace_release::candidate_hunk::{header, path};

/// Columns of a terminal from which on two hunks have room side by side.
const FEWEST_COLUMNS_FOR_TWO: usize = 120;

/// Stands in front of every line.
const INDENT: &str = "      ";

/// Between the two hunks that stand side by side: a blank, a mark and a blank.
const GAP: usize = 3;

/// Explains why a candidate was found for a hunk; `columns` are those of the terminal, if it is one.
pub fn explanation(
    hunk: &HunkAnswer,
    candidate: &Candidate,
    how: Explanation,
    columns: Option<usize>,
) -> String {
    let mut out = String::new();
    if let Some(theirs) = &candidate.hunk {
        let rows = align(&lines_of(&hunk.body), &lines_of(&theirs.body));
        match columns {
            Some(columns) if columns >= FEWEST_COLUMNS_FOR_TWO => {
                add_side_by_side(&mut out, hunk, theirs, &rows, columns);
            }
            _ => add_below_each_other(&mut out, hunk, theirs, &rows),
        }
    }
    difference_text(candidate, how, columns) + &out
}

/// Why a candidate is no perfect match; with figures, what each piece of evidence counts.
pub fn difference_text(candidate: &Candidate, how: Explanation, columns: Option<usize>) -> String {
    let mut out = String::new();
    if candidate.reasons.is_empty() {
        add_line(&mut out, format_args!("{INDENT}{FAINT}a perfect match: nothing differs{FAINT:#}"));
    }
    let room = columns.map_or(usize::MAX, |columns| columns.saturating_sub(INDENT.len() + REASON_LEAD.len()));
    for reason in &candidate.reasons {
        for (place, line) in wrapped(&printable(reason), room).iter().enumerate() {
            let lead = if place == 0 { REASON_LEAD } else { "  " };
            add_line(&mut out, format_args!("{INDENT}{POSSIBLE}{lead}{POSSIBLE:#}{line}"));
        }
    }
    match how {
        Explanation::Words => out,
        Explanation::Figures => out + &evidence_text(&candidate.evidence),
    }
}

/// In front of each reason.
const REASON_LEAD: &str = "- ";

/// Evidence that changes the odds by less than this is not worth a line.
const LEAST_WEIGHT: f64 = 0.05;

/// What speaks for a candidate and what against it, in log-odds, the weightiest first.
fn evidence_text(evidence: &[Evidence]) -> String {
    let (prior, mut pieces): (Vec<&Evidence>, Vec<&Evidence>) =
        evidence.iter().partition(|piece| piece.name == PRIOR);
    pieces.retain(|piece| piece.weight.abs() >= LEAST_WEIGHT);
    let (against, speaks_for): (Vec<&Evidence>, Vec<&Evidence>) =
        pieces.into_iter().partition(|piece| piece.weight < 0.0);
    let mut out = String::new();
    for (title, pieces) in [("for it", speaks_for), ("against it", against), ("to begin with", prior)] {
        if pieces.is_empty() {
            continue;
        }
        let sum: f64 = pieces.iter().map(|piece| piece.weight).sum();
        add_line(&mut out, format_args!("{INDENT}{TITLE}{title}{TITLE:#} {sum:+.1}"));
        pieces.iter().for_each(|piece| add_evidence(&mut out, piece));
    }
    out
}

/// The name of what speaks neither way.
const PRIOR: &str = "prior";

fn add_evidence(out: &mut String, evidence: &Evidence) {
    let Evidence { name, value, weight, text } = evidence;
    let style = if *weight < 0.0 { REMOVED } else { ADDED };
    let (name, text) = (printable(name), printable(text));
    let words = format!("{TITLE}{name}{TITLE:#} {value:.2}: {text}");
    add_line(out, format_args!("{INDENT}{style}{weight:+6.1}{style:#}  {words}"));
}

fn title_of_query(hunk: &HunkAnswer) -> String {
    let HunkAnswer { old_start, old_lines, new_start, new_lines, .. } = *hunk;
    let head = CandidateHunk { old_start, old_lines, new_start, new_lines, ..CandidateHunk::default() };
    format!("the patch: {} {}", printable(&hunk.file), header(&head))
}

fn title_of_candidate(hunk: &CandidateHunk) -> String {
    printable(&format!("{}: {} {}", short_id(&hunk.commit), path(hunk), header(hunk)))
}

fn add_below_each_other(out: &mut String, hunk: &HunkAnswer, theirs: &CandidateHunk, rows: &[Row]) {
    let titles = [('<', title_of_query(hunk)), ('>', title_of_candidate(theirs))];
    for (mark, title) in titles {
        add_line(out, format_args!("{INDENT}{mark} {HUNK_HEAD}{title}{HUNK_HEAD:#}"));
    }
    let mut add = |mark: char, line: &Line, words: &[Range<usize>], is_common: bool| {
        let text = styled(line, words, is_common, None).0;
        match mark {
            ' ' => add_row(out, format_args!("{INDENT}  {text}")),
            _ => add_row(out, format_args!("{INDENT}{POSSIBLE}{mark}{POSSIBLE:#} {text}")),
        }
    };
    for row in rows {
        match row {
            Row::Both(line) => add(' ', line, &[], true),
            Row::Changed { left, right } => {
                add('<', &left.0, &left.1, false);
                add('>', &right.0, &right.1, false);
            }
            Row::Left(line) => add('<', line, &[], false),
            Row::Right(line) => add('>', line, &[], false),
        }
    }
}

fn add_side_by_side(
    out: &mut String,
    hunk: &HunkAnswer,
    theirs: &CandidateHunk,
    rows: &[Row],
    columns: usize,
) {
    let half = (columns - INDENT.len() - GAP) / 2;
    let title = |title: String| {
        let title = cut(&title, half);
        let blanks = " ".repeat(half - columns_of(&title));
        format!("{HUNK_HEAD}{title}{HUNK_HEAD:#}{blanks}")
    };
    let titles = (title(title_of_query(hunk)), title(title_of_candidate(theirs)));
    add_row(out, format_args!("{INDENT}{} │ {}", titles.0, titles.1));
    let cell = |line: &Line, words: &[Range<usize>], is_common: bool| {
        let (text, used) = styled(line, words, is_common, Some(half));
        text + &" ".repeat(half - used)
    };
    for row in rows {
        let empty = " ".repeat(half);
        let (left, mark, right) = match row {
            Row::Both(line) => (cell(line, &[], true), '│', cell(line, &[], true)),
            Row::Changed { left, right } => {
                (cell(&left.0, &left.1, false), '~', cell(&right.0, &right.1, false))
            }
            Row::Left(line) => (cell(line, &[], false), '<', empty),
            Row::Right(line) => (empty, '>', cell(line, &[], false)),
        };
        let style = if mark == '│' { FAINT } else { POSSIBLE };
        add_row(out, format_args!("{INDENT}{left} {style}{mark}{style:#} {right}"));
    }
}

/// A line in its colours, with the differing words emphasised, and the columns that it takes.
fn styled(line: &Line, words: &[Range<usize>], is_common: bool, columns: Option<usize>) -> (String, usize) {
    let style = match line.sign {
        Sign::Added => ADDED,
        Sign::Removed => REMOVED,
        Sign::Context if is_common => FAINT,
        Sign::Context => Style::new(),
    };
    let mut out = format!("{style}{}", char::from(line.sign.marker()));
    let (mut used, mut open) = (1, style);
    let mut add = |text: &str, wanted: Style| {
        let expanded = expanded(text, used - 1);
        let fits =
            columns.map_or_else(|| expanded.clone(), |columns| cut(&expanded, columns - used.min(columns)));
        used += columns_of(&fits);
        if wanted != open {
            out += &format!("{open:#}{wanted}");
            open = wanted;
        }
        out += &fits;
        fits.len() == expanded.len()
    };
    let mut at = 0;
    let mut fits = true;
    for word in words {
        fits = fits && add(&line.text[at..word.start], style);
        fits = fits && add(&line.text[word.clone()], style.bold().underline());
        at = word.end;
    }
    if fits {
        add(&line.text[at..], style);
    }
    (format!("{out}{open:#}"), used)
}

/// Adds a line without the blanks that would fill it up.
fn add_row(out: &mut String, row: std::fmt::Arguments<'_>) {
    add_line(out, row);
    out.truncate(out.trim_end().len());
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;
    use anstream::adapter::strip_str;

    fn answer() -> HunkAnswer {
        let candidate = Candidate {
            hunk: Some(Box::new(CandidateHunk {
                commit: "0123456789abcdef".into(),
                old_path: "new/x.c".into(),
                new_path: "new/x.c".into(),
                old_start: 10,
                old_lines: 2,
                new_start: 10,
                new_lines: 3,
                section: "int f(void)".into(),
                body: b" \tint i;\n-\ta(em);\n+\tb(em);\n+\tc();\n".to_vec(),
            })),
            reasons: vec!["it stands in another file".into(), "names differ".into()],
            evidence: vec![
                Evidence {
                    name: "similarity".into(),
                    value: 0.94,
                    weight: 2.12,
                    text: "most lines agree".into(),
                },
                Evidence { name: "path".into(), value: 0.5, weight: -0.4, text: "another folder".into() },
            ],
            ..Candidate::default()
        };
        HunkAnswer {
            file: "old/x.c".into(),
            old_start: 4,
            old_lines: 2,
            new_start: 4,
            new_lines: 2,
            body: b" \tint i;\n-\ta(priv);\n+\tb(priv);\n".to_vec(),
            candidates: vec![candidate],
            ..HunkAnswer::default()
        }
    }

    fn explained(columns: Option<usize>) -> String {
        let answer = answer();
        let text = explanation(&answer, &answer.candidates[0], Explanation::Words, columns);
        strip_str(&text).to_string()
    }

    #[test]
    fn narrow_screens_show_one_hunk_below_the_other() {
        let expected = "      - it stands in another file
      - names differ
      < the patch: old/x.c @@ -4,2 +4,2 @@
      > 0123456789ab: new/x.c @@ -10,2 +10,3 @@ int f(void)
                 int i;
      < -        a(priv);
      > -        a(em);
      < +        b(priv);
      > +        b(em);
      > +        c();
";
        assert_eq!(explained(None), expected);
    }

    #[test]
    fn wide_screens_show_the_hunks_side_by_side() {
        let expected = "      - it stands in another file
      - names differ
      \
the patch: old/x.c @@ -4,2 +4,2 @@                      │ 0123456789ab: new/x.c @@ -10,2 +10,3 @@ int f(void)
               int i;                                         │          int i;
      -        a(priv);                                       ~ -        a(em);
      +        b(priv);                                       ~ +        b(em);
                                                              > +        c();
";
        assert_eq!(explained(Some(120)), expected);
    }

    #[test]
    fn figures_are_told_on_request() {
        let answer = answer();
        let text = difference_text(&answer.candidates[0], Explanation::Figures, None);
        let expected = "      - it stands in another file
      - names differ
      for it +2.1
        +2.1  similarity 0.94: most lines agree
      against it -0.4
        -0.4  path 0.50: another folder
";
        assert_eq!(strip_str(&text).to_string(), expected);
    }

    #[test]
    fn perfect_match_is_said_to_be_one() {
        let text = difference_text(&Candidate::default(), Explanation::Words, None);
        assert_eq!(strip_str(&text).to_string(), "      a perfect match: nothing differs\n");
    }

    #[test]
    fn long_reasons_go_on_below_their_begin() {
        let reasons = vec!["one side uses others in their place".into()];
        let candidate = Candidate { reasons, ..Candidate::default() };
        let text = difference_text(&candidate, Explanation::Words, Some(30));
        assert_eq!(strip_str(&text).to_string(), "      - one side uses others\n        in their place\n");
    }

    #[test]
    fn long_lines_are_cut_to_their_half() {
        let mut answer = answer();
        answer.body = format!("+{}\n", "x".repeat(300)).into_bytes();
        let text = strip_str(&explanation(&answer, &answer.candidates[0], Explanation::Words, Some(130)))
            .to_string();
        assert!(text.lines().all(|line| columns_of(line) <= 130), "{text}");
        assert!(text.contains("xxx…"), "{text}");
    }

    #[test]
    fn words_that_differ_are_emphasised() {
        let answer = answer();
        let text = explanation(&answer, &answer.candidates[0], Explanation::Words, None);
        let emphasis = REMOVED.bold().underline();
        assert!(text.contains(&format!("{emphasis}priv{emphasis:#}{REMOVED})")), "{text}");
    }

    #[test]
    fn patches_cannot_send_escape_sequences() {
        let mut answer = answer();
        answer.body = b"+\x1b]0;title\x07\n".to_vec();
        answer.file = "\x1b[31m".into();
        let text = explanation(&answer, &answer.candidates[0], Explanation::Words, None);
        assert!(!text.contains("\u{1b}]0"), "{text:?}");
        assert!(!text.contains('\u{7}'), "{text:?}");
    }
}

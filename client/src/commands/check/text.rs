//! A commit that was asked after, for people.

use hunktrace_release::tree_question::{CheckedCommit, CheckedHunk, LineState, StateKind};

use crate::terminal::color::{ADDED, COMMIT, FAINT, POSSIBLE, REMOVED};
use crate::terminal::screen_text::{add_line, counted, expanded, printable, short_id};

/// Columns of a state's word.
const STATE_COLUMNS: usize = 12;

/// Columns in front of the lines of a hunk.
const PROOF_INDENT: usize = 6;

/// The commit with its hunks; with `proof` also the lines that are not as it leaves them.
pub fn check_text(commit: &CheckedCommit, proof: bool) -> String {
    let mut out = String::new();
    let state = commit.state.name();
    if commit.state == StateKind::NotIndexed {
        let problem =
            if commit.problem.is_empty() { "the index knows no such commit" } else { &commit.problem };
        let asked = printable(&commit.asked);
        add_line(&mut out, format_args!("{state:STATE_COLUMNS$} {asked}  {}", printable(problem)));
        return out;
    }
    let (id, subject) = (short_id(&commit.commit), printable(&commit.subject));
    let release = match commit.first_release.as_str() {
        "" => String::new(),
        tag => format!("  ({})", printable(tag)),
    };
    let doubt = match (commit.state, commit.is_sure) {
        (StateKind::Complete | StateKind::Superseded, false) => ", in another form",
        _ => "",
    };
    add_line(
        &mut out,
        format_args!("{state:STATE_COLUMNS$} {COMMIT}{id}{COMMIT:#}  {subject}{release}{doubt}"),
    );
    if !commit.subsystem.is_empty() {
        add_line(&mut out, format_args!("  {FAINT}{}{FAINT:#}", printable(&commit.subsystem)));
    }
    add_reason(&mut out, commit);
    for hunk in &commit.hunks {
        add_hunk(&mut out, hunk, proof);
    }
    out
}

/// Why it is so, where another commit decides it.
fn add_reason(out: &mut String, commit: &CheckedCommit) {
    let by = short_id(&commit.by);
    let reason = match (commit.state, by) {
        (StateKind::InBase, by) if by != short_id(&commit.commit) => format!("the base has it as {by}"),
        (StateKind::Superseded, by) => format!("rewritten by {by}"),
        (StateKind::Reverted, "") => "the vendor has what stood there before".to_owned(),
        (StateKind::Reverted, by) => format!("undone by {by}"),
        _ => String::new(),
    };
    if !reason.is_empty() {
        add_line(out, format_args!("  {reason}"));
    }
    if commit.judged_by != commit.commit {
        let carrier = short_id(&commit.judged_by);
        add_line(out, format_args!("  {FAINT}judged by {carrier}, which makes the same change{FAINT:#}"));
    }
}

fn add_hunk(out: &mut String, hunk: &CheckedHunk, proof: bool) {
    let path = match hunk.vendor_path.is_empty() {
        true => &hunk.path,
        false => &hunk.vendor_path,
    };
    let place = match hunk.vendor_lines {
        0 => String::new(),
        lines => format!(":{}-{}", hunk.vendor_start, hunk.vendor_start + lines - 1),
    };
    let state = hunk.state.name();
    let by = match hunk.by.as_str() {
        "" => String::new(),
        by => format!(" by {}", short_id(by)),
    };
    let count = |state: LineState| {
        hunk.lines.iter().filter(|line| line.state == state && is_change(&line.text)).count()
    };
    let counts: Vec<String> = [
        (LineState::Missing, "missing"),
        (LineState::OtherOrder, "in another order"),
        (LineState::Still, "still there"),
    ]
    .into_iter()
    .filter_map(|(state, words)| match count(state) {
        0 => None,
        lines => Some(format!("{} {words}", counted(lines as u64, "line"))),
    })
    .collect();
    let counts = if counts.is_empty() { String::new() } else { format!("  {}", counts.join(", ")) };
    let path = printable(&path.to_string());
    add_line(out, format_args!("    {state:STATE_COLUMNS$} {path}{place}{by}{FAINT}{counts}{FAINT:#}"));
    if proof {
        hunk.lines.iter().for_each(|line| {
            let style = match line.state {
                LineState::Missing if is_change(&line.text) => REMOVED,
                LineState::OtherOrder | LineState::Still => POSSIBLE,
                LineState::There if is_change(&line.text) => ADDED,
                _ => return,
            };
            let (word, text) = (line.state.name(), expanded(&line.text.to_string(), PROOF_INDENT + 24));
            let number = if line.vendor_line > 0 { line.vendor_line.to_string() } else { String::new() };
            add_line(out, format_args!("      {word:12} {number:>6}  {style}{text}{style:#}"));
        });
    }
}

fn is_change(text: &[u8]) -> bool {
    text.first().is_some_and(|sign| *sign != b' ')
}

//! A file of a release, line by line with the origin of each.

use std::collections::HashMap;

use hunktrace_proto::v1;
use serde::Serialize;
use utoipa::ToSchema;

use super::list::{Paging, page_of_line};
use super::named::{NamedCommit, non_empty, text_of};
use super::release::{Crumb, crumbs, file_page};
use super::releases::{ReleaseRow, name_of};
use crate::place::ReleaseName;

/// Lines that the release has removed on a page; of more it is told how many.
pub const REMOVED_LINES: usize = 300;

/// Characters of a line that a page shows.
const LINE_CHARACTERS: usize = 400;

/// A page of a file's lines.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FileView {
    /// The release.
    pub release: ReleaseRow,
    /// Its path.
    pub path: String,
    /// The folders above it.
    pub crumbs: Vec<Crumb>,
    /// Its path in the base, where it was moved.
    pub moved_from: Option<String>,
    /// Whether the base does not have it.
    pub is_new: bool,
    /// Whether the release does not have it any more.
    pub is_deleted: bool,
    /// Whether it is no text.
    pub is_binary: bool,
    /// Which page of its lines this is.
    pub paging: Paging,
    /// The numbers of all pages: where unchanged lines are left out, some have no line to show.
    pub pages: Vec<usize>,
    /// Changed lines of the whole file.
    pub changed: u64,
    /// Those of them with a known origin.
    pub explained: u64,
    /// The commits that the whole file has lines of, those with most lines first.
    pub commits: Vec<CommitShare>,
    /// Where changed lines of this page come from; lines name these by their places.
    pub origins: Vec<OriginView>,
    /// The lines of this page.
    pub lines: Vec<FileLine>,
    /// Removed lines that the page does not show.
    pub removed_left_out: usize,
    #[serde(skip)]
    raw_path: Vec<u8>,
}

/// A commit, and how many lines of a file come from it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CommitShare {
    /// The commit.
    pub commit: NamedCommit,
    /// Lines.
    pub lines: u64,
}

/// Where neighbouring lines come from.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct OriginView {
    /// The commit; none of what is the vendor's own.
    pub commit: Option<NamedCommit>,
    /// Probability that they come from it, from 0 to 1.
    pub confidence: f64,
    /// How they match.
    pub match_kind: Option<String>,
    /// The function.
    pub function: Option<String>,
}

/// A line of a file, or one that a release has removed from it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FileLine {
    /// `+` of an added line, `-` of a removed one, a blank of one that the base has.
    pub sign: char,
    /// Its number in the release, or of a removed line in the base; from 1.
    pub number: u32,
    /// Its text; a very long one is cut.
    pub text: String,
    /// The place of its origin; none of a line that the base has.
    pub origin: Option<usize>,
}

/// A line before it is put on a page.
struct RawLine<'a> {
    sign: char,
    number: u32,
    text: &'a [u8],
    run: Option<usize>,
    /// The line of the release that it is, or that follows it; from 1.
    at: u32,
}

impl FileView {
    /// A page of a file; none where it has no such page.
    ///
    /// With `context` there are changed lines and as many around them; else there are all.
    pub fn of(
        path: &[u8],
        answer: &v1::GetFileResponse,
        page: usize,
        context: Option<u32>,
    ) -> Option<FileView> {
        let release = answer.release.clone().unwrap_or_default();
        let name = name_of(&release);
        let (base, text) = (answer.base.as_deref(), answer.text.as_deref());
        let is_binary = [base, text].into_iter().flatten().any(|text| text.contains(&0));
        let mut lines = if is_binary { Vec::new() } else { merged(answer) };
        if let Some(context) = context {
            leave_out_unchanged(&mut lines, context as usize);
        }
        let is_deleted = text.is_none();
        // A deleted file has no lines of the release: its own count.
        let place = |line: &RawLine<'_>| if is_deleted { line.number } else { line.at };
        // The first page is there in any case: links lead to it.
        let mut pages: Vec<usize> = lines.iter().map(|line| page_of_line(place(line))).chain([1]).collect();
        pages.sort_unstable();
        pages.dedup();
        if !pages.contains(&page) {
            return None;
        }
        let of_page: Vec<&RawLine<'_>> =
            lines.iter().filter(|line| page_of_line(place(line)) == page).collect();
        let mut removed = 0;
        let shown = of_page.iter().filter(|line| {
            removed += usize::from(line.sign == '-');
            line.sign != '-' || is_deleted || removed <= REMOVED_LINES
        });
        let mut origins: Vec<OriginView> = Vec::new();
        let mut known: HashMap<usize, usize> = HashMap::new();
        let lines_shown: Vec<FileLine> = shown
            .map(|line| FileLine {
                sign: line.sign,
                number: line.number,
                text: shown_text(line.text),
                origin: line.run.map(|run| {
                    *known.entry(run).or_insert_with(|| {
                        origins.push(origin_view(answer, run));
                        origins.len() - 1
                    })
                }),
            })
            .collect();
        let (changed, explained) = counts(answer);
        Some(FileView {
            release: ReleaseRow::of(&release),
            path: text_of(path),
            crumbs: crumbs(&name, path, false),
            moved_from: non_empty(&text_of(&answer.moved_from)),
            is_new: base.is_none(),
            is_deleted,
            is_binary,
            paging: Paging { page, pages: pages.last().copied().unwrap_or(1), items: lines.len() },
            pages,
            changed,
            explained,
            commits: shares(answer),
            origins,
            removed_left_out: of_page.len() - lines_shown.len(),
            lines: lines_shown,
            raw_path: path.to_vec(),
        })
    }

    /// The page of this file with another number.
    pub fn other_page(&self, page: usize) -> String {
        let name = ReleaseName { vendor: self.release.vendor.clone(), name: self.release.name.clone() };
        file_page(&name, &self.raw_path, page)
    }
}

/// Leaves out lines that have no changed one near by.
fn leave_out_unchanged(lines: &mut Vec<RawLine<'_>>, context: usize) {
    let mut is_near = vec![false; lines.len()];
    for (at, line) in lines.iter().enumerate() {
        if line.sign != ' ' {
            let end = (at + context + 1).min(is_near.len());
            is_near[at.saturating_sub(context)..end].fill(true);
        }
    }
    let mut is_near = is_near.into_iter();
    lines.retain(|_| is_near.next().unwrap_or_default());
}

/// The lines of the release's file in their order, with those before each that it has removed from the base.
fn merged(answer: &v1::GetFileResponse) -> Vec<RawLine<'_>> {
    let lines_of =
        |text: &'_ Option<Vec<u8>>| -> usize { text.as_deref().map_or(0, |text| split(text).count()) };
    let (old_count, new_count) = (lines_of(&answer.base), lines_of(&answer.text));
    let (mut removed, mut added) = (vec![None; old_count], vec![None; new_count]);
    for (place, run) in answer.runs.iter().enumerate() {
        let side = if run.is_added { &mut added } else { &mut removed };
        let from = (run.start.max(1) - 1) as usize;
        side.iter_mut().skip(from).take(run.lines as usize).for_each(|owner| *owner = Some(place));
    }
    let mut old = split(answer.base.as_deref().unwrap_or_default()).zip(removed).zip(1u32..).peekable();
    let mut lines = Vec::with_capacity(new_count + 64);
    let mut at = 0;
    for ((text, run), number) in split(answer.text.as_deref().unwrap_or_default()).zip(added).zip(1u32..) {
        at = number;
        while let Some(((text, Some(run)), number)) = old.next_if(|((_, run), _)| run.is_some()) {
            lines.push(RawLine { sign: '-', number, text, run: Some(run), at });
        }
        let sign = if run.is_some() { '+' } else { ' ' };
        if run.is_none() {
            old.next();
        }
        lines.push(RawLine { sign, number, text, run, at });
    }
    for ((text, run), number) in old {
        if run.is_some() {
            lines.push(RawLine { sign: '-', number, text, run, at: at.max(1) });
        }
    }
    lines
}

fn split(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split_inclusive(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\n").unwrap_or(line))
}

fn shown_text(text: &[u8]) -> String {
    let text = text_of(text);
    match text.char_indices().nth(LINE_CHARACTERS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

fn origin_view(answer: &v1::GetFileResponse, run: usize) -> OriginView {
    let Some(run) = answer.runs.get(run) else {
        return OriginView { commit: None, confidence: 0.0, match_kind: None, function: None };
    };
    let commit = run.commit.and_then(|place| answer.commits.get(place as usize));
    OriginView {
        commit: commit.map(NamedCommit::catalogued),
        confidence: run.confidence,
        match_kind: non_empty(&run.r#match),
        function: non_empty(&run.function),
    }
}

fn counts(answer: &v1::GetFileResponse) -> (u64, u64) {
    let lines = |runs: &mut dyn Iterator<Item = &v1::OwnedLines>| runs.map(|run| u64::from(run.lines)).sum();
    let changed = lines(&mut answer.runs.iter());
    let explained = lines(&mut answer.runs.iter().filter(|run| run.commit.is_some()));
    (changed, explained)
}

fn shares(answer: &v1::GetFileResponse) -> Vec<CommitShare> {
    let mut lines = vec![0u64; answer.commits.len()];
    for run in &answer.runs {
        if let Some(of_commit) = run.commit.and_then(|place| lines.get_mut(place as usize)) {
            *of_commit += u64::from(run.lines);
        }
    }
    let mut shares: Vec<CommitShare> = answer
        .commits
        .iter()
        .zip(lines)
        .map(|(commit, lines)| CommitShare { commit: NamedCommit::catalogued(commit), lines })
        .collect();
    shares.sort_by_key(|share| std::cmp::Reverse(share.lines));
    shares
}

#[cfg(test)]
mod tests {
    use super::super::list::LINES;
    use super::*;

    fn run(is_added: bool, start: u32, lines: u32, commit: Option<u32>) -> v1::OwnedLines {
        v1::OwnedLines { is_added, start, lines, commit, ..v1::OwnedLines::default() }
    }

    fn answer(base: Option<&str>, text: Option<&str>, runs: Vec<v1::OwnedLines>) -> v1::GetFileResponse {
        let bytes = |text: &str| text.as_bytes().to_vec();
        v1::GetFileResponse {
            release: Some(v1::CataloguedRelease::default()),
            base: base.map(bytes),
            text: text.map(bytes),
            runs,
            commits: vec![v1::CataloguedCommit { commit: "a".repeat(40), ..v1::CataloguedCommit::default() }],
            ..v1::GetFileResponse::default()
        }
    }

    fn lines(view: &FileView) -> Vec<String> {
        view.lines
            .iter()
            .map(|line| {
                let origin = line.origin.map(|place| view.origins[place].commit.is_some());
                let origin = match origin {
                    Some(true) => " commit",
                    Some(false) => " own",
                    None => "",
                };
                format!("{}{}:{}{origin}", line.sign, line.number, line.text)
            })
            .collect()
    }

    #[test]
    fn removed_lines_stand_before_those_in_their_place() {
        let runs = vec![run(false, 2, 1, Some(0)), run(true, 2, 2, Some(0)), run(true, 5, 1, None)];
        let answer = answer(Some("a\nb\nc\n"), Some("a\nB\nB2\nc\nd"), runs);
        let view = FileView::of(b"x/f.c", &answer, 1, None).expect("a page");
        assert_eq!(lines(&view), [" 1:a", "-2:b commit", "+2:B commit", "+3:B2 commit", " 4:c", "+5:d own"]);
        assert_eq!((view.changed, view.explained, view.commits[0].lines), (4, 3, 3));
    }

    #[test]
    fn lines_at_the_end_that_are_removed_are_there() {
        let answer = answer(Some("a\nb\n"), Some("a\n"), vec![run(false, 2, 1, None)]);
        assert_eq!(lines(&FileView::of(b"f", &answer, 1, None).expect("a page")), [" 1:a", "-2:b own"]);
    }

    #[test]
    fn deleted_file_has_its_lines_and_binary_ones_have_none() {
        let deleted = answer(Some("a\nb\n"), None, vec![run(false, 1, 2, None)]);
        let view = FileView::of(b"f", &deleted, 1, None).expect("a page");
        assert!(view.is_deleted);
        assert_eq!(lines(&view), ["-1:a own", "-2:b own"]);
        let binary = answer(Some("a\0"), Some("b\0"), Vec::new());
        assert!(
            FileView::of(b"f", &binary, 1, None).is_some_and(|view| view.is_binary && view.lines.is_empty())
        );
    }

    #[test]
    fn unchanged_lines_may_be_left_out() {
        let base: String = (1..=3 * LINES).map(|line| format!("{line}\n")).collect();
        let text = format!("{base}new\n");
        let answer = answer(Some(&base), Some(&text), vec![run(true, 3 * LINES as u32 + 1, 1, None)]);
        let last = FileView::of(b"f", &answer, 4, Some(2)).expect("a page");
        assert_eq!(lines(&last), [format!("+{}:new own", 3 * LINES + 1)]);
        assert_eq!(last.pages, [1, 3, 4]);
        assert!(FileView::of(b"f", &answer, 2, Some(2)).is_none());
    }

    #[test]
    fn pages_are_those_of_the_lines_of_the_release() {
        let text: String = (1..=LINES + 1).map(|line| format!("{line}\n")).collect();
        let base: String = (0..2 * REMOVED_LINES).map(|line| format!("old {line}\n")).collect();
        let runs =
            vec![run(false, 1, 2 * REMOVED_LINES as u32, None), run(true, 1, LINES as u32 + 1, Some(0))];
        let answer = answer(Some(&base), Some(&text), runs);
        let first = FileView::of(b"f", &answer, 1, None).expect("a page");
        assert_eq!((first.paging.pages, first.removed_left_out), (2, REMOVED_LINES));
        assert_eq!(first.lines.len(), LINES + REMOVED_LINES);
        let second = FileView::of(b"f", &answer, 2, None).expect("a page");
        assert_eq!(lines(&second), [format!("+{}:{0} commit", LINES + 1)]);
        assert_eq!(page_of_line(LINES as u32 + 1), 2);
        assert!(FileView::of(b"f", &answer, 3, None).is_none());
    }
}

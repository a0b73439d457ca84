//! Reads a whole input, section by section.

use bstr::ByteSlice;

use super::commit_head::commit_facts;
use super::document::{Patch, PatchText};
use super::facts::PatchFacts;
use super::lines::LineNumbers;
use super::mail_body::{DecodedText, decode_body};
use super::mail_head::{Head, add_body_facts};
use super::problem::{Problem, ProblemKind, Report};
use super::section::{Opening, Section, sections};
use super::text::{TextParts, read_text};

/// Reads a whole input.
///
/// Takes time and memory in proportion to the input. An input without any diff is a problem; a mail or commit
/// without one beside others is not.
pub fn parse(input: &[u8]) -> PatchText {
    let mut text = PatchText::default();
    let mut mentions_single_files = false;
    for (index, section) in sections(input).enumerate() {
        let mut report = Report::new(index);
        let (patch, mentions) = read_section(input, section, &mut report);
        mentions_single_files |= mentions;
        report.problems.sort_by_key(|problem| problem.line);
        text.patches.push(patch);
        text.problems.extend(report.problems);
    }
    let has_files = text.patches.iter().any(|patch| !patch.files.is_empty());
    if !has_files && text.problems.is_empty() && !mentions_single_files {
        let is_utf16 = input.starts_with(b"\xff\xfe") || input.starts_with(b"\xfe\xff");
        let kind = if is_utf16 { ProblemKind::Utf16 } else { ProblemKind::NoDiff };
        text.problems.push(Problem { line: 1, patch: None, path: None, kind });
    }
    text
}

/// Reads one section; also says whether it mentions files that are on one side only.
fn read_section(input: &[u8], section: Section, report: &mut Report) -> (Patch, bool) {
    let Section { span, first_line, opening, head: head_start } = section;
    let text = &input[span.clone()];
    let from_head = &input[head_start..span.end];
    let head = (opening == Opening::Mail).then(|| Head::read(from_head));
    let body_start = head_start - span.start + head.as_ref().map_or(0, |head| head.length);
    let (above, body) = text.split_at(body_start);

    let mut facts = match (&head, opening) {
        (Some(head), _) => head.facts(),
        (None, Opening::Commit) => commit_facts(from_head),
        (None, _) => PatchFacts::default(),
    };
    let body_line = first_line + above.find_iter(b"\n").count();
    let decoded = head.as_ref().and_then(|head| decode_body(head, body, body_line, report));
    if head.is_some() {
        let message = decoded.as_ref().and_then(|texts| texts.first()).map_or(body, |first| &first.text);
        add_body_facts(&mut facts, message);
    }

    let encoded_body = decoded.as_ref().map(|_| body.into());
    let parts = match decoded {
        Some(texts) => read_decoded(above, &texts, report),
        None => read_text(text, &LineNumbers::From(first_line), report),
    };
    let PatchFacts { commit, author, date, subject } = facts;
    let TextParts { preamble, files, mentions_single_files } = parts;
    let patch = Patch { span, first_line, commit, author, date, subject, preamble, encoded_body, files };
    (patch, mentions_single_files)
}

/// Reads the files of all texts that were decoded from a mail, whose raw head is `above`.
fn read_decoded(above: &[u8], texts: &[DecodedText], report: &mut Report) -> TextParts {
    let mut all = TextParts { preamble: above.into(), ..TextParts::default() };
    for decoded in texts {
        let parts = read_text(&decoded.text, &decoded.numbers, report);
        all.files.extend(parts.files);
        all.mentions_single_files |= parts.mentions_single_files;
    }
    all
}

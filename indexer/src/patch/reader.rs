//! Reads a whole input, section by section.

use std::rc::Rc;

use bstr::{BString, ByteSlice};

use super::bounds::{ReadBounds, Reading, Unread};
use super::commit_head::{commit_facts, oneline_facts};
use super::document::{Patch, PatchText};
use super::facts::PatchFacts;
use super::lines::LineNumbers;
use super::mail_body::{DecodedText, decode_body};
use super::mail_head::{Head, add_body_facts};
use super::plain::PlainText;
use super::problem::{Problem, ProblemKind, Report};
use super::section::{Opening, Section, sections_within};
use super::text::{TextParts, read_text};

/// Reads a whole input, and takes off first what was put around its diffs.
///
/// Takes time and memory in proportion to the input. An input without any diff is a problem; a mail or commit
/// without one beside others is not.
pub fn parse(input: &[u8]) -> PatchText {
    read_input(input, &Rc::default(), &ReadBounds::default())
}

/// The same within bounds.
///
/// # Errors
/// Where it is asked to stop, or the text has too many hunks.
pub fn parse_within(input: &[u8], bounds: &ReadBounds) -> Result<PatchText, Unread> {
    let reading = Rc::new(Reading::new(bounds));
    let text = read_input(input, &reading, bounds);
    reading.check().map(|()| text)
}

fn read_input(input: &[u8], reading: &Rc<Reading>, bounds: &ReadBounds) -> PatchText {
    let plain = PlainText::of_unless(input, &bounds.cancellation);
    let mut text = read_plain(plain.text(), reading);
    plain.place_in(input, &mut text);
    text
}

/// Reads a whole input as it stands, or a section of one; else as [`parse`].
pub fn parse_plain(input: &[u8]) -> PatchText {
    read_plain(input, &Rc::default())
}

/// The same within bounds.
///
/// # Errors
/// Where it is asked to stop, or the text has too many hunks.
pub fn parse_plain_within(input: &[u8], bounds: &ReadBounds) -> Result<PatchText, Unread> {
    let reading = Rc::new(Reading::new(bounds));
    let text = read_plain(input, &reading);
    reading.check().map(|()| text)
}

/// Reads a whole input as it stands; where the reading is over before the end, as far as it has come.
fn read_plain(input: &[u8], reading: &Rc<Reading>) -> PatchText {
    let mut text = PatchText::default();
    let mut mentions_single_files = false;
    for (index, section) in sections_within(input, reading).enumerate() {
        let mut report = Report::within(index, reading);
        let (patch, mentions) = read_section(input, section, &mut report);
        mentions_single_files |= mentions;
        text.patches.push(patch);
        text.problems.extend(report.into_problems());
    }
    let has_files = text.patches.iter().any(|patch| !patch.files.is_empty());
    if !has_files && text.problems.is_empty() && !mentions_single_files {
        text.problems.push(Problem { line: 1, patch: None, path: None, kind: lack_of_diff(input) });
    }
    text
}

/// Why there is no diff in a text.
fn lack_of_diff(input: &[u8]) -> ProblemKind {
    const FORMATS: [(&[u8], &str); 5] = [
        (b"\x1f\x8b", "gzip"),
        (b"BZh", "bzip2"),
        (b"\xfd7zXZ\0", "xz"),
        (b"\x28\xb5\x2f\xfd", "zstd"),
        (b"PK\x03\x04", "zip"),
    ];
    if let Some((_, format)) = FORMATS.iter().find(|(magic, _)| input.starts_with(magic)) {
        return ProblemKind::Compressed(format);
    }
    let beginning = input.trim_start().iter().take(15).map(u8::to_ascii_lowercase).collect::<Vec<_>>();
    if beginning.starts_with(b"<!doctype html") || beginning.starts_with(b"<html") {
        return ProblemKind::WebPage;
    }
    let is_normal = input.lines().zip(input.lines().skip(1)).any(|(command, line)| {
        is_normal_command(command) && (line.starts_with(b"< ") || line.starts_with(b"> "))
    });
    if is_normal { ProblemKind::NormalDiff } else { ProblemKind::NoDiff }
}

/// Whether a line stands above the lines of a diff in the normal form: `7a8,9`, `3,4c3`, `5d4`.
fn is_normal_command(line: &[u8]) -> bool {
    let is_range = |text: &[u8]| {
        let is_number = |part: &[u8]| !part.is_empty() && part.iter().all(u8::is_ascii_digit);
        text.splitn_str(2, ",").all(is_number)
    };
    line.find_byteset(b"acd").is_some_and(|at| is_range(&line[..at]) && is_range(&line[at + 1..]))
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
        (None, Opening::Oneline) => oneline_facts(from_head),
        (None, _) => PatchFacts::default(),
    };
    let body_line = first_line + above.find_iter(b"\n").count();
    let decoded = head.as_ref().and_then(|head| decode_body(head, body, body_line, report));
    if head.is_some() {
        let message = decoded.as_ref().and_then(|texts| texts.first()).map_or(body, |first| &first.text);
        add_body_facts(&mut facts, message);
    }

    let encoded_body = decoded.as_ref().map(|_| body.into());
    let (parts, decoded_message) = match decoded {
        Some(texts) => read_decoded(above, &texts, report),
        None => {
            let parts = read_text(text, &LineNumbers::From(first_line), head.is_some(), report);
            (parts, BString::default())
        }
    };
    let PatchFacts { commit, author, date, subject } = facts;
    let TextParts { preamble, files, mentions_single_files } = parts;
    let patch = Patch {
        span,
        first_line,
        commit,
        author,
        date,
        subject,
        preamble,
        encoded_body,
        decoded_message,
        raw_text: None,
        files,
    };
    (patch, mentions_single_files)
}

/// Reads the files of all texts that were decoded from a mail, whose raw head is `above`, and the message before the first of
/// them.
fn read_decoded(above: &[u8], texts: &[DecodedText], report: &mut Report) -> (TextParts, BString) {
    let mut all = TextParts { preamble: above.into(), ..TextParts::default() };
    let mut message = BString::default();
    for decoded in texts {
        let parts = read_text(&decoded.text, &decoded.numbers, true, report);
        if all.files.is_empty() {
            message.extend_from_slice(&parts.preamble);
        }
        all.files.extend(parts.files);
        all.mentions_single_files |= parts.mentions_single_files;
    }
    (all, message)
}

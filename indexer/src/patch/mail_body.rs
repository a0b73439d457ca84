//! Decodes the bodies of mails: quoted-printable, base64, and several parts.
//!
//! Archives and mail programs save bodies decoded and keep the headers, so a body that holds a diff as it stands is not
//! decoded, whatever they promise.

use bstr::{BString, ByteSlice};
use data_encoding::BASE64_MIME_PERMISSIVE;

use super::diff_line::holds_diff;
use super::lines::{LineNumbers, content};
use super::mail_head::Head;
use super::problem::{ProblemKind, Report};
use super::utf16::utf16_to_utf8;

/// A text that was decoded from a mail.
#[derive(Debug)]
pub(super) struct DecodedText {
    /// The text.
    pub text: Vec<u8>,
    /// Where its lines stand in the input.
    pub numbers: LineNumbers,
}

/// Decodes a mail's body, which begins at line `first_line` of the input.
///
/// None if the body stands as it is; otherwise its texts, without attachments that are no text.
pub(super) fn decode_body(
    head: &Head<'_>,
    body: &[u8],
    first_line: usize,
    report: &mut Report,
) -> Option<Vec<DecodedText>> {
    let kind = content_type(head);
    let is_nested = is_multipart(&kind) || kind.mimetype == MAIL;
    let has_encoding = Encoding::of(head, body) != Encoding::Identity;
    if !has_encoding && (!is_nested || is_in_one_part(&kind, body)) {
        return None;
    }
    let mut texts = Vec::new();
    decode_part(head, body, first_line, 0, &mut texts, report);
    Some(texts)
}

/// How deep mails and parts may be nested inside one another: beyond any real mail, and within any stack.
const MAX_DEPTH: usize = 32;

/// Decodes a body and the parts in it.
fn decode_part(
    head: &Head<'_>,
    body: &[u8],
    first_line: usize,
    depth: usize,
    texts: &mut Vec<DecodedText>,
    report: &mut Report,
) {
    if depth > MAX_DEPTH {
        report.add(first_line, ProblemKind::Nesting(MAX_DEPTH));
        return;
    }
    let kind = content_type(head);
    if is_multipart(&kind) && !is_in_one_part(&kind, body) {
        let parts = boundary(&kind).map(|boundary| split_parts(body, &boundary)).unwrap_or_default();
        if parts.is_empty() {
            report.add(first_line, ProblemKind::Boundary);
        }
        for part in parts {
            let head = Head::read(part.text);
            let body_line = first_line + part.lines_above + count_lines(&part.text[..head.length]);
            decode_part(&head, &part.text[head.length..], body_line, depth + 1, texts, report);
        }
    } else if kind.mimetype == MAIL {
        let head = Head::read(body);
        let body_line = first_line + count_lines(&body[..head.length]);
        decode_part(&head, &body[head.length..], body_line, depth + 1, texts, report);
    } else if is_multipart(&kind) || is_text(&kind, head) {
        texts.extend(decode_text(&Encoding::of(head, body), body, first_line, report));
    }
}

/// Whether a body that should have several parts has none, but a diff.
fn is_in_one_part(kind: &mailparse::ParsedContentType, body: &[u8]) -> bool {
    let has_parts = || boundary(kind).is_some_and(|boundary| !split_parts(body, &boundary).is_empty());
    is_multipart(kind) && !has_parts() && holds_diff(body)
}

/// The lines that begin in a text.
fn count_lines(text: &[u8]) -> usize {
    text.find_iter(b"\n").count()
}

fn content_type(head: &Head<'_>) -> mailparse::ParsedContentType {
    mailparse::parse_content_type(head.get("Content-Type").as_deref().unwrap_or("text/plain"))
}

/// The type of a mail inside a mail.
const MAIL: &str = "message/rfc822";

fn is_multipart(kind: &mailparse::ParsedContentType) -> bool {
    kind.mimetype.starts_with("multipart/")
}

/// What the lines between the parts begin with.
fn boundary(kind: &mailparse::ParsedContentType) -> Option<BString> {
    let boundary = kind.params.get("boundary").filter(|boundary| !boundary.is_empty())?;
    Some(format!("--{boundary}").into())
}

/// Whether a part may hold a diff: plain text of any kind, or an attachment that is named like a patch.
fn is_text(kind: &mailparse::ParsedContentType, head: &Head<'_>) -> bool {
    if kind.mimetype.starts_with("text/") || !kind.mimetype.contains('/') {
        return kind.mimetype != "text/html";
    }
    let disposition =
        head.get("Content-Disposition").map(|value| mailparse::parse_content_disposition(&value));
    let file_name = disposition.as_ref().and_then(|disposition| disposition.params.get("filename"));
    let name = file_name.or(kind.params.get("name")).map(|name| name.to_lowercase()).unwrap_or_default();
    kind.mimetype.contains("patch")
        || kind.mimetype.contains("diff")
        || [".patch", ".diff", ".txt"].iter().any(|ending| name.ends_with(ending))
}

/// One part of a body.
struct Part<'a> {
    text: &'a [u8],
    /// The body's lines above the part.
    lines_above: usize,
}

/// Where a part of a body begins.
struct PartStart {
    /// The bytes of the body above it.
    offset: usize,
    /// The lines of the body above it.
    lines_above: usize,
}

/// Splits a body at its boundary lines; what stands above the first and below the last is for people.
fn split_parts<'a>(body: &'a [u8], boundary: &[u8]) -> Vec<Part<'a>> {
    let mut parts: Vec<Part<'a>> = Vec::new();
    let mut open_part: Option<PartStart> = None;
    let mut offset = 0;
    for (index, line) in body.lines_with_terminator().enumerate() {
        let behind = content(line).strip_prefix(boundary).map(|behind| behind.trim_end());
        let is_last = behind == Some(b"--");
        if is_last || behind == Some(b"") {
            if let Some(start) = open_part.take() {
                parts.push(Part { text: &body[start.offset..offset], lines_above: start.lines_above });
            }
            if is_last {
                return parts;
            }
            open_part = Some(PartStart { offset: offset + line.len(), lines_above: index + 1 });
        }
        offset += line.len();
    }
    if let Some(start) = open_part {
        parts.push(Part { text: &body[start.offset..], lines_above: start.lines_above });
    }
    parts
}

/// How a body is encoded.
#[derive(Debug, PartialEq, Eq)]
enum Encoding {
    Identity,
    QuotedPrintable,
    Base64,
    Unknown(String),
}

impl Encoding {
    /// The encoding that the head promises, if the body can have it.
    fn of(head: &Head<'_>, body: &[u8]) -> Self {
        let name = head.get("Content-Transfer-Encoding").unwrap_or_default().to_lowercase();
        match name.as_str() {
            "" | "7bit" | "8bit" | "binary" => Self::Identity,
            "quoted-printable" if is_quoted_printable(body) => Self::QuotedPrintable,
            "quoted-printable" => Self::Identity,
            _ if holds_diff(body) => Self::Identity,
            "base64" => Self::Base64,
            _ => Self::Unknown(name),
        }
    }
}

/// Whether a body can be quoted-printable: in one that was decoded already, most equals signs are those of its text.
fn is_quoted_printable(body: &[u8]) -> bool {
    let is_digit = |byte: Option<&u8>| byte.is_some_and(|byte| matches!(byte, b'0'..=b'9' | b'A'..=b'F'));
    let (mut escapes, mut others) = (0usize, 0usize);
    for at in body.find_iter(b"=") {
        let behind = &body[at + 1..];
        let is_soft_break =
            content(behind.lines_with_terminator().next().unwrap_or_default()).trim().is_empty();
        if is_soft_break || (is_digit(behind.first()) && is_digit(behind.get(1))) {
            escapes += 1;
        } else {
            others += 1;
        }
    }
    others == 0 || escapes > others
}

fn decode_text(
    encoding: &Encoding,
    body: &[u8],
    first_line: usize,
    report: &mut Report,
) -> Option<DecodedText> {
    match encoding {
        Encoding::Identity => {
            Some(DecodedText { text: body.to_vec(), numbers: LineNumbers::From(first_line) })
        }
        Encoding::QuotedPrintable => Some(decode_quoted_printable(body, first_line)),
        Encoding::Base64 => Some(decode_base64(body, first_line, report)),
        Encoding::Unknown(name) => {
            report.add(first_line, ProblemKind::TransferEncoding(name.clone()));
            None
        }
    }
}

/// Decodes quoted-printable text (RFC 2045, section 6.7), keeping line ends and bytes beyond ASCII as they are,
/// which libraries do not; like git, it takes malformed escapes literally.
fn decode_quoted_printable(body: &[u8], first_line: usize) -> DecodedText {
    let mut text = Vec::with_capacity(body.len());
    let mut numbers = Vec::new();
    let mut is_line_begun = false;
    for (index, line) in body.lines_with_terminator().enumerate() {
        let line_end = &line[content(line).len()..];
        let line_text = content(line);
        let (line_text, is_soft) = match line_text.trim_end_with(|c| c == ' ' || c == '\t').strip_suffix(b"=")
        {
            Some(line_text) => (line_text, true),
            None => (line_text, false),
        };
        let start = text.len();
        decode_escapes(line_text, &mut text);
        if !is_soft {
            text.extend_from_slice(line_end);
        }
        for (position, byte) in text[start..].iter().enumerate() {
            let is_first = position == 0 && !is_line_begun;
            let is_below_newline = position > 0 && text[start + position - 1] == b'\n';
            if is_first || is_below_newline {
                numbers.push(first_line + index);
            }
            is_line_begun = *byte != b'\n';
        }
    }
    DecodedText { text, numbers: LineNumbers::Each(numbers) }
}

/// Appends text with its `=XX` escapes decoded.
fn decode_escapes(mut text: &[u8], out: &mut Vec<u8>) {
    while let Some(escape) = text.find_byte(b'=') {
        out.extend_from_slice(&text[..escape]);
        let digit = |at: usize| text.get(escape + at).and_then(|byte| char::from(*byte).to_digit(16));
        if let (Some(high), Some(low)) = (digit(1), digit(2)) {
            out.push((high * 16 + low) as u8);
            text = &text[escape + 3..];
        } else {
            out.push(b'=');
            text = &text[escape + 1..];
        }
    }
    out.extend_from_slice(text);
}

/// Decodes base64; where it is malformed, as far as it goes. What a mailing list has added below it is left out.
fn decode_base64(body: &[u8], first_line: usize, report: &mut Report) -> DecodedText {
    let digits = |text: &[u8]| -> Vec<u8> {
        text.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect()
    };
    let encoded = &body[..base64_end(body)];
    let whole = digits(encoded);
    let text = BASE64_MIME_PERMISSIVE.decode(&whole).or_else(|error| {
        report.add(first_line, ProblemKind::Base64);
        // Four digits make a group, and whole groups before the error stand for themselves.
        BASE64_MIME_PERMISSIVE.decode(&whole[..error.position / 4 * 4])
    });
    let text = text.unwrap_or_default();
    let text = utf16_to_utf8(&text).map_or(text, |decoded| decoded.text);
    DecodedText { text, numbers: LineNumbers::At(first_line) }
}

/// Where base64 ends for sure: at a line below its padding, or below an empty line and not base64 itself.
fn base64_end(body: &[u8]) -> usize {
    let (mut offset, mut is_ended) = (0, false);
    for line in body.lines_with_terminator() {
        let text = line.trim();
        let is_digits =
            text.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='));
        if is_ended && !text.is_empty() && !is_digits {
            return offset;
        }
        is_ended |= offset > 0 && (text.is_empty() || text.ends_with(b"="));
        offset += line.len();
    }
    offset
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(mail: &str) -> (Option<Vec<String>>, Vec<ProblemKind>) {
        let mut report = Report::new(0);
        let head = Head::read(mail.as_bytes());
        let texts = decode_body(&head, &mail.as_bytes()[head.length..], 1, &mut report);
        let texts = texts.map(|texts| {
            texts.into_iter().map(|text| String::from_utf8_lossy(&text.text).into_owned()).collect()
        });
        (texts, report.problems.into_iter().map(|problem| problem.kind).collect())
    }

    #[test]
    fn plain_bodies_stand_as_they_are() {
        assert_eq!(decode("From: a\n\nx=20\n"), (None, vec![]));
        let mail = "From: a\nContent-Type: text/plain; format=flowed\nContent-Transfer-Encoding: 8bit\n\nx\n";
        assert_eq!(decode(mail), (None, vec![]));
    }

    #[test]
    fn quoted_printable_is_decoded_line_by_line() {
        let mail = "From: a\nContent-Transfer-Encoding: Quoted-Printable\n\na =3D b=20\nlo=\nng\r\n=zz=C3=A9 \u{e9}=";
        assert_eq!(decode(mail), (Some(vec!["a = b \nlong\r\n=zz\u{e9} \u{e9}".into()]), vec![]));
    }

    #[test]
    fn lines_of_quoted_printable_keep_their_numbers() {
        let decoded = decode_quoted_printable(b"a=\nb\nc=0Ad\n\ne", 10);
        assert_eq!(decoded.text, b"ab\nc\nd\n\ne");
        let LineNumbers::Each(numbers) = decoded.numbers else { panic!("numbered one by one") };
        assert_eq!(numbers, [10, 12, 12, 13, 14]);
    }

    #[test]
    fn base64_is_decoded_as_far_as_it_goes() {
        let mail = |body: &str| format!("From: a\nContent-Transfer-Encoding: base64\n\n{body}");
        assert_eq!(decode(&mail("YWJj\r\nZGU=\n")), (Some(vec!["abcde".into()]), vec![]));
        assert_eq!(decode(&mail("YWJj\nZG*=\n")), (Some(vec!["abc".into()]), vec![ProblemKind::Base64]));
        assert_eq!(decode(&mail("YWJjZ")), (Some(vec!["abc".into()]), vec![ProblemKind::Base64]));
    }

    #[test]
    fn body_that_was_decoded_already_stands_as_it_is() {
        let diff = "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a = 1;\n+a == 0x10;\n";
        for header in [
            "Content-Transfer-Encoding: base64",
            "Content-Transfer-Encoding: quoted-printable",
            "Content-Transfer-Encoding: x-uuencode",
            "Content-Type: multipart/mixed",
            "Content-Type: multipart/mixed; boundary=b",
        ] {
            assert_eq!(decode(&format!("From: a\n{header}\n\n{diff}")), (None, vec![]), "{header}");
        }
    }

    #[test]
    fn part_that_was_decoded_already_stands_as_it_is() {
        let diff = "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n";
        let mail = format!(
            "From: a\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Transfer-Encoding: base64\n\n{diff}--b--\n"
        );
        assert_eq!(decode(&mail), (Some(vec![diff.into()]), vec![]));
    }

    #[test]
    fn footer_of_a_list_below_base64_is_left_out() {
        let mail = |body: &str| format!("From: a\nContent-Transfer-Encoding: base64\n\n{body}");
        for footer in ["\n____\nlist mailing list\nlist@a\n", "-- \nlist\n"] {
            assert_eq!(decode(&mail(&format!("YWJj\nZGU=\n{footer}"))), (Some(vec!["abcde".into()]), vec![]));
        }
        assert_eq!(decode(&mail("YWJj\n\n-- \nlist\n")), (Some(vec!["abc".into()]), vec![]));
    }

    #[test]
    fn base64_of_utf_16_is_read() {
        let body = data_encoding::BASE64.encode(b"\xff\xfea\0b\0\n\0");
        let mail = format!("From: a\nContent-Transfer-Encoding: base64\n\n{body}\n");
        assert_eq!(decode(&mail), (Some(vec!["ab\n".into()]), vec![]));
    }

    #[test]
    fn text_parts_are_decoded_and_others_left_out() {
        let mail = "From: a\nContent-Type: multipart/mixed;\n boundary=\"x y\"\n\nfor people\n--x y\n\nfirst\n\n\
                    --x y\nContent-Type: text/html\n\n<p>\n--x y\nContent-Type: multipart/alternative; boundary=z\n\n\
                    --z\nContent-Transfer-Encoding: base64\n\nYWJj\n--z--\n--x y\n\
                    Content-Type: application/octet-stream; name=\"a.PATCH\"\n\npatch\n--x y\n\
                    Content-Type: application/pgp-signature\n\nsecret\n--x y\nContent-Type: message/rfc822\n\n\
                    Subject: inner\n\nmail\n--x y--\nfor people\n";
        let texts = ["first\n\n", "abc", "patch\n", "mail\n"].map(str::to_owned).to_vec();
        assert_eq!(decode(mail), (Some(texts), vec![]));
    }

    #[test]
    fn what_cannot_be_decoded_is_named() {
        let mail = "From: a\nContent-Transfer-Encoding: x-uuencode\n\nbegin 644 x\n";
        assert_eq!(decode(mail).1, [ProblemKind::TransferEncoding("x-uuencode".into())]);
        assert_eq!(decode("From: a\nContent-Type: multipart/mixed\n\nx\n").1, [ProblemKind::Boundary]);
        assert_eq!(
            decode("From: a\nContent-Type: multipart/mixed; boundary=b\n\nx\n").1,
            [ProblemKind::Boundary]
        );
    }

    #[test]
    fn endless_nesting_is_reported() {
        let mail = "Content-Type: message/rfc822\n\n".repeat(100_000);
        assert_eq!(decode(&format!("From: a\n{mail}")).1, [ProblemKind::Nesting(MAX_DEPTH)]);
        let parts: String =
            (0..100).map(|n| format!("Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n")).collect();
        assert_eq!(decode(&format!("From: a\n{parts}")).1, [ProblemKind::Nesting(MAX_DEPTH)]);
    }
}

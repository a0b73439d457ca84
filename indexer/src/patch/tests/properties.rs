//! Properties of all texts: nothing panics, everything is written back, counts agree with lines.

use proptest::collection::vec;
use proptest::prelude::*;

use super::{assert_counts_agree, round_trip};
use crate::hunk::{Hunk, Sign};
use crate::patch::{Patch, PatchText, Problem, Section, parse_plain, sections};

/// A line of a file: anything but a newline.
fn file_line() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        vec(any::<u8>().prop_filter("newline", |byte| *byte != b'\n'), 0..12),
        Just(b"-- a/x".to_vec()),
        Just(b"++ b/x".to_vec()),
        Just(b"@ -1 +1 @@".to_vec()),
        Just(b"- ".to_vec()),
        Just(Vec::new()),
    ]
}

fn sign() -> impl Strategy<Value = Sign> {
    prop_oneof![Just(Sign::Context), Just(Sign::Removed), Just(Sign::Added)]
}

/// A hunk with context on both sides, or without any.
fn hunk() -> impl Strategy<Value = Hunk> {
    (1u32..100_000, 1u32..100_000, "[ -~]{0,20}", vec((sign(), file_line()), 1..20), any::<bool>()).prop_map(
        |(old_start, new_start, section, mut lines, ends_with_newline)| {
            if lines.iter().any(|(sign, _)| *sign == Sign::Context) {
                lines.push((Sign::Context, b"end".to_vec()));
            }
            let mut hunk = Hunk { old_start, new_start, section: section.into(), ..Hunk::default() };
            for (index, (sign, text)) in lines.iter().enumerate() {
                hunk.push_line(*sign, text, ends_with_newline || index + 1 < lines.len());
                hunk.old_lines += u32::from(*sign != Sign::Added);
                hunk.new_lines += u32::from(*sign != Sign::Removed);
            }
            hunk
        },
    )
}

/// A file header, with the number of hunks that follow it.
fn file_header() -> impl Strategy<Value = (String, bool)> {
    ("[a-z]{1,5}(/[a-z]{1,5}){0,2}", 0..7).prop_map(|(path, form)| match form {
        0 => (format!("--- a/{path}\n+++ b/{path}\n"), true),
        1 => (format!("diff -ru v1/{path} v2/{path}\n--- v1/{path}\t1 2 3\n+++ v2/{path}\t1 2 3\n"), true),
        2 => (format!("diff --git a/{path} b/{path}\nindex 1..2 100644\n--- a/{path}\n+++ b/{path}\n"), true),
        3 => (format!("diff --git {path} {path}\nold mode 100644\nnew mode 100755\n"), false),
        4 => (
            format!("diff --git a/{path} b/y\nsimilarity index 90%\nrename from {path}\nrename to y\n"),
            false,
        ),
        5 => (format!("diff --git a/{path} b/{path}\nGIT binary patch\nliteral 3\nHcmV?d00001\n\n"), false),
        _ => (format!("Index: {path}\n====\n--- {path}\n+++ {path}\n"), true),
    })
}

fn patch_head() -> impl Strategy<Value = String> {
    let id = "0123456789abcdef0123456789abcdef01234567";
    prop_oneof![
        Just(String::new()),
        Just("some text\n\n".to_owned()),
        Just(format!("From {id} Mon Sep 17 00:00:00 2001\nFrom: A <a@b>\nSubject: x\n\nwhy\n---\n")),
        Just(format!("commit {id}\nAuthor: A <a@b>\nDate: today\n\n    why\n\n")),
    ]
}

type Document = Vec<(String, Vec<((String, bool), Vec<Hunk>)>, &'static str)>;

fn document() -> impl Strategy<Value = Document> {
    let trailer = prop_oneof![Just(""), Just("\n"), Just("-- \n2.30.1\n\n")];
    vec((patch_head(), vec((file_header(), vec(hunk(), 1..4)), 1..4), trailer), 1..4)
}

/// Writes a document out, and the hunks in it.
fn write(document: &Document) -> (Vec<u8>, Vec<Hunk>) {
    let mut text = Vec::new();
    let mut hunks = Vec::new();
    for (head, files, trailer) in document {
        text.extend_from_slice(head.as_bytes());
        for ((header, has_hunks), file_hunks) in files {
            text.extend_from_slice(header.as_bytes());
            for hunk in file_hunks.iter().filter(|_| *has_hunks) {
                text.extend_from_slice(&hunk.header());
                text.extend_from_slice(&hunk.body);
                hunks.push(hunk.clone());
            }
        }
        text.extend_from_slice(trailer.as_bytes());
    }
    (text, hunks)
}

/// Changes a text at random places: bytes overwritten, ranges cut out or doubled.
fn mutate(mut text: Vec<u8>, mutations: &[(prop::sample::Index, u8, u8)]) -> Vec<u8> {
    for (place, kind, byte) in mutations {
        if text.is_empty() {
            break;
        }
        let at = place.index(text.len());
        let end = (at + usize::from(*byte)).min(text.len());
        match kind % 4 {
            0 => text[at] = *byte,
            1 => drop(text.drain(at..end)),
            2 => {
                let range = text[at..end].to_vec();
                text.splice(at..at, range);
            }
            _ => text.insert(at, b'\n'),
        }
    }
    text
}

/// Pieces of diffs in any order, which reach more of the parser than random bytes.
fn pieces() -> impl Strategy<Value = Vec<u8>> {
    const PIECES: &[&[u8]] = &[
        b"--- a/x\n",
        b"+++ b/x\n",
        b"@@ -1 +1 @@\n",
        b"@@ -1,3 +1,2 @@ f\r\n",
        b"@@ -0,0 +1,99 @@\n",
        b"@@\n",
        b"-a\n",
        b"+b\n",
        b" c\n",
        b"\n",
        b"\r\n",
        b"\\ No newline\n",
        b"-- \n",
        b"diff --git a/x b/x\n",
        b"diff --git \"a/\\303\\244\" \"b/\\303\\244\"\n",
        b"index 1..2 100644\n",
        b"rename from x\n",
        b"rename to y\n",
        b"new file mode 100644\n",
        b"GIT binary patch\n",
        b"literal 3\n",
        b"HcmV?d00001\n",
        b"diff --cc x\n",
        b"index 1,2..3\n",
        b"@@@ -1,2 -1,2 +1,2 @@@\n",
        b"  a\n",
        b"Binary files a/x and b/x differ\n",
        b"From a@b Thu Jan  1 00:00:00 1970\n",
        b"From: a\n",
        b"Subject: =?utf-8?q?=C3=A4?=\n",
        b"Content-Transfer-Encoding: base64\n",
        b"Content-Transfer-Encoding: quoted-printable\n",
        b"Content-Type: multipart/mixed; boundary=b\n",
        b"--b\n",
        b"--b--\n",
        b"LS0tIGEveAo=\n",
        b"=3D=\n",
        b"commit 1234567\n",
        b"Author: A\n",
        b"    text\n",
        b"Index: x\n",
        b"====\n",
        b"Only in x: y\n",
        b"*** a/x\n",
        b"***************\n",
        b"*** 1,2 ****\n",
        b"--- 1,2 ----\n",
        b"! a\n",
        b"  a\n",
        b"1234567 one\n",
        b"---\n",
        b" x | 2 +-\n",
        b"> ",
        b"  ",
        b"* commit 1234567\n",
        b"| ",
        b"\x1b[32m",
        b"\xc2\xa0",
        b"2009-02-03 10:20:30\n",
        b"@@ ... @@\n",
        b"{+a+}\n",
        b"a",
        b"\0",
    ];
    vec(prop::sample::select(PIECES), 0..40).prop_map(|pieces| pieces.concat())
}

/// Checks that an input's sections are the input, and that each by itself says what it says in the whole.
fn assert_sections_agree(input: &[u8]) -> Result<(), TestCaseError> {
    let whole = parse_plain(input);
    let mut by_section = PatchText::default();
    let mut end = 0;
    for section in sections(input) {
        prop_assert_eq!(section.span.start, end);
        end = section.span.end;
        let PatchText { patches, problems } = parse_plain(&input[section.span.clone()]);
        prop_assert_eq!(patches.len(), 1);
        let index = by_section.patches.len();
        let lines_above = section.first_line - 1;
        by_section.patches.extend(patches.into_iter().map(|patch| moved(patch, &section)));
        // That there is no diff is said of the whole input, not of its sections.
        let of_patch = problems.into_iter().filter(|problem| problem.patch.is_some());
        by_section.problems.extend(of_patch.map(|problem| Problem {
            line: problem.line + lines_above,
            patch: Some(index),
            ..problem
        }));
    }
    prop_assert_eq!(end, input.len());
    prop_assert_eq!(&by_section.patches, &whole.patches);
    let of_patches: Vec<Problem> =
        whole.problems.into_iter().filter(|problem| problem.patch.is_some()).collect();
    prop_assert_eq!(by_section.problems, of_patches);
    Ok(())
}

/// The patch of a section that was read by itself, where it stands in the whole input.
fn moved(patch: Patch, section: &Section) -> Patch {
    let mut patch = Patch { span: section.span.clone(), first_line: section.first_line, ..patch };
    for hunk in patch.files.iter_mut().flat_map(|file| &mut file.hunks) {
        hunk.line += section.first_line - 1;
    }
    patch
}

/// A hunk whose changes are all removed lines and then added ones, as tools write them.
fn grouped_hunk() -> impl Strategy<Value = Hunk> {
    let text = || "[a-z !+-]{0,8}";
    let group = (text(), vec(text(), 0..3), vec(text(), 0..3));
    (1u32..1_000, 1u32..1_000, vec(group, 1..4)).prop_map(|(old_start, new_start, groups)| {
        let mut hunk = Hunk { old_start, new_start, ..Hunk::default() };
        let mut push = |sign, text: &str| {
            hunk.push_line(sign, text.as_bytes(), true);
            hunk.old_lines += u32::from(sign != Sign::Added);
            hunk.new_lines += u32::from(sign != Sign::Removed);
        };
        for (context, removed, added) in &groups {
            push(Sign::Context, context);
            removed.iter().for_each(|line| push(Sign::Removed, line));
            added.iter().for_each(|line| push(Sign::Added, line));
        }
        push(Sign::Context, "end");
        push(Sign::Added, "one more");
        hunk
    })
}

/// A hunk as `diff -c` writes it; the old half is left out where nothing is removed.
fn in_context_form(hunk: &Hunk) -> Vec<u8> {
    let lines: Vec<_> = hunk.lines().map(|line| (line.sign, line.text.to_string())).collect();
    let half = |own: Sign, mark: char| {
        let mut half = String::new();
        for (at, (sign, text)) in lines.iter().enumerate() {
            // The run of changed lines around this one, on both sides.
            let is_change = |(sign, _): &&(Sign, String)| sign.is_change();
            let run: Vec<Sign> = lines[..at]
                .iter()
                .rev()
                .take_while(is_change)
                .chain(lines[at..].iter().take_while(is_change))
                .map(|(sign, _)| *sign)
                .collect();
            let is_replaced = run.contains(&Sign::Added) && run.contains(&Sign::Removed);
            match sign {
                Sign::Context => half += &format!("  {text}\n"),
                sign if *sign == own && is_replaced => half += &format!("! {text}\n"),
                sign if *sign == own => half += &format!("{mark} {text}\n"),
                _ => {}
            }
        }
        half
    };
    let range = |start: u32, count: u32| match count {
        1 => start.to_string(),
        _ => format!("{start},{}", start + count - 1),
    };
    let has_removed = lines.iter().any(|(sign, _)| *sign == Sign::Removed);
    let old = if has_removed { half(Sign::Removed, '-') } else { String::new() };
    format!(
        "***************\n*** {} ****\n{old}--- {} ----\n{}",
        range(hunk.old_start, hunk.old_lines),
        range(hunk.new_start, hunk.new_lines),
        half(Sign::Added, '+'),
    )
    .into_bytes()
}

const KINDS_AROUND: usize = 5;

/// What mail programs, terminals and editors make of a text; none where it would not be the same any more.
fn put_around(input: &[u8], kind: usize) -> Option<Vec<u8>> {
    let before_lines = |prefix: &[u8]| -> Vec<u8> {
        bstr::ByteSlice::lines_with_terminator(input).flat_map(|line| [prefix, line].concat()).collect()
    };
    let is_text =
        std::str::from_utf8(input).is_ok_and(|text| !text.contains(['\0', '\u{a0}', '\u{1b}', '\u{feff}']));
    let has_mail = bstr::ByteSlice::contains_str(input, "From ");
    let has_log = bstr::ByteSlice::contains_str(input, "commit ");
    match kind {
        0 if is_text => {
            let units = std::str::from_utf8(input).ok()?.encode_utf16();
            Some(std::iter::once(0xfeff).chain(units).flat_map(u16::to_le_bytes).collect())
        }
        1 if is_text => Some([b"\x1b[m".as_slice(), &before_lines(b"\x1b[32m")].concat()),
        2 if !has_mail => Some(before_lines(b"> ")),
        3 if !has_mail && !has_log => Some(before_lines(b"\t")),
        _ if is_text => Some(bstr::ByteSlice::replace(input, "\n ", "\n\u{a0}")),
        _ => None,
    }
}

proptest! {
    #[test]
    fn documents_come_back_as_written(document in document()) {
        let (input, hunks) = write(&document);
        let text = round_trip(&input);
        prop_assert_eq!(&text.problems, &[]);
        assert_counts_agree(&text);
        let all = text.patches.iter().flat_map(|patch| &patch.files).flat_map(|file| &file.hunks);
        prop_assert_eq!(all.map(|hunk| hunk.hunk.clone()).collect::<Vec<_>>(), hunks);
    }

    #[test]
    fn mutated_documents_are_written_back(
        document in document(),
        mutations in vec((any::<prop::sample::Index>(), any::<u8>(), any::<u8>()), 1..6),
    ) {
        assert_counts_agree(&round_trip(&mutate(write(&document).0, &mutations)));
    }

    #[test]
    fn documents_in_crlf_have_the_same_hunks(document in document()) {
        let (input, _) = write(&document);
        let crlf = bstr::ByteSlice::replace(input.as_slice(), "\n", "\r\n");
        let has_hunks = |text: &crate::patch::PatchText| {
            text.patches.iter().flat_map(|patch| &patch.files).map(|file| file.hunks.len()).collect::<Vec<_>>()
        };
        prop_assert_eq!(has_hunks(&round_trip(&input)), has_hunks(&round_trip(&crlf)));
    }

    #[test]
    fn context_diffs_have_the_hunks_that_they_show(hunks in vec(grouped_hunk(), 1..4)) {
        let mut input = b"*** a/x\n--- b/x\n".to_vec();
        hunks.iter().for_each(|hunk| input.extend(in_context_form(hunk)));
        let text = round_trip(&input);
        prop_assert_eq!(&text.problems, &[]);
        let read: Vec<Hunk> = text.patches[0].files[0].hunks.iter().map(|hunk| hunk.hunk.clone()).collect();
        prop_assert_eq!(read, hunks);
    }

    #[test]
    fn what_is_put_around_documents_hides_nothing(document in document(), kind in 0..KINDS_AROUND) {
        let (input, hunks) = write(&document);
        let Some(dressed) = put_around(&input, kind) else { return Ok(()) };
        let text = round_trip(&dressed);
        prop_assert_eq!(&text.problems, &[]);
        let all = text.patches.iter().flat_map(|patch| &patch.files).flat_map(|file| &file.hunks);
        prop_assert_eq!(all.map(|hunk| hunk.hunk.clone()).collect::<Vec<_>>(), hunks);
    }

    #[test]
    fn pieces_in_any_order_are_written_back(input in pieces()) {
        assert_counts_agree(&round_trip(&input));
    }

    #[test]
    fn sections_of_documents_say_by_themselves_what_they_say_in_the_whole(
        document in document(),
        mutations in vec((any::<prop::sample::Index>(), any::<u8>(), any::<u8>()), 0..6),
    ) {
        assert_sections_agree(&mutate(write(&document).0, &mutations))?;
    }

    #[test]
    fn sections_of_pieces_say_by_themselves_what_they_say_in_the_whole(input in pieces()) {
        assert_sections_agree(&input)?;
    }

    #[test]
    fn any_bytes_are_written_back(input in vec(any::<u8>(), 0..300)) {
        assert_counts_agree(&round_trip(&input));
    }
}

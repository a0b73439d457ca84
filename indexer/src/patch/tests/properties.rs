//! Properties of all texts: nothing panics, everything is written back, counts agree with lines.

use proptest::collection::vec;
use proptest::prelude::*;

use super::{assert_counts_agree, round_trip};
use crate::hunk::{Hunk, Sign};
use crate::patch::{Patch, PatchText, Problem, Section, parse, sections};

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
        b"a",
        b"\0",
    ];
    vec(prop::sample::select(PIECES), 0..40).prop_map(|pieces| pieces.concat())
}

/// Checks that an input's sections are the input, and that each by itself says what it says in the whole.
fn assert_sections_agree(input: &[u8]) -> Result<(), TestCaseError> {
    let whole = parse(input);
    let mut by_section = PatchText::default();
    let mut end = 0;
    for section in sections(input) {
        prop_assert_eq!(section.span.start, end);
        end = section.span.end;
        let PatchText { patches, problems } = parse(&input[section.span.clone()]);
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

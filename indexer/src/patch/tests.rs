//! Tests of whole texts, form by form.

mod forms;
mod git_output;
mod mails;
mod malformed;
mod properties;

use super::{PatchText, parse};

/// Reads a text and checks that it is written back byte for byte, whole and patch by patch.
fn round_trip(input: &[u8]) -> PatchText {
    let text = parse(input);
    let mut written = Vec::new();
    text.write(&mut written).unwrap();
    assert_eq!(bstr::BStr::new(&written), bstr::BStr::new(input));
    for patch in &text.patches {
        let mut written = Vec::new();
        patch.write(&mut written).unwrap();
        assert_eq!(bstr::BStr::new(&written), bstr::BStr::new(&input[patch.span.clone()]));
    }
    text
}

/// Reads a text that has no problems.
fn sound(input: impl AsRef<[u8]>) -> PatchText {
    let text = round_trip(input.as_ref());
    assert_eq!(text.problems, []);
    text
}

/// Checks that the counts of every hunk agree with its lines.
fn assert_counts_agree(text: &PatchText) {
    for hunk in text.patches.iter().flat_map(|patch| &patch.files).flat_map(|file| &file.hunks) {
        let lines = |sign| hunk.hunk.lines().filter(|line| line.sign != sign).count();
        assert_eq!(lines(crate::hunk::Sign::Added), hunk.hunk.old_lines as usize);
        assert_eq!(lines(crate::hunk::Sign::Removed), hunk.hunk.new_lines as usize);
    }
}

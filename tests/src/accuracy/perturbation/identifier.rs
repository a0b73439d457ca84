//! Names that a vendor has changed.

use std::collections::HashSet;

use bstr::BString;
use fastrand::Rng;

use crate::accuracy::fragment::Fragment;

/// Words of the language, which no vendor renames.
const KEYWORDS: [&str; 24] = [
    "break", "case", "char", "const", "continue", "default", "define", "double", "else", "endif", "enum",
    "extern", "goto", "include", "inline", "long", "return", "short", "sizeof", "static", "struct", "switch",
    "unsigned", "void",
];

/// The shortest name that is changed.
const SHORTEST_NAME: usize = 4;

/// The fragment with one identifier of its changed lines renamed; the more often it occurs, the likelier it is chosen.
pub fn renamed(fragment: &Fragment, rng: &mut Rng) -> Option<Fragment> {
    let keywords: HashSet<&[u8]> = KEYWORDS.iter().map(|word| word.as_bytes()).collect();
    let names: Vec<BString> = fragment
        .lines
        .iter()
        .filter(|line| line.sign.is_change())
        .flat_map(|line| words(&line.text))
        .filter(|word| word.len() >= SHORTEST_NAME && !word[0].is_ascii_digit() && is_word_byte(word[0]))
        .filter(|word| !keywords.contains(word))
        .map(BString::from)
        .collect();
    let name = rng.choice(&names)?;
    let mut renamed = fragment.clone();
    for line in &mut renamed.lines {
        let parts: Vec<&[u8]> = words(&line.text)
            .flat_map(|word| if word == name.as_slice() { vec![word, b"_vnd"] } else { vec![word] })
            .collect();
        line.text = parts.concat().into();
    }
    Some(renamed)
}

/// The text in pieces: each a whole word, or one byte of what stands between words.
fn words(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let word = rest.iter().take_while(|byte| is_word_byte(**byte)).count();
        let (piece, after) = rest.split_at_checked(word.max(1))?;
        rest = after;
        Some(piece)
    })
}

fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

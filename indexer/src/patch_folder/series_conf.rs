//! The list of patches in SUSE's kernel packages: `series.conf`, with guards before some names.

use bstr::ByteSlice;

/// A patch of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedPatch<'a> {
    /// The number of its line, from 1.
    pub line: usize,
    /// The line, with its guards.
    pub text: &'a [u8],
    /// Its name.
    pub name: &'a [u8],
    /// Whether it is applied.
    pub choice: Choice,
}

/// What guards say of a patch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// It is applied.
    Applied,
    /// It is not.
    LeftOut,
    /// It has several guards at once or negated ones, or asks for symbols that only the build knows.
    Unclear,
}

/// The patches of a list, in order. `symbols` are those that guards ask for, if they are certain.
pub fn listed_patches<'a>(text: &'a [u8], symbols: Option<&str>) -> impl Iterator<Item = ListedPatch<'a>> {
    text.lines().enumerate().filter_map(move |(number, line)| {
        let entry = line.split_once_str("#").map_or(line, |(entry, _)| entry);
        let words: Vec<&[u8]> = entry.fields().collect();
        let (name, guards) = words.split_last()?;
        let choice = match (guards, symbols) {
            ([], _) => Choice::Applied,
            ([guard], Some(symbols)) if is_plain(guard) => {
                let is_given = symbols.split_whitespace().any(|symbol| symbol.as_bytes() == &guard[1..]);
                if is_given == guard.starts_with(b"+") { Choice::Applied } else { Choice::LeftOut }
            }
            _ => Choice::Unclear,
        };
        Some(ListedPatch { line: number + 1, text: line.trim(), name, choice })
    })
}

/// Whether a guard asks for one symbol: `+symbol`, or `-symbol` for its absence.
fn is_plain(guard: &[u8]) -> bool {
    matches!(guard, [b'+' | b'-', first, ..] if *first != b'!')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen<'a>(list: &'a [u8], symbols: Option<&str>) -> Vec<(usize, &'a str, Choice)> {
        let patches = listed_patches(list, symbols);
        patches.map(|patch| (patch.line, patch.name.to_str().expect("a name"), patch.choice)).collect()
    }

    #[test]
    fn guards_choose_by_symbols() {
        use Choice::{Applied, LeftOut, Unclear};
        let list = b"# comment\n\tpatches.suse/a # why\n+wip patches.suse/b\n\n-arm patches.suse/c\n";
        let with = |choices: [Choice; 3]| {
            [(2, "patches.suse/a"), (3, "patches.suse/b"), (5, "patches.suse/c")]
                .into_iter()
                .zip(choices)
                .map(|((line, name), choice)| (line, name, choice))
                .collect::<Vec<_>>()
        };
        assert_eq!(chosen(list, Some("")), with([Applied, LeftOut, Applied]));
        assert_eq!(chosen(list, Some("arm wip")), with([Applied, Applied, LeftOut]));
        assert_eq!(chosen(list, None), with([Applied, Unclear, Unclear]));
        for unclear in ["+a -b c\n", "+!a c\n", "+ c\n"] {
            assert_eq!(chosen(unclear.as_bytes(), Some("")), [(1, "c", Unclear)], "{unclear}");
        }
        let unclear = listed_patches(b"\n +a -b c # d\n", Some("")).next().expect("a patch");
        assert_eq!((unclear.line, unclear.text), (2, &b"+a -b c # d"[..]));
    }
}

//! The list of patches in SUSE's kernel packages: `series.conf`, with guards before some names.

/// The patches of a list, in order. `symbols` are those that guards ask for, if they are certain.
///
/// # Errors
/// The number of a line, from 1, that hangs on symbols which are not certain, and its text.
pub(super) fn patches(text: &[u8], symbols: Option<&str>) -> Result<Vec<String>, (usize, String)> {
    let mut patches = Vec::new();
    let text = String::from_utf8_lossy(text);
    for (number, line) in text.lines().enumerate() {
        let entry = line.split_once('#').map_or(line, |(entry, _)| entry);
        let words: Vec<&str> = entry.split_whitespace().collect();
        let (guards, names) = words.split_at(words.len().saturating_sub(1));
        let Some(name) = names.first() else { continue };
        let is_chosen = match (guards, symbols) {
            ([], _) => true,
            ([guard], Some(symbols)) if is_plain(guard) => {
                let is_given = symbols.split_whitespace().any(|symbol| symbol == &guard[1..]);
                is_given == guard.starts_with('+')
            }
            // Several guards at once, negated ones, and symbols that only the build knows.
            _ => return Err((number + 1, line.trim().to_owned())),
        };
        if is_chosen {
            patches.push((*name).to_owned());
        }
    }
    Ok(patches)
}

/// Whether a guard asks for one symbol: `+symbol`, or `-symbol` for its absence.
fn is_plain(guard: &str) -> bool {
    guard.strip_prefix(['+', '-']).is_some_and(|symbol| !symbol.is_empty() && !symbol.starts_with('!'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guards_choose_by_symbols() {
        let list = b"# comment\n\tpatches.suse/a # why\n+wip patches.suse/b\n\n-arm patches.suse/c\n";
        assert_eq!(
            patches(list, Some("")),
            Ok(vec!["patches.suse/a".to_owned(), "patches.suse/c".to_owned()])
        );
        assert_eq!(
            patches(list, Some("arm wip")),
            Ok(vec!["patches.suse/a".to_owned(), "patches.suse/b".to_owned()])
        );
        assert_eq!(patches(b"+a -b c\n", Some("")), Err((1, "+a -b c".to_owned())));
        assert_eq!(patches(list, None), Err((3, "+wip patches.suse/b".to_owned())));
        assert_eq!(patches(b"patches.suse/a\n", None), Ok(vec!["patches.suse/a".to_owned()]));
    }
}

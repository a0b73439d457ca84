//! Finds what the user may have meant.

/// The name that is most like a word; none if none is like it. Of equally like ones it is the first.
pub fn closest<'a>(word: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    // Of short words hardly any letter may differ, or all were alike.
    let most_slips = match word.chars().count() {
        0..3 => 0,
        3..8 => 1,
        _ => 2,
    };
    let mut best: Option<(usize, &str)> = None;
    for name in names {
        // A `v` is often left out of a tag, and the remote of a branch.
        let is_cut = name.strip_prefix('v') == Some(word) || name.ends_with(&format!("/{word}"));
        let slips = if is_cut && !word.is_empty() { 0 } else { strsim::damerau_levenshtein(word, name) };
        if slips <= most_slips && best.is_none_or(|(fewest, _)| slips < fewest) {
            best = Some((slips, name));
        }
    }
    best.map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_and_left_out_parts_are_recognised() {
        let names = ["master", "v2.6.32", "v3.1", "origin/linux-3.1.y", "v2.6.33"];
        let found = |word| closest(word, names.into_iter());
        assert_eq!(found("2.6.32"), Some("v2.6.32"));
        assert_eq!(found("mastre"), Some("master"));
        assert_eq!(found("linux-3.1.y"), Some("origin/linux-3.1.y"));
        assert_eq!(found("v2.6.23"), Some("v2.6.32"));
        assert_eq!(found("nothing"), None);
        assert_eq!(closest("ab", ["ac"].into_iter()), None);
        assert_eq!(found(""), None);
    }
}

//! Numbers in words, for evidence that is told in sentences.

/// A share from 0 to 1: a few fractions by their names, all others in percent.
pub(super) fn share_in_words(share: f32) -> String {
    let named = [
        (0.2, "a fifth"),
        (0.25, "one quarter"),
        (0.5, "one half"),
        (0.75, "three quarters"),
        (0.8, "four fifths"),
    ];
    let name = named.iter().find(|(value, _)| *value == share);
    name.map_or_else(|| format!("{} %", decimal(share * 100.0)), |(_, name)| (*name).to_owned())
}

/// A number of lines.
pub(super) fn lines_in_words(lines: f32) -> String {
    match lines {
        1.0 => "one line".to_owned(),
        1.5 => "a line and a half".to_owned(),
        _ => format!("{} lines", count_in_words(lines)),
    }
}

/// A number: small whole ones by their names.
pub(super) fn count_in_words(count: f32) -> String {
    match count {
        1.0 => "one".to_owned(),
        2.0 => "two".to_owned(),
        3.0 => "three".to_owned(),
        4.0 => "four".to_owned(),
        _ => decimal(count),
    }
}

/// A number with one decimal at most.
fn decimal(number: f32) -> String {
    ((number * 10.0).round() / 10.0).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn simple_fractions_have_names() {
        assert_eq!([0.2, 0.25, 0.8].map(share_in_words), ["a fifth", "one quarter", "four fifths"]);
    }

    #[test]
    fn other_shares_are_told_in_percent() {
        assert_eq!([0.7, 0.85, 0.333, 1.0].map(share_in_words), ["70 %", "85 %", "33.3 %", "100 %"]);
    }

    #[test]
    fn amounts_are_told_as_people_say_them() {
        assert_eq!([1.0, 1.5, 2.0].map(lines_in_words), ["one line", "a line and a half", "two lines"]);
        assert_eq!([1.7, 12.0].map(lines_in_words), ["1.7 lines", "12 lines"]);
        assert_eq!([2.0, 2.5, 7.0].map(count_in_words), ["two", "2.5", "7"]);
    }
}

//! Reads the author of a mail's `From:`.

use std::str::Chars;

/// The author that a decoded `From:` names, without the quotes around parts of the name, as `git am` reads it.
///
/// As there, quotes mean something only where an address has an `@`; comments stay, with their parentheses.
pub(super) fn read_author(value: &str) -> String {
    if !value.contains('@') {
        return value.to_owned();
    }
    let mut author = String::with_capacity(value.len());
    let mut rest = value.chars();
    while let Some(character) = rest.next() {
        match character {
            '"' => read_quoted(&mut rest, &mut author),
            '(' => read_comment(&mut rest, &mut author),
            _ => author.push(character),
        }
    }
    author
}

/// Reads on to the closing quote.
fn read_quoted(rest: &mut Chars<'_>, author: &mut String) {
    while let Some(character) = rest.next() {
        match character {
            '"' => return,
            '\\' => author.extend(rest.next()),
            _ => author.push(character),
        }
    }
}

/// Reads on to the parenthesis that closes a comment. Comments may stand in comments.
fn read_comment(rest: &mut Chars<'_>, author: &mut String) {
    author.push('(');
    let mut depth = 1;
    while depth > 0
        && let Some(character) = rest.next()
    {
        match character {
            '\\' => {
                author.extend(rest.next());
                continue;
            }
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        author.push(character);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_are_taken_off_and_what_they_protect_stays() {
        for (value, author) in [
            ("A B <a@b>", "A B <a@b>"),
            ("\"B, A.\" <a@b>", "B, A. <a@b>"),
            ("\"A \\\"B\\\" \\\\ C\" <a@b>", "A \"B\" \\ C <a@b>"),
            ("A (B \"C\" (\\)D)) <a@b>", "A (B \"C\" ()D)) <a@b>"),
            ("\"open <a@b>", "open <a@b>"),
            ("\"A. B\" <unknown>", "\"A. B\" <unknown>"),
        ] {
            assert_eq!(read_author(value), author);
        }
    }
}

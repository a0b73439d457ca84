//! An author in the form that a mail carries through `git am`.

use std::fmt;

use super::mail_text::{encode, fold, fold_after, needs_encoding, one_line};

/// The longest name, in bytes, that git takes from a mail; in place of a longer one it takes the address.
const MOST_NAME_BYTES: usize = 60;

/// The longest address, in bytes, that mail knows (RFC 5321).
const MOST_ADDRESS_BYTES: usize = 254;

/// What has to be in quotes in the name of an address (RFC 5322).
const SPECIALS: [char; 13] = ['(', ')', '<', '>', '[', ']', ':', ';', '@', '\\', ',', '.', '"'];

/// What git strips from both ends of a name and an address.
const STRIPPED_BY_GIT: [char; 10] = [' ', '.', ',', ':', ';', '<', '>', '"', '\\', '\''];

/// An author as git has him after `git am`.
///
/// Git reads a mail's `From:` by rules of its own: it takes the address for the name where the name is missing, has an
/// `@` or is long, takes off parentheses around a name, and cuts an address at its first blank. So an author is brought
/// into a form that these rules leave alone, and where that costs something, [`MailAuthor::is_as_given`] says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct MailAuthor {
    /// The name; empty where there is none.
    pub name: String,
    /// The address; `unknown` where there is none, because git needs one.
    pub address: String,
    /// Whether this is the author that was given, but for white space and a missing address.
    pub is_as_given: bool,
}

impl MailAuthor {
    /// The author that is written as `Name <address>`.
    pub fn of(text: &str) -> MailAuthor {
        let (name, address) = text.rsplit_once('<').unwrap_or((text, ""));
        let given = (one_line(name), one_line(address.strip_suffix('>').unwrap_or(address)));
        let (name, address) = (mail_name(&given.0), mail_address(&given.1));
        let is_as_given = name == given.0 && (address == given.1 || given.1.is_empty());
        MailAuthor { name, address, is_as_given }
    }

    /// The `From:` line, without its newline.
    pub fn header(&self) -> String {
        const START: &str = "From: ";
        let address = match needs_encoding(&self.address) {
            true => format!("<{}>", encode(&self.address, 2)),
            false => format!("<{}>", self.address),
        };
        if self.name.is_empty() {
            return format!("{START}{address}");
        }
        // Git looks for quotes only where the address has an `@`, and does so in decoded text too.
        let has_quotes = self.address.contains('@');
        let quoted = || format!("\"{}\"", self.name.replace('\\', "\\\\").replace('"', "\\\""));
        let name = match needs_encoding(&self.name) {
            true if has_quotes && self.name.contains(['"', '\\']) => encode(&quoted(), START.len()),
            true => encode(&self.name, START.len()),
            false if !self.name.contains(SPECIALS) => self.name.clone(),
            false if has_quotes => quoted(),
            false => encode(&self.name, START.len()),
        };
        let start = match needs_encoding(&name) {
            true => format!("{START}{name}"),
            false => fold(&format!("{START}{name}")),
        };
        fold_after(&start, &address)
    }

    /// The name that git gives him: the address stands for a missing one.
    pub fn name_in_git(&self) -> &str {
        if self.name.is_empty() { &self.address } else { &self.name }
    }
}

impl fmt::Display for MailAuthor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let blank = if self.name.is_empty() { "" } else { " " };
        write!(f, "{}{blank}<{}>", self.name, self.address)
    }
}

fn mail_name(given: &str) -> String {
    let name = one_line(&given.replace(['<', '>'], " ").replace('@', " at "));
    let mut name = stripped(&name);
    if name.len() > MOST_NAME_BYTES {
        let cut = &name[..boundary(name, MOST_NAME_BYTES)];
        let is_between_words = name[cut.len()..].starts_with(' ');
        let end = if is_between_words { cut.len() } else { cut.rfind(' ').unwrap_or(cut.len()) };
        name = stripped(&name[..end]);
    }
    name.to_owned()
}

/// A name without what git takes off its ends.
fn stripped(name: &str) -> &str {
    let mut name = name;
    loop {
        let inner = name.trim_matches(STRIPPED_BY_GIT);
        let inner = inner.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')).unwrap_or(inner);
        if inner.len() == name.len() {
            return name;
        }
        name = inner;
    }
}

/// The longest part of a text, in bytes, that has no more than this many and ends with a whole character.
fn boundary(text: &str, most: usize) -> usize {
    (0..=most.min(text.len())).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0)
}

fn mail_address(given: &str) -> String {
    let mut address = one_line(&given.replace(['<', '>', '"', '\\'], " "));
    if address.contains('@') {
        address = address.replace(' ', "_");
    }
    let address = address.trim_matches(STRIPPED_BY_GIT);
    let address = address[..boundary(address, MOST_ADDRESS_BYTES)].trim_matches(STRIPPED_BY_GIT);
    if address.is_empty() { "unknown".into() } else { address.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(author: &str) -> String {
        MailAuthor::of(author).header()
    }

    fn given(author: &str) -> (String, bool) {
        let author = MailAuthor::of(author);
        (author.to_string(), author.is_as_given)
    }

    #[test]
    fn names_are_encoded_or_quoted() {
        assert_eq!(header("A B <a@b>"), "From: A B <a@b>");
        assert_eq!(header("J\u{fc}rgen A <a@b>"), "From: =?UTF-8?q?J=C3=BCrgen_A?= <a@b>");
        assert_eq!(header("A. \"B\" C <a@b>"), "From: \"A. \\\"B\\\" C\" <a@b>");
        assert_eq!(
            header("\u{c4}. \"B\" C <a@b>"),
            "From: =?UTF-8?q?=22=C3=84=2E_=5C=22B=5C=22_C=22?= <a@b>"
        );
        assert_eq!(header("A. B <unknown>"), "From: =?UTF-8?q?A=2E_B?= <unknown>");
    }

    #[test]
    fn address_stays_behind_a_name_of_several_encoded_words() {
        let author = "\u{410}\u{411}\u{412}\u{413}\u{414}\u{415} \u{416}\u{417}\u{418}\u{419}\u{41a}\u{41b} <a@b.example>";
        assert_eq!(
            header(author),
            "From: =?UTF-8?q?=D0=90=D0=91=D0=92=D0=93=D0=94=D0=95_=D0=96=D0=97=D0=98?=\n \
             =?UTF-8?q?=D0=99=D0=9A=D0=9B?= <a@b.example>"
        );
    }

    #[test]
    fn authors_without_name_or_address_become_something_that_git_accepts() {
        assert_eq!(header("<a@b>"), "From: <a@b>");
        assert_eq!(header("A B"), "From: A B <unknown>");
        assert_eq!(header(""), "From: <unknown>");
        assert_eq!(given("A <B> <a@b"), ("A B <a@b>".into(), false));
        assert!(MailAuthor::of("A  B").is_as_given && MailAuthor::of("<a@b>").is_as_given);
    }

    #[test]
    fn what_git_does_not_take_from_a_mail_is_brought_into_a_form_that_it_takes() {
        assert_eq!(given("A@B, Ltd. <a@b>"), ("A at B, Ltd <a@b>".into(), false));
        assert_eq!(given("(A B) <a b@c>"), ("A B <a_b@c>".into(), false));
        assert_eq!(given("A (B) <a at b>"), ("A (B) <a at b>".into(), true));
        let long = "Word ".repeat(40);
        let (author, is_as_given) = given(&format!("{long}<a@b>"));
        assert_eq!((author, is_as_given), (format!("{} <a@b>", "Word ".repeat(12).trim()), false));
        assert_eq!(MailAuthor::of(&"\u{4e16}".repeat(200)).name.len(), 60);
    }
}

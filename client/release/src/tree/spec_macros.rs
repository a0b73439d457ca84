//! The macros and conditions of a spec file, as far as they are certain without the machine that it is built on.

use std::cell::Cell;
use std::collections::HashMap;

/// What is known of a macro.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    /// Its body, not expanded.
    Text(String),
    /// That it is not defined.
    Undefined,
    /// Nothing: it is computed, takes arguments, or hangs on something uncertain.
    Unknown,
}

/// The macros that are known so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Macros {
    values: HashMap<String, Value>,
    /// Bytes that all expansions so far have read and written.
    expanded_bytes: Cell<usize>,
}

const OPENING: char = '{';
const CLOSING: char = '}';

/// Macros that expand to each other without end are cut off here.
const DEEPEST: usize = 32;

/// Bytes that all expansions of a spec file may read and write: some lines are enough to write a text of any length, where
/// each names the one before several times. The spec file of RHEL 6's kernel takes less than a hundredth.
const MOST_EXPANDED_BYTES: usize = 64 << 20;

impl Macros {
    /// Defines a macro.
    pub fn define(&mut self, name: &str, value: Value) {
        self.values.insert(name.to_owned(), value);
    }

    /// What is known of a macro. Options of the command line are taken as not given.
    pub fn value(&self, name: &str) -> Value {
        match self.values.get(name) {
            Some(value) => value.clone(),
            None if name.starts_with("_with_") || name.starts_with("_without_") => Value::Undefined,
            None => Value::Unknown,
        }
    }

    /// Expands a text; `None` where it holds something uncertain.
    pub fn expand(&self, text: &str) -> Option<String> {
        self.expand_at(text, 0)
    }

    fn expand_at(&self, text: &str, depth: usize) -> Option<String> {
        self.count(text.len() + 1)?;
        if depth > DEEPEST {
            return None;
        }
        let mut out = String::new();
        let mut rest = text;
        while let Some(at) = rest.find('%') {
            out.push_str(&rest[..at]);
            rest = &rest[at + 1..];
            match rest.chars().next() {
                Some('%') => {
                    out.push('%');
                    rest = &rest[1..];
                }
                Some(OPENING) => {
                    let end = closing_brace(rest)?;
                    out.push_str(&self.braced(&rest[1..end], depth)?);
                    rest = &rest[end + 1..];
                }
                Some('(' | '[') => return None,
                _ => {
                    let marks = rest.len() - rest.trim_start_matches(['!', '?']).len();
                    let end = rest[marks..]
                        .find(|character: char| !is_name_character(character))
                        .map_or(rest.len(), |end| marks + end);
                    if end == marks {
                        out.push('%');
                        continue;
                    }
                    out.push_str(&self.braced(&rest[..end], depth)?);
                    rest = &rest[end..];
                }
            }
        }
        out.push_str(rest);
        self.count(out.len())?;
        Some(out)
    }

    /// Counts bytes of an expansion; `None` where all are too many.
    fn count(&self, bytes: usize) -> Option<()> {
        self.expanded_bytes.set(self.expanded_bytes.get().saturating_add(bytes));
        (self.expanded_bytes.get() <= MOST_EXPANDED_BYTES).then_some(())
    }

    /// Expands what stands in braces: `name`, `?name`, `!?name:text`, `with name`.
    fn braced(&self, inside: &str, depth: usize) -> Option<String> {
        for (word, wanted) in [("with ", true), ("without ", false)] {
            if let Some(option) = inside.strip_prefix(word) {
                let is_given = self.is_defined(&format!("with_{}", option.trim()))?;
                return Some(if is_given == wanted { "1" } else { "0" }.to_owned());
            }
        }
        let body = inside.trim_start_matches(['!', '?']);
        let marks = &inside[..inside.len() - body.len()];
        let (name, alternative) = match body.split_once(':') {
            Some((name, text)) => (name, Some(text)),
            None => (body, None),
        };
        if name.is_empty() || !name.chars().all(is_name_character) {
            return None;
        }
        if marks.contains('?') {
            let is_chosen = self.is_defined(name)? != (marks.matches('!').count() % 2 == 1);
            return match (is_chosen, alternative) {
                (false, _) => Some(String::new()),
                (true, Some(text)) => self.expand_at(text, depth + 1),
                (true, None) if marks.contains('!') => Some(String::new()),
                (true, None) => self.named(name, depth),
            };
        }
        if alternative.is_some() {
            return None;
        }
        self.named(name, depth)
    }

    fn named(&self, name: &str, depth: usize) -> Option<String> {
        match self.value(name) {
            Value::Text(text) => self.expand_at(&text, depth + 1),
            Value::Undefined | Value::Unknown => None,
        }
    }

    fn is_defined(&self, name: &str) -> Option<bool> {
        match self.value(name) {
            Value::Text(_) => Some(true),
            Value::Undefined => Some(false),
            // Options of bcond that the spec does not declare are off.
            Value::Unknown => None,
        }
    }

    /// Whether the condition of an `%if` holds; `None` where that is uncertain.
    pub fn holds(&self, condition: &str) -> Option<bool> {
        let text = self.expand(condition)?;
        let tokens = tokens(&text)?;
        let mut reader = Reader { tokens: &tokens };
        let operand = reader.either()?;
        reader.tokens.is_empty().then(|| operand.is_true())
    }
}

/// Where the brace that opens a text is closed.
fn closing_brace(text: &str) -> Option<usize> {
    let mut depth = 0usize;
    for (at, character) in text.char_indices() {
        match character {
            OPENING => depth += 1,
            CLOSING => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

fn is_name_character(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Operand(Operand),
    Sign(&'static str),
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Operand {
    Number(i64),
    Text(String),
}

impl Operand {
    fn is_true(&self) -> bool {
        match self {
            Operand::Number(number) => *number != 0,
            Operand::Text(text) => !text.is_empty(),
        }
    }
}

/// The tokens of a condition; `None` for words without quotes and for other things that versions of rpm read in different ways.
fn tokens(text: &str) -> Option<Vec<Token>> {
    const SIGNS: [&str; 11] = ["&&", "||", "==", "!=", "<=", ">=", "<", ">", "!", "(", ")"];
    let mut tokens = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        if let Some(inside) = rest.strip_prefix('"') {
            let end = inside.find('"')?;
            tokens.push(Token::Operand(Operand::Text(inside[..end].to_owned())));
            rest = inside[end + 1..].trim_start();
            continue;
        }
        let digits = rest.len() - rest.trim_start_matches(|character: char| character.is_ascii_digit()).len();
        if digits > 0 {
            tokens.push(Token::Operand(Operand::Number(rest[..digits].parse().ok()?)));
            if rest[digits..].starts_with(is_name_character) {
                return None;
            }
            rest = rest[digits..].trim_start();
            continue;
        }
        let sign = SIGNS.iter().find(|sign| rest.starts_with(**sign))?;
        tokens.push(Token::Sign(sign));
        rest = rest[sign.len()..].trim_start();
    }
    Some(tokens)
}

/// Reads a condition, the operators that bind least first.
struct Reader<'a> {
    tokens: &'a [Token],
}

impl Reader<'_> {
    fn take(&mut self, sign: &str) -> bool {
        let is_next = matches!(self.tokens.first(), Some(Token::Sign(next)) if *next == sign);
        if is_next {
            self.tokens = &self.tokens[1..];
        }
        is_next
    }

    fn either(&mut self) -> Option<Operand> {
        let mut left = self.both()?;
        while self.take("||") {
            let right = self.both()?;
            left = truth(left.is_true() || right.is_true());
        }
        Some(left)
    }

    fn both(&mut self) -> Option<Operand> {
        let mut left = self.comparison()?;
        while self.take("&&") {
            let right = self.comparison()?;
            left = truth(left.is_true() && right.is_true());
        }
        Some(left)
    }

    fn comparison(&mut self) -> Option<Operand> {
        let left = self.operand()?;
        for sign in ["==", "!=", "<=", ">=", "<", ">"] {
            if !self.take(sign) {
                continue;
            }
            let right = self.operand()?;
            if std::mem::discriminant(&left) != std::mem::discriminant(&right) {
                return None;
            }
            return Some(truth(match sign {
                "==" => left == right,
                "!=" => left != right,
                "<=" => left <= right,
                ">=" => left >= right,
                "<" => left < right,
                _ => left > right,
            }));
        }
        Some(left)
    }

    fn operand(&mut self) -> Option<Operand> {
        if self.take("!") {
            let operand = self.operand()?;
            return Some(truth(!operand.is_true()));
        }
        if self.take("(") {
            let operand = self.either()?;
            return self.take(")").then_some(operand);
        }
        match self.tokens.split_first()? {
            (Token::Operand(operand), rest) => {
                self.tokens = rest;
                Some(operand.clone())
            }
            _ => None,
        }
    }
}

fn truth(is_true: bool) -> Operand {
    Operand::Number(is_true.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn macros() -> Macros {
        let mut macros = Macros::default();
        macros.define("version", Value::Text("2.6.27".to_owned()));
        macros.define("file", Value::Text("patch-%{version}.%{level}".to_owned()));
        macros.define("level", Value::Text("7".to_owned()));
        macros.define("released", Value::Text("0".to_owned()));
        macros.define("rhel", Value::Undefined);
        macros.define("endless", Value::Text("%{endless}".to_owned()));
        macros
    }

    #[test]
    fn macros_expand_where_they_are_certain() {
        for (text, expected) in [
            ("%{file}.bz2", Some("patch-2.6.27.7.bz2")),
            ("a%%b 5% c", Some("a%b 5% c")),
            ("%{?rhel:el}%{!?rhel:other}", Some("other")),
            ("%{?_with_vanilla: 1} %{?!_with_vanilla: 0}", Some("  0")),
            ("%{?dist}", None),
            ("%(uname -r)", None),
            ("%{unclosed", None),
            ("%{endless}", None),
        ] {
            assert_eq!(macros().expand(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn conditions_hold_or_not_or_are_uncertain() {
        for (condition, expected) in [
            ("!%{released}", Some(true)),
            ("0%{?rhel}", Some(false)),
            ("0%{?rhel} || %{level} >= 7", Some(true)),
            ("\"%{version}\" == \"2.6.27\" && (%{level} < 3)", Some(false)),
            ("0%{?fedora} > 12", None),
            ("%{level} ==", None),
            ("word", None),
        ] {
            assert_eq!(macros().holds(condition), expected, "{condition}");
        }
    }

    #[test]
    fn text_that_macros_make_endless_is_uncertain() {
        let mut macros = Macros::default();
        macros.define("line0", Value::Text("word ".repeat(200)));
        for number in 1..=20 {
            let before = format!("%{{line{}}}", number - 1);
            macros.define(&format!("line{number}"), Value::Text(before.repeat(10)));
        }
        assert_eq!(macros.expand("%{line2}").map(|text| text.len()), Some(100_000));
        assert_eq!(macros.expand("%{line20}"), None);
        assert!(macros.expanded_bytes.get() <= 2 * MOST_EXPANDED_BYTES);
    }
}

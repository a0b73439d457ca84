//! Which lines of a C text open and close the same thing: braces, parentheses, comments and conditional parts.

use bstr::ByteSlice;

/// What is opened and closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Brace,
    Parenthesis,
    Comment,
    /// From `#if` to the next `#else`, `#elif` or `#endif`.
    Condition,
}

/// Two lines, counted from 0, of which the later one closes what the earlier one opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pair {
    pub kind: Kind,
    pub open: End,
    pub close: End,
}

/// One end of a pair: the line, and which of its ends it is, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct End {
    pub line: usize,
    pub place: usize,
}

/// The pairs of a text whose ends are on different lines. What is opened or closed only once is in none.
///
/// Like every reader that does not preprocess, it takes both ways of a condition for code.
pub(super) fn pairs(text: &[u8]) -> Vec<Pair> {
    let mut reader = Reader::default();
    for line in text.lines_with_terminator() {
        reader.read_line(line);
    }
    reader.pairs
}

#[derive(Default)]
struct Reader {
    line: usize,
    /// How many ends the line has so far.
    places: usize,
    nested: Vec<(Kind, End)>,
    conditions: Vec<End>,
    comment: Option<End>,
    pairs: Vec<Pair>,
}

impl Reader {
    fn read_line(&mut self, line: &[u8]) {
        self.places = 0;
        if self.comment.is_none() && line.trim_start().starts_with(b"#") {
            self.read_condition(line.trim_start());
        }
        let mut at = 0;
        while at < line.len() {
            at += self.read_token(&line[at..]);
        }
        self.line += 1;
    }

    /// Reads what a text begins with; how many bytes it has.
    fn read_token(&mut self, text: &[u8]) -> usize {
        if self.comment.is_some() {
            let Some(end) = text.find(b"*/") else { return text.len() };
            let end_of_comment = self.end();
            let open = self.comment.take();
            self.close(Kind::Comment, open, end_of_comment);
            return end + 2;
        }
        match text {
            [b'/', b'/', ..] => text.len(),
            [b'/', b'*', ..] => {
                self.comment = Some(self.end());
                2
            }
            [quote @ (b'"' | b'\''), rest @ ..] => 1 + quoted_length(rest, *quote),
            [b'{' | b'(', ..] => {
                let opened = (kind_of(text[0]), self.end());
                self.nested.push(opened);
                1
            }
            [b'}' | b')', ..] => {
                let end = self.end();
                let kind = kind_of(text[0]);
                // A parenthesis that was never closed does not take the braces around it away.
                if kind == Kind::Brace {
                    while self.nested.last().is_some_and(|(open, _)| *open == Kind::Parenthesis) {
                        self.nested.pop();
                    }
                }
                let open = self.nested.pop_if(|(open, _)| *open == kind).map(|(_, open)| open);
                self.close(kind, open, end);
                1
            }
            _ => 1,
        }
    }

    fn read_condition(&mut self, line: &[u8]) {
        let word = line[1..].trim_start();
        if word.starts_with(b"if") {
            let open = self.end();
            self.conditions.push(open);
        } else if word.starts_with(b"el") {
            let end = self.end();
            let open = self.conditions.pop();
            self.close(Kind::Condition, open, end);
            let open = self.end();
            self.conditions.push(open);
        } else if word.starts_with(b"endif") {
            let end = self.end();
            let open = self.conditions.pop();
            self.close(Kind::Condition, open, end);
        }
    }

    fn end(&mut self) -> End {
        self.places += 1;
        End { line: self.line, place: self.places - 1 }
    }

    fn close(&mut self, kind: Kind, open: Option<End>, close: End) {
        self.pairs.extend(open.filter(|open| open.line != close.line).map(|open| Pair { kind, open, close }));
    }
}

fn kind_of(bracket: u8) -> Kind {
    if matches!(bracket, b'{' | b'}') { Kind::Brace } else { Kind::Parenthesis }
}

/// How long the rest of a string or character is, with the quote at its end; one that is not closed is only a quote.
fn quoted_length(rest: &[u8], quote: u8) -> usize {
    let mut at = 0;
    while let Some(byte) = rest.get(at) {
        match byte {
            b'\n' => return 0,
            b'\\' => at += 2,
            byte if *byte == quote => return at + 1,
            _ => at += 1,
        }
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<(Kind, usize, usize)> {
        pairs(text.as_bytes()).iter().map(|pair| (pair.kind, pair.open.line, pair.close.line)).collect()
    }

    #[test]
    fn pairs_are_found_through_strings_and_comments() {
        let text = "void f(int a,\n\tint b)\n{\n\t/* { */ puts(\"(\\\"{\"); c = '{'; // (\n\tif (a) {\n\t} else {\n\t}\n}\n";
        assert_eq!(
            lines(text),
            [(Kind::Parenthesis, 0, 1), (Kind::Brace, 4, 5), (Kind::Brace, 5, 6), (Kind::Brace, 2, 7)]
        );
    }

    #[test]
    fn comments_and_conditions_are_pairs_too() {
        let text = "/*\n * (a\n */\n#ifdef A\n# if B\n# endif\n#else\n#endif\n";
        assert_eq!(
            lines(text),
            [
                (Kind::Comment, 0, 2),
                (Kind::Condition, 4, 5),
                (Kind::Condition, 3, 6),
                (Kind::Condition, 6, 7)
            ]
        );
    }

    #[test]
    fn what_is_never_closed_takes_nothing_else_away() {
        assert_eq!(lines("{\nf(\n}\n}\n"), [(Kind::Brace, 0, 2)]);
        assert_eq!(lines("don't (\n)\n"), [(Kind::Parenthesis, 0, 1)]);
        assert_eq!(lines("\"\\"), []);
    }

    #[test]
    fn ends_of_a_line_are_told_apart() {
        let ends: Vec<_> =
            pairs(b"{\n} else {\n}\n").iter().map(|pair| (pair.open.place, pair.close.place)).collect();
        assert_eq!(ends, [(0, 0), (1, 0)]);
    }
}

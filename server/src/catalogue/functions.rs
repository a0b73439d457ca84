//! Which function each line of a file stands in.

use bstr::{BStr, ByteSlice};

use crate::hunks::comparison::function_of;

/// The functions of a text in their order, and the lines that they take.
///
/// A function begins with the line that git would take for a hunk's heading, and ends where the next one begins. Headings
/// that name no function, such as those of structures and macros, take lines without a name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Functions {
    /// First line, from 1, and name.
    starts: Vec<(u32, Option<String>)>,
}

impl Functions {
    /// Finds the functions of a text.
    pub fn of(text: &[u8]) -> Functions {
        let mut starts: Vec<(u32, Option<String>)> = Vec::new();
        for (number, line) in (1u32..).zip(text.lines()) {
            if !is_heading(line) {
                continue;
            }
            let name = function_of(line.as_bstr()).map(|name| name.to_str_lossy().into_owned());
            starts.push((number, name));
        }
        Functions { starts }
    }

    /// The function that a line stands in.
    pub fn name_at(&self, line: u32) -> Option<&str> {
        let begun = self.starts.partition_point(|(start, _)| *start <= line);
        self.starts[..begun].last().and_then(|(_, name)| name.as_deref())
    }

    /// Cuts lines where functions begin: first line, how many, the function, and whether the first line begins it.
    pub fn cut(&self, start: u32, lines: u32) -> Vec<FunctionLines<'_>> {
        let end = start + lines;
        let mut next = self.starts.partition_point(|(line, _)| *line <= start);
        let mut cut = Vec::new();
        let mut at = start;
        loop {
            let current = next.checked_sub(1).and_then(|place| self.starts.get(place));
            let until = self.starts.get(next).map_or(end, |(line, _)| (*line).min(end));
            let name = current.and_then(|(_, name)| name.as_deref());
            let defines = name.is_some() && current.is_some_and(|(line, _)| *line == at);
            match cut.last_mut() {
                Some(FunctionLines { name: None, lines, .. }) if name.is_none() => *lines += until - at,
                _ => cut.push(FunctionLines { start: at, lines: until - at, name, defines }),
            }
            if until == end {
                return cut;
            }
            at = until;
            next += 1;
        }
    }
}

/// Neighbouring lines of one function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FunctionLines<'a> {
    /// The first line's number, from 1.
    pub start: u32,
    /// How many lines.
    pub lines: u32,
    /// The function; none outside of functions.
    pub name: Option<&'a str>,
    /// Whether the first of them begins the function.
    pub defines: bool,
}

/// Whether git would take a line for a heading, but for labels and lines that only declare.
fn is_heading(line: &[u8]) -> bool {
    let begins = line.first().is_some_and(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'$'));
    let end = line.trim_ascii_end();
    begins && !end.ends_with(b":") && !end.ends_with(b";")
}

/// The name of the function whose heading a line is.
pub fn defined_by(line: &BStr) -> Option<&[u8]> {
    if is_heading(line) { function_of(line) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &[u8] =
        b"#include <a.h>\n\nstatic int one(int a)\n{\nout:\n\treturn a;\n}\n\nint two(void);\n\
        struct s {\n\tint x;\n};\n\nint two(void)\n{\n\treturn 2;\n}\n";

    fn cut(start: u32, lines: u32) -> Vec<(u32, u32, Option<&'static str>, bool)> {
        let functions = Functions::of(TEXT);
        let cut = functions.cut(start, lines);
        let name = |name: Option<&str>| match name {
            Some("one") => Some("one"),
            Some("two") => Some("two"),
            None => None,
            Some(other) => panic!("{other}"),
        };
        cut.iter().map(|lines| (lines.start, lines.lines, name(lines.name), lines.defines)).collect()
    }

    #[test]
    fn lines_are_cut_where_functions_begin() {
        let expected = [
            (1, 2, None, false),
            (3, 7, Some("one"), true),
            (10, 4, None, false),
            (14, 4, Some("two"), true),
        ];
        assert_eq!(cut(1, 17), expected);
        assert_eq!(cut(5, 2), [(5, 2, Some("one"), false)]);
        assert_eq!(cut(16, 1), [(16, 1, Some("two"), false)]);
    }

    #[test]
    fn cutting_loses_no_line() {
        for start in 1..=17 {
            assert_eq!(Functions::of(TEXT).name_at(start), cut(start, 1)[0].2);
            for lines in 1..=(18 - start) {
                let cut = cut(start, lines);
                assert_eq!(cut.iter().map(|(_, lines, _, _)| lines).sum::<u32>(), lines);
                assert!(cut.windows(2).all(|pair| pair[0].0 + pair[0].1 == pair[1].0));
            }
        }
    }
}

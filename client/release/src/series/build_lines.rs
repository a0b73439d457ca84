//! Finds the lines of the kernel's `Makefile`s and `Kconfig` files that are about one driver.

use std::collections::HashSet;
use std::ops::Range;

use bstr::{BString, ByteSlice};

/// The lines of a `Makefile` that build a target (`foo.o`, or `foo/`), counted from 1, each with the symbol that turns
/// it on (`FOO` of `obj-$(CONFIG_FOO) += foo.o`). Lines that are continued, or build something else too, are none.
pub(super) fn lines_that_build(text: &[u8], target: &[u8]) -> Vec<(u32, Option<BString>)> {
    let mut found = Vec::new();
    let mut is_continued = false;
    for (line, number) in text.lines().zip(1..) {
        let is_whole = !is_continued && !line.ends_with(b"\\");
        is_continued = line.ends_with(b"\\");
        let Some(equals) = line.find_byte(b'=').filter(|_| is_whole) else { continue };
        let (left, right) = (&line[..equals], &line[equals + 1..]);
        if right.trim() == target {
            found.push((number, symbol(left)));
        }
    }
    found
}

/// `FOO` of `obj-$(CONFIG_FOO) +`.
fn symbol(text: &[u8]) -> Option<BString> {
    let (_, rest) = text.split_once_str("$(CONFIG_")?;
    let (symbol, _) = rest.split_once_str(")")?;
    Some(symbol.into())
}

/// The blocks of a `Kconfig` file that define one of some symbols, as lines counted from 1. A block ends where another
/// begins, and at the first line that `is_own` does not count in.
pub(super) fn config_blocks(
    text: &[u8],
    symbols: &HashSet<BString>,
    is_own: impl Fn(u32) -> bool,
) -> Vec<Range<u32>> {
    let mut found = Vec::new();
    let mut open: Option<Range<u32>> = None;
    for (line, number) in text.lines().zip(1..) {
        if !is_own(number) || begins_block(line) {
            found.extend(open.take());
        }
        let is_wanted = || defined(line).is_some_and(|symbol| symbols.contains(symbol));
        match &mut open {
            Some(lines) => lines.end = number + 1,
            None if is_own(number) && is_wanted() => open = Some(number..number + 1),
            None => {}
        }
    }
    found.extend(open);
    found
}

fn begins_block(line: &[u8]) -> bool {
    const WORDS: [&[u8]; 11] = [
        b"config",
        b"menuconfig",
        b"choice",
        b"endchoice",
        b"menu",
        b"endmenu",
        b"source",
        b"if",
        b"endif",
        b"comment",
        b"mainmenu",
    ];
    let is_indented = matches!(line.first(), Some(b' ' | b'\t'));
    !is_indented && line.fields().next().is_some_and(|word| WORDS.contains(&word))
}

/// The symbol that a line begins to define.
fn defined(line: &[u8]) -> Option<&[u8]> {
    let mut words = line.fields();
    let is_definition = matches!(words.next(), Some(b"config" | b"menuconfig"));
    words.next().filter(|_| is_definition)
}

/// The lines of a `Kconfig` file that take in another one, counted from 1.
pub(super) fn source_lines(text: &[u8], path: &[u8]) -> Vec<u32> {
    let is_source = |line: &[u8]| {
        let mut words = line.fields();
        words.next() == Some(b"source")
            && words.next().is_some_and(|name| name.trim_with(|c| c == '"') == path)
    };
    text.lines().zip(1..).filter(|(line, _)| is_source(line)).map(|(_, number)| number).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KCONFIG: &[u8] = b"menu \"Network\"\n\nconfig OLD\n\tbool \"old\"\n\nconfig FOO\n\ttristate \"foo\"\n\tdepends on PCI\n\
        \thelp\n\t  config of foo.\n\nconfig FOO_DEBUG\n\tbool\n\nsource \"drivers/net/foo/Kconfig\"\nendmenu\n";

    #[test]
    fn lines_that_build_one_target_name_their_symbol() {
        let makefile = b"obj-y += core.o\nobj-$(CONFIG_FOO) += foo.o\nobj-$(CONFIG_BAR) += foo.o bar.o\n\
            foo-objs := a.o \\\n\tfoo.o\nobj-m\t+= foo/\n";
        assert_eq!(lines_that_build(makefile, b"foo.o"), [(2, Some("FOO".into()))]);
        assert_eq!(lines_that_build(makefile, b"foo/"), [(6, None)]);
    }

    #[test]
    fn block_ends_before_the_next_and_at_what_is_not_own() {
        let symbols = HashSet::from([BString::from("FOO")]);
        let blocks = |is_own: fn(u32) -> bool| -> Vec<(u32, u32)> {
            let found = config_blocks(KCONFIG, &symbols, is_own);
            found.into_iter().map(|lines| (lines.start, lines.end)).collect()
        };
        assert_eq!(blocks(|_| true), [(6, 12)]);
        assert_eq!(blocks(|line| line < 9), [(6, 9)]);
        assert_eq!(blocks(|line| line > 6), []);
    }

    #[test]
    fn sources_are_found_by_their_whole_path() {
        assert_eq!(source_lines(KCONFIG, b"drivers/net/foo/Kconfig"), [15]);
        assert!(source_lines(KCONFIG, b"net/foo/Kconfig").is_empty());
    }
}

//! What a builder of live patches has to know of a change: the functions that it touches, and what cannot be patched live.

use std::sync::LazyLock;

use bstr::{BStr, ByteSlice};
use regex::bytes::Regex;

use super::functions::defined_by;

/// What makes a change of a file hard or impossible to apply to a running kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LiveFlag {
    /// A function that runs while the kernel or module starts, and is gone afterwards.
    Init,
    /// A header: what includes it changes as well.
    Header,
    /// A structure, union or enumeration: data that exist have the old form.
    Structure,
    /// An exported symbol: other modules call it.
    Exported,
    /// Data that a live patch cannot initialise anew.
    StaticData,
    /// A file that `klp-build` refuses: `lib/`, `vdso`, `realmode/rm` or assembler.
    Refused,
}

impl LiveFlag {
    /// How it is called in every form of output.
    pub fn name(self) -> &'static str {
        match self {
            LiveFlag::Init => "init",
            LiveFlag::Header => "header",
            LiveFlag::Structure => "structure",
            LiveFlag::Exported => "exported",
            LiveFlag::StaticData => "static data",
            LiveFlag::Refused => "refused",
        }
    }
}

static STATIC_DATA: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\s*(?:static\s+)(?:const\s+)?(?:struct\s+|unsigned\s+|union\s+|enum\s+)*\w+[\s*]+\w+(?:\s*\[[^\]]*\])*\s*(?:=|;)")
        .expect("a valid pattern")
});
static EXPORT: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\bEXPORT_\w*SYMBOL\w*\s*\(\s*(\w+)").expect("a valid pattern"));
static STRUCTURE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(?:typedef\s+)?(?:struct|union|enum)(?:\s+\w+)?\s*(?:__\w+\s*)*\{")
        .expect("a valid pattern")
});

/// A changed line of a file.
#[derive(Clone, Copy, Debug)]
pub(super) struct ChangedLine<'a> {
    /// Its number after the change, from 1; of a removed line that of the line in its place.
    pub number_after: u32,
    /// Its function.
    pub function: Option<&'a str>,
    /// Its text.
    pub text: &'a BStr,
}

/// A file after a change, as far as it matters to live patches.
pub(super) struct LiveText<'a> {
    path: &'a [u8],
    lines: Vec<&'a [u8]>,
    /// The names of the symbols that it exports.
    exported: Vec<&'a [u8]>,
}

impl<'a> LiveText<'a> {
    /// Reads the text of a file after a change.
    pub fn of(path: &'a [u8], text: &'a [u8]) -> LiveText<'a> {
        let exported = EXPORT.captures_iter(text).filter_map(|found| Some(found.get(1)?.as_bytes()));
        LiveText { path, lines: text.lines().collect(), exported: exported.collect() }
    }

    /// What a change of some lines of the file means for live patching.
    pub fn flags(&self, changed: &[ChangedLine<'_>]) -> Vec<LiveFlag> {
        let mut functions: Vec<&str> = changed.iter().filter_map(|line| line.function).collect();
        functions.sort_unstable();
        functions.dedup();
        let is_exported = |name: &&str| self.exported.contains(&name.as_bytes());
        let in_init = functions.iter().any(|name| self.heads(name).any(is_init));
        let in_exported = functions.iter().any(is_exported);
        let has = |is_it: &dyn Fn(&ChangedLine<'_>) -> bool| changed.iter().any(is_it);
        let flags = [
            (LiveFlag::Init, in_init || has(&|line| is_init(line.text))),
            (LiveFlag::Header, self.path.ends_with(b".h")),
            (LiveFlag::Structure, has(&|line| is_in_structure(&self.lines, line.number_after))),
            (LiveFlag::Exported, in_exported || has(&|line| EXPORT.is_match(line.text))),
            (LiveFlag::StaticData, has(&|line| STATIC_DATA.is_match(line.text))),
            (LiveFlag::Refused, is_refused(self.path)),
        ];
        flags.into_iter().filter(|(_, is_set)| *is_set).map(|(flag, _)| flag).collect()
    }

    /// The lines that begin a function of a name.
    fn heads(&self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        let begins = move |line: &&'a [u8]| defined_by(line.as_bstr()) == Some(name.as_bytes());
        self.lines.iter().copied().filter(begins)
    }
}

fn is_init(line: &[u8]) -> bool {
    ["__init", "__exit", "__initdata", "__devinit"].iter().any(|word| line.contains_str(word))
}

/// Whether `klp-build` refuses a file.
fn is_refused(path: &[u8]) -> bool {
    path.starts_with(b"lib/")
        || path.contains_str("/vdso/")
        || path.contains_str("/realmode/rm/")
        || path.ends_with(b".S")
}

/// Whether a line stands in a structure that begins at the margin above it.
fn is_in_structure(lines: &[&[u8]], line: u32) -> bool {
    let last = (line as usize).min(lines.len());
    for text in lines[..last].iter().rev() {
        if STRUCTURE.is_match(text) {
            return true;
        }
        let begins_something =
            text.first().is_some_and(|byte| !byte.is_ascii_whitespace() && *byte != b'#' && *byte != b'/');
        if begins_something {
            return false;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flags(path: &str, text: &str, changed: &[u32]) -> Vec<&'static str> {
        let functions = super::super::functions::Functions::of(text.as_bytes());
        let all: Vec<&str> = text.lines().collect();
        let changed: Vec<ChangedLine<'_>> = changed
            .iter()
            .map(|line| ChangedLine {
                number_after: *line,
                function: functions.cut(*line, 1)[0].name,
                text: all[*line as usize - 1].into(),
            })
            .collect();
        LiveText::of(path.as_bytes(), text.as_bytes())
            .flags(&changed)
            .into_iter()
            .map(LiveFlag::name)
            .collect()
    }

    #[test]
    fn what_cannot_be_patched_live_is_flagged() {
        let text = "struct a {\n\tint x;\n};\nstatic int n = 1;\nstatic int __init start(void)\n{\n\treturn 0;\n}\n\
                    int get(void)\n{\n\treturn n;\n}\nEXPORT_SYMBOL_GPL(get);\nint plain(void)\n{\n\treturn 2;\n}\n";
        assert_eq!(flags("net/x.c", text, &[2]), ["structure"]);
        assert_eq!(flags("net/x.c", text, &[4]), ["static data"]);
        assert_eq!(flags("net/x.c", text, &[7]), ["init"]);
        assert_eq!(flags("net/x.c", text, &[11]), ["exported"]);
        assert_eq!(flags("net/x.c", text, &[16]), [] as [&str; 0]);
        assert_eq!(flags("lib/x.h", text, &[16]), ["header", "refused"]);
    }
}

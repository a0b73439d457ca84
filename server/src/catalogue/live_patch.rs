//! What a builder of live patches has to know of a change: the functions that it touches, and what cannot be patched live.

use std::sync::LazyLock;

use bstr::ByteSlice;
use regex::bytes::Regex;

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

/// What a change of a file means for live patching: `text` is the file after it, `changed` the numbers of changed lines, from
/// 1, with the names of their functions, and `lines` the changed lines themselves.
pub(super) fn live_flags(
    path: &[u8],
    text: &[u8],
    changed: &[(u32, Option<String>)],
    lines: &[Vec<u8>],
) -> Vec<LiveFlag> {
    let mut flags = Vec::new();
    let all: Vec<&[u8]> = text.lines().collect();
    let functions: Vec<&str> = {
        let mut functions: Vec<&str> = changed.iter().filter_map(|(_, name)| name.as_deref()).collect();
        functions.sort_unstable();
        functions.dedup();
        functions
    };
    let heads = |name: &str| {
        all.iter()
            .filter(|line| super::functions::defined_by(line.as_bstr()) == Some(name.as_bytes()))
            .copied()
            .collect::<Vec<_>>()
    };
    let is_init = |line: &&[u8]| {
        [&b"__init"[..], b"__exit", b"__initdata", b"__devinit"].iter().any(|word| line.contains_str(word))
    };
    if functions.iter().any(|name| heads(name).iter().any(is_init))
        || lines.iter().any(|line| is_init(&line.as_slice()))
    {
        flags.push(LiveFlag::Init);
    }
    if path.ends_with(b".h") {
        flags.push(LiveFlag::Header);
    }
    if changed.iter().any(|(line, _)| is_in_structure(&all, *line)) {
        flags.push(LiveFlag::Structure);
    }
    let exported: Vec<&[u8]> =
        EXPORT.captures_iter(text).filter_map(|found| Some(found.get(1)?.as_bytes())).collect();
    if lines.iter().any(|line| EXPORT.is_match(line))
        || functions.iter().any(|name| exported.contains(&name.as_bytes()))
    {
        flags.push(LiveFlag::Exported);
    }
    if lines.iter().any(|line| STATIC_DATA.is_match(line)) {
        flags.push(LiveFlag::StaticData);
    }
    let is_refused = path.starts_with(b"lib/")
        || path.contains_str("/vdso/")
        || path.contains_str("/realmode/rm/")
        || path.ends_with(b".S");
    if is_refused {
        flags.push(LiveFlag::Refused);
    }
    flags
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
        let named: Vec<(u32, Option<String>)> =
            changed.iter().map(|line| (*line, functions.cut(*line, 1)[0].name.map(str::to_owned))).collect();
        let lines: Vec<Vec<u8>> =
            changed.iter().map(|line| all[*line as usize - 1].as_bytes().to_vec()).collect();
        live_flags(path.as_bytes(), text.as_bytes(), &named, &lines).into_iter().map(LiveFlag::name).collect()
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

//! A file of an extracted patch, hunk by hunk.

use std::collections::BTreeSet;

use bstr::BString;
use hunktrace_indexer::git::line_diff::diff_lines;
use hunktrace_indexer::hunk::{Hunk, Sign};

use super::functions::Functions;
use super::live_patch::{ChangedLine, LiveFlag, LiveText};

/// A file of an extracted patch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtractedFile {
    /// Its path.
    pub path: BString,
    /// The functions that it changes.
    pub functions: Vec<String>,
    /// What it means for live patching.
    pub live_flags: Vec<LiveFlag>,
    /// The object that it is built into, where the makefiles of the release say so.
    pub object: Option<String>,
    /// The options without which it is not built, the innermost first.
    pub options: Vec<String>,
    /// Its hunks, in order.
    pub hunks: Vec<ExtractedHunk>,
    /// Added lines.
    pub added: u64,
    /// Removed lines.
    pub removed: u64,
}

/// A hunk of an extracted patch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtractedHunk {
    /// First line before, as in its header.
    pub old_start: u32,
    /// Lines before.
    pub old_lines: u32,
    /// First line after.
    pub new_start: u32,
    /// Lines after.
    pub new_lines: u32,
    /// The functions that it changes.
    pub functions: Vec<String>,
    /// What it means for live patching.
    pub live_flags: Vec<LiveFlag>,
}

impl ExtractedFile {
    /// The file of a patch that makes one text of another.
    pub(super) fn of(path: &[u8], old: &[u8], new: &[u8]) -> ExtractedFile {
        let (old_functions, new_functions) = (Functions::of(old), Functions::of(new));
        let text = LiveText::of(path, new);
        let mut file = ExtractedFile {
            path: path.into(),
            functions: Vec::new(),
            live_flags: Vec::new(),
            object: None,
            options: Vec::new(),
            hunks: Vec::new(),
            added: 0,
            removed: 0,
        };
        for hunk in diff_lines(old, new) {
            let changed = changed_lines(&hunk, &old_functions, &new_functions);
            file.added += hunk.lines().filter(|line| line.sign == Sign::Added).count() as u64;
            file.removed += hunk.lines().filter(|line| line.sign == Sign::Removed).count() as u64;
            file.hunks.push(ExtractedHunk {
                old_start: hunk.old_start,
                old_lines: hunk.old_lines,
                new_start: hunk.new_start,
                new_lines: hunk.new_lines,
                functions: each_once(changed.iter().filter_map(|line| line.function.map(str::to_owned))),
                live_flags: text.flags(&changed),
            });
        }
        file.functions = each_once(file.hunks.iter().flat_map(|hunk| hunk.functions.iter().cloned()));
        file.live_flags = each_once(file.hunks.iter().flat_map(|hunk| hunk.live_flags.iter().copied()));
        file
    }
}

/// The changed lines of a hunk, each in its function: a removed one in that of the text before.
fn changed_lines<'a>(hunk: &'a Hunk, old: &'a Functions, new: &'a Functions) -> Vec<ChangedLine<'a>> {
    let mut changed = Vec::new();
    let (mut old_line, mut new_line) = (hunk.old_start.max(1), hunk.new_start.max(1));
    for line in hunk.lines() {
        let (functions, number) = if line.sign == Sign::Removed { (old, old_line) } else { (new, new_line) };
        if line.sign.is_change() {
            let function = functions.cut(number, 1).first().and_then(|lines| lines.name);
            changed.push(ChangedLine { number_after: new_line, function, text: line.text });
        }
        old_line += u32::from(line.sign != Sign::Added);
        new_line += u32::from(line.sign != Sign::Removed);
    }
    changed
}

/// Each of some values once, in order.
fn each_once<T: Ord>(values: impl Iterator<Item = T>) -> Vec<T> {
    values.collect::<BTreeSet<T>>().into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_and_functions_are_those_of_each_hunk() {
        let between = "int n(void)\n{\n\treturn 0;\n}\n".repeat(3);
        let text = |first: u32, second: u32| {
            format!(
                "static int __init start(void)\n{{\n\treturn {first};\n}}\n{between}int get(void)\n{{\n\treturn {second};\n}}\n\
                 EXPORT_SYMBOL(get);\n"
            )
        };
        let file = ExtractedFile::of(b"net/x.c", text(1, 1).as_bytes(), text(2, 2).as_bytes());
        let told: Vec<(u32, &[String], &[LiveFlag])> = file
            .hunks
            .iter()
            .map(|hunk| (hunk.new_start, &hunk.functions[..], &hunk.live_flags[..]))
            .collect();
        assert_eq!(
            told,
            [
                (1, &["start".to_owned()][..], &[LiveFlag::Init][..]),
                (16, &["get".to_owned()][..], &[LiveFlag::Exported][..])
            ]
        );
        assert_eq!(file.functions, ["get", "start"]);
        assert_eq!(file.live_flags, [LiveFlag::Init, LiveFlag::Exported]);
        assert_eq!((file.added, file.removed), (2, 2));
    }
}

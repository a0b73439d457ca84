//! A list of the files that were compiled: one a line, or the files of an SPDX document that are sources.

use std::collections::BTreeSet;

use bstr::BString;
use serde_json::Value;

use crate::tree_question::BuiltFiles;

/// The files of an SPDX document: version 2 has `files` with `fileTypes`, version 3 a graph of elements with a purpose.
pub(super) fn of_spdx(document: &Value) -> Option<BuiltFiles> {
    let has = |value: &Value, word: &str| match value {
        Value::String(text) => text.eq_ignore_ascii_case(word),
        Value::Array(words) => {
            words.iter().filter_map(Value::as_str).any(|text| text.eq_ignore_ascii_case(word))
        }
        _ => false,
    };
    let files = document.get("files").and_then(Value::as_array);
    let second = files.into_iter().flatten().filter(|file| has(&file["fileTypes"], "SOURCE"));
    let second = second.filter_map(|file| file["fileName"].as_str());
    let graph = document.get("@graph").and_then(Value::as_array);
    let third = graph.into_iter().flatten().filter(|element| {
        has(&element["software_primaryPurpose"], "source")
            || has(&element["software_additionalPurpose"], "source")
    });
    let third = third.filter_map(|element| element["name"].as_str());
    of_names(second.chain(third))
}

/// The files of a list, one a line; of an object the source beside it is meant.
pub(super) fn of_lines(text: &str) -> Option<BuiltFiles> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let is_path = |line: &&str| !line.contains(char::is_whitespace) && line.contains(['/', '.']);
    let lines: Vec<&str> = lines.collect();
    lines.iter().all(is_path).then(|| of_names(lines.iter().copied()))?
}

fn of_names<'a>(names: impl Iterator<Item = &'a str>) -> Option<BuiltFiles> {
    let mut built: BTreeSet<BString> = BTreeSet::new();
    for name in names {
        let name = name.strip_prefix("./").unwrap_or(name);
        match name.strip_suffix(".o").or_else(|| name.strip_suffix(".ko")) {
            Some(stem) => built.extend([".c", ".S", ".rs"].map(|ending| format!("{stem}{ending}").into())),
            None => {
                built.insert(name.into());
            }
        }
    }
    (!built.is_empty()).then(|| BuiltFiles { built, not_built: BTreeSet::new(), is_whole: true })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(built: Option<BuiltFiles>) -> Vec<String> {
        built.map(|built| built.built.iter().map(ToString::to_string).collect()).unwrap_or_default()
    }

    #[test]
    fn lists_and_both_versions_of_spdx_name_sources() {
        assert_eq!(
            names(of_lines("# all\n./net/a.c\n\nfs/b.o\n")),
            ["fs/b.S", "fs/b.c", "fs/b.rs", "net/a.c"]
        );
        let second = serde_json::json!({"files": [
            {"fileName": "./net/a.c", "fileTypes": ["SOURCE"]}, {"fileName": "vmlinux", "fileTypes": ["BINARY"]},
        ]});
        assert_eq!(names(of_spdx(&second)), ["net/a.c"]);
        let third = serde_json::json!({"@graph": [
            {"type": "software_File", "name": "net/a.c", "software_primaryPurpose": "source"},
            {"type": "software_File", "name": "vmlinux", "software_primaryPurpose": "executable"},
        ]});
        assert_eq!(names(of_spdx(&third)), ["net/a.c"]);
    }

    #[test]
    fn what_is_no_list_is_none() {
        assert!(of_lines("this is text\n").is_none() && of_lines("").is_none());
        assert!(of_spdx(&serde_json::json!({"files": []})).is_none());
    }
}

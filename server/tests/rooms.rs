//! Holds the directions in which crates and rooms import each other.

use std::fs;
use std::path::{Path, PathBuf};

/// The rooms of the server, each with those that it may import.
const ROOMS: [(&str, &[&str]); 11] = [
    ("access", &[]),
    ("hunks", &[]),
    ("confidence", &["hunks"]),
    ("attribution", &["confidence", "hunks", "index"]),
    ("check", &["attribution", "index"]),
    ("audit", &["attribution", "check", "index"]),
    ("lookup", &["confidence", "hunks", "index"]),
    ("index", &[]),
    ("neighbours", &[]),
    ("transport", &[]),
    (
        "wire",
        &[
            "access",
            "attribution",
            "audit",
            "check",
            "confidence",
            "hunks",
            "index",
            "lookup",
            "neighbours",
            "transport",
        ],
    ),
];

/// A source file of the workspace.
struct Source {
    /// Its path below the workspace, with `/` between folders.
    path: String,
    text: String,
}

/// The sources below a folder of the workspace.
fn sources(folder: &str) -> Vec<Source> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace around the crate");
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> = vec![workspace.join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of sources") {
            let path = entry.expect("an entry of the folder").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let names = path.strip_prefix(workspace).expect("a path below the workspace").iter();
                let names: Vec<_> = names.map(|name| name.to_string_lossy()).collect();
                found.push(Source {
                    path: names.join("/"),
                    text: fs::read_to_string(&path).expect("a source in UTF-8"),
                });
            }
        }
    }
    assert!(!found.is_empty(), "{folder} has no sources");
    found
}

/// The paths of the sources that name `word`, as a whole word and not as a part of something else (`a::word`).
fn naming<'a>(sources: &'a [Source], word: &str) -> Vec<&'a str> {
    let is_inside =
        |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    let is_in_a_path = |byte: Option<&u8>| byte == Some(&b':');
    let names = |source: &&Source| {
        source.text.match_indices(word).any(|(at, _)| {
            let bytes = source.text.as_bytes();
            let before = at.checked_sub(1).and_then(|before| bytes.get(before));
            !is_inside(before) && !is_in_a_path(before) && !is_inside(bytes.get(at + word.len()))
        })
    };
    sources.iter().filter(names).map(|source| source.path.as_str()).collect()
}

/// The room that a source of the server belongs to: `hunks` for `server/src/hunks.rs` and all below `server/src/hunks`.
fn room(path: &str) -> &str {
    let below = path.strip_prefix("server/src/").unwrap_or(path);
    below.split_once('/').map_or_else(|| below.trim_end_matches(".rs"), |(room, _)| room)
}

#[test]
fn only_the_wire_names_the_contract() {
    let sources = sources("server/src");
    let naming = naming(&sources, "hunktrace_proto");
    assert!(!naming.is_empty(), "the wire names it");
    let others: Vec<&str> = naming.into_iter().filter(|path| room(path) != "wire").collect();
    assert_eq!(others, [""; 0], "only files in server/src/wire may name hunktrace_proto");
}

#[test]
fn indexer_knows_nothing_above_it() {
    let sources = sources("indexer/src");
    for above in
        ["hunktrace_server", "hunktrace_proto", "hunktrace_release", "hunktrace_web", "hunktrace_client"]
    {
        assert_eq!(naming(&sources, above), [""; 0], "files of the indexer that name {above}");
    }
}

#[test]
fn server_knows_no_client() {
    let sources = sources("server/src");
    for above in ["hunktrace_release", "hunktrace_web", "hunktrace_client"] {
        assert_eq!(naming(&sources, above), [""; 0], "files of the server that name {above}");
    }
}

#[test]
fn rooms_import_only_those_below_them() {
    let sources = sources("server/src");
    let is_grouped = |source: &&Source| source.text.contains("crate::{");
    let grouped: Vec<&str> = sources.iter().filter(is_grouped).map(|source| source.path.as_str()).collect();
    assert_eq!(grouped, [""; 0], "name the room behind `crate::`, so that this test sees it");
    for (importing, below) in ROOMS {
        let is_inside = |path: &&str| room(path) == importing;
        let rooms = ROOMS.iter().map(|(room, _)| *room);
        for imported in rooms.filter(|room| *room != importing && !below.contains(room)) {
            let naming = naming(&sources, &format!("crate::{imported}"));
            let wrong: Vec<&str> = naming.into_iter().filter(is_inside).collect();
            assert_eq!(wrong, [""; 0], "files of {importing} that import {imported}");
        }
    }
}

#[test]
fn words_are_found_whole() {
    let source =
        Source { path: "a.rs".to_owned(), text: "use crate::hunks_of; use crate::index::x;".to_owned() };
    assert_eq!(naming(std::slice::from_ref(&source), "crate::hunks"), [""; 0]);
    assert_eq!(naming(std::slice::from_ref(&source), "crate::index"), ["a.rs"]);
    assert_eq!(naming(std::slice::from_ref(&source), "index"), [""; 0], "it is a part of a path");
    assert_eq!(room("server/src/hunks.rs"), "hunks");
    assert_eq!(room("server/src/wire/answer.rs"), "wire");
}

//! `export`: the hunks of an index for tables, and a bare index that has none.

use hunktrace_proto::v1::ExportedCommits;
use hunktrace_tests::workplace::Workplace;
use prost::Message;

const PROGRAM: &str = env!("CARGO_BIN_EXE_hunktrace_under_test");

const PATCH: &str = "--- a/f\n+++ b/f\n@@ -1 +1 @@\n-old_line(of, it);\n+new_line(of, it);\n";

fn indexed() -> Workplace {
    let place = Workplace::new(PROGRAM);
    place.repository("upstream").import_history(30);
    place.index("index", "upstream");
    place
}

/// Exports the index, and reads what was written.
fn exported(place: &Workplace) -> Vec<ExportedCommits> {
    let run = place.command(&["export", "--index", "index", "--bare", "bare"]).output().expect("it runs");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let mut rest = &run.stdout[..];
    let mut messages = Vec::new();
    while let Some((length, body)) = rest.split_first_chunk::<4>() {
        let (message, others) = body.split_at(u32::from_le_bytes(*length) as usize);
        messages.push(ExportedCommits::decode(message).expect("a message"));
        rest = others;
    }
    messages
}

#[test]
fn all_commits_and_hunks_are_exported_in_columns_of_one_length() {
    let place = indexed();
    let status = place.status("index");
    let messages = exported(&place);
    let commits: Vec<_> = messages.iter().flat_map(|message| &message.commits).collect();
    assert_eq!(commits.len() as u64, status["commits"]);
    assert!(commits.iter().zip(0..).all(|(commit, place)| commit.ordinal == place));
    let hunks: usize = messages.iter().map(|message| message.hunks.len() / 8).sum();
    assert_eq!(hunks as u64, status["hunks"]);
    for message in &messages {
        let hunks = message.hunks.len() / 8;
        assert_eq!(message.line_counts.len(), 4 * hunks);
        for (offsets, values, width) in [
            (&message.term_offsets, &message.terms, 8),
            (&message.path_offsets, &message.paths, 8),
            (&message.record_offsets, &message.records, 1),
        ] {
            assert_eq!(offsets.len(), 4 * (hunks + 1));
            let last = offsets.last_chunk::<4>().map(|last| i32::from_le_bytes(*last) as usize * width);
            assert_eq!(last, Some(values.len()));
        }
    }
}

#[test]
fn bare_index_is_sound_and_answers_nothing_that_needs_hunks() {
    let place = indexed();
    exported(&place);
    let history = |index: &str| place.status(index)["history_digest"].clone();
    assert_eq!(history("bare"), history("index"));
    place.run(&["verify", "--index", "bare"]).succeeded();
    place.write("patch", PATCH);
    let said = place.run(&["lookup", "--index", "bare", "patch"]).failed(2);
    assert!(said.contains("this index is bare"), "{said}");
    let said = place.run(&["index", "--index", "bare", "--repo", "upstream"]).failed(2);
    assert!(said.contains("this index is bare"), "{said}");
    let said = place.run(&["export", "--index", "bare", "--bare", "other"]).failed(2);
    assert!(said.contains("this index is bare"), "{said}");
}

#[test]
fn what_is_there_is_not_overwritten() {
    let place = indexed();
    let said = place.run(&["export", "--index", "index", "--bare", "index"]).failed(2);
    assert!(said.contains("is not empty"), "{said}");
}

//! What became of commits in small trees: kinds that were once told otherwise than attribution tells them.

use std::sync::Arc;

use bstr::BString;
use hunktrace_indexer::cancellation::Cancellation;
use hunktrace_indexer::segment::stored_hunk::StoredHunk;

use super::*;
use crate::check::commit_state::StateKind;
use crate::check::hunk_state::HunkState;
use crate::check::tree_file::{SeenFile, TreeFile, Unread};
use crate::memory_index::{MemoryIndex, WrittenCommit, commit, hunk_at};

/// The file `fs/a.c` of both trees.
struct OneFile {
    base: Option<&'static str>,
    vendor: Option<&'static str>,
}

impl TreeFiles for OneFile {
    fn read(&mut self, paths: &[BString]) -> Result<Vec<TreeFile>, Unread> {
        let content = |path: &BString, text: Option<&str>| {
            text.filter(|_| path == "fs/a.c").map(|text| Arc::from(text.as_bytes()))
        };
        let file = |path: &BString| TreeFile {
            path: path.clone(),
            base: content(path, self.base),
            vendor: content(path, self.vendor),
            is_built: None,
        };
        Ok(paths.iter().map(file).collect())
    }

    fn look(&mut self, paths: &[BString]) -> Result<Vec<SeenFile>, Unread> {
        let is_there = |path: &BString| path == "fs/a.c" && self.vendor.is_some();
        let seen = |path| SeenFile { is_there: is_there(path), ..SeenFile::default() };
        Ok(paths.iter().map(seen).collect())
    }
}

/// What became of a commit of some, and of its hunks.
fn found(commits: Vec<WrittenCommit>, asked: u32, mut tree: OneFile) -> (CheckedCommit, Vec<HunkState>) {
    let index = MemoryIndex::of(commits);
    let cancellation = Cancellation::default();
    let question = TreeQuestion::without_base(&index, &cancellation);
    let checked = check_commits(&question, &[CommitOrdinal(asked)], &mut tree).expect("an answer");
    let [checked] = &checked[..] else { panic!("{checked:?}") };
    (checked.clone(), checked.hunks.iter().map(|hunk| hunk.state).collect())
}

fn change(body: &str) -> WrittenCommit {
    commit([hunk_at("fs/a.c", 1, body)])
}

const BASE: &str = "begin_of_all_ports();\nopen_the_old_port(dev, 0);\nend_of_all_ports();\n";

const ADAPTING: &str = " begin_of_all_ports();\n-open_the_old_port(dev, 0);\n\
    +open_the_new_port(dev, port->number_of_all_sets, GFP_KERNEL, WAIT_FOR_IT);\n end_of_all_ports();\n";

#[test]
fn hunk_that_the_vendor_has_adapted_is_there_and_not_beyond_doubt() {
    let vendor = "begin_of_all_ports();\n\
        open_the_new_port(dev, adapter->number_of_all_sets, GFP_KERNEL, WAIT_FOR_IT);\nend_of_all_ports();\n";
    let tree = OneFile { base: Some(BASE), vendor: Some(vendor) };
    let (checked, hunks) = found(vec![change(ADAPTING)], 0, tree);
    assert_eq!((checked.state, &hunks[..]), (CommitState::Complete, &[HunkState::There][..]));
    assert!(!checked.is_sure());
}

#[test]
fn hunk_that_still_applies_is_missing_however_like_it_other_lines_are() {
    let vendor = "begin_of_all_ports();\nopen_the_old_port(dev, 0);\nend_of_all_ports();\n\
        open_the_new_port(dev, adapter->number_of_all_sets, GFP_KERNEL, WAIT_FOR_IT);\n";
    let tree = OneFile { base: Some(BASE), vendor: Some(vendor) };
    let (checked, hunks) = found(vec![change(ADAPTING)], 0, tree);
    assert_eq!((checked.state, &hunks[..]), (CommitState::Absent, &[HunkState::LeftOut][..]));
}

#[test]
fn what_takes_away_lines_of_a_present_commit_is_there_though_the_base_has_nothing_of_its_place() {
    let bringing = change("+begin_of_all_ports();\n+open_the_old_port(dev, 0);\n+end_of_all_ports();\n");
    let taking = change(" begin_of_all_ports();\n-open_the_old_port(dev, 0);\n end_of_all_ports();\n");
    let tree = || OneFile {
        base: Some("another_file();\n"),
        vendor: Some("begin_of_all_ports();\nend_of_all_ports();\nanother_file();\n"),
    };
    let (checked, hunks) = found(vec![bringing, taking.clone()], 1, tree());
    assert_eq!((checked.state, &hunks[..]), (CommitState::Complete, &[HunkState::There][..]));
    let (checked, hunks) = found(vec![taking], 0, tree());
    assert_eq!((checked.state, &hunks[..]), (CommitState::Absent, &[HunkState::NothingToDo][..]));
}

#[test]
fn what_a_file_had_that_a_present_commit_takes_away_is_superseded() {
    let bringing = change(" begin_of_all_ports();\n+open_the_new_port(dev, 0);\n end_of_all_ports();\n");
    let whole = "-begin_of_all_ports();\n-open_the_old_port(dev, 0);\n-open_the_new_port(dev, 0);\n-end_of_all_ports();\n";
    let deleting = StoredHunk { new: None, ..hunk_at("fs/a.c", 1, whole) };
    let commits = || vec![bringing.clone(), commit([deleting.clone()])];
    let (checked, hunks) = found(commits(), 0, OneFile { base: Some(BASE), vendor: None });
    assert_eq!(checked.state, CommitState::Superseded(CommitOrdinal(1)));
    assert_eq!(hunks, [HunkState::Superseded]);
    let (checked, hunks) = found(vec![bringing.clone()], 0, OneFile { base: Some(BASE), vendor: None });
    assert_eq!((checked.state.kind(), &hunks[..]), (StateKind::Absent, &[HunkState::NoFile][..]));
}

#[test]
fn code_that_a_commit_moves_within_a_file_is_there_where_it_was_moved_to() {
    let lines = ["take_the_first_lock(port);", "open_the_first_gate(port);", "shut_the_first_gate(port);"];
    let text = |sign: &str| lines.map(|line| format!("{sign}{line}\n")).concat();
    let hunks = [
        hunk_at("fs/a.c", 1, &format!(" begin_of_all_ports();\n{} another_of_all_ports();\n", text("-"))),
        hunk_at("fs/a.c", 9, &format!(" end_of_all_ports();\n{} the_very_last_line();\n", text("+"))),
    ];
    let between = "one_more_line();\n".repeat(60);
    let of = |first: &str, last: &str| -> &'static str {
        let text = format!(
            "begin_of_all_ports();\n{first}another_of_all_ports();\n{between}end_of_all_ports();\n{last}the_very_last_line();\n"
        );
        text.leak()
    };
    let tree = OneFile { base: Some(of(&text(""), "")), vendor: Some(of("", &text(""))) };
    let (checked, states) = found(vec![commit(hunks)], 0, tree);
    assert_eq!((checked.state, &states[..]), (CommitState::Complete, &[HunkState::There; 2][..]));
}

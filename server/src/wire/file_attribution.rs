//! A file that was taken apart as messages: one, or several where it is large.

use hunktrace_indexer::graph::CommitGraph;
use hunktrace_indexer::hunk::Hunk;
use hunktrace_proto::v1;

use crate::attribution::attributed_release::OwnedRun;
use crate::attribution::release::ReleaseFile;
use crate::wire::answer::rounded;
use crate::wire::origin_name::OriginName;

/// Hunks and runs of one message, at most: these take about a mebibyte, so what waits for a slow client stays small.
pub(crate) const ITEMS_OF_A_MESSAGE: usize = 1 << 14;

/// Makes the messages of a file, of `most` hunks and runs each; `hunks` has the runs of its hunks.
///
/// # Errors
/// That of `send`.
pub(crate) fn for_each_message<E>(
    graph: &CommitGraph,
    file: &ReleaseFile,
    hunks: &[Vec<OwnedRun>],
    most: usize,
    mut send: impl FnMut(v1::FileAttribution) -> Result<(), E>,
) -> Result<(), E> {
    let mut message = v1::FileAttribution { path: file.path().to_vec(), ..Default::default() };
    let mut items = 0;
    for (hunk, runs) in file.hunks.iter().zip(hunks) {
        let mut rest = &runs[..];
        loop {
            let room = most.saturating_sub(items + 1).max(1);
            let (these, others) = rest.split_at(room.min(rest.len()));
            message.hunks.push(hunk_message(graph, hunk, these, !others.is_empty()));
            items += 1 + these.len();
            rest = others;
            if items >= most {
                let next = v1::FileAttribution { path: message.path.clone(), ..Default::default() };
                send(v1::FileAttribution { is_continued: true, ..std::mem::replace(&mut message, next) })?;
                items = 0;
            }
            if rest.is_empty() {
                break;
            }
        }
    }
    send(message)
}

fn hunk_message(
    graph: &CommitGraph,
    hunk: &Hunk,
    runs: &[OwnedRun],
    is_continued: bool,
) -> v1::HunkAttribution {
    let run = |run: &OwnedRun| v1::Run {
        side: v1::Side::from(run.side).into(),
        start: run.start,
        lines: run.lines,
        commit: run.owner.map(|owner| OriginName::of(graph, owner.commit).commit).unwrap_or_default(),
        confidence: run.owner.map_or(0.0, |owner| rounded(owner.confidence.0)),
        r#match: run.owner.map_or(v1::MatchKind::Unspecified, |owner| owner.kind.into()).into(),
    };
    v1::HunkAttribution {
        old_start: hunk.old_start,
        old_lines: hunk.old_lines,
        new_start: hunk.new_start,
        new_lines: hunk.new_lines,
        runs: runs.iter().map(run).collect(),
        is_continued,
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;
    use crate::attribution::side::Side;
    use crate::memory_index::MemoryIndex;

    /// The messages of a file whose hunks have so many runs.
    fn messages(runs: &[u32], most: usize) -> Vec<v1::FileAttribution> {
        let owned = |start: u32| OwnedRun { side: Side::Added, start, lines: 1, owner: None };
        let runs: Vec<Vec<OwnedRun>> = runs.iter().map(|count| (1..=*count).map(owned).collect()).collect();
        let hunk = |(number, runs): (u32, &Vec<OwnedRun>)| Hunk {
            new_start: number,
            new_lines: runs.len() as u32,
            ..Hunk::default()
        };
        let hunks = (1..).zip(&runs).map(hunk).collect();
        let file = ReleaseFile { new_path: Some("a.c".into()), hunks, ..ReleaseFile::default() };
        let index = MemoryIndex::of([]);
        let mut messages = Vec::new();
        let sent: Result<(), Infallible> = for_each_message(&index.graph, &file, &runs, most, |message| {
            messages.push(message);
            Ok(())
        });
        sent.expect("it is taken");
        messages
    }

    /// For each message its hunks with their runs and whether they go on.
    fn shape(messages: &[v1::FileAttribution]) -> Vec<Vec<(u32, usize, bool)>> {
        let hunk = |hunk: &v1::HunkAttribution| (hunk.new_start, hunk.runs.len(), hunk.is_continued);
        messages.iter().map(|message| message.hunks.iter().map(hunk).collect()).collect()
    }

    #[test]
    fn small_file_is_one_message() {
        let messages = messages(&[1, 2], 10);
        assert_eq!(shape(&messages), [[(1, 1, false), (2, 2, false)]]);
        assert!(!messages[0].is_continued);
    }

    #[test]
    fn large_file_is_several_messages_that_break_within_hunks() {
        let messages = messages(&[1, 7, 1], 4);
        let expected =
            [vec![(1, 1, false), (2, 1, true)], vec![(2, 3, true)], vec![(2, 3, false)], vec![(3, 1, false)]];
        assert_eq!(shape(&messages), expected);
        let goes_on: Vec<bool> = messages.iter().map(|message| message.is_continued).collect();
        assert_eq!(goes_on, [true, true, true, false]);
        assert!(messages.iter().all(|message| message.path == b"a.c"));
        let starts = messages.iter().flat_map(|message| &message.hunks).filter(|hunk| hunk.new_start == 2);
        let starts: Vec<u32> = starts.flat_map(|hunk| &hunk.runs).map(|run| run.start).collect();
        assert_eq!(starts, (1..=7).collect::<Vec<_>>());
    }
}

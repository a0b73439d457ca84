//! The steps over a whole release, and those over one long file, stop when they are asked to.

use std::sync::Arc;

use hunktrace_indexer::cancellation::{Cancellation, Cancelled};
use hunktrace_indexer::fingerprint::LineHasher;
use hunktrace_indexer::graph::CommitSet;

use super::assigned_lines::{KnownOwners, assign_lines};
use super::assignment::assign;
use super::line_candidates::{Anchors, Dismissed, candidates_by, hunk_claims};
use super::moved_lines::moved_lines;
use super::outcome::Outcome;
use super::owned_lines::{OwnedFile, changed_lines, give_back_excess, owned};
use super::shared_hunks::counted_once;
use super::side_lines::side_lines_unless;
use super::test_release::{TestHistory, release_files};
use super::told_files::{KnownTold, told_files};

/// What becomes of each step, in their order.
fn steps(cancellation: &Cancellation) -> [Result<(), Cancelled>; 5] {
    let mut history = TestHistory::default();
    let lines: &[&str] = &["+open_the_first_gate;", "+open_the_other_gate;"];
    history.commit(&[("gate.c", lines)]);
    let (files, release) = (history.candidates(&[("gate.c", lines)]), release_files(&[("gate.c", lines)]));
    let (presences, explained) = history.presences(&files);
    let mut owners = [Arc::new(history.owners(lines))];
    let told = told_files(&release, &files, &owners, &mut [KnownTold::default()], &Cancellation::default());
    let told: Vec<_> = told.expect("it is not stopped").into_iter().map(|(file, _)| file).collect();
    let (graph, told) = (&history.index().graph, &told[..]);
    let outcome =
        Outcome { graph, files: &files, presences: &presences, explained: &explained, told, cancellation };
    let (changed, owned) = (changed_lines(&files[0]), owned(&files[0], &owners[0]));
    let owned = [OwnedFile { file: &files[0], changed: &changed, owned: &owned }];
    [
        counted_once(&files, &[None], &[], cancellation).map(drop),
        assign_lines(&files, &presences, &explained, &mut [KnownOwners::default()], cancellation).map(drop),
        give_back_excess(&owned, &mut owners, &presences, cancellation),
        told_files(&release, &files, &owners, &mut [KnownTold::default()], cancellation).map(drop),
        outcome.commits(&CommitSet::default()).map(drop),
    ]
}

#[test]
fn steps_over_a_whole_release_stop_on_request() {
    let stopped = Cancellation::default();
    assert_eq!(steps(&stopped), [Ok(()); 5]);
    stopped.cancel();
    assert_eq!(steps(&stopped), [Err(Cancelled::Requested); 5]);
}

/// Lines of a file that is long by itself.
const MANY_LINES: usize = 20_000;

/// How many lines of a long file each step comes to: reading them, looking for those that are moved, for the candidates of
/// each, and for its owner.
fn lines_done(cancellation: &Cancellation) -> [usize; 4] {
    let added: Vec<String> = (0..MANY_LINES).map(|number| format!("+open_gate_number_{number}();")).collect();
    let added: Vec<&str> = added.iter().map(String::as_str).collect();
    let removed: Vec<String> = added.iter().map(|line| line.replacen('+', "-", 1)).collect();
    let removed: Vec<&str> = removed.iter().map(String::as_str).collect();
    let mut history = TestHistory::default();
    history.commit(&[("gate.c", &added)]);
    history.commit(&[("gate.c", &removed), ("gate.c", &added)]);
    let files = history.candidates(&[("gate.c", &added)]);
    let (presences, explained) = history.presences(&files);
    let release = release_files(&[("gate.c", &added)]);

    let read = side_lines_unless(&release[0].hunks, &mut LineHasher::default(), cancellation);
    let moved = moved_lines(&files[0].hunks, cancellation);
    let claims = hunk_claims(&files[0], &explained[0], &presences, &Dismissed::default());
    let candidates = candidates_by(&files[0], &claims, cancellation);
    let with_candidates = (0..MANY_LINES).filter(|line| !candidates.added[*line].is_empty()).count();
    let candidates = candidates_by(&files[0], &claims, &Cancellation::default());
    let owners = assign(&files[0], &candidates, &Anchors::default(), cancellation);
    [read.added.len(), moved.len(), with_candidates, owners.added.iter().flatten().count()]
}

#[test]
fn steps_over_one_long_file_stop_on_request() {
    let stopped = Cancellation::default();
    assert_eq!(lines_done(&stopped), [MANY_LINES; 4]);
    stopped.cancel();
    let done = lines_done(&stopped);
    assert!(done.iter().all(|lines| *lines < MANY_LINES / 2), "{done:?}");
}

//! The steps over a whole release stop when they are asked to.

use std::sync::Arc;

use hunktrace_indexer::cancellation::{Cancellation, Cancelled};
use hunktrace_indexer::graph::CommitSet;

use super::assigned_lines::{KnownOwners, assign_lines};
use super::outcome::Outcome;
use super::owned_lines::{OwnedFile, changed_lines, give_back_excess, owned};
use super::shared_hunks::counted_once;
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

//! Lookups in hand-written histories: how candidates are ranked, and what makes them sure.

use hunktrace_indexer::graph::{CommitOrdinal, CommitSet};
use hunktrace_indexer::index::folder::IndexError;
use hunktrace_indexer::segment::stored_hunk::StoredHunk;

use crate::confidence::evidence::EvidenceKind;
use crate::hunks::comparison::MatchKind;
use crate::hunks::query::QueryHunk;
use crate::lookup::candidate::Candidate;
use crate::lookup::prepared_cache::PreparedCache;
use crate::lookup::{Lookup, LookupOptions, PatchAnswer};
use crate::memory_index::{MemoryIndex, WrittenCommit, carrier, commit, commit_set, hunk_at};
use crate::stopping_index::StoppingIndex;

const START: &str =
    " \tint ret;\n-\tret = start(device);\n+\tret = start(device, mode);\n+\tif (ret)\n \t\treturn ret;\n";
const DRAIN: &str = " \tlock(queue);\n-\tflush_all(queue, NULL);\n+\tif (queue->pending > 0)\n+\t\tdrain_pending(queue);\n \tunlock(queue);\n";

fn start() -> StoredHunk {
    hunk_at("drivers/engine.c", 10, START)
}

fn drain() -> StoredHunk {
    hunk_at("drivers/engine.c", 90, DRAIN)
}

/// Another change in a file of its own.
fn elsewhere(number: u32) -> StoredHunk {
    hunk_at(&format!("net/part{number}.c"), 3, &format!("-\told_{number}();\n+\tnew_{number}(now);\n"))
}

fn answer_without(index: &MemoryIndex, asked: &[StoredHunk], excluded: Option<&CommitSet>) -> PatchAnswer {
    let queries: Vec<QueryHunk> =
        asked.iter().map(|stored| QueryHunk { stored: stored.clone(), line: 1 }).collect();
    let cache = PreparedCache::default();
    let options = LookupOptions { excluded, max_candidates: 20 };
    Lookup::new(&index.graph, index, &cache).patch(&queries, &options).unwrap()
}

fn answer(index: &MemoryIndex, asked: &[StoredHunk]) -> PatchAnswer {
    answer_without(index, asked, None)
}

fn origins(candidates: &[Candidate]) -> Vec<u32> {
    candidates.iter().map(|candidate| candidate.origin.0).collect()
}

/// How much there is of a kind of evidence.
fn value(candidate: &Candidate, kind: EvidenceKind) -> f32 {
    let evidence = candidate.evidence.iter().find(|evidence| evidence.kind == kind);
    evidence.map(|evidence| evidence.value).unwrap_or_else(|| panic!("no {kind:?}"))
}

#[test]
fn hunk_goes_to_the_commit_that_has_all_its_lines() {
    let adapted = hunk_at("drivers/engine.c", 10, &START.replace("device, mode", "device, MODE_FAST"));
    let index = MemoryIndex::of([commit([adapted]), commit([start()]), commit([elsewhere(1)])]);
    let answer = answer(&index, &[start()]);
    assert_eq!(origins(&answer.hunks[0]), [1, 0]);
    let [best, second] = &answer.hunks[0][..] else { panic!("two candidates") };
    assert_eq!((best.kind, best.similarity), (MatchKind::Exact, 1.0));
    assert_eq!(second.kind, MatchKind::Fuzzy);
    assert!(best.confidence.0 > 0.5 && second.confidence.0 < 0.5, "{best:?} {second:?}");
    assert!(value(best, EvidenceKind::Lead) > 0.0 && value(second, EvidenceKind::Behind) < 0.0);
}

#[test]
fn no_more_candidates_are_answered_than_are_wanted() {
    let other = hunk_at("drivers/engine.c", 10, &START.replace("device, mode", "device, MODE_FAST"));
    let index = MemoryIndex::of([commit([other]), commit([start()])]);
    let cache = PreparedCache::default();
    let options = LookupOptions { excluded: None, max_candidates: 1 };
    let query = QueryHunk { stored: start(), line: 1 };
    let answer = Lookup::new(&index.graph, &index, &cache).patch(&[query], &options).unwrap();
    assert_eq!((origins(&answer.hunks[0]), origins(&answer.candidates)), (vec![1], vec![1]));
}

#[test]
fn of_commits_that_make_the_same_change_the_oldest_is_answered() {
    let at = |date: i64| WrittenCommit { committed_at: date, ..commit([start()]) };
    let index = MemoryIndex::of([at(20), at(10), at(30)]);
    let answer = answer(&index, &[start()]);
    assert_eq!((origins(&answer.hunks[0]), origins(&answer.candidates)), (vec![1], vec![1]));
    assert_eq!(value(&answer.hunks[0][0], EvidenceKind::Lead), 1.0, "equivalents are no rivals");
}

#[test]
fn what_agrees_with_a_carrier_counts_for_its_origin() {
    let mainline = hunk_at("drivers/engine.c", 40, &START.replace("int ret", "int error"));
    let index = MemoryIndex::of([commit([mainline]), carrier(CommitOrdinal(0), [start()])]);
    let answer = answer(&index, &[start()]);
    let [only] = &answer.hunks[0][..] else { panic!("one candidate") };
    assert_eq!((only.origin, only.best.0), (CommitOrdinal(0), CommitOrdinal(1)));
    assert_eq!(only.kind, MatchKind::Exact);
}

#[test]
fn what_the_base_contains_is_no_candidate() {
    let index = MemoryIndex::of([commit([start()]), commit([start(), elsewhere(1)])]);
    let base = commit_set([CommitOrdinal(0)]);
    let answer = answer_without(&index, &[start()], Some(&base));
    assert_eq!((origins(&answer.hunks[0]), origins(&answer.candidates)), (vec![1], vec![1]));
}

#[test]
fn rival_for_the_same_lines_makes_an_answer_less_sure() {
    let nearly = || commit([hunk_at("drivers/engine.c", 10, &START.replace("if (ret)", "if (ret < 0)"))]);
    let alone = MemoryIndex::of([commit([start()]), commit([elsewhere(1)])]);
    let contested = MemoryIndex::of([commit([start()]), nearly()]);
    let best = |index: &MemoryIndex| answer(index, &[start()]).hunks[0][0].clone();
    let (alone, contested) = (best(&alone), best(&contested));
    assert_eq!((alone.origin, contested.origin), (CommitOrdinal(0), CommitOrdinal(0)));
    assert_eq!(value(&alone, EvidenceKind::Lead), 1.0);
    assert!(value(&contested, EvidenceKind::Lead) < 0.5, "{contested:?}");
    assert!(contested.confidence.0 < alone.confidence.0);
}

#[test]
fn hunks_of_a_patch_speak_for_each_other() {
    // The older commit has only one of the two hunks.
    let index = MemoryIndex::of([commit([start()]), commit([start(), drain()])]);
    assert_eq!(origins(&answer(&index, &[start()]).hunks[0]), [0, 1]);
    let answer = answer(&index, &[start(), drain()]);
    assert_eq!(origins(&answer.hunks[0]), [1, 0]);
    assert_eq!(answer.candidates[0].origin, CommitOrdinal(1));
    assert_eq!(answer.candidates[0].kind, MatchKind::Exact);
    let small = &answer.candidates[1];
    assert_eq!(small.kind, MatchKind::Partial, "it has a part of the patch");
    assert!(small.similarity < 1.0 && small.confidence.0 < answer.candidates[0].confidence.0);
}

#[test]
fn each_commit_of_a_squashed_patch_answers_for_its_part() {
    let index = MemoryIndex::of([commit([start()]), commit([drain()]), commit([elsewhere(1)])]);
    let answer = answer(&index, &[start(), drain()]);
    assert_eq!((answer.hunks[0][0].origin.0, answer.hunks[1][0].origin.0), (0, 1));
    let mut found = origins(&answer.candidates);
    found.sort_unstable();
    assert_eq!(found, [0, 1]);
    for candidate in &answer.candidates {
        assert_eq!(candidate.kind, MatchKind::Partial);
        assert!((value(candidate, EvidenceKind::Part) - 0.5).abs() < 0.2, "{candidate:?}");
        assert_eq!(value(candidate, EvidenceKind::Lead), 1.0, "the other one explains other lines");
        assert_eq!(value(candidate, EvidenceKind::HunksPresent), 1.0);
    }
}

#[test]
fn commit_that_is_wholly_in_a_patch_comes_before_a_larger_one() {
    let large: Vec<StoredHunk> = std::iter::once(start()).chain((1..9).map(elsewhere)).collect();
    let index = MemoryIndex::of([commit(large), commit([start()])]);
    let answer = answer(&index, &[start()]);
    assert_eq!(origins(&answer.candidates), [1, 0]);
    let present = |place: usize| value(&answer.candidates[place], EvidenceKind::HunksPresent);
    assert_eq!((present(0), present(1)), (1.0, 1.0 / 9.0));
}

#[test]
fn hunk_that_retrieval_has_missed_is_found_among_the_commits_own() {
    // More earlier commits than are compared make the second change as well, each beside another one.
    let others = (0..15).map(|number| commit([drain(), elsewhere(number)]));
    let index = MemoryIndex::of(others.chain([commit([start(), drain()])]));
    let origin = CommitOrdinal(15);
    assert!(!origins(&answer(&index, &[drain()]).hunks[0]).contains(&origin.0));
    let answer = answer(&index, &[start(), drain()]);
    assert_eq!(answer.hunks[1][0].origin, origin);
    assert_eq!(answer.hunks[1][0].kind, MatchKind::Exact);
    assert_eq!(answer.candidates[0].origin, origin);
    assert_eq!(value(&answer.candidates[0], EvidenceKind::Part), 1.0);
}

#[test]
fn hunk_of_a_file_that_history_does_not_know_is_told() {
    let index = MemoryIndex::of([commit([start()]), commit([drain()])]);
    let moved = hunk_at("vendor/engine.c", 10, START);
    let answer = answer(&index, &[moved]);
    let best = &answer.hunks[0][0];
    assert_eq!((best.origin, best.kind), (CommitOrdinal(0), MatchKind::Normalized));
    assert_eq!(value(best, EvidenceKind::UnknownPath), 1.0);
    assert_eq!(value(best, EvidenceKind::SamePath), 0.0);
}

#[test]
fn candidates_that_are_far_behind_are_not_read_beside_the_hunk() {
    let variant = |number: u32| START.replace("device, mode", &format!("device, mode{number}"));
    let variants = (1..6).map(|number| commit([hunk_at("drivers/engine.c", 10, &variant(number))]));
    let index = MemoryIndex::of(std::iter::once(commit([start()])).chain(variants));
    let candidates = &answer(&index, &[start()]).hunks[0];
    assert_eq!(candidates[0].origin, CommitOrdinal(0));
    let odd_words = |rank: usize| value(&candidates[rank], EvidenceKind::OddWords);
    assert_eq!(odd_words(0), 0.0);
    let read = (1..6).filter(|rank| odd_words(*rank) < 1.0).count();
    assert_eq!(read, 2, "one word differs of those that are read; what was not read is not explained");
}

#[test]
fn patch_without_hunks_has_no_candidates() {
    let answer = answer(&MemoryIndex::of([commit([start()])]), &[]);
    assert!(answer.hunks.is_empty() && answer.candidates.is_empty());
}

#[test]
fn edit_in_a_line_that_reads_otherwise_is_found_in_the_history_of_its_file() {
    let edit = |old: &str, new: &str| {
        hunk_at("fs/zone.c", 20, &format!(" \tlast = z->last;\n-\treturn {old};\n+\treturn {new};\n }}\n"))
    };
    let rewritten = edit("z->proof_ok", "HAS_BIT(z->proof_bits, ZONE_PROOF)");
    let fix = edit("HAS_BIT(z->proof_bits, ZONE_PROOF)", "HAS_BIT(parent->proof_bits, ZONE_PROOF)");
    let index = MemoryIndex::of([commit([rewritten]), commit([fix]), commit([elsewhere(1)])]);
    let asked = edit("zone_state(z)->proof", "zone_state(parent)->proof");
    let answer = answer(&index, &[asked]);
    assert_eq!(answer.candidates[0].origin, CommitOrdinal(1));
    assert_eq!(value(&answer.candidates[0], EvidenceKind::SameEdit), 1.0);
}

#[test]
fn hunk_that_nobody_has_goes_to_the_commit_of_the_others() {
    let own: Vec<StoredHunk> = std::iter::once(start()).chain((1..6).map(elsewhere)).collect();
    let index = MemoryIndex::of([commit(own.clone()), commit([drain()])]);
    let text = hunk_at("Documentation/engine.rst", 3, "+Engines may be started in a mode.\n");
    let asked: Vec<StoredHunk> = own.into_iter().chain([text]).collect();
    let candidate = &answer(&index, &asked).hunks[6][0];
    assert_eq!((candidate.origin, candidate.similarity), (CommitOrdinal(0), 0.0));
    assert!(value(candidate, EvidenceKind::RestCarried) > 0.9, "{candidate:?}");
    assert!(value(candidate, EvidenceKind::ManyCarried) > 0.5, "{candidate:?}");
}

#[test]
fn one_hunk_of_history_may_be_two_in_a_patch() {
    let both = hunk_at("drivers/engine.c", 10, &format!("{START} \tmiddle();\n{DRAIN}"));
    let index = MemoryIndex::of([commit([both]), commit([elsewhere(1)])]);
    let alone = answer(&index, &[start()]);
    let together = answer(&index, &[start(), drain()]);
    let mutual = |answer: &PatchAnswer| value(&answer.hunks[0][0], EvidenceKind::Mutual);
    // In so small an index a candidate's own line counts more than any that agrees.
    assert!(mutual(&together) > 1.5 * mutual(&alone), "{} {}", mutual(&alone), mutual(&together));
}

#[test]
fn candidates_come_in_the_order_of_their_confidence() {
    let variants = (0..8).map(|number| {
        let body = START.replace("device, mode", &format!("device, mode{}", number % 4));
        commit([hunk_at("drivers/engine.c", 10 + 40 * number, &body), elsewhere(number)])
    });
    let index = MemoryIndex::of(variants);
    let answer = answer(&index, &[hunk_at("drivers/engine.c", 10, &START.replace("mode", "mode2")), drain()]);
    for candidates in answer.hunks.iter().chain([&answer.candidates]) {
        let per_cent = |candidate: &Candidate| (candidate.confidence.0 * 100.0) as u32;
        assert!(candidates.iter().map(per_cent).rev().is_sorted(), "{candidates:?}");
    }
}

#[test]
fn predecessor_in_the_same_hunk_does_not_hide_the_follow_up() {
    let first = "+u64 limit_end(struct limit *l)\n+{\n+\treturn later(l->begin, l->interval);\n+}\n";
    let second = "+u64 limit_left(struct limit *l)\n+{\n+\treturn limit_end(l) - clock_now();\n+}\n";
    let after = first.replace('+', " ");
    let index = MemoryIndex::of([
        commit([hunk_at("lib/limit.c", 40, first), elsewhere(1), elsewhere(2)]),
        commit([hunk_at("lib/limit.c", 44, &format!("{after}{second}"))]),
        commit([start()]),
    ]);
    let answer = answer(&index, &[hunk_at("lib/limit.c", 40, &format!("{first}{second}"))]);
    let follow_up = answer.hunks[0].iter().find(|candidate| candidate.origin == CommitOrdinal(1)).unwrap();
    assert_eq!(value(follow_up, EvidenceKind::Context), 1.0);
    assert_eq!((value(follow_up, EvidenceKind::Text), value(follow_up, EvidenceKind::Kept)), (1.0, 0.0));
}

#[test]
fn twins_are_told_apart_by_the_function_that_is_changed() {
    let change = |name: &str, more: &str| {
        let body = format!(
            " static ssize_t {name}_show(struct queue *q, char *buf)\n {{\n-\tint len;\n+\tint len, ret;\n+\tif (!outer_trylock(q))\n\
             +\t\treturn restart_call();\n{more} \tindex = queue_index(q);\n"
        );
        hunk_at("net/gate.c", 10, &body)
    };
    let end = |name: &str| {
        hunk_at(
            "net/gate.c",
            40,
            &format!(
                " \t{name}_prepare(7);\n \tmap_read_unlock();\n+\touter_unlock(q);\n \treturn {name}_mask;\n"
            ),
        )
    };
    // Upstream's function has a condition that the vendor's lacks, so its twin agrees in more changed lines.
    let more = "+\tgate_check(q);\n";
    let index = MemoryIndex::of([
        commit([change("rxq", ""), end("rxq")]),
        commit([change("cpus", more), end("cpus")]),
        commit([elsewhere(1)]),
    ]);
    let answer = answer(&index, &[change("cpus", ""), end("cpus")]);
    assert_eq!(answer.candidates[0].origin, CommitOrdinal(1), "{:?}", answer.candidates);
}

#[test]
fn commit_that_imports_a_tree_is_no_likely_origin_of_one_file() {
    let file = |number: u32| {
        let lines: String = (0..6).map(|line| format!("+int part_{number}_{line}(void);\n")).collect();
        let mut made = hunk_at(&format!("arch/part{number}.h"), 0, &lines);
        made.old = None;
        made
    };
    let import = commit((0..40).map(file).collect::<Vec<_>>());
    let index = MemoryIndex::of([commit([elsewhere(1)]), import]);
    let asked = answer(&index, &[file(3)]);
    assert_eq!(asked.candidates[0].origin, CommitOrdinal(1));
    assert_eq!(value(&asked.candidates[0], EvidenceKind::Import), 1.0);
    let all: Vec<StoredHunk> = (0..40).map(file).collect();
    assert_eq!(value(&answer(&index, &all).candidates[0], EvidenceKind::Import), 0.0);
}

#[test]
fn lookup_that_is_cancelled_stops_wherever_it_is() {
    let index = MemoryIndex::of([commit([start(), drain()]), commit([elsewhere(1)])]);
    let asked = [start(), drain(), elsewhere(2), elsewhere(3)];
    let queries: Vec<QueryHunk> =
        asked.iter().map(|stored| QueryHunk { stored: stored.clone(), line: 1 }).collect();
    let options = LookupOptions { excluded: None, max_candidates: 20 };
    let reads_and_outcome = |last: usize| {
        let (stopping, cache) = (StoppingIndex::new(&index, last), PreparedCache::default());
        let lookup = Lookup::new(&index.graph, &stopping, &cache);
        let outcome = lookup.unless(stopping.cancellation()).patch(&queries, &options);
        (stopping.reads(), outcome)
    };
    let (all, answered) = reads_and_outcome(0);
    assert!(answered.is_ok() && all > 12, "{all} reads");
    for last in 1..=all {
        let (reads, outcome) = reads_and_outcome(last);
        assert!(matches!(outcome, Err(IndexError::Cancelled(_))), "after read {last}: {outcome:?}");
        // A hunk is prepared, searched for and loaded before it is asked again.
        assert!(reads <= last + 4, "cancelled at read {last}, {reads} reads");
    }
}

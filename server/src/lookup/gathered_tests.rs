//! Lookups by what was gathered of an index are those in the index itself.

use std::collections::BTreeMap;

use hunktrace_indexer::fingerprint::IndexTerm;
use hunktrace_indexer::graph::{CommitOrdinal, CommitSet};
use hunktrace_indexer::index::folder::IndexError;
use hunktrace_indexer::index::gathered_hunks::{GatheredHunks, MissingFacts, SearchKey, hunk_number};
use hunktrace_indexer::index::retrieval::{FoundHunk, HunkId, HunkRetrieval, RetrievalQuery, WeightedTerm};
use hunktrace_indexer::segment::stored_hunk::StoredHunk;

use crate::hunks::query::QueryHunk;
use crate::lookup::prepared_cache::PreparedCache;
use crate::lookup::second_look::SecondLook;
use crate::lookup::{Lookup, LookupOptions, PatchAnswer};
use crate::memory_index::{MemoryIndex, carrier, commit, commit_set, hunk_at};

const BODY: &str = " int f(void)\n {\n-\treturn first_of(list);\n+\tlock_the_list(list);\n+\treturn first_locked(list);\n }\n";
const OTHER: &str = "-\tcount_by(1);\n+\tcount_by(step);\n+\tcheck_the_count(step);\n";

/// What was gathered so far.
#[derive(Default)]
struct Gathered {
    frequencies: BTreeMap<IndexTerm, u32>,
    paths: BTreeMap<IndexTerm, bool>,
    hunks_of_paths: BTreeMap<IndexTerm, Vec<HunkId>>,
    searches: Vec<SearchKey>,
    records: BTreeMap<HunkId, Vec<u8>>,
}

impl Gathered {
    fn hunks<'a>(&self, index: &'a MemoryIndex) -> GatheredHunks<'a> {
        let mut hunks = GatheredHunks::new(&index.graph);
        self.frequencies.iter().for_each(|(term, frequency)| hunks.add_frequency(*term, *frequency));
        self.paths.iter().for_each(|(path, is_known)| hunks.add_path(*path, *is_known));
        self.searches.iter().for_each(|key| hunks.add_search(*key));
        for (path, ids) in &self.hunks_of_paths {
            hunks.add_hunks_of_path(*path, ids.clone()).expect("hunks of the index");
        }
        for (id, record) in &self.records {
            hunks.add_hunk(*id, record).expect("a hunk of the index");
        }
        hunks
    }

    fn gather(&mut self, index: &MemoryIndex, missing: &MissingFacts, base: Option<&CommitSet>) {
        let frequencies = index.frequencies(&missing.terms).unwrap();
        self.frequencies.extend(missing.terms.iter().copied().zip(frequencies));
        self.paths.extend(missing.paths.iter().map(|path| (*path, index.has_path(*path).unwrap())));
        for path in &missing.hunks_of_paths {
            let found = index.hunks_of_path(*path, None).unwrap();
            self.hunks_of_paths.insert(*path, found.iter().map(number_of).collect());
        }
        for search in &missing.searches {
            let weighted = |(term, weight, _): &(IndexTerm, f32, bool)| WeightedTerm {
                term: *term,
                weight: *weight,
                frequency: index.frequencies(&[*term]).unwrap()[0],
            };
            let query = RetrievalQuery {
                terms: search.terms.iter().map(weighted).collect(),
                paths: search.paths.clone(),
                path_bonus: search.path_bonus,
                excluded: base.filter(|_| search.is_excluding),
                limit: search.limit,
                least_share: 0.0,
            };
            self.searches.push(search.key);
            self.load(index, &index.search(&query).unwrap());
        }
        let wanted = |hunk: &FoundHunk| missing.hunks.contains(&number_of(hunk));
        let commits = CommitOrdinal::first(index.graph.len());
        let all = commits.flat_map(|commit| index.hunks_of(commit).unwrap());
        self.load(index, &all.filter(wanted).collect::<Vec<_>>());
    }

    fn load(&mut self, index: &MemoryIndex, found: &[FoundHunk]) {
        let ids: Vec<HunkId> = found.iter().map(|hunk| hunk.id).collect();
        let stored = index.load(&ids).unwrap();
        self.records
            .extend(found.iter().zip(stored).map(|(hunk, stored)| (number_of(hunk), stored.encode())));
    }
}

fn number_of(hunk: &FoundHunk) -> HunkId {
    hunk_number(hunk.commit, hunk.number)
}

/// What is answered by an index, and what a second look sees.
fn answer(
    index: &MemoryIndex,
    retrieval: &dyn HunkRetrieval,
    hunks: &[QueryHunk],
    base: Option<&CommitSet>,
) -> (PatchAnswer, SecondLook) {
    let cache = PreparedCache::default();
    let mut lookup = Lookup::new(&index.graph, retrieval, &cache);
    let answer = lookup.patch(hunks, &LookupOptions { excluded: base, max_candidates: 20 }).unwrap();
    let second_look = lookup.second_look(hunks, &answer, base).unwrap();
    (answer, second_look)
}

/// What matters of an answer: the numbers of hunks are not those of the index.
fn told((answer, second): &(PatchAnswer, SecondLook)) -> String {
    let in_base = second.in_base.iter().chain(&second.reverts).flat_map(|seen| &seen.patch);
    let candidates = answer.candidates.iter().chain(answer.hunks.iter().flatten()).chain(in_base);
    let told = candidates.map(|found| {
        format!(
            "{:?} {:?} {:?} {} {}\n",
            found.origin, found.best.0, found.confidence, found.similarity, found.file
        )
    });
    told.collect()
}

fn index() -> MemoryIndex {
    let adapted = BODY.replace("first_locked(list)", "first_locked(list, FAST)");
    let common = |number: u32| {
        commit([hunk_at(
            &format!("lib/{number}.c"),
            1,
            &format!("+other_{number}();\n+check_the_count(step);\n"),
        )])
    };
    let known = [
        commit([
            hunk_at("fs/a.c", 5, BODY),
            hunk_at("fs/b.c", 9, OTHER),
            hunk_at("fs/c.c", 1, "+\tnew_one();\n"),
        ]),
        commit([hunk_at("fs/a.c", 7, &adapted)]),
        carrier(CommitOrdinal(0), [hunk_at("fs/a.c", 5, BODY)]),
        commit([hunk_at("fs/d.c", 3, "-\tint count = width(this);\n+\tint count = width(that);\n")]),
    ];
    MemoryIndex::of(known.into_iter().chain((0..40).map(common)))
}

#[test]
fn answers_are_those_of_the_index() {
    let index = index();
    let base = commit_set([CommitOrdinal(0), CommitOrdinal(2)]);
    let undone = "-\tlock_the_list(list);\n-\treturn first_locked(list);\n+\treturn first_of(list);\n";
    let renamed = "-\tint n = width(this) + 1;\n+\tint n = width(that) + 1;\n";
    let patches: [&[StoredHunk]; 5] = [
        &[hunk_at("fs/a.c", 5, BODY)],
        &[hunk_at("fs/a.c", 5, BODY), hunk_at("fs/b.c", 9, OTHER), hunk_at("fs/c.c", 1, "+\told_one();\n")],
        &[hunk_at("fs/a.c", 5, undone)],
        &[hunk_at("fs/d.c", 3, renamed)],
        &[hunk_at("fs/none.c", 3, "+\tnobody(has, this);\n")],
    ];
    let mut most_rounds = 0;
    for (patch, base) in patches.iter().flat_map(|patch| [(patch, None), (patch, Some(&base))]) {
        let hunks: Vec<QueryHunk> =
            patch.iter().map(|stored| QueryHunk { stored: stored.clone(), line: 1 }).collect();
        let mut gathered = Gathered::default();
        for round in 1.. {
            assert!(round < 20, "{patch:?}");
            let some = gathered.hunks(&index);
            let found = answer(&index, &some, &hunks, base);
            let missing = some.into_missing();
            if missing.is_empty() {
                assert_eq!(told(&found), told(&answer(&index, &index, &hunks, base)), "{patch:?}");
                most_rounds = most_rounds.max(round);
                break;
            }
            gathered.gather(&index, &missing, base);
        }
    }
    assert!(most_rounds >= 4, "some ask for more: {most_rounds}");
}

#[test]
fn what_is_missing_is_of_one_kind() {
    let index = index();
    let hunks = [QueryHunk { stored: hunk_at("fs/a.c", 5, BODY), line: 1 }];
    let nothing = GatheredHunks::new(&index.graph);
    answer(&index, &nothing, &hunks, None);
    let missing = nothing.into_missing();
    assert_eq!((missing.terms.is_empty(), missing.paths.len()), (false, 1));
    assert!(missing.searches.is_empty() && missing.hunks.is_empty() && missing.hunks_of_paths.is_empty());
}

#[test]
fn hunks_of_another_index_are_refused() {
    let index = index();
    let record = hunk_at("fs/a.c", 5, BODY).encode();
    let mut gathered = GatheredHunks::new(&index.graph);
    for (id, record) in [
        (hunk_number(CommitOrdinal(4000), 0), &record[..]),
        (hunk_number(CommitOrdinal(0), 3), &record),
        (hunk_number(CommitOrdinal(0), 0), b"\xff\xff\xff"),
    ] {
        assert!(matches!(gathered.add_hunk(id, record), Err(IndexError::Gathered(_))), "{id:?}");
    }
    assert!(gathered.add_hunk(hunk_number(CommitOrdinal(0), 2), &record).is_ok());
}

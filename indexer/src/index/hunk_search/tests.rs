//! The search over drawn segments, beside one that looks at every document.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use proptest::prelude::*;
use tantivy::directory::OwnedBytes;

use super::*;
use crate::fingerprint::{IndexTerm, LineHash};
use crate::graph::{CommitOrdinal, CommitSet};
use crate::index::retrieval::WeightedTerm;
use crate::segment::line_postings::{LinePostings, PostingsWriter};

/// A segment; every document is the only hunk of a commit, which are numbered through all segments.
struct Documents {
    first_commit: u32,
    lists: BTreeMap<IndexTerm, BTreeSet<DocId>>,
    postings: LinePostings,
    of_path: BTreeSet<DocId>,
    extra_lines: Vec<u32>,
}

impl Documents {
    /// A segment of the commits in a range, of which `lists`, `of_path` and `extra_lines` tell by their numbers.
    fn new(
        commits: Range<u32>,
        lists: &[BTreeSet<u32>],
        of_path: &BTreeSet<u32>,
        extra_lines: &[u32],
    ) -> Documents {
        let documents = |list: &BTreeSet<u32>| -> BTreeSet<DocId> {
            list.range(commits.clone()).map(|commit| commit - commits.start).collect()
        };
        let lists: BTreeMap<IndexTerm, BTreeSet<DocId>> =
            lists.iter().enumerate().map(|(number, list)| (term(number), documents(list))).collect();
        let mut writer = PostingsWriter::new(Vec::new(), lists.len() as u64, commits.len() as u32);
        for (term, list) in lists.iter().filter(|(_, list)| !list.is_empty()) {
            writer.add(term.number(), &list.iter().copied().collect::<Vec<_>>()).unwrap();
        }
        let postings = LinePostings::open(OwnedBytes::new(writer.finish().unwrap())).unwrap();
        let extra_lines = extra_lines[commits.start as usize..commits.end as usize].to_vec();
        Documents { first_commit: commits.start, lists, postings, of_path: documents(of_path), extra_lines }
    }

    /// What is found in it by looking at every document.
    fn best_of_all(&self, query: &RetrievalQuery<'_>, budget: u64) -> Vec<(f32, CommitOrdinal)> {
        let search = HunkSearch::within(query, budget);
        let mut all = Vec::new();
        for doc in 0..self.extra_lines.len() as DocId {
            let has = |place: &&usize| self.lists[&query.terms[**place].term].contains(&doc);
            let weight: f32 =
                search.order.summing.iter().filter(has).map(|place| query.terms[*place].weight).sum();
            let has_path = !query.paths.is_empty() && self.of_path.contains(&doc);
            let has_affordable =
                search.order.summing[..search.order.affordable].iter().any(|place| has(&place));
            let is_excluded = query.excluded.is_some_and(|set| set.contains(self.commit_of(doc)));
            if (has_affordable || has_path) && !is_excluded {
                let terms = search.order.summing.iter().filter(has).count() as u32;
                let own = u64::from(self.line_count(doc).saturating_sub(terms));
                let bonus = if has_path { query.path_bonus } else { 0.0 };
                all.push((search.share(weight, own) + bonus, self.commit_of(doc)));
            }
        }
        all
    }
}

impl SearchedSegment for Documents {
    fn list(&self, term: IndexTerm) -> io::Result<Option<DocumentList<'_>>> {
        self.postings.find(term.number())
    }

    fn docs_of_path(&self, _: IndexTerm) -> io::Result<Vec<DocId>> {
        Ok(self.of_path.iter().copied().collect())
    }

    fn line_count(&self, doc: DocId) -> u32 {
        let terms = self.lists.values().filter(|list| list.contains(&doc)).count() as u32;
        terms + self.extra_lines[doc as usize]
    }

    fn commit_of(&self, doc: DocId) -> CommitOrdinal {
        CommitOrdinal(self.first_commit + doc)
    }
}

fn term(number: usize) -> IndexTerm {
    LineHash((number as u64 + 1) << 58).into()
}

fn ordered(mut hunks: Vec<(f32, CommitOrdinal)>, limit: usize) -> Vec<(f32, CommitOrdinal)> {
    hunks.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    hunks.truncate(limit);
    hunks
}

const COMMITS: u32 = 400;

type Parts = (Vec<BTreeSet<u32>>, BTreeSet<u32>, Vec<u32>);

fn any_parts() -> impl Strategy<Value = Parts> {
    let commits = || prop::collection::btree_set(0..COMMITS, 1..200);
    let lists = prop::collection::vec(commits(), 1..12);
    let of_path = prop::collection::btree_set(0..COMMITS, 0..40);
    (lists, of_path, prop::collection::vec(0u32..9, COMMITS as usize))
}

proptest! {
    #[test]
    fn what_is_not_read_changes_nothing(
        (lists, of_path, extra_lines) in any_parts(),
        cuts in prop::collection::btree_set(1..COMMITS, 0..3),
        weights in prop::collection::vec(0.5f32..15.0, 12),
        budget in prop_oneof![Just(u64::MAX), 0u64..1500],
        has_path: bool,
        excluded in prop::collection::btree_set(0..COMMITS, 0..200),
        limit in 1usize..20,
        least_share in prop_oneof![Just(0.0f32), 0.0f32..1.0],
    ) {
        let starts = std::iter::once(0).chain(cuts.iter().copied());
        let ends = cuts.iter().copied().chain([COMMITS]);
        let segments: Vec<Documents> = starts
            .zip(ends)
            .map(|(start, end)| Documents::new(start..end, &lists, &of_path, &extra_lines))
            .collect();
        let mut set = CommitSet::default();
        for commit in excluded {
            set.insert(CommitOrdinal(commit));
        }
        let terms = lists.iter().enumerate().zip(weights).map(|((number, list), weight)| WeightedTerm {
            term: term(number),
            weight,
            frequency: list.len() as u32,
        });
        let query = RetrievalQuery {
            terms: terms.collect(),
            paths: if has_path { vec![term(0)] } else { Vec::new() },
            path_bonus: 0.15,
            excluded: Some(&set),
            limit,
            least_share,
        };

        let (mut search, mut table) = (HunkSearch::within(&query, budget), AgreementTable::default());
        for (place, segment) in (0..).map(SegmentPlace).zip(&segments) {
            search.add_segment(place, segment, &mut table).unwrap();
        }
        let commit = |hunk: &ScoredHunk| {
            (hunk.agreement, segments[hunk.place.segment.index()].commit_of(hunk.place.doc))
        };
        let found = search.into_best().iter().map(commit).collect();

        let all: Vec<_> = segments.iter().flat_map(|part| part.best_of_all(&query, budget)).collect();
        let best = best_of(all.iter().map(|(agreement, _)| *agreement));
        let wanted = all.into_iter().filter(|(agreement, _)| *agreement >= least_share * best);
        prop_assert_eq!(ordered(found, limit), ordered(wanted.collect(), limit));
    }
}

//! From the commit that was found to the commit that is named: carriers lead to their origin.
//!
//! This is the key of a change. Where the origin is not indexed, the oldest of the commits that name it stands for it.

use hunktrace_indexer::graph::{CommitGraph, CommitOrdinal, Relation};

/// Fewest digits by which an origin is found that is not indexed.
const MIN_DIGITS: usize = 7;

/// How many carriers may stand between a commit and its origin: a vendor's backport of a stable backport is two.
const MAX_CARRIERS_BETWEEN: usize = 4;

/// The commit that a change came from: the commit itself, or what it says to carry.
///
/// Of several origins the first indexed one is taken; a circle ends where it closes. If none is indexed, the oldest
/// commit that carries the first of them is given for all of these.
pub fn origin_of(graph: &CommitGraph, commit: CommitOrdinal) -> CommitOrdinal {
    let mut seen = vec![commit];
    let mut current = commit;
    for _ in 0..MAX_CARRIERS_BETWEEN {
        let next = graph.related(Relation::Origin, current).into_iter().find(|origin| !seen.contains(origin));
        match next {
            Some(origin) => {
                seen.push(origin);
                current = origin;
            }
            None => break,
        }
    }
    oldest(graph, &graph.fellow_carriers(current)).unwrap_or(current)
}

/// The oldest of some commits; none if there are none.
fn oldest(graph: &CommitGraph, commits: &[CommitOrdinal]) -> Option<CommitOrdinal> {
    commits.iter().copied().min_by_key(|commit| (graph.committed_at(*commit), *commit))
}

/// The commit that answers for an origin that is not indexed, by the beginning of its id.
///
/// # Errors
/// The ids that it may mean, if there are none or several.
pub fn answering_for(graph: &CommitGraph, hex: &str) -> Result<CommitOrdinal, Vec<String>> {
    let found = if hex.len() < MIN_DIGITS { Vec::new() } else { graph.find_absent(hex) };
    match &found[..] {
        [(_, carriers)] => {
            let own: Vec<CommitOrdinal> =
                carriers.iter().copied().filter(|carrier| origin_of(graph, *carrier) == *carrier).collect();
            oldest(graph, &own).or_else(|| oldest(graph, carriers)).ok_or_else(Vec::new)
        }
        several => Err(several.iter().map(|(origin, _)| origin.hex.clone()).collect()),
    }
}

/// The commits that carry `origin`, directly or through other carriers, oldest first. Where it stands for an origin that is
/// not indexed, those are the others that carry that.
pub fn carriers_of(graph: &CommitGraph, origin: CommitOrdinal) -> Vec<CommitOrdinal> {
    let mut carriers: Vec<CommitOrdinal> =
        graph.fellow_carriers(origin).into_iter().filter(|carrier| *carrier != origin).collect();
    let mut queue = carriers.clone();
    queue.push(origin);
    while let Some(commit) = queue.pop() {
        for carrier in graph.relating(Relation::Origin, commit) {
            if carrier != origin && !carriers.contains(&carrier) {
                carriers.push(carrier);
                queue.push(carrier);
            }
        }
    }
    carriers.sort_by_key(|carrier| (graph.committed_at(*carrier), *carrier));
    carriers
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory_index::{MemoryIndex, WrittenCommit, absent_carrier, carrier, commit};

    const MAINLINE: CommitOrdinal = CommitOrdinal(0);
    const STABLE: CommitOrdinal = CommitOrdinal(1);
    const VENDOR: CommitOrdinal = CommitOrdinal(2);

    /// A mainline commit, its stable backport, and a vendor's backport of that.
    fn backports() -> [WrittenCommit; 3] {
        [commit([]), carrier(MAINLINE, []), carrier(STABLE, [])]
    }

    #[test]
    fn carriers_lead_to_their_origin() {
        let graph = MemoryIndex::of(backports()).graph;
        assert_eq!([MAINLINE, STABLE, VENDOR].map(|commit| origin_of(&graph, commit)), [MAINLINE; 3]);
    }

    #[test]
    fn carriers_of_carriers_count_and_the_oldest_comes_first() {
        let [mainline, stable, vendor] = backports();
        let stable = WrittenCommit { committed_at: 20, ..stable };
        let vendor = WrittenCommit { committed_at: 10, ..vendor };
        let graph = MemoryIndex::of([mainline, stable, vendor]).graph;
        assert_eq!(carriers_of(&graph, MAINLINE), [VENDOR, STABLE]);
        assert_eq!(carriers_of(&graph, STABLE), [VENDOR]);
        assert_eq!(carriers_of(&graph, VENDOR), []);
    }

    #[test]
    fn commits_that_carry_each_other_end_where_they_close() {
        let graph = MemoryIndex::of([carrier(STABLE, []), carrier(MAINLINE, [])]).graph;
        assert_eq!(origin_of(&graph, MAINLINE), STABLE);
        assert_eq!(origin_of(&graph, STABLE), MAINLINE);
        assert_eq!(carriers_of(&graph, MAINLINE), [STABLE]);
    }

    #[test]
    fn carriers_of_an_origin_that_is_not_indexed_are_one_change() {
        let written = |origin, date| WrittenCommit { committed_at: date, ..absent_carrier(origin, []) };
        // 3 carries 1; 4 carries another origin.
        let commits = [
            written("0123456789abcdef", 30),
            written("0123456789ab", 20),
            commit([]),
            carrier(CommitOrdinal(1), []),
            written("fedcba9876543", 10),
        ];
        let graph = MemoryIndex::of(commits).graph;
        let origins = [0, 1, 2, 3, 4].map(|number| origin_of(&graph, CommitOrdinal(number)).0);
        assert_eq!(origins, [1, 1, 2, 1, 4], "the oldest carrier answers for all");
        assert_eq!(carriers_of(&graph, CommitOrdinal(1)), [CommitOrdinal(3), CommitOrdinal(0)]);
        let hex = graph.absent_origin(CommitOrdinal(1)).map(|origin| origin.hex);
        assert_eq!(hex.as_deref(), Some("0123456789abcdef"));
        assert_eq!(graph.absent_origin(CommitOrdinal(2)), None);
        assert_eq!(answering_for(&graph, "0123456789abcdef"), Ok(CommitOrdinal(1)));
        assert_eq!(answering_for(&graph, "0123456"), Ok(CommitOrdinal(1)));
        assert_eq!(answering_for(&graph, "012345"), Err(vec![]), "too few digits");
        assert_eq!(answering_for(&graph, "aaaaaaaa"), Err(vec![]));
    }

    #[test]
    fn long_chains_are_followed_only_so_far() {
        let chain = (0..9).map(|number| match number {
            0 => commit([]),
            _ => carrier(CommitOrdinal(number - 1), []),
        });
        let graph = MemoryIndex::of(chain).graph;
        let steps = MAX_CARRIERS_BETWEEN as u32;
        assert_eq!(origin_of(&graph, CommitOrdinal(steps)), CommitOrdinal(0));
        assert_eq!(origin_of(&graph, CommitOrdinal(steps + 1)), CommitOrdinal(1));
    }
}

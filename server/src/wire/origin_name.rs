//! What origins are called in answers: by their own id, or by the one that their carriers name.

use hunktrace_indexer::graph::{CommitGraph, CommitOrdinal};

/// Hexadecimal digits of a whole id.
const ID_DIGITS: usize = 40;

/// What an origin is called.
pub(crate) struct OriginName {
    /// The id that answers.
    pub commit: String,
    /// The id that its message names as origin and that is not indexed; empty if there is none.
    pub unindexed_origin: String,
    /// The indexed commit that stands for the one that answers; empty if that is indexed itself.
    pub read_from: String,
}

impl OriginName {
    /// What is said of an origin; one that is not indexed answers if its id is known whole, and is said to be upstream.
    pub(crate) fn of(graph: &CommitGraph, commit: CommitOrdinal) -> OriginName {
        let own = graph.id(commit).to_string();
        match graph.absent_origin(commit) {
            None => OriginName { commit: own, unindexed_origin: String::new(), read_from: String::new() },
            Some(origin) if origin.is_upstream && origin.hex.len() == ID_DIGITS => {
                OriginName { commit: origin.hex.clone(), unindexed_origin: origin.hex, read_from: own }
            }
            Some(origin) => {
                OriginName { commit: own, unindexed_origin: origin.hex, read_from: String::new() }
            }
        }
    }

    /// The carriers to be listed: the others, and with them the one that stands for a commit that is not indexed.
    pub(crate) fn carriers(&self, others: Vec<String>) -> Vec<String> {
        let first = Some(self.read_from.clone()).filter(|id| !id.is_empty());
        first.into_iter().chain(others).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory_index::{MemoryIndex, absent_carrier, commit, id_of};

    const WHOLE: &str = "0123456789abcdef0123456789abcdef01234567";

    #[test]
    fn origin_that_is_not_indexed_answers_if_its_id_is_known_whole() {
        let graph =
            MemoryIndex::of([commit([]), absent_carrier(WHOLE, []), absent_carrier("fedcba9876543", [])])
                .graph;
        let name = |number| {
            let OriginName { commit, unindexed_origin, read_from } =
                OriginName::of(&graph, CommitOrdinal(number));
            [commit, unindexed_origin, read_from]
        };
        let id = |number| id_of(CommitOrdinal(number)).to_string();
        assert_eq!(name(0), [id(0), String::new(), String::new()]);
        assert_eq!(name(1), [WHOLE.to_owned(), WHOLE.to_owned(), id(1)]);
        assert_eq!(name(2), [id(2), "fedcba9876543".to_owned(), String::new()]);
        assert_eq!(OriginName::of(&graph, CommitOrdinal(1)).carriers(vec![id(2)]), [id(1), id(2)]);
    }
}

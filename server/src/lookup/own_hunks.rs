//! The hunks of one commit, by what is asked of them: a patch of many thousand hunks asks for each.

use std::sync::Arc;

use bstr::BString;
use hunktrace_indexer::fingerprint::LineHash;
use hunktrace_indexer::index::retrieval::FoundHunk;
use rustc_hash::FxHashMap;

use crate::hunks::comparison::path_share;
use crate::hunks::prepared_hunk::PreparedHunk;

/// Hunks of one commit.
pub(super) struct OwnHunks {
    hunks: Vec<(FoundHunk, Arc<PreparedHunk>)>,
    /// The places of the hunks that have an informative changed line.
    by_line: FxHashMap<LineHash, Vec<u32>>,
    /// The places of the hunks of a file.
    by_path: FxHashMap<BString, Vec<u32>>,
    /// The place of the hunk whose file is the likeliest, for paths that were asked for.
    closest: FxHashMap<Vec<BString>, Option<usize>>,
}

impl OwnHunks {
    /// Hunks in the commit's order.
    pub(super) fn new(hunks: Vec<(FoundHunk, Arc<PreparedHunk>)>) -> OwnHunks {
        let mut by_line: FxHashMap<LineHash, Vec<u32>> = FxHashMap::default();
        let mut by_path: FxHashMap<BString, Vec<u32>> = FxHashMap::default();
        for (place, (_, hunk)) in (0..).zip(&hunks) {
            hunk.informative().for_each(|line| by_line.entry(line).or_default().push(place));
            by_path.entry(hunk.path.clone()).or_default().push(place);
        }
        OwnHunks { hunks, by_line, by_path, closest: FxHashMap::default() }
    }

    /// The hunks of the query's file and those that have an informative changed line in common with it, in the commit's
    /// order.
    pub(super) fn related(
        &self,
        query: &PreparedHunk,
    ) -> impl Iterator<Item = &(FoundHunk, Arc<PreparedHunk>)> {
        let of_lines = query.informative().filter_map(|line| self.by_line.get(&line));
        let mut places: Vec<u32> = of_lines.chain(self.by_path.get(&query.path)).flatten().copied().collect();
        places.sort_unstable();
        places.dedup();
        places.into_iter().map(|place| &self.hunks[place as usize])
    }

    /// The hunk whose file is the likeliest to be the query's; of equally likely ones the first. None if there are no hunks.
    pub(super) fn closest(&mut self, query: &PreparedHunk) -> Option<&(FoundHunk, Arc<PreparedHunk>)> {
        let hunks = &self.hunks;
        let likeliest = || {
            let shares = hunks.iter().map(|(_, hunk)| path_share(query, hunk)).enumerate().rev();
            shares.max_by(|a, b| a.1.total_cmp(&b.1)).map(|(place, _)| place)
        };
        let paths: Vec<BString> = query.paths().cloned().collect();
        let place = *self.closest.entry(paths).or_insert_with(likeliest);
        place.map(|place| &self.hunks[place])
    }
}

#[cfg(test)]
mod tests {
    use hunktrace_indexer::fingerprint::LineHasher;
    use hunktrace_indexer::graph::CommitOrdinal;
    use hunktrace_indexer::index::retrieval::HunkId;

    use super::*;
    use crate::hunks::comparison::have_common_line;
    use crate::memory_index::hunk_at;

    fn prepared(path: &str, body: &str) -> PreparedHunk {
        PreparedHunk::new(&hunk_at(path, 5, body).view(), &mut LineHasher::default())
    }

    fn own(hunks: &[(&str, &str)]) -> OwnHunks {
        let hunk = |(number, (path, body)): (u32, &(&str, &str))| {
            let found =
                FoundHunk { id: HunkId(u64::from(number)), commit: CommitOrdinal(0), number, agreement: 0.0 };
            (found, Arc::new(prepared(path, body)))
        };
        OwnHunks::new((0..).zip(hunks).map(hunk).collect())
    }

    #[test]
    fn related_hunks_are_those_that_would_be_compared_one_by_one() {
        let own = own(&[
            ("fs/a.c", "+\topen_the_gate();\n+\tcount(gate);\n"),
            ("fs/b.c", "+\topen_the_gate();\n"),
            ("fs/b.c", "-\tshut_the_gate();\n"),
            ("fs/c.c", "+\t}\n"),
        ]);
        for (path, body) in [
            ("fs/a.c", "+\tshut_the_gate();\n"),
            ("fs/b.c", "+\tcount(gate);\n+\topen_the_gate();\n"),
            ("fs/d.c", "-\tshut_the_gate();\n+\topen_the_gate();\n"),
            ("fs/d.c", "+\t}\n"),
        ] {
            let query = prepared(path, body);
            let is_related = |hunk: &PreparedHunk| hunk.path == query.path || have_common_line(&query, hunk);
            let expected: Vec<u32> = own
                .hunks
                .iter()
                .filter(|(_, hunk)| is_related(hunk))
                .map(|(found, _)| found.number)
                .collect();
            let related: Vec<u32> = own.related(&query).map(|(found, _)| found.number).collect();
            assert_eq!(related, expected, "{path}: {body}");
        }
    }

    #[test]
    fn the_first_of_the_likeliest_files_is_the_closest() {
        let mut own = own(&[("net/a.c", "+\ta();\n"), ("fs/b.c", "+\tb();\n"), ("fs/b.c", "+\tc();\n")]);
        let mut closest =
            |path: &str| own.closest(&prepared(path, "+\td();\n")).map(|(found, _)| found.number);
        assert_eq!(closest("fs/b.c"), Some(1));
        assert_eq!(closest("net/a.c"), Some(0));
        assert_eq!(closest("fs/b.c"), Some(1));
        assert!(OwnHunks::new(Vec::new()).closest(&prepared("fs/b.c", "+\td();\n")).is_none());
    }
}

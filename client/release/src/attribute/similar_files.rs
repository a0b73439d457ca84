//! Which files resemble each other, found without comparing each with each.
//!
//! Two files are similar if they share at least half of the larger one's bytes ([`ChunkCounts::similarity`]). Put all
//! chunks in one order, the rarest first, and take of each file the first ones, until those behind them are less than
//! half of it. The first chunk that two similar files share is among these in both of them: behind it there is all that
//! they share. So only files that share one of these rare chunks have to be compared, and rare chunks stand in few
//! files. Where even these are common, as in files that are little more than a licence, the files of the nearest size
//! are compared: similar files have similar sizes. The cost grows with the bytes, not with the number of pairs.

use rustc_hash::FxHashMap;

use bstr::BStr;
use hunktrace_indexer::git::chunk_counts::{Chunk, ChunkCounts, MIN_SIMILARITY};
use rayon::prelude::*;

/// How many of the files that have a chunk are considered: those of the nearest size. Most chunks that are considered at
/// all stand in fewer files.
const NEAREST_FILES: usize = 64;

/// How many of the considered files are compared whole: those that share the most rare chunks.
const COMPARED_FILES: usize = 64;

/// A file that is compared.
#[derive(Clone, Copy, Debug)]
pub(super) struct ComparedFile<'a> {
    /// The last component of its path.
    pub base_name: &'a BStr,
    /// Its content.
    pub chunks: &'a ChunkCounts,
}

/// A deleted and an added file that resemble each other, by their places.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct SimilarPair {
    pub deleted: usize,
    pub added: usize,
    /// From [`MIN_SIMILARITY`] to 1.
    pub similarity: f64,
}

/// The pairs of similar files, the most similar first, then those with the same base name, then in the order of the
/// files.
pub(super) fn similar_pairs(deleted: &[ComparedFile<'_>], added: &[ComparedFile<'_>]) -> Vec<SimilarPair> {
    let index = RareChunks::of(deleted);
    let mut pairs: Vec<SimilarPair> = added
        .par_iter()
        .enumerate()
        .flat_map_iter(|(place, file)| {
            let compared = index.candidates(file).into_iter().map(move |deleted_place| SimilarPair {
                deleted: deleted_place,
                added: place,
                similarity: deleted[deleted_place].chunks.similarity(file.chunks),
            });
            compared.filter(|pair| pair.similarity >= MIN_SIMILARITY)
        })
        .collect();
    let keeps_name = |pair: &SimilarPair| deleted[pair.deleted].base_name == added[pair.added].base_name;
    pairs.sort_by(|a, b| {
        b.similarity
            .total_cmp(&a.similarity)
            .then_with(|| keeps_name(b).cmp(&keeps_name(a)))
            .then_with(|| (a.added, a.deleted).cmp(&(b.added, b.deleted)))
    });
    pairs
}

/// A file's place in the order of sizes, then base names.
type SizeRank = usize;

/// The deleted files by their rare chunks.
struct RareChunks<'a> {
    /// The deleted files by size, then base name, with their places.
    by_size: Vec<(u64, &'a BStr, usize)>,
    /// In how many of them a chunk stands.
    frequencies: FxHashMap<u64, u32>,
    /// The files that have a chunk among their rare ones, in the order of `by_size`.
    files_with: FxHashMap<u64, Vec<SizeRank>>,
}

impl<'a> RareChunks<'a> {
    fn of(files: &[ComparedFile<'a>]) -> RareChunks<'a> {
        let mut by_size: Vec<(u64, &BStr, usize)> = files
            .iter()
            .enumerate()
            .map(|(place, file)| (file.chunks.total(), file.base_name, place))
            .collect();
        by_size.sort_unstable();
        let mut frequencies: FxHashMap<u64, u32> = FxHashMap::default();
        for chunk in files.iter().flat_map(|file| file.chunks.chunks()) {
            *frequencies.entry(chunk.hash).or_default() += 1;
        }
        let mut files_with: FxHashMap<u64, Vec<SizeRank>> = FxHashMap::default();
        for (rank, (_, _, place)) in by_size.iter().enumerate() {
            for chunk in rare_chunks(files[*place].chunks, &frequencies) {
                files_with.entry(chunk.hash).or_default().push(rank);
            }
        }
        RareChunks { by_size, frequencies, files_with }
    }

    /// The places of the deleted files that an added one has to be compared with.
    fn candidates(&self, file: &ComparedFile<'_>) -> Vec<usize> {
        let size = file.chunks.total();
        let own_rank =
            self.by_size.partition_point(|(total, name, _)| (*total, *name) < (size, file.base_name));
        let mut shared: FxHashMap<SizeRank, u64> = FxHashMap::default();
        for chunk in rare_chunks(file.chunks, &self.frequencies) {
            let ranks = self.files_with.get(&chunk.hash).map_or(&[][..], Vec::as_slice);
            for rank in nearest(ranks, own_rank) {
                *shared.entry(*rank).or_default() += u64::from(chunk.bytes);
            }
        }
        let mut ranked: Vec<(u64, SizeRank)> =
            shared.into_iter().map(|(rank, bytes)| (bytes, rank)).collect();
        ranked.sort_unstable_by_key(|(bytes, rank)| {
            (std::cmp::Reverse(*bytes), rank.abs_diff(own_rank), *rank)
        });
        ranked.truncate(COMPARED_FILES);
        ranked.into_iter().map(|(_, rank)| self.by_size[rank].2).collect()
    }
}

/// The rarest chunks of a file, until those behind them are less than half of it.
fn rare_chunks(file: &ChunkCounts, frequencies: &FxHashMap<u64, u32>) -> Vec<Chunk> {
    let frequency = |chunk: &Chunk| frequencies.get(&chunk.hash).copied().unwrap_or(0);
    let mut chunks: Vec<(u32, Chunk)> =
        file.chunks().iter().map(|chunk| (frequency(chunk), *chunk)).collect();
    chunks.sort_unstable_by_key(|(frequency, chunk)| (*frequency, chunk.hash));
    let mut behind = file.total();
    let is_rare = |chunk: &Chunk| {
        let from_here = behind;
        behind -= u64::from(chunk.bytes);
        from_here as f64 >= MIN_SIMILARITY * file.total() as f64
    };
    chunks.into_iter().map(|(_, chunk)| chunk).take_while(is_rare).collect()
}

/// The ranks that are nearest to one, of some in ascending order.
fn nearest(ranks: &[SizeRank], own: SizeRank) -> &[SizeRank] {
    let place = ranks.partition_point(|rank| *rank < own);
    let end = (place + NEAREST_FILES / 2).max(NEAREST_FILES).min(ranks.len());
    &ranks[end.saturating_sub(NEAREST_FILES)..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    struct File {
        name: String,
        chunks: ChunkCounts,
    }

    fn file(name: &str, text: &str) -> File {
        File { name: name.to_owned(), chunks: ChunkCounts::of(text.as_bytes()) }
    }

    fn compared(files: &[File]) -> Vec<ComparedFile<'_>> {
        files
            .iter()
            .map(|file| ComparedFile { base_name: file.name.as_str().into(), chunks: &file.chunks })
            .collect()
    }

    fn pairs(deleted: &[File], added: &[File]) -> Vec<(usize, usize, f64)> {
        let pairs = similar_pairs(&compared(deleted), &compared(added));
        pairs.into_iter().map(|pair| (pair.deleted, pair.added, pair.similarity)).collect()
    }

    /// `lines` lines of a file, some of a stock that many files draw from.
    fn drawn(mut seed: u64, lines: usize) -> String {
        let mut next = || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) as usize
        };
        (0..lines).map(|_| format!("line {}\n", next() % 16)).collect()
    }

    #[test]
    fn most_similar_pairs_come_first_then_those_that_keep_their_name() {
        let deleted = [file("a.c", "1\n2\n3\n4\n"), file("b.c", "1\n2\n3\n5\n"), file("c.c", "x\n")];
        let added = [file("b.c", "1\n2\n3\n9\n"), file("d.c", "1\n2\n3\n4\n")];
        assert_eq!(pairs(&deleted, &added), [(0, 1, 1.0), (1, 0, 0.75), (0, 0, 0.75), (1, 1, 0.75)]);
    }

    #[test]
    fn pairs_are_those_of_comparing_each_with_each() {
        let side = |first: u64| -> Vec<File> {
            (first..first + 60).map(|seed| file("a.c", &drawn(seed, 4 + seed as usize % 9))).collect()
        };
        let (deleted, added) = (side(1), side(1000));
        let mut expected = Vec::new();
        for (d, old) in deleted.iter().enumerate() {
            for (a, new) in added.iter().enumerate() {
                let similarity = old.chunks.similarity(&new.chunks);
                if similarity >= MIN_SIMILARITY {
                    expected.push((d, a, similarity));
                }
            }
        }
        assert!(expected.len() > 20, "the drawn files are to resemble each other: {}", expected.len());
        let mut found = pairs(&deleted, &added);
        found.sort_by_key(|(deleted, added, _)| (*deleted, *added));
        assert_eq!(found, expected);
    }

    #[test]
    fn files_that_share_common_lines_alone_are_compared_with_those_of_the_nearest_size() {
        let licence = "a line of a licence that stands in all of the files\n".repeat(4);
        let padded = |size: usize| file("a.c", &format!("{licence}{}\n", "#".repeat(size)));
        let deleted: Vec<File> = (0..1000).map(|size| padded(size % 50)).collect();
        let found = pairs(&deleted, &[padded(30)]);
        assert_eq!(found[0].2, 1.0);
        assert!(found.len() <= COMPARED_FILES);
    }

    #[test]
    fn many_files_are_paired_each_with_its_own() {
        const FILES: usize = 20_000;
        let licence = "a line of the licence that stands in all of the files\n".repeat(2);
        let side = |last: &str| -> Vec<File> {
            let own = |number, line| format!("statement {line} of the file with number {number};\n");
            let text = |number| (0..4).map(|line| own(number, line)).collect::<String>();
            (0..FILES).map(|number| file("Makefile", &format!("{licence}{}{last}", text(number)))).collect()
        };
        let (deleted, added) = (side(""), side("return 0;\n"));
        let mut partner = vec![None; FILES];
        for (deleted, added, _) in pairs(&deleted, &added) {
            partner[added] = partner[added].or(Some(deleted));
        }
        assert!(partner.iter().enumerate().all(|(added, deleted)| *deleted == Some(added)));
    }

    #[test]
    fn nearest_ranks_lie_around_ones_own() {
        let ranks: Vec<SizeRank> = (0..500).map(|rank| rank * 2).collect();
        let around = nearest(&ranks, 400);
        assert_eq!((around.len(), around[0], around[NEAREST_FILES - 1]), (64, 336, 462));
        assert_eq!(nearest(&ranks, 0), &ranks[..NEAREST_FILES]);
        assert_eq!(nearest(&ranks, 5000), &ranks[500 - NEAREST_FILES..]);
        assert_eq!(nearest(&ranks[..3], 1), &ranks[..3]);
    }
}

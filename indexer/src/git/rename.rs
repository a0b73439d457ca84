//! Rename detection as git does it by default: identical content first, then files that kept their name, then
//! the most similar pairs, from 50 % on ([`ChunkCounts`]).

use std::collections::HashMap;

use bstr::{BStr, ByteSlice};
use gix::ObjectId;

use crate::git::base_name::base_name;
use crate::git::chunk_counts::{ChunkCounts, MIN_SIMILARITY};
use crate::git::file_change::{FileChange, same_kind};

/// For files that keep their base name git wants a little more, halfway between the minimum and identity.
const MIN_SIMILARITY_SAME_NAME: f64 = 0.75;

/// Above the square of this many deleted-times-added pairs git does not compare contents (`diff.renameLimit`).
const RENAME_LIMIT: usize = 1000;

/// Pairs deleted with added files where one was renamed to the other; the changes stay sorted by path.
///
/// `read` gives a blob's content, or nothing if it cannot be read: such files are only paired by identity.
pub fn detect_renames(
    changes: Vec<FileChange>,
    mut read: impl FnMut(&ObjectId) -> Option<Vec<u8>>,
) -> Vec<FileChange> {
    let is_file =
        |change: &FileChange| change.old.iter().chain(&change.new).all(|version| !version.mode.is_commit());
    let (candidates, mut settled): (Vec<_>, Vec<_>) = changes
        .into_iter()
        .partition(|change| (change.old.is_none() || change.new.is_none()) && is_file(change));
    let (sources, targets): (Vec<_>, Vec<_>) =
        candidates.into_iter().partition(|change| change.old.is_some());
    let mut pairing = Pairing {
        source_of: vec![None; targets.len()],
        used: vec![false; sources.len()],
        sources: &sources,
        targets: &targets,
    };
    if !sources.is_empty() && !targets.is_empty() {
        pairing.pair_identical();
        pairing.pair_similar(&mut read);
    }
    let Pairing { source_of, used, .. } = pairing;
    for (target, source) in targets.iter().zip(&source_of) {
        let old = source.and_then(|index| sources[index].old.clone());
        settled.push(FileChange { old, new: target.new.clone() });
    }
    settled.extend(sources.into_iter().zip(used).filter(|(_, used)| !used).map(|(source, _)| source));
    settled.sort_by(|a, b| a.path().cmp(b.path()));
    settled
}

/// Which deleted file became which added one.
struct Pairing<'a> {
    sources: &'a [FileChange],
    targets: &'a [FileChange],
    source_of: Vec<Option<usize>>,
    used: Vec<bool>,
}

impl Pairing<'_> {
    fn pair(&mut self, source: usize, target: usize) {
        self.source_of[target] = Some(source);
        self.used[source] = true;
    }

    fn compatible(&self, source: usize, target: usize) -> bool {
        match (&self.sources[source].old, &self.targets[target].new) {
            (Some(old), Some(new)) => same_kind(old.mode, new.mode),
            _ => false,
        }
    }

    /// Identical content; among several sources one with the same base name.
    fn pair_identical(&mut self) {
        let mut by_id: HashMap<&ObjectId, Vec<usize>> = HashMap::new();
        for (index, source) in self.sources.iter().enumerate() {
            if let Some(old) = &source.old {
                by_id.entry(&old.id).or_default().push(index);
            }
        }
        for target in 0..self.targets.len() {
            let Some(new) = &self.targets[target].new else { continue };
            let Some(same) = by_id.get(&new.id) else { continue };
            let free =
                same.iter().copied().filter(|source| !self.used[*source] && self.compatible(*source, target));
            let best = free.min_by_key(|source| {
                base_name(self.sources[*source].path()) != base_name(new.path.as_bstr())
            });
            if let Some(source) = best {
                self.pair(source, target);
            }
        }
    }

    /// Similar content: first files that kept a base name which is unique on both sides, then the best pairs of all.
    fn pair_similar(&mut self, read: &mut impl FnMut(&ObjectId) -> Option<Vec<u8>>) {
        let open_sources: Vec<usize> = (0..self.sources.len()).filter(|s| !self.used[*s]).collect();
        let open_targets: Vec<usize> =
            (0..self.targets.len()).filter(|t| self.source_of[*t].is_none()).collect();
        if open_sources.is_empty()
            || open_targets.is_empty()
            || open_sources.len().saturating_mul(open_targets.len()) > RENAME_LIMIT * RENAME_LIMIT
        {
            return;
        }
        let mut counts: HashMap<ObjectId, Option<ChunkCounts>> = HashMap::new();
        for change in open_sources
            .iter()
            .map(|s| &self.sources[*s])
            .chain(open_targets.iter().map(|t| &self.targets[*t]))
        {
            for version in change.old.iter().chain(&change.new) {
                counts
                    .entry(version.id)
                    .or_insert_with(|| read(&version.id).map(|content| ChunkCounts::of(&content)));
            }
        }
        let similarity = |source: usize, target: usize| -> f64 {
            let (Some(old), Some(new)) = (&self.sources[source].old, &self.targets[target].new) else {
                return 0.0;
            };
            match (counts.get(&old.id), counts.get(&new.id)) {
                (Some(Some(old)), Some(Some(new))) => old.similarity(new),
                _ => 0.0,
            }
        };

        let unique_sources = unique_names(&open_sources, self.sources);
        let unique_targets = unique_names(&open_targets, self.targets);
        let mut pairs = Vec::new();
        for (name, target) in &unique_targets {
            let Some(source) = unique_sources.get(name).filter(|source| self.compatible(**source, *target))
            else {
                continue;
            };
            let similarity = similarity(*source, *target);
            if similarity >= MIN_SIMILARITY_SAME_NAME {
                pairs.push(SimilarPair { source: *source, target: *target, similarity });
            }
        }
        let mut ranked = Vec::new();
        for target in &open_targets {
            for source in &open_sources {
                if self.compatible(*source, *target) {
                    let similarity = similarity(*source, *target);
                    if similarity >= MIN_SIMILARITY {
                        ranked.push(SimilarPair { source: *source, target: *target, similarity });
                    }
                }
            }
        }
        let same_name = |pair: &SimilarPair| {
            base_name(self.sources[pair.source].path()) == base_name(self.targets[pair.target].path())
        };
        ranked.sort_by(|a, b| {
            b.similarity
                .total_cmp(&a.similarity)
                .then_with(|| same_name(b).cmp(&same_name(a)))
                .then_with(|| (a.target, a.source).cmp(&(b.target, b.source)))
        });
        pairs.extend(ranked);
        for SimilarPair { source, target, .. } in pairs {
            if !self.used[source] && self.source_of[target].is_none() {
                self.pair(source, target);
            }
        }
    }
}

/// A deleted and an added file that resemble each other.
struct SimilarPair {
    /// The place of the deleted file among the sources.
    source: usize,
    /// The place of the added file among the targets.
    target: usize,
    /// From [`MIN_SIMILARITY`] to 1.
    similarity: f64,
}

/// The base names that occur once among some changes, and the places of these changes.
fn unique_names<'a>(indices: &[usize], changes: &'a [FileChange]) -> HashMap<&'a BStr, usize> {
    let mut seen: HashMap<&BStr, Vec<usize>> = HashMap::new();
    for index in indices {
        seen.entry(base_name(changes[*index].path())).or_default().push(*index);
    }
    let only = |(name, places): (&'a BStr, Vec<usize>)| match places[..] {
        [only] => Some((name, only)),
        _ => None,
    };
    seen.into_iter().filter_map(only).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::file_change::FileVersion;
    use gix::objs::tree::EntryKind;

    /// Contents are told apart by an id made from their index.
    fn id(content: usize) -> ObjectId {
        let mut bytes = [0; 20];
        bytes[0] = content as u8;
        ObjectId::from_bytes_or_panic(&bytes)
    }

    fn version(path: &str, content: usize) -> Option<FileVersion> {
        Some(FileVersion { path: path.into(), mode: EntryKind::Blob.into(), id: id(content) })
    }

    fn deleted(path: &str, content: usize) -> FileChange {
        FileChange { old: version(path, content), new: None }
    }

    fn added(path: &str, content: usize) -> FileChange {
        FileChange { old: None, new: version(path, content) }
    }

    /// `old -> new` of every change after detection.
    fn detected(changes: Vec<FileChange>, contents: &[&str]) -> Vec<String> {
        let read = |wanted: &ObjectId| {
            (0..contents.len()).find(|i| id(*i) == *wanted).map(|i| contents[i].as_bytes().to_vec())
        };
        let path = |v: &Option<FileVersion>| v.as_ref().map_or("-".to_owned(), |v| v.path.to_string());
        detect_renames(changes, read)
            .iter()
            .map(|c| format!("{} -> {}", path(&c.old), path(&c.new)))
            .collect()
    }

    #[test]
    fn identical_content_is_a_rename() {
        let changes = vec![deleted("a/x.c", 0), added("b/y.c", 0)];
        assert_eq!(detected(changes, &["text\n"]), ["a/x.c -> b/y.c"]);
    }

    #[test]
    fn similar_content_is_a_rename_from_half_on() {
        let contents = ["1\n2\n3\n4\n", "1\n2\n3\n5\n", "1\n6\n7\n8\n"];
        assert_eq!(detected(vec![deleted("a", 0), added("b", 1)], &contents), ["a -> b"]);
        assert_eq!(detected(vec![deleted("a", 0), added("b", 2)], &contents), ["a -> -", "- -> b"]);
    }

    #[test]
    fn the_most_similar_source_wins() {
        let contents = ["1\n2\n3\n4\n", "1\n2\n3\n5\n", "1\n2\n3\n4\n9\n"];
        let changes = vec![deleted("near", 0), deleted("far", 1), added("new", 2)];
        assert_eq!(detected(changes, &contents), ["far -> -", "near -> new"]);
    }

    #[test]
    fn unreadable_content_is_left_unpaired() {
        assert_eq!(detected(vec![deleted("a", 7), added("b", 8)], &[]), ["a -> -", "- -> b"]);
    }
}

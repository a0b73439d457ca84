//! Which segments are merged at the end of a run.
//!
//! A lookup asks every segment, so there should be few; merging rewrites what it merges, so a small extension must
//! not rewrite a large index. The segments are kept in falling sizes, each at most a quarter of the one before it;
//! segments that break this rule are merged, from the smallest on.

use tantivy::Index;
use tantivy::index::{SegmentId, SegmentMeta};

/// A segment may stay beside a larger one if it has at most this share of its documents.
const MAX_SHARE_OF_NEXT: f64 = 0.25;

/// The segments that have to become one, so that the sizes fall steeply enough; none if they do.
///
/// # Errors
/// Where the segments cannot be listed.
pub fn segments_to_merge(index: &Index) -> tantivy::Result<Vec<SegmentId>> {
    let mut segments: Vec<SegmentMeta> = index.searchable_segment_metas()?;
    segments.sort_by_key(|segment| (segment.num_docs(), segment.id()));
    let sizes: Vec<u64> = segments.iter().map(|segment| u64::from(segment.num_docs())).collect();
    Ok(segments[..merged_prefix(&sizes)].iter().map(SegmentMeta::id).collect())
}

/// How many of the smallest segments have to become one; `sizes` is sorted.
fn merged_prefix(sizes: &[u64]) -> usize {
    let mut merged = 0;
    let mut sum = 0;
    for (place, size) in sizes.iter().enumerate() {
        if sum as f64 > MAX_SHARE_OF_NEXT * *size as f64 {
            merged = place + 1;
        }
        sum += size;
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steeply_falling_sizes_stay() {
        assert_eq!(merged_prefix(&[]), 0);
        assert_eq!(merged_prefix(&[10]), 0);
        assert_eq!(merged_prefix(&[10, 100, 1000]), 0);
    }

    #[test]
    fn equal_sizes_become_one() {
        assert_eq!(merged_prefix(&[100, 100, 100, 100]), 4);
    }

    #[test]
    fn a_small_extension_leaves_the_large_segment_alone() {
        assert_eq!(merged_prefix(&[10, 12, 1_000_000]), 2);
    }

    #[test]
    fn what_is_merged_counts_with_its_sum() {
        assert_eq!(merged_prefix(&[10, 10, 30, 1000]), 3);
        assert_eq!(merged_prefix(&[10, 10, 30, 150]), 4);
    }
}

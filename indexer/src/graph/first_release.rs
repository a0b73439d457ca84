//! The first release that contains a commit.

use crate::graph::ordinal::CommitOrdinal;
use crate::mapped_column::FixedWidth;

/// A tag's place among the tags of indexed commits, the oldest of which is at 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TagPlace(pub u32);

/// What is stored for commits that no release contains.
const UNRELEASED: u32 = u32::MAX;

impl FixedWidth for Option<TagPlace> {
    type Bytes = [u8; 4];

    fn to_bytes(self) -> [u8; 4] {
        self.map_or(UNRELEASED, |place| place.0).to_le_bytes()
    }

    fn from_bytes(bytes: [u8; 4]) -> Option<TagPlace> {
        Some(u32::from_le_bytes(bytes)).filter(|place| *place != UNRELEASED).map(TagPlace)
    }
}

/// For every commit the place of the first tag that contains it; none if no tag does.
///
/// `tags` are the tagged commits, oldest first; `parents` has the parents of every commit. Every commit is visited
/// once; the number of tags makes no difference.
pub fn first_releases(parents: &[Vec<CommitOrdinal>], tags: &[CommitOrdinal]) -> Vec<Option<TagPlace>> {
    let mut releases = vec![None; parents.len()];
    let mut queue = Vec::new();
    for (place, tag) in tags.iter().enumerate() {
        queue.push(*tag);
        while let Some(commit) = queue.pop() {
            if releases[commit.index()].is_none() {
                releases[commit.index()] = Some(TagPlace(place as u32));
                queue.extend(&parents[commit.index()]);
            }
        }
    }
    releases
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commits_belong_to_the_oldest_tag_that_reaches_them() {
        let ordinal = CommitOrdinal;
        // 0 - 1 - 2 - 4 and 1 - 3; tags on 1 and 2.
        let parents = [vec![], vec![ordinal(0)], vec![ordinal(1)], vec![ordinal(1)], vec![ordinal(2)]];
        let (first, second) = (Some(TagPlace(0)), Some(TagPlace(1)));
        assert_eq!(first_releases(&parents, &[ordinal(1), ordinal(2)]), [first, first, second, None, None]);
    }

    #[test]
    fn unreleased_commits_are_stored_as_the_largest_number() {
        assert_eq!(None::<TagPlace>.to_bytes(), [0xff; 4]);
        for release in [None, Some(TagPlace(0)), Some(TagPlace(300))] {
            assert_eq!(Option::<TagPlace>::from_bytes(release.to_bytes()), release);
        }
    }
}

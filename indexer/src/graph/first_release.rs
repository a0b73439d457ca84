//! The first release that contains a commit.

use crate::graph::CommitOrdinal;

/// Stands for commits that no release contains.
pub const UNRELEASED: u32 = u32::MAX;

/// For every commit the place of the first tag that contains it.
///
/// `tags` are the tagged commits, oldest first; `parents` has the parents of every commit. Every commit is visited
/// once, whatever the number of tags.
pub fn first_releases(parents: &[Vec<CommitOrdinal>], tags: &[CommitOrdinal]) -> Vec<u32> {
    let mut releases = vec![UNRELEASED; parents.len()];
    let mut queue = Vec::new();
    for (place, tag) in tags.iter().enumerate() {
        queue.push(*tag);
        while let Some(commit) = queue.pop() {
            if releases[commit.index()] == UNRELEASED {
                releases[commit.index()] = place as u32;
                queue.extend(&parents[commit.index()]);
            }
        }
    }
    releases
}

/// Whether a tag's name looks like a release: `v` and a digit.
pub fn is_release_tag(name: &str) -> bool {
    name.strip_prefix('v').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commits_belong_to_the_oldest_tag_that_reaches_them() {
        let ordinal = CommitOrdinal;
        // 0 - 1 - 2 - 4 and 1 - 3; tags on 1 and 2.
        let parents = [vec![], vec![ordinal(0)], vec![ordinal(1)], vec![ordinal(1)], vec![ordinal(2)]];
        assert_eq!(first_releases(&parents, &[ordinal(1), ordinal(2)]), [0, 0, 1, UNRELEASED, UNRELEASED]);
    }

    #[test]
    fn release_tags_begin_with_v_and_a_digit() {
        assert!(is_release_tag("v2.6.12-rc2"));
        assert!(!is_release_tag("next-20200101"));
        assert!(!is_release_tag("vacation"));
    }
}

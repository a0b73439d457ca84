//! Tags that mark releases.

use gix::ObjectId;
use serde::{Deserialize, Serialize};

/// A tag that marks a release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleaseTag {
    /// The tag's short name: `v3.1-rc4`.
    pub name: String,
    /// The tagged commit.
    #[serde(with = "hex_id")]
    pub commit: ObjectId,
}

/// Whether a tag's name looks like a release: `v` and a digit.
pub fn is_release_tag(name: &str) -> bool {
    name.strip_prefix('v').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

mod hex_id {
    use gix::ObjectId;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(id: &ObjectId, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(id)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<ObjectId, D::Error> {
        ObjectId::from_hex(String::deserialize(deserializer)?.as_bytes()).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn release_tags_begin_with_v_and_a_digit() {
        assert!(is_release_tag("v2.6.12-rc2"));
        assert!(!is_release_tag("next-20200101"));
        assert!(!is_release_tag("vacation"));
    }
}

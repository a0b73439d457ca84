//! The order of release names along the time line.

/// What release names are sorted by: version numbers first, a release candidate before its release; other names
/// after them by name; no release at all last.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum ReleaseOrder<'a> {
    Version { numbers: Vec<u64>, candidate: u64, name: &'a str },
    Other(&'a str),
    Unreleased,
}

impl<'a> ReleaseOrder<'a> {
    /// Where the release `name` stands; empty stands for no release.
    pub(super) fn of(name: &'a str) -> Self {
        if name.is_empty() {
            return Self::Unreleased;
        }
        Self::version(name).unwrap_or(Self::Other(name))
    }

    fn version(name: &'a str) -> Option<Self> {
        let version = name.strip_prefix('v')?;
        let (version, candidate) = match version.split_once("-rc") {
            Some((version, candidate)) => (version, candidate.parse().ok()?),
            None => (version, u64::MAX),
        };
        let numbers = version.split('.').map(str::parse).collect::<Result<_, _>>().ok()?;
        Some(Self::Version { numbers, candidate, name })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_come_in_order_of_time() {
        let in_order = [
            "v2.6.9",
            "v2.6.33-rc2",
            "v2.6.33-rc10",
            "v2.6.33",
            "v2.6.33.1",
            "v3.0-rc1",
            "v3.0",
            "next-1",
            "",
        ];
        let mut names = in_order;
        names.reverse();
        names.sort_by_key(|name| ReleaseOrder::of(name));
        assert_eq!(names, in_order);
    }
}

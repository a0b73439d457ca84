//! The methods of the services, by name.

/// Those that have one question and one answer.
pub(crate) const UNARY: [&str; 16] = [
    "Lookup",
    "LookupGathered",
    "GetBaseContent",
    "FormerNames",
    "GetMessages",
    "GetCommit",
    "GetStatus",
    "ListReleases",
    "History",
    "Compare",
    "Extract",
    "ListFiles",
    "ListCommits",
    "GetFile",
    "GetChangelog",
    "Search",
];

/// Those that stream.
const STREAMS: [&str; 5] = ["LookupStream", "LookupMany", "Attribute", "Check", "Audit"];

/// A method by its name; none where it is no service's.
pub(crate) fn method_named(name: &str) -> Option<&'static str> {
    UNARY.into_iter().chain(STREAMS).find(|known| *known == name)
}

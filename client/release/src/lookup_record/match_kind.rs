//! How candidates match, in the words of the outputs.

use hunktrace_proto::v1::Candidate;
use hunktrace_server::hunks::comparison::MatchKind;

/// The candidate's match kind: `exact`, `changes` and so on; `unknown` for one that this program does not know.
pub fn match_kind_name(candidate: &Candidate) -> &'static str {
    MatchKind::try_from(candidate.r#match()).map_or("unknown", MatchKind::name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_have_the_names_of_the_contract() {
        let name = |kind| match_kind_name(&Candidate { r#match: kind, ..Candidate::default() });
        let names: Vec<_> = (1..=7).map(name).collect();
        assert_eq!(names, ["exact", "changes", "normalized", "partial", "fuzzy", "implied", "unknown"]);
    }
}

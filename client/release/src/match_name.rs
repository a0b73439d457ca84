//! How the kinds of match are called in every form of output.

use hunktrace_proto::v1::MatchKind;

/// The match kind's name: `exact`, `changes` and so on; `unknown` for one that this program does not know yet.
pub fn match_name(kind: i32) -> &'static str {
    match MatchKind::try_from(kind) {
        Ok(MatchKind::Exact) => "exact",
        Ok(MatchKind::Changes) => "changes",
        Ok(MatchKind::Normalized) => "normalized",
        Ok(MatchKind::Partial) => "partial",
        Ok(MatchKind::Fuzzy) => "fuzzy",
        Ok(MatchKind::Implied) => "implied",
        Ok(MatchKind::Unspecified) | Err(_) => "unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_have_the_names_of_the_contract() {
        let names: Vec<_> = (1..=7).map(match_name).collect();
        assert_eq!(names, ["exact", "changes", "normalized", "partial", "fuzzy", "implied", "unknown"]);
    }
}

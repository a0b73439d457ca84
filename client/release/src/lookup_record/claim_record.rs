//! What a patch says of its own origin, as a record.

use hunktrace_proto::v1::{Claim, ClaimSource, ClaimVerdict};
use serde::Serialize;

use super::non_empty::non_empty;

/// A claim of a patch.
#[derive(Serialize)]
pub struct ClaimRecord<'a> {
    source: &'static str,
    named: Option<&'a str>,
    commits: &'a [String],
    verdict: &'static str,
    found: Option<&'a str>,
}

/// A claim as a record.
pub fn claim_record(claim: &Claim) -> ClaimRecord<'_> {
    ClaimRecord {
        source: match claim.source() {
            ClaimSource::Message => "message",
            ClaimSource::OwnId => "id",
            ClaimSource::Subject => "subject",
            ClaimSource::NotUpstream => "not upstream",
            ClaimSource::Unspecified => "unknown",
        },
        named: non_empty(&claim.named),
        commits: &claim.commits,
        verdict: match claim.verdict() {
            ClaimVerdict::Agrees => "agrees",
            ClaimVerdict::Disagrees => "disagrees",
            ClaimVerdict::Undecided => "undecided",
            ClaimVerdict::Unknown | ClaimVerdict::Unspecified => "unknown",
        },
        found: non_empty(&claim.found),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn record_says_who_claims_and_what_the_code_says() {
        let claim = Claim {
            source: ClaimSource::Message.into(),
            named: "aaaaaaaaaaaa".into(),
            commits: vec!["a".repeat(40)],
            verdict: ClaimVerdict::Disagrees.into(),
            found: "b".repeat(40),
        };
        let expected = serde_json::json!({
            "source": "message", "named": "aaaaaaaaaaaa", "commits": ["a".repeat(40)],
            "verdict": "disagrees", "found": "b".repeat(40),
        });
        assert_eq!(serde_json::to_value(claim_record(&claim)).ok(), Some(expected));
        let none = Claim {
            source: ClaimSource::NotUpstream.into(),
            verdict: ClaimVerdict::Agrees.into(),
            ..Claim::default()
        };
        let record = serde_json::to_value(claim_record(&none)).unwrap_or_default();
        assert_eq!((&record["source"], &record["named"]), (&"not upstream".into(), &serde_json::Value::Null));
    }
}

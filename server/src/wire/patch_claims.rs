//! What a patch says of its origin, beside what its code says.

use hunktrace_indexer::graph::{CommitGraph, CommitOrdinal};
use hunktrace_proto::v1;

use crate::confidence::LIKELY;
use crate::lookup::PatchAnswer;
use crate::lookup::candidate::Candidate;
use crate::lookup::claims::{Claim, ClaimSource, PatchClaims};
use crate::wire::origin_name::OriginName;

/// The claims as messages, each with what the answer says of it. `held` is what the base has already.
pub(crate) fn claim_messages(
    graph: &CommitGraph,
    claims: &PatchClaims,
    answer: &PatchAnswer,
    held: Option<&Candidate>,
) -> Vec<v1::Claim> {
    let likely = likely_origins(answer, held);
    let name = |commit: CommitOrdinal| OriginName::of(graph, commit).commit;
    let message = |claim: &Claim| {
        let is_likely = |origin: &CommitOrdinal| {
            likely.contains(origin) || graph.same_patch(*origin).iter().any(|other| likely.contains(other))
        };
        let verdict = match (claim.origins.is_empty(), likely.is_empty()) {
            (true, _) => v1::ClaimVerdict::Unknown,
            (_, true) => v1::ClaimVerdict::Undecided,
            _ if claim.origins.iter().any(is_likely) => v1::ClaimVerdict::Agrees,
            _ => v1::ClaimVerdict::Disagrees,
        };
        let found = likely.first().filter(|_| verdict == v1::ClaimVerdict::Disagrees);
        v1::Claim {
            source: source(claim.source).into(),
            named: claim.named.clone(),
            commits: claim.origins.iter().map(|origin| name(*origin)).collect(),
            verdict: verdict.into(),
            found: found.map(|origin| name(*origin)).unwrap_or_default(),
        }
    };
    let not_upstream = || {
        let found = likely.first().map(|origin| name(*origin));
        let verdict = if found.is_some() { v1::ClaimVerdict::Disagrees } else { v1::ClaimVerdict::Agrees };
        v1::Claim {
            source: v1::ClaimSource::NotUpstream.into(),
            verdict: verdict.into(),
            found: found.unwrap_or_default(),
            ..v1::Claim::default()
        }
    };
    claims.claims.iter().map(message).chain(claims.is_not_upstream.then(not_upstream)).collect()
}

/// The likely origins: of the patch, else of its hunks, else what the base has.
fn likely_origins(answer: &PatchAnswer, held: Option<&Candidate>) -> Vec<CommitOrdinal> {
    let is_likely = |candidate: &&Candidate| candidate.confidence >= LIKELY;
    let of_hunks = answer.hunks.iter().filter_map(|candidates| candidates.first());
    let all = answer.candidates.iter().chain(of_hunks).filter(is_likely).chain(held);
    all.map(|candidate| candidate.origin).collect()
}

fn source(source: ClaimSource) -> v1::ClaimSource {
    match source {
        ClaimSource::Message => v1::ClaimSource::Message,
        ClaimSource::OwnId => v1::ClaimSource::OwnId,
        ClaimSource::Subject => v1::ClaimSource::Subject,
    }
}

//! What is said beside candidates: what the base has already, what is undone, and what the patch says of itself.

use hunktrace_proto::v1::{Candidate, Claim, ClaimSource, ClaimVerdict, InBase};

use crate::commands::lookup::confidence_text::percent;
use crate::terminal::color::{FAINT, POSSIBLE, SURE};
use crate::terminal::commit_link::CommitLinks;
use crate::terminal::screen_text::{printable, short_id};

/// What the base has already, or what is undone, in one line; none if there is nothing such.
pub fn seen_text(
    in_base: Option<&InBase>,
    reverts: Option<&Candidate>,
    links: &CommitLinks,
) -> Option<String> {
    if let Some(InBase { candidate: Some(candidate), held_as, base }) = in_base {
        let Candidate { commit, confidence, subject, .. } = candidate;
        let held = if held_as == commit || held_as.is_empty() {
            String::new()
        } else {
            format!(" (as {})", short_id(held_as))
        };
        let (base, subject) = (printable(base), printable(subject));
        let (percent, commit) = (percent(*confidence), links.short(commit));
        return Some(format!(
            "already in {base}: {SURE}{percent}{SURE:#}  {commit}{held}  {FAINT}{subject}{FAINT:#}"
        ));
    }
    let Candidate { commit, confidence, subject, .. } = reverts?;
    let (commit, percent, subject) = (links.short(commit), percent(*confidence), printable(subject));
    Some(format!("reverts {commit}: {percent}  {FAINT}{subject}{FAINT:#}"))
}

/// What is to be said of a claim: that it agrees where a person wrote it, and everything that does not fit.
pub fn claim_text(claim: &Claim, links: &CommitLinks) -> Option<String> {
    let named = match claim.source() {
        ClaimSource::NotUpstream => "that it is not upstream".to_owned(),
        ClaimSource::Subject => format!("\"{}\"", printable(&claim.named)),
        _ => printable(short_id(&claim.named)),
    };
    let found = links.short(&claim.found);
    let is_written = claim.source() == ClaimSource::Message;
    match claim.verdict() {
        ClaimVerdict::Agrees if is_written => {
            Some(format!("{FAINT}says {named}, and the code agrees{FAINT:#}"))
        }
        ClaimVerdict::Disagrees => Some(format!("{POSSIBLE}says {named}, code says{POSSIBLE:#} {found}")),
        ClaimVerdict::Unknown => Some(format!("says {named}, which is not indexed")),
        ClaimVerdict::Undecided if is_written => Some(format!("says {named}, code alone does not tell")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use anstream::adapter::strip_str;

    #[test]
    fn claims_are_answered_where_there_is_something_to_say() {
        let text = |source: ClaimSource, verdict: ClaimVerdict| {
            let named = match source {
                ClaimSource::NotUpstream => String::new(),
                ClaimSource::Subject => "a: b c".to_owned(),
                _ => "a".repeat(40),
            };
            let found = if verdict == ClaimVerdict::Disagrees { "b".repeat(40) } else { String::new() };
            let claim =
                Claim { source: source.into(), named, commits: Vec::new(), verdict: verdict.into(), found };
            claim_text(&claim, &CommitLinks::NONE).map(|text| strip_str(&text).to_string())
        };
        for (source, verdict, expected) in [
            (ClaimSource::Message, ClaimVerdict::Agrees, Some("says aaaaaaaaaaaa, and the code agrees")),
            (
                ClaimSource::Message,
                ClaimVerdict::Disagrees,
                Some("says aaaaaaaaaaaa, code says bbbbbbbbbbbb"),
            ),
            (ClaimSource::Message, ClaimVerdict::Unknown, Some("says aaaaaaaaaaaa, which is not indexed")),
            (
                ClaimSource::Message,
                ClaimVerdict::Undecided,
                Some("says aaaaaaaaaaaa, code alone does not tell"),
            ),
            (ClaimSource::Subject, ClaimVerdict::Disagrees, Some("says \"a: b c\", code says bbbbbbbbbbbb")),
            (
                ClaimSource::NotUpstream,
                ClaimVerdict::Disagrees,
                Some("says that it is not upstream, code says bbbbbbbbbbbb"),
            ),
            (ClaimSource::OwnId, ClaimVerdict::Agrees, None),
            (ClaimSource::NotUpstream, ClaimVerdict::Agrees, None),
        ] {
            assert_eq!(text(source, verdict).as_deref(), expected, "{source:?} {verdict:?}");
        }
    }
}

//! What a patch says of its own origin: by its message, by the id that it was made from, by its subject.
//!
//! A claim proves nothing, but it is evidence: whoever writes "commit X upstream" usually knows.

use std::sync::LazyLock;

use bstr::ByteSlice;
use hunktrace_indexer::graph::{CommitGraph, CommitOrdinal, FoundCommit, SubjectHash};
use hunktrace_indexer::message::MessageFacts;
use hunktrace_indexer::patch::Patch;
use regex::Regex;

use crate::index::origin::{answering_for, origin_of};

/// A subject with fewer words is that of many commits: "fix typo".
const MIN_SUBJECT_WORDS: usize = 3;

/// A subject that more changes than this have names none of them.
const MAX_SAME_SUBJECT: usize = 4;

/// What makes a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ClaimSource {
    /// The message, or a header of it.
    Message,
    /// The id that the patch was made from.
    OwnId,
    /// The subject.
    Subject,
}

/// Something that a patch says of its origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// What says so.
    pub source: ClaimSource,
    /// What is named: an id as far as it is given, or a subject.
    pub named: String,
    /// The origins that this leads to, as candidates name them; none if the index does not know it.
    pub origins: Vec<CommitOrdinal>,
}

/// What a patch says of its origin.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PatchClaims {
    /// The claims, in the order in which they count: those of the message first.
    pub claims: Vec<Claim>,
    /// Whether the patch says that it is not upstream.
    pub is_not_upstream: bool,
}

impl PatchClaims {
    /// What a patch says, of commits that the graph knows.
    pub fn read(graph: &CommitGraph, patch: &Patch) -> PatchClaims {
        let mut claims = Vec::new();
        let message = message_of(patch);
        let facts = MessageFacts::parse(&message);
        for named in facts.origins {
            let origins = origins_named(graph, &named.hex);
            claims.push(Claim { source: ClaimSource::Message, named: named.hex, origins });
        }
        // A vendor's own id says nothing to the index.
        if let Some(id) = &patch.commit {
            let origins = origins_named(graph, id);
            if !origins.is_empty() {
                claims.push(Claim { source: ClaimSource::OwnId, named: id.clone(), origins });
            }
        }
        if let Some(subject) = patch.subject.as_deref().map(without_tags) {
            let origins = origins_with_subject(graph, subject);
            if !origins.is_empty() {
                claims.push(Claim { source: ClaimSource::Subject, named: subject.to_owned(), origins });
            }
        }
        PatchClaims { claims, is_not_upstream: says_not_upstream(&message) }
    }

    /// What claims an origin, the weightiest; none if nothing does.
    pub fn source_for(&self, origin: CommitOrdinal) -> Option<ClaimSource> {
        self.claims.iter().find(|claim| claim.origins.contains(&origin)).map(|claim| claim.source)
    }

    /// Whether the message or the id claims another origin, and nothing this one.
    pub fn is_against(&self, origin: CommitOrdinal) -> bool {
        self.source_for(origin).is_none()
            && self
                .claims
                .iter()
                .any(|claim| claim.source != ClaimSource::Subject && !claim.origins.is_empty())
    }

    /// The claimed origins that are indexed, or have indexed carriers; each once.
    pub fn origins(&self) -> Vec<CommitOrdinal> {
        let mut origins: Vec<CommitOrdinal> =
            self.claims.iter().flat_map(|claim| claim.origins.iter().copied()).collect();
        origins.sort_unstable();
        origins.dedup();
        origins
    }
}

/// The message of a patch without the line that names its own commit; a log indents it, and a mail may encode it.
fn message_of(patch: &Patch) -> String {
    let text = patch.preamble.to_str_lossy();
    let first = text.lines().next().unwrap_or_default();
    let has_own_id = patch.commit.as_ref().is_some_and(|id| first.contains(id.as_str()));
    let rest = if has_own_id { text.get(first.len()..).unwrap_or_default() } else { &text };
    // What stands in front of the first blank line are headers, which claim as well; the subject is the patch's.
    let subject = patch.subject.as_deref().map(without_tags).unwrap_or_default();
    let decoded = patch.decoded_message.to_str_lossy();
    format!("{subject}\n\n{}\n{decoded}", rest.trim_start_matches(['\n', '\r']))
}

/// The origin that an id leads to.
fn origins_named(graph: &CommitGraph, hex: &str) -> Vec<CommitOrdinal> {
    let commit = match graph.find_abbreviated(hex) {
        FoundCommit::One(commit) => Some(commit),
        FoundCommit::None => answering_for(graph, hex).ok(),
        FoundCommit::Several(_) => None,
    };
    commit.map(|commit| origin_of(graph, commit)).into_iter().collect()
}

/// The origins of the commits that have a subject, if it tells them from others.
fn origins_with_subject(graph: &CommitGraph, subject: &str) -> Vec<CommitOrdinal> {
    if subject.split_whitespace().count() < MIN_SUBJECT_WORDS {
        return Vec::new();
    }
    let commits = graph.with_subject(SubjectHash::of(subject));
    let mut origins: Vec<CommitOrdinal> =
        commits.into_iter().map(|commit| origin_of(graph, commit)).collect();
    origins.sort_unstable();
    origins.dedup();
    if origins.len() > MAX_SAME_SUBJECT { Vec::new() } else { origins }
}

/// A subject without what stands in brackets in front, and without the marks of Android's kernels.
fn without_tags(subject: &str) -> &str {
    let mut text = subject.trim();
    while let Some((_, rest)) = text.strip_prefix('[').and_then(|tag| tag.split_once(']')) {
        text = rest.trim_start();
    }
    for mark in ["UPSTREAM: ", "BACKPORT: "] {
        text = text.strip_prefix(mark).unwrap_or(text);
    }
    text
}

/// Whether a header says that the patch is not upstream.
fn says_not_upstream(message: &str) -> bool {
    static NOT_UPSTREAM: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"(?im)^\s*(?:patch-mainline:\s*(?:never|no|not|n/a)(?-u:\b)|upstream[- ]status:\s*(?:inappropriate|denied|rhel[- ]only|not applicable|n/a))",
        )
        .expect("a valid pattern")
    });
    NOT_UPSTREAM.is_match(message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory_index::{MemoryIndex, absent_carrier, carrier, commit, id_of};
    use hunktrace_indexer::patch::parse;

    const DIFF: &str = "--- a/x.c\n+++ b/x.c\n@@ -1 +1 @@\n-a\n+b\n";

    fn claims(graph: &CommitGraph, head: &str) -> PatchClaims {
        let text = parse(format!("{head}\n---\n{DIFF}").as_bytes());
        PatchClaims::read(graph, &text.patches[0])
    }

    #[test]
    fn claims_lead_to_the_origins_that_candidates_have() {
        let mainline = CommitOrdinal(0);
        let absent = "0123456789abcdef0123456789abcdef01234567";
        let graph = MemoryIndex::of([commit([]), carrier(mainline, []), absent_carrier(absent, [])]).graph;
        let id = |number| id_of(CommitOrdinal(number)).to_string();
        let head =
            |body: &str| format!("From: A <a@example.org>\nSubject: [PATCH 1/2] widget: mend it\n\n{body}\n");
        for (body, source, origins) in [
            (format!("commit {} upstream.", id(0)), ClaimSource::Message, vec![mainline]),
            (format!("(cherry picked from commit {})", id(1)), ClaimSource::Message, vec![mainline]),
            (format!("[ Upstream commit {absent} ]"), ClaimSource::Message, vec![CommitOrdinal(2)]),
            (format!("Git-commit: {}", "f".repeat(40)), ClaimSource::Message, vec![]),
        ] {
            let [claim] = &claims(&graph, &head(&body)).claims[..] else { panic!("one claim in {body}") };
            assert_eq!((claim.source, &claim.origins), (source, &origins), "{body}");
        }
        assert_eq!(claims(&graph, &head(&format!("Fixes: {}", id(0)))), PatchClaims::default());

        let log = format!("commit {}\nAuthor: A <a@example.org>\n\n    widget: mend it\n", id(1));
        let own = claims(&graph, &log);
        assert_eq!(own.source_for(mainline), Some(ClaimSource::OwnId));
        assert!(own.is_against(CommitOrdinal(2)) && !own.is_against(mainline));
        assert_eq!(own.origins(), [mainline]);
    }

    #[test]
    fn claims_in_encoded_mails_are_read() {
        let graph = MemoryIndex::of([commit([])]).graph;
        let claim = format!("commit {} upstream.", id_of(CommitOrdinal(0)));
        let (wrapped, rest) = claim.split_at(30);
        let quoted = format!("{wrapped}=\n{rest}\n---\n{}", DIFF.replace('=', "=3D"));
        let base64 = data_encoding::BASE64_MIME.encode(format!("{claim}\n---\n{DIFF}").as_bytes());
        let in_parts = format!(
            "--x\nContent-Type: text/plain\nContent-Transfer-Encoding: quoted-printable\n\n{wrapped}=\n{rest}\n\
             --x\nContent-Type: text/x-patch; name=a.patch\n\n{DIFF}\n--x--\n"
        );
        for (headers, body) in [
            ("Content-Transfer-Encoding: quoted-printable", quoted),
            ("Content-Transfer-Encoding: base64", base64),
            ("MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x", in_parts),
        ] {
            let mail = format!("From: A <a@example.org>\nSubject: [PATCH] x: mend it\n{headers}\n\n{body}");
            let text = parse(mail.as_bytes());
            assert!(text.problems.is_empty() && text.patches[0].files.len() == 1, "{:?}", text.problems);
            let read = PatchClaims::read(&graph, &text.patches[0]);
            assert_eq!(read.source_for(CommitOrdinal(0)), Some(ClaimSource::Message), "{headers}");
        }
    }

    #[test]
    fn patches_may_say_that_they_are_not_upstream() {
        let graph = MemoryIndex::of([commit([])]).graph;
        for (header, is_not_upstream) in [
            ("Patch-mainline: Never, ours", true),
            ("Patch-mainline: no (local)", true),
            ("Upstream-Status: Inappropriate [configuration]", true),
            ("Patch-mainline: v5.1-rc1", false),
            ("Upstream-Status: Backport", false),
        ] {
            let head = format!("From: A <a@example.org>\nSubject: x: y z\n{header}\n\nText.");
            assert_eq!(claims(&graph, &head).is_not_upstream, is_not_upstream, "{header}");
        }
    }
}

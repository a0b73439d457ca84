//! The records of `lookup`, in JSON lines or as a table: one for each hunk, and one for the patch behind those of its hunks.
//!
//! A release whose package has patches gets the same records.

mod claim_record;
mod hunk_record;
mod match_kind;
mod non_empty;
mod purpose_record;
mod related_record;
mod table;

use hunktrace_proto::v1::{Candidate, Evidence, InBase, Patch};
use serde::{Serialize, Serializer};

use self::claim_record::{ClaimRecord, claim_record};
pub use self::hunk_record::{HunkRecord, hunk_record};
pub use self::match_kind::match_kind_name;
pub use self::non_empty::non_empty;
pub use self::purpose_record::{PurposeRecord, purpose_facts, purpose_record, purpose_words};
pub use self::related_record::{RelatedRecord, related_record};
pub use self::table::{patch_rows, table_heading};

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Record<'a> {
    Hunk {
        patch: &'a str,
        id: Option<&'a str>,
        subject: Option<&'a str>,
        file: &'a str,
        old_start: u32,
        old_lines: u32,
        new_start: u32,
        new_lines: u32,
        candidates: Vec<CandidateRecord<'a>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        in_base: Option<InBaseRecord<'a>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        reverts: Option<CandidateRecord<'a>>,
    },
    Patch {
        patch: &'a str,
        id: Option<&'a str>,
        subject: Option<&'a str>,
        candidates: Vec<CandidateRecord<'a>>,
        claimed: Vec<ClaimRecord<'a>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        in_base: Option<InBaseRecord<'a>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        reverts: Option<CandidateRecord<'a>>,
    },
}

#[derive(Serialize)]
struct InBaseRecord<'a> {
    base: &'a str,
    held_as: &'a str,
    #[serde(flatten)]
    candidate: CandidateRecord<'a>,
}

#[derive(Serialize)]
struct CandidateRecord<'a> {
    commit: &'a str,
    #[serde(serialize_with = "four_decimals")]
    confidence: f64,
    r#match: &'static str,
    #[serde(serialize_with = "four_decimals")]
    similarity: f64,
    file: &'a str,
    subject: &'a str,
    first_release: Option<&'a str>,
    carriers: &'a [String],
    equivalents: &'a [String],
    reverted_by: &'a [String],
    reverts: &'a [String],
    fixed_by: &'a [String],
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    cves: &'a [String],
    carrier_releases: Vec<Option<&'a str>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related: Vec<RelatedRecord<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unindexed_origin: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    read_from: Option<&'a str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    unreferenced: bool,
    subsystem: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    purpose: Option<PurposeRecord<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hunk: Option<HunkRecord<'a>>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    reasons: &'a [String],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    evidence: Vec<EvidenceRecord<'a>>,
}

#[derive(Serialize)]
struct EvidenceRecord<'a> {
    name: &'a str,
    #[serde(serialize_with = "four_decimals")]
    value: f64,
    #[serde(serialize_with = "four_decimals")]
    weight: f64,
    text: &'a str,
}

/// The records of a patch that the user knows as `name`, a line each.
///
/// # Errors
/// Where a record cannot be written as JSON.
pub fn patch_lines(name: &str, patch: &Patch) -> serde_json::Result<String> {
    let mut out = String::new();
    let (id, subject) = (non_empty(&patch.commit), non_empty(&patch.subject));
    for hunk in &patch.hunks {
        let record = Record::Hunk {
            patch: name,
            id,
            subject,
            file: &hunk.file,
            old_start: hunk.old_start,
            old_lines: hunk.old_lines,
            new_start: hunk.new_start,
            new_lines: hunk.new_lines,
            candidates: hunk.candidates.iter().map(candidate_record).collect(),
            in_base: hunk.in_base.as_deref().and_then(in_base_record),
            reverts: hunk.reverts.as_deref().map(candidate_record),
        };
        out += &serde_json::to_string(&record)?;
        out.push('\n');
    }
    let record = Record::Patch {
        patch: name,
        id,
        subject,
        candidates: patch.candidates.iter().map(candidate_record).collect(),
        claimed: patch.claimed.iter().map(claim_record).collect(),
        in_base: patch.in_base.as_deref().and_then(in_base_record),
        reverts: patch.reverts.as_deref().map(candidate_record),
    };
    out += &serde_json::to_string(&record)?;
    out.push('\n');
    Ok(out)
}

fn in_base_record(held: &InBase) -> Option<InBaseRecord<'_>> {
    let candidate = candidate_record(held.candidate.as_ref()?);
    Some(InBaseRecord { base: &held.base, held_as: &held.held_as, candidate })
}

fn candidate_record(candidate: &Candidate) -> CandidateRecord<'_> {
    CandidateRecord {
        commit: &candidate.commit,
        confidence: candidate.confidence,
        r#match: match_kind_name(candidate),
        similarity: candidate.similarity,
        file: &candidate.file,
        subject: &candidate.subject,
        first_release: non_empty(&candidate.first_release),
        carriers: &candidate.carriers,
        equivalents: &candidate.equivalents,
        reverted_by: &candidate.reverted_by,
        reverts: &candidate.reverts,
        fixed_by: &candidate.fixed_by,
        cves: &candidate.cves,
        carrier_releases: candidate.carrier_releases.iter().map(|release| non_empty(release)).collect(),
        related: candidate.related.iter().map(related_record).collect(),
        unindexed_origin: non_empty(&candidate.unindexed_origin),
        read_from: non_empty(&candidate.read_from),
        unreferenced: candidate.unreferenced,
        subsystem: non_empty(&candidate.subsystem),
        purpose: candidate.purpose.as_deref().map(purpose_record),
        message: candidate.message.as_ref().map(|message| message.text.as_str()),
        hunk: candidate.hunk.as_deref().map(hunk_record),
        reasons: &candidate.reasons,
        evidence: candidate.evidence.iter().map(evidence_record).collect(),
    }
}

fn evidence_record(evidence: &Evidence) -> EvidenceRecord<'_> {
    let Evidence { name, value, weight, text } = evidence;
    EvidenceRecord { name, value: *value, weight: *weight, text }
}

/// A number with at most four decimals, beyond which none of them means anything.
pub fn rounded(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}

fn four_decimals<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(rounded(*value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use hunktrace_proto::v1::{CandidateHunk, CommitMessage, HunkAnswer, MatchKind};

    fn candidate() -> Candidate {
        Candidate {
            commit: "a".repeat(40),
            confidence: 0.987_654,
            r#match: MatchKind::Changes.into(),
            similarity: 1.0,
            file: "mm/x.c".into(),
            subject: "mm: say \"x\"".into(),
            first_release: "v4.20-rc1".into(),
            carriers: vec!["b".repeat(40)],
            carrier_releases: vec![String::new()],
            subsystem: "MEMORY MANAGEMENT".into(),
            ..Candidate::default()
        }
    }

    #[test]
    fn records_are_those_of_the_contract() {
        let hunk = HunkAnswer {
            file: "mm/x.c".into(),
            old_start: 1,
            old_lines: 2,
            new_start: 3,
            new_lines: 4,
            candidates: vec![candidate()],
            ..HunkAnswer::default()
        };
        let unreleased = Candidate { first_release: String::new(), ..candidate() };
        let patch = Patch {
            name: "ignored".into(),
            hunks: vec![hunk],
            candidates: vec![unreleased],
            subject: "mm: say it".into(),
            commit: "1234567".into(),
            ..Patch::default()
        };
        let (a, b) = ("a".repeat(40), "b".repeat(40));
        let common = format!(
            "\"commit\":\"{a}\",\"confidence\":0.9877,\"match\":\"changes\",\"similarity\":1.0,\"file\":\"mm/x.c\",\
             \"subject\":\"mm: say \\\"x\\\"\""
        );
        let rest = format!(
            "\"carriers\":[\"{b}\"],\"equivalents\":[],\"reverted_by\":[],\"reverts\":[],\"fixed_by\":[],\"carrier_releases\":[null],\
             \"subsystem\":\"MEMORY MANAGEMENT\""
        );
        let stated = r#""id":"1234567","subject":"mm: say it""#;
        let expected = format!(
            "{{\"type\":\"hunk\",\"patch\":\"n#1\",{stated},\"file\":\"mm/x.c\",\"old_start\":1,\"old_lines\":2,\"new_start\":3,\
             \"new_lines\":4,\"candidates\":[{{{common},\"first_release\":\"v4.20-rc1\",{rest}}}]}}\n\
             {{\"type\":\"patch\",\"patch\":\"n#1\",{stated},\"candidates\":[{{{common},\"first_release\":null,{rest}}}],\"claimed\":[]}}\n"
        );
        assert_eq!(patch_lines("n#1", &patch).ok(), Some(expected));
    }

    #[test]
    fn nothing_found_is_an_empty_list() {
        let lines = patch_lines("n", &Patch::default()).ok();
        assert_eq!(
            lines.as_deref(),
            Some(
                "{\"type\":\"patch\",\"patch\":\"n\",\"id\":null,\"subject\":null,\"candidates\":[],\"claimed\":[]}\n"
            )
        );
    }

    #[test]
    fn what_the_base_has_and_what_is_undone_are_records_of_their_own() {
        let named = Candidate { unindexed_origin: "c".repeat(40), read_from: "b".repeat(40), ..candidate() };
        let held = InBase { candidate: Some(named), held_as: "d".repeat(40), base: "v1".into() };
        let patch =
            Patch { in_base: Some(Box::new(held)), reverts: Some(Box::new(candidate())), ..Patch::default() };
        let line: serde_json::Value =
            serde_json::from_str(&patch_lines("n", &patch).unwrap_or_default()).expect("a record");
        let in_base = &line["in_base"];
        assert_eq!((&in_base["base"], &in_base["held_as"]), (&"v1".into(), &"d".repeat(40).into()));
        assert_eq!(in_base["unindexed_origin"], "c".repeat(40));
        assert_eq!((&in_base["read_from"], &in_base["confidence"]), (&"b".repeat(40).into(), &0.9877.into()));
        assert_eq!(line["reverts"]["commit"], "a".repeat(40));
        assert_eq!(line["reverts"].get("unindexed_origin"), None);
    }

    #[test]
    fn explanation_follows_the_other_keys() {
        let evidence =
            Evidence { name: "path".into(), value: 1.0, weight: -0.256_78, text: "another file".into() };
        let hunk = CandidateHunk { body: b"+\xff\n".to_vec(), ..CandidateHunk::default() };
        let message = CommitMessage { text: "mm: say\n\nLoudly.\n".into(), ..CommitMessage::default() };
        let explained = Candidate {
            message: Some(message),
            hunk: Some(Box::new(hunk)),
            evidence: vec![evidence],
            ..candidate()
        };
        let patch = Patch { candidates: vec![explained], ..Patch::default() };
        let lines = patch_lines("n", &patch).unwrap_or_default();
        let message = r#""message":"mm: say\n\nLoudly.\n""#;
        assert!(
            lines
                .contains(&format!("\"subsystem\":\"MEMORY MANAGEMENT\",{message},\"hunk\":{{\"commit\":\"")),
            "{lines}"
        );
        assert!(lines.contains("\"body\":\"+\u{fffd}\\n\"}"), "{lines}");
        assert!(lines.contains("\"weight\":-0.2568,\"text\":\"another file\""), "{lines}");
    }
}

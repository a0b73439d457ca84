use std::fs;

use hunktrace_proto::v1;

use super::*;
use crate::cve_sources::Severity;
use crate::tree_question::{
    AuditAnswer, AuditedFix, AuditedVulnerability, CheckedCommit, CheckedHunk, CveState, Evidence, FixState,
    HunkState, StateKind,
};

const FIX: &str = "1111111111111111111111111111111111111111";
const FAULT: &str = "3333333333333333333333333333333333333333";

fn commit(state: StateKind) -> CheckedCommit {
    CheckedCommit {
        asked: FIX.to_owned(),
        commit: FIX.to_owned(),
        state,
        by: String::new(),
        judged_by: FIX.to_owned(),
        subject: "net: fix the [port] | it".to_owned(),
        first_release: "v4.1".to_owned(),
        carriers: Vec::new(),
        equivalents: Vec::new(),
        hunks: vec![CheckedHunk {
            path: "net/a.c".into(),
            vendor_path: "net/a.c".into(),
            old_start: 7,
            section: "".into(),
            state: HunkState::LeftOut,
            by: String::new(),
            vendor_start: 0,
            vendor_lines: 0,
            lines: Vec::new(),
            obstacle: "the lines around it differ".to_owned(),
        }],
        is_sure: false,
        problem: String::new(),
        subsystem: "NETWORKING [GENERAL]".to_owned(),
    }
}

fn answer() -> AuditAnswer {
    let fix = |state: FixState| AuditedFix {
        commit: commit(StateKind::Absent),
        state,
        fixes: vec![FAULT.to_owned()],
        reverts: Vec::new(),
        mends: Vec::new(),
        follows: Vec::new(),
        vulnerabilities: vec!["CVE-2020-1".to_owned()],
        applies: false,
        waived: String::new(),
        purpose: Some(v1::Purpose { kind: "fix".to_owned(), cc_stable: true, ..v1::Purpose::default() }),
    };
    let known = AuditedVulnerability {
        id: "CVE-2020-1".to_owned(),
        state: CveState::Affected,
        evidence: Evidence::FixMissing,
        fixes: vec![commit(StateKind::Absent)],
        introduced_by: Vec::new(),
        depends_on: Vec::new(),
        severity: Severity::of("CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H"),
        waived: String::new(),
    };
    AuditAnswer { fixes: vec![fix(FixState::Missing), fix(FixState::Present)], vulnerabilities: vec![known] }
}

#[test]
fn json_lines_have_the_fields_of_the_contract() {
    let text = json_lines(&answer(), Told::Missing);
    let records: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("a record")).collect();
    assert_eq!(records.len(), 2);
    assert_eq!(records[0]["type"], "missing");
    assert_eq!((&records[0]["state"], &records[0]["applies"]), (&"missing".into(), &false.into()));
    assert_eq!(records[0]["fixes"], serde_json::json!([FAULT]));
    assert_eq!(
        (&records[0]["purpose"]["kind"], &records[0]["purpose"]["cc_stable"]),
        (&"fix".into(), &true.into())
    );
    assert_eq!(records[0]["subsystem"], "NETWORKING [GENERAL]");
    assert_eq!((&records[1]["type"], &records[1]["state"]), (&"cve".into(), &"affected".into()));
    assert_eq!(records[1]["fixes"][0]["status"], "absent");
    assert_eq!(json_lines(&answer(), Told::All).lines().count(), 3);
}

#[test]
fn tables_say_why_a_fix_does_not_apply() {
    let csv = csv_table(&answer(), Told::Missing);
    assert!(csv.contains(",CVE-2020-1,7.8 high,"), "{csv}");
    assert!(csv.contains("net/a.c:7: the lines around it differ"), "{csv}");
    assert_eq!(csv.lines().count(), 3);
    assert!(csv.lines().skip(1).all(|row| row.ends_with(",NETWORKING [GENERAL]")), "{csv}");
    let markdown = markdown_tables(&answer(), Told::Missing);
    assert!(markdown.contains("net: fix the \\[port\\] \\| it"), "{markdown}");
    assert!(markdown.contains("| NETWORKING \\[GENERAL\\] |\n"), "{markdown}");
    assert!(markdown.contains("| CVE-2020-1 | affected | 7.8 high |"), "{markdown}");
}

#[test]
fn what_an_earlier_audit_has_told_is_no_news() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("earlier.jsonl");
    let word = "{\"type\":\"vendor_says\",\"cve\":\"CVE-2020-9\"}\n";
    fs::write(&file, json_lines(&answer(), Told::Missing) + word).expect("the file");
    let earlier = EarlierAudit::read(&file).expect("an audit");
    let mut same = answer();
    earlier.retain_news(&mut same);
    assert_eq!(same, AuditAnswer::default());
    let mut other = answer();
    other.vulnerabilities[0].state = CveState::Fixed;
    earlier.retain_news(&mut other);
    assert_eq!(other.vulnerabilities.len(), 1, "its state is news");
    fs::write(&file, "{\"type\":\"missing\",\"commit\":\"a\"}\nno\n").expect("the file");
    let error = EarlierAudit::read(&file).expect_err("no audit").to_string();
    assert!(error.contains("line 2") && error.contains("--format jsonl"), "{error}");
}

#[test]
fn waivers_have_a_reason_behind_a_sign() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("waivers");
    fs::write(&file, "# all\n0123456789ab # not here\n\ndrivers/staging\nCVE-2020-1#known\n")
        .expect("the file");
    let waivers = read_waivers(&file).expect("waivers");
    let words: Vec<(&str, &str)> =
        waivers.iter().map(|waiver| (waiver.subject.as_str(), waiver.reason.as_str())).collect();
    assert_eq!(words, [("0123456789ab", "not here"), ("drivers/staging", ""), ("CVE-2020-1", "known")]);
    fs::write(&file, "x\n0123 because of it\n").expect("the file");
    let error = read_waivers(&file).expect_err("two words").to_string();
    assert!(error.contains("line 2") && error.contains("'#'"), "{error}");
}

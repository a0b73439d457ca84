use super::*;
use crate::tree_question::{AuditedVulnerability, Evidence};

fn word(name: &str, text: &str) -> Result<VendorWord, VendorWordError> {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join(name);
    fs::write(&file, text).expect("the file");
    VendorWord::read(&[file])
}

fn said(word: &VendorWord) -> Vec<(&str, Said)> {
    word.0.iter().map(|(id, said)| (id.as_str(), *said)).collect()
}

#[test]
fn changelogs_say_what_is_fixed() {
    let text =
        "* Mon Jan 03 2011 A <a@b> [2.6.32-94.el6]\n- [net] fix it (A) [1] {CVE-2010-4158 CVE-2010-4160}\n";
    let word = word("changelog", text).expect("a changelog");
    assert_eq!(said(&word), [("CVE-2010-4158", Said::Fixed), ("CVE-2010-4160", Said::Fixed)]);
}

#[test]
fn documents_say_what_state_each_vulnerability_is_in() {
    let vex = r#"{"statements":[{"vulnerability":{"name":"CVE-2010-0001"},"status":"affected"},
        {"vulnerability":"CVE-2010-0002","status":"not_affected"}]}"#;
    let word_of = |text: &str| word("a.json", text).expect("a document");
    assert_eq!(
        said(&word_of(vex)),
        [("CVE-2010-0001", Said::Affected), ("CVE-2010-0002", Said::NotAffected)]
    );
    let csaf = r#"{"vulnerabilities":[{"cve":"CVE-2010-0001","product_status":{"fixed":["a"],"known_affected":["b"]}},
        {"cve":"CVE-2010-0002","product_status":{"fixed":["a"]}}]}"#;
    assert_eq!(said(&word_of(csaf)), [("CVE-2010-0001", Said::Affected), ("CVE-2010-0002", Said::Fixed)]);
}

#[test]
fn word_is_held_against_the_code() {
    let known = |id: &str, evidence: Evidence| AuditedVulnerability {
        id: id.to_owned(),
        state: evidence.state(),
        evidence,
        fixes: Vec::new(),
        introduced_by: Vec::new(),
        depends_on: Vec::new(),
        severity: None,
        waived: String::new(),
    };
    let answer = AuditAnswer {
        fixes: Vec::new(),
        vulnerabilities: vec![
            known("CVE-2010-0001", Evidence::FixMissing),
            known("CVE-2010-0002", Evidence::FixThere),
            known("CVE-2010-0003", Evidence::FixThere),
            known("CVE-2010-0004", Evidence::FixThere),
        ],
    };
    let word = word("changelog", "{CVE-2010-0001} {CVE-2010-0004}").expect("a changelog");
    let mut with_affected = word.clone();
    with_affected.0.insert("CVE-2010-0003".to_owned(), Said::Affected);

    let words: Vec<String> = disagreements(&with_affected, &answer).iter().map(Disagreement::words).collect();

    assert_eq!(
        words,
        [
            "CVE-2010-0001: the vendor says it is fixed, and by the code it is affected",
            "CVE-2010-0002: fixed in silence: the vendor does not say so",
            "CVE-2010-0003: the vendor says it is affected, and by the code it is fixed",
        ]
    );
    assert_eq!(disagreements(&VendorWord::default(), &answer), []);
}

#[test]
fn file_that_says_nothing_is_refused() {
    let error = word("readme", "hello").expect_err("nothing").to_string();
    assert!(error.contains("names no vulnerability"), "{error}");
}

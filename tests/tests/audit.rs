//! What does this tree lack?

use hunktrace_tests::patched_release::{FILE, PatchedRelease, TREES, text};
use hunktrace_tests::records::records;
use serde_json::{Value, json};

const PROGRAM: &str = env!("CARGO_BIN_EXE_hunktrace_under_test");

/// What `audit` says, as records.
fn audit(release: &PatchedRelease, flags: &[&str]) -> Vec<Value> {
    let args = [&["audit", "--index", "index", "--format", "jsonl"], flags].concat();
    records(&release.place.run(&args).succeeded().stdout)
}

/// The states of the fixes, by commit.
fn fix_state<'a>(records: &'a [Value], commit: &str) -> Option<&'a str> {
    records.iter().find(|record| record["commit"] == commit)?["state"].as_str()
}

/// An OSV record of a vulnerability.
fn osv(id: &str, introduced: &str, fixed: &[&str]) -> String {
    let fixed = fixed.iter().map(|id| json!({"fixed": id}));
    let events: Vec<Value> = std::iter::once(json!({"introduced": introduced})).chain(fixed).collect();
    json!({"id": id, "affected": [{"ranges": [{"type": "GIT", "repo": "r", "events": events}]}]}).to_string()
}

#[test]
fn fixes_of_what_the_vendor_has_are_told_with_those_that_mend_them() {
    let release = PatchedRelease::new(PROGRAM);
    release.take_apart();

    for flags in [&["--taken", "out"][..], &TREES[..]] {
        let told = audit(&release, flags);

        assert_eq!(fix_state(&told, &release.fix), Some("will apply"), "{told:?}");
        assert_eq!(fix_state(&told, &release.fix_of_fix), Some("missing"), "{told:?}");
        assert_eq!(told.len(), 2, "{told:?}");
        assert_eq!(told[0]["fixes"], json!([release.in_base]));
        assert_eq!((&told[0]["applies"], &told[0]["first_release"]), (&json!(true), &json!("v4.1")));
        assert_eq!(told[1]["follows"], json!([release.fix]));
        assert_eq!(told[1]["obstacles"][0]["reason"], "lines that it removes are not there");
    }
    let all = audit(&release, &["--taken", "out", "--all"]);
    assert_eq!(fix_state(&all, &release.reverting), Some("present"), "{all:?}");
}

#[test]
fn waivers_earlier_results_and_revisions_leave_fixes_out() {
    let release = PatchedRelease::new(PROGRAM);
    release.take_apart();
    let told = release.place.run(&["audit", "--index", "index", "--taken", "out", "--format", "jsonl"]);
    release.place.write("earlier.jsonl", &told.succeeded().stdout);
    release.place.write("waivers", format!("{} # not needed\n", &release.fix[..12]));

    let waived = audit(&release, &["--taken", "out", "--waive", "waivers", "--all"]);
    assert_eq!(fix_state(&waived, &release.fix), Some("blacklisted"));
    let record = waived.iter().find(|record| record["commit"] == release.fix).expect("the fix");
    assert_eq!(record["waived"], "not needed");
    assert_eq!(audit(&release, &["--taken", "out", "--since", "earlier.jsonl"]), [] as [Value; 0]);
    assert_eq!(audit(&release, &["--taken", "out", "--since", "v4.1"]), [] as [Value; 0]);
}

#[test]
fn exit_code_says_whether_something_is_missing_or_affected() {
    let release = PatchedRelease::new(PROGRAM);
    release.take_apart();
    release.place.write("a.json", osv("CVE-2020-1", &release.in_base, &[&release.fix]));
    release.place.write("b.json", osv("CVE-2020-2", &release.in_base, &[&release.complete]));
    let code = |flags: &[&str]| {
        let args = [&["audit", "--index", "index", "--taken", "out"], flags].concat();
        release.place.run(&args).code
    };
    assert_eq!(code(&[]), Some(0));
    assert_eq!(code(&["--fail-on", "missing"]), Some(1));
    assert_eq!(code(&["--cve", "b.json", "--fail-on", "affected"]), Some(0));
    assert_eq!(code(&["--cve", "a.json", "--fail-on", "affected"]), Some(1));
}

#[test]
fn state_of_a_vulnerability_follows_the_code() {
    let release = PatchedRelease::new(PROGRAM);
    let nowhere = "0123456789abcdef0123456789abcdef01234567";
    let vulnerabilities = [
        ("fixed", osv("CVE-2020-1", &release.in_base, &[&release.complete])),
        ("fixed", osv("CVE-2020-2", &release.in_base, &[&release.superseded])),
        ("affected", osv("CVE-2020-3", &release.in_base, &[&release.fix])),
        ("not_affected", osv("CVE-2020-4", &release.absent, &[&release.fix])),
        ("under_investigation", osv("CVE-2020-5", &release.in_base, &[&release.partial])),
        ("under_investigation", osv("CVE-2020-6", nowhere, &[&release.fix])),
        ("under_investigation", osv("CVE-2020-7", &release.in_base, &[nowhere])),
        ("affected", osv("CVE-2020-8", &release.in_base, &[&release.reverted])),
        ("fixed", osv("CVE-2020-9", "0", &[&release.fix, &release.complete])),
    ];
    let list: Vec<Value> =
        vulnerabilities.iter().map(|(_, text)| serde_json::from_str(text).expect("a record")).collect();
    release.place.write("osv.json", Value::Array(list).to_string());
    // Two commits that are both needed, of which one is there; and one that upstream never had.
    let issue = |fixes: &str| {
        format!("introduced-by:\n  mainline: [{}]\nfixed-by:\n  mainline: [{fixes}]\n", release.in_base)
    };
    release.place.write("CVE-2021-1.yml", issue(&format!("{}, {}", release.complete, release.fix)));
    release.place.write("CVE-2021-2.yml", issue(&format!("{}, {}", release.complete, release.superseding)));
    release.place.write("CVE-2021-3.yml", "introduced-by:\n  mainline: never\n");
    let cves = [
        "--cve",
        "osv.json",
        "--cve",
        "CVE-2021-1.yml",
        "--cve",
        "CVE-2021-2.yml",
        "--cve",
        "CVE-2021-3.yml",
    ];

    let told = audit(&release, &[&TREES[..], &["--no-fixes"], &cves].concat());

    let states: Vec<(&str, &str)> =
        told.iter().filter_map(|record| Some((record["cve"].as_str()?, record["state"].as_str()?))).collect();
    let expected = [
        "CVE-2020-1",
        "CVE-2020-2",
        "CVE-2020-3",
        "CVE-2020-4",
        "CVE-2020-5",
        "CVE-2020-6",
        "CVE-2020-7",
        "CVE-2020-8",
        "CVE-2020-9",
    ];
    let mut expected: Vec<(&str, &str)> =
        expected.into_iter().zip(vulnerabilities.iter().map(|(state, _)| *state)).collect();
    expected.extend([
        ("CVE-2021-1", "under_investigation"),
        ("CVE-2021-2", "fixed"),
        ("CVE-2021-3", "not_affected"),
    ]);
    assert_eq!(states, expected, "{told:?}");
    assert_eq!(told[6]["fixes"][0]["status"], "not indexed");
}

#[test]
fn broken_backports_and_reverts_that_are_none_do_not_count() {
    let release = PatchedRelease::new(PROGRAM);
    let tree = |not_fixes: &str, not_reverts: &str| {
        let place = &release.place;
        std::fs::create_dir_all(place.path("vulns/cve/published/2024")).expect("a folder");
        std::fs::create_dir_all(place.path("vulns/scripts")).expect("a folder");
        let dyad = |fix: &str| format!("4.0:{}:4.1:{fix}\n", release.in_base);
        place.write("vulns/cve/published/2024/CVE-2024-1.dyad", dyad(&release.complete));
        place.write("vulns/cve/published/2024/CVE-2024-2.dyad", dyad(&release.reverted));
        place.write("vulns/scripts/not_fixes", not_fixes);
        place.write("vulns/scripts/not_reverts", not_reverts);
        let told = audit(&release, &[&TREES[..], &["--no-fixes", "--cve", "vulns"]].concat());
        told.iter().map(|record| record["state"].as_str().expect("a state").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(tree("", ""), ["fixed", "affected"]);
    assert_eq!(tree(&release.complete, ""), ["under_investigation", "affected"]);
}

#[test]
fn what_is_not_built_is_not_affected_and_what_is_not_there_neither() {
    let release = PatchedRelease::new(PROGRAM);
    release.place.write("a.json", osv("CVE-2020-1", &release.in_base, &[&release.fix]));
    release.place.write("built", "drivers/wall.c\n");
    let told =
        audit(&release, &[&TREES[..], &["--no-fixes", "--cve", "a.json", "--config", "built"]].concat());
    assert_eq!(
        (&told[0]["state"], &told[0]["reason"]),
        (&json!("not_affected"), &json!("its files are not built"))
    );

    release.repository.git(&["rm", "--quiet", FILE]);
    release.repository.commit("vendor release without it");
    let told = audit(&release, &[&TREES[..], &["--no-fixes", "--cve", "a.json"]].concat());
    assert_eq!(told[0]["reason"], "its files are not in the tree");
}

#[test]
fn fix_that_came_by_a_carrier_counts() {
    let release = PatchedRelease::new(PROGRAM);
    let upstream = &release.repository;
    upstream.branch("stable", "v4.0");
    let edits = [(30, "\tbase_opens_the_gate(dev);"), (2, "\tgate_opens_far_too_early(dev);")];
    let stable_line = (29, "\tcheck_the_gate_as_stable_does(dev);");
    let carrier = upstream.commit_file(
        FILE,
        text("gate", &[&edits[..], &[stable_line]].concat()),
        &format!("gate: check it\n\ncommit {} upstream.", release.fix),
    );
    release.place.index("index", "upstream");
    upstream.checkout("vendor");
    let vendor = std::fs::read_to_string(release.place.path("upstream").join(FILE)).expect("the file");
    let line = "\tcall_the_gate_function_29(dev, 29);";
    upstream.commit_file(FILE, vendor.replace(line, stable_line.1), "vendor release 2");
    release.place.write("a.json", osv("CVE-2020-1", &release.in_base, &[&release.fix]));

    let told = audit(&release, &[&TREES[..], &["--no-fixes", "--cve", "a.json"]].concat());
    assert_eq!(told[0]["state"], "fixed", "{told:?}");
    let checked = release
        .place
        .run(&[&["check", "--index", "index", "--format", "jsonl"], &TREES[..], &[&release.fix]].concat());
    assert_eq!(records(&checked.succeeded().stdout)[0]["judged_by"], carrier);
}

#[test]
fn documents_and_tables_are_written_and_equal_each_time() {
    let release = PatchedRelease::new(PROGRAM);
    release.place.write("a.json", osv("CVE-2020-1001", &release.in_base, &[&release.fix]));
    let printed = |format: &str| {
        let flags = [
            "--cve",
            "a.json",
            "--no-fixes",
            "--product",
            "pkg:rpm/x/kernel@4.0-1?arch=src",
            "--format",
            format,
        ];
        release.place.run(&[&["audit", "--index", "index"], &TREES[..], &flags].concat()).succeeded().stdout
    };
    for (format, word) in [
        ("openvex", "\"action_statement\""),
        ("csaf", "\"known_affected\""),
        ("cyclonedx", "\"exploitable\""),
        ("markdown", "| CVE-2020-1001 | affected |"),
        ("csv", "cve,CVE-2020-1001,affected"),
        ("text", "CVE-2020-1001"),
    ] {
        let once = printed(format);
        assert!(once.contains(word), "{format}: {once}");
        assert_eq!(once, printed(format), "{format}");
    }
}

#[test]
fn vendors_word_is_held_against_the_code() {
    let release = PatchedRelease::new(PROGRAM);
    release.place.write("a.json", osv("CVE-2020-1001", &release.in_base, &[&release.fix]));
    release.place.write("changelog", "- [gate] check it {CVE-2020-1001}\n");
    let flags = ["--cve", "a.json", "--no-fixes", "--vendor-says", "changelog"];
    let told = audit(&release, &[&TREES[..], &flags].concat());
    assert_eq!((&told[1]["type"], &told[1]["said"]), (&json!("vendor_says"), &json!("fixed")), "{told:?}");
}

#[test]
fn malformed_record_is_named_and_the_rest_is_answered() {
    let release = PatchedRelease::new(PROGRAM);
    release.place.write("a.json", osv("CVE-2020-1", &release.in_base, &[&release.fix]));
    release.place.write("CVE-2020-2.yml", "fixed-by: [\n");
    let flags = ["--no-fixes", "--cve", "a.json", "--cve", "CVE-2020-2.yml"];
    let run = release.place.run(&[&["audit", "--index", "index"], &TREES[..], &flags].concat());
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(run.stderr.contains("CVE-2020-2.yml: line "), "{}", run.stderr);
    assert!(run.stdout.contains("CVE-2020-1"), "{}", run.stdout);
}

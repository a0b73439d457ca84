//! What does this tree lack?

use hunktrace_tests::patched_release::{FILE, PatchedRelease, TREES, text};
use hunktrace_tests::records::records;
use hunktrace_tests::source_rpm::source_rpm;
use hunktrace_tests::workplace::Workplace;
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

/// The state of a vulnerability in two trees, and why.
fn cve_state(place: &Workplace, base: &str, vendor: &str, record: String) -> (String, String) {
    place.write("one.json", record);
    let args = ["audit", "--index", "index", "--format", "jsonl", "--no-fixes", "--cve", "one.json"];
    let told = place.run(&[&args[..], &["--base", base, "--vendor", vendor]].concat()).succeeded().stdout;
    let record = &records(&told)[0];
    let text = |key: &str| record[key].as_str().expect(key).to_owned();
    (text("state"), text("reason"))
}

#[test]
fn what_brought_it_in_may_itself_be_a_backport() {
    let release = PatchedRelease::new(PROGRAM);
    let upstream = &release.repository;
    let (backported, fix) = (&release.complete, &release.fix);
    let state = |record: String| cve_state(&release.place, "upstream:v4.0", "upstream:vendor", record).0;
    assert_eq!(state(osv("CVE-2020-1", backported, &[fix])), "affected", "taken after the base");
    assert_eq!(state(osv("CVE-2020-1", &release.partial, &[fix])), "affected", "a part of it was taken");
    assert_eq!(state(osv("CVE-2020-1", &release.absent, &[fix])), "not_affected", "not taken");

    // Sources name what brought it in on a stable branch as well: a carrier of what the vendor has.
    upstream.branch("stable", "v4.0");
    let lines = [
        (30, "\tbase_opens_the_gate(dev);"),
        (2, "\tgate_opens_far_too_early(dev);"),
        (6, "\talpha_is_added_here(dev);"),
    ];
    let carrier = upstream.commit_file(
        FILE,
        text("gate", &lines),
        &format!("gate: add alpha\n\ncommit {backported} upstream."),
    );
    release.place.index("index", "upstream");
    assert_eq!(state(osv("CVE-2020-1", &carrier, &[fix])), "affected", "named by a carrier");
}

#[test]
fn fix_that_was_undone_and_done_again_is_there() {
    let release = PatchedRelease::new(PROGRAM);
    let upstream = &release.repository;
    let file = || std::fs::read_to_string(release.place.path("upstream").join(FILE)).expect("the file");
    let (before, after) = ("\tcall_the_gate_function_2(dev, 2);", "\tgate_opens_far_too_early(dev);");
    upstream.checkout("master");
    let again = upstream.commit_file(
        FILE,
        file().replace(before, after),
        &format!("Reapply \"gate: open early\"\n\nThis reverts commit {}.", release.reverting),
    );
    release.place.index("index", "upstream");
    let record = || osv("CVE-2020-1", &release.in_base, &[&release.reverted]);
    let state = |base: &str, vendor: &str| cve_state(&release.place, base, vendor, record()).0;

    assert_eq!(state("upstream:v4.0", "upstream:vendor"), "affected", "undone by the vendor");
    upstream.checkout("vendor");
    upstream.commit_file(FILE, file().replace(before, after), "vendor release 2");
    assert_eq!(state("upstream:v4.0", "upstream:vendor"), "fixed", "done again by the vendor");
    assert_eq!(state("upstream:v4.1", "upstream:v4.1"), "affected", "undone in the base");
    upstream.branch("other", "v4.1");
    upstream.commit_file(FILE, file().replace(before, after), "another vendor's release");
    assert_eq!(
        state("upstream:v4.1", "upstream:other"),
        "fixed",
        "undone in the base, done again by the vendor"
    );
    assert_eq!(
        state(&format!("upstream:{again}"), &format!("upstream:{again}")),
        "fixed",
        "both in the base"
    );
}

#[test]
fn nothing_is_said_where_nobody_knows_what_brought_it_in() {
    let release = PatchedRelease::new(PROGRAM);
    let place = &release.place;
    std::fs::create_dir_all(place.path("vulns/cve/published/2024")).expect("a folder");
    let write = |id: &str, dyad: String| place.write(&format!("vulns/cve/published/2024/{id}.dyad"), dyad);
    write("CVE-2024-1", format!("0:0:4.1:{}\n", release.fix));
    write("CVE-2024-2", format!("0:0:4.1:{}\n", release.complete));
    write("CVE-2024-3", format!("4.0:{}:0:0\n", release.in_base));
    let told = audit(&release, &[&TREES[..], &["--no-fixes", "--cve", "vulns"]].concat());
    let states: Vec<(&Value, &Value)> =
        told.iter().map(|record| (&record["state"], &record["reason"])).collect();
    let unknown = "its fix is not in the tree, and nobody knows what brought it in";
    assert_eq!(states[0], (&json!("under_investigation"), &json!(unknown)));
    assert_eq!(states[1].0, "fixed");
    assert_eq!(states[2], (&json!("under_investigation"), &json!("no source names a fix")));
}

#[test]
fn files_of_a_vulnerability_speak_where_no_commit_does() {
    let release = PatchedRelease::new(PROGRAM);
    let place = &release.place;
    std::fs::create_dir_all(place.path("vulns/cve/published/2024")).expect("a folder");
    let nowhere = "0123456789abcdef0123456789abcdef01234567";
    for (number, file) in [(1, "drivers/moat.c"), (2, FILE), (3, "elsewhere/gate.c")] {
        let stem = format!("vulns/cve/published/2024/CVE-2024-{number}");
        place.write(&format!("{stem}.dyad"), format!("6.0:{nowhere}:6.1:{nowhere}\n"));
        let record = json!({"cveMetadata": {"cveID": "CVE-2024-1"}, "containers": {"cna": {
            "affected": [{"programFiles": [file]}],
            "metrics": [{"cvssV3_1": {"vectorString": "CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H"}}],
        }}});
        place.write(&format!("{stem}.json"), record.to_string());
    }
    place.write("built", "drivers/wall.c\n");
    let flags = [&TREES[..], &["--no-fixes", "--cve", "vulns"]].concat();
    let told = audit(&release, &flags);
    let reasons = |told: &[Value]| -> Vec<String> {
        told.iter().map(|record| record["reason"].as_str().expect("a reason").to_owned()).collect()
    };
    let not_indexed = "its fix is not indexed";
    assert_eq!(reasons(&told), ["its files are not in the tree", not_indexed, not_indexed]);
    assert_eq!((&told[0]["state"], &told[0]["severity"]["score"]), (&json!("not_affected"), &json!(7.8)));
    let told = audit(&release, &[&flags[..], &["--config", "built"]].concat());
    assert_eq!(reasons(&told)[1], "its files are not built");
}

#[test]
fn what_a_fix_depends_on_is_told_and_decides_nothing() {
    let release = PatchedRelease::new(PROGRAM);
    let issue = |fix: &str| {
        format!(
            "introduced-by:\n  mainline: [{}]\nfixed-by:\n  mainline: [{fix}]\nfix-depends-on:\n  {}: it is needed\n",
            release.in_base, release.absent
        )
    };
    release.place.write("CVE-2021-1.yml", issue(&release.fix));
    release.place.write("CVE-2021-2.yml", issue(&release.complete));
    let cves = ["--no-fixes", "--cve", "CVE-2021-1.yml", "--cve", "CVE-2021-2.yml"];
    let told = audit(&release, &[&TREES[..], &cves].concat());
    assert_eq!((&told[0]["state"], &told[1]["state"]), (&json!("affected"), &json!("fixed")));
    assert_eq!(told[0]["depends_on"][0]["commit"], release.absent);
    assert_eq!(told[0]["depends_on"][0]["status"], "absent");
}

#[test]
fn message_of_a_backport_may_say_that_a_fix_is_not_wanted() {
    let release = PatchedRelease::new(PROGRAM);
    let upstream = &release.repository;
    upstream.branch("stable", "v4.0");
    let lines = [
        (30, "\tbase_opens_the_gate(dev);"),
        (2, "\tgate_opens_far_too_early(dev);"),
        (6, "\talpha_is_added_here(dev);"),
    ];
    let (complete, fix) = (&release.complete, &release.fix);
    let message =
        format!("gate: add alpha\n\ncommit {complete} upstream.\n\nNo-Fix: {fix} # the gate is checked\n");
    let carrier = upstream.commit_file(FILE, text("gate", &lines), &message);
    release.place.index("index", "upstream");
    upstream.checkout("vendor");
    release.take_apart();

    let told = audit(&release, &["--taken", "out", "--all"]);
    assert_eq!(fix_state(&told, fix), Some("blacklisted"), "{told:?}");
    let record = told.iter().find(|record| record["commit"] == **fix).expect("the fix");
    assert_eq!(record["waived"], format!("{} says No-Fix: the gate is checked", &carrier[..12]));
}

#[test]
fn patch_of_a_package_may_say_that_a_fix_is_not_wanted() {
    let release = PatchedRelease::new(PROGRAM);
    let upstream = &release.repository;
    let kernel = upstream.git_with_input(&["archive", "--format=tar", "--prefix=linux-4.0/", "v4.0"], b"");
    let diff = upstream.git(&["diff", "v4.0", "vendor"]);
    let patch =
        format!("gate: add alpha\n\nNo-Fix: {} # the gate is checked\n---\n{diff}\n", &release.fix[..12]);
    let spec = b"Name: kernel\nSource0: linux-4.0.tar\nPatch1: vendor.patch\n%prep\n%setup -q\n%patch1 -p1\n";
    let files =
        [("kernel.spec", &spec[..]), ("vendor.patch", patch.as_bytes()), ("linux-4.0.tar", &kernel[..])];
    release.place.write("kernel.src.rpm", source_rpm(&files));

    let told = audit(&release, &["--base", "upstream:v4.0", "--vendor", "kernel.src.rpm", "--all"]);

    assert_eq!(fix_state(&told, &release.fix), Some("blacklisted"), "{told:?}");
    let record = told.iter().find(|record| record["commit"] == release.fix).expect("the fix");
    assert_eq!(record["waived"], "vendor.patch says No-Fix: the gate is checked");
}

#[test]
fn without_a_base_the_code_says_what_the_vendor_has() {
    let release = PatchedRelease::new(PROGRAM);
    let told = audit(&release, &["--base", "none", "--vendor", "upstream:vendor"]);
    assert_eq!(fix_state(&told, &release.fix), Some("will apply"), "{told:?}");
    assert_eq!(fix_state(&told, &release.fix_of_fix), Some("missing"), "{told:?}");
    assert_eq!(told.len(), 2, "{told:?}");
}

#[test]
fn report_of_a_release_gets_what_it_lacks() {
    let release = PatchedRelease::new(PROGRAM);
    release.take_apart();
    release.place.write("a.json", osv("CVE-2020-1001", &release.in_base, &[&release.complete]));
    let data = || {
        let path = release.place.path("out/report-data/audit.js");
        let script = std::fs::read_to_string(path).expect("the data file");
        let value =
            script.strip_prefix("hunktraceData(\"audit\",").and_then(|rest| rest.strip_suffix(");\n"));
        serde_json::from_str::<Value>(value.expect("a call")).expect("a value")
    };
    assert_eq!(data(), Value::Null, "not audited yet");

    audit(&release, &["--taken", "out", "--cve", "a.json", "--report"]);

    let data = data();
    let fix = data["fixes"].as_array().expect("fixes").iter().find(|fix| fix["commit"] == release.fix);
    assert_eq!(fix.expect("the fix")["mends"], json!([release.in_base]), "{data}");
    let reverting =
        data["fixes"].as_array().expect("fixes").iter().find(|fix| fix["commit"] == release.reverting);
    assert_eq!(reverting.expect("the revert")["undoes"], json!([release.reverted]));
    assert_eq!(data["cves"][&release.complete], json!(["CVE-2020-1001"]));
    assert_eq!(data["vulnerabilities"][0]["state"], "fixed");
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

use hunktrace_server::audit::vulnerability::{Account, FixSet, Introduced};

use super::*;

const FIX: &str = "1111111111111111111111111111111111111111";
const CARRIER: &str = "2222222222222222222222222222222222222222";
const FAULT: &str = "3333333333333333333333333333333333333333";
const OLD_FAULT: &str = "4444444444444444444444444444444444444444";

/// What is told by files of a folder, by path; the source is what is named first.
fn told(source: &str, files: &[(&str, &str)]) -> Result<KnownVulnerabilities, SourceError> {
    let folder = tempfile::tempdir().expect("a folder");
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("the folder");
        fs::write(path, text).expect("the file");
    }
    read_sources(&[folder.path().join(source)], None)
}

fn the_account(known: &KnownVulnerabilities) -> Account {
    let [vulnerability] = &known.vulnerabilities[..] else { panic!("{known:?}") };
    let [account] = &vulnerability.accounts[..] else { panic!("{known:?}") };
    account.clone()
}

fn set(commits: &[&str], mends: &[&str]) -> FixSet {
    let ids = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect();
    FixSet { commits: ids(commits), mends: ids(mends) }
}

#[test]
fn tree_of_the_cve_team_is_read_by_its_pairs() {
    let dyad = format!(
        "# dyad version: 1\n4.1:{FAULT}:5.1:{FIX}\n4.0.7:{OLD_FAULT}:4.9.2:{CARRIER}\n4.0.7:{OLD_FAULT}:0:0\n\
         6.1:{FAULT}:6.1:{FIX}\n"
    );
    let known = told(
        "vulns",
        &[
            ("vulns/cve/published/2024/CVE-2024-1.dyad", &dyad),
            ("vulns/cve/published/2024/CVE-2024-1.sha1", FIX),
            ("vulns/cve/rejected/2024/CVE-2024-2.dyad", &dyad),
            ("vulns/cve/reserved/2024/CVE-2024-3", ""),
            ("vulns/scripts/not_fixes", "# broken\n5555555555555555555555555555555555555555\n"),
            ("vulns/scripts/not_reverts", "6666666666666666666666666666666666666666 # fine\n"),
        ],
    )
    .expect("a tree");

    let account = the_account(&known);
    assert_eq!(account.introduced, Introduced::By(vec![FAULT.into(), OLD_FAULT.into()]));
    assert_eq!(account.fixes, [set(&[FIX], &[FAULT]), set(&[CARRIER], &[OLD_FAULT])]);
    assert_eq!((known.not_fixes.len(), known.not_reverts.len(), known.problems.len()), (1, 1, 0));
}

#[test]
fn pairs_without_a_beginning_leave_it_open_and_a_list_corrects_them() {
    let files = |dyad: &str, vulnerable: &str| {
        let mut files = vec![("cve/published/2024/CVE-2024-1.dyad", dyad.to_owned())];
        if !vulnerable.is_empty() {
            files.push(("cve/published/2024/CVE-2024-1.vulnerable", vulnerable.to_owned()));
        }
        let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
        the_account(&told("", &files).expect("a tree"))
    };
    let unknown = files(&format!("0:0:5.1:{FIX}\n"), "");
    assert_eq!((unknown.introduced, unknown.fixes), (Introduced::Unknown, vec![set(&[FIX], &[])]));
    let corrected = files(&format!("4.1:{FAULT}:5.1:{FIX}\n"), &format!("{OLD_FAULT} {FAULT}\n"));
    assert_eq!(corrected.introduced, Introduced::By(vec![OLD_FAULT.into(), FAULT.into()]));
}

#[test]
fn cve_without_pairs_is_mended_by_any_of_its_commits() {
    let text = format!("{FIX}\n{CARRIER}\n");
    let known = told("", &[("cve/published/2024/CVE-2024-1.sha1", &text)]).expect("a tree");
    assert_eq!(the_account(&known).fixes, [set(&[FIX], &[]), set(&[CARRIER], &[])]);
}

#[test]
fn malformed_record_is_named_with_its_line_and_the_rest_is_read() {
    let good = format!("4.1:{FAULT}:5.1:{FIX}\n");
    let known = told(
        "",
        &[
            ("cve/published/2024/CVE-2024-1.dyad", "# dyad\n4.1:here:5.1\n"),
            ("cve/published/2024/CVE-2024-2.dyad", &good),
            ("cve/published/2024/CVE-2024-3.dyad", "4.1:wrong:5.1:0\n"),
        ],
    )
    .expect("a tree");
    assert_eq!(known.vulnerabilities.len(), 1);
    let problems: Vec<String> = known.problems.iter().map(ToString::to_string).collect();
    assert!(problems[0].contains("CVE-2024-1.dyad: line 2: is no pair"), "{problems:?}");
    assert!(problems[1].contains("CVE-2024-3.dyad: line 1: \"wrong\" is no commit"), "{problems:?}");
}

#[test]
fn issues_of_cip_name_all_commits_that_are_needed() {
    let issue = format!(
        "description: x\nintroduced-by:\n  mainline: [{FAULT}]\nfixed-by:\n  debian/x: &a ['version:debian/1']\n  \
         stable/3.2: [{CARRIER}]\n  mainline: [{FIX}, {OLD_FAULT}]\n  debian/y: *a\n"
    );
    let never = "introduced-by:\n  mainline: never\n";
    let known = told(
        "cip",
        &[("cip/issues/CVE-2011-1.yml", &issue), ("cip/issues/CVE-2011-2.yml", never), ("cip/README", "")],
    )
    .expect("issues");
    let accounts: Vec<&Account> = known.vulnerabilities.iter().map(|known| &known.accounts[0]).collect();
    assert_eq!(accounts[0].introduced, Introduced::By(vec![FAULT.into()]));
    assert_eq!(accounts[0].fixes, [set(&[FIX, OLD_FAULT], &[]), set(&[CARRIER], &[])]);
    assert_eq!((&accounts[1].introduced, accounts[1].fixes.len()), (&Introduced::Never, 0));
}

#[test]
fn osv_records_list_every_fix_and_call_the_beginning_zero() {
    let record = |introduced: &str| {
        format!(
            r#"{{"id":"X-1","aliases":["CVE-2020-1"],"affected":[{{"ranges":[{{"type":"GIT","repo":"r","events":[
               {{"introduced":"{introduced}"}},{{"fixed":"{FIX}"}},{{"fixed":"{CARRIER}"}}]}},
               {{"type":"SEMVER","events":[{{"introduced":"1.0"}}]}}]}}]}}"#
        )
    };
    let known = told("a.json", &[("a.json", &record("0"))]).expect("a record");
    assert_eq!(known.vulnerabilities[0].id, "CVE-2020-1");
    let account = the_account(&known);
    assert_eq!(account.introduced, Introduced::FromTheBeginning);
    assert_eq!(account.fixes, [set(&[FIX], &[]), set(&[CARRIER], &[])]);
    let list = format!("[{},{{\"id\":\"no\"}}]", record(FAULT));
    let known = told("a.json", &[("a.json", &list)]).expect("records");
    assert_eq!(the_account(&known).introduced, Introduced::By(vec![FAULT.into()]));
    assert_eq!(known.problems.len(), 1);
}

#[test]
fn cve_records_pair_commits_and_name_files() {
    let record = format!(
        r#"{{"cveMetadata":{{"cveId":"CVE-2024-9","state":"PUBLISHED"}},"containers":{{"cna":{{"affected":[
           {{"programFiles":["net/a.c"],"versions":[
             {{"version":"{FAULT}","lessThan":"{FIX}","status":"affected","versionType":"git"}},
             {{"version":"5.1","status":"affected","versionType":"semver"}}]}}]}}}}}}"#
    );
    let known = told("a.json", &[("a.json", &record)]).expect("a record");
    assert_eq!(the_account(&known).fixes, [set(&[FIX], &[FAULT])]);
    assert_eq!(known.vulnerabilities[0].files, ["net/a.c"]);
}

#[test]
fn several_sources_stand_side_by_side() {
    let folder = tempfile::tempdir().expect("a folder");
    let (cip, osv) = (folder.path().join("CVE-2020-1.yml"), folder.path().join("b.json"));
    fs::write(&cip, format!("fixed-by:\n  mainline: [{FIX}]\n")).expect("the file");
    fs::write(&osv, r#"{"id":"CVE-2020-1","affected":[]}"#).expect("the file");
    let known = read_sources(&[cip, osv], None).expect("sources");
    assert_eq!(known.vulnerabilities.len(), 1);
    assert_eq!(known.vulnerabilities[0].accounts.len(), 2);
}

#[test]
fn what_is_no_source_is_refused_with_what_would_be_one() {
    let error = told("x", &[("x/readme", "")]).expect_err("no source").to_string();
    assert!(error.contains("is no source of vulnerabilities") && error.contains("CIP"), "{error}");
    assert!(matches!(told("y", &[]), Err(SourceError::Io { .. })));
    assert!(matches!(told("a.txt", &[("a.txt", "")]), Err(SourceError::UnknownForm { .. })));
}

#[test]
fn what_a_fix_of_cip_depends_on_is_told_with_it() {
    let issue =
        format!("fixed-by:\n  mainline: [{FIX}]\nfix-depends-on:\n  {FAULT}: |-\n    Why it is needed.\n");
    let known = told("CVE-2011-1.yml", &[("CVE-2011-1.yml", &issue)]).expect("an issue");
    assert_eq!(the_account(&known).depends_on, [FAULT]);
}

#[test]
fn record_of_the_cve_team_tells_files_and_severity() {
    let dyad = format!("4.1:{FAULT}:5.1:{FIX}\n");
    let record = r#"{"cveMetadata":{"cveID":"CVE-2024-1"},"containers":{"cna":{
        "affected":[{"programFiles":["net/b.c","net/a.c"]},{"programFiles":["net/a.c"]}],
        "metrics":[{"cvssV3_1":{"vectorString":"CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H","baseScore":7.8}}]}}}"#;
    let files = |record: &'static str| {
        [
            ("cve/published/2024/CVE-2024-1.dyad", dyad.clone()),
            ("cve/published/2024/CVE-2024-1.json", record.to_owned()),
        ]
    };
    let read = |record: &'static str| {
        let files = files(record);
        let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
        told("", &files).expect("a tree")
    };
    let known = read(record);
    assert_eq!(known.vulnerabilities[0].files, ["net/a.c", "net/b.c"]);
    assert_eq!(known.severities["CVE-2024-1"].words(), "7.8 high");
    let broken = read("{");
    assert_eq!(broken.problems.len(), 1, "{broken:?}");
}

#[test]
fn severities_of_osv_are_read_and_the_worst_counts() {
    let record = |vector: &str| {
        format!(r#"{{"id":"CVE-2020-1","affected":[],"severity":[{{"type":"CVSS_V3","score":"{vector}"}}]}}"#)
    };
    let (low, high) =
        ("CVSS:3.1/AV:P/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H");
    let list = format!("[{},{},{}]", record(low), record(high), record("nonsense"));
    let known = told("a.json", &[("a.json", &list)]).expect("records");
    assert_eq!(known.severities["CVE-2020-1"].vector, high);
}

#[test]
fn trackers_of_ubuntu_and_debian_are_read() {
    let ubuntu = format!(
        "Candidate: CVE-2020-1\nPatches_linux:\n break-fix: {FAULT} {FIX}|{CARRIER}\n break-fix: - local-1\n"
    );
    let debian = format!(
        "Description: x\nupstream: released (5.1-rc1) [{FIX}, bugfix/all/x.patch]\n5.0-upstream-stable: released (5.0.3) \
         [{CARRIER}]\nsid: released (5.1-1)\n"
    );
    let files =
        [("t/active/CVE-2020-1", ubuntu.as_str()), ("t/retired/CVE-2020-2", &debian), ("t/README", "")];
    let known = told("t", &files).expect("a tracker");
    let accounts: Vec<&Account> = known.vulnerabilities.iter().map(|known| &known.accounts[0]).collect();
    assert_eq!(accounts[0].introduced, Introduced::Unknown);
    assert_eq!(accounts[0].fixes, [set(&[FIX, CARRIER], &[])]);
    assert_eq!(accounts[1].fixes, [set(&[FIX], &[]), set(&[CARRIER], &[])]);
    let known = told("CVE-2020-3", &[("CVE-2020-3", "this is text\n")]).expect("a file");
    assert!(known.problems[0].to_string().contains("neither a record of Ubuntu"), "{known:?}");
}

#[test]
fn tree_that_was_read_is_kept_and_what_changes_is_read_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let (tree, kept) = (folder.path().join("vulns"), folder.path().join("kept"));
    let published = tree.join("cve/published/2024");
    fs::create_dir_all(&published).expect("the folder");
    let long_ago = std::time::SystemTime::now() - std::time::Duration::from_secs(3600);
    let write = |name: &str, text: &str| {
        let path = published.join(name);
        fs::write(&path, text).expect("the file");
        fs::File::options()
            .write(true)
            .open(&path)
            .expect("the file")
            .set_modified(long_ago)
            .expect("its time");
    };
    let record = |files: &[&str]| {
        let metrics = serde_json::json!([{"cvssV3_1": {"vectorString": "CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H"}}]);
        let affected = serde_json::json!([{"programFiles": files}]);
        serde_json::json!({"cveMetadata": {"cveId": "CVE-2024-1"}, "containers": {"cna": {"affected": affected, "metrics": metrics}}})
            .to_string()
    };
    write("CVE-2024-1.dyad", &format!("4.1:{FAULT}:5.1:{FIX}\n"));
    write("CVE-2024-1.json", &record(&["fs/a.c"]));
    write("CVE-2024-2.dyad", &format!("0:0:5.1:{FIX}\n"));
    write("CVE-2024-3.dyad", "no pairs\n");
    let read = || read_sources(std::slice::from_ref(&tree), Some(&kept)).expect("a tree");

    let first = read();
    let again = read();
    assert_eq!((&first.vulnerabilities, &first.severities), (&again.vulnerabilities, &again.severities));
    assert_eq!((again.vulnerabilities.len(), again.severities.len(), again.problems.len()), (2, 1, 1));
    assert_eq!(fs::read_dir(&kept).expect("the folder").count(), 1);

    // As long, and as old by its own word.
    write("CVE-2024-2.dyad", &format!("0:0:5.1:{CARRIER}\n"));
    write("CVE-2024-1.json", &record(&["fs/b.c"]));
    write("CVE-2024-1.vulnerable", OLD_FAULT);
    let changed = read();
    assert_eq!(changed.vulnerabilities[1].accounts[0].fixes, [set(&[CARRIER], &[])]);
    assert_eq!(changed.vulnerabilities[0].files, ["fs/b.c"]);
    let introduced = Introduced::By(vec![OLD_FAULT.into(), FAULT.into()]);
    assert_eq!(changed.vulnerabilities[0].accounts[0].introduced, introduced);
    fs::remove_file(published.join("CVE-2024-2.dyad")).expect("the file");
    assert_eq!(read().vulnerabilities.len(), 1);

    fs::write(fs::read_dir(&kept).expect("it").next().expect("one").expect("one").path(), "{").expect("it");
    assert_eq!(read().vulnerabilities.len(), 1, "what is kept was damaged");
}

#[test]
fn tree_is_read_where_nothing_can_be_kept() {
    let folder = tempfile::tempdir().expect("a folder");
    let published = folder.path().join("cve/published/2024");
    fs::create_dir_all(&published).expect("the folder");
    fs::write(published.join("CVE-2024-1.sha1"), FIX).expect("the file");
    fs::write(folder.path().join("kept"), "a file").expect("the file");
    let known = read_sources(&[folder.path().to_owned()], Some(&folder.path().join("kept"))).expect("a tree");
    assert_eq!((known.vulnerabilities.len(), known.not_kept.len()), (1, 1));
}

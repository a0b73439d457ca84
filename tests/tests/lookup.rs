//! Looking patches up in an index.

use hunktrace_tests::git_repository::GitRepository;
use hunktrace_tests::records::{best, candidate_commits, patch_records, records};
use hunktrace_tests::source_text::{c_file, edit};
use hunktrace_tests::workplace::{Run, Workplace};
use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_hunktrace_under_test");

/// The file that most changes here are made to.
const FILE: &str = "drivers/ember.c";

/// What the fix changes, and into what.
const FAULT: &str = "\tdev->ember_state4 = level;\n";
const MENDED: &str =
    "\tspin_lock(&dev->ember_lock);\n\tdev->ember_state4 = level;\n\tspin_unlock(&dev->ember_lock);\n";

/// An upstream repository with an index: a base that is tagged v1.0, a fix, and v1.1 behind it.
struct Upstream {
    place: Workplace,
    repository: GitRepository,
    /// The file before the fix.
    before: String,
    /// The file with the fix.
    after: String,
    fix: String,
}

impl Upstream {
    fn new() -> Upstream {
        let place = Workplace::new(PROGRAM);
        let repository = place.repository("upstream");
        let before = c_file("ember", 8);
        let after = edit(&before, FAULT, MENDED);
        repository.write("drivers/other.c", c_file("other", 8));
        repository.commit_file(FILE, &before, "drivers: add ember and other");
        repository.tag("v1.0");
        let fix = repository.commit_file(FILE, &after, "ember: take the lock around the state");
        repository.tag("v1.1");
        Upstream { place, repository, before, after, fix }
    }

    fn index(&self) {
        self.place.index("index", "upstream");
    }

    fn jsonl(&self, args: &[&str]) -> Run {
        let fixed = ["lookup", "--index", "index", "--format", "jsonl"];
        self.place.run(&[&fixed, args].concat())
    }

    /// The records for a patch that is read without trouble.
    fn look_up(&self, patch: impl AsRef<[u8]>, args: &[&str]) -> Vec<Value> {
        self.place.write("query.patch", patch);
        records(&self.jsonl(&[args, &["query.patch"]].concat()).succeeded().stdout)
    }
}

/// The change of a file as git shows it, made in a repository that the index knows nothing of.
fn vendor_diff(place: &Workplace, file: &str, before: &str, after: &str) -> String {
    let vendor = place.repository("vendor");
    vendor.commit_file(file, before, "vendor: import");
    vendor.write(file, after);
    vendor.git(&["diff"]) + "\n"
}

fn patch_of(records: &[Value]) -> &Value {
    records.iter().find(|record| record["type"] == "patch").expect("a record for the patch")
}

fn keys(record: &Value) -> Vec<&str> {
    let mut keys: Vec<&str> = record.as_object().expect("an object").keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

#[test]
fn hunk_records_have_the_keys_of_the_contract() {
    let upstream = Upstream::new();
    upstream.index();

    let found = upstream.look_up(upstream.repository.format_patch(&upstream.fix), &[]);

    let expected = [
        "candidates",
        "file",
        "id",
        "new_lines",
        "new_start",
        "old_lines",
        "old_start",
        "patch",
        "subject",
        "type",
    ];
    assert_eq!(keys(&found[0]), expected);
    assert_eq!(found[0]["type"], "hunk");
    assert_eq!(found[0]["patch"], "query.patch");
    assert_eq!(found[0]["file"], FILE);
    let header = upstream.repository.git(&["diff", "v1.0", "v1.1"]);
    let header = header.lines().find(|line| line.starts_with("@@")).expect("a hunk").to_owned();
    let numbers = ["old_start", "old_lines", "new_start", "new_lines"].map(|key| &found[0][key]);
    let [old_start, old_lines, new_start, new_lines] = numbers;
    let expected = format!("@@ -{old_start},{old_lines} +{new_start},{new_lines} @@");
    assert!(header.starts_with(&expected), "{header} is not {expected}");
}

#[test]
fn patch_records_have_the_keys_of_the_contract() {
    let upstream = Upstream::new();
    upstream.index();

    let found = upstream.look_up(upstream.repository.format_patch(&upstream.fix), &[]);

    assert_eq!(keys(patch_of(&found)), ["candidates", "claimed", "id", "patch", "subject", "type"]);
    assert_eq!(patch_of(&found)["id"], upstream.fix);
    assert_eq!(patch_of(&found)["subject"], "[PATCH] ember: take the lock around the state");
}

#[test]
fn candidates_have_the_keys_and_types_of_the_contract() {
    let upstream = Upstream::new();
    upstream.index();

    let found = upstream.look_up(upstream.repository.format_patch(&upstream.fix), &[]);

    for record in &found {
        let candidate = &record["candidates"][0];
        let present = keys(candidate);
        for key in ["commit", "match", "file", "subject", "first_release"] {
            assert!(candidate[key].is_string(), "{key} of {candidate}");
        }
        for key in ["confidence", "similarity"] {
            let share = candidate[key].as_f64();
            assert!(share.is_some_and(|share| (0.0..=1.0).contains(&share)), "{key} of {candidate}");
        }
        for key in ["carriers", "equivalents", "reverted_by", "fixed_by", "carrier_releases"] {
            assert!(candidate[key].is_array(), "{key} of {candidate}");
        }
        assert!(!present.contains(&"hunk") && !present.contains(&"evidence"), "{candidate}");
        assert_eq!(candidate["commit"].as_str().map(str::len), Some(40), "{candidate}");
    }
}

#[test]
fn patch_record_follows_those_of_its_hunks() {
    let upstream = Upstream::new();
    upstream.index();
    let two_places = edit(&upstream.after, "\treturn ember_finish0(dev, level);\n", "\treturn 0;\n");
    let patch = vendor_diff(&upstream.place, FILE, &upstream.before, &two_places);

    upstream.place.write("first.patch", &patch);
    upstream.place.write("second.patch", &patch);
    let found = records(&upstream.jsonl(&["first.patch", "second.patch"]).succeeded().stdout);

    let order: Vec<[&str; 2]> =
        found.iter().map(|record| ["patch", "type"].map(|key| record[key].as_str().unwrap_or(""))).collect();
    assert_eq!(
        order,
        [
            ["first.patch", "hunk"],
            ["first.patch", "hunk"],
            ["first.patch", "patch"],
            ["second.patch", "hunk"],
            ["second.patch", "hunk"],
            ["second.patch", "patch"],
        ]
    );
}

#[test]
fn candidates_come_best_first() {
    let upstream = Upstream::new();
    let again = edit(&upstream.after, "\tdev->ember_state5 = level;\n", "\tspin_lock(&dev->ember_lock);\n");
    upstream.repository.commit_file(FILE, &again, "ember: lock once more");
    upstream.index();

    let found = upstream.look_up(upstream.repository.format_patch(&upstream.fix), &["--max", "10"]);

    for record in &found {
        let confidences: Vec<f64> = record["candidates"]
            .as_array()
            .expect("candidates")
            .iter()
            .map(|candidate| candidate["confidence"].as_f64().expect("a confidence"))
            .collect();
        assert!(!confidences.is_empty());
        assert!(confidences.is_sorted_by(|a, b| a >= b), "{confidences:?}");
    }
}

#[test]
fn max_limits_the_candidates() {
    let upstream = Upstream::new();
    upstream.index();
    let patch = upstream.repository.format_patch("v1.0");

    for record in upstream.look_up(patch, &["--max", "1"]) {
        assert_eq!(record["candidates"].as_array().map(Vec::len), Some(1), "{record}");
    }
}

#[test]
fn exact_backport_matches_exactly() {
    let upstream = Upstream::new();
    upstream.index();

    let found = upstream.look_up(upstream.repository.format_patch(&upstream.fix), &[]);

    for record in &found {
        assert_eq!(best(record), &upstream.fix);
        assert_eq!(record["candidates"][0]["match"], "exact");
        assert_eq!(record["candidates"][0]["first_release"], "v1.1");
        assert_eq!(record["candidates"][0]["subject"], "ember: take the lock around the state");
    }
}

#[test]
fn backport_to_other_surroundings_matches_in_its_changes() {
    let upstream = Upstream::new();
    upstream.index();
    let around = |text: &str| {
        edit(text, "\tif (level > ember_limit4(dev))\n", "\tif (level > ember_old_limit(dev, 4))\n")
    };
    let (before, after) = (around(&upstream.before), around(&upstream.after));

    let found = upstream.look_up(vendor_diff(&upstream.place, FILE, &before, &after), &[]);

    assert_eq!(best(&found[0]), &upstream.fix);
    assert_eq!(found[0]["candidates"][0]["match"], "changes");
}

#[test]
fn backport_with_other_white_space_matches_normalized() {
    let upstream = Upstream::new();
    upstream.index();
    let patch = upstream.repository.format_patch(&upstream.fix).replace("+\tspin", "+        spin");

    let found = upstream.look_up(patch, &[]);

    assert_eq!(best(&found[0]), &upstream.fix);
    assert_eq!(found[0]["candidates"][0]["match"], "normalized");
}

#[test]
fn patch_of_two_commits_is_theirs_and_each_hunk_its_own_commits() {
    let upstream = Upstream::new();
    let both = edit(&upstream.after, "\treturn ember_finish0(dev, level);\n", "\treturn ember_stop(dev);\n");
    let stop = upstream.repository.commit_file(FILE, &both, "ember: stop instead of finishing");
    upstream.index();
    let patch = vendor_diff(&upstream.place, FILE, &upstream.before, &both);

    let found = upstream.look_up(&patch, &[]);

    let likely = |record: &Value| {
        let candidates = record["candidates"].as_array().into_iter().flatten();
        let likely = candidates.filter(|one| one["confidence"].as_f64() >= Some(0.5));
        let mut commits: Vec<String> =
            likely.filter_map(|one| one["commit"].as_str().map(str::to_owned)).collect();
        commits.sort();
        commits
    };
    let mut origins = vec![upstream.fix.clone(), stop.clone()];
    origins.sort();
    assert_eq!(likely(patch_of(&found)), origins, "{found:#?}");
    let of_hunks: Vec<Vec<String>> =
        found.iter().filter(|record| record["type"] == "hunk").map(likely).collect();
    assert_eq!(of_hunks.len(), 2, "{found:#?}");
    assert!(of_hunks.contains(&vec![upstream.fix.clone()]) && of_hunks.contains(&vec![stop]), "{found:#?}");
    let text = upstream.place.run(&["lookup", "--index", "index", "query.patch"]).succeeded().stdout;
    assert!(text.contains("the hunks come from 2 commits:"), "{text}");
}

#[test]
fn change_of_the_vendors_own_finds_nothing_likely() {
    let upstream = Upstream::new();
    upstream.index();
    let patch = vendor_diff(&upstream.place, "vendor.c", "", &c_file("vendor_only", 3));

    let found = upstream.look_up(patch, &[]);

    for candidate in patch_of(&found)["candidates"].as_array().expect("candidates") {
        assert!(candidate["confidence"].as_f64().is_some_and(|share| share < 0.5), "{candidate}");
    }
}

#[test]
fn standard_input_is_read() {
    let upstream = Upstream::new();
    upstream.index();
    let patch = upstream.repository.format_patch(&upstream.fix);

    let args = ["lookup", "--index", "index", "--format", "jsonl", "-"];
    let run = upstream.place.run_with_input(&args, patch).succeeded();

    assert_eq!(best(&patch_records(&run.stdout)[0]), &upstream.fix);
}

#[test]
fn each_mail_of_a_mailbox_is_answered() {
    let upstream = Upstream::new();
    let second = edit(&upstream.after, "\tdev->ember_state1 = level;\n", "\tdev->ember_state1 = 7;\n");
    let second = upstream.repository.commit_file(FILE, second, "ember: say seven");
    upstream.index();
    let mailbox = upstream.repository.git(&["format-patch", "--stdout", "v1.0..HEAD"]) + "\n";

    upstream.place.write("series.mbox", mailbox);
    let answers = patch_records(&upstream.jsonl(&["series.mbox"]).succeeded().stdout);

    let names: Vec<&Value> = answers.iter().map(|record| &record["patch"]).collect();
    assert_eq!(names, ["series.mbox#1", "series.mbox#2"]);
    assert_eq!(answers.iter().map(best).collect::<Vec<_>>(), [&upstream.fix, &second]);
}

#[test]
fn each_commit_of_a_log_is_answered() {
    let upstream = Upstream::new();
    let second = edit(&upstream.after, "\tdev->ember_state1 = level;\n", "\tdev->ember_state1 = 7;\n");
    let second = upstream.repository.commit_file(FILE, second, "ember: say seven");
    upstream.index();
    let log = upstream.repository.git(&["log", "-p", "v1.0..HEAD"]) + "\n";

    upstream.place.write("log", log);
    let answers = patch_records(&upstream.jsonl(&["log"]).succeeded().stdout);

    assert_eq!(answers.iter().map(best).collect::<Vec<_>>(), [&second, &upstream.fix]);
}

#[test]
fn malformed_patch_is_named_with_its_line_and_the_good_ones_are_answered() {
    let upstream = Upstream::new();
    upstream.index();
    let good = upstream.repository.format_patch(&upstream.fix);
    let bad = "--- a/x.c\n+++ b/x.c\n@@ -1,9 +1,9 @@\n-a\n+b\n";
    upstream.place.write("good.patch", &good);
    upstream.place.write("bad.patch", bad);

    let run = upstream.jsonl(&["bad.patch", "good.patch"]);

    let answers = patch_records(&run.stdout);
    let good = answers.iter().find(|record| record["patch"] == "good.patch").expect("an answer");
    assert_eq!(best(good), &upstream.fix);
    let message = run.failed(1);
    assert!(message.contains("bad.patch:3: "), "{message}");
}

#[test]
fn good_mail_beside_a_malformed_one_is_answered() {
    let upstream = Upstream::new();
    upstream.index();
    let good = upstream.repository.format_patch(&upstream.fix);
    let header = good.lines().find(|line| line.starts_with("@@ -")).expect("a hunk");
    let bad = good.replacen(header, "@@ -4294967295,3 +1,5 @@", 1);
    let broken_line = bad.lines().position(|line| line.contains("4294967295")).expect("the line") + 1;
    upstream.place.write("series.mbox", bad + &good);

    let run = upstream.jsonl(&["series.mbox"]);

    let answers = patch_records(&run.stdout);
    assert_eq!(best(answers.last().expect("an answer")), &upstream.fix);
    let message = run.failed(1);
    assert!(message.contains(&format!("series.mbox:{broken_line}: ")), "{message}");
}

#[test]
fn missing_file_is_named_and_the_others_are_answered() {
    let upstream = Upstream::new();
    upstream.index();
    upstream.place.write("good.patch", upstream.repository.format_patch(&upstream.fix));

    let run = upstream.jsonl(&["missing.patch", "good.patch"]);

    assert_eq!(best(&patch_records(&run.stdout)[0]), &upstream.fix);
    let message = run.failed(1);
    assert!(message.contains("missing.patch"), "{message}");
}

#[test]
fn text_without_a_diff_is_an_error() {
    let upstream = Upstream::new();
    upstream.index();
    upstream.place.write("notes", "nothing but words\n");

    let message = upstream.jsonl(&["notes"]).failed(1);

    assert!(message.contains("notes") && message.contains("no diff found"), "{message}");
}

#[test]
fn mails_of_one_series_are_numbered_without_its_cover_letter() {
    let upstream = Upstream::new();
    upstream.index();
    let mail = upstream.repository.format_patch(&upstream.fix);
    let cover = "From a@b Thu Jan  1 00:00:00 1970\nFrom: A <a@b>\nSubject: [PATCH 0/2] all\n\nwords\n\n";
    let bad = mail.replacen("@@ -", "@@ broken -", 1);
    let broken_line = bad.lines().position(|line| line.starts_with("@@ broken")).expect("the line") + 1;
    upstream.place.write("alone.mbox", format!("{cover}{mail}"));
    upstream.place.write("series.mbox", format!("{cover}{mail}{cover}{bad}"));

    let run = upstream.jsonl(&["--max", "1000", "alone.mbox", "series.mbox"]);

    let message = run.failed(2);
    let lines: Vec<&str> = message.lines().collect();
    let line = cover.lines().count() * 2 + mail.lines().count() + broken_line;
    assert!(lines[0].contains("alone.mbox: 1000 candidates are over the limit"), "{message}");
    assert!(lines.iter().any(|said| said.contains(&format!("series.mbox:{line}: {FILE}: "))), "{message}");
    assert!(message.contains("2 times more, for other patches: 1000 candidates"), "{message}");
}

#[test]
fn base_excludes_what_it_contains_whatever_the_dates_say() {
    let upstream = Upstream::new();
    // Both make the same change, the one in the base with another one, and that claims to be the later one.
    let repository = &upstream.repository;
    repository.checkout("v1.0");
    repository.set_date(1_500_000_000);
    repository.branch("base", "v1.0");
    let text = edit(&upstream.after, "\tdev->ember_state6 = level;\n", "\tdev->ember_state6 = 66;\n");
    let in_base = repository.commit_file(FILE, text, "ember: the same and more in the base");
    repository.tag("v1.0.1");
    upstream.index();
    let patch = repository.format_patch(&upstream.fix);

    let found = upstream.look_up(patch, &["--base", "v1.0.1"]);

    let patch = patch_of(&found);
    assert_eq!(best(patch), &upstream.fix);
    assert!(!candidate_commits(patch).contains(&in_base.as_str()), "{patch}");
}

#[test]
fn base_does_not_exclude_what_is_merely_older() {
    let upstream = Upstream::new();
    let repository = &upstream.repository;
    repository.set_date(900_000_000);
    repository.branch("side", "v1.0");
    let text = edit(&upstream.before, "\tdev->ember_state6 = level;\n", "\tdev->ember_state6 = 66;\n");
    let old_looking = repository.commit_file(FILE, text, "ember: written long before the base");
    upstream.index();

    let found = upstream.look_up(repository.format_patch(&old_looking), &["--base", "v1.1"]);

    assert_eq!(best(patch_of(&found)), &old_looking);
}

#[test]
fn unknown_base_is_refused_by_its_name() {
    let upstream = Upstream::new();
    upstream.index();
    upstream.place.write("good.patch", upstream.repository.format_patch(&upstream.fix));

    let run = upstream.jsonl(&["--base", "v9.9", "good.patch"]);

    assert_ne!(run.code, Some(0));
    assert!(run.stderr.contains("'v9.9' is no tag, branch or commit of the index"), "{run:?}");
}

#[test]
fn carrier_is_answered_by_its_origin() {
    let upstream = Upstream::new();
    let repository = &upstream.repository;
    repository.branch("stable", "v1.0");
    let message = format!("ember: take the lock around the state\n\ncommit {} upstream.", upstream.fix);
    let carrier = repository.commit_file(FILE, &upstream.after, &message);
    upstream.index();

    let found = upstream.look_up(repository.format_patch(&carrier), &[]);

    for record in &found {
        assert_eq!(best(record), &upstream.fix);
        assert_eq!(record["candidates"][0]["carriers"], serde_json::json!([carrier]));
        assert!(!candidate_commits(record).contains(&carrier.as_str()), "{record}");
    }
    assert_eq!(upstream.place.show("index", &carrier)["origins"], serde_json::json!([upstream.fix]));
    assert_eq!(upstream.place.show("index", &upstream.fix)["carriers"], serde_json::json!([carrier]));
}

#[test]
fn abbreviated_cherry_pick_is_a_carrier_too() {
    let upstream = Upstream::new();
    let repository = &upstream.repository;
    repository.branch("stable", "v1.0");
    let message = format!("ember: lock\n\n(cherry picked from commit {})", &upstream.fix[..12]);
    let carrier = repository.commit_file(FILE, &upstream.after, &message);
    upstream.index();

    assert_eq!(upstream.place.show("index", &carrier)["origins"], serde_json::json!([upstream.fix]));
}

#[test]
fn adapted_carrier_leads_to_its_origin() {
    let upstream = Upstream::new();
    let repository = &upstream.repository;
    repository.branch("stable", "v1.0");
    let adapted = edit(&upstream.before, FAULT, "\tember_set_state_locked(dev, 4, level);\n");
    let message = format!("ember: lock\n\n[ Upstream commit {} ]", upstream.fix);
    let carrier = repository.commit_file(FILE, &adapted, &message);
    upstream.index();

    let found = upstream.look_up(repository.format_patch(&carrier), &[]);

    assert_eq!(best(patch_of(&found)), &upstream.fix);
}

#[test]
fn revert_is_shown_and_named_in_answers() {
    let upstream = Upstream::new();
    let repository = &upstream.repository;
    let message = format!("Revert \"ember: lock\"\n\nThis reverts commit {}.", upstream.fix);
    let revert = repository.commit_file(FILE, &upstream.before, &message);
    upstream.index();

    let found = upstream.look_up(repository.format_patch(&upstream.fix), &[]);

    assert_eq!(patch_of(&found)["candidates"][0]["reverted_by"], serde_json::json!([revert]));
    assert_eq!(upstream.place.show("index", &upstream.fix)["reverted_by"], serde_json::json!([revert]));
    assert_eq!(upstream.place.show("index", &revert)["reverts"], serde_json::json!([upstream.fix]));
}

#[test]
fn fixes_are_shown_from_both_sides() {
    let upstream = Upstream::new();
    let fixes = format!("ember: mend the lock\n\nFixes: {} (\"ember: take the lock\")", &upstream.fix[..12]);
    let text =
        edit(&upstream.after, "\tspin_lock(&dev->ember_lock);\n", "\tspin_lock_irq(&dev->ember_lock);\n");
    let mending = upstream.repository.commit_file(FILE, text, &fixes);
    upstream.index();

    assert_eq!(upstream.place.show("index", &mending)["fixes"], serde_json::json!([upstream.fix]));
    assert_eq!(upstream.place.show("index", &upstream.fix)["fixed_by"], serde_json::json!([mending]));
}

#[test]
fn known_vulnerabilities_are_named_where_a_source_is_given() {
    let upstream = Upstream::new();
    let (place, fix) = (&upstream.place, &upstream.fix);
    let patch = upstream.repository.format_patch(fix);
    let source = format!("fixed-by:\n  mainline: [{}]\n", &fix[..12]);
    upstream.index();
    place.write("CVE-2020-1001.yml", source);
    place.write("fix.patch", patch);
    let cve = ["--cve", "CVE-2020-1001.yml"];
    let run = |args: &[&str]| place.run(&[args, &["--index", "index"]].concat()).succeeded().stdout;

    let found = run(&[&["lookup", "fix.patch", "--format", "jsonl"], &cve[..]].concat());
    assert_eq!(patch_records(&found)[0]["candidates"][0]["cves"], serde_json::json!(["CVE-2020-1001"]));
    assert!(run(&[&["lookup", "fix.patch"], &cve[..]].concat()).contains("mends CVE-2020-1001\n"));
    assert!(
        run(&[&["lookup", "fix.patch", "--format", "csv"], &cve[..]].concat()).contains(",CVE-2020-1001\n")
    );
    let shown = run(&[&["show", fix, "--format", "jsonl"], &cve[..]].concat());
    assert_eq!(records(&shown)[0]["cves"], serde_json::json!(["CVE-2020-1001"]));
    assert!(run(&[&["show", fix], &cve[..]].concat()).contains("CVE-2020-1001"));
    assert!(!run(&["lookup", "fix.patch"]).contains("CVE"));
    assert_eq!(records(&run(&["show", fix, "--format", "jsonl"]))[0].get("cves"), None);
}

#[test]
fn equal_patches_are_equivalents() {
    let upstream = Upstream::new();
    let repository = &upstream.repository;
    repository.branch("other", "v1.0");
    let twin = repository.commit_file(FILE, &upstream.after, "ember: the same change once more");
    upstream.index();

    let found = upstream.look_up(repository.format_patch(&upstream.fix), &[]);

    let candidate = &patch_of(&found)["candidates"][0];
    let mut named = vec![candidate["commit"].clone()];
    named.extend(candidate["equivalents"].as_array().expect("equivalents").clone());
    named.sort_by_key(ToString::to_string);
    let mut expected = vec![Value::from(upstream.fix.clone()), Value::from(twin)];
    expected.sort_by_key(ToString::to_string);
    assert_eq!(named, expected);
}

#[test]
fn repository_is_indexed_in_the_cache_folder_on_first_use() {
    let upstream = Upstream::new();
    let patch = upstream.repository.format_patch(&upstream.fix);

    let args = ["lookup", "--repo", "upstream", "--format", "jsonl", "-"];
    let run = upstream.place.run_with_input(&args, patch).succeeded();

    assert_eq!(best(&patch_records(&run.stdout)[0]), &upstream.fix);
    let folders = std::fs::read_dir(upstream.place.cache().join("hunktrace")).expect("the cache folder");
    assert_eq!(folders.count(), 1);
    assert_eq!(upstream.repository.git(&["status", "--porcelain"]), "", "the repository stays clean");
}

#[test]
fn index_of_a_repository_that_has_moved_is_extended() {
    let upstream = Upstream::new();
    let args = ["lookup", "--repo", "upstream", "--format", "jsonl", "-"];
    let patch = upstream.repository.format_patch(&upstream.fix);
    upstream.place.run_with_input(&args, patch).succeeded();
    let text = edit(&upstream.after, "\tdev->ember_state1 = level;\n", "\tdev->ember_state1 = 7;\n");
    let new = upstream.repository.commit_file(FILE, text, "ember: say seven");

    let run = upstream.place.run_with_input(&args, upstream.repository.format_patch(&new)).succeeded();

    assert_eq!(best(&patch_records(&run.stdout)[0]), &new);
    assert!(run.stderr.contains("indexed 1 commit"), "{}", run.stderr);
}

#[test]
fn answers_do_not_depend_on_threads_or_repetition() {
    let upstream = Upstream::new();
    upstream.repository.import_history(40);
    let log = upstream.repository.git(&["log", "-p", "--all"]) + "\n";
    upstream.place.write("log", log);
    for (index, threads) in [("one", "1"), ("four", "4")] {
        let args = ["index", "--index", index, "--repo", "upstream", "--threads", threads];
        upstream.place.run(&args).succeeded();
    }
    let answers = |index| {
        upstream.place.run(&["lookup", "--index", index, "--format", "jsonl", "log"]).succeeded().stdout
    };

    let first = answers("one");

    assert_eq!(records(&first).iter().filter(|record| record["type"] == "patch").count(), 42);
    assert!(first == answers("one"), "a second run answers otherwise");
    assert!(first == answers("four"), "an index made by four threads answers otherwise");
}

#[test]
fn text_output_names_the_origin_and_its_release() {
    let upstream = Upstream::new();
    upstream.index();
    upstream.place.write("fix.patch", upstream.repository.format_patch(&upstream.fix));

    let run = upstream.place.run(&["lookup", "--index", "index", "--explain", "fix.patch"]).succeeded();

    assert!(run.stdout.starts_with("fix.patch: 1 hunk in 1 file\n"), "{}", run.stdout);
    assert!(run.stdout.contains(&upstream.fix[..12]), "{}", run.stdout);
    assert!(run.stdout.contains("v1.1"), "{}", run.stdout);
    assert!(run.stdout.contains("spin_lock(&dev->ember_lock);"), "{}", run.stdout);
    assert!(!run.stdout.contains('\u{1b}'), "no colours where there is no terminal: {}", run.stdout);
}

#[test]
fn later_fix_is_told_with_its_release() {
    let upstream = Upstream::new();
    let fixes = format!("ember: mend the lock\n\nFixes: {} (\"ember: take the lock\")", &upstream.fix[..12]);
    let text =
        edit(&upstream.after, "\tspin_lock(&dev->ember_lock);\n", "\tspin_lock_irq(&dev->ember_lock);\n");
    let mending = upstream.repository.commit_file(FILE, text, &fixes);
    upstream.repository.tag("v1.2");
    upstream.index();

    let found = upstream.look_up(upstream.repository.format_patch(&upstream.fix), &[]);
    upstream.place.write("fix.patch", upstream.repository.format_patch(&upstream.fix));
    let shown = upstream.place.run(&["lookup", "--index", "index", "fix.patch"]).succeeded().stdout;

    let candidate = &patch_of(&found)["candidates"][0];
    assert_eq!(candidate["fixed_by"], serde_json::json!([mending]));
    let related = serde_json::json!([
        {"commit": mending, "subject": "ember: mend the lock", "first_release": "v1.2", "reverted_by": []}
    ]);
    assert_eq!(candidate["related"], related);
    let line = format!("\n         later fix {} in v1.2: ember: mend the lock\n", &mending[..12]);
    assert!(shown.contains(&line), "{shown}");
}

#[test]
fn revert_is_told_with_its_subject() {
    let upstream = Upstream::new();
    let message = format!("Revert \"ember: lock\"\n\nThis reverts commit {}.", upstream.fix);
    let revert = upstream.repository.commit_file(FILE, &upstream.before, &message);
    upstream.index();
    upstream.place.write("fix.patch", upstream.repository.format_patch(&upstream.fix));

    let shown = upstream.place.run(&["lookup", "--index", "index", "fix.patch"]).succeeded().stdout;

    let line = format!("\n         reverted by {}: Revert \"ember: lock\"\n", &revert[..12]);
    assert!(shown.contains(&line), "{shown}");
}

#[test]
fn base_is_a_revision_of_the_repository_or_a_tree_as_well() {
    let upstream = Upstream::new();
    upstream.repository.tag("v4.18");
    upstream.index();
    upstream.place.write("fix.patch", upstream.repository.format_patch(&upstream.fix));
    let held = |line: &str| {
        let command = format!("cd upstream && $PROGRAM lookup --index ../index ../fix.patch --base {line}");
        let shown = Run::of(upstream.place.shell(&command)).succeeded().stdout;
        shown.contains("already in ")
    };
    assert!(!held(&format!("{}~1", upstream.fix)), "git knows this name, and the index does not");
    assert!(held("HEAD"));
    assert!(held("../upstream:HEAD"));
    std::fs::create_dir(upstream.place.path("tree")).expect("a folder");
    upstream.place.write("tree/Makefile", "VERSION = 4\nPATCHLEVEL = 18\nSUBLEVEL = 0\nEXTRAVERSION =\n");
    assert!(held("../tree"), "its Makefile says v4.18");
}

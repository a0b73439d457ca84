//! Is this commit in this tree?

use hunktrace_tests::drawn_release::{DrawnCommit, DrawnRelease, Fate};
use hunktrace_tests::patched_release::{FILE, OTHER_FILE, PatchedRelease, TREES};
use hunktrace_tests::records::records;
use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_hunktrace_under_test");

/// What `check` says of commits, as records.
fn check(release: &PatchedRelease, flags: &[&str], commits: &[&str]) -> Vec<Value> {
    let args = [&["check", "--index", "index", "--format", "jsonl"], flags, commits].concat();
    records(&release.place.run(&args).succeeded().stdout)
}

fn states(records: &[Value]) -> Vec<&str> {
    records.iter().filter_map(|record| record["state"].as_str()).collect()
}

#[test]
fn each_state_of_a_commit_is_told_with_what_decides_it() {
    let release = PatchedRelease::new(PROGRAM);
    let commits = [
        &release.in_base,
        &release.reverted,
        &release.complete,
        &release.absent,
        &release.partial,
        &release.superseded,
        &release.superseding,
    ];
    let commits = commits.map(String::as_str);

    let records = check(&release, &TREES, &commits);

    let expected = ["in base", "reverted", "complete", "absent", "partial", "superseded", "complete"];
    assert_eq!(states(&records), expected);
    assert_eq!(records[1]["by"], release.reverting);
    assert_eq!(records[5]["by"], release.superseding);
    assert_eq!(records[2]["sure"], true);
    let files: Vec<(&str, &str)> = records[4]["hunks"]
        .as_array()
        .expect("hunks")
        .iter()
        .filter_map(|hunk| Some((hunk["file"].as_str()?, hunk["state"].as_str()?)))
        .collect();
    assert_eq!(files, [(FILE, "there"), (OTHER_FILE, "missing")]);
    assert_eq!(records[3]["first_release"], "v4.1");
}

#[test]
fn proof_says_which_lines_stand_where() {
    let release = PatchedRelease::new(PROGRAM);

    let records = check(&release, &TREES, &[&release.complete, &release.absent]);

    let changed = |record: &Value| -> Vec<(String, String, Value)> {
        let lines = record["hunks"][0]["lines"].as_array().expect("lines");
        let changed = lines.iter().filter(|line| !line["text"].as_str().expect("text").starts_with(' '));
        changed
            .map(|line| {
                let text = |key: &str| line[key].as_str().expect(key).to_owned();
                (text("text"), text("state"), line["vendor_line"].clone())
            })
            .collect()
    };
    let there = changed(&records[0]);
    assert_eq!(there[0].1, "gone", "{there:?}");
    assert_eq!((there[1].0.as_str(), there[1].1.as_str()), ("+\talpha_is_added_here(dev);", "there"));
    assert_eq!(there[1].2, 7);
    let absent: Vec<String> = changed(&records[1]).into_iter().map(|line| line.1).collect();
    assert_eq!(absent, ["still there", "missing"]);
    assert_eq!(records[1]["hunks"][0]["applies"], true);
}

#[test]
fn without_a_base_everything_is_judged_by_code() {
    let release = PatchedRelease::new(PROGRAM);
    let flags = ["--base", "none", "--vendor", "upstream:vendor"];
    let commits =
        [&release.in_base, &release.complete, &release.absent, &release.partial, &release.superseded];
    let records = check(&release, &flags, &commits.map(String::as_str));
    assert_eq!(states(&records), ["complete", "complete", "absent", "partial", "superseded"]);
}

#[test]
fn lines_in_another_order_are_no_sure_proof() {
    let release = PatchedRelease::new(PROGRAM);
    let place = &release.place;
    let upstream = &release.repository;
    upstream.checkout("master");
    let text = std::fs::read_to_string(place.path("upstream").join(FILE)).expect("the file");
    let line = "\tcall_the_gate_function_40(dev, 40);\n";
    let with = |lines: &str| text.replace(line, &format!("{line}{lines}"));
    let (lock, claim) = ("\tlock_the_port_of_the_gate(dev);\n", "\tclaim_the_port_of_the_gate(dev);\n");
    let commit = upstream.commit_file(FILE, with(&format!("{lock}{claim}")), "gate: lock, then claim");
    place.index("index", "upstream");
    upstream.branch("swapped", "master~1");
    upstream.commit_file(FILE, with(&format!("{claim}{lock}")), "vendor release 2");

    let flags = ["--base", "upstream:v4.0", "--vendor", "upstream:swapped"];
    let records = check(&release, &flags, &[&commit]);

    let lines = records[0]["hunks"][0]["lines"].as_array().expect("lines");
    assert!(lines.iter().any(|line| line["state"] == "other order"), "{lines:?}");
    assert_eq!(records[0]["sure"], false);
}

#[test]
fn check_and_attribution_agree_over_a_whole_release() {
    let release = PatchedRelease::new(PROGRAM);
    release.take_apart();
    let taken = std::fs::read_to_string(release.place.path("out").join("commits.jsonl")).expect("records");
    let taken = records(&taken);
    let all = release.repository.git(&["rev-list", "--reverse", "v4.0..v4.1"]);

    let run = release.place.run_with_input(
        &["check", "--index", "index", "--taken", "out", "--format", "jsonl", "-"],
        format!("{all}\n"),
    );

    for record in records(&run.succeeded().stdout) {
        let of = |taken: &&Value| taken["commit"] == record["commit"];
        let attributed =
            taken.iter().find(of).map_or("", |taken| taken["status"].as_str().expect("a status"));
        let expected: &[&str] = match attributed {
            "complete" => &["complete"],
            "partial" => &["partial"],
            "implied" => &["superseded"],
            _ => &["absent"],
        };
        let state = record["state"].as_str().expect("a state");
        assert!(expected.contains(&state), "{attributed:?} and {state:?}: {record}");
    }
}

/// What `attribute` and `check` say of each commit of a drawn release, with what became of it.
fn both_words(seed: u64) -> Vec<(DrawnCommit, String, String)> {
    let release = DrawnRelease::new(PROGRAM, seed);
    let place = &release.place;
    place.run(&[&["attribute", "--index", "index", "--out", "out"], &TREES[..]].concat()).succeeded();
    let taken = records(&std::fs::read_to_string(place.path("out").join("commits.jsonl")).expect("records"));
    let ids: String = release.commits.iter().map(|commit| format!("{}\n", commit.id)).collect();
    let run = place
        .run_with_input(&["check", "--index", "index", "--taken", "out", "--format", "jsonl", "-"], ids)
        .succeeded();
    let checked = records(&run.stdout);
    assert_eq!(checked.len(), release.commits.len());
    let words = release.commits.into_iter().zip(&checked).map(|(commit, checked)| {
        let attributed = taken.iter().find(|taken| taken["commit"] == commit.id.as_str());
        let word = attributed.map_or("absent", |taken| taken["status"].as_str().expect("a status"));
        (commit, word.to_owned(), checked["state"].as_str().expect("a state").to_owned())
    });
    words.collect()
}

#[test]
fn check_and_attribution_agree_over_drawn_releases() {
    for seed in 1..4 {
        for (commit, attributed, checked) in both_words(seed) {
            let truth = match commit.fate {
                Fate::Complete => "complete",
                Fate::Partial => "partial",
                Fate::Absent => "absent",
                // Of some of these nothing is left that tells; what attribution implies is there.
                Fate::Rewritten | Fate::TakesAway => {
                    assert!(attributed != "implied" || checked != "absent", "seed {seed}: {commit:?}");
                    continue;
                }
            };
            assert_eq!(attributed, truth, "seed {seed}: {commit:?}");
            assert_eq!(checked, truth, "seed {seed}: {commit:?}");
        }
    }
}

#[test]
fn unknown_commits_are_said_to_be_unknown_and_the_rest_is_answered() {
    let release = PatchedRelease::new(PROGRAM);
    let args = [&["check", "--index", "index"], &TREES[..], &["0123456789ab", &release.complete]].concat();
    let run = release.place.run(&args);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(run.stdout.contains("not indexed  0123456789ab"), "{}", run.stdout);
    assert!(run.stdout.contains("complete"), "{}", run.stdout);
    let args = [&["check", "--index", "index", "--exit-code"], &TREES[..], &[&release.absent]].concat();
    assert_eq!(release.place.run(&args).code, Some(1));
}

#[test]
fn base_that_is_not_indexed_is_refused_with_the_remedy() {
    let release = PatchedRelease::new(PROGRAM);
    release.repository.branch("elsewhere", "vendor");
    release.repository.commit_file("x.c", "int x;\n", "not indexed");
    let args =
        ["check", "--index", "index", "--base", "upstream:elsewhere", "--vendor", "upstream:vendor", "v4.1"];
    let complaint = release.place.run(&args).failed(2);
    assert!(complaint.contains("--base-revision") && complaint.contains("--base none"), "{complaint}");
}

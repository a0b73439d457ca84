//! Which answers `lookup` prints, in which form, and what its exit code says of them.

use hunktrace_tests::records::{patch_records, records};
use hunktrace_tests::source_text::{c_file, edit};
use hunktrace_tests::workplace::{Run, Workplace};

const PROGRAM: &str = env!("CARGO_BIN_EXE_hunktrace_under_test");

const FILE: &str = "drivers/ember.c";
const SUBJECT: &str = "ember: set the fourth, \"loudly\"";

/// A place with an index, and with a patch of an indexed commit beside one of code that no commit has.
struct Patches {
    place: Workplace,
    fix: String,
}

impl Patches {
    fn new() -> Patches {
        let place = Workplace::new(PROGRAM);
        let upstream = place.repository("upstream");
        let base = c_file("ember", 8);
        upstream.commit_file(FILE, &base, "drivers: add ember");
        let mended = edit(&base, "\tdev->ember_state4 = level;\n", "\tember_set(dev, level, EMBER_FOUR);\n");
        let fix = upstream.commit_file(FILE, &mended, SUBJECT);
        place.index("index", "upstream");
        place.write("known.patch", upstream.format_patch(&fix));
        let vendor = place.repository("vendor");
        let own = vendor.commit_file("vendor.c", c_file("own", 3), "vendor: add what is its own");
        place.write("unknown.patch", vendor.format_patch(&own));
        Patches { place, fix }
    }

    fn look_up(&self, args: &[&str]) -> Run {
        self.place.run(&[&["lookup", "--index", "index"], args].concat())
    }
}

#[test]
fn one_line_a_patch() {
    let patches = Patches::new();
    let printed = patches.look_up(&["--oneline", "known.patch", "unknown.patch"]).succeeded().stdout;
    let lines: Vec<&str> = printed.lines().collect();
    assert_eq!(lines.len(), 2, "{printed}");
    assert!(lines[0].contains(&patches.fix[..12]) && lines[0].ends_with(SUBJECT), "{printed}");
    assert!(lines[1].contains("unknown.patch"), "{printed}");
}

#[test]
fn one_line_is_a_form_of_text() {
    let patches = Patches::new();
    let said = patches.look_up(&["--oneline", "--format", "jsonl", "known.patch"]).failed(2);
    assert!(said.contains("--oneline is a form of text"), "{said}");
}

#[test]
fn only_patches_without_a_likely_origin_are_printed_on_request() {
    let patches = Patches::new();
    for format in ["text", "jsonl", "csv"] {
        let asked = ["--only-unknown", "--format", format, "known.patch", "unknown.patch"];
        let printed = patches.look_up(&asked).succeeded().stdout;
        assert!(printed.contains("unknown.patch"), "{printed}");
        assert!(!printed.replace("unknown.patch", "").contains("known.patch"), "{printed}");
    }
}

#[test]
fn exit_code_says_on_request_whether_a_patch_has_no_likely_origin() {
    let patches = Patches::new();
    let code = |args: &[&str]| patches.look_up(args).code;
    assert_eq!(code(&["known.patch", "unknown.patch"]), Some(0));
    assert_eq!(code(&["--exit-code", "known.patch"]), Some(0));
    assert_eq!(code(&["--exit-code", "known.patch", "unknown.patch"]), Some(1));
    assert_eq!(code(&["--exit-code", "--only-unknown", "known.patch"]), Some(0), "it is not shown");
    assert_eq!(code(&["--exit-code", "--base", "no-such", "known.patch"]), Some(2), "nothing was answered");
}

#[test]
fn what_is_not_sure_enough_is_left_out_and_not_known() {
    let patches = Patches::new();
    let upstream = std::fs::read_to_string(patches.place.path("known.patch")).expect("a patch");
    patches.place.write("adapted.patch", upstream.replace("level, EMBER_FOUR", "EMBER_4 + level"));
    let found = |least: &str| {
        let asked = ["--exit-code", "--format", "jsonl", "--min-confidence", least, "adapted.patch"];
        let run = patches.look_up(&asked);
        let all = records(&run.stdout);
        assert_eq!(all.len(), 2, "a hunk and its patch: {all:?}");
        let candidates = all.iter().flat_map(|record| record["candidates"].as_array().into_iter().flatten());
        let confidences: Vec<f64> = candidates.filter_map(|one| one["confidence"].as_f64()).collect();
        (confidences, run.code)
    };
    let (all, code) = found("0");
    let sure: Vec<f64> = all.iter().copied().filter(|confidence| *confidence >= 0.5).collect();
    assert!(sure.len() == 2 && all.len() > 2 && code == Some(0), "{all:?}");
    assert_eq!(found("50%"), (sure, Some(0)));
    let most = all.into_iter().fold(0.0, f64::max);
    assert!(most < 0.999, "{most}");
    let more = format!("{}", most + 0.0005);
    assert_eq!(found(&more), (vec![], Some(1)));
    let text = patches.look_up(&["--min-confidence", &more, "adapted.patch"]).succeeded().stdout;
    assert!(text.contains("no origin found with a confidence of"), "{text}");

    let said = patches.look_up(&["--min-confidence", "90", "known.patch"]).failed(2);
    assert!(said.contains("from 0 to 1 (0.9), or in percent (90%)"), "{said}");
}

#[test]
fn table_has_a_heading_once_and_says_what_the_records_say() {
    let patches = Patches::new();
    let files = ["known.patch", "unknown.patch"];
    let printed = patches.look_up(&[&["--format", "csv"], &files[..]].concat()).succeeded().stdout;
    let rows: Vec<&str> = printed.lines().collect();
    let jsonl = patches.look_up(&[&["--format", "jsonl"], &files[..]].concat()).succeeded().stdout;
    assert_eq!(rows.len(), 1 + records(&jsonl).len(), "{printed}");
    assert!(rows[0].starts_with("type,patch,id,patch_subject,file,"), "{printed}");
    assert_eq!(printed.matches("type,patch").count(), 1, "{printed}");
    let fields = format!("hunk,known.patch,{},", patches.fix);
    assert!(rows[1].starts_with(&fields), "{printed}");
    assert!(rows[1].contains(&format!(",\"{}\",", SUBJECT.replace('"', "\"\""))), "{printed}");
    assert_eq!(patch_records(&jsonl).len(), rows.iter().filter(|row| row.starts_with("patch,")).count());
}

//! The report in a real browser: what a reader can see, reach and follow.
//!
//! Needs Chromium: `apt-get install chromium`, or the environment variable CHROMIUM with a browser of its kind.

mod browser;
mod measure;
mod synthetic;

use hunktrace_indexer::hunk::{Hunk, Sign};
use hunktrace_release::answer::{
    CommitIndex, CommitStatus, LineOrigin, MatchKind, MissingHunk, MissingReason, ReleaseCommit,
};
use hunktrace_release::cve_sources::CvesByCommit;
use hunktrace_release::report::{ReportPatch, ReportSummary, ReportWriter, add_audit};
use hunktrace_release::tree_question::{
    AuditAnswer, AuditedFix, AuditedVulnerability, CheckedCommit, CveState, Evidence, FixState, StateKind,
};
use serde_json::{Value, json};
use tempfile::TempDir;

use browser::Browser;
use synthetic::{MadeUpFile, Size, runs};

const SMALL: Size = Size { files: 120, lines: 12_000, commits: 400 };
const WINDOW: (u32, u32) = (1280, 800);

/// Texts that run a script when they are taken for HTML.
const HOSTILE: &str =
    "</script><script>window.hostile=1</script><img src=x onerror=window.hostile=1>\u{2028}'\"";

/// The first of the commits that [`special`] adds.
const FIRST_SPECIAL: u32 = SMALL.commits;
const NEEDLE: &str = "feedc0de00000000000000000000000000000001";

/// Files and commits whose every line is known: `zoo/known.c`, one with hostile texts, and a long one.
fn special() -> (Vec<MadeUpFile>, Vec<ReleaseCommit>) {
    let commit = |id: &str, subject: &str, superseded_by| ReleaseCommit {
        id: id.into(),
        status: CommitStatus::Partial,
        confidence: 0.42,
        lines: 3,
        hunks: 1,
        missing: vec![MissingHunk {
            file: "zoo/missing.c".into(),
            old_start: 77,
            reason: MissingReason::LeftOut,
        }],
        subject: subject.into(),
        author: "Some Body".into(),
        author_date: "2011-05-06T07:08:09Z".into(),
        first_release: Some("v3.7-rc3".into()),
        carriers: vec!["cafe000000000000000000000000000000000002".into()],
        unindexed_origin: None,
        read_from: None,
        superseded_by,
        match_kind: MatchKind::Exact,
        fixed_by: Vec::new(),
        reverted_by: Vec::new(),
        subsystem: Some("ZOO KEEPING".into()),
    };
    let commits = vec![
        commit(NEEDLE, "zoo: feed the okapi", Some(CommitIndex(FIRST_SPECIAL + 1))),
        commit("bad0000000000000000000000000000000000003", HOSTILE, None),
    ];
    let mut hunk = Hunk { old_start: 10, old_lines: 3, new_start: 10, new_lines: 4, ..Hunk::default() };
    hunk.push_line(Sign::Context, b"above", true);
    hunk.push_line(Sign::Removed, b"hungry okapi", true);
    hunk.push_line(Sign::Added, b"fed okapi", true);
    hunk.push_line(Sign::Added, b"\tsleeping okapi", true);
    hunk.push_line(Sign::Added, b"vendor giraffe", true);
    let origin = |commit| {
        let (confidence, match_kind) = (0.95, MatchKind::Exact);
        Some(LineOrigin { commit: CommitIndex(commit), confidence, match_kind })
    };
    let known = origin(FIRST_SPECIAL);
    let mut hostile = Hunk { new_start: 1, new_lines: 1, section: HOSTILE.into(), ..Hunk::default() };
    hostile.push_line(Sign::Added, HOSTILE.as_bytes(), false);
    let mut long = Hunk { new_start: 1, new_lines: 30_000, ..Hunk::default() };
    (1..=30_000).for_each(|line| long.push_line(Sign::Added, format!("line number {line}").as_bytes(), true));
    let file = |path: &str, hunk: Hunk, origins: &[Option<LineOrigin>]| {
        let runs = runs(&hunk, origins);
        MadeUpFile { path: path.into(), notes: vec![HOSTILE.into()], hunks: vec![(hunk, runs)] }
    };
    let files = vec![
        file("zoo/known.c", hunk, &[known, known, known, None]),
        file(&format!("zoo/{HOSTILE}.c"), hostile, &[origin(FIRST_SPECIAL + 1)]),
        file("zoo/long.c", long, &[origin(0); 30_000]),
    ];
    (files, commits)
}

/// A small report and its commits.
fn small_report() -> (TempDir, Vec<ReleaseCommit>) {
    let dir = tempfile::tempdir().unwrap();
    let commits = synthetic::write(dir.path(), SMALL, special());
    (dir, commits)
}

/// Opens a small report at a place; the browser, and what the report was written from.
fn open(place: &str) -> (Browser, TempDir, Vec<ReleaseCommit>) {
    let (dir, commits) = small_report();
    let mut browser = Browser::open(dir.path(), place, WINDOW);
    browser.wait_for("document.querySelector('.view:not([hidden])')");
    (browser, dir, commits)
}

#[track_caller]
fn assert_no_complaints(browser: &mut Browser) {
    assert_eq!(browser.complaints(), &[] as &[String]);
}

/// Where the keyboard is: the text of what has the focus.
fn focused_text(browser: &mut Browser) -> Value {
    browser.evaluate("document.activeElement.innerText")
}

/// The text of the row that has the focus.
fn focused_row(browser: &mut Browser) -> String {
    let text =
        browser.evaluate("document.activeElement.closest('.row')?.innerText ?? 'no row has the focus'");
    text.as_str().unwrap_or_default().to_owned()
}

#[test]
#[ignore = "needs Chromium"]
fn overview_adds_up_the_release() {
    let (mut browser, _dir, commits) = open("");
    assert_eq!(browser.text("#title"), "made-up vendor 6.2 against v2.6.32");
    let complete = commits.iter().filter(|commit| commit.status == CommitStatus::Complete).count();
    assert_eq!(browser.text(".counts a[href*='status=complete']"), complete.to_string());
    assert_eq!(browser.text(".counts a[href='#files=']"), (SMALL.files + 3).to_string());
    assert_no_complaints(&mut browser);
}

#[test]
#[ignore = "needs Chromium"]
fn search_leaves_the_commits_that_have_all_words() {
    let (mut browser, _dir, commits) = open("#commits=");
    browser.click(".commit-view input[type=search]");
    browser.type_text("RACE fs/nfs");
    let expected =
        commits.iter().filter(|c| c.subject.contains("race") && c.subject.contains("fs/nfs")).count();
    assert!(expected > 0 && expected < commits.len());
    browser.wait_for_text(&format!("{expected} of {} commits", commits.len()));
    let rows =
        browser.evaluate("[...document.querySelectorAll('.commits .row .subject')].map((e) => e.innerText)");
    let rows: Vec<&str> = rows.as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert_eq!(rows.len(), expected);
    assert!(rows.iter().all(|row| row.contains("race") && row.contains("fs/nfs")), "{rows:?}");
    assert_eq!(browser.evaluate("document.querySelector('.details').checkVisibility()"), false);
    assert_no_complaints(&mut browser);
}

#[test]
#[ignore = "needs Chromium"]
fn a_commit_is_found_by_id_author_folder_release_and_confidence() {
    let (mut browser, _dir, _) = open("#commits=");
    for (place, found) in [
        ("q=feedc0de", "1 of 402 commits"),
        ("q=some+body", "2 of 402 commits"),
        ("folder=zoo%2Fknown.c", "1 of 402 commits"),
        ("subsystem=ZOO+KEEPING", "2 of 402 commits"),
        ("subsystem=ZOO+KEEPING&q=okapi", "1 of 402 commits"),
        ("release=v3.7-rc3", "2 of 402 commits"),
        ("release=v3.7*", "2 of 402 commits"),
        ("release=v3.7-rc4", "0 of 402 commits"),
        ("q=okapi&status=partial&from=0.42&to=0.42", "1 of 402 commits"),
        ("q=okapi&from=0.43", "0 of 402 commits"),
        ("q=okapi&status=complete", "0 of 402 commits"),
    ] {
        browser.evaluate(&format!("location.hash = '#commits=&{place}'"));
        browser.wait_for_text(found);
    }
    assert_no_complaints(&mut browser);
}

#[test]
#[ignore = "needs Chromium"]
fn headings_sort_and_turn_the_order() {
    let (mut browser, _dir, commits) = open("#commits=");
    let first = |browser: &mut Browser| browser.text(".commits .row:first-child .missing");
    let most = commits.iter().map(|commit| commit.missing.len()).max().unwrap_or(0);
    browser.click(".head .missing button");
    browser.wait_for("document.querySelector('.missing[aria-sort=descending]')");
    assert_eq!(first(&mut browser), most.to_string());
    browser.click(".head .missing button");
    browser.wait_for("document.querySelector('.missing[aria-sort=ascending]')");
    assert_eq!(first(&mut browser), "");
    assert_no_complaints(&mut browser);
}

#[test]
#[ignore = "needs Chromium"]
fn links_lead_from_folder_to_file_to_commit_and_back() {
    let (mut browser, _dir, _) = open("");
    browser.click(".places a[href='#folder=zoo']");
    browser.wait_for_text("known.c");
    browser.click(".places a[href='#file=zoo%2Fknown.c']");
    browser.wait_for_text("vendor giraffe");
    let gutter = browser.evaluate("[...document.querySelectorAll('.line .origin')].map((e) => e.innerText)");
    assert_eq!(gutter, json!(["", "feedc0de0000", "feedc0de0000", "feedc0de0000", "unexplained"]));
    browser.click(".line .origin a");
    browser.wait_for_text("zoo/missing.c:77");
    for text in ["zoo: feed the okapi", "left out", "cafe000000000000000000000000000000000002", "old line 11"]
    {
        browser.wait_for_text(text);
    }
    browser.click(".details .runs a");
    browser.wait_for("document.querySelector('.line.target .text')?.innerText === 'hungry okapi'");
    browser.evaluate("history.back()");
    browser.wait_for("document.querySelector('.details')?.checkVisibility()");
    browser.evaluate("history.go(-2)");
    browser.wait_for("document.querySelector('.overview')?.checkVisibility()");
    assert_eq!(browser.text(".crumbs [aria-current]"), "zoo");
    assert_no_complaints(&mut browser);
}

#[test]
#[ignore = "needs Chromium"]
fn commits_are_counted_by_subsystem_and_name_theirs() {
    let (mut browser, _dir, commits) = open("");
    let subsystems: std::collections::BTreeSet<_> = commits.iter().map(|commit| &commit.subsystem).collect();
    assert!(subsystems.len() > 12 && subsystems.contains(&None), "{subsystems:?}");
    browser.wait_for("document.querySelectorAll('.subsystems tbody tr').length === 12");
    browser.click(".subsystems + button");
    let rows = "[...document.querySelectorAll('.subsystems tbody tr')]";
    assert_eq!(browser.evaluate(&format!("{rows}.length")), subsystems.len());
    let last = browser.evaluate(&format!("{rows}.at(-1).innerText.split('\\t')[0]"));
    assert_eq!(last, "not known");
    let zoo = ".subsystems a[href='#commits=&subsystem=ZOO+KEEPING']";
    let row =
        browser.evaluate(&format!("document.querySelector(\"{zoo}\").closest('tr').cells[1].innerText"));
    assert_eq!(row, "2");
    browser.click(zoo);
    browser.wait_for_text("2 of 402 commits");
    browser.click(".commits .row a");
    browser.wait_for_text("first release");
    browser.click(".details a[href='#commits=&subsystem=ZOO+KEEPING']");
    browser.wait_for_text("2 of 402 commits");
    browser.evaluate("location.hash = '#commits=&subsystem=*'");
    let unknown = commits.iter().filter(|commit| commit.subsystem.is_none()).count();
    browser.wait_for_text(&format!("{unknown} of 402 commits"));
    assert_no_complaints(&mut browser);
}

#[test]
#[ignore = "needs Chromium"]
fn addresses_lead_to_lines_folders_and_commits() {
    let (mut browser, _dir, _) = open("#file=zoo%2Fknown.c&line=12");
    browser.wait_for("document.querySelector('.line.target .text')?.innerText.includes('sleeping okapi')");
    browser.wait_for_text("feedc0de0000 zoo: feed the okapi v3.7-rc3, confidence 0.95, exact");
    browser.evaluate("location.hash = '#folder=zoo'");
    browser.wait_for("document.querySelector('.crumbs [aria-current]')?.innerText === 'zoo'");
    browser.evaluate(&format!("location.hash = '#commit={NEEDLE}'"));
    browser.wait_for_text("zoo: feed the okapi");
    browser.evaluate("location.hash = '#commit=123'");
    browser.wait_for_text("This release has no commit 123.");
    browser.evaluate("location.hash = '#file=nowhere.c'");
    browser.wait_for_text("nowhere.c is not among the changed files.");
    browser.evaluate("location.hash = '#folder=nowhere'");
    browser.wait_for_text("No file changed in nowhere.");
    assert_no_complaints(&mut browser);
}

#[test]
#[ignore = "needs Chromium"]
fn hostile_texts_stay_texts() {
    let (mut browser, _dir, _) = open("#files=&q=onerror");
    browser.wait_for_text("zoo/</script><script>window.hostile=1</script><img src=x onerror");
    browser.evaluate("location.hash = '#folder=zoo/</script><script>window.hostile=1<'");
    browser.wait_for_text("script><img src=x onerror");
    let path = format!("zoo/{HOSTILE}.c");
    browser.evaluate(&format!("location.hash = new URLSearchParams({{ file: {} }})", json!(path)));
    browser.wait_for("document.querySelector('.line .text')?.innerText.includes('onerror')");
    browser.click(".line .origin a");
    browser.wait_for("document.querySelector('.details h2')?.innerText.includes('onerror')");
    browser.evaluate("location.hash = '#commits=&q=onerror'");
    browser.wait_for_text("1 of 402 commits");
    assert_eq!(browser.evaluate("window.hostile ?? null"), Value::Null);
    assert_eq!(browser.evaluate("document.images.length"), 0);
    assert_no_complaints(&mut browser);
}

#[test]
#[ignore = "needs Chromium"]
fn keyboard_reaches_a_commits_details_and_comes_back() {
    let (mut browser, _dir, _) = open("#commits=");
    browser.press("Tab");
    assert_eq!(focused_text(&mut browser), "Skip to content");
    for _ in 0..40 {
        if browser.evaluate("Boolean(document.activeElement.closest('.commits .rows'))") == true {
            break;
        }
        browser.press("Tab");
    }
    browser.press("ArrowDown");
    browser.press("ArrowDown");
    browser.press("ArrowUp");
    assert_eq!(browser.evaluate("document.activeElement.closest('.row').ariaRowIndex"), "3");
    let subject = focused_text(&mut browser);
    browser.press("Enter");
    browser.wait_for("document.activeElement.matches('.details h2')");
    assert_eq!(focused_text(&mut browser), subject);
    browser.press("Escape");
    browser.wait_for("!document.querySelector('.details').checkVisibility()");
    browser.wait_for("document.activeElement.closest('.commits .rows')");
    assert_eq!(focused_text(&mut browser), subject);
    assert_no_complaints(&mut browser);
}

#[test]
#[ignore = "needs Chromium"]
fn a_long_file_keeps_few_rows_in_the_page() {
    let (mut browser, _dir, _) = open("#file=zoo%2Flong.c&line=15000");
    browser.wait_for("document.querySelector('.line.target .text')?.innerText === 'line number 15000'");
    browser.press("End");
    browser.wait_for("document.activeElement.closest('.row')?.innerText.includes('line number 30000')");
    browser.press("Home");
    browser.wait_for_text("line number 1\n");
    let rows = browser.evaluate("document.querySelectorAll('.lines .row').length").as_u64();
    assert!(rows.is_some_and(|rows| rows < 120), "{rows:?} rows");
    assert_no_complaints(&mut browser);
}

#[test]
#[ignore = "needs Chromium"]
fn a_file_higher_than_browsers_lay_out_is_shown_to_its_end() {
    const LINES: u32 = 500_000;
    let dir = tempfile::tempdir().unwrap();
    let mut hunk = Hunk { new_start: 1, new_lines: LINES, ..Hunk::default() };
    (1..=LINES).for_each(|line| hunk.push_line(Sign::Added, format!("is {line}.").as_bytes(), true));
    let runs = runs(&hunk, &[]);
    let file = MadeUpFile { path: "huge.c".into(), notes: vec![], hunks: vec![(hunk, runs)] };
    let mut writer = ReportWriter::new(dir.path()).unwrap();
    writer.add_file(&file.report()).unwrap();
    writer.finish(&[], &ReportSummary::default()).unwrap();

    let mut browser = Browser::open(dir.path(), "#file=huge.c&line=123456", WINDOW);
    browser.wait_for("document.activeElement.closest('.row')?.innerText.includes('is 123456.')");
    let in_sight = "(() => { const row = document.activeElement.getBoundingClientRect(); \
                    const list = document.querySelector('.lines .rows').getBoundingClientRect(); \
                    return row.top >= list.top && row.bottom <= list.bottom; })()";
    assert_eq!(browser.evaluate(in_sight), true);
    for (key, line) in [("End", LINES), ("ArrowUp", LINES - 1), ("Home", 0), ("ArrowDown", 1)] {
        browser.press(key);
        let expected = if line == 0 { "@@".to_owned() } else { format!("is {line}.") };
        assert!(focused_row(&mut browser).contains(&expected), "{key}: {}", focused_row(&mut browser));
        assert_eq!(browser.evaluate(in_sight), true, "{key}");
    }
    assert_no_complaints(&mut browser);
}

#[test]
#[ignore = "needs Chromium"]
fn the_focus_outlasts_scrolling() {
    let (mut browser, _dir, _) = open("#file=zoo%2Flong.c&line=20");
    browser.wait_for("document.activeElement.closest('.row')?.innerText.includes('line number 20')");
    browser.evaluate("document.querySelector('.lines .rows').scrollTop = 300000; 0");
    browser.wait_for_text("line number 15010\n");
    assert!(focused_row(&mut browser).contains("line number 20"));
    browser.press("ArrowDown");
    assert!(focused_row(&mut browser).contains("line number 21"));
    browser.wait_for_text("line number 22\n");
    assert_no_complaints(&mut browser);
}

#[test]
#[ignore = "needs Chromium"]
fn unexplained_lines_are_one_button_away() {
    let (mut browser, _dir, _) = open("#file=zoo%2Fknown.c");
    browser.wait_for_text("vendor giraffe");
    browser.click(".tools button:nth-of-type(3)");
    browser.wait_for("document.activeElement.closest('.row')?.innerText.includes('vendor giraffe')");
    browser.wait_for_text("Unexplained: no upstream commit was found for this line.");
    assert_no_complaints(&mut browser);
}

#[test]
#[ignore = "needs Chromium"]
fn a_release_without_changes_has_a_page() {
    let dir = tempfile::tempdir().unwrap();
    ReportWriter::new(dir.path()).unwrap().finish(&[], &ReportSummary::default()).unwrap();
    let mut browser = Browser::open(dir.path(), "", WINDOW);
    browser.wait_for_text("of 0 changed lines explained");
    browser.evaluate("location.hash = '#commits='");
    browser.wait_for_text("0 commits, 0 changed lines");
    browser.evaluate("location.hash = '#files='");
    browser.wait_for_text("0 files");
    assert_no_complaints(&mut browser);
}

/// A missing fix of the commit [`NEEDLE`] with a hostile subject, and a vulnerability that it would mend.
fn audit_of_the_needle() -> AuditAnswer {
    let fix = CheckedCommit {
        asked: String::new(),
        commit: "f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1".to_owned(),
        state: StateKind::Absent,
        by: String::new(),
        judged_by: String::new(),
        subject: HOSTILE.to_owned(),
        first_release: "v3.8".to_owned(),
        carriers: Vec::new(),
        equivalents: Vec::new(),
        hunks: Vec::new(),
        is_sure: false,
        problem: String::new(),
        subsystem: String::new(),
    };
    let known = AuditedVulnerability {
        id: "CVE-2013-0001".to_owned(),
        state: CveState::Affected,
        evidence: Evidence::FixMissing,
        fixes: vec![fix.clone()],
        introduced_by: Vec::new(),
        depends_on: Vec::new(),
        severity: None,
        waived: String::new(),
    };
    let fix = AuditedFix {
        commit: fix,
        state: FixState::WillApply,
        fixes: vec![NEEDLE.to_owned()],
        reverts: Vec::new(),
        mends: Vec::new(),
        follows: Vec::new(),
        vulnerabilities: vec![known.id.clone()],
        applies: true,
        waived: String::new(),
        purpose: None,
    };
    AuditAnswer { fixes: vec![fix], vulnerabilities: vec![known] }
}

#[test]
#[ignore = "needs Chromium"]
fn what_an_audit_has_found_is_listed_and_told_of_its_commit() {
    let (dir, _) = small_report();
    let mut browser = Browser::open(dir.path(), "#missing=", WINDOW);
    browser.wait_for("document.querySelector('.missing-view:not([hidden])')");
    assert!(browser.text(".missing-view").contains("was not audited"));
    add_audit(dir.path(), &audit_of_the_needle(), &[NEEDLE.to_owned()], &CvesByCommit::default())
        .expect("the data file");

    let mut browser = Browser::open(dir.path(), "#missing=", WINDOW);
    browser.wait_for("document.querySelector('.missing-view table')");
    let text = browser.text(".missing-view");
    assert!(text.contains("1 fix, 1 vulnerability") && text.contains("CVE-2013-0001"), "{text}");
    assert!(text.contains("will apply"), "{text}");
    assert_eq!(browser.evaluate("window.hostile ?? null"), Value::Null);
    browser.evaluate("document.querySelector('.missing-view tbody a').click()");
    browser.wait_for("document.querySelector('.details:not([hidden]) h3')");
    let details = browser.text(".details");
    assert!(details.contains("Fixed by") && details.contains("(will apply)"), "{details}");
    assert_no_complaints(&mut browser);
}

#[test]
#[ignore = "needs Chromium"]
fn a_telephone_shows_the_patches_of_a_package_in_its_width() {
    let dir = tempfile::tempdir().unwrap();
    let name = "linux-2.6-a-name-that-is-long-and-has-no-space-in-which-it-could-be-broken.patch";
    let patch = ReportPatch {
        name: name.into(),
        hunks: 1,
        commit: Some(NEEDLE.into()),
        subject: "zoo: feed the okapi before it wakes up the giraffe".into(),
        confidence: 0.99,
    };
    let summary = ReportSummary { patches: vec![patch], ..ReportSummary::default() };
    ReportWriter::new(dir.path()).unwrap().finish(&[], &summary).unwrap();

    let mut browser = Browser::open(dir.path(), "", (390, 844));
    browser.wait_for("document.querySelector('.view:not([hidden])')");

    let widest = "Math.max(...[...document.querySelectorAll('main *')].map((one) => one.getBoundingClientRect().right))";
    let widest = browser.evaluate(widest).as_f64().unwrap();
    assert!(widest <= 390.0, "{widest}");
    let shown =
        browser.evaluate("document.querySelector('.patches th[scope=row]').getBoundingClientRect().width");
    assert!(shown.as_f64().unwrap() > 250.0, "{shown}");
    assert_no_complaints(&mut browser);
}

#[test]
#[ignore = "needs Chromium"]
fn missing_data_are_said_to_be_missing() {
    let (dir, _) = small_report();
    std::fs::remove_file(dir.path().join("report-data/files-0.js")).unwrap();
    let mut browser = Browser::open(dir.path(), "#files=", WINDOW);
    browser.wait_for("document.querySelector('.files .row a')");
    browser.click(".files .row a");
    browser.wait_for_text(
        "report-data/files-0.js cannot be loaded. Keep report.html and the folder report-data together",
    );
}

/// Texts whose contrast with what is behind them is below that of WCAG 2 level AA: 4.5, or 3 for large texts.
const FAINT_TEXTS: &str = r"(() => {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgba = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const luminance = (channels) => {
    const [r, g, b] = channels.map((c) => c / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (e) => {
    for (; e; e = e.parentElement) {
      const [r, g, b, a] = rgba(getComputedStyle(e).backgroundColor);
      if (a > 0) return [r, g, b];
    }
    return rgba('Canvas').slice(0, 3);
  };
  const faint = [];
  for (const e of document.querySelectorAll('body *')) {
    const hasText = [...e.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
    if (!hasText || !e.checkVisibility() || e.matches('script, option, noscript')) continue;
    const style = getComputedStyle(e);
    const [a, b] = [luminance(rgba(style.color).slice(0, 3)), luminance(behind(e))];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const wanted = parseFloat(style.fontSize) >= 24 ? 3 : 4.5;
    if (contrast < wanted) faint.push(`${e.tagName}.${e.className} ${contrast.toFixed(2)} ${e.innerText.slice(0, 30)}`);
  }
  return [...new Set(faint)];
})()";

#[test]
#[ignore = "needs Chromium"]
fn texts_stand_out_in_light_and_dark() {
    let (mut browser, _dir, _) = open("");
    let needle = format!("#commit={NEEDLE}");
    for wanted in ["light", "dark"] {
        if browser.evaluate("document.documentElement.style.colorScheme") != wanted {
            browser.click("#theme");
        }
        assert_eq!(browser.evaluate("document.documentElement.style.colorScheme"), wanted);
        for (place, ready) in [
            ("#overview=", ".cell"),
            (needle.as_str(), ".details .runs a"),
            ("#files=", ".files .row"),
            ("#file=zoo%2Fknown.c", ".line .origin a"),
        ] {
            browser.evaluate(&format!("location.hash = '{place}'"));
            browser.wait_for(&format!("document.querySelector('{ready}')?.checkVisibility()"));
            assert_eq!(browser.evaluate(FAINT_TEXTS), json!([]), "{wanted}, {place}");
        }
    }
    assert_no_complaints(&mut browser);
}

//! How fast the page is at the size of RHEL 6.2, and what it looks like.
//!
//! `cargo test -p hunktrace-client --test report_browser -- --ignored --nocapture` prints times and writes pictures to
//! the target folder's `tmp/report/`; the report stays there to be looked at.

use std::path::Path;
use std::time::Instant;

use crate::browser::Browser;
use crate::synthetic::{self, Size};

const RHEL_6_2: Size = Size { files: 6_473, lines: 1_660_000, commits: 9_000 };

/// Runs an action that changes the address, and gives the milliseconds until the page has been painted.
fn milliseconds(browser: &mut Browser, action: &str) -> f64 {
    let timed = format!(
        "(async () => {{ const begin = performance.now(); \
         const shown = new Promise((done) => addEventListener('hashchange', \
             () => requestAnimationFrame(() => setTimeout(done)), {{ once: true }})); \
         {action}; await shown; return performance.now() - begin; }})()"
    );
    browser.evaluate(&timed).as_f64().unwrap_or(f64::NAN)
}

#[expect(clippy::print_stdout, reason = "the times are what this is for")]
fn say(what: &str, milliseconds: f64) {
    println!("{what}: {milliseconds:.0} ms");
}

#[test]
#[ignore = "measures for a minute; run it by name"]
fn times_and_pictures_at_full_size() {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("report");
    std::fs::create_dir_all(&dir).unwrap();
    let begin = Instant::now();
    let commits = synthetic::write(&dir, RHEL_6_2, (Vec::new(), Vec::new()));
    say("made up and written", begin.elapsed().as_secs_f64() * 1000.0);

    let begin = Instant::now();
    let mut browser = Browser::open(&dir, "", (1400, 900));
    browser.wait_for("document.querySelector('.cell')");
    say("browser started and page shown", begin.elapsed().as_secs_f64() * 1000.0);
    browser.load(&dir, "");
    browser.wait_for("document.querySelector('.cell')");
    let shown = browser.evaluate(
        "new Promise((done) => requestAnimationFrame(() => setTimeout(() => done(performance.now()))))",
    );
    say("page loaded and shown", shown.as_f64().unwrap_or(f64::NAN));

    say("first view of the commits", milliseconds(&mut browser, "location.hash = '#commits='"));
    for (what, name, value) in [
        ("search of one letter", "q", "e"),
        ("search of two words", "q", "race scsi"),
        ("no search", "q", ""),
        ("status", "status", "partial"),
        ("any status", "status", ""),
        ("folder", "folder", "drivers"),
    ] {
        let input = match name {
            "q" => "input[type=search]",
            "status" => "select",
            _ => "input[list]",
        };
        let action = format!(
            "{{ const input = document.querySelector('.commit-view {input}'); input.value = '{value}'; \
             input.dispatchEvent(new Event('input', {{ bubbles: true }})); }}"
        );
        say(what, milliseconds(&mut browser, &action));
    }
    say(
        "sorting by subject",
        milliseconds(&mut browser, "document.querySelector('.head .subject button').click()"),
    );

    let most = commits.iter().max_by_key(|commit| commit.lines).unwrap();
    let largest = browser.evaluate("location.hash = '#files=&sort=changed'; 0");
    assert_eq!(largest, 0);
    browser.wait_for("document.querySelector('.files .row a')");
    let path = browser.text(".files .row .path");
    let begin = Instant::now();
    browser.evaluate("document.querySelector('.files .row a').click()");
    browser.wait_for("document.querySelector('.lines .line')");
    say(&format!("largest file, {path}"), begin.elapsed().as_secs_f64() * 1000.0);

    pictures(&mut browser, &dir, &path, &most.id);
}

/// Takes pictures of every view, in light, dark and a narrow window.
fn pictures(browser: &mut Browser, dir: &Path, file: &str, commit: &str) {
    let views = [
        ("overview", "#overview=".to_owned(), ".cell"),
        ("folder", "#folder=drivers/net".to_owned(), ".cell"),
        ("commits", "#commits=".to_owned(), ".commits .row"),
        ("commit", format!("#commit={commit}&q=fix"), ".details .runs a"),
        ("files", "#files=&q=kvm".to_owned(), ".files .row"),
        ("file", format!("#file={file}&line=60"), ".lines .line"),
    ];
    for (kind, width, height, is_dark) in
        [("light", 1400, 900, false), ("dark", 1400, 900, true), ("narrow", 480, 900, false)]
    {
        browser.call(
            "Emulation.setDeviceMetricsOverride",
            serde_json::json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false}),
        );
        if (browser.evaluate("document.documentElement.style.colorScheme") == "dark") != is_dark {
            browser.click("#theme");
        }
        for (name, place, ready) in &views {
            browser.evaluate(&format!("location.hash = '{place}'"));
            browser.wait_for(&format!("document.querySelector('{ready}')?.checkVisibility()"));
            browser.evaluate("new Promise((done) => setTimeout(done, 200))");
            browser.screenshot(&dir.join(format!("{name}-{kind}.png")));
        }
        browser.evaluate(&format!("location.hash = '#file={file}'"));
        browser.wait_for("document.querySelector('.lines .line')?.checkVisibility()");
        browser.click(".tools button:nth-of-type(3)");
        browser.evaluate("new Promise((done) => setTimeout(done, 200))");
        browser.screenshot(&dir.join(format!("unexplained-{kind}.png")));
        let lower = "(async () => { location.hash = '#overview='; await new Promise((done) => setTimeout(done, 200)); \
                     document.querySelector('main').scrollTop = 1e6; })()";
        browser.evaluate(lower);
        browser.evaluate("new Promise((done) => setTimeout(done, 200))");
        browser.screenshot(&dir.join(format!("time-line-{kind}.png")));
    }
}

//! The pages in a real browser: what they look like, that everybody can use them, and that they need no script.
//!
//! Needs Chromium: `apt-get install chromium`, or the environment variable CHROMIUM with a browser of its kind. Where AXE_CORE
//! names `axe.min.js` of the package axe-core, its rules are checked as well. With PICTURES every page is written there as a
//! picture.

#[path = "../../client/release/tests/report_browser/browser.rs"]
mod browser;

use std::path::Path;

use hunktrace_tests::catalogued_releases::CataloguedReleases;
use hunktrace_tests::server::Server;
use hunktrace_tests::vendor_release::FILE;
use serde_json::{Value, json};

use browser::Browser;

const PROGRAM: &str = env!("CARGO_BIN_EXE_hunktrace_under_test");

const DESK: (u32, u32) = (1280, 900);
const PHONE: (u32, u32) = (390, 844);

/// Releases that are served, and a browser that looks at them.
struct Look {
    releases: CataloguedReleases,
    _server: Server,
    address: String,
    browser: Browser,
}

impl Look {
    fn at(size: (u32, u32)) -> Look {
        let releases = CataloguedReleases::new(PROGRAM);
        let audit = json!({
            "type": "missing", "commit": releases.release.left_out, "fixes": [releases.release.backported],
            "state": "will-apply", "applies": true, "subject": "ember: <b>mend</b> it", "first_release": "v4.1",
            "cves": ["CVE-2011-9"], "waived": null,
        });
        let known = json!({
            "type": "cve", "cve": "CVE-2011-9", "state": "affected", "reason": "what brought it in is there, and the fix is not",
            "fixes": [{"commit": releases.release.left_out}], "waived": null,
        });
        releases.release.place.write("audit.jsonl", format!("{audit}\n{known}\n"));
        let server = releases.serve(&["--audit", "vendor/k-3.el8=audit.jsonl"]);
        let address = server.pages();
        let browser = Browser::empty(&format!("http://{address}/"), size);
        Look { releases, _server: server, address, browser }
    }

    fn go(&mut self, path: &str) {
        let url = format!("http://{}/{path}", self.address);
        self.browser.go(&url);
    }

    /// A page of every kind, by a name for its picture.
    fn every_page(&self) -> Vec<(&'static str, String)> {
        let release = &self.releases.release;
        let top = "release/vendor/k-3.el8";
        let trace = "Call+Trace%3A%0A+ember_step4%2B0x1a%2F0x2b0";
        vec![
            ("start", "index.html".to_owned()),
            ("releases", "releases.html".to_owned()),
            ("commit", format!("commit/{}.html", release.left_out)),
            ("release", format!("{top}/index.html")),
            ("folder", format!("{top}/folder/drivers.html")),
            ("file", format!("{top}/file/{FILE}.html")),
            ("commits", "release/vendor/k-2.el8/commits.html".to_owned()),
            ("own", format!("{top}/own.html")),
            ("changes", format!("{top}/changes.html")),
            ("changelog", "release/vendor/k-2.el8/changelog.html".to_owned()),
            ("missing", format!("{top}/missing.html")),
            ("vendor-commit", format!("release/vendor/k-2.el8/commit/{}.html", release.left_out)),
            ("history", "history.html?name=drivers%2Fember.c".to_owned()),
            ("compare", format!("compare.html?from=vendor/k-1.el8&to=vendor/k-2.el8&trace={trace}")),
            ("search", "search.html?words=ember".to_owned()),
            ("failure", "release/vendor/k-9/index.html".to_owned()),
        ]
    }

    /// Puts a patch into the box, as a person does.
    fn ask(&mut self) {
        let patch = self.releases.release.repository.format_patch(&self.releases.release.backported);
        self.go("index.html");
        self.browser.click("#text");
        self.browser.type_text(&patch);
        self.browser.click("form.ask button");
        self.browser
            .wait_for("location.pathname.endsWith('/answer.html') && document.readyState === 'complete'");
    }

    /// Checks what holds for every page: nothing sticks out, and everybody can use it.
    #[track_caller]
    fn check(&mut self, name: &str) {
        let widths = self.browser.evaluate("[document.documentElement.scrollWidth, innerWidth]");
        assert!(widths[0].as_u64() <= widths[1].as_u64(), "{name} is wider than the window: {widths}");
        let findings = self.browser.evaluate(OWN_RULES);
        assert_eq!(findings, json!([]), "{name}");
        if let Ok(path) = std::env::var("AXE_CORE") {
            let axe = std::fs::read_to_string(path).expect("AXE_CORE is a file");
            self.browser.evaluate(&format!("{axe}; 0"));
            let found = self.browser.evaluate(
                "axe.run().then((r) => r.violations.map((v) => [v.id, v.nodes.map((n) => n.html + ' ' + n.failureSummary)]))",
            );
            assert_eq!(found, json!([]), "{name}");
        }
        assert_eq!(self.browser.evaluate("window.hostile"), Value::Null, "{name} has run a text");
    }

    /// Writes a picture of the whole page, where pictures are wanted.
    fn picture(&mut self, name: &str) {
        if let Ok(folder) = std::env::var("PICTURES") {
            self.browser.screenshot(&Path::new(&folder).join(format!("{name}.png")));
        }
    }

    fn colours(&mut self, scheme: &str) {
        let media = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.browser.call("Emulation.setEmulatedMedia", media);
    }
}

/// What holds for every page, whether axe-core is there or not: a language, a title, one main heading, names for what can be
/// used, and enough contrast of plain text.
const OWN_RULES: &str = r#"(() => {
  const findings = [];
  if (!document.documentElement.lang) findings.push("no language");
  if (!document.title) findings.push("no title");
  if (document.querySelectorAll("h1").length !== 1) findings.push("not one main heading");
  if (document.querySelectorAll("main").length !== 1) findings.push("not one main part");
  for (const field of document.querySelectorAll("input, select, textarea")) {
    if (field.labels.length === 0) findings.push(`no label: ${field.outerHTML}`);
  }
  for (const named of document.querySelectorAll("a, button")) {
    if (named.checkVisibility() && !named.textContent.trim()) findings.push(`no name: ${named.outerHTML}`);
  }
  const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
  for (const id of ids.filter((id, at) => ids.indexOf(id) !== at)) findings.push(`twice: ${id}`);
  return findings;
})()"#;

#[test]
#[ignore = "needs Chromium"]
fn every_page_is_for_everybody_on_a_desk_and_on_a_phone_light_and_dark() {
    for (size_name, size) in [("desk", DESK), ("phone", PHONE)] {
        let mut look = Look::at(size);
        for scheme in ["light", "dark"] {
            look.colours(scheme);
            for (name, path) in look.every_page() {
                look.go(&path);
                look.check(&format!("{name}, {size_name}, {scheme}"));
                look.picture(&format!("{name}-{size_name}-{scheme}"));
            }
            look.ask();
            look.check(&format!("answer, {size_name}, {scheme}"));
            look.picture(&format!("answer-{size_name}-{scheme}"));
        }
        // The page that is not there is an error on the console, and the only one.
        let complaints: Vec<&String> =
            look.browser.complaints().iter().filter(|complaint| !complaint.contains("/k-9/")).collect();
        assert_eq!(complaints, [""; 0]);
    }
}

#[test]
#[ignore = "needs Chromium"]
fn pages_need_no_script() {
    let mut look = Look::at(DESK);
    look.browser.call("Emulation.setScriptExecutionDisabled", json!({"value": true}));
    look.ask();
    let commit = look.releases.release.backported.clone();
    assert!(look.browser.text("ol.candidates").contains(&commit[..12]));
    assert_eq!(look.browser.evaluate("document.querySelectorAll('button.copy:not([hidden])').length"), 0);
    look.browser.click("ol.candidates a.id");
    look.browser.wait_for("location.pathname.includes('/commit/')");
    look.browser.wait_for_text("Vendor releases that have it");
}

#[test]
#[ignore = "needs Chromium"]
fn words_that_differ_are_marked() {
    let mut look = Look::at(DESK);
    let patch = look.releases.release.repository.format_patch(&look.releases.release.left_out);
    let changed = patch.replace("level", "amount");
    look.go("index.html");
    look.browser.click("#text");
    look.browser.type_text(&changed);
    look.browser.click("form.ask button");
    look.browser.wait_for("location.pathname.endsWith('/answer.html') && document.readyState === 'complete'");
    let marked =
        look.browser.evaluate("[...document.querySelectorAll('.sides mark')].map((e) => e.textContent)");
    let words: Vec<&str> = marked.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    assert!(words.contains(&"amount") && words.contains(&"level"), "{marked}");
}

#[test]
#[ignore = "needs Chromium"]
fn keyboard_reaches_everything_and_ids_can_be_copied() {
    let mut look = Look::at(DESK);
    let origin = format!("http://{}", look.address);
    look.browser.call(
        "Browser.grantPermissions",
        json!({"origin": origin, "permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]}),
    );
    let commit = look.releases.release.backported.clone();
    look.go(&format!("commit/{commit}.html"));
    look.browser.press("Tab");
    assert_eq!(look.browser.evaluate("document.activeElement.className"), "skip");
    look.browser.press("Enter");
    look.browser.wait_for("location.hash === '#main'");
    look.browser
        .evaluate("document.dispatchEvent(new KeyboardEvent('keydown', {key: '/', bubbles: true})); 0");
    look.browser.wait_for("document.activeElement.id === 'find'");
    look.browser.click("button.copy");
    look.browser.wait_for("document.querySelector('button.copy').textContent === 'Copied'");
    assert_eq!(look.browser.evaluate("navigator.clipboard.readText()"), commit.as_str());
}

//! Which commit owns a line when several commits have touched it, or one commit has touched several like it.

use std::collections::BTreeMap;

use hunktrace_tests::git_repository::GitRepository;
use hunktrace_tests::records::records;
use hunktrace_tests::source_text::{c_file, edit};
use hunktrace_tests::workplace::Workplace;
use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_hunktrace_under_test");

const FILE: &str = "drivers/ember.c";

/// An upstream repository whose commits all work on one file.
struct Upstream {
    place: Workplace,
    repository: GitRepository,
    text: String,
}

impl Upstream {
    /// Tags the first commit as the base.
    fn new() -> Upstream {
        let place = Workplace::new(PROGRAM);
        let repository = place.repository("upstream");
        let text = c_file("ember", 30);
        repository.commit_file(FILE, &text, "drivers: add ember");
        repository.tag("v1.0");
        Upstream { place, repository, text }
    }

    fn commit(&mut self, subject: &str, text: String) -> String {
        self.text = text;
        self.repository.commit_file(FILE, &self.text, subject)
    }

    /// Takes apart a vendor's release that has this text of the file.
    fn take_apart(&self, vendor: &str) -> Apart {
        self.repository.tag("v1.1");
        self.place.index("index", "upstream");
        self.repository.branch("vendor", "v1.0");
        self.repository.checkout("vendor");
        self.repository.commit_file(FILE, vendor, "vendor release 1");
        let args = ["--base", "upstream:v1.0", "--vendor", "upstream:vendor", "--out", "out"];
        self.place.run(&[&["attribute", "--index", "index"], &args[..]].concat()).succeeded();
        let read = |file: &str| std::fs::read_to_string(self.place.path("out").join(file)).expect(file);
        let commits = records(&read("commits.jsonl")).into_iter();
        let commits = commits.map(|commit| (text_of(&commit["commit"]), commit)).collect();
        let mut added = BTreeMap::new();
        let mut removed = BTreeMap::new();
        for hunk in records(&read("hunks.jsonl")) {
            for run in hunk["runs"].as_array().expect("runs") {
                let lines = if run["side"] == "new" { &mut added } else { &mut removed };
                let (start, count) = (number_of(&run["start"]), number_of(&run["lines"]));
                lines.extend((start..start + count).map(|line| (line, text_of(&run["commit"]))));
            }
        }
        Apart { commits, added, removed }
    }
}

/// What the program said: the records by commit, and for each changed line the commit that owns it, or nothing.
struct Apart {
    commits: BTreeMap<String, Value>,
    added: BTreeMap<u64, String>,
    removed: BTreeMap<u64, String>,
}

fn text_of(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn number_of(value: &Value) -> u64 {
    value.as_u64().expect("a number")
}

#[test]
fn equal_changes_of_one_commit_are_all_found() {
    let mut upstream = Upstream::new();
    let fixed = upstream.text.replace("\t\treturn -EINVAL;\n", "\t\treturn -EOPNOTSUPP;\n");
    let fix = upstream.commit("ember: say that it is not supported", fixed.clone());

    let apart = upstream.take_apart(&fixed);

    assert_eq!(apart.added.len(), 30);
    assert!(
        apart.added.values().chain(apart.removed.values()).all(|commit| *commit == fix),
        "{:?}",
        apart.added
    );
    assert_eq!(apart.commits[&fix]["status"], "complete");
}

#[test]
fn commit_whose_lines_are_rewritten_is_implied_by_the_one_that_did() {
    let mut upstream = Upstream::new();
    let base = "\tint level = dev->ember_reg[7] + arg * 7;\n";
    let first = "\tint level = ember_scaled_level(dev, 7, arg);\n";
    let second = "\tint level = ember_saturated_level(dev, arg, EMBER_STEP_SEVEN);\n\n\tember_note_level(dev, level);\n";
    let superseded = upstream.commit("ember: scale the level", edit(&upstream.text, base, first));
    let present = upstream.commit("ember: saturate the level", edit(&upstream.text, first, second));

    let apart = upstream.take_apart(&upstream.text);

    assert!(apart.added.values().all(|commit| *commit == present), "{:?}", apart.added);
    assert!(apart.removed.values().all(|commit| *commit == present), "{:?}", apart.removed);
    assert_eq!(apart.commits[&superseded]["status"], "implied");
    assert_eq!(apart.commits[&present]["status"], "complete");
}

#[test]
fn moved_lines_belong_to_the_commit_that_put_them_where_they_are() {
    let mut upstream = Upstream::new();
    let block: String =
        (0..12).map(|number| format!("#define EMBER_QUIRK_{number}\tBIT({number} + 3)\n")).collect();
    let head = "#include \"ember.h\"\n\n";
    let below = "static int ember_step20(struct ember *dev, int arg)\n";
    upstream.commit("ember: name the quirks", edit(&upstream.text, head, &format!("{head}{block}\n")));
    let without = edit(&upstream.text, &format!("{block}\n"), "");
    let moved =
        upstream.commit("ember: move the quirks down", edit(&without, below, &format!("{block}\n{below}")));

    let apart = upstream.take_apart(&upstream.text);

    let owners: Vec<&String> = apart.added.values().collect();
    assert_eq!(owners, vec![&moved; 13]);
}

#[test]
fn line_that_the_vendor_has_adapted_goes_to_the_commit_it_resembles() {
    let mut upstream = Upstream::new();
    let from = "\tdev->ember_state9 = level;\n";
    let to = "\tspin_lock(&dev->ember_lock);\n\tdev->ember_state9 = ember_clamp(dev, level, EMBER_MAX_NINE);\n\
              \tspin_unlock(&dev->ember_lock);\n";
    let fix = upstream.commit("ember: clamp the state under the lock", edit(&upstream.text, from, to));
    let vendor = edit(
        &upstream.text,
        "ember_clamp(dev, level, EMBER_MAX_NINE)",
        "ember_clamp(dev, level, EMBER_MAX_RHEL)",
    );

    let apart = upstream.take_apart(&vendor);

    let owners: Vec<&String> = apart.added.values().collect();
    assert_eq!(owners, vec![&fix; 3]);
    let patches = upstream.place.path("out").join("patches");
    let patch = std::fs::read_to_string(patches.join("0001-ember-clamp-the-state-under-the-lock.patch"))
        .expect("the commit's patch");
    assert!(patch.contains("\nFrom: hunktrace <hunktrace@localhost>\n"), "{patch}");
    assert!(patch.contains("\nSubject: [PATCH adapted] ember: clamp the state under the lock\n"), "{patch}");
    assert!(patch.contains("\nAuthor-of-origin: "), "{patch}");
}

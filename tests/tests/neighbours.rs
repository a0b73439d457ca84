//! Vendors that an index knows: whoever asks for a commit is told who else has it.

use std::process::Stdio;

use hunktrace_tests::catalogued_releases::CataloguedReleases;
use hunktrace_tests::records::records;
use hunktrace_tests::vendor_release::VendorRelease;
use hunktrace_tests::workplace::Run;
use serde_json::{Value, json};

const PROGRAM: &str = env!("CARGO_BIN_EXE_hunktrace_under_test");

/// An index with a catalogue, a tree that was taken apart, and a series that was looked up beside it, in `c.sqlite`, `taken` and
/// `suse.jsonl`; the index knows none of them.
struct Vendors {
    releases: CataloguedReleases,
}

impl Vendors {
    fn new() -> Vendors {
        let vendors = Vendors { releases: CataloguedReleases::new(PROGRAM) };
        let VendorRelease { place, repository, left_out, .. } = &vendors.releases.release;
        let attribute = ["attribute", "--index", "index", "--base", "upstream:v4.0", "--vendor"];
        place.run(&[&attribute[..], &["upstream:k-2.el8", "--out", "taken"]].concat()).succeeded();
        place.write("0001-level.patch", repository.format_patch(left_out));
        let lookup = ["lookup", "--index", "index", "--format", "jsonl", "0001-level.patch"];
        place.write("suse.jsonl", place.run(&lookup).succeeded().stdout);
        vendors
    }

    fn run(&self, args: &[&str]) -> Run {
        self.releases.release.place.run(args)
    }

    fn make_known(&self, neighbours: &[&str]) -> Run {
        let flags = neighbours.iter().flat_map(|neighbour| ["--neighbour", neighbour]);
        self.run(&["index", "--index", "index"].into_iter().chain(flags).collect::<Vec<_>>())
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.releases.release.place.path(name)).expect("a file")
    }

    fn show(&self, format: &str) -> Run {
        let args = ["show", "--index", "index", &self.releases.release.left_out, "--format", format];
        self.run(&args)
    }
}

/// Kind, status and base of each neighbour of a record.
fn told(shown: &str) -> Value {
    let record = records(shown).remove(0);
    let neighbours = record["neighbours"].as_array().cloned().unwrap_or_default();
    neighbours.iter().map(|found| json!([found["kind"], found["status"], found["base"]])).collect()
}

#[test]
fn vendors_that_an_index_knows_are_named_without_being_asked_for() {
    let vendors = Vendors::new();
    assert_eq!(records(&vendors.show("jsonl").succeeded().stdout)[0].get("neighbours"), None);

    let known = vendors.make_known(&["c.sqlite", "./taken", "suse.jsonl", "c.sqlite"]).succeeded().stdout;
    assert!(known.starts_with("index: 3 neighbours\n"), "{known}");

    let has = told(&vendors.show("jsonl").succeeded().stdout);
    let tree = json!(["tree", "complete", "v4.0"]);
    let catalogue = json!(["catalogue", "complete", "v4.0"]);
    let series = json!(["series", "exact", null]);
    let mut all = has.as_array().cloned().unwrap_or_default();
    assert_eq!(all.len(), 3, "{has}");
    all.retain(|found| ![&tree, &catalogue, &series].contains(&found));
    assert_eq!(all, [json!(null); 0], "{has}");

    let text = vendors.show("text").succeeded().stdout;
    assert!(text.contains("k-2.el8 (2011-06-22, on v4.0): complete"), "{text}");
    assert!(text.contains("suse 0001-level.patch: exact"), "{text}");
    let stored = vendors.read("index/neighbours.json");
    assert!(stored.lines().filter(|line| line.trim().starts_with("\"/")).count() == 3, "{stored}");
}

#[test]
fn neighbours_that_are_gone_or_damaged_are_warned_of_and_the_others_answer() {
    let vendors = Vendors::new();
    let place = &vendors.releases.release.place;
    vendors.make_known(&["c.sqlite", "taken", "suse.jsonl"]).succeeded();
    std::fs::rename(place.path("c.sqlite"), place.path("moved.sqlite")).expect("moved");
    place.write("suse.jsonl", format!("{{\"type\":\"patch\", {}\n", vendors.releases.release.left_out));

    let shown = vendors.show("jsonl");

    assert_eq!(told(&shown.stdout), json!([["tree", "complete", "v4.0"]]));
    let error = shown.failed(1);
    assert!(error.contains("c.sqlite") && error.contains("hunktrace index --forget-neighbour"), "{error}");
    assert!(error.contains("suse.jsonl: is damaged"), "{error}");

    let forget =
        ["index", "--index", "index", "--forget-neighbour", "c.sqlite", "--forget-neighbour", "suse.jsonl"];
    vendors.run(&forget).succeeded();
    vendors.make_known(&["moved.sqlite"]).succeeded();
    assert_eq!(told(&vendors.show("jsonl").succeeded().stdout).as_array().map(Vec::len), Some(2));
    let unknown = vendors.run(&["index", "--index", "index", "--forget-neighbour", "suse.jsonl"]).failed(2);
    assert!(
        unknown.contains("is no neighbour of this index") && unknown.contains("moved.sqlite"),
        "{unknown}"
    );
}

#[test]
fn list_of_neighbours_that_is_damaged_or_newer_says_what_to_do() {
    let vendors = Vendors::new();
    let place = &vendors.releases.release.place;
    for (text, remedy) in [("{", "remove it"), ("{\"format\": 99, \"neighbours\": []}", "update hunktrace")] {
        place.write("index/neighbours.json", text);
        let shown = vendors.show("text");
        assert!(shown.stdout.contains("work the level out"), "{shown:?}");
        let error = shown.failed(1);
        assert!(error.contains("neighbours.json") && error.contains(remedy), "{error}");
        vendors.make_known(&["taken"]).failed(2);
    }
}

#[test]
fn what_is_no_neighbour_is_refused() {
    let vendors = Vendors::new();
    let place = &vendors.releases.release.place;
    place.write("other.txt", "something else\n");
    for (path, said) in [
        ("other.txt", "neither a catalogue nor a patch"),
        ("none.sqlite", "cannot be read"),
        ("upstream", "is a folder without patches"),
        ("upstream", "'hunktrace attribute' has written"),
    ] {
        let error = vendors.make_known(&["taken", path]).failed(2);
        assert!(error.contains(path) && error.contains(said), "{error}");
    }
    assert!(!place.path("index/neighbours.json").exists());
    let error = vendors.run(&["index", "--index", "none", "--neighbour", "taken"]).failed(2);
    assert!(error.contains("none"), "{error}");
}

#[test]
fn processes_that_make_neighbours_known_at_the_same_time_lose_none() {
    let vendors = Vendors::new();
    let place = &vendors.releases.release.place;
    let names: Vec<String> = (0..6).map(|number| format!("s{number}.jsonl")).collect();
    let children: Vec<_> = names
        .iter()
        .map(|name| {
            place.write(name, vendors.read("suse.jsonl"));
            let args = ["index", "--index", "index", "--neighbour", name.as_str()];
            place.command(&args).stdout(Stdio::null()).spawn().expect("the program starts")
        })
        .collect();
    for mut child in children {
        assert!(child.wait().expect("it ends").success());
    }
    let known = vendors.read("index/neighbours.json");
    assert!(names.iter().all(|name| known.contains(name.as_str())), "{known}");
}

#[test]
fn server_names_the_vendors_of_its_catalogue() {
    let vendors = Vendors::new();
    let server = vendors.releases.serve(&[]);
    let commit = &vendors.releases.release.left_out;

    let args = ["show", "--server", server.url(), commit, "--format", "jsonl"];
    let shown = vendors.run(&args).succeeded().stdout;
    assert_eq!(told(&shown), json!([["catalogue", "complete", "v4.0"]]));

    let both = vendors.run(&[&args[..], &["--neighbours", "taken"]].concat()).succeeded().stdout;
    assert_eq!(told(&both).as_array().map(Vec::len), Some(2));
}

/// What a record says of neighbours, all of it.
fn neighbours(run: &Run) -> Value {
    records(&run.stdout).remove(0)["neighbours"].clone()
}

#[test]
fn server_names_the_neighbours_of_its_index_as_those_who_open_it_see_them() {
    let vendors = Vendors::new();
    vendors.make_known(&["c.sqlite", "taken", "suse.jsonl"]).succeeded();
    let server = vendors.releases.serve(&[]);
    let commit = &vendors.releases.release.left_out;
    let ask = |format: &str| vendors.run(&["show", "--server", server.url(), commit, "--format", format]);

    let here = neighbours(&vendors.show("jsonl"));
    assert_eq!(here.as_array().map(Vec::len), Some(3), "{here}");
    // The second answer comes from what was kept with the first one, the third from all of it.
    for _ in 0..3 {
        assert_eq!(neighbours(&ask("jsonl")), here);
    }
    assert_eq!(ask("text").succeeded().stdout, vendors.show("text").succeeded().stdout);

    let args = ["index", "--index", "index", "--forget-neighbour", "taken", "--forget-neighbour", "c.sqlite"];
    vendors.run(&args).succeeded();
    let kinds = told(&ask("jsonl").succeeded().stdout);
    assert_eq!(kinds.as_array().map(Vec::len), Some(2), "the catalogue is served still: {kinds}");
    vendors.releases.release.place.write("suse.jsonl", "{\"type\":\"hunk\"}\n");
    let kinds = told(&ask("jsonl").succeeded().stdout);
    assert_eq!(kinds, json!([["catalogue", "complete", "v4.0"]]), "the series was written again");
}

#[test]
fn server_warns_of_neighbours_that_are_gone_or_damaged_without_saying_where_they_were() {
    let vendors = Vendors::new();
    let place = &vendors.releases.release.place;
    vendors.make_known(&["taken", "suse.jsonl"]).succeeded();
    let server = vendors.releases.serve(&[]);
    let left_out = &vendors.releases.release.left_out;
    std::fs::rename(place.path("taken"), place.path("moved")).expect("moved");
    place.write("suse.jsonl", format!("{{\"type\":\"patch\", {left_out}\n"));

    let shown = vendors.run(&["show", "--server", server.url(), left_out, left_out, "--format", "jsonl"]);

    assert_eq!(told(&shown.stdout), json!([["catalogue", "complete", "v4.0"]]));
    let error = shown.failed(1);
    assert_eq!(error.matches("taken: cannot be read; bring it back").count(), 1, "{error}");
    assert_eq!(error.matches("suse.jsonl: is damaged; write it again").count(), 1, "{error}");
    let folder = place.path("").to_string_lossy().into_owned();
    assert!(!error.contains(folder.trim_end_matches('/')), "{error}");

    place.write("index/neighbours.json", "{");
    let shown = vendors.run(&["show", "--server", server.url(), left_out]);
    assert!(shown.stdout.contains("work the level out"), "{shown:?}");
    let error = shown.failed(1);
    assert!(error.contains("hunktrace: neighbours.json: is damaged; remove it"), "{error}");
}

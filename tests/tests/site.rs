//! The same pages as files.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::SystemTime;

use hunktrace_tests::catalogued_releases::CataloguedReleases;
use hunktrace_tests::page_links::{links, target};
use hunktrace_tests::workplace::Workplace;

const PROGRAM: &str = env!("CARGO_BIN_EXE_hunktrace_under_test");

/// All files of a folder by their paths below it, with when they were written.
fn files(folder: &Path) -> BTreeMap<String, SystemTime> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(folder).expect("a path below").to_string_lossy().into_owned();
            let written = path.metadata().and_then(|facts| facts.modified()).expect("a time");
            found.insert(name, written);
        }
    }
    found
}

fn write(place: &Workplace, flags: &[&str]) -> String {
    let site = ["site", "--catalogue", "c.sqlite", "--out", "www"];
    place.run(&[&site[..], flags].concat()).succeeded().stdout
}

#[test]
fn every_link_of_a_site_leads_to_a_file_of_it() {
    let releases = CataloguedReleases::new(PROGRAM);
    let place = &releases.release.place;
    let all = ["--index", "index", "--patches", "--url", "https://kernel.example.org/"];
    let names = ["--release", "k-2.el8", "--release", "k-3.el8"];
    let printed = write(place, &[&all[..], &names].concat());
    let www = place.path("www");
    let files = files(&www);
    let count = files.len() - 1;
    assert!(printed.starts_with(&format!("{count} files, {count} written, 0 removed, ")), "{printed}");
    let mut pages = 0;
    for name in files.keys().filter(|name| name.ends_with(".html")) {
        let html = fs::read_to_string(www.join(name)).expect("a page");
        assert!(!html.contains("<form") && !html.contains("hostile=1<"), "{name}");
        for link in links(&html).iter().map(|link| target(name, link)) {
            assert!(files.contains_key(&link), "{name} leads to {link}");
        }
        pages += 1;
    }
    assert!(pages > 15, "{pages}");
    let sitemap = fs::read_to_string(www.join("sitemap.xml")).expect("a sitemap");
    assert_eq!(sitemap.matches("<loc>https://kernel.example.org/").count(), pages);
    assert!(
        files
            .keys()
            .any(|name| name.starts_with("release/vendor/k-2.el8/commit/") && name.ends_with(".mbox"))
    );
    // The first release has no pages, and a page that would lead there does not.
    assert!(!files.keys().any(|name| name.contains("k-1.el8")));
}

#[test]
fn site_that_is_written_again_changes_only_what_changed() {
    let releases = CataloguedReleases::new(PROGRAM);
    let place = &releases.release.place;
    write(place, &["--release", "k-2.el8"]);
    let first = files(&place.path("www"));
    let again = write(place, &["--release", "k-2.el8"]);
    assert!(again.contains(" files, 0 written, 0 removed, "), "{again}");
    let mut second = files(&place.path("www"));
    // The list of files is written by each run.
    let (mut first, list) = (first, ".hunktrace-site");
    assert!(first.remove(list).is_some() && second.remove(list).is_some());
    assert_eq!(first, second);

    // The newest release takes its place, and nothing of the other one stays.
    let third = write(place, &[]);
    assert!(!third.contains(" 0 removed, "), "{third}");
    let left = files(&place.path("www"));
    assert!(!left.keys().any(|name| name.starts_with("release/vendor/k-2.el8/")), "{left:?}");
    assert!(left.contains_key("release/vendor/k-3.el8/index.html"));
}

#[test]
fn folder_with_something_else_is_left_alone() {
    let releases = CataloguedReleases::new(PROGRAM);
    let place = &releases.release.place;
    fs::create_dir(place.path("www")).expect("a folder");
    place.write("www/mine", "x");
    let args = ["site", "--catalogue", "c.sqlite", "--out", "www"];
    let refused = place.run(&args).failed(2);
    assert!(refused.contains("has files that are no site of hunktrace"), "{refused}");
    assert_eq!(files(&place.path("www")).len(), 1);
    let unknown = place.run(&["site", "--catalogue", "c.sqlite", "--out", "w", "--release", "k-9"]).failed(2);
    assert!(unknown.contains("has no release k-9"), "{unknown}");
}

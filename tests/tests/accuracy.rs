//! The accuracy harness, on a history that is made here.

use hunktrace_tests::source_text::{c_file, edit};
use hunktrace_tests::workplace::{Run, Workplace};
use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_hunktrace_under_test");
const HARNESS: &str = env!("CARGO_BIN_EXE_measure_accuracy");

/// How many commits the history has.
const COMMITS: usize = 40;

/// A place with a repository of 40 drivers, each changed in two lines by a commit of its own.
fn place() -> Workplace {
    let place = Workplace::new(PROGRAM);
    let repository = place.repository("upstream");
    for number in 0..COMMITS {
        let driver = format!("ember{number}x");
        repository.write(&format!("drivers/{driver}.c"), c_file(&driver, 4));
    }
    repository.commit("drivers: add them all");
    for number in 0..COMMITS {
        let driver = format!("ember{number}x");
        let state = format!("\tdev->{driver}_state2 = level;\n");
        let locked = format!("\tlock_{driver}(dev);\n{state}\tunlock_{driver}(dev);\n");
        let text = edit(&c_file(&driver, 4), &state, &locked);
        repository.commit_file(&format!("drivers/{driver}.c"), text, &format!("{driver}: take the lock"));
    }
    place
}

fn measured(place: &Workplace) -> (String, Value) {
    let mut command = std::process::Command::new(HARNESS);
    command.args(["--samples", "10", "--upstream"]).arg(place.path("upstream"));
    command.arg("--index").arg(place.path("index")).arg("--work").arg(place.path("work"));
    let printed = Run::of(command).succeeded().stdout;
    let json = std::fs::read(place.path("work/accuracy.json")).expect("the figures");
    (printed, serde_json::from_slice(&json).expect("figures in JSON"))
}

#[test]
fn a_row_for_every_kind_of_perturbation_is_printed_and_written() {
    let place = place();
    let (printed, figures) = measured(&place);
    for kind in
        ["unchanged", "renamed-identifier", "moved-path", "half-a-hunk", "whole-patch", "squashed-series"]
    {
        assert!(printed.contains(&format!("| {kind} ")), "{kind}: {printed}");
    }
    let sets = figures["sets"].as_array().expect("sets");
    let unchanged = sets.iter().find(|set| set["name"] == "unchanged").expect("hunks as they are");
    assert_eq!(unchanged["hunktrace"]["hunks"]["right_first"], 1.0, "{unchanged}");
    // The commit that adds all files has several hunks, and a patch id knows whole patches only.
    assert!(unchanged["patch_id"]["patches"]["right_first"].as_f64() >= Some(0.5), "{unchanged}");
    assert_eq!(unchanged["line_overlap"]["hunks"]["right_first"], 1.0, "{unchanged}");
    assert_eq!(unchanged["subject_line"], Value::Null, "a hunk has no subject: {unchanged}");
    let left_out = sets.iter().find(|set| set["name"] == "unchanged left out").expect("hunks without origin");
    assert_eq!(left_out["is_absent"], true, "{left_out}");
}

#[test]
fn squashed_series_are_right_in_each_of_their_commits() {
    let (_, figures) = measured(&place());
    let sets = figures["sets"].as_array().expect("sets");
    let of_set = |name: &str| sets.iter().find(|set| set["name"] == name).expect("series");
    let series = &of_set("squashed-series")["hunktrace"];
    let asked = |level: &str| series[level]["asked"].as_u64().unwrap_or_default();
    assert!(asked("patches") > 0 && asked("hunks") > asked("patches"), "{series}");
    let right_first = |level: &str| series[level]["right_first"].as_f64().expect("a share");
    assert_eq!((right_first("patches"), right_first("hunks")), (1.0, 1.0), "{series}");
    // About half of the hunks are those of commits that are left out.
    let partly = &of_set("squashed-series but for one left out")["hunktrace"];
    let claimed = partly["hunks"]["claimed"].as_f64().expect("a share");
    assert!(claimed > 0.1 && claimed < 0.9, "{partly}");
}

#[test]
fn the_same_seed_measures_the_same() {
    let place = place();
    assert_eq!(measured(&place), measured(&place));
}

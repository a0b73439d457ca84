//! The fuzz targets over the kept inputs and mutations of them: a bounded number, the same ones in every run.
//!
//! `FUZZ_INPUTS` sets another number for each target. An input that ends in a panic is left in the system's temporary folder;
//! it belongs into `fuzz/corpus` when it is mended.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};

use hunktrace_tests::fuzzing::{Mutator, TARGETS, Target, corpus};

/// Mutations of each target, unless the environment says otherwise.
const INPUTS: usize = 400;

fn drive(name: &str) {
    let target = TARGETS.iter().find(|target| target.name == name).expect("a target of that name");
    let kept: Vec<Vec<u8>> = kept_inputs(name);
    assert!(!kept.is_empty(), "fuzz/corpus/{name} has no inputs");
    kept.iter().for_each(|input| run(target, input));
    let inputs = std::env::var("FUZZ_INPUTS").ok().and_then(|number| number.parse().ok()).unwrap_or(INPUTS);
    let mut mutator = Mutator::new(kept, 1);
    (0..inputs).for_each(|_| run(target, &mutator.next_input()));
}

fn kept_inputs(name: &str) -> Vec<Vec<u8>> {
    let entries = fs::read_dir(corpus(name)).expect("the kept inputs");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    paths.iter().map(|path| fs::read(path).expect("an input")).collect()
}

fn run(target: &Target, input: &[u8]) {
    if catch_unwind(AssertUnwindSafe(|| (target.run)(input))).is_err() {
        let path = std::env::temp_dir().join(format!("hunktrace-{}-failed", target.name));
        fs::write(&path, input).expect("the input is kept");
        panic!("target {} panics on {}", target.name, path.display());
    }
}

#[test]
fn patch() {
    drive("patch");
}

#[test]
fn mail() {
    drive("mail");
}

#[test]
fn tar() {
    drive("tar");
}

#[test]
fn cpio() {
    drive("cpio");
}

#[test]
fn rpm() {
    drive("rpm");
}

#[test]
fn segment() {
    drive("segment");
}

#[test]
fn graph() {
    drive("graph");
}

#[test]
fn request() {
    drive("request");
}

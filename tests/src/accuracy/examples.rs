//! What the confidence model is fitted to: candidates with their evidence, and whether they are right.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use serde::Serialize;

use crate::accuracy::program::{Answer, Claim};
use crate::accuracy::query::{Query, QuerySet};

/// How many candidates of an answer are examples.
const CANDIDATES: usize = 6;

#[derive(Serialize)]
struct Example<'a> {
    part: &'a str,
    set: &'a str,
    level: &'static str,
    query: &'a str,
    place: usize,
    is_absent: bool,
    is_right: bool,
    candidate: &'a str,
    evidence: BTreeMap<&'a str, f64>,
}

/// Writes the answers to a set as examples, a JSON object a line; `part` says what they are for.
///
/// # Errors
/// Where they cannot be written.
pub fn write_examples(
    part: &str,
    set: &QuerySet,
    answers: &[Answer],
    out: &mut impl Write,
) -> anyhow::Result<()> {
    for (query, answer) in set.queries.iter().zip(answers) {
        for (place, hunk) in answer.hunks.iter().enumerate() {
            write_candidates(part, set, query, "hunk", query.right_for_hunk(place), hunk, out)?;
        }
        write_candidates(part, set, query, "patch", &query.right, &answer.patch, out)?;
    }
    Ok(())
}

fn write_candidates(
    part: &str,
    set: &QuerySet,
    query: &Query,
    level: &'static str,
    right: &BTreeSet<String>,
    candidates: &[Claim],
    out: &mut impl Write,
) -> anyhow::Result<()> {
    for (place, claim) in candidates.iter().take(CANDIDATES).enumerate() {
        let example = Example {
            part,
            set: &set.name,
            level,
            query: &query.name,
            place,
            is_absent: set.is_absent,
            is_right: right.contains(&claim.commit),
            candidate: &claim.commit,
            evidence: claim.evidence.iter().map(|one| (one.name.as_str(), one.value)).collect(),
        };
        serde_json::to_writer(&mut *out, &example)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

//! What was found for a series, in a line.

use hunktrace_proto::v1::Patch;

use crate::commands::lookup::confidence_text::LIKELY;
use crate::commands::lookup::finding::{Finding, is_undone};
use crate::commands::lookup::text::likely_origins;
use crate::terminal::color::{TITLE, WARNING};
use crate::terminal::screen_text::{add_line, counted, wrapped};

/// How many patches of a series have come to which end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SeriesSummary {
    patches: u64,
    whole: u64,
    in_part: u64,
    in_base: u64,
    reverts: u64,
    /// Of those with an origin, how many have one that was undone later.
    undone: u64,
}

impl SeriesSummary {
    /// Counts a patch.
    pub fn count(&mut self, patch: &Patch) {
        self.patches += 1;
        let likely = patch.candidates.iter().find(|candidate| candidate.confidence >= LIKELY);
        match (Finding::of_patch(patch), likely) {
            (Finding::InBase(_), _) => self.in_base += 1,
            (Finding::Reverts(_), _) => self.reverts += 1,
            (_, Some(origin)) => {
                self.whole += 1;
                self.undone += u64::from(is_undone(origin));
            }
            (_, None) if !likely_origins(patch).is_empty() => self.in_part += 1,
            (_, None) => {}
        }
    }

    /// The line, at most so wide; empty where there is no series.
    pub fn text(&self, columns: Option<usize>) -> String {
        let SeriesSummary { patches, whole, in_part, in_base, reverts, undone } = *self;
        let mut out = String::new();
        if patches < 2 {
            return out;
        }
        let unknown = patches - whole - in_part - in_base - reverts;
        let counts = [
            (whole, "with a likely origin"),
            (in_part, "with origins of some hunks"),
            (in_base, "already in the base"),
            (reverts, "reverting a commit"),
            (unknown, "without a likely origin"),
        ];
        let told = counts.iter().filter(|(count, _)| *count > 0);
        let told: Vec<String> = told.map(|(count, what)| format!("{count} {what}")).collect();
        let line = format!("{}es: {}", counted(patches, "patch").trim_end_matches('s'), told.join(", "));
        for line in wrapped(&line, columns.unwrap_or(usize::MAX)) {
            add_line(&mut out, format_args!("{TITLE}{line}{TITLE:#}"));
        }
        if undone > 0 {
            let origins = counted(undone, "origin");
            let were = if undone == 1 { "was" } else { "were" };
            add_line(&mut out, format_args!("{WARNING}{origins} {were} reverted later{WARNING:#}"));
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use anstream::adapter::strip_str;
    use hunktrace_proto::v1::{Candidate, HunkAnswer, InBase};

    fn candidate(confidence: f64) -> Candidate {
        Candidate { commit: "a".into(), confidence, ..Candidate::default() }
    }

    fn summary(patches: &[Patch]) -> String {
        let mut summary = SeriesSummary::default();
        patches.iter().for_each(|patch| summary.count(patch));
        strip_str(&summary.text(None)).to_string()
    }

    #[test]
    fn patches_are_counted_by_what_was_found() {
        let found = Patch { candidates: vec![candidate(0.9)], ..Patch::default() };
        let hunk = HunkAnswer { candidates: vec![candidate(0.9)], ..HunkAnswer::default() };
        let part = Patch { hunks: vec![hunk], candidates: vec![candidate(0.2)], ..Patch::default() };
        let held = InBase { candidate: Some(candidate(0.9)), ..InBase::default() };
        let held = Patch { in_base: Some(Box::new(held)), ..Patch::default() };
        let undoing = Patch { reverts: Some(Box::new(candidate(0.9))), ..Patch::default() };
        assert_eq!(
            summary(&[found.clone(), part, held, undoing, Patch::default(), found]),
            "6 patches: 2 with a likely origin, 1 with origins of some hunks, 1 already in the base, 1 reverting a commit, \
             1 without a likely origin\n"
        );
    }

    #[test]
    fn origins_that_were_undone_are_counted() {
        let undone = Candidate { reverted_by: vec!["b".into()], ..candidate(0.9) };
        let patch = Patch { candidates: vec![undone], ..Patch::default() };
        assert_eq!(
            summary(&[patch.clone(), patch]),
            "2 patches: 2 with a likely origin\n2 origins were reverted later\n"
        );
    }

    #[test]
    fn single_patch_is_no_series() {
        assert_eq!(summary(&[Patch::default()]), "");
    }
}

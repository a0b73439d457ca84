//! The answers of `lookup` as a table, with what is said first of each hunk and patch.

use hunktrace_proto::v1::{Candidate, HunkAnswer, InBase, Patch};

use super::match_kind::match_kind_name;
use crate::csv_row::csv_row;

/// The columns. Those of a hunk's place are empty in the row of a patch, and those of a commit where none was found.
const COLUMNS: [&str; 23] = [
    "type",
    "patch",
    "id",
    "patch_subject",
    "file",
    "old_start",
    "old_lines",
    "new_start",
    "new_lines",
    "finding",
    "commit",
    "confidence",
    "match",
    "similarity",
    "commit_file",
    "subject",
    "first_release",
    "carriers",
    "equivalents",
    "reverted_by",
    "reverts",
    "fixed_by",
    "cves",
];

/// The first line of the table, which names its columns.
pub fn table_heading() -> String {
    COLUMNS.join(",") + "\n"
}

/// The rows of a patch that the user knows as `name`: one for each hunk, and one for the patch.
pub fn patch_rows(name: &str, patch: &Patch) -> String {
    let row = |kind: &str, place: [String; 5], finding: [String; 14]| {
        let asked = [kind, name, &patch.commit, &patch.subject].map(str::to_owned);
        csv_row(&[&asked[..], &place, &finding].concat()) + "\n"
    };
    let hunk_row = |hunk: &HunkAnswer| {
        let HunkAnswer { file, old_start, old_lines, new_start, new_lines, .. } = hunk;
        let [old_start, old_lines, new_start, new_lines] =
            [old_start, old_lines, new_start, new_lines].map(u32::to_string);
        let place = [file.clone(), old_start, old_lines, new_start, new_lines];
        row("hunk", place, finding_fields(hunk.in_base.as_deref(), hunk.reverts.as_deref(), &hunk.candidates))
    };
    let finding = finding_fields(patch.in_base.as_deref(), patch.reverts.as_deref(), &patch.candidates);
    patch.hunks.iter().map(hunk_row).collect::<String>() + &row("patch", Default::default(), finding)
}

/// What was found, and the fields of its commit.
fn finding_fields(
    in_base: Option<&InBase>,
    reverts: Option<&Candidate>,
    candidates: &[Candidate],
) -> [String; 14] {
    let held = in_base.and_then(|held| held.candidate.as_ref());
    let (finding, candidate) = match (held, reverts, candidates.first()) {
        (Some(held), _, _) => ("in base", held),
        (None, Some(undone), _) => ("reverts", undone),
        (None, None, Some(best)) => ("origin", best),
        (None, None, None) => {
            return ["none", "", "", "", "", "", "", "", "", "", "", "", "", ""].map(str::to_owned);
        }
    };
    [
        finding.to_owned(),
        candidate.commit.clone(),
        four_decimals(candidate.confidence),
        match_kind_name(candidate).to_owned(),
        four_decimals(candidate.similarity),
        candidate.file.clone(),
        candidate.subject.clone(),
        candidate.first_release.clone(),
        candidate.carriers.join(" "),
        candidate.equivalents.join(" "),
        candidate.reverted_by.join(" "),
        candidate.reverts.join(" "),
        candidate.fixed_by.join(" "),
        candidate.cves.join(" "),
    ]
}

/// A number with at most four decimals, beyond which none of them means anything.
fn four_decimals(value: f64) -> String {
    ((value * 1e4).round() / 1e4).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use hunktrace_proto::v1::MatchKind;

    fn candidate() -> Candidate {
        Candidate {
            commit: "a1".into(),
            confidence: 0.987_654,
            r#match: MatchKind::Changes.into(),
            similarity: 1.0,
            file: "mm/x.c".into(),
            subject: "mm: say \"x\", loudly".into(),
            first_release: "v4.20-rc1".into(),
            carriers: vec!["b1".into(), "b2".into()],
            ..Candidate::default()
        }
    }

    #[test]
    fn table_has_a_row_for_each_hunk_and_one_for_the_patch() {
        let hunk = HunkAnswer {
            file: "mm/a,b.c".into(),
            old_start: 1,
            old_lines: 2,
            new_start: 3,
            new_lines: 4,
            candidates: vec![candidate(), Candidate::default()],
            ..HunkAnswer::default()
        };
        let other = HunkAnswer { candidates: vec![], ..hunk.clone() };
        let patch = Patch {
            hunks: vec![hunk, other],
            candidates: vec![candidate()],
            subject: "[PATCH] mm: say it".into(),
            commit: "1234567".into(),
            ..Patch::default()
        };
        let found = "origin,a1,0.9877,changes,1,mm/x.c,\"mm: say \"\"x\"\", loudly\",v4.20-rc1,b1 b2,,,,,";
        assert_eq!(
            patch_rows("n#1", &patch),
            format!(
                "hunk,n#1,1234567,[PATCH] mm: say it,\"mm/a,b.c\",1,2,3,4,{found}\n\
                 hunk,n#1,1234567,[PATCH] mm: say it,\"mm/a,b.c\",1,2,3,4,none,,,,,,,,,,,,,\n\
                 patch,n#1,1234567,[PATCH] mm: say it,,,,,,{found}\n"
            )
        );
    }

    #[test]
    fn what_the_base_has_and_what_is_undone_are_findings() {
        let held = InBase { candidate: Some(candidate()), ..InBase::default() };
        let patch = Patch { reverts: Some(Box::new(candidate())), ..Patch::default() };
        assert!(patch_rows("n", &patch).contains(",reverts,a1,"));
        let patch = Patch { in_base: Some(Box::new(held)), ..patch };
        assert!(patch_rows("n", &patch).contains(",in base,a1,"));
    }

    #[test]
    fn every_row_has_the_columns_of_the_heading() {
        let row = patch_rows("n", &Patch::default());
        assert_eq!(row.matches(',').count(), table_heading().matches(',').count());
    }
}

//! How matches and hunks from the service are called in every form of output.

use hunktrace_proto::v1::{CandidateHunk, MatchKind};

/// The match kind's name: `exact`, `changes` and so on; `unknown` for one that this program does not know yet.
pub fn match_name(kind: i32) -> &'static str {
    match MatchKind::try_from(kind) {
        Ok(MatchKind::Exact) => "exact",
        Ok(MatchKind::Changes) => "changes",
        Ok(MatchKind::Normalized) => "normalized",
        Ok(MatchKind::Partial) => "partial",
        Ok(MatchKind::Fuzzy) => "fuzzy",
        Ok(MatchKind::Implied) => "implied",
        Ok(MatchKind::Unspecified) | Err(_) => "unknown",
    }
}

/// The leading digits of a commit id that people are shown.
pub fn short_id(commit: &str) -> &str {
    const DIGITS: usize = 12;
    commit.get(..DIGITS).unwrap_or(commit)
}

/// The path by which people know the hunk: the new one where there is one.
pub fn path(hunk: &CandidateHunk) -> &str {
    if hunk.new_path.is_empty() { &hunk.old_path } else { &hunk.new_path }
}

/// The `@@` line, without a newline.
pub fn header(hunk: &CandidateHunk) -> String {
    let CandidateHunk { old_start, old_lines, new_start, new_lines, section, .. } = hunk;
    let blank = if section.is_empty() { "" } else { " " };
    format!("@@ -{} +{} @@{blank}{section}", range(*old_start, *old_lines), range(*new_start, *new_lines))
}

/// A line range as unified diffs write it: the count is left out where it is 1.
fn range(start: u32, lines: u32) -> String {
    if lines == 1 { start.to_string() } else { format!("{start},{lines}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_have_the_names_of_the_contract() {
        let names: Vec<_> = (1..=7).map(match_name).collect();
        assert_eq!(names, ["exact", "changes", "normalized", "partial", "fuzzy", "implied", "unknown"]);
    }

    #[test]
    fn header_is_that_of_a_unified_diff() {
        let hunk = CandidateHunk {
            old_start: 3,
            old_lines: 2,
            new_start: 3,
            new_lines: 1,
            ..CandidateHunk::default()
        };
        assert_eq!(header(&hunk), "@@ -3,2 +3 @@");
        assert_eq!(
            header(&CandidateHunk { section: "int f(void)".into(), ..hunk }),
            "@@ -3,2 +3 @@ int f(void)"
        );
    }

    #[test]
    fn short_ids_have_twelve_digits_at_most() {
        assert_eq!(short_id("0123456789abcdef"), "0123456789ab");
        assert_eq!(short_id("0123"), "0123");
    }
}

//! How commits and hunks from the service are called in every form of output.

use hunktrace_proto::v1::CandidateHunk;

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

//! How a candidate's hunk is called in every form of output: by its path and its `@@` line.

use hunktrace_proto::v1::CandidateHunk;

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
    fn deleted_file_is_known_by_its_old_path() {
        let hunk = CandidateHunk { old_path: "old.c".into(), ..CandidateHunk::default() };
        assert_eq!(path(&hunk), "old.c");
        assert_eq!(path(&CandidateHunk { new_path: "new.c".into(), ..hunk }), "new.c");
    }
}

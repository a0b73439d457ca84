//! A commit for people: what `show` prints.

use hunktrace_indexer::hunk::{Hunk, NO_NEWLINE, Sign};
use hunktrace_proto::v1::{CandidateHunk, GetCommitResponse, Unindexed};

use crate::commands::candidate_hunk::header;
use crate::terminal::color::{ADDED, COMMIT, FAINT, HUNK_HEAD, POSSIBLE, REMOVED, TITLE};
use crate::terminal::screen_text::{add_line, counted, indented, printable};

/// The commit with everything that is known of it.
pub fn commit_text(commit: &GetCommitResponse) -> String {
    let mut out = String::new();
    let GetCommitResponse { commit: id, subject, author, .. } = commit;
    add_line(&mut out, format_args!("{COMMIT}commit {id}{COMMIT:#}"));
    if !commit.read_from.is_empty() {
        let carrier = printable(&commit.read_from);
        let what = "not indexed; what is known is read from its carrier";
        add_line(&mut out, format_args!("{POSSIBLE}{what} {carrier}{POSSIBLE:#}"));
    }
    let subject = printable(subject);
    add_line(&mut out, format_args!("{TITLE}{subject}{TITLE:#}"));
    let release = match commit.first_release.as_str() {
        "" => "none: no indexed release tag contains it",
        tag => tag,
    };
    for (name, value) in [
        ("author", author.as_str()),
        ("written", &commit.author_date),
        ("committed", &commit.commit_date),
        ("first release", release),
    ] {
        if !value.is_empty() {
            add_field(&mut out, name, &printable(value));
        }
    }
    for (name, ids) in [
        ("parents", &commit.parents),
        ("carries", &commit.origins),
        ("carried by", &commit.carriers),
        ("same change in", &commit.equivalents),
        ("reverts", &commit.reverts),
        ("reverted by", &commit.reverted_by),
        ("fixes", &commit.fixes),
        ("fixed by", &commit.fixed_by),
        ("not indexed", &commit.unresolved),
    ] {
        for (place, id) in ids.iter().enumerate() {
            add_field(&mut out, if place == 0 { name } else { "" }, &printable(id));
        }
    }
    let hunks = match (commit.hunk_count, commit.parents.len()) {
        (0, 2..) => "0 (changes that a merge makes itself are not indexed)".to_owned(),
        (count, _) => count.to_string(),
    };
    add_field(&mut out, "hunks", &hunks);
    let encoding = commit.message.as_ref().map_or("", |message| &message.encoding);
    if !encoding.is_empty() {
        add_field(&mut out, "encoding", &printable(encoding));
    }
    if commit.unreferenced {
        let text = "no branch or tag leads to it any more";
        add_line(&mut out, format_args!("  {POSSIBLE}{text}{POSSIBLE:#}"));
    }
    for Unindexed { path, reason, .. } in &commit.unindexed {
        let what = if path.is_empty() { "the commit" } else { path };
        let text = printable(&format!("{what}: {reason}"));
        add_line(&mut out, format_args!("  {POSSIBLE}could not be indexed: {text}{POSSIBLE:#}"));
    }
    if let Some(message) = &commit.message {
        out.push('\n');
        out += &indented(&message.text, 4);
    }
    let mut files: Option<(&str, &str)> = None;
    for hunk in &commit.hunks {
        let paths = (hunk.old_path.as_str(), hunk.new_path.as_str());
        if files.replace(paths) != Some(paths) {
            add_file_head(&mut out, paths);
        }
        add_hunk(&mut out, hunk);
    }
    let missing = u64::from(commit.hunk_count).saturating_sub(commit.hunks.len() as u64);
    if missing > 0 && !commit.hunks.is_empty() {
        let missing = counted(missing, "more hunk");
        add_line(&mut out, format_args!("\n{FAINT}{missing} that the service did not send{FAINT:#}"));
    }
    out
}

fn add_field(out: &mut String, name: &str, value: &str) {
    add_line(out, format_args!("  {FAINT}{name:<14}{FAINT:#}  {value}"));
}

fn add_file_head(out: &mut String, (old_path, new_path): (&str, &str)) {
    let side = |prefix: &str, path: &str| {
        if path.is_empty() { "/dev/null".to_owned() } else { printable(&format!("{prefix}/{path}")) }
    };
    let (old, new) = (side("a", old_path), side("b", new_path));
    add_line(out, format_args!("\n{TITLE}--- {old}{TITLE:#}\n{TITLE}+++ {new}{TITLE:#}"));
}

fn add_hunk(out: &mut String, hunk: &CandidateHunk) {
    if hunk.body.is_empty() {
        add_line(out, format_args!("{FAINT}(no text: a change of name, mode or binary content){FAINT:#}"));
        return;
    }
    let head = printable(&header(hunk));
    add_line(out, format_args!("{HUNK_HEAD}{head}{HUNK_HEAD:#}"));
    let missing_newline = String::from_utf8_lossy(NO_NEWLINE);
    let lines = Hunk { body: hunk.body.as_slice().into(), ..Hunk::default() };
    for line in lines.lines() {
        let marker = char::from(line.sign.marker());
        let text = line.text.to_string().split('\t').map(printable).collect::<Vec<_>>().join("\t");
        match line.sign {
            Sign::Added => add_line(out, format_args!("{ADDED}{marker}{text}{ADDED:#}")),
            Sign::Removed => add_line(out, format_args!("{REMOVED}{marker}{text}{REMOVED:#}")),
            Sign::Context => add_line(out, format_args!("{marker}{text}")),
        }
        if !line.ends_with_newline {
            out.push_str(&missing_newline);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use anstream::adapter::strip_str;
    use hunktrace_proto::v1::CommitMessage;

    #[test]
    fn commit_is_shown_with_its_relations_and_hunks() {
        let hunk = CandidateHunk {
            old_path: "mm/x.c".into(),
            new_path: "mm/x.c".into(),
            old_start: 1,
            old_lines: 1,
            new_start: 1,
            new_lines: 1,
            section: "int f(void)".into(),
            body: b"-\ta\n+\tb\r\n\\ No newline at end of file\n".to_vec(),
            ..CandidateHunk::default()
        };
        let commit = GetCommitResponse {
            commit: "a".repeat(40),
            subject: "mm: fix \u{1b}[31mx".into(),
            author: "A <a@b>".into(),
            author_date: "2015-01-01T00:00:00+00:00".into(),
            parents: vec!["p".into()],
            carriers: vec!["c1".into(), "c2".into()],
            hunk_count: 2,
            hunks: vec![hunk],
            message: Some(CommitMessage {
                text: "mm: fix\n\u{1b}[31mx\n\n\tWhy.\n\nSigned-off-by: A <a@b>\n".into(),
                encoding: "ISO-8859-2".into(),
                ..CommitMessage::default()
            }),
            unindexed: vec![Unindexed {
                path: "mm/y.c".into(),
                reason: "absent".into(),
                ..Unindexed::default()
            }],
            ..GetCommitResponse::default()
        };
        let expected = format!(
            "commit {}
mm: fix \u{fffd}[31mx
  author          A <a@b>
  written         2015-01-01T00:00:00+00:00
  first release   none: no indexed release tag contains it
  parents         p
  carried by      c1
                  c2
  hunks           2
  encoding        ISO-8859-2
  could not be indexed: mm/y.c: absent

    mm: fix
    \u{fffd}[31mx

        Why.

    Signed-off-by: A <a@b>

--- a/mm/x.c
+++ b/mm/x.c
@@ -1 +1 @@ int f(void)
-\ta
+\tb\u{fffd}
\\ No newline at end of file

1 more hunk that the service did not send
",
            "a".repeat(40)
        );
        assert_eq!(strip_str(&commit_text(&commit)).to_string(), expected);
    }

    #[test]
    fn commit_that_is_not_indexed_says_where_it_is_read_from() {
        let (commit, read_from) = ("a".repeat(40), "b".repeat(40));
        let text = commit_text(&GetCommitResponse { commit, read_from, ..GetCommitResponse::default() });
        let expected = format!("not indexed; what is known is read from its carrier {}", "b".repeat(40));
        assert_eq!(strip_str(&text).to_string().lines().nth(1), Some(expected.as_str()));
    }

    #[test]
    fn merges_say_why_they_have_no_hunks() {
        let merge =
            GetCommitResponse { parents: vec!["p".into(), "q".into()], ..GetCommitResponse::default() };
        assert!(commit_text(&merge).contains("a merge makes itself"));
    }
}

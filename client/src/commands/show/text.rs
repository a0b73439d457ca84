//! A commit for people: what `show` prints.

use hunktrace_indexer::hunk::{Hunk, NO_NEWLINE, Sign};
use hunktrace_proto::v1::{CandidateHunk, GetCommitResponse, Neighbour, Unindexed};
use hunktrace_release::candidate_hunk::header;
use hunktrace_release::lookup_record::purpose_facts;
use hunktrace_server::catalogue::purpose::Purpose;
use hunktrace_server::wire::purpose_view::purpose_message;

use crate::commands::show::neighbours::neighbour_text;
use crate::terminal::color::{ADDED, COMMIT, FAINT, HUNK_HEAD, POSSIBLE, REMOVED, TITLE, WARNING};
use crate::terminal::commit_link::CommitLinks;
use crate::terminal::screen_text::{
    add_line, columns_of_styled, counted, cut, indented, printable, short_id,
};

/// How a commit is to look.
#[derive(Clone, Debug, Default)]
pub struct CommitLayout {
    /// Columns of the terminal; `None` if nothing is to be cut.
    pub columns: Option<usize>,
    /// How commit ids are shown.
    pub links: CommitLinks,
    /// The revision of which was asked whether it has the commit.
    pub base: Option<String>,
}

/// The commit with everything that is known of it.
pub fn commit_text(commit: &GetCommitResponse, neighbours: &[Neighbour], layout: &CommitLayout) -> String {
    let mut out = String::new();
    add_title(&mut out, commit, layout);
    add_dates(&mut out, commit, layout);
    add_purpose(&mut out, commit);
    add_related(&mut out, commit, layout);
    if !commit.cves.is_empty() {
        add_field(&mut out, "mends", &printable(&commit.cves.join(" ")));
    }
    for (place, neighbour) in neighbours.iter().enumerate() {
        add_field(&mut out, if place == 0 { "who has it" } else { "" }, &neighbour_text(neighbour));
    }
    add_index_notes(&mut out, commit);
    if let Some(message) = &commit.message {
        out.push('\n');
        out += &indented(&message.text, 4);
    }
    add_hunks(&mut out, commit);
    out
}

/// Id and subject, and from what it is read.
fn add_title(out: &mut String, commit: &GetCommitResponse, layout: &CommitLayout) {
    let id = layout.links.whole(&commit.commit);
    add_line(out, format_args!("{COMMIT}commit{COMMIT:#} {id}"));
    if !commit.read_from.is_empty() {
        let carrier = printable(&commit.read_from);
        let what = "not indexed; what is known is read from its carrier";
        add_line(out, format_args!("{POSSIBLE}{what} {carrier}{POSSIBLE:#}"));
    }
    let subject = printable(&commit.subject);
    add_line(out, format_args!("{TITLE}{subject}{TITLE:#}"));
}

/// Who made it, when, and what contains it.
fn add_dates(out: &mut String, commit: &GetCommitResponse, layout: &CommitLayout) {
    let release = match commit.first_release.as_str() {
        "" => "none: no indexed release tag contains it",
        tag => tag,
    };
    for (name, value) in [
        ("author", commit.author.as_str()),
        ("written", &commit.author_date),
        ("committed", &commit.commit_date),
        ("first release", release),
    ] {
        if !value.is_empty() {
            add_field(out, name, &printable(value));
        }
    }
    if let Some(base) = &layout.base {
        let base = printable(base);
        let held = if commit.in_base { format!("in {base}") } else { format!("not in {base}") };
        add_field(out, "base", &held);
    }
}

/// How much of it is indexed, and what is not.
fn add_index_notes(out: &mut String, commit: &GetCommitResponse) {
    let hunks = match (commit.hunk_count, commit.parents.len()) {
        (0, 2..) => "0 (changes that a merge makes itself are not indexed)".to_owned(),
        (count, _) => count.to_string(),
    };
    add_field(out, "hunks", &hunks);
    let encoding = commit.message.as_ref().map_or("", |message| &message.encoding);
    if !encoding.is_empty() {
        add_field(out, "encoding", &printable(encoding));
    }
    if commit.unreferenced {
        let text = "no branch or tag leads to it any more";
        add_line(out, format_args!("  {POSSIBLE}{text}{POSSIBLE:#}"));
    }
    for Unindexed { path, reason, .. } in &commit.unindexed {
        let what = if path.is_empty() { "the commit" } else { path };
        let text = printable(&format!("{what}: {reason}"));
        add_line(out, format_args!("  {POSSIBLE}could not be indexed: {text}{POSSIBLE:#}"));
    }
}

/// The hunks that the service has sent, and how many it has not.
fn add_hunks(out: &mut String, commit: &GetCommitResponse) {
    let mut files: Option<(&str, &str)> = None;
    for hunk in &commit.hunks {
        let paths = (hunk.old_path.as_str(), hunk.new_path.as_str());
        if files.replace(paths) != Some(paths) {
            add_file_head(out, paths);
        }
        add_hunk(out, hunk);
    }
    let missing = u64::from(commit.hunk_count).saturating_sub(commit.hunks.len() as u64);
    if missing > 0 && !commit.hunks.is_empty() {
        let missing = counted(missing, "more hunk");
        add_line(out, format_args!("\n{FAINT}{missing} that the service did not send{FAINT:#}"));
    }
}

/// What a commit belongs to; what it is for, where its message says more than that it changes something; what it links to.
fn add_purpose(out: &mut String, commit: &GetCommitResponse) {
    if !commit.subsystem.is_empty() {
        add_field(out, "subsystem", &printable(&commit.subsystem));
    }
    let Some(message) = &commit.message else { return };
    let purpose = purpose_message(&Purpose::of(&message.text));
    let facts = purpose_facts(&purpose);
    if !facts.is_empty() {
        add_field(out, "purpose", &printable(&facts.join(", ")));
    }
    for (place, link) in purpose.links.iter().enumerate() {
        add_field(out, if place == 0 { "links" } else { "" }, &printable(link));
    }
}

/// The other commits that are named, a line each.
fn add_related(out: &mut String, commit: &GetCommitResponse, layout: &CommitLayout) {
    for (name, ids) in [
        ("parents", &commit.parents),
        ("carries", &commit.origins),
        ("carried by", &commit.carriers),
        ("same change in", &commit.equivalents),
        ("reverts", &commit.reverts),
        (REVERTED_BY, &commit.reverted_by),
        ("fixes", &commit.fixes),
        ("fixed by", &commit.fixed_by),
        ("not indexed", &commit.unresolved),
    ] {
        let is_warning = name == REVERTED_BY;
        for (place, id) in ids.iter().enumerate() {
            let name = if place == 0 { name } else { "" };
            let style = if is_warning { WARNING } else { FAINT };
            let value = named_commit(commit, id, layout);
            add_line(out, format_args!("  {style}{name:<14}{style:#}  {value}"));
        }
    }
}

/// Another commit that is named: its id, and if they are known its release and subject.
fn named_commit(commit: &GetCommitResponse, id: &str, layout: &CommitLayout) -> String {
    /// Less of a subject says nothing; the line may wrap then.
    const FEWEST: usize = 12;
    // Of whole ids and subjects a terminal has room for one.
    let (shown, columns) = match layout.columns {
        None => (layout.links.whole(id), usize::MAX),
        Some(columns) => (layout.links.short(id), columns),
    };
    let Some(known) = commit.related.iter().find(|known| known.commit == id) else { return shown };
    let mut out = format!("{shown}  {:<RELEASE_COLUMNS$}", printable(&known.first_release));
    if known.subject != commit.subject {
        let room = columns.saturating_sub(FIELD_COLUMNS + columns_of_styled(&out) + 2).max(FEWEST);
        out += &format!("  {}", cut(&printable(&known.subject), room));
    }
    if let [revert, ..] = &known.reverted_by[..] {
        out = format!("{}  {WARNING}(reverted by {}){WARNING:#}", out.trim_end(), short_id(revert));
    }
    out.trim_end().to_owned()
}

/// The columns in front of a field's value.
const FIELD_COLUMNS: usize = 2 + 14 + 2;

/// The columns that releases take where subjects stand below each other.
const RELEASE_COLUMNS: usize = 11;

const REVERTED_BY: &str = "reverted by";

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
    use hunktrace_proto::v1::{CommitMessage, RelatedCommit};

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
            subsystem: "MEMORY MANAGEMENT".into(),
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
  subsystem       MEMORY MANAGEMENT
  purpose         fix
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
        assert_eq!(strip_str(&commit_text(&commit, &[], &CommitLayout::default())).to_string(), expected);
    }

    #[test]
    fn commit_that_is_not_indexed_says_where_it_is_read_from() {
        let (commit, read_from) = ("a".repeat(40), "b".repeat(40));
        let text = commit_text(
            &GetCommitResponse { commit, read_from, ..GetCommitResponse::default() },
            &[],
            &CommitLayout::default(),
        );
        let expected = format!("not indexed; what is known is read from its carrier {}", "b".repeat(40));
        assert_eq!(strip_str(&text).to_string().lines().nth(1), Some(expected.as_str()));
    }

    #[test]
    fn commits_that_are_named_have_their_release_and_subject() {
        let (id, other, revert) = ("a".repeat(40), "b".repeat(40), "c".repeat(40));
        let known = |id: &str, subject: &str| RelatedCommit {
            commit: id.into(),
            subject: subject.into(),
            first_release: "v4.19.3".into(),
            reverted_by: Vec::new(),
        };
        let commit = GetCommitResponse {
            commit: id,
            subject: "mm: mend".into(),
            carriers: vec![other.clone()],
            reverted_by: vec![revert.clone()],
            related: vec![known(&other, "mm: mend"), known(&revert, "Revert \"mm: mend\"")],
            in_base: true,
            ..GetCommitResponse::default()
        };
        let layout =
            CommitLayout { columns: Some(60), base: Some("v4.20".into()), ..CommitLayout::default() };
        let text = strip_str(&commit_text(&commit, &[], &layout)).to_string();
        for line in [
            "  base            in v4.20\n",
            "  carried by      bbbbbbbbbbbb  v4.19.3\n",
            "  reverted by     cccccccccccc  v4.19.3      Revert \"mm: me…\n",
        ] {
            assert!(text.contains(line), "{text}");
        }
        let piped = strip_str(&commit_text(&commit, &[], &CommitLayout::default())).to_string();
        let line = format!("  reverted by     {revert}  v4.19.3      Revert \"mm: mend\"\n");
        assert!(piped.contains(&line), "{piped}");
    }

    #[test]
    fn merges_say_why_they_have_no_hunks() {
        let merge =
            GetCommitResponse { parents: vec!["p".into(), "q".into()], ..GetCommitResponse::default() };
        assert!(commit_text(&merge, &[], &CommitLayout::default()).contains("a merge makes itself"));
    }
}

//! Reads the facts about a commit from what `git log` and `git show` print above its diff.

use bstr::ByteSlice;

use super::facts::PatchFacts;
use super::lines::content;

/// Reads a commit's fields and message; `text` begins with the `commit` line and may go on with the diff.
pub(super) fn commit_facts(text: &[u8]) -> PatchFacts {
    let mut lines = text.lines_with_terminator().map(content);
    let commit = lines.next().and_then(commit_id).map(|id| id.to_str_lossy().into_owned());
    let mut facts = PatchFacts { commit, ..PatchFacts::default() };
    for line in lines.by_ref() {
        if line.is_empty() {
            break;
        }
        let value =
            |field: &[u8]| line.strip_prefix(field).map(|value| value.trim().to_str_lossy().into_owned());
        if let Some(author) = value(b"Author:") {
            facts.author = Some(author);
        } else if let Some(date) = value(b"AuthorDate:").or_else(|| value(b"Date:")) {
            facts.date = Some(date);
        } else if let Some(author) = value(b"author ") {
            // `--pretty=raw` has the seconds and the zone behind the address.
            let address_end = author.rfind('>').map_or(author.len(), |end| end + 1);
            let (author, date) = author.split_at(address_end);
            (facts.author, facts.date) = (Some(author.to_owned()), Some(date.trim().to_owned()));
        }
    }
    facts.subject = subject(lines);
    facts
}

/// Joins the lines of the message's first paragraph; the message is indented by four blanks.
fn subject<'a>(lines: impl Iterator<Item = &'a [u8]>) -> Option<String> {
    let paragraph: Vec<_> = lines
        .skip_while(|line| line.trim().is_empty())
        .map_while(|line| line.strip_prefix(b"    "))
        .take_while(|line| !line.trim().is_empty())
        .map(|line| line.trim().to_str_lossy())
        .collect();
    (!paragraph.is_empty()).then(|| paragraph.join(" "))
}

/// The commit of a `commit ID` line, which may name refs or a parent in parentheses.
pub(super) fn commit_id(line: &[u8]) -> Option<&[u8]> {
    let rest = line.strip_prefix(b"commit ")?;
    // `git log --left-right` and the like mark commits.
    let rest = rest.trim_start_with(|mark| matches!(mark, '<' | '>' | '-' | '+' | '=' | ' '));
    let end = rest.find_byte(b' ').unwrap_or(rest.len());
    let (id, behind) = rest.split_at(end);
    let is_id = (4..=64).contains(&id.len()) && id.iter().all(u8::is_ascii_hexdigit);
    // Behind it may stand the parents' ids, and refs or the parent compared with in parentheses.
    let parents = behind.split_once_str("(").map_or(behind, |(parents, _)| parents);
    let is_plain = parents.iter().all(|byte| byte.is_ascii_hexdigit() || *byte == b' ');
    (is_id && is_plain).then_some(id)
}

/// Whether a line can follow a `commit` line in one of git's formats.
pub(super) fn is_commit_field(line: &[u8]) -> bool {
    const FIELDS: [&[u8]; 8] =
        [b"Author:", b"Merge:", b"AuthorDate:", b"Date:", b"Reflog:", b"tree ", b"gpg: ", b"log size "];
    FIELDS.iter().any(|field| line.starts_with(field))
}

/// Whether a line can be what `git log --oneline` says of a commit: its id and its subject.
pub(super) fn is_oneline(line: &[u8]) -> bool {
    line.split_once_str(" ").is_some_and(|(id, subject)| {
        // Some words are hexadecimal.
        let is_id = id.iter().all(u8::is_ascii_hexdigit) && id.iter().any(u8::is_ascii_digit);
        (7..=64).contains(&id.len()) && is_id && !subject.trim().is_empty()
    })
}

/// Reads what `git log --oneline` says of a commit; `text` begins with that line.
pub(super) fn oneline_facts(text: &[u8]) -> PatchFacts {
    let line = text.lines().next().unwrap_or_default();
    let Some((id, rest)) = line.split_once_str(" ") else { return PatchFacts::default() };
    // In parentheses stand the references to the commit.
    let behind_references = rest.strip_prefix(b"(").and_then(|rest| rest.split_once_str(") "));
    let subject = behind_references.map_or(rest, |(_, subject)| subject);
    let text = |bytes: &[u8]| Some(bytes.trim().to_str_lossy().into_owned());
    PatchFacts { commit: text(id), subject: text(subject), ..PatchFacts::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(text: &str) -> [Option<String>; 4] {
        let PatchFacts { commit, author, date, subject } = commit_facts(text.as_bytes());
        [commit, author, date, subject]
    }

    fn some(values: [&str; 4]) -> [Option<String>; 4] {
        values.map(|value| Some(value.to_owned()))
    }

    #[test]
    fn fields_of_the_usual_formats_are_read() {
        let expected = some(["1234567", "A B <a@b>", "Tue Feb 3 10:20:30 2009 +0100", "mm: fix it"]);
        let medium = "commit 1234567 (HEAD -> x)\nAuthor: A B <a@b>\nDate:   Tue Feb 3 10:20:30 2009 +0100\n\n    mm: fix\n    it\n    \n    more\n\ndiff\n";
        assert_eq!(facts(medium), expected);
        assert_eq!(facts(&medium.replace('\n', "\r\n")), expected);
        let fuller = "commit 1234567\nMerge: 1 2\nAuthor:     A B <a@b>\nAuthorDate: Tue Feb 3 10:20:30 2009 +0100\nCommit:     C <c@d>\nCommitDate: Wed\n\n    mm: fix it\n";
        assert_eq!(facts(fuller), expected);
        let raw = "commit 1234567\ntree 12\nparent 34\nauthor A B <a@b> 1233652830 +0100\ncommitter C <c@d> 2 +0000\n\n    mm: fix it\n";
        assert_eq!(facts(raw), some(["1234567", "A B <a@b>", "1233652830 +0100", "mm: fix it"]));
    }

    #[test]
    fn oneline_log_has_an_id_and_a_subject() {
        let facts = |text: &str| {
            let PatchFacts { commit, subject, .. } = oneline_facts(text.as_bytes());
            [commit, subject]
        };
        let expected = ["1234567", "mm: fix (it)"].map(|value| Some(value.to_owned()));
        assert_eq!(facts("1234567 mm: fix (it)\r\ndiff\n"), expected);
        assert_eq!(facts("1234567 (HEAD -> x, tag: v1) mm: fix (it)\n"), expected);
        assert!(!is_oneline(b"1234567") && !is_oneline(b"12345 x") && !is_oneline(b"effaced it"));
    }

    #[test]
    fn missing_message_gives_no_subject() {
        assert_eq!(facts("commit 1234567\nAuthor: A\n\ndiff --git a/x b/x\n")[3], None);
        assert_eq!(facts("commit 1234567")[1], None);
    }

    #[test]
    fn commit_lines_hold_an_id_and_remarks_only() {
        let id = |line: &str| commit_id(line.as_bytes()).map(|id| id.to_str_lossy().into_owned());
        assert_eq!(id("commit 1234567").as_deref(), Some("1234567"));
        assert_eq!(id("commit 1234567 (from 7654321)").as_deref(), Some("1234567"));
        assert_eq!(id("commit 1234567 7654321 (HEAD)").as_deref(), Some("1234567"));
        assert_eq!(id("commit 1234567 upstream."), None);
        assert_eq!(id("commit to it"), None);
    }
}

//! Reads the facts about a commit from what `git log` and `git show` print above its diff.

use bstr::ByteSlice;

use super::lines::content;
use super::section::commit_id;

/// What a text states about a patch as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Facts {
    /// The commit's id.
    pub commit: Option<String>,
    /// The author.
    pub author: Option<String>,
    /// The author date.
    pub date: Option<String>,
    /// The subject on one line.
    pub subject: Option<String>,
}

/// Reads a commit's fields and message; `text` begins with the `commit` line and may go on with the diff.
pub(super) fn commit_facts(text: &[u8]) -> Facts {
    let mut lines = text.lines_with_terminator().map(content);
    let commit = lines.next().and_then(commit_id).map(|id| id.to_str_lossy().into_owned());
    let mut facts = Facts { commit, ..Facts::default() };
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

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(text: &str) -> [Option<String>; 4] {
        let Facts { commit, author, date, subject } = commit_facts(text.as_bytes());
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
    fn missing_message_gives_no_subject() {
        assert_eq!(facts("commit 1234567\nAuthor: A\n\ndiff --git a/x b/x\n")[3], None);
        assert_eq!(facts("commit 1234567")[1], None);
    }
}

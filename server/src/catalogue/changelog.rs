//! Reads the changelog of an RPM package: from a spec file, from `rpm -q --changelog`, or from a package's header.

use std::sync::LazyLock;

use regex::Regex;

/// An entry: what the vendor says of one change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChangelogEntry {
    /// Version and release that its headline names.
    pub version_release: Option<String>,
    /// The day of its headline, YYYY-MM-DD.
    pub day: Option<String>,
    /// The whole entry on one line, without its dash.
    pub text: String,
    /// What the vendor calls the part of the kernel: `[net]`.
    pub part: Option<String>,
    /// The subject alone: without part, author, bug numbers and CVE ids.
    pub subject: String,
    /// The backport's author.
    pub author: Option<String>,
    /// Bug numbers and issue keys.
    pub bugs: Vec<String>,
    /// CVE ids.
    pub cves: Vec<String>,
}

/// `* Wed Jun 22 2011 NAME <MAIL> [2.6.32-131.5.1.el6]`, or with a dash before the version, or without a version.
static HEADLINE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?x)^\*\s+[A-Z][a-z]{2}\s+(?P<month>[A-Z][a-z]{2})\s+(?P<day>\d{1,2})\s+(?:\d\d:\d\d:\d\d\s+\S+\s+)?(?P<year>\d{4})\s+
        (?P<name>.*?)(?:\s+-?\s*\[?(?:\d+:)?(?P<version>\d[\w.+~^]*-[\w.+~^]+)\]?)?\s*$",
    )
    .expect("a valid pattern")
});
/// A group at the end of an entry: `(AUTHOR)`, `[697453 697454]`, `{CVE-2011-1234}`.
static LAST_GROUP: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"^(?P<before>.*?)\s*(?:\((?P<author>[^()]*)\)|\[(?P<bugs>[^\[\]]*)\]|\{(?P<cves>[^{}]*)\})\s*$",
    )
    .expect("a valid pattern")
});
static PART: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^\[(?P<part>[^\]]+)\]\s*(?P<rest>.*)$").expect("a valid pattern"));
static CVE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"CVE-\d{4}-\d{4,}").expect("a valid pattern"));
static BUG: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^(?:[A-Z][A-Z0-9]+-\d+|(?:bz#?)?\d{4,})$").expect("a valid pattern"));

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Reads the entries of a changelog in their order, which is the newest first. In a spec file it begins below
/// `%changelog`. What is no entry is passed over.
pub fn read_changelog(text: &str) -> Vec<ChangelogEntry> {
    let body = match text.find("\n%changelog") {
        Some(start) => &text[start + "\n%changelog".len()..],
        None => text.strip_prefix("%changelog").unwrap_or(text),
    };
    let mut entries = Vec::new();
    let (mut version_release, mut day) = (None, None);
    let mut open: Option<String> = None;
    for line in body.lines() {
        if let Some(found) = HEADLINE.captures(line) {
            finish(&mut entries, open.take(), &version_release, &day);
            version_release = found.name("version").map(|version| version.as_str().to_owned());
            day = date(&found["year"], &found["month"], &found["day"]);
        } else if let Some(first) = line.trim_start().strip_prefix("- ").filter(|_| line.starts_with('-')) {
            finish(&mut entries, open.take(), &version_release, &day);
            open = Some(first.trim().to_owned());
        } else if line.trim().is_empty() {
            finish(&mut entries, open.take(), &version_release, &day);
        } else if let Some(open) = &mut open {
            open.push(' ');
            open.push_str(line.trim());
        }
    }
    finish(&mut entries, open, &version_release, &day);
    entries
}

fn finish(
    entries: &mut Vec<ChangelogEntry>,
    open: Option<String>,
    version_release: &Option<String>,
    day: &Option<String>,
) {
    if let Some(text) = open {
        let entry = read_entry(text);
        entries.push(ChangelogEntry { version_release: version_release.clone(), day: day.clone(), ..entry });
    }
}

fn read_entry(text: String) -> ChangelogEntry {
    let mut cves: Vec<String> = CVE.find_iter(&text).map(|found| found.as_str().to_owned()).collect();
    cves.sort_unstable();
    cves.dedup();
    let mut entry = ChangelogEntry { cves, ..ChangelogEntry::default() };
    let mut rest = text.as_str();
    while let Some(found) = LAST_GROUP.captures(rest) {
        let before = found.name("before").map_or("", |before| before.as_str());
        if before.is_empty() {
            break;
        }
        if let Some(bugs) = found.name("bugs") {
            let words = || bugs.as_str().split([' ', ',']).filter(|word| !word.is_empty());
            if !words().all(|word| BUG.is_match(word)) {
                break;
            }
            entry.bugs.splice(0..0, words().map(str::to_owned));
        } else if let Some(author) = found.name("author") {
            // Only the last one is the author; one before it belongs to the subject.
            if entry.author.is_some() || !is_name(author.as_str()) {
                break;
            }
            entry.author = Some(author.as_str().to_owned());
        } else if found.name("cves").is_some_and(|cves| !CVE.is_match(cves.as_str())) {
            break;
        }
        rest = &rest[..before.len()];
    }
    if let Some(found) = PART.captures(rest) {
        entry.part = Some(found["part"].to_owned());
        rest = found.name("rest").map_or(rest, |rest| rest.as_str());
    }
    entry.subject = rest.to_owned();
    entry.text = text;
    entry
}

/// Whether the text in parentheses may be a person: it has a capital or a blank, and no sign of code.
fn is_name(text: &str) -> bool {
    let has_word = text.chars().any(char::is_uppercase) || text.contains(' ');
    has_word && !text.contains(['=', '_', ';', '/', '>'])
}

fn date(year: &str, month: &str, day: &str) -> Option<String> {
    let month = MONTHS.iter().position(|name| *name == month)? + 1;
    let day: u32 = day.parse().ok()?;
    Some(format!("{year}-{month:02}-{day:02}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_an_entry_are_told_apart() {
        let entries = read_changelog(
            "* Wed Jun 22 2011 A Person <a@example.org> [2.6.32-131.5.1.el6]\n\
             - [net] tcp: fix a leak (of sockets) (A Person) [697453 697454] {CVE-2011-1234}\n\
             - net: another way of writing it (B Person) [RHEL-51278] {CVE-2024-1, CVE-2024-12345}\n",
        );
        let first = &entries[0];
        assert_eq!(first.version_release.as_deref(), Some("2.6.32-131.5.1.el6"));
        assert_eq!(first.day.as_deref(), Some("2011-06-22"));
        assert_eq!(
            (first.part.as_deref(), first.subject.as_str()),
            (Some("net"), "tcp: fix a leak (of sockets)")
        );
        assert_eq!(first.author.as_deref(), Some("A Person"));
        assert_eq!(
            (first.bugs.as_slice(), first.cves.as_slice()),
            (["697453".to_owned(), "697454".to_owned()].as_slice(), ["CVE-2011-1234".to_owned()].as_slice())
        );
        let second = &entries[1];
        assert_eq!(second.subject, "net: another way of writing it");
        assert_eq!(
            (second.bugs.as_slice(), second.cves.as_slice()),
            (["RHEL-51278".to_owned()].as_slice(), ["CVE-2024-12345".to_owned()].as_slice())
        );
    }

    #[test]
    fn entries_that_go_over_several_lines_are_one() {
        let entries = read_changelog(
            "Name: kernel\n%changelog\n* Fri Jan  5 2018 A <a@b> - 1:3.10.0-693.11.6\n- x86: a long\n  subject (A B)\n\n- next\n",
        );
        assert_eq!(
            entries.iter().map(|entry| entry.subject.as_str()).collect::<Vec<_>>(),
            ["x86: a long subject", "next"]
        );
        assert_eq!(entries[1].version_release.as_deref(), Some("3.10.0-693.11.6"));
    }

    #[test]
    fn what_is_no_group_belongs_to_the_subject() {
        for subject in ["mm: drop foo()", "Revert \"[x86] foo (bar)\"", "fix foo [v2]", "net: use (a == b)"] {
            assert_eq!(read_changelog(&format!("- {subject}\n"))[0].subject, subject);
        }
    }
}

//! What stands above and below the diff of a patch: a mail as `git format-patch` writes it.

use gix::date::Time;
use gix::date::time::format::GIT_RFC2822;

use super::mail_author::MailAuthor;
use super::mail_text::{one_line, subject_header};
use super::patch_key::PatchKey;
use crate::answer::{CommitStatus, MatchKind, MissingHunk, ReleaseCommit};

/// The author of the vendor's own changes. Their real authors are unknown, and the address reaches no person.
pub(super) const NEUTRAL_AUTHOR: &str = "hunktrace <hunktrace@localhost>";

/// The latest date that git reads in a mail, the end of 2099, in seconds since 1970.
pub(crate) const LATEST_DATE: i64 = 4_102_444_799;

/// The prefix of patches that are all of what they are taken from.
const WHOLE: &str = "[PATCH]";

/// What a patch says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PatchMail {
    /// The origin's id, or zeros.
    pub commit: String,
    pub author: MailAuthor,
    /// When the origin was written; of the vendor's own changes a date of the release.
    pub date: Time,
    /// What stands in front of the subject in a mail and is no part of it: `[PATCH]`, with what the patch is not.
    pub prefix: &'static str,
    pub subject: String,
    /// The message below the subject, without its last newline.
    pub body: String,
}

impl PatchMail {
    /// What the patch with this key says. Vendor patches have the date that is given in seconds since 1970, or that of
    /// the latest commit that has lines of the release: never that of the run, so that the same series is always
    /// written in the same bytes.
    pub fn new(key: &PatchKey, commits: &[ReleaseCommit], vendor_date: Option<i64>) -> PatchMail {
        let origin = match key {
            PatchKey::Origin(place) => commits.get(place.0 as usize),
            _ => None,
        };
        match origin {
            Some(origin) => PatchMail::of_origin(origin),
            None => PatchMail::of_vendor(key, commits, vendor_date),
        }
    }

    /// The patch is in its author's name only where it is his: the whole change, as he wrote it.
    fn of_origin(origin: &ReleaseCommit) -> PatchMail {
        let is_partial = origin.status == CommitStatus::Partial || origin.match_kind == MatchKind::Partial;
        let is_adapted = origin.match_kind == MatchKind::Fuzzy;
        let prefix = match (is_partial, is_adapted) {
            (false, false) => WHOLE,
            (true, false) => "[PATCH partial]",
            (false, true) => "[PATCH adapted]",
            (true, true) => "[PATCH partial adapted]",
        };
        let is_his = !is_partial && !is_adapted;
        let author = MailAuthor::of(if is_his { &origin.author } else { NEUTRAL_AUTHOR });

        let commit = one_line(&origin.id);
        let release = origin.first_release.as_deref().map(one_line);
        let release = release.map(|release| format!(" ({release})")).unwrap_or_default();
        let mut body = format!(
            "Origin: {commit}{release}\nConfidence: {:.2}\nMatch: {}",
            origin.confidence,
            origin.match_kind.name()
        );
        if !is_his || !author.is_as_given {
            body += &format!("\nAuthor-of-origin: {}", one_line(&origin.author));
        }
        for hunk in &origin.missing {
            body += &format!("\nMissing: {}", missing_hunk(hunk));
        }
        let subject = one_line(&origin.subject);
        PatchMail {
            commit,
            author,
            date: author_time(&origin.author_date),
            prefix,
            subject: if subject.is_empty() { "(no subject)".into() } else { subject },
            body,
        }
    }

    fn of_vendor(key: &PatchKey, commits: &[ReleaseCommit], vendor_date: Option<i64>) -> PatchMail {
        let place = |folder: &[u8]| match folder {
            b"" => "top-level files".to_owned(),
            folder => one_line(&String::from_utf8_lossy(folder)),
        };
        let (subject, body) = match key {
            PatchKey::Moves => (
                "move files to where the vendor has them".to_owned(),
                "Moves only: what else differs in these files is in the patches that follow.",
            ),
            PatchKey::MakeWay => (
                "make way for files that change their kind".to_owned(),
                "Removes what is in the place of a folder, file, symlink or submodule of the same name, or of\n\
                 files in a folder of that name, that a later patch of the series adds.",
            ),
            PatchKey::GitOnly(folder) => (
                format!("{}: the vendor's own binary files and submodules", place(folder)),
                "What no upstream commit is known to explain, and only git can apply.",
            ),
            PatchKey::Folder(folder) => (
                format!("{}: the vendor's own changes", place(folder)),
                "What no upstream commit is known to explain.",
            ),
            PatchKey::Subsystem(title) => (
                format!("{}: the vendor's own changes", place(title)),
                "What no upstream commit is known to explain in a subsystem of MAINTAINERS.",
            ),
            PatchKey::NewDriver(path) => (
                format!("{}: new, and the vendor's own", place(path)),
                "What no upstream commit is known to explain: new files, and the lines that build and configure them.",
            ),
            PatchKey::Origin(_) => ("changes of an unknown commit".to_owned(), ""),
        };
        let latest = || {
            let present = commits.iter().filter(|commit| commit.status != CommitStatus::Implied);
            present.map(|commit| author_time(&commit.author_date).seconds).max()
        };
        let date = Time::new(vendor_date.or_else(latest).unwrap_or_default(), 0);
        PatchMail {
            commit: "0".repeat(40),
            author: MailAuthor::of(NEUTRAL_AUTHOR),
            date: within_mail(date),
            prefix: WHOLE,
            subject,
            body: body.into(),
        }
    }

    /// The subject as it stands in the mail, with its prefix.
    pub fn full_subject(&self) -> String {
        format!("{} {}", self.prefix, self.subject)
    }

    /// What stands above the diff; `statistics` is the line below the `---`.
    pub fn head(&self, statistics: &str) -> String {
        let PatchMail { commit, author, date, prefix, subject, body } = self;
        // git has dates on either side of this range; it cannot read them back from a mail.
        let date = date.format_or_unix(GIT_RFC2822);
        let encoding = match body.is_ascii() {
            true => "",
            false => {
                "MIME-Version: 1.0\nContent-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: 8bit\n"
            }
        };
        format!(
            "From {commit} Mon Sep 17 00:00:00 2001\n{}\nDate: {date}\n{}\n{encoding}\n{body}\n---\n{statistics}\n\n",
            author.header(),
            subject_header(prefix, subject),
        )
    }

    /// The file name without its number: the subject in letters, digits, dots and dashes, as git makes it.
    pub fn slug(&self) -> String {
        const MOST_CHARACTERS: usize = 52;
        let mut slug = String::new();
        for character in self.subject.chars() {
            let is_kept = character.is_ascii_alphanumeric() || matches!(character, '.' | '_');
            let character = if is_kept { character } else { '-' };
            let is_filler = matches!(character, '-' | '.');
            if !is_filler || !(slug.is_empty() || slug.ends_with(['-', '.'])) {
                slug.push(character);
            }
        }
        slug.truncate(MOST_CHARACTERS);
        let slug = slug.trim_end_matches(['-', '.']);
        if slug.is_empty() { "patch".into() } else { slug.into() }
    }
}

/// What stands below the diff.
pub(super) fn signature() -> String {
    format!("-- \nhunktrace {}\n\n", env!("CARGO_PKG_VERSION"))
}

/// The line below the `---`, as in `git diff --shortstat`.
pub(super) fn statistics(files: usize, added: usize, removed: usize) -> String {
    let plural = |count| if count == 1 { "" } else { "s" };
    let mut line = format!(" {files} file{} changed", plural(files));
    let is_without_lines = added + removed == 0;
    if added > 0 || is_without_lines {
        line += &format!(", {added} insertion{}(+)", plural(added));
    }
    if removed > 0 || is_without_lines {
        line += &format!(", {removed} deletion{}(-)", plural(removed));
    }
    line
}

/// A hunk that the release does not have, for people: where it is and why it is missing.
fn missing_hunk(hunk: &MissingHunk) -> String {
    let (file, reason) = (one_line(&hunk.file), hunk.reason.name());
    match hunk.old_start {
        // A change of mode, or of a binary file.
        0 => format!("{file} ({reason})"),
        line => format!("{file}:{line} ({reason})"),
    }
}

/// When a commit was written, within the dates that git accepts in a mail (1970 to 2099).
///
/// Commits with other dates, or with none that can be read, exist; they get the nearest one, or the first.
fn author_time(date: &str) -> Time {
    within_mail(gix::date::parse(date, None).unwrap_or_default())
}

/// The nearest date that git accepts in a mail.
fn within_mail(time: Time) -> Time {
    Time { seconds: time.seconds.clamp(0, LATEST_DATE), ..time }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::{CommitIndex, MissingReason, made_up};

    fn origin() -> ReleaseCommit {
        ReleaseCommit {
            author: "A B <a@b>".into(),
            subject: "[SCSI] qla2xxx: don't crash, \u{e9}.".into(),
            ..made_up::commit(&"1".repeat(40))
        }
    }

    #[test]
    fn origin_is_stated() {
        let mail = PatchMail::new(&PatchKey::Origin(CommitIndex(0)), &[origin()], None);
        let expected = "From 1111111111111111111111111111111111111111 Mon Sep 17 00:00:00 2001\n\
            From: A B <a@b>\nDate: Tue, 3 Feb 2009 10:20:30 +0100\n\
            Subject: [PATCH] =?UTF-8?q?=5BSCSI=5D_qla2xxx=3A_don=27t_crash=2C_=C3=A9?=\n =?UTF-8?q?=2E?=\n\n\
            Origin: 1111111111111111111111111111111111111111 (v2.6.33-rc1)\nConfidence: 0.97\nMatch: exact\n---\n \
            1 file changed, 2 insertions(+)\n\n";
        assert_eq!(mail.head(&statistics(1, 2, 0)), expected);
        assert_eq!(mail.slug(), "SCSI-qla2xxx-don-t-crash");
    }

    #[test]
    fn patch_that_is_not_the_whole_change_says_so_and_is_not_signed_by_its_author() {
        let hunk = |file: &str, old_start, reason| MissingHunk { file: file.into(), old_start, reason };
        let missing = vec![
            hunk("mm/slab.c", 120, MissingReason::LeftOut),
            hunk("mm/odd\nname.c", 0, MissingReason::Unchanged),
        ];
        let mail = |status, match_kind, missing| {
            let origin = ReleaseCommit { status, match_kind, missing, ..origin() };
            PatchMail::new(&PatchKey::Origin(CommitIndex(0)), &[origin], None)
        };
        let partial = mail(CommitStatus::Partial, MatchKind::Exact, missing);
        assert_eq!(
            (partial.prefix, partial.author.to_string().as_str()),
            ("[PATCH partial]", NEUTRAL_AUTHOR)
        );
        let rest = "Match: exact\nAuthor-of-origin: A B <a@b>\nMissing: mm/slab.c:120 (left out)\n\
                    Missing: mm/odd name.c (unchanged)";
        assert!(partial.body.ends_with(rest), "{}", partial.body);
        assert_eq!(partial.date, author_time(&origin().author_date));

        let adapted = mail(CommitStatus::Complete, MatchKind::Fuzzy, Vec::new());
        assert_eq!(
            (adapted.prefix, adapted.author.to_string().as_str()),
            ("[PATCH adapted]", NEUTRAL_AUTHOR)
        );
        assert!(adapted.body.ends_with("\nAuthor-of-origin: A B <a@b>"), "{}", adapted.body);
        assert_eq!(mail(CommitStatus::Complete, MatchKind::Partial, Vec::new()).prefix, "[PATCH partial]");
        assert_eq!(
            mail(CommitStatus::Partial, MatchKind::Fuzzy, Vec::new()).prefix,
            "[PATCH partial adapted]"
        );
        for match_kind in [MatchKind::Exact, MatchKind::Changes, MatchKind::Normalized] {
            let whole = mail(CommitStatus::Complete, match_kind, Vec::new());
            assert_eq!((whole.prefix, whole.author.to_string().as_str()), ("[PATCH]", "A B <a@b>"));
            assert!(!whole.body.contains("Author-of-origin"), "{}", whole.body);
        }
    }

    #[test]
    fn vendor_patch_has_its_own_date_or_that_of_the_latest_commit_that_has_lines() {
        let implied = ReleaseCommit {
            status: CommitStatus::Implied,
            author_date: "2012-01-01T00:00:00+00:00".into(),
            ..origin()
        };
        let mail =
            |date| PatchMail::new(&PatchKey::Folder("drivers".into()), &[origin(), implied.clone()], date);
        assert_eq!(mail(Some(1_300_000_000)).date, Time::new(1_300_000_000, 0));
        assert_eq!(mail(Some(i64::MAX)).date, Time::new(4_102_444_799, 0));
        let mail = mail(None);
        assert_eq!(mail.date, Time::new(1_233_652_830, 0));
        assert_eq!(
            (mail.slug(), mail.author.to_string()),
            ("drivers-the-vendor-s-own-changes".into(), NEUTRAL_AUTHOR.into())
        );
    }

    #[test]
    fn dates_that_mails_cannot_state_are_moved() {
        for (date, seconds) in
            [("", 0), ("nonsense", 0), ("1960-01-01T00:00:00+00:00", 0), ("12345678 +0100", 12_345_678)]
        {
            assert_eq!(author_time(date).seconds, seconds, "{date}");
        }
        assert_eq!(author_time("2200-01-01T00:00:00+00:00").seconds, 4_102_444_799);
    }

    #[test]
    fn statistics_read_as_in_git() {
        assert_eq!(statistics(1, 0, 0), " 1 file changed, 0 insertions(+), 0 deletions(-)");
        assert_eq!(statistics(2, 1, 2), " 2 files changed, 1 insertion(+), 2 deletions(-)");
    }
}

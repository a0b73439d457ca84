//! Who wrote a patch, when, and what it is called.

use gix::date::Time;

use super::mail_author::MailAuthor;
use super::mail_text::one_line;
use super::patch_key::PatchKey;
use crate::answer::{CommitStatus, MatchKind, ReleaseCommit};

/// The author of the vendor's own changes. Their real authors are unknown, and the address reaches no person.
pub(super) const NEUTRAL_AUTHOR: &str = "hunktrace <hunktrace@localhost>";

/// The latest date that git reads in a mail, the end of 2099, in seconds since 1970.
pub(crate) const LATEST_DATE: i64 = 4_102_444_799;

/// The prefix of patches that are all of what they are taken from.
const WHOLE: &str = "[PATCH]";

/// What a patch says about itself, but for its message.
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
    /// The first release that contains the origin, where one does.
    pub release: Option<String>,
    /// Whether parts of the origin are missing.
    pub is_partial: bool,
    /// Whether the patch makes the origin's change in another way.
    pub is_adapted: bool,
    /// The date of the release, by which the patch was written; else that of the patch.
    pub updated: Time,
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
            Some(origin) => PatchMail::of_origin(origin, vendor_date),
            None => PatchMail::of_vendor(key, commits, vendor_date),
        }
    }

    /// The patch is in its author's name only where it is his: the whole change, as he wrote it.
    fn of_origin(origin: &ReleaseCommit, vendor_date: Option<i64>) -> PatchMail {
        let is_partial = origin.status == CommitStatus::Partial || origin.match_kind == MatchKind::Partial;
        let is_adapted = origin.match_kind == MatchKind::Fuzzy;
        let prefix = match (is_partial, is_adapted) {
            (false, false) => WHOLE,
            (true, false) => "[PATCH partial]",
            (false, true) => "[PATCH adapted]",
            (true, true) => "[PATCH partial adapted]",
        };
        let is_his = !is_partial && !is_adapted;
        let subject = one_line(&origin.subject);
        let date = author_time(&origin.author_date);
        PatchMail {
            commit: one_line(&origin.id),
            author: MailAuthor::of(if is_his { &origin.author } else { NEUTRAL_AUTHOR }),
            date,
            prefix,
            subject: if subject.is_empty() { "(no subject)".into() } else { subject },
            release: origin.first_release.as_deref().map(one_line),
            is_partial,
            is_adapted,
            updated: vendor_date.map_or(date, |seconds| within_mail(Time::new(seconds, 0))),
        }
    }

    fn of_vendor(key: &PatchKey, commits: &[ReleaseCommit], vendor_date: Option<i64>) -> PatchMail {
        let place = |folder: &[u8]| match folder {
            b"" => "top-level files".to_owned(),
            folder => one_line(&String::from_utf8_lossy(folder)),
        };
        let subject = match key {
            PatchKey::Moves => "move files to where the vendor has them".to_owned(),
            PatchKey::MakeWay => "make way for files that change their kind".to_owned(),
            PatchKey::GitOnly(folder) => {
                format!("{}: the vendor's own binary files and submodules", place(folder))
            }
            PatchKey::Folder(folder) => format!("{}: the vendor's own changes", place(folder)),
            PatchKey::Subsystem(title) => format!("{}: the vendor's own changes", place(title)),
            PatchKey::NewDriver(path) => format!("{}: new, and the vendor's own", place(path)),
            PatchKey::Origin(_) => "changes of an unknown commit".to_owned(),
        };
        let latest = || {
            let present = commits.iter().filter(|commit| commit.status != CommitStatus::Implied);
            present.map(|commit| author_time(&commit.author_date).seconds).max()
        };
        let date = within_mail(Time::new(vendor_date.or_else(latest).unwrap_or_default(), 0));
        PatchMail {
            commit: "0".repeat(40),
            author: MailAuthor::of(NEUTRAL_AUTHOR),
            date,
            prefix: WHOLE,
            subject,
            release: None,
            is_partial: false,
            is_adapted: false,
            updated: date,
        }
    }

    /// The subject as it stands in the mail, with its prefix.
    pub fn full_subject(&self) -> String {
        format!("{} {}", self.prefix, self.subject)
    }

    /// Whether the patch is the whole change, as its author wrote it.
    pub fn is_whole(&self) -> bool {
        !self.is_partial && !self.is_adapted
    }

    /// Whether the patch comes from an upstream commit.
    pub fn has_origin(&self) -> bool {
        self.commit.bytes().any(|digit| digit != b'0')
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

/// When a commit was written, within the dates that git accepts in a mail (1970 to 2099).
///
/// Commits with other dates, or with none that can be read, exist; they get the nearest one, or the first.
pub(super) fn author_time(date: &str) -> Time {
    within_mail(gix::date::parse(date, None).unwrap_or_default())
}

/// The nearest date that git accepts in a mail.
fn within_mail(time: Time) -> Time {
    Time { seconds: time.seconds.clamp(0, LATEST_DATE), ..time }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::{CommitIndex, made_up};

    fn origin() -> ReleaseCommit {
        ReleaseCommit {
            author: "A B <a@b>".into(),
            subject: "[SCSI] qla2xxx: don't crash, \u{e9}.".into(),
            ..made_up::commit(&"1".repeat(40))
        }
    }

    #[test]
    fn patch_that_is_not_the_whole_change_is_not_signed_by_its_author() {
        let mail = |status, match_kind| {
            let origin = ReleaseCommit { status, match_kind, ..origin() };
            PatchMail::new(&PatchKey::Origin(CommitIndex(0)), &[origin], None)
        };
        let (complete, partial) = (CommitStatus::Complete, CommitStatus::Partial);
        for (status, match_kind, prefix) in [
            (partial, MatchKind::Exact, "[PATCH partial]"),
            (complete, MatchKind::Partial, "[PATCH partial]"),
            (complete, MatchKind::Fuzzy, "[PATCH adapted]"),
            (partial, MatchKind::Fuzzy, "[PATCH partial adapted]"),
        ] {
            let mail = mail(status, match_kind);
            assert_eq!((mail.prefix, mail.author.to_string().as_str()), (prefix, NEUTRAL_AUTHOR));
            assert_eq!(mail.date, author_time(&origin().author_date));
        }
        for match_kind in [MatchKind::Exact, MatchKind::Changes, MatchKind::Normalized] {
            let whole = mail(complete, match_kind);
            assert_eq!((whole.prefix, whole.author.to_string().as_str()), ("[PATCH]", "A B <a@b>"));
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

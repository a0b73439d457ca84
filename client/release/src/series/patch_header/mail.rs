//! The head of a patch as a mail, as `git format-patch` writes it; with SUSE's tags below the subject where they are wanted.
//!
//! The tags are those that the checker of SUSE's kernel-source knows: `Git-commit` is the origin, with `(partial)` where
//! parts of it are missing; `Patch-mainline` its first release, or why there is none; `References` may not be absent.

use gix::date::time::format::GIT_RFC2822;
use hunktrace_indexer::patch::Patch;

use super::FoundHead;
use crate::series::mail_text::subject_header;
use crate::series::patch_body::PatchBody;
use crate::series::patch_mail::PatchMail;
use crate::series::upstream_message::{ends_message, is_misread};

const GIT_COMMIT: &str = "Git-commit";
const PATCH_MAINLINE: &str = "Patch-mainline";
const REFERENCES: &str = "References";

/// A tag and its value.
type Tag = (&'static str, String);

/// What stands above the diff.
pub(super) fn text(mail: &PatchMail, tags: &[Tag], body: &PatchBody, statistics: &str) -> String {
    let body = body.text();
    // git has dates on either side of this range; it cannot read them back from a mail.
    let date = mail.date.format_or_unix(GIT_RFC2822);
    let tags: String = tags.iter().map(|(name, value)| format!("{name}: {value}\n")).collect();
    let encoding = match body.is_ascii() {
        true => "",
        false => {
            "MIME-Version: 1.0\nContent-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: 8bit\n"
        }
    };
    format!(
        "From {} Mon Sep 17 00:00:00 2001\n{}\nDate: {date}\n{}\n{tags}{encoding}\n{body}\n---\n{statistics}\n\n",
        mail.commit,
        mail.author.header(),
        subject_header(mail.prefix, &mail.subject),
    )
}

/// SUSE's tags.
pub(super) fn suse_tags(mail: &PatchMail, body: &PatchBody) -> Vec<Tag> {
    let references = match cves(&body.message) {
        cves if cves.is_empty() => "none".to_owned(),
        cves => cves.join(" "),
    };
    if !mail.has_origin() {
        let mainline = "Never, the vendor's own change".to_owned();
        return vec![(PATCH_MAINLINE, mainline), (REFERENCES, references)];
    }
    let partial = if mail.is_partial { " (partial)" } else { "" };
    let mainline = mail.release.clone().unwrap_or_else(|| "Queued, in no release that is indexed".to_owned());
    let commit = format!("{}{partial}", mail.commit);
    vec![(GIT_COMMIT, commit), (PATCH_MAINLINE, mainline), (REFERENCES, references)]
}

/// The vulnerabilities that a message names, each once.
fn cves(message: &str) -> Vec<&str> {
    const YEAR_DIGITS: usize = 4;
    const FEWEST_DIGITS: usize = 4;
    let mut cves: Vec<&str> = Vec::new();
    for (start, _) in message.match_indices("CVE-") {
        let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
        let rest = &message[start + "CVE-".len()..];
        let year = digits(rest);
        let Some(number) = rest[year..].strip_prefix('-').map(digits) else { continue };
        let cve = &message[start..start + "CVE-".len() + year + 1 + number];
        if year == YEAR_DIGITS && number >= FEWEST_DIGITS && !cves.contains(&cve) {
            cves.push(cve);
        }
    }
    cves
}

/// What a reader has to find.
pub(super) fn meant(mail: &PatchMail, tags: Vec<Tag>, body: &PatchBody) -> FoundHead {
    let mut fields = vec![
        ("author", mail.author.to_string()),
        ("date", mail.date.to_string()),
        ("subject", mail.full_subject()),
    ];
    fields.extend(tags);
    FoundHead { fields, body: body.text() }
}

/// What a reader finds, whose message ends where it does for git.
///
/// # Errors
/// Where a tool would take a line of the head for something else.
pub(super) fn read(patch: &Patch, text: &str) -> Result<FoundHead, &'static str> {
    let (head, below) = text.split_once("\n\n").ok_or("its head does not end")?;
    let mut lines = below.lines();
    let message: Vec<&str> = lines.by_ref().take_while(|line| !ends_message(line)).collect();
    if message.iter().copied().chain(lines).any(is_misread) {
        return Err("a line of its head would be taken for the beginning of a diff or of another mail");
    }
    let fact = |fact: &Option<String>| fact.clone().unwrap_or_default();
    let date = fact(&patch.date);
    let date = gix::date::parse(&date, None).map_or(date, |date| date.to_string());
    let mut fields = vec![("author", fact(&patch.author)), ("date", date), ("subject", fact(&patch.subject))];
    for name in [GIT_COMMIT, PATCH_MAINLINE, REFERENCES] {
        let value = |line: &str| line.strip_prefix(name)?.strip_prefix(": ").map(str::to_owned);
        fields.extend(head.lines().find_map(value).map(|value| (name, value)));
    }
    Ok(FoundHead { fields, body: message.join("\n") })
}

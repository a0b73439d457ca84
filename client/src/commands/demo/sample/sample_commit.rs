//! The commits of the sample's mailboxes.
//!
//! Beside the usual ones a mail may have two headers: `Sample-Name` names the commit, so that later messages can
//! speak of it as `@{NAME}` (all digits of its id) or `@{NAME:12}` (the first 12), and `Sample-Tag` tags it.

use anyhow::{Context, bail};
use bstr::ByteSlice;
use gix::actor::Signature;
use hunktrace_indexer::patch::{FilePatch, parse};

/// A commit to be made.
#[derive(Clone, Debug)]
pub struct SampleCommit {
    /// The name by which other messages speak of it.
    pub name: Option<String>,
    /// The release tag on it.
    pub tag: Option<String>,
    /// The first line of its message.
    pub subject: String,
    /// The rest of its message, as it stands in the mail.
    pub body: String,
    /// Who made it, and when.
    pub author: Signature,
    /// What it changes.
    pub files: Vec<FilePatch>,
}

/// Reads the commits of a mailbox.
///
/// # Errors
/// If a mail is no patch, or lacks what a commit needs.
pub fn read_mailbox(mailbox: &str) -> anyhow::Result<Vec<SampleCommit>> {
    let text = parse(mailbox.as_bytes());
    if let Some(problem) = text.problems.first() {
        bail!("mailbox: {problem}");
    }
    let commit = |patch: hunktrace_indexer::patch::Patch| {
        let subject = patch.subject.context("a mail has no subject")?;
        let author = patch.author.with_context(|| format!("'{subject}' has no author"))?;
        let date = patch.date.with_context(|| format!("'{subject}' has no date"))?;
        let author = signature(&author, &date).with_context(|| format!("'{subject}'"))?;
        let preamble = patch.preamble.to_str().with_context(|| format!("'{subject}'"))?;
        let (head, body) =
            preamble.split_once("\n\n").with_context(|| format!("'{subject}' has no message"))?;
        let body = body.rsplit_once("\n---\n").map_or(body, |(body, _)| body);
        let field = |name: &str| head.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
        Ok(SampleCommit {
            name: field("Sample-Name: "),
            tag: field("Sample-Tag: "),
            subject,
            body: body.trim().to_owned(),
            author,
            files: patch.files,
        })
    };
    text.patches.into_iter().map(commit).collect()
}

fn signature(author: &str, date: &str) -> anyhow::Result<Signature> {
    let (name, email) = author
        .strip_suffix('>')
        .and_then(|author| author.split_once(" <"))
        .with_context(|| format!("author '{author}' is not of the form 'Name <address>'"))?;
    let time = gix::date::parse(date, None).with_context(|| format!("date '{date}'"))?;
    Ok(Signature { name: name.into(), email: email.into(), time })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mails_become_commits() {
        let mailbox = "From 0 Mon Sep 17 00:00:00 2001\nFrom: A B <a@b>\nDate: Mon, 05 Jan 2015 09:30:00 +0000\n\
                       Subject: x: y\nSample-Name: xy\n\nbody @{z}\n\nSigned-off-by: A\n---\n\ndiff --git a/f b/f\n\
                       --- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\n+b\n";
        let commits = read_mailbox(mailbox).expect("a mailbox");
        let commit = &commits[0];
        assert_eq!((commit.name.as_deref(), commit.tag.as_deref()), (Some("xy"), None));
        assert_eq!(
            (commit.subject.as_str(), commit.body.as_str()),
            ("x: y", "body @{z}\n\nSigned-off-by: A")
        );
        assert_eq!(
            (commit.author.email.to_string(), commit.author.time.seconds),
            ("a@b".into(), 1_420_450_200)
        );
        assert_eq!(commit.files.len(), 1);
    }

    #[test]
    fn mail_without_a_diff_is_refused() {
        assert!(read_mailbox("From: A <a@b>\nSubject: x\n\nnothing\n").is_err());
    }
}

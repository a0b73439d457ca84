//! What stands above the diffs, form by form, and what git, GNU patch and this reader make of it.

use super::*;
use crate::answer::{CommitIndex, CommitStatus, MissingHunk, MissingReason, ReleaseCommit, made_up};
use crate::series::PatchKey;
use crate::series::patch_mail::statistics;

const DIFF: &str = "diff --git a/x.c b/x.c\n--- a/x.c\n+++ b/x.c\n@@ -1 +1 @@\n-a\n+b\n";

const FORMS: [PatchHeader; 3] = [PatchHeader::Plain, PatchHeader::Dep3, PatchHeader::Suse];

const MESSAGE: &str =
    "[SCSI] qla2xxx: don't crash,\n\u{e9}.\n\nIt did (CVE-2009-1234).\n\n\nSigned-off-by: A B <a@b>\n";

fn origin() -> ReleaseCommit {
    ReleaseCommit {
        author: "A B <a@b>".into(),
        subject: "[SCSI] qla2xxx: don't crash, \u{e9}.".into(),
        ..made_up::commit(&"1".repeat(40))
    }
}

fn partial() -> ReleaseCommit {
    let hunk = |file: &str, old_start, reason| MissingHunk { file: file.into(), old_start, reason };
    let missing = vec![
        hunk("mm/slab.c", 120, MissingReason::LeftOut),
        hunk("mm/odd\nname.c", 0, MissingReason::Unchanged),
    ];
    ReleaseCommit { status: CommitStatus::Partial, missing, ..origin() }
}

/// The head of a patch, and what a reader has to find.
fn head_of(
    form: PatchHeader,
    key: &PatchKey,
    commits: &[ReleaseCommit],
    message: Option<&str>,
) -> (String, PatchHead) {
    let mail = PatchMail::new(key, commits, Some(1_300_000_000));
    let body = PatchBody::new(key, commits, &mail, message);
    (form.text(&mail, &body, &statistics(1, 1, 1)), form.meant(&mail, &body))
}

fn head(form: PatchHeader, commit: ReleaseCommit, message: Option<&str>) -> String {
    head_of(form, &PatchKey::Origin(CommitIndex(0)), &[commit], message).0
}

/// What the reader finds above a diff.
fn read(head: &str) -> Result<PatchHead, &'static str> {
    let text = hunktrace_indexer::patch::parse(format!("{head}{DIFF}").as_bytes());
    assert_eq!(text.problems, [], "{head}");
    assert_eq!(text.patches.len(), 1, "{head}");
    assert_eq!(text.patches[0].files.len(), 1, "{head}");
    Ok(FoundHead::read(&text.patches[0])?.head())
}

#[test]
fn plain_head_is_a_mail_with_the_upstream_message_and_the_origin() {
    let expected = "From 1111111111111111111111111111111111111111 Mon Sep 17 00:00:00 2001\n\
        From: A B <a@b>\nDate: Tue, 3 Feb 2009 10:20:30 +0100\n\
        Subject: [PATCH] =?UTF-8?q?=5BSCSI=5D_qla2xxx=3A_don=27t_crash=2C_=C3=A9?=\n =?UTF-8?q?=2E?=\n\n\
        It did (CVE-2009-1234).\n\n\nSigned-off-by: A B <a@b>\n\n\
        Origin: 1111111111111111111111111111111111111111 (v2.6.33-rc1)\nConfidence: 0.97\nMatch: exact\n---\n \
        1 file changed, 1 insertion(+), 1 deletion(-)\n\n";
    assert_eq!(head(PatchHeader::Plain, origin(), Some(MESSAGE)), expected);
}

#[test]
fn text_beyond_ascii_is_announced() {
    let head = head(PatchHeader::Plain, origin(), Some("x\n\ngr\u{fc}n\n"));
    assert!(head.contains("\nContent-Type: text/plain; charset=UTF-8\n"), "{head}");
    assert!(head.contains("\n\ngr\u{fc}n\n\nOrigin: "), "{head}");
}

#[test]
fn origin_is_stated_where_there_is_no_message() {
    let head = head(PatchHeader::Plain, origin(), None);
    assert!(head.contains("?=\n\nOrigin: 1111"), "{head}");
}

#[test]
fn part_of_an_origin_quotes_its_message_and_names_what_is_missing() {
    let expected = "From 1111111111111111111111111111111111111111 Mon Sep 17 00:00:00 2001\n\
        From: hunktrace <hunktrace@localhost>\nDate: Tue, 3 Feb 2009 10:20:30 +0100\n\
        Subject: [PATCH partial] =?UTF-8?q?=5BSCSI=5D_qla2xxx=3A_don=27t_crash=2C_?=\n =?UTF-8?q?=C3=A9=2E?=\n\n\
        This is a part of the commit that is named as the origin below; its message:\n\n\
        It did (CVE-2009-1234).\n\n\nSigned-off-by: A B <a@b>\n\n\
        Origin: 1111111111111111111111111111111111111111 (v2.6.33-rc1)\nConfidence: 0.97\nMatch: exact\n\
        Author-of-origin: A B <a@b>\nMissing: mm/slab.c:120 (left out)\nMissing: mm/odd name.c (unchanged)\n---\n \
        1 file changed, 1 insertion(+), 1 deletion(-)\n\n";
    assert_eq!(head(PatchHeader::Plain, partial(), Some(MESSAGE)), expected);
}

#[test]
fn suse_head_has_the_tags_below_the_subject() {
    let head = head(PatchHeader::Suse, origin(), Some(MESSAGE));
    let tags = "\n =?UTF-8?q?=2E?=\nGit-commit: 1111111111111111111111111111111111111111\nPatch-mainline: v2.6.33-rc1\n\
                References: CVE-2009-1234\n\nIt did";
    assert!(head.contains(tags), "{head}");

    let unreleased = ReleaseCommit { first_release: None, ..partial() };
    let head = super::tests::head(PatchHeader::Suse, unreleased, None);
    let tags = "\nGit-commit: 1111111111111111111111111111111111111111 (partial)\n\
                Patch-mainline: Queued, in no release that is indexed\nReferences: none\n\n";
    assert!(head.contains(tags), "{head}");

    let (head, _) = head_of(PatchHeader::Suse, &PatchKey::Folder("mm".into()), &[], None);
    let tags = "\nPatch-mainline: Never, the vendor's own change\nReferences: none\n\n";
    assert!(head.contains(tags) && !head.contains("Git-commit"), "{head}");
}

#[test]
fn dep3_head_has_debians_fields() {
    let expected = "Description: [SCSI] qla2xxx: don't crash, \u{e9}.\n It did (CVE-2009-1234).\n .\n .\n \
        Signed-off-by: A B <a@b>\n\
        Origin: upstream, commit:1111111111111111111111111111111111111111\n\
        Applied-Upstream: v2.6.33-rc1, commit:1111111111111111111111111111111111111111\n\
        Confidence: 0.97\nMatch: exact\nAuthor: A B <a@b>\nLast-Update: 2011-03-13\n---\n \
        1 file changed, 1 insertion(+), 1 deletion(-)\n\n";
    assert_eq!(head(PatchHeader::Dep3, origin(), Some(MESSAGE)), expected);

    let head = head(PatchHeader::Dep3, partial(), None);
    assert!(head.starts_with("Description: [partial] [SCSI] qla2xxx"), "{head}");
    assert!(head.contains("\nOrigin: backport, commit:1111"), "{head}");
    assert!(head.contains("\nMissing: mm/slab.c:120 (left out)\n"), "{head}");
    assert!(head.contains("\nAuthor: hunktrace <hunktrace@localhost>\n"), "{head}");

    let (head, _) = head_of(PatchHeader::Dep3, &PatchKey::Folder("mm".into()), &[], None);
    let start = "Description: mm: the vendor's own changes\n What no upstream commit is known to explain.\nOrigin: vendor\n";
    assert!(head.starts_with(start), "{head}");
}

/// A message with lines that tools take for the beginning of something else.
pub(in crate::series) const MISREAD: &str = "s\n\nFrom: B <b@c>\nSubject: other\n\n---\ndiff --git a/y b/y\n--- a/y\n+++ b/y\n\
    @@ -1 +1 @@\n-a\n+b\nIndex: y\n  --- a/y\n  +++ b/y\n  @@ -1 +1 @@\n  -a\n  +b\n12c12\n< a\n---\n> b\n1a\n.\n\
    *** y\n***************\n*** 1 ****\nPrereq: 7\n\
    From 8979ee55cb6a429c4edd72ebec2244b849f6a79a Mon Sep 17 00:00:00 2001\nFrom: C <c@d>\nSubject: no\n\n\
    --- >8 ---\ncommit 8979ee55cb6a\nAuthor: D\n\nBinary files a/y and b/y differ\n-- \n2.1\n\u{c}\u{e9}\n\n\
    Signed-off-by: A B <a@b>\n";

#[test]
fn every_form_is_read_back_whatever_the_message_has_in_it() {
    let keys =
        [PatchKey::Origin(CommitIndex(0)), PatchKey::Origin(CommitIndex(1)), PatchKey::GitOnly("mm".into())];
    for (form, key) in FORMS.iter().flat_map(|form| keys.iter().map(move |key| (*form, key))) {
        for message in [None, Some(MESSAGE), Some(MISREAD), Some("s\n\n\n")] {
            let (head, meant) = head_of(form, key, &[origin(), partial()], message);
            assert_eq!(read(&head), Ok(meant), "{form:?}\n{head}");
        }
    }
}

#[test]
fn changed_texts_are_noticed() {
    for form in FORMS {
        let (head, meant) =
            head_of(form, &PatchKey::Origin(CommitIndex(1)), &[origin(), partial()], Some(MESSAGE));
        for (from, to) in [("It did", "It does"), ("120", "121"), ("a@b", "a@c"), ("0.97", "0.98")] {
            assert!(head.contains(from), "{form:?}");
            assert_ne!(read(&head.replacen(from, to, 1)), Ok(meant.clone()), "{form:?} {from}");
        }
        // An unmarked line ends the message, or begins a diff of its own for GNU patch.
        for line in ["Index: y", "  --- a/y", "---"] {
            let broken = head.replacen("It did", &format!("{line}\nIt did"), 1);
            assert_ne!(read(&broken).ok(), Some(meant.clone()), "{form:?} {line}");
        }
    }
}

#[test]
fn vulnerabilities_are_found_once_and_whole() {
    let head = |message: &str| head(PatchHeader::Suse, origin(), Some(&format!("s\n\n{message}")));
    for (message, references) in [
        ("CVE-2010-12345, CVE-2009-0001 and CVE-2010-12345.", "CVE-2010-12345 CVE-2009-0001"),
        ("CVE-2010-123 CVE-201-1234 CVE-2010 CVE-", "none"),
    ] {
        assert!(head(message).contains(&format!("\nReferences: {references}\n")), "{message}");
    }
}

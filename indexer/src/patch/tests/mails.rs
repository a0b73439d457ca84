//! Mails, mailboxes and series.

use data_encoding::BASE64_MIME;

use super::{round_trip, sound};
use crate::patch::ProblemKind;

const DIFF: &str = "diff --git a/x b/x\nindex 1..2 100644\n--- a/x\n+++ b/x\n@@ -1,3 +1,3 @@ int f(void)\n a\n-b\n+c =3D\n d\n";
const ID: &str = "0123456789abcdef0123456789abcdef01234567";

fn mail(subject: &str, body: &str) -> String {
    format!(
        "From {ID} Mon Sep 17 00:00:00 2001\nFrom: A B <a@b>\nDate: Tue, 3 Feb 2009 10:20:30 +0100\nSubject: {subject}\n\n{body}"
    )
}

#[test]
fn series_with_a_cover_letter() {
    let cover =
        mail("[PATCH 0/2] all", "From here to there.\n>From me\n\nA B (2):\n  one\n\n-- \n2.30.1\n\n");
    let one = mail("[PATCH 1/2] one", &format!("why\n---\n x | 2 +-\n\n{DIFF}-- \n2.30.1\n\n"));
    let two = mail("[PATCH 2/2] two\n lines", &format!("why\n---\n{DIFF}"));
    let text = sound(format!("{cover}{one}{two}"));
    assert_eq!(text.patches.iter().map(|patch| patch.files.len()).collect::<Vec<_>>(), [0, 1, 1]);
    let last = &text.patches[2];
    assert_eq!(last.commit.as_deref(), Some(ID));
    assert_eq!(last.author.as_deref(), Some("A B <a@b>"));
    assert_eq!(last.date.as_deref(), Some("Tue, 3 Feb 2009 10:20:30 +0100"));
    assert_eq!(last.subject.as_deref(), Some("[PATCH 2/2] two lines"));
    assert_eq!(text.patches[1].files[0].trailer, "-- \n2.30.1\n\n");
}

#[test]
fn single_mail_without_a_mailbox_line() {
    let text =
        sound(format!("\nReturn-Path: <a@b>\nFrom: A B <a@b>\nSubject: one\n\nFrom: C <c@d>\n\nwhy\n{DIFF}"));
    assert_eq!(text.patches[0].subject.as_deref(), Some("one"));
    assert_eq!(text.patches[0].author.as_deref(), Some("C <c@d>"));
    assert_eq!(text.patches[0].commit, None);
}

#[test]
fn quoted_printable_body_is_decoded_and_written_raw() {
    let encoded = DIFF.replace('=', "=3D").replace("int f", "int =\nf");
    let head = "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n";
    let text = mail("one", &format!("why\n{encoded}")).replace("\n\n", &format!("\n{head}\n"));
    let plain = sound(mail("one", &format!("why\n{DIFF}")));
    let text = sound(text);
    let (encoded, plain) = (&text.patches[0].files[0], &plain.patches[0].files[0]);
    assert_eq!(encoded.hunks[0].hunk, plain.hunks[0].hunk);
    assert_eq!(encoded.hunks[0].line, plain.hunks[0].line + 2);
    assert!(text.patches[0].encoded_body.is_some());
}

#[test]
fn base64_body_is_decoded_and_written_raw() {
    let body = BASE64_MIME.encode(DIFF.replace('\n', "\r\n").as_bytes());
    let text = mail("one", &body).replace("\n\n", "\nContent-Transfer-Encoding: base64\n\n");
    let text = sound(text);
    let hunk = &text.patches[0].files[0].hunks[0];
    assert_eq!(hunk.hunk.body, " a\n-b\n+c =3D\n d\n");
    assert_eq!(hunk.line, 7);
}

#[test]
fn parts_of_a_mail_are_read_in_place() {
    let head = "Content-Type: multipart/mixed; boundary=\"=-=\"\n";
    let body = format!(
        "--=-=\nContent-Type: text/plain\n\nsee below\n--=-=\nContent-Type: text/x-patch\n\n{DIFF}--=-=--\n"
    );
    let text = sound(mail("one", &body).replacen("\n\n", &format!("\n{head}\n"), 1));
    assert_eq!(text.patches[0].files.len(), 1);
    assert_eq!(text.patches[0].files[0].hunks[0].line, 18);
}

#[test]
fn body_that_cannot_be_decoded_leaves_the_other_mails() {
    let bad = mail("one", "qvss\n").replace("\n\n", "\nContent-Transfer-Encoding: x-rot13\n\n");
    let text = round_trip(format!("{bad}\n{}", mail("two", DIFF)).as_bytes());
    assert_eq!(text.problems.len(), 1);
    assert_eq!((text.problems[0].line, text.problems[0].patch), (7, Some(0)));
    assert_eq!(text.problems[0].kind, ProblemKind::TransferEncoding("x-rot13".into()));
    assert_eq!((text.patches[0].files.len(), text.patches[1].files.len()), (0, 1));
}

#[test]
fn mailbox_in_crlf() {
    let text = format!("{}\n{}", mail("one", DIFF), mail("two", DIFF)).replace('\n', "\r\n");
    let text = sound(text);
    assert_eq!(text.patches.len(), 2);
    assert_eq!(text.patches[1].subject.as_deref(), Some("two"));
    assert_eq!(text.patches[1].files[0].hunks[0].hunk.body, " a\n-b\n+c =3D\n d\n");
}

#[test]
fn mails_logs_and_diffs_in_one_text() {
    let log = format!("commit {ID}\nAuthor: A B <a@b>\n\n    three\n\n{DIFF}\n");
    let text = sound(format!("{DIFF}\n{}-- \n2.30.1\n\n{log}{}", mail("two", DIFF), mail("four", DIFF)));
    let subjects: Vec<_> = text.patches.iter().map(|patch| patch.subject.as_deref().unwrap_or("-")).collect();
    assert_eq!(subjects, ["-", "two", "three", "four"]);
    assert!(text.patches.iter().all(|patch| patch.files.len() == 1));
}

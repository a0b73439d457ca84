//! The head of a patch in the fields of Debian's patch tagging guidelines (DEP-3).
//!
//! `Description` is the subject, with the message in the lines that continue it: each behind a blank, and a dot for a blank
//! line. What the guidelines have no field for stands in fields of the same names as in the other forms.

use gix::date::Time;

use super::FoundHead;
use crate::series::patch_body::PatchBody;
use crate::series::patch_mail::PatchMail;
use crate::series::upstream_message::is_misread;

const DESCRIPTION: &str = "Description: ";
const AUTHOR: &str = "Author: ";
const LAST_UPDATE: &str = "Last-Update: ";

/// The line that ends the head.
const END: &str = "---";

/// What stands above the diff.
pub(super) fn text(mail: &PatchMail, body: &PatchBody, statistics: &str) -> String {
    let mut text = format!("{DESCRIPTION}{}\n", subject(mail));
    for line in body.message.lines() {
        text += " ";
        text += if line.is_empty() { "." } else { line };
        text.push('\n');
    }
    let [date, author] = [day(mail.updated), mail.author.to_string()];
    for field in fields(mail, body) {
        text += &field;
        text.push('\n');
    }
    text + &format!("{AUTHOR}{author}\n{LAST_UPDATE}{date}\n{END}\n{statistics}\n\n")
}

/// The subject; it says where the patch is not the whole change.
fn subject(mail: &PatchMail) -> String {
    match mail.is_whole() {
        true => mail.subject.clone(),
        false => format!("{} {}", mail.prefix.replace("PATCH ", ""), mail.subject),
    }
}

/// All fields but the description, the author and the date.
fn fields(mail: &PatchMail, body: &PatchBody) -> Vec<String> {
    if !mail.has_origin() {
        return vec!["Origin: vendor".to_owned()];
    }
    let kind = if mail.is_whole() { "upstream" } else { "backport" };
    let commit = format!("commit:{}", mail.commit);
    let applied = match &mail.release {
        Some(release) => format!("{release}, {commit}"),
        None => commit.clone(),
    };
    let mut fields = vec![format!("Origin: {kind}, {commit}"), format!("Applied-Upstream: {applied}")];
    fields.extend(body.note.iter().filter(|line| !line.starts_with("Origin: ")).cloned());
    fields
}

/// A day as the guidelines want it: YYYY-MM-DD.
fn day(time: Time) -> String {
    time.format_or_unix(gix::date::time::format::SHORT)
}

/// What a reader has to find.
pub(super) fn meant(mail: &PatchMail, body: &PatchBody) -> FoundHead {
    let head =
        vec![("author", mail.author.to_string()), ("date", day(mail.updated)), ("subject", subject(mail))];
    let note = fields(mail, body);
    FoundHead { fields: head, body: PatchBody { message: body.message.clone(), note }.text() }
}

/// Whether a patch's head has this form.
pub(super) fn is_dep3(text: &str) -> bool {
    text.starts_with(DESCRIPTION)
}

/// What a reader finds.
///
/// # Errors
/// Where a tool would take a line of the head for something else, or a line is no field.
pub(super) fn read(text: &str) -> Result<FoundHead, &'static str> {
    let (head, below) = text.split_once("\n---\n").ok_or("its head does not end")?;
    if head.lines().chain(below.lines()).any(is_misread) {
        return Err("a line of its head would be taken for the beginning of a diff or of another mail");
    }
    let (mut author, mut date, mut subject) = (String::new(), String::new(), String::new());
    let (mut message, mut note) = (Vec::new(), Vec::new());
    for line in head.lines() {
        if let Some(continued) = line.strip_prefix(' ') {
            message.push(if continued == "." { "" } else { continued });
        } else if let Some(value) = line.strip_prefix(DESCRIPTION) {
            value.clone_into(&mut subject);
        } else if let Some(value) = line.strip_prefix(AUTHOR) {
            value.clone_into(&mut author);
        } else if let Some(value) = line.strip_prefix(LAST_UPDATE) {
            value.clone_into(&mut date);
        } else if line.contains(": ") {
            note.push(line.to_owned());
        } else {
            return Err("a line of its head is no field");
        }
    }
    let body = PatchBody { message: message.join("\n"), note };
    Ok(FoundHead {
        fields: vec![("author", author), ("date", date), ("subject", subject)],
        body: body.text(),
    })
}

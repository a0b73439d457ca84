//! What a patch says below its subject: the upstream message, then what is known of where the patch comes from.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::mail_text::one_line;
use super::patch_key::PatchKey;
use super::patch_mail::PatchMail;
use super::upstream_message::message_body;
use crate::answer::{MissingHunk, ReleaseCommit};

/// The text of a patch below its subject.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct PatchBody {
    /// The upstream message without its subject, or what the vendor's own changes are.
    pub message: String,
    /// What is known of the origin, a line each.
    pub note: Vec<String>,
}

impl PatchBody {
    /// What the patch with this key says, whose head is `mail`. `message` is the upstream message of its origin, where there
    /// is one.
    pub fn new(
        key: &PatchKey,
        commits: &[ReleaseCommit],
        mail: &PatchMail,
        message: Option<&str>,
    ) -> PatchBody {
        match key {
            PatchKey::Origin(place) => match commits.get(place.0 as usize) {
                Some(origin) => PatchBody::of_origin(origin, mail, message.unwrap_or_default()),
                None => PatchBody::default(),
            },
            other => PatchBody { message: vendor_text(other).to_owned(), note: Vec::new() },
        }
    }

    /// The message stands as it is only where the patch is all of the change: else it is quoted.
    fn of_origin(origin: &ReleaseCommit, mail: &PatchMail, message: &str) -> PatchBody {
        let message = message_body(message);
        let relation = match (mail.is_partial, mail.is_adapted) {
            (false, false) => None,
            (true, false) => Some("a part of"),
            (false, true) => Some("adapted from"),
            (true, true) => Some("an adapted part of"),
        };
        let message = match relation {
            Some(relation) if !message.is_empty() => {
                format!(
                    "This is {relation} the commit that is named as the origin below; its message:\n\n{message}"
                )
            }
            _ => message,
        };
        let release = mail.release.as_ref().map(|release| format!(" ({release})")).unwrap_or_default();
        let mut note = vec![
            format!("Origin: {}{release}", mail.commit),
            format!("Confidence: {:.2}", origin.confidence),
            format!("Match: {}", origin.match_kind.name()),
        ];
        match (&origin.read_from, &origin.unindexed_origin) {
            (Some(carrier), _) => {
                note.push(format!("Not-indexed: the origin; read from its carrier {carrier}"))
            }
            (None, Some(named)) => {
                note.push(format!("Not-indexed: {named}, which the origin names as its own"))
            }
            (None, None) => {}
        }
        if !mail.is_whole() || !mail.author.is_as_given {
            note.push(format!("Author-of-origin: {}", one_line(&origin.author)));
        }
        note.extend(origin.missing.iter().map(|hunk| format!("Missing: {}", missing_hunk(hunk))));
        PatchBody { message, note }
    }

    /// All of it: the message, a blank line, and the note.
    pub fn text(&self) -> String {
        let note = self.note.join("\n");
        let separator = if self.message.is_empty() || note.is_empty() { "" } else { "\n\n" };
        format!("{}{separator}{note}", self.message)
    }
}

/// A number that stands for a text, so that texts need not be kept to be compared.
pub(super) fn digest(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

/// What the vendor's own changes are.
fn vendor_text(key: &PatchKey) -> &'static str {
    match key {
        PatchKey::Moves => "Moves only: what else differs in these files is in the patches that follow.",
        PatchKey::MakeWay => {
            "Removes what is in the place of a folder, file, symlink or submodule of the same name, or of\n\
             files in a folder of that name, that a later patch of the series adds."
        }
        PatchKey::GitOnly(_) => "What no upstream commit is known to explain, and only git can apply.",
        PatchKey::Folder(_) => "What no upstream commit is known to explain.",
        PatchKey::Subsystem(_) => {
            "What no upstream commit is known to explain in a subsystem of MAINTAINERS."
        }
        PatchKey::NewDriver(_) => {
            "What no upstream commit is known to explain: new files, and the lines that build and configure them."
        }
        PatchKey::Origin(_) => "",
    }
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

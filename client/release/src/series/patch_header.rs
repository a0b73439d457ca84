//! What stands above the diff of a patch, in the forms that people use.
//!
//! Each form is written and read back by a file of its own. All of them have the upstream message and what is known of the
//! origin, and none has a line that git, GNU patch or quilt would take for the beginning of a diff.

mod dep3;
mod mail;

use hunktrace_indexer::patch::Patch;

use super::patch_body::{PatchBody, digest};
use super::patch_mail::PatchMail;

/// In which form patches say what they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PatchHeader {
    /// A mail as `git format-patch` writes it, which `git am` applies.
    #[default]
    Plain,
    /// The fields of Debian's patch tagging guidelines, <https://dep-team.pages.debian.net/deps/dep3/>.
    Dep3,
    /// A mail with the tags of SUSE's kernel-source: `Git-commit`, `Patch-mainline` and `References`.
    Suse,
}

/// What a patch says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct PatchHead {
    /// What it says besides the text: author, date, subject, and the tags of the form.
    pub fields: Vec<(&'static str, String)>,
    /// The digest of the text below the subject.
    pub body: u64,
}

/// What a reader makes of a patch's head.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::series) struct FoundHead {
    /// As in [`PatchHead::fields`].
    pub fields: Vec<(&'static str, String)>,
    /// The text below the subject.
    pub body: String,
}

impl PatchHeader {
    /// What stands above the diff; `statistics` is the line below the `---`.
    pub(super) fn text(self, mail: &PatchMail, body: &PatchBody, statistics: &str) -> String {
        match self {
            PatchHeader::Plain => mail::text(mail, &[], body, statistics),
            PatchHeader::Suse => mail::text(mail, &mail::suse_tags(mail, body), body, statistics),
            PatchHeader::Dep3 => dep3::text(mail, body, statistics),
        }
    }

    /// What a reader has to find.
    pub(super) fn meant(self, mail: &PatchMail, body: &PatchBody) -> PatchHead {
        let found = match self {
            PatchHeader::Plain => mail::meant(mail, Vec::new(), body),
            PatchHeader::Suse => mail::meant(mail, mail::suse_tags(mail, body), body),
            PatchHeader::Dep3 => dep3::meant(mail, body),
        };
        found.head()
    }
}

impl FoundHead {
    /// Reads the head of a patch in whichever form it is.
    ///
    /// # Errors
    /// Where the head would be misread.
    pub fn read(patch: &Patch) -> Result<FoundHead, &'static str> {
        let text = std::str::from_utf8(&patch.preamble).map_err(|_| "its head is not in UTF-8")?;
        match dep3::is_dep3(text) {
            true => dep3::read(text),
            false => mail::read(patch, text),
        }
    }

    /// The same with a digest for the text.
    pub fn head(self) -> PatchHead {
        PatchHead { fields: self.fields, body: digest(&self.body) }
    }
}

#[cfg(test)]
pub(super) mod tests;

//! Small things that many pages name.

use hunktrace_proto::v1;
use serde::Serialize;
use utoipa::ToSchema;

use crate::place::{Form, Place};

/// A commit that a page names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct NamedCommit {
    /// Its id, 40 hexadecimal digits where it is known whole.
    pub commit: String,
    /// The first line of its message; empty where that is not known.
    pub subject: String,
    /// The first upstream release that has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_release: Option<String>,
    /// Its page.
    pub page: String,
}

impl NamedCommit {
    /// A commit of which the id is known, and what a list says of it beside.
    pub fn of(commit: &str, related: &[v1::RelatedCommit]) -> NamedCommit {
        let known = related.iter().find(|known| known.commit == commit);
        NamedCommit {
            commit: commit.to_owned(),
            subject: known.map(|known| known.subject.clone()).unwrap_or_default(),
            first_release: known.and_then(|known| non_empty(&known.first_release)),
            page: commit_page(commit),
        }
    }

    /// A commit as the catalogue knows it.
    pub fn catalogued(commit: &v1::CataloguedCommit) -> NamedCommit {
        NamedCommit {
            commit: commit.commit.clone(),
            subject: commit.subject.clone(),
            first_release: non_empty(&commit.first_release),
            page: commit_page(&commit.commit),
        }
    }
}

/// The page of a commit.
pub fn commit_page(commit: &str) -> String {
    Place::commit(commit).path(Form::Html)
}

/// A text, where it says something.
pub fn non_empty(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

/// Bytes as text; what is no UTF-8 is replaced.
pub fn text_of(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

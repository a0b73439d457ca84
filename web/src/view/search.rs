//! What was found for words.

use hunktrace_proto::v1;
use serde::Serialize;
use utoipa::ToSchema;

use super::named::{NamedCommit, text_of};
use super::release::file_page;
use super::releases::name_of;

/// What was found for words.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct SearchView {
    /// What was searched for.
    pub words: String,
    /// Commits, the latest first, or the likeliest first where lines of code were searched for.
    pub commits: Vec<NamedCommit>,
    /// Files that some release changes.
    pub files: Vec<FoundFile>,
    /// Functions that some release changes.
    pub functions: Vec<String>,
    /// Whether there is more than was wanted.
    pub is_cut: bool,
    /// What should be known about the search, in words.
    pub notes: Vec<String>,
    /// The query of this page.
    #[serde(skip)]
    pub query: String,
}

/// A file that some release changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FoundFile {
    /// Its path.
    pub path: String,
    /// Its page in the newest release, which may have it as the base has it.
    pub page: Option<String>,
}

impl SearchView {
    /// What the catalogue says; files are shown in the newest of its releases.
    pub fn of(
        words: &str,
        answer: &v1::SearchResponse,
        newest: Option<&v1::CataloguedRelease>,
        query: String,
    ) -> SearchView {
        let file = |path: &Vec<u8>| FoundFile {
            path: text_of(path),
            page: newest.map(|release| file_page(&name_of(release), path, 1)),
        };
        SearchView {
            words: words.to_owned(),
            commits: answer.commits.iter().map(NamedCommit::catalogued).collect(),
            files: answer.paths.iter().map(file).collect(),
            functions: answer.functions.clone(),
            is_cut: answer.is_cut,
            notes: Vec::new(),
            query,
        }
    }
}

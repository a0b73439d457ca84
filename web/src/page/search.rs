//! What was found for words.

use maud::{Markup, html};

use super::parts::{counted, named_commit};
use super::{Page, Scene};
use crate::place::Place;
use crate::query::query_of;
use crate::view::search::SearchView;

impl Page for SearchView {
    fn title(&self) -> String {
        if self.words.is_empty() { "Search".to_owned() } else { format!("Search for {}", self.words) }
    }

    fn summary(&self) -> String {
        format!(
            "{}, {}, {}",
            counted(self.commits.len() as u64, "commit"),
            counted(self.files.len() as u64, "file"),
            counted(self.functions.len() as u64, "function")
        )
    }

    fn query(&self) -> Option<&str> {
        Some(&self.query).filter(|query| !query.is_empty()).map(String::as_str)
    }

    fn body(&self, scene: Scene<'_>) -> Markup {
        let history = |name: &str| format!("{}?{}", scene.link(&Place::History), query_of(&[("name", name)]));
        html! {
            h1 { "Search" }
            form action=(scene.link(&Place::Search)) method="get" {
                div.fields {
                    label { "Words" input name="words" value=(self.words) size="50" required; }
                    button { "Search" }
                }
            }
            p.hint {
                "Words fit the subject or author of commits, paths, and functions. " code { "s:" } " the subject, " code { "a:" }
                " the author, " code { "dfn:" } " the file, " code { "dfhh:" } " the function, " code { "dfpre:" } " a removed line, "
                code { "dfpost:" } " an added one. Quotes keep words together: " code { "dfpost:\"spin_lock(&x->lock);\"" } "."
            }
            @for note in &self.notes { p.message { (note) } }
            @if self.is_cut { p.hint { "There is more; search for more words." } }
            @if !self.commits.is_empty() {
                section aria-labelledby="commits" {
                    h2 id="commits" { "Commits" }
                    ul.plain { @for commit in &self.commits { li { (named_commit(scene, commit)) } } }
                }
            }
            @if !self.files.is_empty() {
                section aria-labelledby="files" {
                    h2 id="files" { "Files" }
                    ul.plain {
                        @for file in &self.files {
                            li {
                                a href=(history(&file.path)) { code { (file.path) } }
                                @if let Some(page) = &file.page { " " a href=(scene.to(page)) { "in the newest release" } }
                            }
                        }
                    }
                }
            }
            @if !self.functions.is_empty() {
                section aria-labelledby="functions" {
                    h2 id="functions" { "Functions" }
                    ul.plain { @for function in &self.functions { li { a href=(history(&format!(":{function}"))) { code { (function) "()" } } } } }
                }
            }
            @if !self.words.is_empty() && self.commits.is_empty() && self.files.is_empty() && self.functions.is_empty() {
                p { "Nothing was found." }
            }
        }
    }
}

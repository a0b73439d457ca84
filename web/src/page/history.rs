//! The history of a file, a function or a CVE.

use maud::{Markup, html};

use super::parts::{counted, named_commit, number, page_links};
use super::releases::{commit_places, commit_releases};
use super::{Page, Scene};
use crate::place::Place;
use crate::view::history::HistoryView;

impl Page for HistoryView {
    fn title(&self) -> String {
        format!("History of {}", self.asked)
    }

    fn summary(&self) -> String {
        format!(
            "{} in the vendor's releases: {}",
            self.asked,
            counted(self.paging.items as u64, "upstream commit")
        )
    }

    fn query(&self) -> Option<&str> {
        Some(&self.query)
    }

    fn body(&self, scene: Scene<'_>) -> Markup {
        let link = |page: usize| format!("{}?{}&page={page}", scene.link(&Place::History), self.query);
        html! {
            h1 { "History of " code { (self.asked) } }
            p { (counted(self.paging.items as u64, "upstream commit")) ", by the first release that has each." }
            @if !self.own_changes.is_empty() {
                details {
                    summary { (counted(self.own_lines, "line")) " of the vendor's own in the newest release" }
                    ul.plain {
                        @for own in &self.own_changes {
                            li { (own.release) ": +" (number(own.added)) " −" (number(own.removed)) }
                        }
                    }
                }
            }
            @for known in &self.commits {
                div.part {
                    h2 { (named_commit(scene, &known.commit)) }
                    (commit_releases(scene, known))
                    (commit_places(scene, known))
                }
            }
            (page_links(self.paging.page, self.paging.pages, link))
        }
    }
}

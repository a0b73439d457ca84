//! What differs between two releases.

use maud::{Markup, html};

use super::parts::{counted, named_commit, number, page_link, page_links};
use super::release::{part, release_links};
use super::{Page, Scene};
use crate::place::{Part, Place};
use crate::view::changes::{ChangeRow, ChangesView, CompareView, PlaceRow, SHOWN_PLACES};

impl Page for ChangesView {
    fn title(&self) -> String {
        format!("{} to {}", self.from.name, self.to.name)
    }

    fn summary(&self) -> String {
        let counts = self.counts;
        format!(
            "Between {} and {}: {} new, {} gone, {} in another way, and {} with changes of the vendor's own",
            self.from.name,
            self.to.name,
            counted(counts.new as u64, "commit"),
            number(counts.gone as u64),
            number(counts.changed as u64),
            counted(counts.own as u64, "place")
        )
    }

    fn next_page(&self) -> Option<usize> {
        self.paging.next()
    }

    fn body(&self, scene: Scene<'_>) -> Markup {
        html! {
            h1 { "What is new since " (self.from.name) }
            (release_links(scene, &self.to))
            (changes(scene, self))
            (page_links(self.paging.page, self.paging.pages, |page| scene.link(&part(&self.to, Part::Changes(page)))))
        }
    }
}

fn changes(scene: Scene<'_>, view: &ChangesView) -> Markup {
    html! {
        p { (view.summary()) "." }
        @if !view.untouched.is_empty() {
            p.hint { "Nothing changes " (view.untouched.join(", ")) "." }
        }
        ol.candidates { @for change in &view.commits { li { (change_item(scene, change)) } } }
        @if !view.own.is_empty() {
            section aria-labelledby="own" {
                h2 id="own" { "The vendor's own changes" }
                (places(scene, &view.own, usize::MAX))
            }
        }
    }
}

fn change_item(scene: Scene<'_>, change: &ChangeRow) -> Markup {
    html! {
        p {
            strong { (change.change) } " " (named_commit(scene, &change.commit))
            @if change.purpose != "change" { " " span.hint { (change.purpose) } }
            @if let Some(subsystem) = &change.subsystem { " " span.hint { (subsystem) } }
            @if let Some(page) = change.vendor_page.as_ref().and_then(|page| scene.page(page)) { " " a href=(page) { "The vendor's form" } }
        }
        @for later in &change.later {
            p.message {
                @if later.relation == "reverts" { "Taken back by " } @else { "Mended by " } (named_commit(scene, &later.commit))
                @match &later.since { Some(since) => { ", in " (since) }, None => { ", which no release has" } }
            }
        }
        @for entry in &change.entries { p.hint { "Changelog of " (entry.release) ": " (entry.text) } }
        (places(scene, &change.places, SHOWN_PLACES))
    }
}

fn places(scene: Scene<'_>, places: &[PlaceRow], most: usize) -> Markup {
    html! {
        ul.places-list {
            @for place in places.iter().take(most) {
                li {
                    (page_link(scene, &place.page, html! { code { (place.file) } }))
                    @if let Some(function) = &place.function { " " code { (function) "()" } }
                    " " span.hint { "+" (place.added) " −" (place.removed) }
                }
            }
            @if places.len() > most { li.hint { (counted((places.len() - most) as u64, "more place")) } }
        }
    }
}

impl Page for CompareView {
    fn title(&self) -> String {
        match &self.changes {
            Some(changes) => changes.title(),
            None => "Compare two releases".to_owned(),
        }
    }

    fn summary(&self) -> String {
        match &self.changes {
            Some(changes) => changes.summary(),
            None => "What differs between two vendor releases, and which change may have broken something"
                .to_owned(),
        }
    }

    fn query(&self) -> Option<&str> {
        Some(&self.query).filter(|query| !query.is_empty()).map(String::as_str)
    }

    fn body(&self, scene: Scene<'_>) -> Markup {
        let page_link = |page: usize| format!("{}?{}&page={page}", scene.link(&Place::Compare), self.query);
        html! {
            h1 { (Page::title(self)) }
            (compare_form(scene, self))
            @if let Some(view) = &self.changes {
                section aria-label="What differs" {
                    (changes(scene, view))
                    (page_links(view.paging.page, view.paging.pages, page_link))
                }
            }
        }
    }
}

fn compare_form(scene: Scene<'_>, view: &CompareView) -> Markup {
    let chosen = |changes: fn(&ChangesView) -> String, usual: usize| {
        let usual = view.releases.len().checked_sub(usual).and_then(|place| view.releases.get(place));
        view.changes
            .as_ref()
            .map(changes)
            .or_else(|| usual.map(|release| format!("{}/{}", release.vendor, release.name)))
    };
    let from = chosen(|changes| format!("{}/{}", changes.from.vendor, changes.from.name), 2);
    let to = chosen(|changes| format!("{}/{}", changes.to.vendor, changes.to.name), 1);
    let select = |name: &str, label: &str, chosen: Option<String>| {
        html! {
            label { (label)
                select name=(name) {
                    @for release in &view.releases {
                        @let value = format!("{}/{}", release.vendor, release.name);
                        option value=(value) selected[chosen.as_ref() == Some(&value)] { (release.name) }
                    }
                }
            }
        }
    };
    html! {
        form action=(scene.link(&Place::Compare)) method="get" {
            div.fields {
                (select("from", "Before", from)) (select("to", "After", to))
                label { "File or folder" input name="path" value=(view.question.path); }
                label { "Function" input name="function" value=(view.question.function); }
            }
            details open[!view.question.trace.is_empty()] {
                summary { "Call trace of a crash" }
                label.unseen for="trace" { "Call trace" }
                textarea id="trace" name="trace" rows="8" spellcheck="false" { (view.question.trace) }
            }
            div.actions { button { "Compare" } }
        }
    }
}

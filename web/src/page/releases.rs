//! Vendor releases.

use maud::{Markup, html};

use super::parts::{
    counted, named_commit, number, page_link, percent, probability, share, short_id, status_badge,
};
use super::{Page, Scene};
use crate::view::releases::{CommitReleases, PlacedView, ReleaseRow, ReleasesView};

impl Page for ReleasesView {
    fn title(&self) -> String {
        "Vendor releases".to_owned()
    }

    fn summary(&self) -> String {
        format!(
            "{}, and how much of each has a known upstream origin",
            counted(self.releases.len() as u64, "release")
        )
    }

    fn has_feed(&self) -> bool {
        true
    }

    fn body(&self, scene: Scene<'_>) -> Markup {
        html! {
            h1 { "Vendor releases" }
            (release_table(scene, &self.releases))
        }
    }
}

/// Releases, a row for each.
pub fn release_table(scene: Scene<'_>, releases: &[ReleaseRow]) -> Markup {
    html! {
        div.wide tabindex="0" role="group" aria-label="Releases" {
            table {
                thead {
                    tr {
                        th scope="col" { "Release" } th scope="col" { "Vendor" } th scope="col" { "Date" }
                        th scope="col" { "Base" } th scope="col" class="number" { "Changed lines" }
                        th scope="col" { "Explained" }
                    }
                }
                tbody {
                    @for release in releases {
                        tr {
                            th scope="row" { (page_link(scene, &release.page, html! { (release.name) })) }
                            td { (release.vendor) }
                            td.nowrap { (release.released_on.as_deref().unwrap_or("–")) }
                            td { (release.base) }
                            td.number { (number(release.lines)) }
                            td.nowrap { (share(release.explained, release.lines)) }
                        }
                    }
                }
            }
        }
    }
}

/// Which releases have a commit, since when, and what the vendor says of it.
pub fn commit_releases(scene: Scene<'_>, known: &CommitReleases) -> Markup {
    html! {
        div.wide tabindex="0" role="group" aria-label="Releases that have it" {
            table.stretches {
                thead {
                    tr {
                        th scope="col" { "Releases" } th scope="col" { "Since" } th scope="col" { "How much" }
                        th scope="col" { "Sure" } th scope="col" class="number" { "Lines" }
                    }
                }
                tbody {
                    @for stretch in &known.stretches {
                        tr {
                            th scope="row" { (page_link(scene, &stretch.page, html! { (stretch.words()) })) " " span.hint { (stretch.vendor) }
                                @if let Some(page) = stretch.vendor_page.as_ref().and_then(|page| scene.page(page)) {
                                    " " a href=(page) { "The vendor's form" }
                                } }
                            td.nowrap { (stretch.released_on.as_deref().unwrap_or("–")) }
                            td {
                                (status_badge(&stretch.status))
                                @for missing in &stretch.missing { div.hint { "not there: " (missing) } }
                                @if let Some(by) = &stretch.superseded_by { div.hint { "rewritten by " (short_id(by)) } }
                            }
                            td.nowrap { (probability(stretch.confidence)) }
                            td.number { (number(stretch.lines)) }
                        }
                    }
                }
            }
        }
        @for later in &known.later {
            p.message {
                @if later.relation == "reverts" { "Taken back by " } @else { "Mended by " }
                (named_commit(scene, &later.commit))
                @match &later.since {
                    Some(since) => { ", in " (since) " and later" },
                    None => { ", which no release has" },
                }
            }
        }
        @if !known.entries.is_empty() {
            h3 { "What the vendor's changelog says" }
            ul.plain {
                @for entry in &known.entries { li { (entry.text) " " span.hint { "(" (entry.release) ", by " (entry.how) ")" } } }
            }
        }
        @if !known.cves.is_empty() { p { "Vulnerabilities: " (known.cves.join(", ")) } }
    }
}

/// Where a commit's lines are in the last release that has some.
pub fn commit_places(scene: Scene<'_>, known: &CommitReleases) -> Markup {
    let files = known.places.chunk_by(|a, b| a.file == b.file);
    html! {
        ul.plain {
            @for places in files {
                li {
                    (page_link(scene, &places[0].page, html! { code { (places[0].file) } }))
                    ul.places-list { @for place in places { li { (placed(scene, place)) } } }
                }
            }
        }
    }
}

fn placed(scene: Scene<'_>, place: &PlacedView) -> Markup {
    let sign = if place.is_added { "+" } else { "−" };
    let end = place.start + place.lines.saturating_sub(1);
    html! {
        span.lines-range { (page_link(scene, &place.line_page, html! { (sign) (place.start) @if end > place.start { "–" (end) } })) }
        @if let Some(function) = &place.function { " " code { (function) "()" } }
        " " span.hint { (probability(place.confidence)) ", " (place.match_kind) }
    }
}

/// What a release is, and how much of it is explained.
pub fn release_facts(release: &ReleaseRow) -> Markup {
    html! {
        p.figure-line {
            span.figure { (percent(release.explained, release.lines)) } " "
            span { "of " (number(release.lines)) " changed lines have a known upstream origin" }
        }
        p.hint {
            (release.vendor) ", on " (release.base)
            @if let Some(date) = &release.released_on { ", released on " (date) }
        }
    }
}

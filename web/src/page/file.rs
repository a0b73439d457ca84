//! A file of a release, with a gutter of origins.

use maud::{Markup, html};

use super::parts::{
    confidence_class, counted, links_among, named_commit, number, probability, share, short_id,
};
use super::release::{crumb_links, release_links};
use super::{Page, Scene};
use crate::place::Place;
use crate::view::file::{FileLine, FileView, OriginView};

/// Commits that stand above the lines.
const SHOWN_COMMITS: usize = 12;

impl Page for FileView {
    fn title(&self) -> String {
        format!("{} in {}", self.path, self.release.name)
    }

    fn summary(&self) -> String {
        format!(
            "{} of {} changed lines come from {}",
            number(self.explained),
            number(self.changed),
            counted(self.commits.len() as u64, "known upstream commit")
        )
    }

    fn next_page(&self) -> Option<usize> {
        self.pages.iter().copied().find(|page| *page > self.paging.page)
    }

    fn body(&self, scene: Scene<'_>) -> Markup {
        let name = self.path.rsplit('/').next().unwrap_or(&self.path);
        let links = |name: &str| {
            links_among(name, self.paging.page, &self.pages, |page| scene.to(&self.other_page(page)))
        };
        html! {
            h1 { (self.path) }
            (release_links(scene, &self.release))
            (crumb_links(scene, &self.crumbs, Some(name)))
            p {
                @if self.is_new { "New against " (self.release.base) ". " }
                @if self.is_deleted { "Not in this release any more. " }
                @if let Some(from) = &self.moved_from { "Moved from " code { (from) } ". " }
                (counted(self.changed, "changed line")) ", explained " (share(self.explained, self.changed))
                @if scene.setting.is_live {
                    " " a href=(format!("{}?{}", scene.link(&Place::History), crate::query::query_of(&[("name", &self.path)]))) { "History" }
                }
            }
            (commits(scene, self))
            @if self.is_binary { p.message { "This file is no text." } }
            (links("Pages of this file"))
            @if !self.lines.is_empty() {
                div.diff tabindex="0" role="group" aria-label=(format!("Lines of {}", self.path)) {
                    table.file { tbody { (lines(scene, self)) } }
                }
            }
            @if self.removed_left_out > 0 {
                p.hint { (counted(self.removed_left_out as u64, "more removed line")) " that this page does not show." }
            }
            (links("Pages of this file, below its lines"))
        }
    }
}

fn commits(scene: Scene<'_>, file: &FileView) -> Markup {
    let rest = file.commits.len().saturating_sub(SHOWN_COMMITS);
    html! {
        @if !file.commits.is_empty() {
            details open[file.commits.len() <= 3] {
                summary { (counted(file.commits.len() as u64, "commit")) }
                ul.plain {
                    @for share in file.commits.iter().take(SHOWN_COMMITS) {
                        li { (named_commit(scene, &share.commit)) " " span.hint { (counted(share.lines, "line")) } }
                    }
                }
                @if rest > 0 { p.hint { (counted(rest as u64, "more commit")) " in the JSON twin of this page." } }
            }
        }
    }
}

fn lines(scene: Scene<'_>, file: &FileView) -> Markup {
    let mut before: Option<Option<usize>> = None;
    let mut last = 0;
    // Removed lines have numbers of their own.
    let mut is_gap = |line: &FileLine| {
        if line.sign == '-' {
            return false;
        }
        let is_gap = last > 0 && line.number > last + 1;
        last = line.number;
        is_gap
    };
    html! {
        @for line in &file.lines {
            @let is_first = before.replace(line.origin) != Some(line.origin);
            @if is_gap(line) { tr.hunk-head { td colspan="3" { "…" } } }
            tr id=(line_id(line)) class=[line_class(line)] {
                (gutter(scene, line.origin.and_then(|place| file.origins.get(place)), is_first))
                td.number data-number=(line.number) {}
                td.text { (line.sign) (line.text) }
            }
        }
    }
}

/// What a line is called in links: `L` of one of the release, `B` of one that was removed from the base.
fn line_id(line: &FileLine) -> String {
    let side = if line.sign == '-' { 'B' } else { 'L' };
    format!("{side}{}", line.number)
}

fn line_class(line: &FileLine) -> Option<&'static str> {
    match line.sign {
        '+' => Some("added"),
        '-' => Some("removed"),
        _ => None,
    }
}

fn gutter(scene: Scene<'_>, origin: Option<&OriginView>, is_first: bool) -> Markup {
    let Some(origin) = origin else { return html! { td {} } };
    let Some(commit) = &origin.commit else {
        return html! { td.origin.unexplained { @if is_first { "vendor's own" } } };
    };
    let class = format!("origin confidence-edge-{}", confidence_class(origin.confidence));
    html! {
        td class=(class) {
            @if is_first {
                @let title = format!("{} ({})", commit.subject, probability(origin.confidence));
                @match scene.page(&commit.page) {
                    Some(page) => { a href=(page) title=(title) { (short_id(&commit.commit)) } },
                    None => { span title=(title) { (short_id(&commit.commit)) } },
                }
            }
        }
    }
}

//! A release: its overview, folders, commits, what is the vendor's own, and what the changelog says.

use maud::{Markup, html};

use super::parts::{
    commit_id, copy_button, counted, counted_as, named_commit, number, page_link, page_links, probability,
    share, status_badge,
};
use super::releases::release_facts;
use super::{Page, Scene};
use crate::place::{Form, Part, Place, ReleaseName};
use crate::view::release::{
    ChangelogView, CommitCounts, CommitsView, Crumb, FolderEntry, FolderView, OwnView, ReleaseView,
};
use crate::view::releases::ReleaseRow;

/// Commits or entries of a disagreement that a page shows.
const SHOWN: usize = 500;

/// The place of another page of a release.
pub fn part(release: &ReleaseRow, part: Part) -> Place {
    Place::Release(ReleaseName { vendor: release.vendor.clone(), name: release.name.clone() }, part)
}

/// The links between the pages of a release.
pub fn release_links(scene: Scene<'_>, release: &ReleaseRow) -> Markup {
    let entry = |name: &str, other: Part| {
        let place = part(release, other);
        let is_here = *scene.place == place;
        let link = scene.page(&place.path(Form::Html));
        html! { @if let Some(link) = link { a href=(link) aria-current=[is_here.then_some("page")] { (name) } } }
    };
    let is_audited = scene.setting.audited.contains(&format!("{}/{}", release.vendor, release.name));
    html! {
        nav.page-links aria-label="Pages of this release" {
            (entry("Overview", Part::Overview))
            (entry("Commits", Part::Commits(1)))
            (entry("Vendor's own", Part::Own(1)))
            @if release.place > 1 { (entry("Changes", Part::Changes(1))) }
            (entry("Changelog", Part::Changelog))
            @if is_audited { (entry("Missing", Part::Missing(1))) }
        }
    }
}

/// The way from the top of a release to a folder or file.
pub fn crumb_links(scene: Scene<'_>, crumbs: &[Crumb], last: Option<&str>) -> Markup {
    html! {
        nav.crumbs aria-label="Folders" {
            ol {
                @for (at, crumb) in crumbs.iter().enumerate() {
                    @let is_last = last.is_none() && at + 1 == crumbs.len();
                    li { a href=(scene.to(&crumb.page)) aria-current=[is_last.then_some("page")] { (crumb.name) } }
                }
                @if let Some(last) = last { li { span aria-current="page" { (last) } } }
            }
        }
    }
}

fn entry_table(scene: Scene<'_>, entries: &[FolderEntry]) -> Markup {
    html! {
        div.wide tabindex="0" role="group" aria-label="Folders and files" {
            table {
                thead {
                    tr {
                        th scope="col" { "Name" } th scope="col" class="number" { "Files" }
                        th scope="col" class="number" { "Changed lines" } th scope="col" { "Explained" }
                    }
                }
                tbody {
                    @for entry in entries {
                        tr {
                            th scope="row" {
                                a href=(scene.to(&entry.page)) { (entry.name) @if entry.is_folder { "/" } }
                                @if let Some(note) = &entry.note { " " span.hint { (note) } }
                            }
                            td.number { @if entry.is_folder { (number(entry.files as u64)) } }
                            td.number { (number(entry.lines)) }
                            td.nowrap { (share(entry.explained, entry.lines)) }
                        }
                    }
                }
            }
        }
    }
}

/// Commits by status, and those that the release before lacks, if this is not the first.
fn counts_list(counts: &CommitCounts, is_first: bool) -> Markup {
    html! {
        ul.legend {
            li { strong { (number(counts.all as u64)) } " commits" }
            li { (status_badge("complete")) " " (number(counts.complete as u64)) }
            li { (status_badge("partial")) " " (number(counts.partial as u64)) }
            li { (status_badge("implied")) " " (number(counts.implied as u64)) }
            @if !is_first { li { strong { (number(counts.new as u64)) } " new since the release before" } }
        }
    }
}

impl Page for ReleaseView {
    fn title(&self) -> String {
        self.release.name.clone()
    }

    fn summary(&self) -> String {
        let ReleaseRow { name, base, lines, explained, .. } = &self.release;
        format!(
            "{name}: {} of {} changed lines since {base} come from {} known upstream commits",
            super::parts::percent(*explained, *lines),
            number(*lines),
            number(self.commits.all as u64)
        )
    }

    fn body(&self, scene: Scene<'_>) -> Markup {
        let release = &self.release;
        html! {
            h1 { (release.name) }
            (release_links(scene, release))
            (release_facts(release))
            (counts_list(&self.commits, self.before.is_none()))
            p {
                (counted(self.files as u64, "file")) " differ from " (release.base) ", " (number(self.new_files as u64)) " of them are new."
                @if let Some(before) = &self.before {
                    " Before: " (page_link(scene, &before.page, html! { (before.name) })) "."
                }
                @if let Some(after) = &self.after { " After: " (page_link(scene, &after.page, html! { (after.name) })) "." }
            }
            @if self.has_audit { p { a href=(scene.link(&part(release, Part::Missing(1)))) { "Missing fixes and known vulnerabilities" } } }
            section aria-labelledby="folders" {
                h2 id="folders" { "Folders" }
                (entry_table(scene, &self.entries))
            }
            section aria-labelledby="about" {
                h2 id="about" { "How it was read" }
                dl.facts {
                    dt { "read from" } dd { (self.source) }
                    dt { "checksum" } dd { code { (self.checksum) } " " (copy_button(&self.checksum, "checksum")) }
                    dt { "base" } dd { (release.base) " (" code { (self.base_revision) } ")" }
                }
            }
        }
    }
}

impl Page for FolderView {
    fn title(&self) -> String {
        format!("{} in {}", self.path, self.release.name)
    }

    fn summary(&self) -> String {
        format!(
            "{} of {} changed lines of {} have a known upstream origin",
            super::parts::percent(self.total.explained, self.total.lines),
            number(self.total.lines),
            self.path
        )
    }

    fn next_page(&self) -> Option<usize> {
        self.paging.next()
    }

    fn body(&self, scene: Scene<'_>) -> Markup {
        html! {
            h1 { (self.path) "/" }
            (release_links(scene, &self.release))
            (crumb_links(scene, &self.crumbs, None))
            p {
                (counted(self.total.files as u64, "file")) ", " (counted(self.total.lines, "changed line")) ", explained "
                (share(self.total.explained, self.total.lines))
            }
            (entry_table(scene, &self.entries))
            (page_links(self.paging.page, self.paging.pages, |page| scene.to(&self.other_page(page))))
        }
    }
}

impl Page for CommitsView {
    fn title(&self) -> String {
        format!("Commits of {}", self.release.name)
    }

    fn summary(&self) -> String {
        format!(
            "The {} upstream commits that {} has beyond {}",
            number(self.counts.all as u64),
            self.release.name,
            self.release.base
        )
    }

    fn next_page(&self) -> Option<usize> {
        self.paging.next()
    }

    fn body(&self, scene: Scene<'_>) -> Markup {
        html! {
            h1 { "Commits of " (self.release.name) }
            (release_links(scene, &self.release))
            (counts_list(&self.counts, self.release.place <= 1))
            div.wide tabindex="0" role="group" aria-label="Commits" {
                table {
                    thead {
                        tr {
                            th scope="col" { "Commit" } th scope="col" { "Subject" } th scope="col" { "How much" }
                            th scope="col" { "Sure" } th scope="col" class="number" { "Lines" } th scope="col" { "Upstream since" }
                        }
                    }
                    tbody {
                        @for row in &self.commits {
                            tr {
                                td { (commit_id(scene, &row.commit)) }
                                th scope="row" {
                                    (row.commit.subject)
                                    @if row.is_new { " " strong { "new" } }
                                    @if row.purpose != "change" { " " span.hint { (row.purpose) } }
                                    @if let Some(subsystem) = &row.subsystem { div.hint { (subsystem) } }
                                }
                                td.nowrap { (status_badge(&row.status)) @if row.missing > 0 { div.hint { (counted(row.missing.into(), "hunk")) " missing" } } }
                                td.nowrap { (probability(row.confidence)) }
                                td.number { (number(row.lines)) }
                                td.nowrap { (row.commit.first_release.as_deref().unwrap_or("–")) }
                            }
                        }
                    }
                }
            }
            (page_links(self.paging.page, self.paging.pages, |page| scene.link(&part(&self.release, Part::Commits(page)))))
        }
    }
}

impl Page for OwnView {
    fn title(&self) -> String {
        format!("The vendor's own in {}", self.release.name)
    }

    fn summary(&self) -> String {
        format!(
            "The {} of {} with lines of no known upstream origin",
            counted(self.paging.items as u64, "file"),
            self.release.name
        )
    }

    fn next_page(&self) -> Option<usize> {
        self.paging.next()
    }

    fn body(&self, scene: Scene<'_>) -> Markup {
        html! {
            h1 { "The vendor's own" }
            (release_links(scene, &self.release))
            p { "Files with lines of no known upstream origin: the vendor's own, or from commits that are not indexed. Those with most such lines come first." }
            div.wide tabindex="0" role="group" aria-label="Files" {
                table {
                    thead { tr { th scope="col" { "File" } th scope="col" class="number" { "Unexplained lines" } th scope="col" { "Explained" } } }
                    tbody {
                        @for file in &self.files {
                            tr {
                                th scope="row" {
                                    a href=(scene.to(&file.page)) { (file.name) }
                                    @if let Some(note) = &file.note { " " span.hint { (note) } }
                                }
                                td.number { (number(file.lines - file.explained)) }
                                td.nowrap { (share(file.explained, file.lines)) }
                            }
                        }
                    }
                }
            }
            (page_links(self.paging.page, self.paging.pages, |page| scene.link(&part(&self.release, Part::Own(page)))))
        }
    }
}

impl Page for ChangelogView {
    fn title(&self) -> String {
        format!("Changelog of {}", self.release.name)
    }

    fn summary(&self) -> String {
        format!(
            "{} of {} changelog entries of {} have a commit",
            number(self.matched),
            number(self.entries),
            self.release.name
        )
    }

    fn body(&self, scene: Scene<'_>) -> Markup {
        let rest = |all: usize, one: &str, many: &str| {
            html! { @if all > SHOWN { p.hint { (counted_as((all - SHOWN) as u64, one, many)) " in the JSON twin of this page." } } }
        };
        html! {
            h1 { "What the changelog says, and what the code has" }
            (release_links(scene, &self.release))
            p { (number(self.matched)) " of " (number(self.entries)) " entries have a commit." }
            section aria-labelledby="said" {
                h2 id="said" { "In the changelog and not in the code" }
                @if self.only_said.is_empty() { p { "Nothing." } }
                ul.plain { @for text in self.only_said.iter().take(SHOWN) { li { (text) } } }
                (rest(self.only_said.len(), "more entry", "more entries"))
            }
            section aria-labelledby="done" {
                h2 id="done" { "In the code and not in the changelog" }
                @if self.only_done.is_empty() { p { "Nothing." } }
                ul.plain { @for commit in self.only_done.iter().take(SHOWN) { li { (named_commit(scene, commit)) } } }
                (rest(self.only_done.len(), "more commit", "more commits"))
            }
        }
    }
}

//! A commit.

use maud::{Markup, html};

use super::diff::hunk;
use super::parts::{copy_button, counted, named_commit, short_id};
use super::releases::{commit_places, commit_releases};
use super::{Page, Scene};
use crate::place::{Form, Place};
use crate::view::commit::CommitView;

impl Page for CommitView {
    fn title(&self) -> String {
        format!("{} {}", short_id(&self.commit), self.subject)
    }

    fn summary(&self) -> String {
        let release = match &self.first_release {
            Some(release) => format!("upstream since {release}"),
            None => "in no upstream release".to_owned(),
        };
        let vendor = self.releases.as_ref().and_then(|known| known.stretches.first());
        let vendor = vendor.map(|stretch| format!("; in {}", stretch.words())).unwrap_or_default();
        format!("{}: {release}{vendor}", self.subject)
    }

    fn has_mailbox(&self) -> bool {
        self.has_patch
    }

    fn body(&self, scene: Scene<'_>) -> Markup {
        html! {
            h1 { (self.subject) }
            p.commit-line {
                code.whole-id { (self.commit) } " "
                (copy_button(&self.commit, "id"))
                (copy_button(&format!("git cherry-pick -x {}", self.commit), "git cherry-pick"))
                @if let Some(upstream) = &self.upstream { " " a rel="noreferrer" href=(upstream) { "Upstream" } }
                @if self.has_patch {
                    " " a href=(scene.to(&Place::commit(&self.commit).path(Form::Mbox))) download { "Patch (mbox)" }
                }
            }
            @for warning in &self.warnings { p.message { (warning) } }
            (facts(self))
            @if let Some(known) = &self.releases {
                section aria-labelledby="releases" {
                    h2 id="releases" { "Vendor releases that have it" }
                    (commit_releases(scene, known))
                }
            } @else if scene.setting.has_catalogue {
                p.hint { "No vendor release of the catalogue has it beyond its base." }
            }
            @if !self.relations.is_empty() {
                section aria-labelledby="others" {
                    h2 id="others" { "Other commits" }
                    dl.facts {
                        @for relation in &self.relations {
                            dt { (relation.relation) }
                            dd { @for commit in &relation.commits { div { (named_commit(scene, commit)) } } }
                        }
                    }
                }
            }
            @if let Some(message) = &self.message {
                section aria-labelledby="message" { h2 id="message" { "Message" } pre.message-text tabindex="0" { (message) } }
            }
            @if let Some(known) = self.releases.as_ref().filter(|known| !known.places.is_empty()) {
                section aria-labelledby="places" {
                    h2 id="places" { "Its lines in " (known.placed_in.as_deref().unwrap_or("the release")) }
                    (commit_places(scene, known))
                }
            }
            @if !self.hunks.is_empty() {
                section aria-labelledby="hunks" {
                    h2 id="hunks" { "Upstream's hunks" }
                    @for hunks in self.hunks.chunk_by(|a, b| a.file == b.file) {
                        h3 { code { (hunks[0].file) } }
                        @for one in hunks { (hunk(one)) }
                    }
                    @let rest = u64::from(self.hunk_count).saturating_sub(self.hunks.len() as u64);
                    @if rest > 0 { p.hint { (counted(rest, "more hunk")) " in the patch." } }
                }
            }
        }
    }
}

fn facts(commit: &CommitView) -> Markup {
    html! {
        dl.facts {
            dt { "author" } dd { (commit.author) }
            dt { "written" } dd { (commit.author_date) }
            @if let Some(date) = &commit.commit_date { dt { "committed" } dd { (date) } }
            dt { "upstream since" }
            dd { (commit.first_release.as_deref().unwrap_or("no release that is indexed")) }
            @if let Some(subsystem) = &commit.subsystem { dt { "subsystem" } dd { (subsystem) } }
            @if let Some(known) = &commit.releases {
                dt { "purpose" } dd { (known.purpose) }
                @if !known.links.is_empty() {
                    dt { "links" }
                    dd { @for link in &known.links { div { (link) } } }
                }
            }
        }
    }
}

//! The vendor's form of a commit, beside upstream's.

use maud::{Markup, html};

use super::diff::{hunk, side_by_side};
use super::parts::{copy_button, counted, named_commit, short_id};
use super::{Page, Scene};
use crate::place::Form;
use crate::view::vendor_commit::VendorCommitView;

impl Page for VendorCommitView {
    fn title(&self) -> String {
        format!("{} in {}", self.commit.subject, self.release.name)
    }

    fn summary(&self) -> String {
        format!(
            "How {} has upstream commit {}: {}",
            self.release.name,
            short_id(&self.commit.commit),
            self.commit.subject
        )
    }

    fn has_mailbox(&self) -> bool {
        true
    }

    fn body(&self, scene: Scene<'_>) -> Markup {
        html! {
            h1 { (self.commit.subject) }
            p {
                "The form that " a href=(scene.to(&self.release.page)) { (self.release.name) } " has of " (named_commit(scene, &self.commit))
                ". It applies to " (self.applies_to) "."
            }
            p {
                a href=(scene.to(&scene.place.path(Form::Mbox))) download { "Patch (mbox)" } " "
                (copy_button(&self.patch, "patch"))
            }
            @for difference in &self.differences { p.message { (difference) } }
            @if !self.needs.is_empty() {
                section aria-labelledby="needs" {
                    h2 id="needs" { "Needs first" }
                    ul.plain { @for need in &self.needs { li { (named_commit(scene, &need.commit)) " " span.hint { (need.why) } } } }
                }
            }
            section aria-labelledby="files" {
                h2 id="files" { "Files" }
                ul.plain {
                    @for file in &self.files {
                        li {
                            code { (file.file) } " " span.hint { "+" (file.added) " −" (file.removed) }
                            @for function in &file.functions { " " code { (function) "()" } }
                            @if !file.live_patch.is_empty() { div.hint { "Hard to patch live: " (file.live_patch.join(", ")) } }
                        }
                    }
                }
            }
            section aria-labelledby="hunks" {
                h2 id="hunks" { "The vendor's hunks and upstream's" }
                @for pair in &self.hunks {
                    h3 { code { (pair.vendor.file) } " " span.hint { (pair.vendor.header) } }
                    @match &pair.upstream {
                        Some(upstream) => { (side_by_side([&self.release.name, &format!("Upstream: {}", upstream.file)], &pair.rows, pair.vendor.left_out.max(upstream.left_out))) },
                        None => { (hunk(&pair.vendor)) },
                    }
                }
                @if self.hunk_count > self.hunks.len() {
                    p.hint { (counted((self.hunk_count - self.hunks.len()) as u64, "more hunk")) " in the patch." }
                }
            }
        }
    }
}

//! Where one begins.

use maud::{Markup, html};

use super::parts::{counted, number};
use super::releases::release_table;
use super::{Page, Scene};
use crate::place::Place;
use crate::view::start::StartView;

impl Page for StartView {
    fn title(&self) -> String {
        "hunktrace: which upstream commit did this code change come from?".to_owned()
    }

    fn summary(&self) -> String {
        "Paste a hunk, and see which upstream commit it came from; or read what vendor releases consist of."
            .to_owned()
    }

    fn body(&self, scene: Scene<'_>) -> Markup {
        html! {
            h1 { "Which upstream commit did this code change come from?" }
            @if scene.setting.is_live { (box_(scene)) }
            @if let Some(index) = &self.index {
                p.hint {
                    "Indexed: " (number(index.commits)) " commits, " (number(index.hunks)) " hunks"
                    @if let Some(release) = &index.newest_release { ", up to " (release) }
                    "."
                }
            }
            @if !self.newest.is_empty() {
                section aria-labelledby="newest" {
                    h2 id="newest" { "Vendor releases" }
                    (release_table(scene, &self.newest))
                    p { a href=(scene.link(&Place::Releases)) { "All " (counted(self.release_count as u64, "release")) } }
                }
            }
        }
    }
}

/// The box that takes anything.
fn box_(scene: Scene<'_>) -> Markup {
    let (has_index, has_catalogue) = (scene.setting.has_index, scene.setting.has_catalogue);
    html! {
        form.ask action=(scene.to("ask")) method="post" {
            label for="text" {
                @if has_index { "A hunk, patch, mail or code" } @else { "A path or function" }
                ", or a commit id"
                @if has_catalogue { ", path, function, CVE id, words or call trace" }
            }
            textarea id="text" name="text" rows="12" spellcheck="false" autocomplete="off" required
                placeholder="@@ -34,14 +34,17 @@\n \tstruct relay_port *port;\n \n+\tspin_lock_bh(&relay->lock);" {}
            div.actions { button { "Look up" } }
        }
    }
}

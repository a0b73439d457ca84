//! The fixes that a release lacks, and the state of its known vulnerabilities.

use maud::{Markup, html};

use super::parts::{counted_as, named_commit, page_links};
use super::release::{part, release_links};
use super::{Page, Scene};
use crate::place::Part;
use crate::view::missing::MissingView;

impl Page for MissingView {
    fn title(&self) -> String {
        format!("What {} lacks", self.release.name)
    }

    fn summary(&self) -> String {
        let known =
            counted_as(self.vulnerability_count as u64, "known vulnerability", "known vulnerabilities");
        let fixes = counted_as(self.fix_count as u64, "fix", "fixes");
        format!("{fixes} that {} lacks, and {known}", self.release.name)
    }

    fn has_feed(&self) -> bool {
        true
    }

    fn next_page(&self) -> Option<usize> {
        self.paging.next()
    }

    fn body(&self, scene: Scene<'_>) -> Markup {
        html! {
            h1 { "What " (self.release.name) " lacks" }
            (release_links(scene, &self.release))
            p { (self.summary()) "." }
            @if !self.fixes.is_empty() {
                section aria-labelledby="fixes" {
                    h2 id="fixes" { "Missing fixes" }
                    ul.candidates {
                        @for fix in &self.fixes {
                            li {
                                p { strong { (fix.state) } " " (named_commit(scene, &fix.commit)) @if fix.applies { " " span.hint { "applies as it is" } } }
                                @if let Some(subsystem) = &fix.subsystem { p.hint { (subsystem) } }
                                @for mended in &fix.mends { p.hint { "Mends " (named_commit(scene, mended)) } }
                                @if !fix.cves.is_empty() { p { (fix.cves.join(", ")) } }
                                @if let Some(reason) = &fix.waived { p.hint { "Not wanted: " (reason) } }
                            }
                        }
                    }
                }
            }
            @if !self.vulnerabilities.is_empty() {
                section aria-labelledby="known" {
                    h2 id="known" { "Known vulnerabilities" }
                    div.wide tabindex="0" role="group" aria-label="Known vulnerabilities" {
                        table {
                            thead { tr { th scope="col" { "Name" } th scope="col" { "State" } th scope="col" { "Why" } th scope="col" { "Fixes" } } }
                            tbody {
                                @for known in &self.vulnerabilities {
                                    tr {
                                        th scope="row" { (known.cve) }
                                        td.nowrap { (known.state) }
                                        td { (known.reason) @if let Some(reason) = &known.waived { div.hint { "Not wanted: " (reason) } } }
                                        td { @for fix in &known.fixes { div { (named_commit(scene, fix)) } } }
                                    }
                                }
                            }
                        }
                    }
                }
            }
            (page_links(self.paging.page, self.paging.pages, |page| scene.link(&part(&self.release, Part::Missing(page)))))
        }
    }
}

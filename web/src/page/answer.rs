//! What was found for a text.

use maud::{Markup, html};

use super::diff::{hunk, side_by_side};
use super::parts::{confidence_class, copy_button, counted, counted_as, named_commit, probability, short_id};
use super::{Page, Scene};
use crate::view::answer::{AnswerView, CandidateView, HunkAnswerView, PatchView, SHOWN_HUNKS, SHOWN_PATCHES};

impl Page for AnswerView {
    fn title(&self) -> String {
        match self.best() {
            Some(best) => format!("{} {}", short_id(&best.commit.commit), best.commit.subject),
            None => "No origin found".to_owned(),
        }
    }

    fn summary(&self) -> String {
        match self.best() {
            Some(best) => format!(
                "This code comes from {} \"{}\" with a probability of {}",
                short_id(&best.commit.commit),
                best.commit.subject,
                probability(best.confidence)
            ),
            None => "No upstream commit was found for this code".to_owned(),
        }
    }

    fn query(&self) -> Option<&str> {
        self.page.split_once('?').map(|(_, query)| query)
    }

    fn body(&self, scene: Scene<'_>) -> Markup {
        let mut hunks_left = SHOWN_HUNKS;
        let patches = self.patches.iter().take(SHOWN_PATCHES).map(|patch| {
            let shown = &patch.hunks[..patch.hunks.len().min(hunks_left)];
            hunks_left -= shown.len();
            (patch, shown)
        });
        html! {
            h1 { "Origin" @if self.patches.len() > 1 { "s of " (counted_as(self.patches.len() as u64, "patch", "patches")) } }
            p {
                a href=(scene.to(&self.page)) { "Link to this answer" } " "
                (copy_button("", "link"))
                @if !self.is_lasting {
                    " " span.hint { "The text is too long to stand in a link. The server keeps it for a while; to send the question for good, send the patch." }
                }
            }
            @for problem in &self.problems { p.message { (problem) } }
            @for (at, (patch, hunks)) in patches.enumerate() { (patch_section(scene, at, patch, hunks)) }
            @if self.patches.len() > SHOWN_PATCHES {
                p.hint { (counted_as((self.patches.len() - SHOWN_PATCHES) as u64, "more patch", "more patches")) " in the JSON twin of this page." }
            }
            @if self.patches.is_empty() { p { "The text has no code that could be looked up." } }
            details {
                summary { "The text that was asked" }
                pre.asked tabindex="0" { (beginning(&self.text)) }
                @if self.text.len() > ASKED_BYTES { p.hint { "… and more; the JSON twin has all of it." } }
            }
        }
    }
}

/// As much of the question as is repeated.
fn beginning(text: &str) -> &str {
    let end = (0..=ASKED_BYTES.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    &text[..end.unwrap_or_default()]
}

/// How much of the question is repeated.
const ASKED_BYTES: usize = 20_000;

fn patch_section(scene: Scene<'_>, at: usize, patch: &PatchView, hunks: &[HunkAnswerView]) -> Markup {
    let id = format!("patch-{at}");
    let is_alone = patch.hunks.len() == 1;
    html! {
        div.part {
            h2 id=(id) { (patch.subject.as_deref().unwrap_or("The whole text")) }
            @for claim in &patch.claims { p.hint { (claim) } }
            @for note in &patch.notes { p.message { (note) } }
            @if patch.candidates.is_empty() { p { "No commit was found." } }
            ol.candidates { @for candidate in &patch.candidates { li { (candidate_item(scene, candidate)) } } }
            @for hunk in hunks { (hunk_section(scene, hunk, is_alone)) }
            @if hunks.len() < patch.hunks.len() {
                p.hint { (counted((patch.hunks.len() - hunks.len()) as u64, "more hunk")) " in the JSON twin of this page." }
            }
        }
    }
}

fn candidate_item(scene: Scene<'_>, candidate: &CandidateView) -> Markup {
    html! {
        p {
            span class=(format!("swatch confidence-{}", confidence_class(candidate.confidence))) {}
            strong { (probability(candidate.confidence)) } " " span.hint { (candidate.match_kind) } " "
            (named_commit(scene, &candidate.commit))
        }
        @if let Some(subsystem) = &candidate.subsystem { p.hint { (subsystem) } }
        @if !candidate.reasons.is_empty() { p.hint { (candidate.reasons.join("; ")) } }
        @if !candidate.carriers.is_empty() { p.hint { "Carried by " (counted(candidate.carriers.len() as u64, "commit")) "." } }
        @for undoing in &candidate.reverted_by { p.message { "Undone by " (named_commit(scene, undoing)) } }
        @for mending in &candidate.fixed_by { p.hint { "Mended by " (named_commit(scene, mending)) } }
        @for release in &candidate.releases { p { (release) } }
        p {
            (copy_button(&candidate.commit.commit, "id"))
            (copy_button(&format!("git cherry-pick -x {}", candidate.commit.commit), "git cherry-pick"))
        }
    }
}

fn hunk_section(scene: Scene<'_>, answer: &HunkAnswerView, is_alone: bool) -> Markup {
    let best = answer.candidates.first();
    html! {
        h3 { code { (answer.hunk.file) } " " span.hint { (answer.hunk.header) } }
        @if !is_alone {
            @if let Some(best) = best {
                p { (probability(best.confidence)) " " span.hint { (best.match_kind) } " " (named_commit(scene, &best.commit)) }
            }
        }
        @match (&answer.upstream, best) {
            (Some(upstream), Some(best)) => {
                (side_by_side(["Asked", &format!("Upstream: {} {}", short_id(&best.commit.commit), upstream.file)], &answer.rows, answer.hunk.left_out.max(upstream.left_out)))
            },
            _ => { (hunk(&answer.hunk)) },
        }
    }
}

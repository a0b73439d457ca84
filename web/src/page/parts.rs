//! What many pages are put together from.

use maud::{Markup, html};

use super::Scene;
use crate::view::named::NamedCommit;

/// Digits of a commit's id that are shown.
const ID_DIGITS: usize = 12;

/// A text that leads to a page, where there is such a page.
pub fn page_link(scene: Scene<'_>, page: &str, text: Markup) -> Markup {
    html! { @if let Some(page) = scene.page(page) { a href=(page) { (text) } } @else { (text) } }
}

/// The leading digits of an id.
pub fn short_id(commit: &str) -> &str {
    commit.get(..ID_DIGITS).unwrap_or(commit)
}

/// A commit's id as a link to its page.
pub fn commit_id(scene: Scene<'_>, commit: &NamedCommit) -> Markup {
    let id = html! { code { (short_id(&commit.commit)) } };
    let upstream = || scene.setting.upstream.address(&commit.commit);
    html! {
        @if let Some(page) = scene.page(&commit.page) { a.id href=(page) { (id) } }
        @else if let Some(address) = upstream() { a.id rel="noreferrer" href=(address) { (id) } }
        @else { (id) }
    }
}

/// A commit's id and subject.
pub fn named_commit(scene: Scene<'_>, commit: &NamedCommit) -> Markup {
    html! {
        (commit_id(scene, commit)) " " span.subject { (commit.subject) }
        @if let Some(release) = &commit.first_release { " " span.hint { "(" (release) ")" } }
    }
}

/// A whole number as people read it: 1,234.
pub fn number(value: u64) -> String {
    let digits = value.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A number and what it counts: `1 commit`, `2 commits`.
pub fn counted(count: u64, noun: &str) -> String {
    counted_as(count, noun, &format!("{noun}s"))
}

/// The same for a noun whose plural has another form.
pub fn counted_as(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", number(count), if count == 1 { one } else { many })
}

/// A share in percent, to one decimal; only all is 100 % and only nothing is 0 %.
pub fn percent(part: u64, all: u64) -> String {
    if all == 0 {
        return "–".to_owned();
    }
    let tenths = (part as f64 / all as f64 * 1000.0).round() as u64;
    let tenths = if part < all { tenths.min(999) } else { 1000 };
    if part > 0 && tenths == 0 {
        return "< 0.1 %".to_owned();
    }
    format!("{}.{} %", tenths / 10, tenths % 10)
}

/// A probability in percent.
pub fn probability(confidence: f64) -> String {
    let percent = (confidence * 100.0).round();
    if percent >= 100.0 && confidence < 1.0 { "> 99 %".to_owned() } else { format!("{percent} %") }
}

/// The class of colours of a share: 0 for the largest.
pub fn share_class(part: u64, all: u64) -> usize {
    let share = if all == 0 { 1.0 } else { part as f64 / all as f64 };
    [0.9, 0.75, 0.5, 0.25].iter().position(|from| share >= *from).unwrap_or(4)
}

/// The class of colours of a probability: 0 for the surest.
pub fn confidence_class(confidence: f64) -> usize {
    [0.9, 0.7, 0.5].iter().position(|from| confidence >= *from).unwrap_or(3)
}

/// A share as a bar and in percent.
pub fn share(part: u64, all: u64) -> Markup {
    let twentieths = (part * 20).checked_div(all).unwrap_or_default();
    html! {
        span.bar aria-hidden="true" { span class=(format!("share-{} width-{twentieths}", share_class(part, all))) {} }
        " " span.percent { (percent(part, all)) }
    }
}

/// A button that copies a text; it is there where scripts are.
pub fn copy_button(text: &str, what: &str) -> Markup {
    html! { button.copy type="button" data-copy=(text) hidden { "Copy " (what) } }
}

/// A status as a badge.
pub fn status_badge(status: &str) -> Markup {
    let class = match status {
        "complete" => 0,
        "partial" => 1,
        _ => 2,
    };
    html! { span class=(format!("badge status-{class}")) { (status) } }
}

/// The way to other pages of the same list.
pub fn page_links(page: usize, pages: usize, link: impl Fn(usize) -> String) -> Markup {
    if pages <= 1 {
        return html! {};
    }
    links_among("Pages of this list", page, &(1..=pages).collect::<Vec<_>>(), link)
}

/// The way to other pages of a list of which not every number has a page.
pub fn links_among(name: &str, page: usize, pages: &[usize], link: impl Fn(usize) -> String) -> Markup {
    let here = pages.iter().position(|other| *other == page).unwrap_or_default();
    let near = |at: &usize| at.abs_diff(here) <= 2 || *at == 0 || at + 1 == pages.len();
    let shown: Vec<usize> = (0..pages.len()).filter(near).collect();
    let is_gap = |at: usize| at > 0 && shown[at] > shown[at - 1] + 1;
    html! {
        @if pages.len() > 1 {
            nav.page-links aria-label=(name) {
                @if here > 0 { a rel="prev" href=(link(pages[here - 1])) { "Previous" } }
                @for (at, place) in shown.iter().enumerate() {
                    @if is_gap(at) { span aria-hidden="true" { "…" } }
                    a href=(link(pages[*place])) aria-current=[(*place == here).then_some("page")] { (pages[*place]) }
                }
                @if here + 1 < pages.len() { a rel="next" href=(link(pages[here + 1])) { "Next" } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_all_is_everything() {
        assert_eq!(percent(999_999, 1_000_000), "99.9 %");
        assert_eq!(percent(1, 1), "100.0 %");
        assert_eq!(percent(1, 1_000_000), "< 0.1 %");
        assert_eq!(percent(0, 0), "–");
        assert_eq!(probability(0.9999), "> 99 %");
    }

    #[test]
    fn numbers_are_grouped() {
        assert_eq!([number(7), number(1_234), number(1_234_567)], ["7", "1,234", "1,234,567"]);
        assert_eq!(counted(1, "line"), "1 line");
    }

    #[test]
    fn links_of_long_lists_are_few() {
        let links = page_links(50, 100, |page| format!("p{page}")).into_string();
        assert_eq!(links.matches("<a ").count(), 9);
        assert!(page_links(1, 1, |_| String::new()).into_string().is_empty());
    }
}

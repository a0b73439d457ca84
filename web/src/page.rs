//! Pages as HTML. Every text is escaped by the template language; nothing but templates writes HTML.

pub mod answer;
pub mod changes;
pub mod commit;
pub mod diff;
pub mod failure;
pub mod file;
pub mod history;
pub mod missing;
pub mod parts;
pub mod release;
pub mod releases;
pub mod search;
pub mod start;
pub mod vendor_commit;

use std::collections::HashSet;

use maud::{DOCTYPE, Markup, html};
use serde::Serialize;

use crate::place::{Form, Place};

/// What pages look like: what the report of a release looks like, and what these pages have beyond it.
pub const STYLE: &str = concat!(include_str!("../assets/pages.css"));

/// What makes pages handier where scripts are allowed: buttons that copy, and keys.
pub const SCRIPT: &str = include_str!("../assets/pages.js");

/// The style sheet: the look that all of hunktrace's pages share, then what these pages add.
pub fn style_sheet() -> String {
    format!("{}\n{STYLE}", hunktrace_release::report::BASE_STYLE)
}

/// What a page may load and do: styles and scripts from its own host, forms to it, and nothing else.
pub const CONTENT_POLICY: &str =
    "default-src 'none'; style-src 'self'; script-src 'self'; form-action 'self'; base-uri 'none'";

/// Where pages are shown, and what there is to link to.
#[derive(Clone, Debug, Default)]
pub struct Setting {
    /// Whether a server answers, so that there is something to ask.
    pub is_live: bool,
    /// Whether an index is asked.
    pub has_index: bool,
    /// Whether a catalogue is asked.
    pub has_catalogue: bool,
    /// Where upstream shows a commit.
    pub upstream: Upstream,
    /// Whether pages have JSON twins.
    pub has_json: bool,
    /// Lines around changed ones that a file's page shows; none where it shows the whole file.
    pub context: Option<u32>,
    /// Releases with an audit, as `VENDOR/NAME`.
    pub audited: HashSet<String>,
    /// The pages that there are, as paths from the top; none where there are all.
    pub pages: Option<HashSet<String>>,
}

/// Where upstream shows a commit; nowhere by default.
#[derive(Clone, Debug, Default)]
pub struct Upstream(Option<String>);

impl Upstream {
    /// What stands in a template for the id.
    const PLACEHOLDER: &str = "{commit}";

    /// Addresses by a template, in which `{commit}` stands for the id. What is no address of the web leads nowhere.
    pub fn new(template: &str) -> Upstream {
        let is_address = template.starts_with("https://") || template.starts_with("http://");
        Upstream(is_address.then(|| template.to_owned()))
    }

    /// The address of a commit.
    pub fn address(&self, commit: &str) -> Option<String> {
        let is_id = !commit.is_empty() && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
        self.0.as_ref().filter(|_| is_id).map(|template| template.replace(Upstream::PLACEHOLDER, commit))
    }
}

/// A page that is being written: where it is, and in what setting.
#[derive(Clone, Copy, Debug)]
pub struct Scene<'a> {
    /// The setting.
    pub setting: &'a Setting,
    /// The page's place.
    pub place: &'a Place,
    /// How many folders its address is below the top.
    pub depth: usize,
}

impl Scene<'_> {
    /// The link from this page to a path from the top.
    pub fn to(&self, path: &str) -> String {
        let up = "../".repeat(self.depth);
        // A path like `a:b` would be taken for an address, and an empty link leads to the page itself.
        if up.is_empty() { format!("./{path}") } else { format!("{up}{path}") }
    }

    /// The link from this page to another one by its path from the top; none where there is no such page.
    pub fn page(&self, path: &str) -> Option<String> {
        let (page, _) = path.split_once('#').unwrap_or((path, ""));
        let is_there = self.setting.pages.as_ref().is_none_or(|pages| pages.contains(page));
        is_there.then(|| self.to(path))
    }

    /// The link from this page to another one.
    pub fn link(&self, place: &Place) -> String {
        self.to(&place.path(Form::Html))
    }
}

/// A model that can be written as a page.
pub trait Page: Serialize {
    /// Its title.
    fn title(&self) -> String;
    /// What it says, in a sentence, for previews of links to it.
    fn summary(&self) -> String;
    /// What stands on it.
    fn body(&self, scene: Scene<'_>) -> Markup;
    /// Whether it has a twin that is a feed.
    fn has_feed(&self) -> bool {
        false
    }
    /// The query that belongs to its address, without the `?`.
    fn query(&self) -> Option<&str> {
        None
    }
    /// The number of the next page of the same list.
    fn next_page(&self) -> Option<usize> {
        None
    }
    /// Whether it has a twin that is a mailbox.
    fn has_mailbox(&self) -> bool {
        false
    }
}

/// A page as HTML.
pub fn html_page(page: &dyn ErasedPage, place: &Place, setting: &Setting) -> String {
    html_page_at(page, place, place.depth(), setting)
}

/// The same for an address that is so many folders below the top, whatever place it is.
pub fn html_page_at(page: &dyn ErasedPage, place: &Place, depth: usize, setting: &Setting) -> String {
    let scene = Scene { setting, place, depth };
    let (title, summary) = (page.title(), page.summary());
    let full_title = if *place == Place::Start { title.clone() } else { format!("{title} – hunktrace") };
    let query = page.query().map(|query| format!("?{query}")).unwrap_or_default();
    let has_twins = *place != Place::Nowhere;
    let own = |form| format!("{}{query}", scene.to(&place.path(form)));
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="Content-Security-Policy" content=(CONTENT_POLICY);
                meta name="referrer" content="no-referrer";
                title { (full_title) }
                meta name="description" content=(summary);
                meta property="og:title" content=(title);
                meta property="og:description" content=(summary);
                meta property="og:type" content="website";
                link rel="stylesheet" href=(scene.to("style.css"));
                @if has_twins && setting.has_json { link rel="alternate" type="application/json" href=(own(Form::Json)); }
                @if page.has_feed() {
                    link rel="alternate" type="application/atom+xml" title=(title) href=(own(Form::Atom));
                }
                script src=(scene.to("pages.js")) defer {}
            }
            body.pages {
                a.skip href="#main" { "Skip to content" }
                (head(scene))
                main id="main" tabindex="-1" { (page.body(scene)) }
                footer {
                    p.hint {
                        "Made by hunktrace."
                        @if has_twins && setting.has_json { " " a href=(own(Form::Json)) { "JSON" } }
                        @if page.has_feed() { " " a href=(own(Form::Atom)) { "Atom" } }
                        @if setting.is_live { " " a href=(scene.to("openapi.json")) { "OpenAPI" } }
                    }
                }
            }
        }
    };
    markup.into_string()
}

fn head(scene: Scene<'_>) -> Markup {
    let setting = scene.setting;
    let is_here = |place: &Place| (scene.place == place).then_some("page");
    html! {
        header {
            p.brand { a href=(scene.link(&Place::Start)) { "hunktrace" } }
            nav aria-label="Pages" {
                a href=(scene.link(&Place::Start)) aria-current=[is_here(&Place::Start)] { "Start" }
                @if setting.has_catalogue {
                    a href=(scene.link(&Place::Releases)) aria-current=[is_here(&Place::Releases)] { "Releases" }
                    @if setting.is_live {
                        a href=(scene.link(&Place::Compare)) aria-current=[is_here(&Place::Compare)] { "Compare" }
                    }
                }
            }
            @if setting.is_live && *scene.place != Place::Start {
                form role="search" action=(scene.to("ask")) method="get" {
                    label.unseen for="find" { "Find a commit, path, function, CVE or words" }
                    input id="find" name="text" type="search" placeholder="Commit, path, function, CVE, words" required;
                    button { "Find" }
                }
            }
        }
    }
}

/// A model with its type forgotten.
pub trait ErasedPage: Send {
    /// Its title.
    fn title(&self) -> String;
    /// What it says, in a sentence.
    fn summary(&self) -> String;
    /// What stands on it.
    fn body(&self, scene: Scene<'_>) -> Markup;
    /// Whether it has a twin that is a feed.
    fn has_feed(&self) -> bool;
    /// The query that belongs to its address.
    fn query(&self) -> Option<&str>;
    /// The number of the next page of the same list.
    fn next_page(&self) -> Option<usize>;
    /// Whether it has a twin that is a mailbox.
    fn has_mailbox(&self) -> bool;
    /// Its JSON twin.
    ///
    /// # Errors
    /// Where it cannot be written.
    fn json(&self) -> serde_json::Result<String>;
}

impl<P: Page + Send> ErasedPage for P {
    fn title(&self) -> String {
        Page::title(self)
    }

    fn summary(&self) -> String {
        Page::summary(self)
    }

    fn body(&self, scene: Scene<'_>) -> Markup {
        Page::body(self, scene)
    }

    fn has_feed(&self) -> bool {
        Page::has_feed(self)
    }

    fn query(&self) -> Option<&str> {
        Page::query(self)
    }

    fn next_page(&self) -> Option<usize> {
        Page::next_page(self)
    }

    fn has_mailbox(&self) -> bool {
        Page::has_mailbox(self)
    }

    fn json(&self) -> serde_json::Result<String> {
        serde_json::to_string(self).map(|text| text + "\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_from_every_depth_to_the_top() {
        let setting = Setting::default();
        let to = |place: &Place| Scene { setting: &setting, place, depth: place.depth() }.to("style.css");
        assert_eq!(to(&Place::Start), "./style.css");
        assert_eq!(to(&Place::commit("a")), "../style.css");
    }

    #[test]
    fn commits_lead_to_addresses_of_the_web_alone() {
        let address = |template: &str, commit: &str| Upstream::new(template).address(commit);
        assert_eq!(
            address("https://example.org/{commit}", "ab1").as_deref(),
            Some("https://example.org/ab1")
        );
        assert_eq!(address("javascript:alert('{commit}')", "ab1"), None);
        assert_eq!(address("https://example.org/{commit}", "../x"), None);
    }

    #[test]
    fn styles_and_scripts_name_no_other_host() {
        for text in [style_sheet(), SCRIPT.to_owned()] {
            assert!(!text.contains("://") && !text.contains("@import"), "something is loaded from elsewhere");
        }
        for way in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"]
        {
            assert!(!SCRIPT.contains(way), "the script uses {way}");
        }
    }
}

//! Feeds, in the form of Atom (RFC 4287).

use maud::{PreEscaped, html};

/// A feed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Feed {
    /// Its title.
    pub title: String,
    /// Its path from the top of all pages.
    pub place: String,
    /// What is new, the newest first.
    pub entries: Vec<FeedEntry>,
}

/// An entry of a feed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FeedEntry {
    /// Its title.
    pub title: String,
    /// Its page, as a path from the top.
    pub page: String,
    /// Its day, YYYY-MM-DD.
    pub date: Option<String>,
    /// What it says.
    pub summary: String,
}

/// Entries of a feed; readers ask again and again.
const ENTRIES: usize = 200;

/// The day of what has none: feeds have to say one.
const NO_DAY: &str = "1970-01-01";

impl Feed {
    /// The feed's text; `up` leads from the feed to the top of all pages.
    pub fn text(&self) -> String {
        let up = "../".repeat(self.place.matches('/').count());
        let stamp = |day: Option<&String>| {
            // Days of packages come from packages; a feed with something else in its place is no feed.
            let is_day = |day: &&String| {
                day.len() == NO_DAY.len()
                    && day.bytes().enumerate().all(|(at, byte)| {
                        if matches!(at, 4 | 7) { byte == b'-' } else { byte.is_ascii_digit() }
                    })
            };
            format!("{}T00:00:00Z", day.filter(is_day).map_or(NO_DAY, String::as_str))
        };
        let newest = self.entries.iter().filter_map(|entry| entry.date.as_ref()).max();
        let markup = html! {
            (PreEscaped("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"))
            feed xmlns="http://www.w3.org/2005/Atom" {
                title { (xml(&self.title)) }
                id { "urn:hunktrace:" (self.place) }
                updated { (stamp(newest)) }
                author { name { "hunktrace" } }
                (PreEscaped(format!("<link rel=\"self\" href=\"{up}{}\"/>", self.place)))
                @for entry in self.entries.iter().take(ENTRIES) {
                    entry {
                        title { (xml(&entry.title)) }
                        id { "urn:hunktrace:" (self.place) ":" (entry.page) }
                        updated { (stamp(entry.date.as_ref())) }
                        (PreEscaped(format!("<link href=\"{up}{}\"/>", entry.page)))
                        summary { (xml(&entry.summary)) }
                    }
                }
            }
        };
        markup.into_string()
    }
}

/// A text without the characters that XML cannot have.
fn xml(text: &str) -> String {
    text.chars()
        .map(|c| {
            if c.is_control() && !matches!(c, '\t' | '\n') || matches!(c, '\u{fffe}' | '\u{ffff}') {
                '\u{fffd}'
            } else {
                c
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_escaped_and_days_checked() {
        let entry = FeedEntry {
            title: "<b>&\u{1}".into(),
            page: "release/v/k/index.html".into(),
            date: Some("soon-ish!!".into()),
            summary: String::new(),
        };
        let feed = Feed { title: "Releases".into(), place: "releases.atom".into(), entries: vec![entry] };
        let text = feed.text();
        assert!(text.contains("<title>&lt;b&gt;&amp;\u{fffd}</title>"), "{text}");
        assert!(text.contains("<updated>1970-01-01T00:00:00Z</updated>"), "{text}");
        assert!(text.contains("<link href=\"release/v/k/index.html\"/>"), "{text}");
    }
}

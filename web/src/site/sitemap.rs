//! Sitemaps as search engines read them: <https://www.sitemaps.org/protocol.html>.

use maud::{PreEscaped, html};

/// Addresses that one file may have.
const ADDRESSES: usize = 50_000;

const XML: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n";
const NAMESPACE: &str = "http://www.sitemaps.org/schemas/sitemap/0.9";

/// The files of a sitemap, by name: one, or one for each part and one that names these.
pub fn sitemaps(url: &str, pages: &[String]) -> Vec<(String, String)> {
    let url = url.trim_end_matches('/');
    let parts: Vec<&[String]> = pages.chunks(ADDRESSES).collect();
    let part = |pages: &[String]| {
        let markup = html! {
            (PreEscaped(XML))
            urlset xmlns=(NAMESPACE) { @for page in pages { url { loc { (url) "/" (page) } } } }
        };
        markup.into_string()
    };
    if let [all] = parts[..] {
        return vec![("sitemap.xml".to_owned(), part(all))];
    }
    let name = |number: usize| format!("sitemap-{number}.xml");
    let index = html! {
        (PreEscaped(XML))
        sitemapindex xmlns=(NAMESPACE) {
            @for number in 1..=parts.len() { sitemap { loc { (url) "/" (name(number)) } } }
        }
    };
    let numbered = parts.iter().enumerate().map(|(at, pages)| (name(at + 1), part(pages)));
    numbered.chain([("sitemap.xml".to_owned(), index.into_string())]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_sitemaps_are_cut() {
        let small = sitemaps("https://example.org/k/", &["a&b.html".to_owned()]);
        assert_eq!(small.len(), 1);
        assert!(small[0].1.contains("<loc>https://example.org/k/a&amp;b.html</loc>"), "{}", small[0].1);
        let pages: Vec<String> = (0..=ADDRESSES).map(|page| format!("{page}.html")).collect();
        let names: Vec<String> =
            sitemaps("https://example.org", &pages).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["sitemap-1.xml", "sitemap-2.xml", "sitemap.xml"]);
    }
}

//! The page: one HTML file with its style and script inside.
//!
//! Style and script are plain files beside this one, put together as they are. The page forbids itself all other
//! scripts than those that carry its nonce and every connection; no data ever stand in the HTML.

const FRAME: &str = include_str!("page/frame.html");
/// What all of hunktrace's pages look like, those of other crates included: colours, type, and the parts that they share.
pub const BASE_STYLE: &str = include_str!("page/base.css");

/// How the pages of a report look.
pub(super) const STYLE: &str = concat!(include_str!("page/base.css"), "\n", include_str!("page/report.css"));

/// The script's parts, in an order in which what runs at once finds what it needs.
const SCRIPTS: [&str; 16] = [
    include_str!("page/element.js"),
    include_str!("page/words.js"),
    include_str!("page/data.js"),
    include_str!("page/model.js"),
    include_str!("page/route.js"),
    include_str!("page/virtual_list.js"),
    include_str!("page/treemap.js"),
    include_str!("page/overview.js"),
    include_str!("page/time_line.js"),
    include_str!("page/commit_list.js"),
    include_str!("page/commit_details.js"),
    include_str!("page/file_list.js"),
    include_str!("page/file_lines.js"),
    include_str!("page/file_view.js"),
    include_str!("page/missing_list.js"),
    include_str!("page/main.js"),
];

/// The page's HTML.
pub(super) fn html() -> String {
    FRAME.replace("{{style}}", STYLE).replace("{{script}}", &SCRIPTS.concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn style_and_script_do_not_end_their_elements() {
        assert_eq!(html().matches("</script").count(), FRAME.matches("</script").count());
        assert_eq!(html().matches("</style").count(), FRAME.matches("</style").count());
        assert!(!html().contains("{{"));
    }

    #[test]
    fn the_page_names_no_other_host() {
        assert!(!html().contains("://"));
    }

    #[test]
    fn texts_are_never_read_as_html() {
        for way in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"]
        {
            assert!(!html().contains(way), "the page uses {way}");
        }
    }
}

//! Commit ids as people see them: short, in their colour, and as links where the terminal has such.

use crate::terminal::color::COMMIT;
use crate::terminal::screen_text::short_id;

/// Where the commits of kernel.org are shown; it has mainline and all stable branches.
pub const KERNEL_ORG: &str = "https://git.kernel.org/stable/c/{commit}";

/// What stands in a template for the id.
pub const PLACEHOLDER: &str = "{commit}";

/// What stands around a link's target: OSC 8 without parameters, and the string terminator. No target ends a link.
const LINK_BEGIN: &str = "\x1b]8;;";
const LINK_END: &str = "\x1b\\";

/// How commit ids are shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CommitLinks {
    /// Where a commit is shown; none if ids are no links.
    template: Option<String>,
}

impl CommitLinks {
    /// Ids are no links.
    pub const NONE: CommitLinks = CommitLinks { template: None };

    /// Ids lead to where a template says; an empty one leads nowhere.
    pub fn to(template: &str) -> CommitLinks {
        CommitLinks { template: Some(template.to_owned()).filter(|template| !template.is_empty()) }
    }

    /// The leading digits of an id.
    pub fn short(&self, id: &str) -> String {
        self.linked(id, short_id(id))
    }

    /// An id, whole.
    pub fn whole(&self, id: &str) -> String {
        self.linked(id, id)
    }

    /// A link as terminals understand it (OSC 8), in the colour of ids.
    fn linked(&self, id: &str, shown: &str) -> String {
        match &self.template {
            // What is no whole id may lead anywhere.
            Some(template) if is_whole(id) => {
                let target = template.replace(PLACEHOLDER, id);
                format!("{COMMIT}{LINK_BEGIN}{target}{LINK_END}{shown}{LINK_BEGIN}{LINK_END}{COMMIT:#}")
            }
            _ => format!("{COMMIT}{shown}{COMMIT:#}"),
        }
    }
}

/// A text whose links are text: what they show stays.
pub fn without_links(text: &str) -> String {
    let mut pieces = text.split(LINK_BEGIN);
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        out += piece.split_once(LINK_END).map_or(piece, |(_, shown)| shown);
    }
    out
}

fn is_whole(id: &str) -> bool {
    const DIGITS: usize = 40;
    id.len() == DIGITS && id.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use anstream::adapter::strip_str;

    #[test]
    fn whole_ids_are_links_and_others_are_not() {
        let links = CommitLinks::to(KERNEL_ORG);
        let id = "a".repeat(40);
        let shown = links.short(&id);
        assert!(shown.contains(&format!("\x1b]8;;https://git.kernel.org/stable/c/{id}\x1b\\")), "{shown:?}");
        assert!(!links.short("abc").contains("\x1b]8"));
        assert!(!CommitLinks::to("").whole(&id).contains("\x1b]8"));
    }

    #[test]
    fn text_without_escape_sequences_is_the_id() {
        let id = "a".repeat(40);
        let links = CommitLinks::to(KERNEL_ORG);
        assert_eq!(strip_str(&links.short(&id)).to_string(), "a".repeat(12));
        assert_eq!(strip_str(&links.whole(&id)).to_string(), id);
        let text = format!("{} and {}", links.short(&id), links.whole(&id));
        assert_eq!(
            without_links(&text),
            format!("{} and {}", CommitLinks::NONE.short(&id), CommitLinks::NONE.whole(&id))
        );
        assert_eq!(without_links("plain"), "plain");
    }
}

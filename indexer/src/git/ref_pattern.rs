//! Patterns that name references (`refs/pull/*`), by the rules of `git rev-list --glob`.

use bstr::{BStr, ByteSlice};

/// Folders of references whose names people leave out.
const USUAL_FOLDERS: [&str; 4] = ["refs/", "refs/heads/", "refs/tags/", "refs/remotes/"];

/// A pattern: `?` stands for one character, `[a-z]` for one of several, `*` for any, `/` among them.
#[derive(Clone, Copy, Debug)]
pub struct RefPattern<'a>(&'a BStr);

impl<'a> RefPattern<'a> {
    /// The pattern, if the text is one and no revision. No name of a reference has a `*`, `?` or `[`; revisions have them in
    /// a search for a message (`HEAD^{/fix.*}`, `:/fix.*`).
    pub fn new(text: &'a str) -> Option<RefPattern<'a>> {
        let is_pattern = text.contains(['*', '?', '[']) && !text.contains(['{', ':']);
        is_pattern.then(|| RefPattern(text.into()))
    }

    /// Whether it names the reference with this full name; `refs/`, `refs/heads/`, `refs/tags/` and `refs/remotes/` may be
    /// missing in front of the pattern.
    pub fn matches(self, name: &BStr) -> bool {
        let fits =
            |name: &[u8]| gix::glob::wildmatch(self.0, name.as_bstr(), gix::glob::wildmatch::Mode::empty());
        fits(name)
            || USUAL_FOLDERS.iter().any(|folder| name.strip_prefix(folder.as_bytes()).is_some_and(fits))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn revisions_are_no_patterns() {
        for pattern in ["refs/pull/*", "v4.?", "linux-[45].*"] {
            assert!(RefPattern::new(pattern).is_some(), "{pattern}");
        }
        for revision in ["master", "v1~3", "HEAD^{/fix.*}", ":/fix.*", "master@{1}"] {
            assert!(RefPattern::new(revision).is_none(), "{revision}");
        }
    }

    #[test]
    fn patterns_match_as_those_of_git_rev_list() {
        let matches = |pattern, name: &str| RefPattern::new(pattern).is_some_and(|p| p.matches(name.into()));
        assert!(matches("refs/pull/*", "refs/pull/1/head"), "across folders");
        assert!(!matches("refs/pull/*", "refs/heads/pull/1"));
        assert!(matches("refs/pull/*/head", "refs/pull/1/head"));
        assert!(!matches("refs/pull/*/head", "refs/pull/1/merge"));
        assert!(matches("pull/*", "refs/pull/1/head"));
        assert!(matches("linux-*", "refs/heads/linux-6.1.y"));
        assert!(matches("origin/linux-*", "refs/remotes/origin/linux-6.1.y"));
        assert!(matches("v4.?", "refs/tags/v4.1"));
        assert!(!matches("v4.?", "refs/tags/v4.18"));
        assert!(!matches("v4.[1-3]", "refs/tags/v4.4"));
        assert!(!matches("4.*", "refs/tags/v4.4"));
    }
}

//! What a commit is for, as its message says it: fix or feature, who asked for it, and what it links to.

use std::sync::LazyLock;

use bstr::BStr;
use hunktrace_indexer::message::MessageFacts;
use regex::Regex;

/// Says which part of the kernel a path belongs to.
pub trait MaintainedBy {
    /// The title of the section of `MAINTAINERS` that has the path.
    fn subsystem(&self, path: &BStr) -> Option<String>;
}

/// What a commit is for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Purpose {
    /// In a word.
    pub kind: PurposeKind,
    /// Whether it asks to be taken into stable trees.
    pub cc_stable: bool,
    /// Whether syzbot reported what it repairs.
    pub syzbot: bool,
    /// The commits that it repairs, as its message names them, in lower-case hexadecimal digits.
    pub fixes: Vec<String>,
    /// The commits that it takes back.
    pub reverts: Vec<String>,
    /// The CVE ids that its message names.
    pub cves: Vec<String>,
    /// The addresses that it links to.
    pub links: Vec<String>,
}

/// What a commit is for, in a word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PurposeKind {
    /// It repairs something: it says so, or asks to be taken into stable trees.
    Fix,
    /// It takes a commit back.
    Revert,
    /// Nothing says that it repairs anything.
    #[default]
    Change,
}

impl PurposeKind {
    /// How it is called in every form of output.
    pub fn name(self) -> &'static str {
        match self {
            PurposeKind::Fix => "fix",
            PurposeKind::Revert => "revert",
            PurposeKind::Change => "change",
        }
    }
}

static CC_STABLE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?im)^\s*cc:.*\bstable@(?:vger\.)?kernel\.org").expect("a valid pattern"));
static SYZBOT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?im)^\s*reported(?:-and-tested)?-by:.*\bsyzbot").expect("a valid pattern")
});
static LINK: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?im)^\s*(?:link|closes|bugzilla|buglink|references?|bug):\s*(https?://[^\s<>"]+)"#)
        .expect("a valid pattern")
});
static CVE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\bCVE-\d{4}-\d{4,}\b").expect("a valid pattern"));
static FIXES_IN_SUBJECT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:fix(?:es|ed|ing|up)?|bug\s?fix|repair|leak|oops|deadlock|overflow|use.after.free|out.of.bounds)\b")
        .expect("a valid pattern")
});

impl Purpose {
    /// Reads a message.
    pub fn of(message: &str) -> Purpose {
        let facts = MessageFacts::parse(message);
        let hex = |commits: &[hunktrace_indexer::message::CommitRef]| {
            commits.iter().map(|commit| commit.hex.to_string().to_lowercase()).collect::<Vec<_>>()
        };
        let (fixes, reverts) = (hex(&facts.fixes), hex(&facts.reverts));
        let (cc_stable, syzbot) = (CC_STABLE.is_match(message), SYZBOT.is_match(message));
        let mut cves: Vec<String> = CVE.find_iter(message).map(|found| found.as_str().to_owned()).collect();
        cves.sort_unstable();
        cves.dedup();
        let mut links: Vec<String> = LINK
            .captures_iter(message)
            .map(|found| found[1].trim_end_matches(['.', ',', ')']).to_owned())
            .collect();
        links.sort_unstable();
        links.dedup();
        let repairs = !fixes.is_empty()
            || cc_stable
            || syzbot
            || !cves.is_empty()
            || FIXES_IN_SUBJECT.is_match(&facts.subject);
        let kind = if !reverts.is_empty() || facts.reverted_subject.is_some() {
            PurposeKind::Revert
        } else if repairs {
            PurposeKind::Fix
        } else {
            PurposeKind::Change
        };
        Purpose { kind, cc_stable, syzbot, fixes, reverts, cves, links }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(message: &str) -> &'static str {
        Purpose::of(message).kind.name()
    }

    #[test]
    fn a_commit_is_what_its_message_says() {
        assert_eq!(kind("net: add a queue\n\nFor speed.\n"), "change");
        assert_eq!(kind("net: fix a leak of queues\n"), "fix");
        assert_eq!(kind("net: prefix the names\n"), "change");
        assert_eq!(kind("net: hold the lock\n\nCc: <stable@vger.kernel.org> # 4.18\n"), "fix");
        assert_eq!(kind("net: hold the lock\n\nCc: stable@kernel.org\n"), "fix");
        assert_eq!(kind("net: hold the lock\n\nFixes: 1234567890ab (\"net: add a queue\")\n"), "fix");
        assert_eq!(
            kind(
                "Revert \"net: add a queue\"\n\nThis reverts commit 1234567890abcdef1234567890abcdef12345678.\n"
            ),
            "revert"
        );
    }

    #[test]
    fn what_a_message_names_is_read() {
        let purpose = Purpose::of(
            "net: hold the lock\n\nThis is CVE-2020-12345.\n\nFixes: 1234567890ab (\"net: add a queue\")\n\
             Reported-by: syzbot+1234@syzkaller.appspotmail.com\nLink: https://lore.kernel.org/r/1.\nCloses: https://x.org/2\n",
        );
        assert_eq!(purpose.fixes, ["1234567890ab"]);
        assert_eq!(purpose.cves, ["CVE-2020-12345"]);
        assert_eq!(purpose.links, ["https://lore.kernel.org/r/1", "https://x.org/2"]);
        assert!(purpose.syzbot && !purpose.cc_stable);
    }
}

//! What a commit is for, as records and texts say it.

use hunktrace_proto::v1::Purpose;
use serde::Serialize;

use super::non_empty::non_empty;

/// What the message of a commit says that it is for.
#[derive(Debug, Serialize)]
pub struct PurposeRecord<'a> {
    kind: &'a str,
    cc_stable: bool,
    syzbot: bool,
    cves: &'a [String],
    links: &'a [String],
}

/// What a commit is for, as a record.
pub fn purpose_record(purpose: &Purpose) -> PurposeRecord<'_> {
    let Purpose { kind, cc_stable, syzbot, cves, links } = purpose;
    PurposeRecord { kind, cc_stable: *cc_stable, syzbot: *syzbot, cves, links }
}

/// What a commit belongs to and is for, in a few words; none where no subsystem is known and its message says no more than
/// that it changes something.
pub fn purpose_words(subsystem: &str, purpose: Option<&Purpose>) -> Option<String> {
    let mut words = Vec::from_iter(non_empty(subsystem));
    if let Some(purpose) = purpose {
        words.extend(purpose_facts(purpose));
        words.extend(purpose.links.iter().map(String::as_str));
    }
    (!words.is_empty()).then(|| words.join(", "))
}

/// What a commit is for, without what its message links to.
pub fn purpose_facts(purpose: &Purpose) -> Vec<&str> {
    let kind = Some(purpose.kind.as_str()).filter(|kind| *kind != CHANGE);
    let stable = purpose.cc_stable.then_some("for stable trees");
    let syzbot = purpose.syzbot.then_some("found by syzbot");
    [kind, stable, syzbot].into_iter().flatten().chain(purpose.cves.iter().map(String::as_str)).collect()
}

/// The kind of a commit that repairs nothing and takes nothing back.
const CHANGE: &str = "change";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_say_what_is_more_than_a_change() {
        let change = Purpose { kind: "change".to_owned(), ..Purpose::default() };
        assert_eq!(purpose_words("", Some(&change)), None);
        assert_eq!(purpose_words("NETWORKING", None).as_deref(), Some("NETWORKING"));
        let fix = Purpose {
            kind: "fix".to_owned(),
            cc_stable: true,
            syzbot: false,
            cves: vec!["CVE-2020-1".to_owned()],
            links: vec!["https://x.org/1".to_owned()],
        };
        assert_eq!(
            purpose_words("NETWORKING", Some(&fix)).as_deref(),
            Some("NETWORKING, fix, for stable trees, CVE-2020-1, https://x.org/1")
        );
    }
}

//! Every spelling that is understood, and the prose that must not be taken for one.

use proptest::prelude::*;

use super::*;

const X: &str = "1111111111111111111111111111111111111abc";
const Y: &str = "2222222222222222222222222222222222222def";

/// A message with this body, in which X and Y stand for hashes.
fn facts(body: &str) -> MessageFacts {
    let body = body.replace("<X>", X).replace("<Y>", Y);
    MessageFacts::parse(&format!("widget: fix the frobnicator\n\n{body}\n"))
}

fn hashes(commits: &[CommitRef]) -> Vec<&str> {
    commits.iter().map(|commit| commit.hex.as_str()).collect()
}

#[test]
fn claims_of_an_origin() {
    for body in [
        "commit <X> upstream.",
        "commit <X> upstream",
        "Commit <X> upstream",
        "COMMIT <X> UPSTREAM.",
        "  commit <X> upstream.",
        "commit <X>\nupstream.",
        "commit\n<X> upstream.",
        "[ commit <X> upstream ]",
        "[ Upstream commit <X> ]",
        "[Upstream commit <X>]",
        "[ Upstream commit: <X> ]",
        "[ Upstream commit <X>,\n  with a later change ]",
        "(Upstream commit <X>)",
        "(upstream commit <X>)\nMore text.",
        "Upstream commit <X>.",
        "Upstream commit <X>",
        "Upstream commit: <X>",
        "upstream commit: <X>",
        "upstream-commit: <X>",
        "Upstream-commit: <X>",
        "upstream <X>",
        "upstream <X>\nwidget: another subject",
        "upstream in 3.2-rc1: <X>",
        "Mainline commit <X>.",
        "mainline commit: <X>",
        "commit <X> in mainline",
        "commit <X> in mainline.",
        "commit <X> from upstream",
        "commit <X> in Linus' tree.",
        "git commit <X> upstream",
        "Commit: <X> upstream",
        "commit <X> upstream (as of v3.2-rc1)",
        "commit <X> upstream by\nsomebody who adjusted it.",
        "commit <X> (\"widget: fix the\nfrobnicator\") upstream.",
        "commit <X> (widget: fix the frobnicator) upstream.",
        "This is commit <X> upstream.",
        "this is upstream commit <X>",
        "This patch is upstream commit <X>.",
        "[This is for an old kernel.\n Upstream commit is <X>]",
        "Based on commit <X> upstream, but done differently.",
        "Backport of commit <X>.",
        "Backport of upstream commit <X>",
        "This is a backport of commit <X>.",
        "This is a backport of upstream commit: <X>",
        "This is a partial backport of mainline commit <X>",
        "Backported from commit <X>.",
        "upstream commit <X> backported to\nan old kernel",
        "(cherry picked from commit <X>)",
        "(cherry picked from\ncommit <X>)",
        "(cherry picked from <X>)",
        "(cherry picked from <X> commit)",
        "(Cherry-picked from commit <X>)",
        "(cherry picked from upstream commit <X>)",
        "(cherry picked from commit <X> upstream)",
        "(cherry picked from commit <X>\n https://git.example.org/linux.git main)",
        "(cherry picked from https://git.kernel.org/linus/<X>)",
        "(backported from commit <X>)",
        "(back ported from commit <X> linux-next)",
        "Text without a full stop\n(cherry picked from commit <X>)\nSigned-off-by: A <a@example.org>",
        "[a: cherry-picked from staging commit <X>]",
        "Git-commit: <X>\nPatch-mainline: v3.2-rc1",
        "Origin: <X>",
        "Origin: upstream, https://git.kernel.org/linus/<X>",
        "Origin: upstream, https://git.example.org/linux.git/commit/?id=<X>",
        "Origin: backport, commit:<X>",
        "Upstream-Status: Backport [https://git.example.org/linux.git/commit/?id=<X>]",
        "mainline inclusion\nfrom mainline-v5.10-rc1\ncommit <X>\ncategory: bugfix\nbugzilla: NA",
        "stable inclusion\nfrom stable-v5.10.3\ncommit <X>\nbugzilla: 1\n\n------------\n\nText.",
        "ANBZ: #1\n\ncommit <X> upstream.",
        "From: A <a@example.org>\ncommit <X> upstream.",
        "Bugzilla: 1\n\ncommit <X>\nAuthor: A <a@example.org>\nDate:   today\n\n    other subject",
        "commit <X>\nAuthor: A <a@example.org>\n\n    widget: fix the frobnicator\n\n    Text.",
        "commit <X>\n\nwidget: fix the frobnicator\n\nText.",
        "commit <X>\n\nWhat it does, in other words.",
        "commit <X>",
        "commit <X>\ntree 3333333333333333333333333333333333333abc\nparent <Y>\nauthor A <a@example.org> 1 +0000",
        "commit: <X>",
        "commit:<X>\n\nText.",
        "commit: https://git.example.org/phone/kernel/commit/<X>",
        "Original commit: https://git.example.org/phone/kernel/commit/<X>",
        "original patch commit id: <X>",
        "Upstream <X> commit.",
        "[upstream commit] <X>",
        "upstream commit <X> which fixes a leak\nof widgets.",
        "Based on the upstream commit <X>.",
        "The original upstream commit <X>.",
        "Partially based on upstream's <X>.",
        "Upstream status: in Linus' git (commit <X>)",
        "Upstream-Status: Backport [<X>]",
        "Upstream-Status: Accepted [https://git.example.org/linux/commit/<X>]",
        "Patch-mainline: yes\nCommit-ID: <X>\nReferences: bnc#1",
        "X-Git-Url: http://git.example.org/?p=linux-2.6.git;a=commitdiff_plain;h=<X>",
        "Source: http://git.example.org/gitweb.cgi?p=linux.git;a=commitdiff;h=<X>",
        "This patch (wi1403b) is a backport of commit\n<X> (widget: fix it).",
        "Backport of somebody's commit <X>.",
        "This is a backport of https://git.example.org/linux/commit/<X>",
        "Basically this is a copy of commit <X> (widget: fix it).",
        "This patch is a 1:1 copy of upstream widget.c commit <X>",
        "[a: copied from https://git.example.org/?p=linux.git;a=commit;h=<X>]",
        "(backported to widgets-4.14 from <X> in tip/widgets)",
        "A list without an end:\n\n  one\n  two\n\n(cherry picked from commit <X>)",
    ] {
        let facts = facts(body);
        assert_eq!(hashes(&facts.origins), [X], "{body}");
        assert_eq!((facts.reverts, facts.fixes), (vec![], vec![]), "{body}");
    }
}

#[test]
fn claims_of_several_origins() {
    for body in [
        "commits <X> and <Y> upstream.",
        "commit <X> and commit <Y> upstream",
        "commit <X> and\n<Y> upstream merged together.",
        "[ Upstream commits <X>\n  and <Y> ]",
        "[ A combination of upstream commits <X> and\n  <Y> ]",
        "(Upstream commit <X>)\n(Upstream commit <Y>)",
        "This is a backport of the mainline patches\n\n <X>\n <Y>\n\nText.",
        "Two upstream commits squashed together:\n\ncommit <X> upstream.\n\nSquashed with \"a: b\":\n\ncommit <Y> upstream.",
        "upstream <X>\nwidget: one\n\nIncluded are small follow-on patches:\n\nupstream <Y>\nwidget: two",
        "Git-commit: <X>\nGit-commit: <Y>",
        "This backports the following upstream commits as one patch:\n\t<X>\n\t<Y>",
        "stable inclusion\nfrom stable-v5.10.3\ncommit <X>\n\n----\n\n[ Upstream commit <Y> ]",
        "commit <X> upstream.\n\nText.\n\n(cherry picked from commit <Y>)",
    ] {
        assert_eq!(hashes(&facts(body).origins), [X, Y], "{body}");
    }
}

#[test]
fn picks_are_told_from_what_is_said_to_be_upstream() {
    for (body, names_upstream) in [
        ("commit <X> upstream.", true),
        ("[ Upstream commit <X> ]", true),
        ("Backport of commit <X>.", true),
        ("(cherry picked from upstream commit <X>)", true),
        ("(cherry picked from commit <X> upstream)", true),
        ("(cherry picked from commit <X>)\nResolves: RHEL-1", true),
        ("(cherry picked from commit <X>)", false),
        ("(backported from commit <X>)", false),
        ("Original commit: https://git.example.org/phone/commit/<X>", false),
        ("Origin: backport, https://git.kernel.org/torvalds/c/<X>", true),
        ("commit <X>", false),
        ("Fixes: <X>", false),
    ] {
        assert_eq!(facts(body).names_upstream, names_upstream, "{body}");
    }
    let message = format!("UPSTREAM: widget: mend it\n\n(cherry picked from commit {X})");
    assert!(MessageFacts::parse(&message).names_upstream);
}

#[test]
fn prose_claims_nothing() {
    for body in [
        "Since commit <X> (\"a: b\") this fails.",
        "The bug was introduced by commit <X>.",
        "The bug was introduced by\ncommit <X> upstream.",
        "The bug was added by\n\ncommit <X> upstream.",
        "Commit <X> broke this.",
        "Commit <X> (\"a: b\") broke this.",
        "Upstream commit <X> broke this.",
        "Upstream commit <X> \"a: b\" leaked an\nextra argument.",
        "Mainline commit <X> removed the\nlast user.",
        "The fix (upstream commit <X>) is incomplete.",
        "Upstream fixed this differently in parts of the commits:\n\t<X>",
        "This was caused by upstream commit\n<X>.",
        "The backport of commit <X> was wrong.",
        "commit <X> in the 3.0-stable tree.",
        "Text.\n\ncommit <X>",
        "commit 1234567",
        "commit <X>\nAuthor: A <a@example.org>\n\n    other subject\n\nbroke this.",
        "Backport of commit <X> in 4.14 stable triggered\na warning.",
        "[ BACKPORT: <X> not present in this kernel ]",
        "Commit: <X> (\"widget: add it\")",
        "Upstream status: not in Linus' git, see bug 1234567",
        "Source: https://bugs.example.org/show_bug.cgi?id=1234567",
        "Bisected to:\n\ncommit <X>\nAuthor: A <a@example.org>",
        "Reviewed in commit <X>.",
        "Cc: stable # needs <X>",
        "Link: https://git.example.org/linux.git/commit/?id=<X>",
        "[<c0123456>] some_function+0x12/0x34",
        "This partially reverts commit <X>.",
        "This reverts part of commit <X>.",
        "This reverts most of commit <X>.",
        "This reverts commit <X> partially.",
        "This basically reverts commit <X>.",
        "I had to revert commit <X> to make it work.",
        "It was reverted in commit <X>.",
        "This fixes a bug in commit <X>.",
        "Fixes: 1234567",
        "Fixes: #1234567",
        "Fixes: https://bugs.example.org/1234567abc",
    ] {
        let facts = facts(body);
        assert_eq!((facts.origins, facts.reverts, facts.fixes), (vec![], vec![], vec![]), "{body}");
    }
}

#[test]
fn reverts() {
    for body in [
        "This reverts commit <X>.",
        "This reverts commit\n<X>.",
        "This reverts commit <X>, which broke things.",
        "This reverts <X>.",
        "This reverts the <X> commit.",
        "This patch reverts commit <X>.",
        "This effectively reverts commit <X>.",
        "Revert commit <X> (\"a: b\").",
        "revert: <X>",
        "Reverts <X>",
        "Note: this reverts commit <X>",
        "So revert commit <X>.",
        "This is a revert of <X>.",
        "Revert\n\n    commit <X>\n    Author: A <a@example.org>",
    ] {
        let facts = facts(body);
        assert_eq!(hashes(&facts.reverts), [X], "{body}");
        assert_eq!(facts.origins, [], "{body}");
    }
    for body in [
        "This reverts commits <X> and <Y>.",
        "This reverts commit <X> and commit <Y>.",
        "This reverts the following commits:\n\n <X> a: b\n <Y> c: d",
        "This reverts commit <X> which is commit <Y> upstream.",
        "This reverts commit <X>, which was upstream commit\n<Y>.",
        "This reverts commit <X> (commit <Y> upstream).",
    ] {
        let facts = facts(body);
        assert_eq!(hashes(&facts.reverts), [X, Y], "{body}");
        assert_eq!(facts.origins, [], "{body}");
    }
    assert_eq!(hashes(&MessageFacts::parse("widget: revert commit 1111111a").reverts), ["1111111a"]);
}

#[test]
fn a_carried_revert_has_an_origin_and_reverts() {
    let facts = facts("commit <X> upstream.\n\nThis reverts commit <Y>.");
    assert_eq!((hashes(&facts.origins), hashes(&facts.reverts)), (vec![X], vec![Y]));
}

#[test]
fn reverted_subjects() {
    for (subject, reverted) in [
        ("Revert \"a: b c\"", Some("a: b c")),
        ("Revert \"Revert \"a: b c\"\"", Some("Revert \"a: b c\"")),
        ("Revert \"Revert \"a: b c", Some("Revert \"a: b c")),
        ("Revert \"a: a 5\" disk\"", Some("a: a 5\" disk")),
        ("Revert \"a: b c\" and follow-ups", Some("a: b c")),
        ("Reapply \"a: b c\"", Some("Revert \"a: b c\"")),
        ("a: revert \"b c\"", Some("b c")),
        ("[tag] Revert: \"a: b c\"", Some("a: b c")),
        ("UPSTREAM: Revert \"a: b c\"", Some("a: b c")),
        ("Revert \"a: b\nc\"", Some("a: b c")),
        ("a: partially revert \"b c\"", None),
        ("Revert \"a: b c\" partially", None),
        ("Revert \"\"", None),
        ("Merge branch 'x' to revert \"b c\"", None),
        ("a: say \"revert\"", None),
    ] {
        assert_eq!(MessageFacts::parse(subject).reverted_subject.as_deref(), reverted, "{subject}");
    }
}

#[test]
fn fixes() {
    for (body, subject) in [
        ("Fixes: <X> (\"a: b\")", Some("a: b")),
        ("Fixes: <X> (\"a: b\n c\")", Some("a: b c")),
        ("Fixes: <X> ('a: b')", Some("a: b")),
        ("Fixes: <X> \"a: b\"", Some("a: b")),
        ("Fixes: <X>, (\"a: b\")", Some("a: b")),
        ("Fixes: commit <X>", None),
        ("Fixes: <X>", None),
        ("fixes:<X>", None),
        ("Fixes:\n <X>", None),
        ("Fixes commit: <X>", None),
        ("Text without a full stop\nFixes: <X>", None),
        ("Fixes: <X> (\"a: b", None),
    ] {
        let facts = facts(body);
        assert_eq!(hashes(&facts.fixes), [X], "{body}");
        assert_eq!(facts.fixes[0].subject.as_deref(), subject, "{body}");
        assert_eq!(facts.origins, [], "{body}");
    }
    let facts = facts("Fixes: 1234567 (\"a\")\nFixes: <X> (\"b\")\nFixes: <X> (\"b\")\nCc: a@example.org");
    assert_eq!(hashes(&facts.fixes), ["1234567", X]);
}

#[test]
fn hashes_are_lower_case_and_may_be_abbreviated() {
    let facts = MessageFacts::parse("a\r\n\r\n[ Upstream commit ABCDEF0123456 ]\r\n");
    assert_eq!(hashes(&facts.origins), ["abcdef0123456"]);
    assert_eq!(MessageFacts::parse("a\n\ncommit abcdef upstream.").origins, []);
}

#[test]
fn subject_is_the_first_paragraph() {
    assert_eq!(MessageFacts::parse("\n\n  a\n b  c\n\nd").subject, "a b c");
    assert_eq!(MessageFacts::parse(""), MessageFacts::default());
}

/// Pieces from which messages are made that get deep into the parser.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        "[0-9a-fA-F]{1,45}",
        "\\PC{0,8}",
        proptest::sample::select(vec![
            " ",
            "\n",
            "\n\n",
            "commit ",
            "upstream",
            "This reverts ",
            "Revert \"",
            "\"",
            "(\"",
            "\")",
            "Fixes: ",
            "(cherry picked from ",
            "[ ",
            " ]",
            ",",
            " and ",
            ".",
            ": ",
            "Author: ",
            "JIRA: 1\n",
            "é",
            "\u{85}",
        ])
        .prop_map(str::to_owned),
    ]
}

proptest! {
    #[test]
    fn any_message_gives_well_formed_hashes(pieces in proptest::collection::vec(piece(), 0..60)) {
        let facts = MessageFacts::parse(&pieces.concat());
        for commit in facts.origins.iter().chain(&facts.reverts).chain(&facts.fixes) {
            prop_assert!((7..=40).contains(&commit.hex.len()));
            prop_assert!(commit.hex.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f')));
        }
    }

    #[test]
    fn any_bytes_can_be_read(message in proptest::collection::vec(any::<u8>(), 0..400)) {
        MessageFacts::parse(&decode(&message, Some(b"iso-2022-jp")));
        MessageFacts::parse(&decode(&message, None));
    }

    #[test]
    fn text_around_a_claim_does_not_hide_it(before in "[a-z \n]{0,300}", after in "[a-z \n]{0,300}") {
        let message = format!("subject\n\n{before}.\n\ncommit {X} upstream.\n\n{after}");
        let facts = MessageFacts::parse(&message);
        prop_assert_eq!(hashes(&facts.origins), [X]);
    }
}

//! What patches say about themselves reaches its readers: the indexer's reader of mail, and git.

use std::ffi::OsStr;
use std::fs;
use std::path::PathBuf;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::real_tools::{git, git_tree, run};
use super::{MemoryRelease, write};
use crate::answer::{CommitIndex, CommitStatus, ReleaseCommit, made_up};
use crate::series::mail_text::one_line;
use crate::series::patch_body::PatchBody;
use crate::series::patch_header::PatchHeader;
use crate::series::patch_key::PatchKey;
use crate::series::patch_mail::PatchMail;
use crate::series::tests::verify;

/// Words in the letters of many scripts, and everything that has a meaning in a mail's head.
fn any_word() -> impl Strategy<Value = String> {
    let odd = [
        "A.",
        "Jr.",
        "B,",
        "\"C\"",
        "\"",
        "\\",
        "(D)",
        "(",
        ")",
        "E@F",
        "<G>",
        "'H'",
        ":",
        ";",
        "[PATCH]",
        "[NET]:",
        "[x]",
        "Re:",
        "=?UTF-8?q?I?=",
        "=?",
        "?=",
        "_",
        "=4A",
        "\t",
        "\r\n",
        "\u{0}",
        "\u{7f}",
        "\u{a0}",
        "\u{3000}",
        "\u{fffd}",
        "\u{200b}",
        "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}",
        "\u{1f600}",
        "e\u{301}\u{323}",
        "---",
    ];
    prop_oneof![
        "[A-Z][a-z]{0,12}",
        "[\u{c0}-\u{ff}]{1,12}",
        "[\u{100}-\u{17f}]{1,12}",
        "[\u{391}-\u{3a1}\u{3b1}-\u{3c9}]{1,12}",
        "[\u{410}-\u{44f}]{1,20}",
        "[\u{5d0}-\u{5ea}]{1,12}",
        "[\u{621}-\u{63a}]{1,12}",
        "[\u{905}-\u{939}]{1,12}",
        "[\u{e01}-\u{e30}]{1,12}",
        "[\u{3041}-\u{3096}]{1,12}",
        "[\u{4e00}-\u{9fa5}]{1,12}",
        "[\u{ac00}-\u{d7a3}]{1,12}",
        prop::sample::select(odd.to_vec()).prop_map(str::to_owned),
    ]
}

/// Words, with blanks between them or without.
fn any_words(most: usize) -> impl Strategy<Value = String> {
    (prop::collection::vec(any_word(), 0..most), prop::sample::select(vec![" ", "", "  "]))
        .prop_map(|(words, separator)| words.join(separator))
}

fn any_author() -> impl Strategy<Value = String> {
    let name = prop_oneof![4 => any_words(5), 1 => any_words(60), 1 => "[a-z]{200}", 1 => ".{0,40}"];
    let address = prop_oneof![
        6 => "[a-z]{1,9}@[a-z]{1,40}\\.example",
        1 => prop::sample::select(vec![
            "root@(none)", "a at b.example", "a b@c", "", "unknown", "\"a b\"@c", "@", "a@b@c", "a@b>", "\\", "(a", ".a@b.",
            "\u{e9}@b", "=?UTF-8?q?a?=@b", "a@b, c@d", "a",
        ]).prop_map(str::to_owned),
        1 => "[a-z]{300}@b",
        1 => ".{0,20}",
    ];
    (name, address).prop_map(|(name, address)| format!("{name} <{address}>"))
}

fn any_subject() -> impl Strategy<Value = String> {
    prop_oneof![6 => any_words(20), 1 => "x{990,1100}", 1 => ".{0,200}"]
}

fn commit(place: usize, author: &str, subject: &str) -> ReleaseCommit {
    let is_whole = !place.is_multiple_of(4);
    ReleaseCommit {
        status: if is_whole { CommitStatus::Complete } else { CommitStatus::Partial },
        author: author.into(),
        subject: subject.into(),
        author_date: format!("20{:02}-02-03T10:20:30-0{}:30", place % 90, place % 9),
        ..made_up::commit(&format!("{:040x}", place + 1))
    }
}

fn mail(author: &str, subject: &str) -> PatchMail {
    PatchMail::new(&PatchKey::Origin(CommitIndex(0)), &[commit(1, author, subject)], None)
}

/// The text of a patch without an upstream message.
fn body(mail: &PatchMail) -> PatchBody {
    let commits = [commit(1, &mail.author.to_string(), &mail.subject)];
    PatchBody::new(&PatchKey::Origin(CommitIndex(0)), &commits, mail, None)
}

/// What git makes of a mail: author's name, address and subject.
fn read_by_git(head: &str) -> [String; 3] {
    let folder = tempfile::tempdir().unwrap();
    let said = git(folder.path(), &["mailinfo", "-b", "message", "patch"], head.as_bytes());
    ["Author: ", "Email: ", "Subject: "]
        .map(|field| said.lines().find_map(|line| line.strip_prefix(field)).unwrap_or_default().to_owned())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn heads_are_read_back_by_git_and_by_the_indexer(author in any_author(), subject in any_subject()) {
        let mail = mail(&author, &subject);
        let head = PatchHeader::Plain.text(&mail, &body(&mail), "");
        prop_assert!(head.lines().skip(1).take_while(|line| !line.is_empty()).all(|line| line.len() <= 998));
        let text = hunktrace_indexer::patch::parse(
            format!("{head}diff --git a/x b/x\nold mode 100644\nnew mode 100755\n").as_bytes(),
        );
        prop_assert_eq!(&text.problems, &[]);
        prop_assert_eq!(text.patches[0].author.clone(), Some(mail.author.to_string()));
        prop_assert_eq!(text.patches[0].subject.clone(), Some(mail.full_subject()));
        let expected = [mail.author.name_in_git(), &mail.author.address, &mail.subject].map(str::to_owned);
        prop_assert_eq!(read_by_git(&head), expected);
    }

    #[test]
    fn nothing_is_lost_of_what_git_can_take(
        name in "[A-Z\u{c0}-\u{ff}\u{410}-\u{44f}\u{4e00}-\u{9fa5}][a-z .,\"\\\\()'\u{410}-\u{44f}]{0,18}[a-z\u{4e00}-\u{9fa5}]",
        address in "[a-z]{1,30}@[a-z]{1,30}\\.example",
        subject in any_subject(),
    ) {
        let author = format!("{name} <{address}>");
        let mail = mail(&author, &subject);
        prop_assert_eq!(mail.author.to_string(), format!("{} <{address}>", one_line(&name)));
        prop_assert!(mail.author.is_as_given && !body(&mail).text().contains("Author-of-origin"));
        let given = one_line(&subject);
        prop_assert_eq!(mail.subject, if given.is_empty() { "(no subject)" } else { &given });
    }
}

#[test]
fn author_that_git_cannot_take_stands_in_the_body() {
    let author = format!("{}<a@b>", "Word ".repeat(40));
    let mail = mail(&author, "x");
    assert_eq!(mail.author.to_string(), format!("{}<a@b>", "Word ".repeat(12)));
    let commits = [commit(1, &author, "x")];
    let body = PatchBody::new(&PatchKey::Origin(CommitIndex(0)), &commits, &mail, None).text();
    assert!(body.ends_with(&format!("\nAuthor-of-origin: {author}")), "{body}");
}

#[test]
fn git_am_gives_the_commits_that_were_meant() {
    const PATCHES: usize = 120;
    let mut runner = TestRunner::deterministic();
    let mut draw = |place| {
        let drawn = (any_author(), any_subject()).new_tree(&mut runner).unwrap().current();
        commit(place, &drawn.0, &drawn.1)
    };
    let commits: Vec<ReleaseCommit> = (0..PATCHES).map(&mut draw).collect();
    let mut release = MemoryRelease::default();
    let text: String = (0..=PATCHES).map(|line| format!("{line}\n")).collect();
    release.add("x.c", Some((0o100644, b"old\n")), Some((0o100644, text.as_bytes())));
    // The last line is the vendor's.
    let files =
        release.owned_files(|_, line| line.map(|line| line.1 - 1).filter(|line| *line < PATCHES as u32));

    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path().join("patches");
    let patches = write(&folder, &commits, None, &files, &release).unwrap();
    assert_eq!(patches.len(), PATCHES + 1);
    verify(&folder, &patches, &files, &release).unwrap();

    let repo = temporary.path().join("repo");
    fs::create_dir(&repo).unwrap();
    git(&repo, &["init", "-q"], b"");
    let base = git_tree(&repo, &release.old);
    let base = git(&repo, &["commit-tree", "-m", "base", &base], b"");
    git(&repo, &["reset", "-q", "--hard", &base], b"");
    let names: Vec<PathBuf> = patches.iter().map(|patch| folder.join(&patch.name)).collect();
    let mut arguments: Vec<&OsStr> =
        ["am", "--quiet", "--keep-cr", "--keep-non-patch"].map(OsStr::new).into();
    arguments.extend(names.iter().map(|name| name.as_os_str()));
    run(&repo, "git", &arguments, b"");

    let log =
        git(&repo, &["log", "--reverse", "--format=%an|%ae|%ad|%s", "--date=raw", &format!("{base}..")], b"");
    let meant = patches.iter().map(|patch| {
        let mail = &patch.mail;
        format!("{}|{}|{}|{}", mail.author.name_in_git(), mail.author.address, mail.date, mail.subject)
    });
    let log: Vec<&str> = log.lines().collect();
    assert_eq!(log.len(), patches.len());
    for (commit, meant) in log.into_iter().zip(meant) {
        assert_eq!(commit, meant);
    }
}

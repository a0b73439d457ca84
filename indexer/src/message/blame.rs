//! Commits whose fault a message says to mend, in other words than a `Fixes:` line.
//!
//! Before there were such lines, and still where nobody writes them, messages say it in prose: "this was introduced by
//! commit X", "commit X broke it", "since commit X". A commit is blamed where the words around its hash blame it, or where
//! the message mends something and begins to tell of the commit as the cause.

use std::sync::LazyLock;

use regex::bytes::Regex;

use super::commit_ref::CommitRef;
use super::facts::{MessageFacts, subject_of};
use super::mention::{Mention, Mentions, paragraph_part};

/// How far before a hash the words are looked at, in bytes.
const MAX_LEAD: usize = 160;
/// How far behind a hash, and the subject that is given with it, the words are looked at, in bytes.
const MAX_TAIL: usize = 160;

/// What may stand between the blame and a hash.
const COMMIT_WORDS: &str = r"\ (?:the\ |my\ |recent\ |following\ |mainline\ |git\ |upstream\ |linux\ )*(?:commits?|patch|changeset|change|sha1|id)?(?:\ ids?)?:?\ ?[(\[]?$";

/// The words before a hash that blame a commit by themselves.
static BLAMING_LEAD: LazyLock<Regex> = LazyLock::new(|| {
    let blame = r"(?x-u)
        (?: (?:regression|breakage|fallout|fall-out|bug|problem|leak|race|omission|mistake|typo|oops|crash|misspelling
              |bogosity|thinko|discrepancy)s?\b[^.]{0,60}?\ (?:from|in|of|since|after|by|with)
          | \b(?:caused|broken|regressed|broke|breaks|exposed|triggered|uncovered)\ (?:\w+\ ){0,3}?(?:by|in|with|since|after|due\ to)
          | \b(?:this|which|patch)\ fixe[sd]\ (?:an?\ |the\ )?(?:\w+\ ){0,4}?(?:in|from|of|by)
        )";
    Regex::new(&format!("{blame}{COMMIT_WORDS}")).expect("a valid pattern")
});

/// Words of which [`BLAMING_LEAD`] needs one: looking for them is cheap, and most leads have none.
static BLAMING_WORD: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?-u)regression|breakage|fallout|fall-out|bug|problem|leak|race|omission|mistake|typo|oops|crash|misspelling|bogosity|thinko|discrepancy|caused|broke|regressed|breaks|exposed|triggered|uncovered|fixe[sd]",
    )
    .expect("a valid pattern")
});

/// The words before a hash that say where something comes from, which blames where the message mends something.
static BRINGING_LEAD: LazyLock<Regex> = LazyLock::new(|| {
    let bring = r"(?x-u) \b(?:(?:introduced|reintroduced|created|brought)\ (?:\w+\ ){0,3}?|added\ )(?:by|in|with|from|since)";
    Regex::new(&format!("{bring}{COMMIT_WORDS}")).expect("a valid pattern")
});

/// Words of which [`BRINGING_LEAD`] needs one.
static BRINGING_WORD: LazyLock<Regex> =
    LazyLock::new(|| Regex::new("(?-u)introduced|created|brought|added").expect("a valid pattern"));

/// The words before a hash of a commit that mends something itself: it is spoken of, and not blamed.
static MENDING_LEAD: LazyLock<Regex> = LazyLock::new(|| {
    let mend = r"(?x-u) (?:\b(?:fix(?:ed|es)?|solve[sd]|resolve[sd]|addresse[sd]|corrected|repaired|mended|given|done)
        \ (?:ages\ ago\ |long\ ago\ |already\ |recently\ |later\ |back\ in\ \d{4}\ )?(?:by|in|with|from)
        |\b(?:bug|problem|regression|mistake|typo|race)s?\ (?:like|such\ as|similar\ to)\ [^.]{0,40}\ (?:by|in|with|from|of))";
    Regex::new(&format!("{mend}{COMMIT_WORDS}")).expect("a valid pattern")
});

/// The words before a hash that say when something began, which blames where the message mends something.
static DATING_LEAD: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?x-u) \b(?:since|after|because\ of|due\ to|as\ of)
        \ (?:the\ |recent\ |following\ |mainline\ |git\ |upstream\ )*
        (?:commits?|patch|changeset|change)?(?:\ ids?)?:?\ ?[(\[]?$",
    )
    .expect("a valid pattern")
});

/// The words before a hash where the commit is what the sentence is about.
static NAMING_LEAD: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?x-u) (?:^|[.:;]\ |\bbut\ |\bhowever,?\ |\bunfortunately,?\ )
        (?:in\ |my\ |the\ |recent\ |following\ |previous\ |earlier\ |git\ )*
        (?:commits?|patch|changeset|change)?(?:\ ids?)?:?\ ?[(\[]?$",
    )
    .expect("a valid pattern")
});

/// What is said behind a hash of a commit that did something wrong.
static BLAMING_TAIL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?x-u) ^[\s\W]*(?:[^.\n]{0,80}?\ )?
        (?: broke | breaks | broken | forgot | forgets | accidentally | inadvertently | mistakenly | erroneously
          | incorrectly | wrongly | unintentionally | neglected | overlooked | missed | misses | regress\w*
          | introduced\ (?:an?|the|some|several)\ (?:\w+\ ){0,3}?(?:bug|regression|problem|race|leak|warning|deadlock|error
              |issue|crash|oops|hang|typo|breakage|dependency|section\ mismatch)
          | caused | causes | (?:has\ |have\ )?(?:a|an)\ (?:bug|typo|race|leak)
          | failed\ to | fails\ to | did(?:\ not|n't) | does(?:\ not|n't) | should\ (?:not\ )?have | went\ too\ far
          | left\ (?:\w+\ ){0,3}?(?:behind|out|over|unused|dangling)
          | reversed | reverses | makes?\ (?:\w+\ ){0,4}?(?:fail|crash|hang|impossible|break)
          | prevent(?:s|ed) | exposed | exposes | resulted | results | leads | led )\b",
    )
    .expect("a valid pattern")
});

/// Words of which [`BLAMING_TAIL`] needs one.
static BLAMING_TAIL_WORD: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?-u)broke|breaks|forgot|forgets|accidentally|inadvertently|mistakenly|erroneously|incorrectly|wrongly|unintentionally|neglected|overlooked|misse[ds]|regress|introduced|cause[ds]|bug|typo|race|leak|failed|fails|did|does|should|went|left|reverse[ds]|makes?|prevents|prevented|expose[ds]|resulted|results|leads|led",
    )
    .expect("a valid pattern")
});

/// Subjects of commits that mend something.
static MENDING_SUBJECT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?x-u) \b(?:fix\w*|regression\w*|broken|breakage|unbreak|repair\w*|correct\w*|restore\w*|prevent\w*|avoid\w*|don'?t
        |do\ not|missing|missed|leak\w*|oops\w*|crash\w*|panic\w*|warning\w*|error\w*|bug\w*|race\w*|deadlock\w*|overflow\w*
        |null|dereference|revert\w*|undo|wrong|bogus|typo|silence|handle|ensure|make\ sure|properly
        |(?:work|compile|build|boot|usable|possible|run)\w*\ again)\b",
    )
    .expect("a valid pattern")
});

/// The commits that a message blames for what it mends, in the order of the message, each once; without those that it
/// carries, undoes, or names in `Fixes:` lines. It takes time linear in the message's length.
pub fn blamed_commits(message: &str) -> Vec<CommitRef> {
    let mut mends = None;
    let mut blamed: Vec<CommitRef> = Vec::new();
    for mention in Mentions::new(message) {
        if !is_blamed(message, &mention, &mut mends) {
            continue;
        }
        for commit in mention.commits {
            let is_known = blamed.iter().any(|known| known.hex == commit.hex);
            let has_letters_and_digits = commit.hex.bytes().any(|digit| digit.is_ascii_digit())
                && commit.hex.bytes().any(|digit| digit.is_ascii_lowercase());
            let is_address = commit.hex.starts_with("ffff");
            if !is_known && has_letters_and_digits && !is_address {
                blamed.push(commit);
            }
        }
    }
    if blamed.is_empty() {
        return blamed;
    }
    let facts = MessageFacts::parse(message);
    let said = || facts.origins.iter().chain(&facts.reverts).chain(&facts.fixes);
    blamed.retain(|commit| !said().any(|said| said.hex == commit.hex));
    blamed
}

/// Whether a mention blames its commits; `mends` keeps whether the message mends something, once that was asked.
fn is_blamed(message: &str, mention: &Mention, mends: &mut Option<bool>) -> bool {
    let lead = lead_of(&message[..mention.start]);
    let lead = lead.as_bytes();
    let is_blaming = BLAMING_WORD.is_match(lead) && BLAMING_LEAD.is_match(lead);
    let speaks = is_blaming
        || mends_something(message, mends)
            && (BRINGING_WORD.is_match(lead) && BRINGING_LEAD.is_match(lead)
                || DATING_LEAD.is_match(lead)
                || NAMING_LEAD.is_match(lead) && is_blamed_behind(&message[mention.end..]));
    speaks && !MENDING_LEAD.is_match(lead)
}

fn mends_something(message: &str, mends: &mut Option<bool>) -> bool {
    *mends.get_or_insert_with(|| MENDING_SUBJECT.is_match(subject_of(message).to_lowercase().as_bytes()))
}

/// Whether what is said behind a hash blames its commit.
fn is_blamed_behind(text: &str) -> bool {
    let tail = paragraph_part(text, MAX_TAIL).to_lowercase();
    let tail = tail.split_whitespace().collect::<Vec<_>>().join(" ");
    BLAMING_TAIL_WORD.is_match(tail.as_bytes()) && BLAMING_TAIL.is_match(tail.as_bytes())
}

/// The words before a hash in its paragraph, in lower case, with white space collapsed.
fn lead_of(before: &str) -> String {
    let paragraph = before.rfind("\n\n").map_or(0, |end| end + 2);
    let mut start = before.len().saturating_sub(MAX_LEAD).max(paragraph);
    while !before.is_char_boundary(start) {
        start += 1;
    }
    let words: Vec<&str> = before[start..].split_whitespace().collect();
    let lead = words.join(" ").to_lowercase();
    if before.ends_with(char::is_whitespace) && !lead.is_empty() { lead + " " } else { lead }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blamed(message: &str) -> Vec<String> {
        blamed_commits(message).into_iter().map(|commit| commit.hex).collect()
    }

    #[test]
    fn commits_that_introduced_a_fault_are_blamed() {
        for message in [
            "drm: x\n\nFix this. Problem introduced in a00b10c360b35d6431a94cbf130a4e162870d661.",
            "x: y\n\nThis problem was introduced by commit\na00b10c360b3 (\"drm: z\").",
            "x: y\n\nThis regression was caused by commit a00b10c360b3.",
            "x: fix a thing\n\nCommit a00b10c360b3 (\"mm: y\") broke the build.",
            "x: fix a thing\n\nSince commit a00b10c360b3 (\"mm: y\"), nothing works.",
            "x: fix a thing\n\nAfter commit a00b10c360b3, it crashes.",
            "x: fix a thing\n\nMy commit a00b10c360b3 \"mm: y\" forgot to unlock.",
            "x: fix a thing\n\nThe recent commit a00b10c360b3 missed one caller.",
        ] {
            let expected = ["a00b10c360b35d6431a94cbf130a4e162870d661", "a00b10c360b3"];
            let found = blamed(message);
            assert!(found.len() == 1 && expected.contains(&found[0].as_str()), "{message}: {found:?}");
        }
    }

    #[test]
    fn commits_that_are_only_spoken_of_are_not_blamed() {
        for message in [
            "x: add a thing\n\nAs explained in commit a00b10c360b3 (\"mm: y\"), it is wanted.",
            "x: add a thing\n\nSince commit a00b10c360b3 the thing can be added.",
            "x: use a macro, again\n\nMore users came after the commit a00b10c360b3 (mm: y).",
            "x: use the other lock\n\nThe real bug here was fixed back in 2006 in a00b10c360b3: \"y\".",
            "x: remove a thing\n\nThe thing was added by commit a00b10c360b3 and is not used.",
            "x: fix a thing\n\nThis does the same as commit a00b10c360b3.",
            "x: drop a workaround\n\nOf a bug that has been fixed ages ago by the commit a00b10c360b3.",
            "x: use a macro\n\nThis is less prone to bugs like we saw in a00b10c360b3.",
            "x: fix a thing\n\nThe bug is like the one that was fixed by commit a00b10c360b3.",
            "x: fix a thing\n\nFixes: a00b10c360b3 (\"mm: y\")",
            "x: fix a thing\n\nThis reverts commit a00b10c360b35d6431a94cbf130a4e162870d661.",
            "x: fix a thing\n\ncommit a00b10c360b35d6431a94cbf130a4e162870d661 upstream.",
            "x: fix a thing\n\nRIP: 0010:[<ffffffff8148bfdd>] after ffffffff814ad1b7",
        ] {
            assert_eq!(blamed(message), [] as [&str; 0], "{message}");
        }
    }
}

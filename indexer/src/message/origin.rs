//! The ways in which stable and vendor commits name the commit they carry.
//!
//! Two things tell such a claim from prose about a commit: it is the beginning of its statement, and nothing follows
//! that would go on with a verb ("upstream commit X broke this").

use std::sync::LazyLock;

use regex::Regex;

use super::mention::Mention;
use super::statement::Statement;

/// Fewest digits of a hash that follows "upstream" without the word "commit".
const MIN_DIGITS_WITHOUT_COMMIT: usize = 12;

/// Claims by their lead alone.
static BY_LEAD: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?x)
        # (cherry picked from commit X), cherry-picked from upstream commit X, Backported-from: X, wherever it stands
        (?:^|[^a-z])(?:cherry[-\ ]?pick(?:ed|s)?|back[-\ ]?port(?:ed|s)?)(?:\ and\ [a-z]+)?(?:\ to\ \S+)?[-\ ]from:?(?:\ the)?
            (?:\ (?:\S+\ ){0,4}(?:commits?|changesets?)(?:[-\ ]ids?)?
                |\ (?:upstream|mainline)
                |\ (?:\S+\ )?https?://\S*(?:commits?|linus|/c|[?;&]id|[?;&]h))?:?$

        # Backport of commit X; This is a backport of the upstream commits:
        | ^(?:this\ )?(?:(?:patch|commit|change)\ )?(?:\([^)]{1,40}\)\ )?(?:(?:is|was)\ )?(?:an?\ )?
            (?:(?:stable|partial|straight|straightforward|simple|direct|clean|manual|combined|resubmit)\ )?
            (?:back[-\ ]?ports?(?:\ version)?|cherry[-\ ]?pick)(?:[-\ ]of)?:?(?:\ the)?(?:\ following)?
            (?:\ [^\ ]{1,40}(?:'s|s'))?(?:\ (?:upstream|mainline|linux|git))*
            (?:\ ?(?:commits?|patch(?:es)?|changes?)?(?:[-\ ]ids?)?
                |\ https?://\S*(?:commits?|linus|/c|[?;&]id|[?;&]h))
            (?:\ all\ as\ one\ patch|\ as\ one\ patch)?:?$

        # This is a copy of commit X, copied from commit X
        | ^(?:[a-z.\ ]{1,40}:\ )?(?:(?:basically|essentially|effectively),?\ )?
            (?:(?:this\ )?(?:(?:patch|commit|change)\ )?(?:\([^)]{1,40}\)\ )?(?:is|was)\ (?:basically\ )?(?:an?\ )?)?
            (?:(?:1:1|exact|plain|straight|direct|verbatim)\ )?(?:cop(?:y|ied)|ported|port)\ (?:of|from)(?:\ the)?
            (?:\ (?:upstream|mainline|linux|git|\S+\.[chs]))*
            \ (?:commits?(?:[-\ ]ids?)?|https?://\S*(?:commits?|linus|/c|[?;&]id|[?;&]h)):?$

        # original commit: https://git.example.org/linux/commit/X, original patch commit ids: X
        | ^(?:org|orig|original)\ (?:patch\ )?(?:git\ )?commits?(?:[-\ ]ids?)?:
            (?:\ https?://\S*(?:commits?|linus|/c|[?;&]id|[?;&]h))?$
        | ^commit:\ https?://\S*(?:commits?|linus|/c|[?;&]id|[?;&]h)$

        # X-Git-Url: https://git.example.org/?p=linux.git;a=commitdiff;h=X, Source: the same
        | ^(?:x-git-url|source):\ https?://\S*(?:/commits?|/linus|/c|[?;&]id|[?;&]h)$

        # Git-commit: X, Upstream commit: X, upstream in 3.2-rc1: X
        | ^(?:x-)?(?:(?:git|alt)[-\ ]commits?|(?:original\ )?(?:upstr[a-z]*|mainline)
            (?:[-\ ](?:git[-\ ])?(?:commits?|patch|sha1?|hash))?)(?:[-\ ]ids?)?(?:\ in\ \S+)?:
            (?:\ (?:git\ )?commits?:?)?$

        # Origin: X, Origin: backport, https://git.kernel.org/linus/X
        | ^origin:(?:\ ?(?:upstream|backport|mainline)(?-u:\b))?[,:]?
            (?:\ (?:git\ )?commits?:?|\ ?commit:|\ \[?https?://\S*(?:commits?|linus|/c|[?;&]id|[?;&]h))?$

        # Upstream-Status: Backport [https://git.kernel.org/linus/X]
        | ^upstream[-\ ]status:(?:\ (?:backport(?:ed)?|accepted|merged|applied))?[,:;]?
            (?:\ (?:from\ )?commits?|\ \[?https?://\S*(?:commits?|linus|/c|[?;&]id|[?;&]h))?$
        | ^upstream[-\ ]status:\ in\ (?:upstream|mainline|linus'?s?)(?:\ (?:git|tree))*[,:]?
            (?:\ [(\[]?commits?)?$

        # mainline inclusion / from mainline-v5.10 / commit X
        | ^[a-z0-9_.-]+(?:\ [a-z0-9_.-]+)?\ inclusion\ (?:.*\ )?commit:?$
        ",
    )
    .expect("a valid pattern")
});

/// The lead of "Upstream commit X", which may also go on as prose.
static UPSTREAM_COMMIT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?x)
        ^(?:
            (?:this\ )?(?:(?:patch|commit|change)\ )?(?:is|was|matches|equals|corresponds\ to)\ (?:the\ )?
            | (?:(?:a\ )?combination\ of|(?:partially\ )?based\ on(?:\ the)?|from|(?:the\ )?original)[\ ]
        )?
        (?:(?:upstr[a-z]*|mainline|linus'?s?|linux)\ ){1,2}
        (?:git\ )?(?:commits?|patch(?:es)?|changesets?|sha1?|hash)(?:[-\ ]ids?)?(?:\ (?:is|are))?$",
    )
    .expect("a valid pattern")
});

/// What follows "Upstream commit X" where the claim ends with it.
static ENDS_CLAIM: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?x)
        ^(?:
            \s*$ | \s*[.;\])]
            | ,?\s(?:by|as|with|and|but|merged|backported|backport|plus|upstream|which\sfix(?:es)?)(?-u:\b)
            | \n[a-z][a-z0-9-]*:\s | \n[\[(]
        )",
    )
    .expect("a valid pattern")
});

/// What follows "Upstream X" where "commit" stands behind the hash.
static ENDS_WITH_COMMIT: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^\scommits?\s*(?:$|[.;)\]\n])").expect("a valid pattern"));

/// The same where the statement stands in brackets: nobody puts half a sentence there.
static ENDS_BRACKETED_CLAIM: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^(?:[,:]|\s[-=]|\n)").expect("a valid pattern"));

/// The lead of "commit X upstream".
static COMMIT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?x)
        ^(?:
            (?:this\ )?(?:(?:patch|commit|change)\ )?(?:is|was|matches|equals|corresponds\ to)\ (?:the\ )?
            | a\ combination\ of\ | combination\ of\ | based\ on\ | from\ 
        )?
        (?:git\ )?(?:commits?|changesets?|patch(?:es)?|sha1?)(?:[-\ ]ids?)?:?$",
    )
    .expect("a valid pattern")
});

/// What follows "commit X" where that is a claim.
static UPSTREAM: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?x)
        ^[)\]>'\x22`]?[,:]?\s+(?:(?:in|from|of)\s(?:the\s)?)?(?:linux[-\ ])?
        (?:upstr[a-z]*|mainline|linus'?s?(?:\s(?:git\s)?tree)?)(?:\s(?:tree|kernel|linux|git|commit))?
        (?:
            [^a-z0-9\ ] | $
            | \ (?:by|as|with|and|but|merged|backported|backport|for|plus|via|in|since|from)(?-u:\b) | \ [^a-z]
        )",
    )
    .expect("a valid pattern")
});

/// What leads over to one claim after the other: "Two upstream commits squashed together:".
static SQUASHED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:^|[^a-z])(?:squash|combin|included|follow-on|back-?port).*:\ $").expect("a valid pattern")
});

/// What takes the claim back that "Backport of commit X" or "BACKPORT: X" may be: that the sentence goes on.
static GOES_ON: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?x)
        ^\s(?:is\s|was\s)?not(?-u:\b)
        | ^(?:[^.,;:()\[\]]|\.[0-9]){0,60}\s(?:is|was|were|has|had|did|does|triggers?|triggered|causes?|caused|breaks?|broke
            |introduces?|introduced|miss(?:es|ed)|fail(?:s|ed)|forgot|lack(?:s|ed)|dropped|left|leaves|made|makes
            |removed|resulted|led|exposed)(?-u:\b)",
    )
    .expect("a valid pattern")
});

/// Whether the statement claims that the commits are what this commit carries.
pub(super) fn is_origin(statement: &Statement, mention: &Mention) -> bool {
    let before = statement.lines_before();
    let is_squash = || !before.is_empty() && SQUASHED.is_match(before);
    is_claim(&statement.lead, statement, mention)
        || (is_squash() && is_claim(statement.line_lead(), statement, mention))
}

/// Whether a statement that leads to the commits with `lead` is a claim.
fn is_claim(lead: &str, statement: &Statement, mention: &Mention) -> bool {
    let tail = &statement.tail;
    // By far the most common words, with and without a claim.
    if lead == "commit" || COMMIT.is_match(lead) {
        let is_header = lead == "commit-id:" || (lead == "commit:" && is_whole_line(tail, mention));
        return is_header || UPSTREAM.is_match(tail);
    }
    if BY_LEAD.is_match(lead) {
        // Addresses lead to bugs as well, which have numbers.
        if lead.contains("://") && mention.commits.iter().any(|commit| is_number(&commit.hex)) {
            return false;
        }
        let is_noun = (lead.starts_with("back") || lead.starts_with("cherry")) && !lead.contains("from");
        return !(is_noun && GOES_ON.is_match(tail));
    }
    let is_long = mention.commits.iter().all(|commit| commit.hex.len() >= MIN_DIGITS_WITHOUT_COMMIT);
    let is_bare_upstream = matches!(lead, "upstream" | "mainline") && is_long;
    if is_bare_upstream && (tail.starts_with('\n') || ENDS_WITH_COMMIT.is_match(tail)) {
        return true;
    }
    if is_long && matches!(lead, "based on upstream's" | "partially based on upstream's") {
        return ENDS_CLAIM.is_match(tail);
    }
    (is_bare_upstream || UPSTREAM_COMMIT.is_match(lead))
        && (ENDS_CLAIM.is_match(tail) || (statement.is_bracketed && ENDS_BRACKETED_CLAIM.is_match(tail)))
}

/// Whether digits may be the number of a bug.
fn is_number(hex: &str) -> bool {
    hex.len() < MIN_DIGITS_WITHOUT_COMMIT && hex.bytes().all(|digit| digit.is_ascii_digit())
}

/// Whether nothing but the hash stands on the line behind its lead: a commit with a title is rather talked about.
fn is_whole_line(tail: &str, mention: &Mention) -> bool {
    (tail.is_empty() || tail.starts_with('\n'))
        && mention.commits.iter().all(|commit| commit.subject.is_none())
}

/// Whether the statement says that the commits are upstream, and not only that they were copied.
pub(super) fn names_upstream(statement: &Statement) -> bool {
    let is_copied = COPIED.is_match(&statement.lead);
    !is_copied
        || UPSTREAM_WORDS.is_match(&statement.lead)
        || UPSTREAM_WORDS.is_match(first_line(&statement.tail))
}

/// The words for a commit of any tree.
static COPIED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"pick|from|cop(?:y|ied)|://|^commit:$|^(?:org|orig|original)\ (?:patch\ )?(?:git\ )?commit")
        .expect("a valid pattern")
});

/// The words for the tree that origins are in.
static UPSTREAM_WORDS: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"upstr|mainline|linus|torvalds").expect("a valid pattern"));

fn first_line(text: &str) -> &str {
    text.trim_start_matches('\n').lines().next().unwrap_or_default()
}

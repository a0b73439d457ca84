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
        (?:^|[^a-z])(?:cherry[-\ ]?pick(?:ed|s)?|back[-\ ]?port(?:ed|s)?)(?:\ and\ [a-z]+)?[-\ ]from:?(?:\ the)?
            (?:\ (?:\S+\ ){0,4}(?:commits?|changesets?)(?:[-\ ]ids?)?
                |\ (?:upstream|mainline)
                |\ (?:\S+\ )?https?://\S*(?:commits?|linus|/c|[?;&]id|[?;&]h))?:?$

        # Backport of commit X; This is a backport of the upstream commits:
        | ^(?:this\ )?(?:(?:patch|commit|change)\ )?(?:(?:is|was)\ )?(?:an?\ )?
            (?:(?:stable|partial|straight|straightforward|simple|direct|clean|manual|combined|resubmit)\ )?
            (?:back[-\ ]?ports?(?:\ version)?|cherry[-\ ]?pick)(?:[-\ ]of)?:?(?:\ the)?(?:\ following)?
            (?:\ (?:upstream|mainline|linux|git))*\ ?(?:commits?|patch(?:es)?|changes?)?(?:[-\ ]ids?)?
            (?:\ all\ as\ one\ patch|\ as\ one\ patch)?:?$

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
            | a\ combination\ of\ | combination\ of\ | based\ on\ | from\ | original\ | the\ original\
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
            | ,?\s(?:by|as|with|and|but|merged|backported|backport|plus|upstream)(?-u:\b)
            | \n[a-z][a-z0-9-]*:\s | \n[\[(]
        )",
    )
    .expect("a valid pattern")
});

/// The same where the statement stands in brackets: nobody puts half a sentence there.
static ENDS_BRACKETED_CLAIM: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^(?:[,:]|\s-|\n)").expect("a valid pattern"));

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

/// Whether the statement claims that the commits are what this commit carries.
pub(super) fn is_origin(statement: &Statement, mention: &Mention) -> bool {
    let Statement { lead, tail, .. } = statement;
    // By far the most common words, with and without a claim.
    if lead == "commit" || COMMIT.is_match(lead) {
        return UPSTREAM.is_match(tail);
    }
    if BY_LEAD.is_match(lead) {
        return true;
    }
    let is_bare_upstream = matches!(lead.as_str(), "upstream" | "mainline")
        && mention.commits.iter().all(|commit| commit.hex.len() >= MIN_DIGITS_WITHOUT_COMMIT);
    if is_bare_upstream && tail.starts_with('\n') {
        return true;
    }
    (is_bare_upstream || UPSTREAM_COMMIT.is_match(lead))
        && (ENDS_CLAIM.is_match(tail) || (statement.is_bracketed && ENDS_BRACKETED_CLAIM.is_match(tail)))
}

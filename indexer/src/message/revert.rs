//! "This reverts commit X." and `Revert "subject"`.

use std::sync::LazyLock;

use regex::Regex;

use super::statement::Statement;

/// The words that lead to the hash of an entirely reverted commit. No other words may stand in front of them: "I had
/// to revert X" and "partially reverts X" say something else.
static REVERTS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?x)
        ^(?:(?:note|so|and|as\ such|then|thus|therefore|hence|instead|please)\ ?[,:]?\ )*
        (?:(?:this|it|we)\ (?:(?:one|patch|commit|change|changeset|fix)\ )?)?
        (?:(?:also|just|simply|now|completely|fully|entirely|effectively|actually|manually|let's|lets|let\ us)\ )*
        (?:
            reverts? | fix(?:es|ed)?\ (?:this|it|that)\ by\ reverting
            | is\ (?:an?\ |the\ )?(?:(?:full|complete|effective|manual|straight|plain)\ )?revert\ (?:of|for)
        )
        :?
        (?:\ (?:the|this|these|following|two|three|four|both|[0-9]|git|upstream|mainline|linux|stable|of))*
        (?:\ (?:commits?|patch(?:es)?|changes?|changesets?):?)*(?:[-\ ]ids?)?:?$",
    )
    .expect("a valid pattern")
});

/// The same in a subject line, where "area: " stands in front.
static REVERTS_IN_SUBJECT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?x)
        ^(?:.*[\]:]\ )?revert:?(?:\ (?:commits?|patch|changeset))?:?$",
    )
    .expect("a valid pattern")
});

/// The words that lead to the second name of a reverted commit: "This reverts commit X, which is commit Y upstream".
static REVERTS_ALSO_KNOWN_AS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?x)
        ^(?:this\ )?reverts?\ (?:(?:upstream|mainline|stable)\ )?(?:commit\ )?[0-9a-f]{7,40}
        (?:\ \(.*\))?
        (?:,?\ (?:which|that)\ (?:is|was)|,|\ [\[(]|\ aka)
        \ ?(?:the\ )?(?:(?:upstream|mainline|stable)\ )?commit:?$",
    )
    .expect("a valid pattern")
});

/// What may follow the hash and takes back that it is an entire revert.
static PARTIALLY: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^[\s,(]*(?:partially|partly|in part)(?-u:\b)").expect("a valid pattern"));

/// Whether the statement, which may stand in the message's subject, names the commits as undone, and entirely so.
pub(super) fn is_reverted(statement: &Statement, is_in_subject: bool) -> bool {
    if !statement.lead.contains("revert") || PARTIALLY.is_match(&statement.tail) {
        return false;
    }
    REVERTS.is_match(&statement.lead)
        || REVERTS_ALSO_KNOWN_AS.is_match(&statement.lead)
        || (is_in_subject && REVERTS_IN_SUBJECT.is_match(&statement.lead))
}

/// The subject of the commit that a subject line says to be reverted, if it quotes it.
pub(super) fn reverted_subject(subject: &str) -> Option<String> {
    static QUOTING: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r#"(?i)^(?:[^"]*[\]:] |[^"]* - )?(revert|reapply)[: ]+""#).expect("a valid pattern")
    });
    if !subject.contains('"') {
        return None;
    }
    let words = QUOTING.captures(subject)?;
    let (quoted, rest) = split_quoted(&subject[words.get_match().end()..]);
    // `revert "fix" to some_function()` quotes a word, not a subject.
    if PARTIALLY.is_match(rest) || !quoted.contains(' ') {
        return None;
    }
    let is_reapplied = words[1].eq_ignore_ascii_case("reapply");
    Some(if is_reapplied { format!("Revert \"{quoted}\"") } else { quoted.to_owned() })
}

/// Splits the text behind an opening quote into what is quoted and what follows. Quotes may nest, and the last ones
/// may be missing.
fn split_quoted(text: &str) -> (&str, &str) {
    let text = text.trim_end();
    let mut depth = 1;
    let mut previous = ' ';
    for (position, c) in text.char_indices() {
        if c == '"' {
            let opens = position > 0 && matches!(previous, ' ' | '(' | '[');
            depth = if opens { depth + 1 } else { depth - 1 };
        }
        if depth == 0 {
            // Quotes that are no pairs (5" disk) close too early; one at the very end is the right one then.
            let end = if text.ends_with('"') { text.len() - 1 } else { position };
            return (text[..end].trim(), &text[end + 1..]);
        }
        previous = c;
    }
    (text, "")
}

//! `Fixes: X ("subject")` lines.

use std::sync::LazyLock;

use regex::Regex;

use super::mention::Mention;
use super::statement::Statement;

/// Fewest digits of a hash without letters that cannot be a bug number.
const MIN_DECIMAL_DIGITS: usize = 12;

static FIXES: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?x)
        ^fix(?:es)?(?::|\ commits?|-commit:)
        \ ?(?:the\ |git\ |upstream\ |mainline\ |linux\ )*
        (?:commits?|patch|changeset)?(?:[-\ ]ids?)?:?$",
    )
    .expect("a valid pattern")
});

/// Whether the statement names the commits as the ones that had the bug.
pub(super) fn is_fixed(statement: &Statement, mention: &Mention) -> bool {
    if !statement.lead.contains("fix") {
        return false;
    }
    // Such lines often follow text that has no full stop at its end.
    let says_fixes = FIXES.is_match(statement.line_lead()) || FIXES.is_match(&statement.lead);
    says_fixes
        && mention.commits.iter().all(|commit| {
            commit.subject.is_some()
                || commit.hex.len() >= MIN_DECIMAL_DIGITS
                || commit.hex.bytes().any(|digit| digit.is_ascii_lowercase())
        })
}

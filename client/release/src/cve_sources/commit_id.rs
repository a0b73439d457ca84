//! How sources name commits.

/// Sources abbreviate ids to no fewer digits.
pub(super) const FEWEST_DIGITS: usize = 7;

/// Whether a word is a commit's id, abbreviated or not.
pub(super) fn is_commit_id(word: &str) -> bool {
    (FEWEST_DIGITS..=40).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_hexdigit())
}

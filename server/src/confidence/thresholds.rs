//! Where shares and amounts begin or cease to count as evidence.
//!
//! The evidence is measured by these numbers and told in words that are made from them.

/// Leads below this are none. Tuned: see `docs/constants.md`, `BARE_LEAD`.
pub(super) const BARE_LEAD: f32 = 0.075;

/// This many of a patch's hunks that a commit explains are many. Tuned: see `docs/constants.md`, `MANY_CARRIED`.
pub(super) const MANY_CARRIED: f32 = 10.0;

/// From this share of agreeing lines on a hunk counts as nearly whole. Tuned: see `docs/constants.md`, `NEARLY_WHOLE`.
pub(super) const NEARLY_WHOLE: f32 = 0.8;

/// This many lines that stand nowhere else are enough to tell a commit from all others. Tuned: see `docs/constants.md`,
/// `ENOUGH_LINES`.
pub(super) const ENOUGH_LINES: f32 = 1.5;

/// This many lines that stand nowhere else are as many as count. Tuned: see `docs/constants.md`, `AMPLE_LINES`.
pub(super) const AMPLE_LINES: f32 = 20.0;

/// From this share on hunks in different files are alike. Tuned: see `docs/constants.md`, `HALF_ALIKE`.
pub(super) const HALF_ALIKE: f32 = 0.5;

/// A commit of which this many hunks are not in the patch is as broad as counts. Tuned: see `docs/constants.md`,
/// `MANY_HUNKS`.
pub(super) const MANY_HUNKS: f32 = 10_000.0;

/// Leads beyond this are clear. Tuned: see `docs/constants.md`, `CLEAR_LEAD`.
pub(super) const CLEAR_LEAD: f32 = 0.25;

/// From this share on the text agrees for the most part. Tuned: see `docs/constants.md`, `MOST_TEXT`.
pub(super) const MOST_TEXT: f32 = 0.8;

/// This many words that nothing explains are many; more say no more. Tuned: see `docs/constants.md`, `MANY_ODD_WORDS`.
pub(super) const MANY_ODD_WORDS: f32 = 2.0;

/// From this share of the changed lines on, lines that contradict each other are many; more say no more. Tuned: see
/// `docs/constants.md`, `MANY_CONTRADICTIONS`.
pub(super) const MANY_CONTRADICTIONS: f32 = 0.2;

/// From this agreement on paths are the same: a mean of several hunks' paths is rounded.
pub(super) const SAME_PATH: f32 = 0.999;

//! What became of a hunk of a commit: what attribution says of it, held against the place in the vendor's file.

use super::asked_hunks::AskedHunk;
use super::file_fates::Fate;
use super::hunk_place::HunkPlace;
use super::tree_file::TreeFile;
use crate::attribution::hunk_fate::HunkFate;

/// A hunk that is there has at least this share of its changed lines as the commit leaves them: more is there than not.
pub(super) const THERE_SHARE: f32 = 0.5;

/// From this share on the file alone says that a hunk is there, whatever the difference to the base is.
const EVIDENT_SHARE: f32 = 0.85;

/// Where the file alone has to say it, at least this share of the lines around the change has to be there as well.
const EVIDENT_CONTEXT: f32 = 0.5;

/// Where the file alone has to say it, the added lines have to say at least this much: braces prove nothing.
const EVIDENT_WEIGHT: f32 = 0.3;

/// What became of a hunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HunkState {
    /// It is there.
    There,
    /// Other commits that are there have rewritten it.
    Superseded,
    /// The file does not have it.
    LeftOut,
    /// What it changes was never there: the base's code is already as the commit leaves it, without the commit.
    NothingToDo,
    /// The vendor has no such file.
    NoFile,
    /// It changes a name, a mode, binary content or lines without a word, of which the lines say nothing.
    NoLines,
}

impl HunkState {
    /// How the state is called in every form of output.
    pub fn name(self) -> &'static str {
        match self {
            HunkState::There => "there",
            HunkState::Superseded => "superseded",
            HunkState::LeftOut => "missing",
            HunkState::NothingToDo => "nothing to do",
            HunkState::NoFile => "no such file",
            HunkState::NoLines => "no lines",
        }
    }

    /// Whether it says that the commit is there.
    pub fn is_done(self) -> bool {
        matches!(self, HunkState::There | HunkState::Superseded)
    }

    /// Whether it says that the commit is not there, or not all of it.
    pub fn is_missing(self) -> bool {
        matches!(self, HunkState::LeftOut | HunkState::NoFile)
    }
}

/// Where a hunk belongs in both trees.
#[derive(Clone, Copy, Default)]
pub struct Places<'a> {
    /// In the vendor's file; none where nothing of it is there.
    pub vendor: Option<&'a HunkPlace>,
    /// In the base's file.
    pub base: Option<&'a HunkPlace>,
    /// Whether the vendor's file speaks against the hunk: it applies as it is, or what it takes away, and puts nowhere else in
    /// the file, still stands there.
    pub is_contradicted: bool,
}

/// Whether a file alone says that a hunk is there.
pub fn is_evident(place: &HunkPlace) -> bool {
    place.done_share() >= EVIDENT_SHARE && place.context_share() >= EVIDENT_CONTEXT
}

/// Whether what a file alone shows of a hunk is the hunk's doing: it brings something, or the base has what it takes away.
pub fn is_own_doing(place: &HunkPlace, base: Option<&HunkPlace>) -> bool {
    place.added_weight() >= EVIDENT_WEIGHT || base.is_some_and(|base| base.still_share() >= THERE_SHARE)
}

/// Judges a hunk by its places and by what attribution says of it.
pub fn hunk_state(hunk: &AskedHunk, file: &TreeFile, places: Places<'_>, fate: Option<Fate>) -> HunkState {
    let is_superseded = fate.is_some_and(|fate| fate.fate == HunkFate::Superseded);
    let is_present = fate.is_some_and(|fate| fate.fate == HunkFate::Present);
    let is_rewritten = fate.is_some_and(|fate| fate.by.is_some());
    if file.vendor.is_none() {
        // A present commit that takes the file away takes away what the hunk brought.
        let is_gone = is_superseded || is_present && is_rewritten;
        return match hunk.deletes() {
            true => HunkState::There,
            false if is_gone => HunkState::Superseded,
            false => HunkState::NoFile,
        };
    }
    if hunk.deletes() {
        return HunkState::LeftOut;
    }
    if !hunk.says_something() {
        return HunkState::NoLines;
    }
    let Some(place) = places.vendor else {
        return match is_superseded {
            true => HunkState::Superseded,
            // Of what it takes away, and of all around it, nothing is left.
            false if is_present && file.base.is_some() => HunkState::There,
            false => HunkState::LeftOut,
        };
    };
    // Without a base nobody knows whether what it removes ever stood there: what it brings has to be there.
    let brings = file.base.is_some() || place.added_share() >= THERE_SHARE;
    if is_present && brings && (place.done_share() >= THERE_SHARE || !places.is_contradicted) {
        // What it removes is gone; what it brought has been rewritten.
        let is_rewritten = is_rewritten && place.added_share() < THERE_SHARE;
        return if is_rewritten { HunkState::Superseded } else { HunkState::There };
    }
    if is_evident(place) {
        let is_done =
            !places.base.is_some_and(is_evident) && (file.base.is_none() || is_own_doing(place, places.base));
        return match is_done {
            true => HunkState::There,
            // It takes away what a present commit brought: neither tree shows it.
            false if is_superseded => HunkState::There,
            false => HunkState::NothingToDo,
        };
    }
    if is_superseded { HunkState::Superseded } else { HunkState::LeftOut }
}

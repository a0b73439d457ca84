//! What vendors do to a hunk before it is looked up, made by a seeded generator.

use bstr::BString;
use fastrand::Rng;
use hunktrace_indexer::hunk::Sign;

use crate::accuracy::fragment::{Fragment, Line};

mod comment;
mod identifier;
mod indentation;
mod lines;
mod path;

/// A way in which a vendor's hunk differs from its origin's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Perturbation {
    /// Nothing is changed: what a hunk alone can tell at best.
    Nothing,
    /// One identifier of the changed lines has another name, everywhere in the hunk.
    RenamedIdentifier,
    /// The file stands in another folder, every other time under another name.
    MovedPath,
    /// About a quarter of the changed lines is left out, at least one.
    DroppedLines,
    /// Changed lines from elsewhere are added: a quarter of the number that it has, at least one.
    AddedLines,
    /// One to three context lines are others, and the hunk stands elsewhere in the file.
    ContextDrift,
    /// Every line is indented by one more tab, or by blanks instead of tabs.
    ReIndented,
    /// Comments are reworded, and code lines get some.
    CommentChanged,
    /// Two commits' hunks of one file have become one.
    TwoCommitsSquashed,
    /// The change stands in another file, among that file's lines: upstream moved the code before or after.
    OtherFile,
    /// The first or the last half of the changed lines is there, with the context beside it.
    HalfAHunk,
}

impl Perturbation {
    /// All of them, in the order of the table.
    pub const ALL: [Perturbation; 11] = {
        let mut all = [Perturbation::OtherFile; 11];
        let mut place = 0;
        while place < Perturbation::OF_PATCHES.len() {
            all[place] = Perturbation::OF_PATCHES[place];
            place += 1;
        }
        all
    };

    /// Those that the hunks of whole patches and series are drawn from.
    pub const OF_PATCHES: [Perturbation; 10] = [
        Perturbation::Nothing,
        Perturbation::RenamedIdentifier,
        Perturbation::MovedPath,
        Perturbation::DroppedLines,
        Perturbation::AddedLines,
        Perturbation::ContextDrift,
        Perturbation::ReIndented,
        Perturbation::CommentChanged,
        Perturbation::TwoCommitsSquashed,
        Perturbation::HalfAHunk,
    ];

    /// A name for tables and folders.
    pub fn name(self) -> &'static str {
        match self {
            Perturbation::Nothing => "unchanged",
            Perturbation::RenamedIdentifier => "renamed-identifier",
            Perturbation::MovedPath => "moved-path",
            Perturbation::DroppedLines => "dropped-lines",
            Perturbation::AddedLines => "added-lines",
            Perturbation::ContextDrift => "context-drift",
            Perturbation::ReIndented => "re-indented",
            Perturbation::CommentChanged => "comment-changed",
            Perturbation::TwoCommitsSquashed => "two-squashed",
            Perturbation::HalfAHunk => "half-a-hunk",
            Perturbation::OtherFile => "other-file",
        }
    }

    /// The fragment as a vendor would have it; none if it has nothing to be changed in this way.
    ///
    /// `strangers` are lines of other hunks, and `partner` another commit's hunk: of the same file, or of the other file
    /// that the change is to stand in.
    pub fn apply(
        self,
        fragment: &Fragment,
        strangers: &Strangers<'_>,
        partner: Option<&Fragment>,
        rng: &mut Rng,
    ) -> Option<Fragment> {
        match self {
            Perturbation::Nothing => Some(fragment.clone()),
            Perturbation::RenamedIdentifier => identifier::renamed(fragment, rng),
            Perturbation::MovedPath => path::moved(fragment, rng),
            Perturbation::DroppedLines => lines::dropped(fragment, rng),
            Perturbation::AddedLines => lines::added(fragment, strangers, rng),
            Perturbation::ContextDrift => lines::drifted(fragment, strangers, rng),
            Perturbation::ReIndented => indentation::changed(fragment, rng),
            Perturbation::CommentChanged => comment::changed(fragment, rng),
            Perturbation::TwoCommitsSquashed => partner.map(|partner| lines::squashed(fragment, partner)),
            Perturbation::HalfAHunk => lines::half(fragment, rng),
            Perturbation::OtherFile => partner.and_then(|host| path::in_file_of(fragment, host)),
        }
    }
}

/// Lines of other commits' hunks, to be put where they do not belong.
#[derive(Clone, Copy, Debug)]
pub struct Strangers<'a>(pub &'a [BString]);

impl Strangers<'_> {
    /// One of them.
    fn any(&self, rng: &mut Rng) -> Option<BString> {
        rng.choice(self.0).cloned()
    }
}

/// A quarter of a count, rounded up.
fn quarter(count: usize) -> usize {
    count.div_ceil(4)
}

/// Whether the file is written in C, whose comments are known.
fn is_c(fragment: &Fragment) -> bool {
    [".c", ".h", ".S"].iter().any(|end| fragment.path().ends_with(end.as_bytes()))
}

/// Whether too few changed lines are left to look up.
fn is_empty(lines: &[Line]) -> bool {
    !lines.iter().any(Line::says_something)
}

/// The lines with the sign.
fn places_of(fragment: &Fragment, is_wanted: impl Fn(Sign) -> bool) -> Vec<usize> {
    (0..fragment.lines.len()).filter(|place| is_wanted(fragment.lines[*place].sign)).collect()
}

#[cfg(test)]
mod tests;

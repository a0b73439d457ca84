//! What a spec file says about patches: which lines apply them, and how.

use std::collections::BTreeMap;

use super::tree_patch::Manner;

/// A line of a spec file that applies a patch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Step {
    /// Its number, from 1.
    pub line: usize,
    /// Its text.
    pub text: String,
    /// What it applies.
    pub what: What,
    /// How.
    pub manner: Manner,
    /// Why it is not certain that the line is reached.
    pub doubt: Option<&'static str>,
}

/// What a line applies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// A file of the package.
    Patch(String),
    /// A file of the package that is left out where it is nearly empty.
    OptionalPatch(String),
    /// The patches that `series.conf` lists, with the symbols that its guards ask for, where these are certain.
    Series(Option<String>),
}

/// What a spec file says about patches.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Recipe {
    /// The lines that apply patches, in order.
    pub steps: Vec<Step>,
    /// The patches that are declared, by number.
    pub declared: BTreeMap<u32, String>,
}

/// A line that is not understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unclear {
    pub line: usize,
    pub text: String,
    pub problem: String,
}

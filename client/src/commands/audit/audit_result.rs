//! The result of an audit.

use hunktrace_release::tree_question::AuditAnswer;
use hunktrace_release::vendor_word::Disagreement;

use crate::source::trees::AskedTrees;

/// What an audit has found, and what it was about.
pub struct Audit {
    /// What was found.
    pub answer: AuditAnswer,
    /// The trees.
    pub asked: AskedTrees,
    /// Where the vendor's own word and the code disagree.
    pub disagreements: Vec<Disagreement>,
}

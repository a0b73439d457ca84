//! How far the attribution of a release is, on standard error.

use crate::terminal::step_bar::StepBar;
use hunktrace_release::attribute::{Phase, Watcher};

/// A bar on a terminal, lines elsewhere.
pub struct AttributeProgress(StepBar);

impl AttributeProgress {
    /// Starts showing; a quiet one shows nothing.
    pub fn start(is_quiet: bool) -> AttributeProgress {
        AttributeProgress(StepBar::start(is_quiet))
    }
}

impl Watcher for AttributeProgress {
    fn advanced(&self, phase: Phase, done: u64, total: u64) {
        self.0.advanced(phase.name(), done, total);
    }
}

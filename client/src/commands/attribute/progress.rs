//! How far the attribution of a release is, on standard error.

use std::sync::Mutex;

use indicatif::{ProgressBar, ProgressStyle};

use crate::terminal::message::say;
use hunktrace_release::attribute::{Phase, Watcher};

/// A bar on a terminal, a line for each phase elsewhere.
pub struct AttributeProgress {
    bar: ProgressBar,
    is_quiet: bool,
    phase: Mutex<Option<Phase>>,
}

impl AttributeProgress {
    /// Starts showing; a quiet one shows nothing.
    pub fn start(is_quiet: bool) -> AttributeProgress {
        let bar = if is_quiet { ProgressBar::hidden() } else { ProgressBar::new(0) };
        if let Ok(style) = ProgressStyle::with_template("{msg:32} {wide_bar} {pos}/{len} {elapsed}") {
            bar.set_style(style);
        }
        AttributeProgress { bar, is_quiet, phase: Mutex::default() }
    }
}

impl Watcher for AttributeProgress {
    fn advanced(&self, phase: Phase, done: u64, total: u64) {
        self.bar.set_length(total);
        self.bar.set_position(done);
        let mut current = self.phase.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if *current != Some(phase) {
            *current = Some(phase);
            self.bar.set_message(phase.name());
            if self.bar.is_hidden() && !self.is_quiet {
                say(phase.name());
            }
        }
    }
}

impl Drop for AttributeProgress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

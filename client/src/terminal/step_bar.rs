//! The progress of work in steps: a bar on a terminal, a line for each step and now and then elsewhere.
//!
//! Of a step that cannot be counted only the time is shown that it has taken so far.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{HumanCount, ProgressBar, ProgressStyle};

use crate::terminal::message::say;

/// Time between two plain lines of a step.
const LINE_INTERVAL: Duration = Duration::from_secs(10);

/// Time between two looks of the bar.
const BAR_INTERVAL: Duration = Duration::from_millis(200);

const COUNTED: &str = "{msg:32!} {bar:24} {human_pos} of {human_len}, {eta} left";
const UNCOUNTED: &str = "{msg:32!} {spinner} {elapsed}";

/// The progress of work in steps.
pub struct StepBar {
    bar: ProgressBar,
    is_quiet: bool,
    step: Mutex<Step>,
}

struct Step {
    name: &'static str,
    is_counted: bool,
    last_line: Instant,
}

impl StepBar {
    /// Starts showing; a quiet one shows nothing.
    pub fn start(is_quiet: bool) -> StepBar {
        let bar = if is_quiet { ProgressBar::hidden() } else { ProgressBar::new(0) };
        let step = Step { name: "", is_counted: true, last_line: Instant::now() };
        StepBar { bar, is_quiet, step: Mutex::new(step) }
    }

    /// Of a step's `total` pieces `done` are finished; a total of 0 says that their number is not known.
    pub fn advanced(&self, name: &'static str, done: u64, total: u64) {
        let mut step = self.step.lock().unwrap_or_else(PoisonError::into_inner);
        let is_counted = total > 0;
        if step.name != name || step.is_counted != is_counted {
            let is_new = step.name != name;
            tracing::debug!(step = name, total, "a step begins");
            *step = Step { name, is_counted, last_line: Instant::now() };
            self.begin(name, is_counted);
            if is_new {
                self.add_line(name);
            }
        } else if is_counted && step.last_line.elapsed() >= LINE_INTERVAL {
            step.last_line = Instant::now();
            self.add_line(&counted_line(name, done, total));
        }
        self.bar.set_length(total);
        self.bar.set_position(done);
    }

    fn begin(&self, name: &'static str, is_counted: bool) {
        let template = if is_counted { COUNTED } else { UNCOUNTED };
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        self.bar.set_style(style.progress_chars("=> "));
        self.bar.set_message(name);
        // The time that is left goes by this step alone.
        self.bar.reset();
        if is_counted {
            self.bar.disable_steady_tick();
        } else {
            self.bar.enable_steady_tick(BAR_INTERVAL);
        }
    }

    /// A line where there is no bar.
    fn add_line(&self, line: &str) {
        if self.bar.is_hidden() && !self.is_quiet {
            say(line);
        }
    }
}

fn counted_line(name: &str, done: u64, total: u64) -> String {
    let percent = done * 100 / total.max(1);
    format!("{name}: {} of {} ({percent} %)", HumanCount(done), HumanCount(total))
}

impl Drop for StepBar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_valid() {
        assert!(
            ProgressStyle::with_template(COUNTED).is_ok() && ProgressStyle::with_template(UNCOUNTED).is_ok()
        );
    }

    #[test]
    fn plain_line_says_how_far_the_step_is() {
        assert_eq!(
            counted_line("reading records", 12_345, 98_765),
            "reading records: 12,345 of 98,765 (12 %)"
        );
        assert_eq!(counted_line("x", 0, 0), "x: 0 of 0 (0 %)");
    }
}

//! How an indexing run shows its progress: a bar on a terminal, else a line now and then.

use std::io::IsTerminal;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use hunktrace_indexer::run::progress::IndexProgress;
use indicatif::{HumanCount, HumanDuration, ProgressBar, ProgressState, ProgressStyle};

use crate::terminal::interrupt::Interrupt;
use crate::terminal::message::say;
use crate::terminal::screen_text::counted;

/// Time between two plain lines.
const LINE_INTERVAL: Duration = Duration::from_secs(10);

/// Time between two looks of the bar.
const BAR_INTERVAL: Duration = Duration::from_millis(200);

const BAR: &str = "{bar:24} {human_pos} of {human_len} commits, {rate}/s, {eta} left, {msg}";

const TIDYING: &str = "{spinner} {msg}, {elapsed}";

/// How loud a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loudness {
    /// A bar, or a line now and then.
    Usual,
    /// Nothing.
    Quiet,
}

/// The progress of one run.
pub struct ShownProgress {
    display: Display,
    interrupt: Interrupt,
    counts: Counts,
    started: Mutex<Instant>,
    /// Whether the user knows that the run is about to stop.
    has_told_of_stop: AtomicBool,
}

enum Display {
    Bar(ProgressBar),
    Lines { last: Mutex<Instant> },
    Nothing,
}

#[derive(Debug, Default)]
struct Counts {
    planned: AtomicU64,
    commits: AtomicU64,
    hunks: AtomicU64,
    passed_over: AtomicU64,
}

impl ShownProgress {
    /// ShownProgress on standard error, and Ctrl-C as the request to stop.
    ///
    /// # Errors
    /// If signals cannot be watched.
    pub fn start(loudness: Loudness) -> anyhow::Result<ShownProgress> {
        let now = Instant::now();
        let display = match loudness {
            Loudness::Quiet => Display::Nothing,
            Loudness::Usual if std::io::stderr().is_terminal() => Display::Bar(spinner()),
            Loudness::Usual => Display::Lines { last: Mutex::new(now) },
        };
        Ok(ShownProgress {
            display,
            interrupt: Interrupt::watch()?,
            counts: Counts::default(),
            started: Mutex::new(now),
            has_told_of_stop: AtomicBool::new(false),
        })
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        if let Display::Bar(bar) = &self.display {
            bar.finish_and_clear();
        }
    }

    /// Says once that the run is about to stop, and how it stops at once.
    fn tell_of_stop(&self) {
        let is_new = !self.has_told_of_stop.swap(true, Ordering::Relaxed);
        let text = "stopping once the commits under way are indexed; Ctrl-C again ends it at once";
        match &self.display {
            Display::Bar(bar) if is_new => bar.println(format!("hunktrace: {text}")),
            Display::Lines { .. } if is_new => say(text),
            _ => {}
        }
    }

    fn update(&self) {
        if self.interrupt.is_requested() {
            self.tell_of_stop();
        }
        match &self.display {
            Display::Bar(bar) => {
                bar.set_position(self.counts.commits.load(Ordering::Relaxed));
                bar.set_message(self.counts.remarks());
            }
            Display::Lines { last } => {
                // Another thread holds the lock and looks at the clock already.
                let Ok(mut last) = last.try_lock() else { return };
                if last.elapsed() < LINE_INTERVAL {
                    return;
                }
                *last = Instant::now();
                let elapsed = self.started.lock().map_or(Duration::ZERO, |started| started.elapsed());
                say(self.counts.line(elapsed));
            }
            Display::Nothing => {}
        }
    }
}

impl Drop for ShownProgress {
    fn drop(&mut self) {
        self.finish();
    }
}

impl IndexProgress for ShownProgress {
    fn planned(&self, commits: usize, known: usize) {
        self.counts.planned.store(commits as u64, Ordering::Relaxed);
        if let Ok(mut started) = self.started.lock() {
            *started = Instant::now();
        }
        // A run that finds nothing new ends at once.
        if commits == 0 {
            return;
        }
        let new = counted(commits as u64, "commit");
        let known =
            if known == 0 { String::new() } else { format!(", {} known already", HumanCount(known as u64)) };
        match &self.display {
            Display::Bar(bar) => {
                bar.set_length(commits as u64);
                bar.set_style(bar_style());
                bar.reset();
            }
            Display::Lines { .. } => say(format_args!("{new} to index{known}")),
            Display::Nothing => {}
        }
    }

    fn indexed(&self, hunks: usize) {
        self.counts.commits.fetch_add(1, Ordering::Relaxed);
        self.counts.hunks.fetch_add(hunks as u64, Ordering::Relaxed);
        self.update();
    }

    fn passed_over(&self, items: usize) {
        self.counts.passed_over.store(items as u64, Ordering::Relaxed);
    }

    fn merging(&self) {
        match &self.display {
            Display::Bar(bar) => {
                // How long that takes is not known; a rate of commits would mean nothing.
                bar.set_style(
                    ProgressStyle::with_template(TIDYING)
                        .unwrap_or_else(|_| ProgressStyle::default_spinner()),
                );
                bar.set_message("all commits are indexed; tidying up the index");
                bar.reset_elapsed();
                bar.enable_steady_tick(BAR_INTERVAL);
            }
            Display::Lines { .. } if self.counts.planned.load(Ordering::Relaxed) > 0 => {
                say("all commits are indexed; tidying up the index");
            }
            Display::Lines { .. } | Display::Nothing => {}
        }
    }

    fn is_stopped(&self) -> bool {
        self.interrupt.is_requested()
    }
}

impl Counts {
    /// What stands behind the bar.
    fn remarks(&self) -> String {
        let mut text = counted(self.hunks.load(Ordering::Relaxed), "hunk");
        let passed_over = self.passed_over.load(Ordering::Relaxed);
        if passed_over > 0 {
            text += &format!(", {} passed over", HumanCount(passed_over));
        }
        text
    }

    /// A plain line for a run that has worked for `elapsed`.
    fn line(&self, elapsed: Duration) -> String {
        let planned = self.planned.load(Ordering::Relaxed);
        let commits = self.commits.load(Ordering::Relaxed);
        let rate = commits as f64 / elapsed.as_secs_f64().max(0.001);
        let left = Duration::from_secs_f64((planned.saturating_sub(commits)) as f64 / rate.max(0.001));
        format!(
            "{} of {} commits ({} %), {rate:.0}/s, {} left, {}",
            HumanCount(commits),
            HumanCount(planned),
            commits * 100 / planned.max(1),
            HumanDuration(left),
            self.remarks()
        )
    }
}

/// Shows that the program is at work while the number of commits is not known yet.
fn spinner() -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    bar.set_message("reading the history");
    bar.enable_steady_tick(BAR_INTERVAL);
    bar
}

fn bar_style() -> ProgressStyle {
    let rate = |state: &ProgressState, out: &mut dyn std::fmt::Write| {
        // The run goes on even if its bar cannot be drawn.
        let _ = write!(out, "{:.0}", state.per_sec());
    };
    let style = ProgressStyle::with_template(BAR).unwrap_or_else(|_| ProgressStyle::default_bar());
    style.with_key("rate", rate).progress_chars("=> ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_line_says_how_far_the_run_is() {
        let counts = Counts::default();
        counts.planned.store(250_531, Ordering::Relaxed);
        counts.commits.store(12_345, Ordering::Relaxed);
        counts.hunks.store(98_765, Ordering::Relaxed);
        let line = counts.line(Duration::from_secs(10));
        assert_eq!(line, "12,345 of 250,531 commits (4 %), 1234/s, 3 minutes left, 98,765 hunks");
        counts.passed_over.store(2, Ordering::Relaxed);
        assert!(counts.line(Duration::from_secs(10)).ends_with(", 98,765 hunks, 2 passed over"));
    }

    #[test]
    fn bar_template_is_valid() {
        assert!(ProgressStyle::with_template(BAR).is_ok() && ProgressStyle::with_template(TIDYING).is_ok());
    }

    #[test]
    fn first_moments_divide_by_nothing() {
        let counts = Counts::default();
        assert!(counts.line(Duration::ZERO).starts_with("0 of 0 commits (0 %)"));
    }
}

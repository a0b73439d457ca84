//! How much of a text is read: a text of 64 MiB may hold millions of hunks and of malformed places.

use std::cell::Cell;

use crate::cancellation::{Cancellation, Cancelled};

/// Bounds within which a text is read; by default there are none.
#[derive(Clone, Debug)]
pub struct ReadBounds {
    /// Stops the reading.
    pub cancellation: Cancellation,
    /// A text of more hunks is not read; a file without hunks counts as one.
    pub hunks: usize,
    /// Of more problems it is only said how many they are.
    pub problems: usize,
}

impl Default for ReadBounds {
    fn default() -> ReadBounds {
        ReadBounds { cancellation: Cancellation::default(), hunks: usize::MAX, problems: usize::MAX }
    }
}

/// Why a text was not read to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unread {
    /// The reading was asked to stop.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
    /// The text has more hunks than this.
    #[error("the text has more than {0} hunks")]
    TooManyHunks(usize),
}

/// A reading within bounds: what was found so far.
#[derive(Debug, Default)]
pub(super) struct Reading {
    bounds: ReadBounds,
    hunks: Cell<usize>,
    /// Problems of the sections before.
    problems: Cell<usize>,
    /// How often it was asked whether the reading is to stop.
    asked: Cell<usize>,
    /// Whether it was found that it is.
    is_stopped: Cell<bool>,
}

/// Asking the clock takes longer than reading a line, so of so many questions only the first asks it.
const QUESTIONS_BETWEEN_CHECKS: usize = 64;

impl Reading {
    /// A reading that has found nothing yet.
    pub fn new(bounds: &ReadBounds) -> Reading {
        Reading { bounds: bounds.clone(), ..Reading::default() }
    }

    /// Whether nothing more is to be read.
    pub fn is_over(&self) -> bool {
        let asked = self.asked.get();
        self.asked.set(asked.wrapping_add(1));
        if asked.is_multiple_of(QUESTIONS_BETWEEN_CHECKS) && self.bounds.cancellation.is_cancelled() {
            self.is_stopped.set(true);
        }
        self.is_stopped.get() || self.hunks.get() > self.bounds.hunks
    }

    /// Fails where the reading is over before the end of the text.
    pub fn check(&self) -> Result<(), Unread> {
        self.bounds.cancellation.check()?;
        match self.hunks.get() > self.bounds.hunks {
            true => Err(Unread::TooManyHunks(self.bounds.hunks)),
            false => Ok(()),
        }
    }

    /// Counts a hunk.
    pub fn count_hunk(&self) {
        self.hunks.set(self.hunks.get() + 1);
    }

    /// The hunks counted so far.
    pub fn hunks(&self) -> usize {
        self.hunks.get()
    }

    /// Goes back to a number of hunks, because what follows is read in another way.
    pub fn go_back_to(&self, hunks: usize) {
        self.hunks.set(hunks);
    }

    /// How many problems a section may still list.
    pub fn problems_left(&self) -> usize {
        self.bounds.problems.saturating_sub(self.problems.get())
    }

    /// Counts the problems of a section.
    pub fn count_problems(&self, problems: usize) {
        self.problems.set(self.problems.get() + problems);
    }
}

//! A request to stop work whose result nobody wants any more.
//!
//! Whoever may lose interest keeps a copy and cancels it; the work asks between steps that take far less than a tenth of a
//! second. Asking costs about as much as reading a number.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// Why work has stopped before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Cancelled {
    /// Somebody has asked for it.
    #[error("stopped on request")]
    Requested,
    /// It has taken longer than it may.
    #[error("stopped because it took too long")]
    Expired,
}

/// Tells work to stop; copies tell the same. By default nobody stops it.
#[derive(Clone, Debug, Default)]
pub struct Cancellation {
    is_requested: Arc<AtomicBool>,
    deadline: Option<Instant>,
}

impl Cancellation {
    /// The same with a time from which on the work stops by itself; of several the earliest counts.
    pub fn until(&self, deadline: Instant) -> Cancellation {
        let deadline = self.deadline.map_or(deadline, |earlier| earlier.min(deadline));
        Cancellation { is_requested: Arc::clone(&self.is_requested), deadline: Some(deadline) }
    }

    /// Asks the work to stop.
    pub fn cancel(&self) {
        self.is_requested.store(true, Ordering::Relaxed);
    }

    /// Whether the work is to stop.
    pub fn is_cancelled(&self) -> bool {
        self.check().is_err()
    }

    /// The same as an error.
    ///
    /// # Errors
    /// Where the work is to stop.
    pub fn check(&self) -> Result<(), Cancelled> {
        if self.is_requested.load(Ordering::Relaxed) {
            return Err(Cancelled::Requested);
        }
        match self.deadline {
            Some(deadline) if Instant::now() >= deadline => Err(Cancelled::Expired),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn copies_are_cancelled_together() {
        let own = Cancellation::default();
        let of_work = own.until(Instant::now() + Duration::from_secs(3600));
        assert_eq!(of_work.check(), Ok(()));
        own.cancel();
        assert_eq!(of_work.check(), Err(Cancelled::Requested));
    }

    #[test]
    fn work_expires_at_the_earliest_deadline() {
        let never = Cancellation::default();
        let (past, future) = (Instant::now(), Instant::now() + Duration::from_secs(3600));
        assert_eq!(never.until(past).until(future).check(), Err(Cancelled::Expired));
        assert_eq!(never.until(future).until(past).check(), Err(Cancelled::Expired));
        assert!(!never.is_cancelled());
    }
}

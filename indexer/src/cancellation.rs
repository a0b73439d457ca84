//! A request to stop work whose result nobody wants any more.
//!
//! Whoever may lose interest keeps a copy and cancels it; the work asks between steps that take far less than a tenth of a
//! second. Asking costs about as much as reading a number.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// Items that are taken before it is asked again whether they are still wanted; a few microseconds each are a few
/// milliseconds.
const ITEMS_BETWEEN_CHECKS: usize = 4096;

/// Items that are sorted at once, which takes some milliseconds.
const ITEMS_SORTED_AT_ONCE: usize = 1 << 16;

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

    /// The items, as far as they are taken before the work is to stop, which is asked every so many items. What is made of
    /// them where they were cut off means nothing, so whoever takes them has to ask once more at the end.
    pub fn while_wanted<I: IntoIterator>(&self, items: I) -> impl Iterator<Item = I::Item> {
        let mut until_check = ITEMS_BETWEEN_CHECKS;
        items.into_iter().take_while(move |_| {
            if until_check > 0 {
                until_check -= 1;
                return true;
            }
            until_check = ITEMS_BETWEEN_CHECKS - 1;
            !self.is_cancelled()
        })
    }

    /// Sorts items by their keys, a part at a time; where the work is to stop, they are left in any order.
    pub fn sort_while_wanted<T, K: Ord>(&self, items: &mut [T], key: impl Fn(&T) -> K + Copy) {
        if self.is_cancelled() {
            return;
        }
        if items.len() <= ITEMS_SORTED_AT_ONCE {
            items.sort_unstable_by_key(key);
            return;
        }
        let (below, _, above) = items.select_nth_unstable_by_key(items.len() / 2, key);
        self.sort_while_wanted(below, key);
        self.sort_while_wanted(above, key);
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
    use std::cell::Cell;
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
    fn items_end_soon_after_they_are_not_wanted_any_more() {
        let cancellation = Cancellation::default();
        let cancel_at = 10_000;
        let taken = cancellation.while_wanted(0..1_000_000).inspect(|item| {
            if *item == cancel_at {
                cancellation.cancel();
            }
        });
        assert!((cancel_at..=cancel_at + ITEMS_BETWEEN_CHECKS).contains(&taken.count()));
        assert_eq!(cancellation.while_wanted(0..10_000).count(), ITEMS_BETWEEN_CHECKS);
        assert_eq!(Cancellation::default().while_wanted(0..10_000).count(), 10_000);
    }

    #[test]
    fn long_lists_are_sorted_until_nobody_wants_them() {
        let shuffled: Vec<u64> =
            (0..150_000).map(|number: u64| number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 44).collect();
        // What becomes of the numbers where work is cancelled at a key, and how many keys are asked for.
        let sorted = |cancel_at: usize| {
            let (cancellation, keys) = (Cancellation::default(), Cell::new(0));
            let mut items = shuffled.clone();
            cancellation.sort_while_wanted(&mut items, |number| {
                keys.set(keys.get() + 1);
                if keys.get() == cancel_at {
                    cancellation.cancel();
                }
                *number
            });
            (items, keys.get())
        };
        let (all, keys) = sorted(usize::MAX);
        let mut expected = shuffled.clone();
        expected.sort_unstable();
        assert!(all == expected);
        let (_, keys_until_cancelled) = sorted(500_000);
        assert!(keys_until_cancelled < keys / 2, "{keys_until_cancelled} of {keys}");
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

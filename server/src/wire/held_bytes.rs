//! Bytes that requests and answers of all connections hold, and how many may be held.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tonic::Status;

use crate::wire::refusal::too_busy;

/// What all calls together hold.
#[derive(Debug)]
pub(crate) struct ByteBudget {
    held: AtomicUsize,
    most: usize,
}

impl ByteBudget {
    /// A budget of which nothing is taken.
    pub(crate) fn new(most: usize) -> Arc<ByteBudget> {
        Arc::new(ByteBudget { held: AtomicUsize::new(0), most })
    }

    /// How many bytes are held.
    pub(crate) fn held(&self) -> usize {
        self.held.load(Ordering::Relaxed)
    }

    /// Holds nothing yet.
    pub(crate) fn nothing(self: &Arc<Self>) -> HeldBytes {
        HeldBytes { budget: Arc::clone(self), bytes: 0 }
    }

    /// Holds some bytes.
    ///
    /// # Errors
    /// RESOURCE_EXHAUSTED where there is no room for them now.
    pub(crate) fn hold(self: &Arc<Self>, bytes: usize) -> Result<HeldBytes, Status> {
        let mut held = self.nothing();
        held.grow(bytes)?;
        Ok(held)
    }
}

/// Bytes that are held until this is dropped.
#[derive(Debug)]
pub(crate) struct HeldBytes {
    budget: Arc<ByteBudget>,
    bytes: usize,
}

impl HeldBytes {
    /// Holds more.
    ///
    /// # Errors
    /// RESOURCE_EXHAUSTED where there is no room for them now.
    pub(crate) fn grow(&mut self, bytes: usize) -> Result<(), Status> {
        let ByteBudget { held, most } = &*self.budget;
        let before = held.fetch_add(bytes, Ordering::Relaxed);
        if before.saturating_add(bytes) > *most {
            held.fetch_sub(bytes, Ordering::Relaxed);
            return Err(too_busy("bytes of requests and answers", *most, "held_bytes"));
        }
        self.bytes += bytes;
        Ok(())
    }

    /// How many bytes are held.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether nothing is held.
    pub(crate) fn is_empty(&self) -> bool {
        self.bytes == 0
    }

    /// Holds at most some bytes fewer.
    pub(crate) fn shrink(&mut self, bytes: usize) {
        let bytes = bytes.min(self.bytes);
        self.budget.held.fetch_sub(bytes, Ordering::Relaxed);
        self.bytes -= bytes;
    }

    /// Leaves at most some bytes of these to another holder.
    pub(crate) fn split_off(&mut self, bytes: usize) -> HeldBytes {
        let bytes = bytes.min(self.bytes);
        self.bytes -= bytes;
        HeldBytes { budget: Arc::clone(&self.budget), bytes }
    }
}

impl Drop for HeldBytes {
    fn drop(&mut self) {
        self.shrink(self.bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_is_bounded_in_sum_and_free_again_when_it_is_dropped() {
        let budget = ByteBudget::new(10);
        let mut one = budget.hold(6).expect("there is room");
        assert!(budget.hold(5).is_err());
        let other = budget.hold(4).expect("there is room");
        assert!(one.grow(1).is_err());
        one.shrink(2);
        assert_eq!(budget.held(), 8);
        let part = one.split_off(3);
        assert_eq!((one.bytes(), part.bytes(), budget.held()), (1, 3, 8));
        drop(one);
        assert_eq!(budget.held(), 7);
        drop((part, other));
        assert_eq!(budget.held(), 0);
    }
}

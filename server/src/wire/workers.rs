//! Threads where computing does not hold up the network, and whose turn it is to use a core.

use tokio::sync::{Semaphore, SemaphorePermit};
use tonic::Status;

/// As many lookups as there are cores are worked on at a time: more would only take turns, and memory.
pub(crate) struct Turns(Semaphore);

impl Turns {
    /// One turn for each core.
    pub(crate) fn new() -> Turns {
        Turns(Semaphore::new(cores()))
    }

    /// Waits until a core is free; it is taken until the permit is dropped.
    ///
    /// # Errors
    /// Where the service ends.
    pub(crate) async fn next(&self) -> Result<SemaphorePermit<'_>, Status> {
        self.0.acquire().await.map_err(|error| Status::unavailable(error.to_string()))
    }
}

/// The cores of this machine that the program may use.
pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Runs `work` on a thread where computing does not hold up the network.
///
/// # Errors
/// Those of the work; INTERNAL where it ends early.
pub(crate) async fn on_worker<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Status> + Send + 'static,
) -> Result<T, Status> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => Err(Status::internal(format!("the work on this request ended early: {error}"))),
    }
}

#[cfg(test)]
mod tests {
    use tonic::Code;

    use super::*;

    #[tokio::test]
    async fn work_that_ends_early_is_an_internal_error() {
        let outcome: Result<(), Status> = on_worker(|| panic!("expected by this test")).await;
        assert_eq!(outcome.expect_err("it ended early").code(), Code::Internal);
    }

    #[tokio::test]
    async fn turn_is_free_again_when_it_is_dropped() {
        let turns = Turns(Semaphore::new(1));
        let turn = turns.next().await.expect("a turn");
        assert!(turns.0.try_acquire().is_err());
        drop(turn);
        assert!(turns.next().await.is_ok());
    }
}

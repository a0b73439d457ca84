//! Ctrl-C while an index is written.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use anyhow::Context;
use tokio::signal::unix::{SignalKind, signal};

/// Nobody watches: a signal ends the program as usual.
const IDLE: u8 = 0;
/// A signal asks the watched work to stop.
const WATCHING: u8 = 1;
/// The work was asked to stop; another signal ends the program.
const STOPPING: u8 = 2;

/// Exit code of a program that SIGINT has ended.
const INTERRUPTED: i32 = 130;

/// Turns the first SIGINT or SIGTERM into a request to stop; the second ends the program at once, which an index
/// survives.
pub struct Interrupt {
    state: Arc<AtomicU8>,
}

impl Interrupt {
    /// Watches until the result is dropped.
    ///
    /// # Errors
    /// Where the system gives no thread or no signals.
    pub fn watch() -> anyhow::Result<Interrupt> {
        let state = Arc::new(AtomicU8::new(WATCHING));
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .build()
            .context("cannot watch for signals")?;
        let entered = runtime.enter();
        let mut interrupt = signal(SignalKind::interrupt()).context("cannot watch for SIGINT")?;
        let mut terminate = signal(SignalKind::terminate()).context("cannot watch for SIGTERM")?;
        drop(entered);
        let shared = Arc::clone(&state);
        let watch = move || {
            runtime.block_on(async {
                loop {
                    tokio::select! {
                        _ = interrupt.recv() => {}
                        _ = terminate.recv() => {}
                    }
                    let first =
                        shared.compare_exchange(WATCHING, STOPPING, Ordering::SeqCst, Ordering::SeqCst);
                    if first.is_err() {
                        std::process::exit(INTERRUPTED);
                    }
                }
            });
        };
        std::thread::Builder::new()
            .name("signals".to_owned())
            .spawn(watch)
            .context("cannot watch for signals")?;
        Ok(Interrupt { state })
    }

    /// Whether the work is to stop.
    pub fn is_requested(&self) -> bool {
        self.state.load(Ordering::SeqCst) == STOPPING
    }
}

impl Drop for Interrupt {
    fn drop(&mut self) {
        self.state.store(IDLE, Ordering::SeqCst);
    }
}

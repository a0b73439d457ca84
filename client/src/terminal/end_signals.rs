//! SIGINT and SIGTERM: how a user or the system asks the program to end.

use anyhow::Context;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The signals that ask the program to end. While they are watched they do not end it by themselves.
pub struct EndSignals {
    interrupt: Signal,
    terminate: Signal,
}

impl EndSignals {
    /// Starts watching; to be called in a runtime of tokio.
    ///
    /// # Errors
    /// If the system refuses to watch them.
    pub fn watch() -> anyhow::Result<EndSignals> {
        Ok(EndSignals {
            interrupt: signal(SignalKind::interrupt()).context("cannot watch for SIGINT")?,
            terminate: signal(SignalKind::terminate()).context("cannot watch for SIGTERM")?,
        })
    }

    /// Waits for the next one.
    pub async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

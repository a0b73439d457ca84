//! SIGINT, SIGTERM and SIGHUP: how a user or the system asks the program to end.

use anyhow::Context;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The signals that ask the program to end. While they are watched they do not end it by themselves.
pub struct EndSignals {
    interrupt: Signal,
    terminate: Signal,
    /// None where it means something else.
    hangup: Option<Signal>,
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
            hangup: None,
        })
    }

    /// Starts watching the end of the terminal (SIGHUP) as well, unless whoever started the program has it ignored, as nohup
    /// does.
    ///
    /// # Errors
    /// If the system refuses to watch them.
    pub fn watch_with_hangup() -> anyhow::Result<EndSignals> {
        let hangup = match is_hangup_ignored() {
            true => None,
            false => Some(signal(SignalKind::hangup()).context("cannot watch for SIGHUP")?),
        };
        Ok(EndSignals { hangup, ..EndSignals::watch()? })
    }

    /// Waits for the next one.
    pub async fn next(&mut self) {
        let hangup = async {
            match &mut self.hangup {
                Some(hangup) => hangup.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = hangup => {}
        }
    }
}

/// Whether SIGHUP is ignored by this process; where the system does not tell, it is not.
fn is_hangup_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    // The mask's lowest bit stands for signal 1, which SIGHUP is.
    mask & 1 != 0
}

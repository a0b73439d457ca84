//! What a running process takes, as Linux tells it.

use std::io;
use std::time::Duration;

/// Memory of a process, in bytes.
#[derive(Clone, Copy, Debug)]
pub struct Memory {
    /// The most that was resident at any time, mapped files included.
    pub peak: u64,
    /// What is resident now without mapped files.
    pub own: u64,
}

/// The processor time that a process has taken; `process` is its number, or `self`.
///
/// # Errors
/// Where the system does not tell.
pub fn processor_time(process: &str) -> io::Result<Duration> {
    let mut nanoseconds = 0;
    for thread in std::fs::read_dir(format!("/proc/{process}/task"))? {
        // A thread may end at any time.
        let Ok(text) = std::fs::read_to_string(thread?.path().join("schedstat")) else { continue };
        nanoseconds += text.split(' ').next().and_then(|time| time.parse::<u64>().ok()).unwrap_or(0);
    }
    Ok(Duration::from_nanos(nanoseconds))
}

/// The memory of a process.
///
/// # Errors
/// Where the system does not tell.
pub fn memory(process: u32) -> io::Result<Memory> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let peak = bytes_of(&status, "VmHWM:").unwrap_or(0);
    Ok(Memory { peak, own: bytes_of(&status, "RssAnon:").unwrap_or(0) })
}

/// A line of `/proc/N/status` that is given in kB.
pub(crate) fn bytes_of(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    let kilobytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kilobytes << 10)
}

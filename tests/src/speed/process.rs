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

/// The processor time that a process has taken, threads that have ended included, to a hundredth of a second.
///
/// # Errors
/// Where the system does not tell.
pub fn processor_time(process: u32) -> io::Result<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    Ok(Duration::from_millis(ticks(&stat).unwrap_or(0) * 1000 / TICKS_PER_SECOND))
}

/// Ticks that Linux counts in a second of a process's times, on every machine.
const TICKS_PER_SECOND: u64 = 100;

/// The ticks in user and kernel mode: the 14th and 15th part of the line; the 2nd is a name that may have blanks.
fn ticks(stat: &str) -> Option<u64> {
    let (_, numbers) = stat.rsplit_once(')')?;
    numbers.split_ascii_whitespace().skip(11).take(2).map(str::parse::<u64>).sum::<Result<_, _>>().ok()
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
fn bytes_of(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    let kilobytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kilobytes << 10)
}

//! Programs run to their end: how long they take and how much memory.

use std::io;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::speed::process::{memory, processor_time};

/// How often a running program's memory is looked at.
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// What a run took.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    /// From start to end.
    pub wall: Duration,
    /// Processor time of all its threads; what it took after the last look is not in it.
    pub processor: Duration,
    /// The most memory it had at any time, mapped files included, in bytes; 0 where it was over too soon to look.
    pub peak_memory: u64,
    /// The most memory it had at any of the times when it was looked at, without mapped files, in bytes.
    pub peak_own_memory: u64,
}

/// Runs a command, with its output going nowhere.
///
/// # Errors
/// Where it does not start or fails.
pub fn run(command: &mut Command) -> io::Result<Run> {
    let started = Instant::now();
    let mut process = command.stdout(Stdio::null()).stdin(Stdio::null()).spawn()?;
    let (mut peak_memory, mut peak_own_memory) = (0, 0);
    let mut processor = Duration::ZERO;
    let status = loop {
        if let Some(status) = process.try_wait()? {
            break status;
        }
        // A process that has just ended tells nothing any more.
        if let Ok(memory) = memory(process.id()) {
            peak_memory = peak_memory.max(memory.peak);
            peak_own_memory = peak_own_memory.max(memory.own);
        }
        processor = processor.max(processor_time(process.id()).unwrap_or_default());
        // Short programs are measured to a millisecond, long ones are left alone.
        let is_long = started.elapsed() > POLL_INTERVAL * 20;
        std::thread::sleep(if is_long { POLL_INTERVAL } else { Duration::from_micros(500) });
    };
    if !status.success() {
        return Err(io::Error::other(format!("{command:?} failed: {status}")));
    }
    Ok(Run { wall: started.elapsed(), processor, peak_memory, peak_own_memory })
}

/// The median time that a command takes of `times` runs, at least one.
///
/// # Errors
/// Where it does not start or fails.
pub fn median_wall(times: usize, command: impl Fn() -> Command) -> io::Result<Duration> {
    let mut walls =
        (0..times.max(1)).map(|_| Ok(run(&mut command())?.wall)).collect::<io::Result<Vec<_>>>()?;
    walls.sort_unstable();
    Ok(walls[walls.len() / 2])
}

/// Bytes of all files below a folder.
///
/// # Errors
/// Where it cannot be read.
pub fn folder_bytes(folder: &Path) -> io::Result<u64> {
    let mut sum = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        sum += if metadata.is_dir() { folder_bytes(&entry.path())? } else { metadata.len() };
    }
    Ok(sum)
}

/// Bytes of all packs that a repository reads, those of its alternates included.
///
/// # Errors
/// Where git fails or a folder cannot be read.
pub fn pack_bytes(repository: &Path) -> io::Result<u64> {
    let output = Command::new("git").arg("-C").arg(repository).args(["count-objects", "-v"]).output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let own = repository.join("objects");
    let own = if own.is_dir() { own } else { repository.join(".git/objects") };
    let alternates = text.lines().filter_map(|line| line.strip_prefix("alternate: ")).map(Into::into);
    let mut sum = 0;
    for objects in std::iter::once(own).chain(alternates) {
        let packs = objects.join("pack");
        if !packs.is_dir() {
            continue;
        }
        for entry in std::fs::read_dir(packs)? {
            let entry = entry?;
            if entry.path().extension().is_some_and(|extension| extension == "pack") {
                sum += entry.metadata()?.len();
            }
        }
    }
    Ok(sum)
}

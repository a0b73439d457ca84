//! Measures the whole program against its yardsticks, each in the same run.
//!
//!     measure_speed all PROGRAM REPOSITORY BRANCH FOLDER PATCH...
//!     measure_speed extending PROGRAM REPOSITORY BRANCH FOLDER
//!     measure_speed lookups PROGRAM INDEX PATCH...
//!     measure_speed bulk PROGRAM INDEX PATCH...
//!
//! PROGRAM is `hunktrace`, built for release. All references of REPOSITORY are indexed, and what BRANCH contains a
//! second time in three steps: all but its 1,010 newest commits, the next 1,000, and the last 10. FOLDER must be new; the
//! indexes stay in it. The hunks of the patches are looked up, each by itself; `lookups` does only that, in an index
//! that is there, `bulk` only the part of it that sends them all through one stream, and `extending` only the steps, in
//! an index of its own. The machine should be idle.
//!
//! The hunks of every other patch warm a server up, those of the others are measured; so there have to be two at least.

use std::error::Error;
use std::io::Write;
use std::path::Path;
use std::process::Command;

use hunktrace_tests::server::Server;
use hunktrace_tests::speed::lookups::{look_up_in_bulk, look_up_singly};
use hunktrace_tests::speed::newest_commits::tips_without_newest;
use hunktrace_tests::speed::pathological::pathological_hunks;
use hunktrace_tests::speed::process::{memory, processor_time};
use hunktrace_tests::speed::runs::{Run, folder_bytes, median_wall, pack_bytes, run};
use hunktrace_tests::speed::warm_server::{HalvedHunks, warm_server};

type AnyError = Box<dyn Error + Send + Sync>;

/// Clients that send at the same time.
const CLIENTS: [usize; 3] = [1, 8, 64];

/// Commits that an index is extended by, one after the other.
const EXTENSIONS: [usize; 2] = [1000, 10];

/// One-shot lookups of which the median is taken.
const ONE_SHOTS: usize = 11;

/// Servers that `bulk` measures, one after another.
const BULK_SERVERS: usize = 5;

const MIB: f64 = 1_048_576.0;

const USAGE: &str = "usage: measure_speed all PROGRAM REPOSITORY BRANCH FOLDER PATCH...\n\
                     \x20      measure_speed extending PROGRAM REPOSITORY BRANCH FOLDER\n\
                     \x20      measure_speed lookups PROGRAM INDEX PATCH...\n\
                     \x20      measure_speed bulk PROGRAM INDEX PATCH...";

fn main() -> Result<(), AnyError> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["all", program, repository, branch, folder, ref patches @ ..] if !patches.is_empty() => {
            let (repository, folder) = (Path::new(repository), Path::new(folder));
            let measurement = Measurement { program, repository, folder };
            std::fs::create_dir(folder)?;
            measurement.indexing()?;
            measurement.extending(branch)?;
            lookups(program, &folder.join("all"), patches)
        }
        ["extending", program, repository, branch, folder] => {
            let (repository, folder) = (Path::new(repository), Path::new(folder));
            std::fs::create_dir(folder)?;
            Measurement { program, repository, folder }.extending(branch)
        }
        ["lookups", program, index, ref patches @ ..] if !patches.is_empty() => {
            lookups(program, Path::new(index), patches)
        }
        ["bulk", program, index, ref patches @ ..] if !patches.is_empty() => {
            bulk(program, Path::new(index), patches)
        }
        _ => Err(USAGE.into()),
    }
}

/// What is measured with an index that is there.
fn lookups(program: &str, index: &Path, patches: &[&str]) -> Result<(), AnyError> {
    one_shot(program, index, patches[0])?;
    service(program, index, patches)
}

struct Measurement<'a> {
    program: &'a str,
    repository: &'a Path,
    folder: &'a Path,
}

impl Measurement<'_> {
    /// Indexes what the revisions contain; everything where none is named.
    fn index(&self, name: &str, revisions: &[String]) -> std::io::Result<Run> {
        let mut command = Command::new(self.program);
        command.args(["index", "--quiet", "--index"]).arg(self.folder.join(name));
        command.arg("--repo").arg(self.repository);
        run(command.args(revisions.iter().map(|revision| format!("--ref={revision}"))))
    }

    fn indexing(&self) -> Result<(), AnyError> {
        let mut git = Command::new("git");
        git.arg("-C").arg(self.repository).args(["log", "-p", "--no-merges", "--all"]);
        let printed = run(&mut git)?;
        let indexed = self.index("all", &[])?;
        let ratio = indexed.wall.as_secs_f64() / printed.wall.as_secs_f64();
        let (git, own) = (printed.wall.as_secs_f64(), indexed.wall.as_secs_f64());
        say(&format!("indexing: {own:.1} s; git log -p: {git:.1} s; ratio {ratio:.2}"))?;
        say(&format!("memory while indexing: {:.0} MiB", indexed.peak_memory as f64 / MIB))?;
        let size = folder_bytes(&self.folder.join("all"))? as f64 / MIB;
        let packs = pack_bytes(self.repository)? as f64 / MIB;
        say(&format!("index: {size:.0} MiB; packs: {packs:.0} MiB; ratio {:.2}", size / packs))
    }

    fn extending(&self, branch: &str) -> Result<(), AnyError> {
        let [many, few] = EXTENSIONS;
        self.index("extended", &tips_without_newest(self.repository, branch, many + few)?)?;
        for (commits, newer) in [(many, few), (few, 0)] {
            let extended = self.index("extended", &tips_without_newest(self.repository, branch, newer)?)?;
            say(&format!("extending by {commits} commits: {:.2} s", extended.wall.as_secs_f64()))?;
        }
        Ok(())
    }
}

fn one_shot(program: &str, index: &Path, patch: &str) -> Result<(), AnyError> {
    let median = median_wall(ONE_SHOTS, || {
        let mut command = Command::new(program);
        command.args(["lookup", "--index"]).arg(index).arg(patch);
        command
    })?;
    say(&format!("one-shot lookup: median {:.1} ms", median.as_secs_f64() * 1000.0))
}

#[tokio::main]
async fn service(program: &str, index: &Path, patches: &[&str]) -> Result<(), AnyError> {
    let hunks = HalvedHunks::of(patches)?;
    for clients in CLIENTS {
        let server = warm_server(program, index, &hunks).await?;
        let times = look_up_singly(server.url(), &hunks.measured, clients).await?;
        say(&format!(
            "{clients} clients: median {:.2} ms, 99th percentile {:.2} ms, maximum {:.2} ms, {:.0} hunks/s",
            times.at(0.5),
            times.at(0.99),
            times.at(1.0),
            times.per_second
        ))?;
    }
    let server = warm_server(program, index, &hunks).await?;
    say_bulk(&server, &hunks).await?;
    for (name, text) in pathological_hunks() {
        let times = look_up_singly(server.url(), &[text], 1).await?;
        say(&format!("{name}: {:.1} ms", times.at(1.0)))?;
    }
    let memory = memory(server.process_id())?;
    let (all, own) = (memory.peak as f64 / MIB, memory.own as f64 / MIB);
    say(&format!("memory of the server: {all:.0} MiB at most; without mapped files now {own:.0} MiB"))
}

#[tokio::main]
async fn bulk(program: &str, index: &Path, patches: &[&str]) -> Result<(), AnyError> {
    let hunks = HalvedHunks::of(patches)?;
    for _ in 0..BULK_SERVERS {
        say_bulk(&warm_server(program, index, &hunks).await?, &hunks).await?;
    }
    Ok(())
}

/// Sends the hunks for the first time, and once more.
async fn say_bulk(server: &Server, hunks: &HalvedHunks) -> Result<(), AnyError> {
    let texts = &hunks.measured;
    for time in ["", " again"] {
        let own_time = processor_time(std::process::id())?;
        let server_time = processor_time(server.process_id())?;
        let per_second = look_up_in_bulk(server.url(), texts).await?;
        let own = (processor_time(std::process::id())? - own_time).as_secs_f64();
        let all = (processor_time(server.process_id())? - server_time).as_secs_f64() + own;
        let (count, share) = (texts.len(), 100.0 * own / all);
        say(&format!(
            "bulk of {count} hunks{time}: {per_second:.0} hunks/s; {all:.2} s of processor time, {share:.0} % of it the \
             client's"
        ))?;
    }
    Ok(())
}

fn say(line: &str) -> Result<(), AnyError> {
    Ok(writeln!(std::io::stdout(), "{line}")?)
}

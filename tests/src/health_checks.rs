//! Health checks of somebody who does nothing else.

use std::io::{self, BufRead, BufReader, Write};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{getpriority_process, setpriority_process};
use tokio::runtime::Builder;
use tokio::time::sleep;
use tonic::transport::Endpoint;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

/// The time between two checks.
const INTERVAL: Duration = Duration::from_millis(20);

/// How much more urgent than whoever starts it a process that checks tries to be, as `nice` counts: it stands for somebody on a
/// machine of his own, and what others of this machine keep it waiting is not the server's fault.
const URGENCY: i32 = 10;

/// The greatest urgency that there is.
const MOST_URGENT: i32 = -20;

/// What a process that checks says first where it is as urgent as it should be, and where it may not.
const URGENT: &str = "urgent";
const USUAL: &str = "as urgent as others";

/// A process that checks a server's health until it is told to stop.
pub struct HealthChecks {
    process: Child,
    told: BufReader<ChildStdout>,
    is_urgent: bool,
}

/// What came of the checks.
pub struct Checked {
    /// How long each took, sorted.
    pub times: Vec<Duration>,
    /// Whether the process that checked was more urgent than others.
    pub is_urgent: bool,
}

impl HealthChecks {
    /// Begins to check with a program and its arguments, which has to call [`check_until_told`].
    ///
    /// # Panics
    /// Where it does not start.
    pub fn start(mut checking: Command) -> HealthChecks {
        let process = checking.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut process = process.expect("a process that checks");
        let mut told = BufReader::new(process.stdout.take().expect("what it tells"));
        let mut line = String::new();
        told.read_line(&mut line).expect("its first line");
        let is_urgent = match line.trim_end() {
            URGENT => true,
            USUAL => false,
            other => panic!("it does not check: '{other}'"),
        };
        HealthChecks { process, told, is_urgent }
    }

    /// Ends them.
    ///
    /// # Panics
    /// Where a check was not answered.
    pub fn end(mut self) -> Checked {
        drop(self.process.stdin.take());
        let microseconds = |line: io::Result<String>| line.expect("a line").parse().expect("a number");
        let mut times: Vec<Duration> =
            self.told.lines().map(microseconds).map(Duration::from_micros).collect();
        let ended = self.process.wait().expect("its end");
        assert!(ended.success(), "not all checks were answered: {ended}");
        times.sort_unstable();
        Checked { times, is_urgent: self.is_urgent }
    }
}

/// What a process that checks does: it says whether it is urgent, checks until its input ends, and writes how many microseconds
/// each check took.
///
/// # Errors
/// Where a check is not answered, or nobody listens.
pub fn check_until_told(url: String) -> anyhow::Result<()> {
    let urgent = getpriority_process(None)
        .and_then(|niceness| setpriority_process(None, (niceness - URGENCY).max(MOST_URGENT)));
    let mut out = io::stdout().lock();
    writeln!(out, "{}", if urgent.is_ok() { URGENT } else { USUAL })?;
    let until_told = std::thread::spawn(|| io::copy(&mut io::stdin(), &mut io::sink()));
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let times = runtime.block_on(check(url, || until_told.is_finished()))?;
    for time in times {
        writeln!(out, "{}", time.as_micros())?;
    }
    Ok(())
}

async fn check(url: String, is_over: impl Fn() -> bool) -> anyhow::Result<Vec<Duration>> {
    let mut client = HealthClient::new(Endpoint::from_shared(url)?.connect().await?);
    let mut times = Vec::new();
    while !is_over() {
        let asked = Instant::now();
        client.check(HealthCheckRequest::default()).await?;
        times.push(asked.elapsed());
        sleep(INTERVAL).await;
    }
    Ok(times)
}

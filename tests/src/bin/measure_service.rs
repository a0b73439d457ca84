//! Measures a server under load from clients of all kinds, and under an attack of clients that go away.
//!
//! It starts the server itself, on the loopback device, and ends it with SIGTERM.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use clap::{Args, Parser, Subcommand};
use hunktrace_proto::v1::LookupRequest;
use hunktrace_proto::v1::hunktrace_client::HunktraceClient;
use hunktrace_tests::health_checks::{Checked, HealthChecks, check_until_told};
use hunktrace_tests::heavy_request::HeavyRequest;
use hunktrace_tests::load::{Load, LoadOutcome, run};
use hunktrace_tests::long_question::{LongQuestion, long_questions};
use hunktrace_tests::server::Server;
use hunktrace_tests::work_after::{WorkAfter, work_after};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tonic::Code;
use tonic::transport::Endpoint;

/// Measures a server under load.
#[derive(Debug, Parser)]
struct Cli {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Clients of all kinds for some minutes; fails where one gets a status that nobody should get, where the server does
    /// not end in order, or where memory grows
    Load {
        #[command(flatten)]
        served: Served,
        /// A tag or commit of the index
        #[arg(long)]
        base: String,
        /// How long, in seconds
        #[arg(long, default_value_t = 300)]
        seconds: u64,
        /// How much more memory than in the middle third the last third may take, as a share
        #[arg(long, default_value_t = 0.1)]
        growth: f64,
    },
    /// Clients that ask for much and go away, one after the other: for how long the server works on, and when the next one is answered
    Abandon {
        #[command(flatten)]
        served: Served,
        /// How many clients
        #[arg(long, default_value_t = 24)]
        requests: usize,
        /// Bytes of each one's text
        #[arg(long, default_value_t = 2_300_000)]
        bytes: usize,
    },
    /// Health checks while clients send what takes much work, one kind after the other
    Health {
        #[command(flatten)]
        served: Served,
        /// A tag or commit of the index
        #[arg(long)]
        base: String,
        /// How long for each kind, in seconds
        #[arg(long, default_value_t = 10)]
        seconds: u64,
        /// Clients of each kind
        #[arg(long, default_value_t = 16)]
        clients: usize,
    },
    /// Calls of all kinds that are dropped in the midst of their work: for how long the server works on
    Stop {
        #[command(flatten)]
        served: Served,
        /// A tag or commit of the index
        #[arg(long)]
        base: String,
        /// Calls of each kind
        #[arg(long, default_value_t = 20)]
        tries: usize,
        /// The longest that a call is waited for, in milliseconds
        #[arg(long, default_value_t = 3_000)]
        longest: u64,
    },
    /// What `health` runs beside itself: checks until the standard input ends
    #[command(hide = true)]
    Check {
        /// Where the server is
        url: String,
    },
}

#[derive(Args, Debug)]
struct Served {
    /// The program that serves
    #[arg(long)]
    program: PathBuf,
    /// The index
    #[arg(long)]
    index: PathBuf,
    /// Patches to look up
    #[arg(required = true)]
    patches: Vec<PathBuf>,
}

impl Served {
    fn patches(&self) -> anyhow::Result<Vec<Vec<u8>>> {
        let read = |path: &PathBuf| std::fs::read(path).with_context(|| path.display().to_string());
        self.patches.iter().map(read).collect()
    }

    fn start(&self) -> Server {
        let mut command = std::process::Command::new(&self.program);
        command.args(["serve", "--listen", "127.0.0.1:0", "--metrics", "127.0.0.1:0", "--index"]);
        command.arg(&self.index);
        Server::spawn({
            command.env("HUNKTRACE_LOG", "error");
            command
        })
    }
}

fn main() -> anyhow::Result<()> {
    match Cli::parse().what {
        What::Load { served, base, seconds, growth } => load(&served, base, seconds, growth),
        What::Abandon { served, requests, bytes } => abandon(&served, requests, bytes),
        What::Health { served, base, seconds, clients } => {
            health(&served, &base, Duration::from_secs(seconds), clients)
        }
        What::Stop { served, base, tries, longest } => {
            stop(&served, base, tries, Duration::from_millis(longest))
        }
        What::Check { url } => check_until_told(url),
    }
}

fn load(served: &Served, base: String, seconds: u64, growth: f64) -> anyhow::Result<()> {
    let patches = Arc::new(served.patches()?);
    let mut server = served.start();
    let load = Load { url: server.url().to_owned(), time: Duration::from_secs(seconds), patches, base };
    let process = server.process_id();
    let (outcome, memory) = Runtime::new()?.block_on(async {
        let loading = tokio::spawn(run(load));
        let mut memory = Vec::new();
        while !loading.is_finished() {
            memory.extend(resident_mib(process));
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        anyhow::Ok((loading.await?, memory))
    })?;
    server.signal(libc::SIGTERM);
    let ended = server.wait();
    tell_load(&outcome, &memory);
    let third = memory.len() / 3;
    let (middle, last) = (most(&memory[third..2 * third]), most(&memory[2 * third..]));
    if !outcome.unexpected().is_empty() {
        bail!("unexpected statuses: {:?}", outcome.unexpected());
    }
    if !ended.success() {
        bail!("the server ended with {ended}");
    }
    if last > middle * (1.0 + growth) {
        bail!("memory grows: {middle:.0} MiB at most in the middle third, {last:.0} MiB in the last");
    }
    Ok(())
}

#[allow(clippy::print_stdout, reason = "it is what the program is for")]
fn tell_load(outcome: &LoadOutcome, memory: &[f64]) {
    for ((kind, code), count) in &outcome.statuses {
        println!("{kind:<12} {:?} {count}", Code::from(*code));
    }
    let [median, most_checks, longest] =
        [0.5, 0.99, 1.0].map(|share| outcome.health_within(share).as_secs_f64() * 1e3);
    println!(
        "health       median {median:.1} ms, 99th percentile {most_checks:.1} ms, longest {longest:.1} ms"
    );
    let tenths = memory.chunks(memory.len().div_ceil(10).max(1));
    let tenths: Vec<String> = tenths.map(|part| format!("{:.0}", most(part))).collect();
    println!("memory       {} MiB at most in each tenth", tenths.join(", "));
}

fn most(values: &[f64]) -> f64 {
    values.iter().copied().fold(0.0, f64::max)
}

/// How long each client waits before it goes away.
const PATIENCE: Duration = Duration::from_millis(250);

#[allow(clippy::print_stdout, reason = "it is what the program is for")]
fn abandon(served: &Served, requests: usize, bytes: usize) -> anyhow::Result<()> {
    let patches = served.patches()?;
    let small = patches.first().cloned().unwrap_or_default();
    let text: Vec<u8> = patches.iter().cycle().flatten().copied().take(bytes).collect();
    let server = served.start();
    let (url, process) = (server.url().to_owned(), server.process_id());
    let (answered, busy, worked) = Runtime::new()?.block_on(async {
        let ask = |text: Vec<u8>| {
            let url = url.clone();
            async move {
                let mut client = HunktraceClient::connect(url).await?.max_decoding_message_size(usize::MAX);
                anyhow::Ok(client.lookup(LookupRequest { text, ..LookupRequest::default() }).await?)
            }
        };
        for _ in 0..requests {
            // Whether it was answered in time does not matter.
            drop(timeout(PATIENCE, ask(text.clone())).await);
        }
        let (gone, before) = (Instant::now(), processor_seconds(process));
        ask(small).await?;
        let answered = gone.elapsed();
        let (mut busy, mut last) = (gone.elapsed(), processor_seconds(process));
        while gone.elapsed() < busy + Duration::from_secs(1) {
            tokio::time::sleep(Duration::from_millis(100)).await;
            let now = processor_seconds(process);
            if now > last {
                (busy, last) = (gone.elapsed(), now);
            }
        }
        anyhow::Ok((answered, busy, last - before))
    })?;
    println!(
        "{requests} requests of {bytes} bytes abandoned: the next one is answered after {:.2} s, the server is busy for \
         {:.1} s and uses {worked:.1} s of processor time",
        answered.as_secs_f64(),
        busy.as_secs_f64()
    );
    Ok(())
}

/// How busy a server is made.
#[derive(Clone)]
enum Busy {
    Heavy(HeavyRequest),
    Long(LongQuestion),
}

impl Busy {
    fn name(&self) -> &'static str {
        match self {
            Busy::Heavy(request) => request.name,
            Busy::Long(question) => question.name(),
        }
    }

    /// Asks again and again; returns how often each status came.
    async fn keep(self, url: String, time: Duration) -> BTreeMap<i32, u64> {
        let mut statuses = BTreeMap::new();
        let begun = Instant::now();
        let Ok(endpoint) = Endpoint::from_shared(url.clone()) else { return statuses };
        let Ok(mut channel) = endpoint.connect().await else { return statuses };
        while begun.elapsed() < time {
            let code = match &self {
                Busy::Heavy(request) => timeout(time, request.send(&mut channel)).await,
                Busy::Long(question) => {
                    let left = time.saturating_sub(begun.elapsed());
                    let asked = timeout(left, question.clone().ask(url.clone())).await;
                    asked.map(|answer| answer.err().map_or(Code::Ok, |status| status.code()))
                }
            };
            if let Ok(code) = code {
                *statuses.entry(code as i32).or_default() += 1;
            }
        }
        statuses
    }
}

fn health(served: &Served, base: &str, time: Duration, clients: usize) -> anyhow::Result<()> {
    let heavy = [HeavyRequest::bomb(), HeavyRequest::empty_fields(), HeavyRequest::long_text()];
    let long = long_questions(&served.patches()?, base).into_iter().map(Busy::Long);
    let all: Vec<Busy> = heavy.into_iter().map(Busy::Heavy).chain(long).collect();
    for kinds in all.iter().map(std::slice::from_ref).chain([&all[..]]) {
        // Each kind has a server of its own, for the memory that it takes.
        let server = served.start();
        let (url, process) = (server.url().to_owned(), server.process_id());
        let checks = HealthChecks::start({
            let mut checking = std::process::Command::new(std::env::current_exe()?);
            checking.arg("check").arg(&url);
            checking
        });
        let (statuses, memory) = Runtime::new()?.block_on(async {
            let mut asking = JoinSet::new();
            for busy in kinds.iter().cycle().take(clients.max(kinds.len())) {
                asking.spawn(busy.clone().keep(url.clone(), time));
            }
            let (mut statuses, mut memory) = (BTreeMap::<i32, u64>::new(), 0.0f64);
            let mut interval = tokio::time::interval(Duration::from_millis(100));
            loop {
                tokio::select! {
                    _ = interval.tick() => memory = memory.max(resident_mib(process).unwrap_or_default()),
                    asked = asking.join_next() => match asked {
                        Some(asked) => {
                            for (code, count) in asked? {
                                *statuses.entry(code).or_default() += count;
                            }
                        }
                        None => break,
                    },
                }
            }
            anyhow::Ok((statuses, memory))
        })?;
        let name = if let [busy] = kinds { busy.name() } else { "all of these" };
        tell_health(name, &checks.end(), &statuses, memory);
    }
    Ok(())
}

#[allow(clippy::print_stdout, reason = "it is what the program is for")]
fn tell_health(name: &str, checked: &Checked, statuses: &BTreeMap<i32, u64>, memory: f64) {
    let times = &checked.times;
    let beside = if checked.is_urgent { "" } else { " of a client as urgent as the others" };
    let within = |share: f64| {
        let place = (times.len() as f64 * share) as usize;
        times.get(place.min(times.len().saturating_sub(1))).map_or(0.0, |time| time.as_secs_f64() * 1e3)
    };
    let statuses: Vec<String> =
        statuses.iter().map(|(code, count)| format!("{:?} {count}", Code::from(*code))).collect();
    println!(
        "{name:<32} {} health checks{beside}: median {:.1} ms, 99th percentile {:.1} ms, longest {:.1} ms; {memory:.0} MiB at most; {}",
        times.len(),
        within(0.5),
        within(0.99),
        within(1.0),
        statuses.join(", ")
    );
}

fn stop(served: &Served, base: String, tries: usize, longest: Duration) -> anyhow::Result<()> {
    let questions = long_questions(&served.patches()?, &base);
    let server = served.start();
    Runtime::new()?.block_on(async {
        for question in questions {
            let mut stopped = Vec::new();
            for _ in 0..tries {
                let asking = tokio::spawn(question.clone().ask(server.url().to_owned()));
                tokio::time::sleep(longest.mul_f64(fastrand::f64())).await;
                if !asking.is_finished() {
                    asking.abort();
                    stopped.push(work_after(&server).await);
                }
            }
            tell_stopped(question.name(), tries, &stopped);
        }
        anyhow::Ok(())
    })
}

#[allow(clippy::print_stdout, reason = "it is what the program is for")]
fn tell_stopped(name: &str, tries: usize, stopped: &[WorkAfter]) {
    let most =
        |of: fn(&WorkAfter) -> Duration| stopped.iter().map(of).max().unwrap_or_default().as_secs_f64();
    println!(
        "{name:<32} {} of {tries} dropped under way: the work stops after {:.0} ms at most, and the server takes {:.0} ms of \
         processor time at most within a second",
        stopped.len(),
        most(|work| work.working) * 1e3,
        most(|work| work.processor_time) * 1e3
    );
}

/// The memory that a process has for itself, in MiB; none where it is gone.
fn resident_mib(process: u32) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"))?;
    line.trim().trim_end_matches("kB").trim().parse::<f64>().ok().map(|kib| kib / 1024.0)
}

/// The processor time that a process has used, to a hundredth of a second.
fn processor_seconds(process: u32) -> f64 {
    const TICKS_PER_SECOND: f64 = 100.0;
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let behind_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks = behind_name.split_whitespace().skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok());
    ticks.sum::<f64>() / TICKS_PER_SECOND
}

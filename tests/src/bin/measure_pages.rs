//! How long pages take, and how large they are, from a server that runs.
//!
//!     measure_pages 127.0.0.1:8080 /index.html /release/centos/kernel-2.6.32-220.el6/index.html

use std::time::{Duration, Instant};

use anyhow::ensure;
use clap::Parser;
use hunktrace_tests::web_client::get;

/// Measures pages.
#[derive(Debug, Parser)]
struct Args {
    /// Where the pages are, as in 127.0.0.1:8080
    address: String,
    /// The paths of pages
    #[arg(required = true)]
    paths: Vec<String>,
    /// How often each is asked for
    #[arg(long, default_value_t = 40)]
    requests: usize,
}

#[allow(clippy::print_stdout, reason = "it is what the program is for")]
fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    ensure!(args.requests > 0, "ask for a page at least once");
    let mut all = Vec::new();
    println!("{:>8} {:>8} {:>8} {:>9}  page", "first", "median", "95th", "kB");
    for path in &args.paths {
        let mut times = Vec::new();
        let mut bytes = 0;
        for _ in 0..args.requests {
            let started = Instant::now();
            let answer = get(&args.address, path);
            times.push(started.elapsed());
            ensure!(answer.status == 200, "{path}: status {}", answer.status);
            bytes = answer.body.len();
        }
        let first = times[0];
        all.extend(&times);
        times.sort_unstable();
        println!(
            "{:>6.1}ms {:>6.1}ms {:>6.1}ms {:>9.1}  {path}",
            milliseconds(first),
            milliseconds(at(&times, 0.5)),
            milliseconds(at(&times, 0.95)),
            bytes as f64 / 1e3
        );
    }
    all.sort_unstable();
    println!("95th percentile of all: {:.1} ms", milliseconds(at(&all, 0.95)));
    Ok(())
}

/// The time that a share of all do not exceed.
fn at(times: &[Duration], share: f64) -> Duration {
    times[((times.len() as f64 * share).ceil() as usize).clamp(1, times.len()) - 1]
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

//! `hunktrace serve`: answers over gRPC until a signal ends it.

mod follow;
mod options;
mod reload;

use std::time::Duration;

use anyhow::Context;
use hunktrace_server::transport::accept::BoundAddress;
use hunktrace_server::wire::serve::{Listening, serve};
use tokio::runtime::{Builder, Runtime};

use self::follow::Follower;
use self::options::serve_options;
use self::reload::reload_on_hangup;
use crate::cli::ServeArgs;
use crate::source::index_run::usual_threads;
use crate::source::repository_index::bring_up_to_date;
use crate::terminal::end_signals::EndSignals;
use crate::terminal::interrupt::Ignored;
use crate::terminal::message::say;
use crate::terminal::outcome::Outcome;
use crate::terminal::output::Output;

/// Threads of the network for each core: decoding and encoding of large messages may keep some of them busy, and a health
/// check should not wait for that.
const NETWORK_THREADS_PER_CORE: usize = 4;

/// How long works get to stop that nobody wants any more, before the program ends.
const LAST_WORKS: Duration = Duration::from_millis(500);

/// Runs the command.
///
/// # Errors
/// If there is no index, the settings do not go together, or an address cannot be had.
pub fn run(args: &ServeArgs) -> anyhow::Result<Outcome> {
    let index = match (&args.index, &args.repo) {
        (Some(index), _) => index.clone(),
        (None, Some(repository)) if !args.check => bring_up_to_date(repository)?,
        (None, Some(_)) => anyhow::bail!("--check needs an index that is there; give it with --index"),
        (None, None) => {
            anyhow::bail!("no index to serve; give --index DIR, or --repo REPO for a git repository")
        }
    };
    // Who has indexed waits for signals to end the program; from now on they are the service's.
    let _left_to_service = args.repo.as_ref().map(|_| Ignored::begin()).transpose()?;
    let options = serve_options(args, index.clone());
    let encryption = if options.tls.is_some() { "https" } else { "http" };
    let runtime = network_threads()?;
    let outcome = runtime.block_on(async {
        let prepared = options.prepare().await?;
        if args.check {
            Output::open().write("the settings are in order\n")?;
            return Ok(Outcome::Done);
        }
        reload_on_hangup(prepared.reloader())?;
        let follower =
            args.repo.as_ref().map(|repository| Follower::start(repository, &index, args.follow_interval));
        let follower = follower.transpose()?;
        let mut signals = EndSignals::watch()?;
        let shutdown = async move {
            signals.next().await;
            tracing::info!("stopping");
            tokio::spawn(async move {
                signals.next().await;
                tracing::warn!("stopped at once");
                std::process::exit(Outcome::Interrupted.exit_code().into());
            });
        };
        serve(prepared, |listening| announce(&listening, encryption), shutdown).await?;
        tracing::info!("stopped");
        drop(follower);
        Ok(Outcome::Done)
    });
    runtime.shutdown_timeout(LAST_WORKS);
    outcome
}

fn network_threads() -> anyhow::Result<Runtime> {
    let threads = NETWORK_THREADS_PER_CORE * usual_threads();
    Builder::new_multi_thread().worker_threads(threads).enable_all().build().context("cannot start threads")
}

/// Prints the addresses, for a person or a script that waits for the server.
fn announce(listening: &Listening, encryption: &str) {
    let named = |address: &BoundAddress, scheme: &str| match address {
        BoundAddress::Tcp(address) => format!("{scheme}://{address}"),
        BoundAddress::Unix(path) => format!("unix:{}", path.display()),
    };
    let service =
        listening.service.iter().map(|address| format!("listening on {}", named(address, encryption)));
    let metrics =
        listening.metrics.iter().map(|address| format!("metrics on {}/metrics", named(address, "http")));
    for line in service.chain(metrics) {
        // The server goes on even if its output is closed.
        if let Err(error) = Output::open().write(&format!("{line}\n")) {
            say(format_args!("{line} ({error:#})"));
        }
    }
}

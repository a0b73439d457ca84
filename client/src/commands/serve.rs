//! `hunktrace serve`: answers over gRPC, and browsers with pages, until a signal ends it.

mod follow;
mod options;
mod reload;

use std::time::Duration;

use anyhow::Context;
use hunktrace_server::transport::accept::BoundAddress;
use hunktrace_server::wire::giving_way::give_way;
use hunktrace_server::wire::heavy_threads::HeavyThreads;
use hunktrace_server::wire::serve::{Listening, serve};
use hunktrace_server::wire::serve_options::Prepared;
use hunktrace_web::live::{PageServer, serve_pages};
use hunktrace_web::page::Upstream;
use hunktrace_web::source::Source;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use self::follow::Follower;
use self::options::serve_options;
use self::reload::reload_on_hangup;
use crate::cli::ServeArgs;
use crate::commands::site::read_audits;
use crate::source::index_run::usual_threads;
use crate::source::repository_index::bring_up_to_date;
use crate::terminal::end_signals::EndSignals;
use crate::terminal::interrupt::Ignored;
use crate::terminal::message::say;
use crate::terminal::outcome::Outcome;
use crate::terminal::output::Output;
use crate::terminal::screen::Screen;
#[cfg(feature = "opentelemetry")]
use crate::terminal::traces::finish_traces;

/// Threads of the network for each core: what they do takes a moment, and a health check should not wait for that either.
const NETWORK_THREADS_PER_CORE: usize = 4;

/// After so many steps a thread of the network looks for what has come: the usual 61 steps are much where each takes in a part
/// of a long message, and a health check would have to wait for them.
const STEPS_BETWEEN_EVENTS: u32 = 4;

/// How long works get to stop that nobody wants any more, before the program ends.
const LAST_WORKS: Duration = Duration::from_millis(500);

/// Runs the command.
///
/// # Errors
/// If there is no index, the settings do not go together, or an address cannot be had.
pub fn run(args: &ServeArgs, screen: &Screen) -> anyhow::Result<Outcome> {
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
    let (runtime, page_runtime) = (network_threads()?, page_threads()?);
    let heavy = HeavyThreads::start().context("cannot start threads")?;
    let outcome = runtime.block_on(async {
        let prepared = options.prepare(&heavy).await?;
        if args.check {
            Output::open().write("the settings are in order\n")?;
            return Ok(Outcome::Done);
        }
        reload_on_hangup(prepared.reloader())?;
        let follower =
            args.repo.as_ref().map(|repository| Follower::start(repository, &index, args.follow_interval));
        let follower = follower.transpose()?;
        let mut signals = EndSignals::watch()?;
        let (stop, close) = (CancellationToken::new(), CancellationToken::new());
        let pages = start_pages(&prepared, args, screen, &stop, &close, page_runtime.handle()).await?;
        let stop_pages = stop.clone();
        let shutdown = async move {
            signals.next().await;
            tracing::info!("stopping");
            stop_pages.cancel();
            tokio::spawn(async move {
                signals.next().await;
                tracing::warn!("stopped at once");
                std::process::exit(Outcome::Interrupted.exit_code().into());
            });
        };
        let addresses = pages.as_ref().map(|pages| pages.addresses.clone()).unwrap_or_default();
        serve(prepared, |listening| announce(&listening, &addresses, encryption), shutdown).await?;
        if let Some(pages) = pages {
            pages.serving.await.context("the pages failed")?;
        }
        close.cancel();
        tracing::info!("stopped");
        drop(follower);
        Ok(Outcome::Done)
    });
    heavy.end(LAST_WORKS);
    runtime.shutdown_timeout(LAST_WORKS);
    page_runtime.shutdown_background();
    #[cfg(feature = "opentelemetry")]
    if let Err(error) = finish_traces() {
        say(format_args!("{error:#}"));
    }
    outcome
}

/// Pages for browsers that are being served.
struct ServedPages {
    addresses: Vec<BoundAddress>,
    serving: JoinHandle<()>,
}

/// Begins to answer browsers, where an address for them is given.
async fn start_pages(
    prepared: &Prepared,
    args: &ServeArgs,
    screen: &Screen,
    stop: &CancellationToken,
    close: &CancellationToken,
    threads: &Handle,
) -> anyhow::Result<Option<ServedPages>> {
    let Some(connections) = prepared.page_connections(stop, close).await? else { return Ok(None) };
    let clients = prepared.local_clients().await?;
    let audits = read_audits(&args.audit)?;
    let source = Source::new(Some(clients.hunktrace), clients.catalogue);
    let server = PageServer::new(source, Upstream::new(&screen.link_target), audits, &connections);
    let addresses = connections.addresses.clone();
    let serving = threads.spawn(serve_pages(server, connections));
    Ok(Some(ServedPages { addresses, serving }))
}

fn network_threads() -> anyhow::Result<Runtime> {
    let threads = NETWORK_THREADS_PER_CORE * usual_threads();
    let mut network = Builder::new_multi_thread();
    network.worker_threads(threads).event_interval(STEPS_BETWEEN_EVENTS).enable_all();
    network.build().context("cannot start threads")
}

/// Threads on which pages are made, which takes long for some: the network has its own, and comes first.
fn page_threads() -> anyhow::Result<Runtime> {
    let mut threads = Builder::new_multi_thread();
    threads.worker_threads(usual_threads()).thread_name("pages").on_thread_start(give_way).enable_all();
    threads.build().context("cannot start threads")
}

/// Prints the addresses, for a person or a script that waits for the server.
fn announce(listening: &Listening, pages: &[BoundAddress], encryption: &str) {
    let named = |address: &BoundAddress, scheme: &str| match address {
        BoundAddress::Tcp(address) => format!("{scheme}://{address}"),
        BoundAddress::Unix(path) => format!("unix:{}", path.display()),
    };
    let service =
        listening.service.iter().map(|address| format!("listening on {}", named(address, encryption)));
    let metrics =
        listening.metrics.iter().map(|address| format!("metrics on {}/metrics", named(address, "http")));
    let pages = pages.iter().map(|address| match address {
        BoundAddress::Tcp(_) => format!("pages on {}/", named(address, encryption)),
        BoundAddress::Unix(_) => format!("pages on {}", named(address, encryption)),
    });
    for line in service.chain(metrics).chain(pages) {
        // The server goes on even if its output is closed.
        if let Err(error) = Output::open().write(&format!("{line}\n")) {
            say(format_args!("{line} ({error:#})"));
        }
    }
}

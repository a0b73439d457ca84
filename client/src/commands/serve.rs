//! `hunktrace serve`: answers over gRPC until a signal ends it.

use std::net::SocketAddr;

use anyhow::Context;
use hunktrace_server::wire::serve::{ServeOptions, serve};
use tokio::signal::unix::{SignalKind, signal};

use crate::cli::ServeArgs;
use crate::source::service::runtime;
use crate::terminal::message::say;
use crate::terminal::outcome::Outcome;
use crate::terminal::output::Output;

/// Runs the command.
///
/// # Errors
/// Where there is no index, or the address cannot be had.
pub fn run(args: &ServeArgs) -> anyhow::Result<Outcome> {
    let options = ServeOptions { index: args.index.clone(), listen: args.listen };
    runtime()?.block_on(async {
        let mut interrupt = signal(SignalKind::interrupt()).context("cannot watch for SIGINT")?;
        let mut terminate = signal(SignalKind::terminate()).context("cannot watch for SIGTERM")?;
        let shutdown = async move {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            tracing::info!("stopping");
        };
        serve(options, announce, shutdown).await?;
        Ok(Outcome::Done)
    })
}

/// Prints the address for whoever started the server and waits for it.
fn announce(address: SocketAddr) {
    // A server whose output nobody reads still serves.
    if let Err(error) = Output::open().write(&format!("listening on http://{address}\n")) {
        say(format_args!("listening on http://{address} ({error:#})"));
    }
}

//! `hunktrace serve`: answers over gRPC until a signal ends it.

use std::net::SocketAddr;

use hunktrace_server::wire::serve::{ServeOptions, serve};

use crate::cli::ServeArgs;
use crate::source::service::runtime;
use crate::terminal::end_signals::EndSignals;
use crate::terminal::message::say;
use crate::terminal::outcome::Outcome;
use crate::terminal::output::Output;

/// Runs the command.
///
/// # Errors
/// If there is no index, or the address cannot be had.
pub fn run(args: &ServeArgs) -> anyhow::Result<Outcome> {
    let options = ServeOptions { index: args.index.clone(), listen: args.listen };
    runtime()?.block_on(async {
        let mut signals = EndSignals::watch()?;
        let shutdown = async move {
            signals.next().await;
            tracing::info!("stopping");
        };
        serve(options, announce, shutdown).await?;
        Ok(Outcome::Done)
    })
}

/// Prints the address, for a person or a script that waits for the server.
fn announce(address: SocketAddr) {
    // The server goes on even if its output is closed.
    if let Err(error) = Output::open().write(&format!("listening on http://{address}\n")) {
        say(format_args!("listening on http://{address} ({error:#})"));
    }
}

//! SIGHUP: certificates, tokens and the log's level are read again.

use anyhow::Context;
use clap::Parser;
use hunktrace_server::wire::serve_options::Reloader;
use tokio::signal::unix::{SignalKind, signal};

use crate::cli::settings::with_settings;
use crate::cli::{Cli, Command};
use crate::terminal::message::set_log_filter;

/// Reads everything again that can be read again, whenever SIGHUP comes.
///
/// # Errors
/// If the system refuses to watch for the signal.
pub fn reload_on_hangup(reloader: Reloader) -> anyhow::Result<()> {
    let mut hangups = signal(SignalKind::hangup()).context("cannot watch for SIGHUP")?;
    tokio::spawn(async move {
        while hangups.recv().await.is_some() {
            for error in reloader.reload() {
                tracing::error!("not read again, what was there stays in use: {error}");
            }
            match log_filter().and_then(|filter| set_log_filter(filter.as_deref())) {
                Ok(()) => tracing::info!("certificates, tokens and the log's level were read again"),
                Err(error) => tracing::error!("the log's level stays: {error:#}"),
            }
        }
    });
    Ok(())
}

/// What the settings say now of the log.
fn log_filter() -> anyhow::Result<Option<String>> {
    let line = with_settings(std::env::args_os().collect(), |name| std::env::var_os(name))?;
    match Cli::try_parse_from(line)?.command {
        Command::Serve(args) => Ok(args.telling.log),
        _ => Ok(None),
    }
}

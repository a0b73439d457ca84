//! What the program says on standard error, beside its progress.

use std::fmt::Display;
use std::io::Write;

use tracing_subscriber::EnvFilter;

/// Says something to the user, under the program's name.
pub fn say(message: impl Display) {
    // Standard error may be closed; the exit code still says how the program ended.
    drop(writeln!(anstream::stderr().lock(), "hunktrace: {message}"));
}

/// Starts logging to standard error, as `--verbose` or `HUNKTRACE_LOG` asks for it.
pub fn start_logging(verbose: u8) {
    let by_flag = match verbose {
        0 => "warn",
        1 => "info,hunktrace=debug,hunktrace_client=debug,hunktrace_server=debug,hunktrace_indexer=debug",
        _ => "debug,hunktrace=trace,hunktrace_client=trace,hunktrace_server=trace,hunktrace_indexer=trace",
    };
    let filter = EnvFilter::try_from_env("HUNKTRACE_LOG").unwrap_or_else(|_| EnvFilter::new(by_flag));
    let subscriber = tracing_subscriber::fmt().with_writer(std::io::stderr).with_env_filter(filter);
    if let Err(error) = subscriber.try_init() {
        say(format_args!("cannot log: {error}"));
    }
}

//! What the program says on standard error, beside its progress.

use std::fmt::Display;
use std::io::{IsTerminal, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};

use anstream::{AutoStream, ColorChoice};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::time::uptime;

/// What waits to be said, and how many want it to wait.
static HELD: Mutex<Held> = Mutex::new(Held { holders: 0, messages: Vec::new() });

struct Held {
    holders: usize,
    messages: Vec<String>,
}

fn held() -> MutexGuard<'static, Held> {
    HELD.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Says something to the user, under the program's name. It waits while output is on its way through a pager, which has the
/// screen for itself.
pub fn say(message: impl Display) {
    let message = format!("hunktrace: {message}\n");
    let mut held = held();
    if held.holders > 0 {
        held.messages.push(message);
    } else {
        print(&message);
    }
}

/// Has messages wait until [`release_messages`] was called as often as this.
pub fn hold_messages() {
    held().holders += 1;
}

/// Says what has waited.
pub fn release_messages() {
    let mut held = held();
    held.holders = held.holders.saturating_sub(1);
    if held.holders == 0 {
        held.messages.drain(..).for_each(|message| print(&message));
    }
}

fn print(message: &str) {
    // Standard error may be closed; the exit code still says how the program ended.
    drop(anstream::stderr().lock().write_all(message.as_bytes()));
}

/// Starts logging to standard error, as `--verbose` or `HUNKTRACE_LOG` asks for it.
pub fn start_logging(verbose: u8) {
    let by_flag = match verbose {
        0 => "warn",
        1 => {
            "warn,hunktrace=debug,hunktrace_client=debug,hunktrace_release=debug,hunktrace_server=debug,hunktrace_indexer=debug"
        }
        _ => {
            "debug,hunktrace=trace,hunktrace_client=trace,hunktrace_release=trace,hunktrace_server=trace,hunktrace_indexer=trace"
        }
    };
    let filter = EnvFilter::try_from_env("HUNKTRACE_LOG").unwrap_or_else(|_| EnvFilter::new(by_flag));
    let has_colors =
        std::io::stderr().is_terminal() && AutoStream::choice(&std::io::stderr()) != ColorChoice::Never;
    let subscriber = tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_ansi(has_colors)
        .with_env_filter(filter)
        .with_target(verbose > 1);
    // A server's log has dates; that of a command says how long it has taken so far.
    let started = match verbose {
        0 => subscriber.try_init(),
        _ => subscriber.with_timer(uptime()).try_init(),
    };
    if let Err(error) = started {
        say(format_args!("cannot log: {error}"));
    }
}

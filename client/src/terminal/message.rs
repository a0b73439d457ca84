//! What the program says on standard error, beside its progress.

use std::fmt::Display;
use std::io::{IsTerminal, Write};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use anstream::{AutoStream, ColorChoice};
use anyhow::{Context, anyhow};
use tracing_subscriber::fmt::time::uptime;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::reload::{Handle, Layer};
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer as _, Registry, fmt};

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

/// What is logged to standard error, and how.
#[derive(Clone, Debug, Default)]
pub struct LogOptions {
    /// How often `--verbose` is given.
    pub verbose: u8,
    /// What to log, where a flag says so.
    pub filter: Option<String>,
    /// Whether every event is a JSON object, for programs.
    pub is_json: bool,
    /// Whether a service logs, which tells of its requests.
    pub is_service: bool,
    /// Where traces are sent, if they are.
    #[cfg(feature = "opentelemetry")]
    pub traces: Option<String>,
}

/// What is logged where nothing else is said, and what changes it.
struct Log {
    usual: String,
    filter: Handle<EnvFilter, Registry>,
}

/// A part of what is logged or traced.
type BoxedLayer = Box<dyn tracing_subscriber::Layer<Registry> + Send + Sync>;

static LOG: OnceLock<Log> = OnceLock::new();

impl LogOptions {
    fn usual(&self) -> String {
        let usual = match (self.verbose, self.is_service) {
            (0, false) => "warn",
            (0, true) => "warn,hunktrace=info,hunktrace_client=info,hunktrace_server=info",
            (1, _) => {
                "warn,hunktrace=debug,hunktrace_client=debug,hunktrace_release=debug,hunktrace_server=debug,hunktrace_indexer=debug"
            }
            _ => {
                "debug,hunktrace=trace,hunktrace_client=trace,hunktrace_release=trace,hunktrace_server=trace,hunktrace_indexer=trace"
            }
        };
        std::env::var("HUNKTRACE_LOG").unwrap_or_else(|_| usual.to_owned())
    }
}

/// Starts logging to standard error, as a flag, `HUNKTRACE_LOG` or `--verbose` asks for it.
pub fn start_logging(options: &LogOptions) {
    let usual = options.usual();
    let wanted = options.filter.as_deref().unwrap_or(&usual);
    let filter = read_filter(wanted).unwrap_or_else(|error| {
        say(format_args!("{error:#}"));
        EnvFilter::new("warn")
    });
    let (filter, handle) = Layer::new(filter);
    let has_colors =
        std::io::stderr().is_terminal() && AutoStream::choice(&std::io::stderr()) != ColorChoice::Never;
    let text = fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(has_colors)
        .with_target(options.is_service || options.verbose > 1);
    // A server's log has dates; that of a command says how long it has taken so far.
    let layer = match (options.is_json, options.is_service || options.verbose == 0) {
        (true, _) => text.json().flatten_event(true).boxed(),
        (false, true) => text.boxed(),
        (false, false) => text.with_timer(uptime()).boxed(),
    };
    let layers: Vec<BoxedLayer> = vec![layer.with_filter(filter).boxed()];
    #[cfg(feature = "opentelemetry")]
    let layers = with_traces(layers, options.traces.as_deref());
    if let Err(error) = tracing_subscriber::registry().with(layers).try_init() {
        say(format_args!("cannot log: {error}"));
    }
    drop(LOG.set(Log { usual, filter: handle }));
}

/// The same layers, and one that sends traces where they are wanted.
#[cfg(feature = "opentelemetry")]
fn with_traces(mut layers: Vec<BoxedLayer>, url: Option<&str>) -> Vec<BoxedLayer> {
    match url.map(super::traces::traces_layer) {
        Some(Ok(layer)) => layers.push(layer),
        Some(Err(error)) => say(format_args!("{error:#}")),
        None => {}
    }
    layers
}

/// Logs what `filter` asks for from now on, or what is usual.
///
/// # Errors
/// If it cannot be read.
pub fn set_log_filter(filter: Option<&str>) -> anyhow::Result<()> {
    let log = LOG.get().context("nothing is logged")?;
    let filter = read_filter(filter.unwrap_or(&log.usual))?;
    log.filter.reload(filter).context("what is logged cannot be changed")
}

fn read_filter(filter: &str) -> anyhow::Result<EnvFilter> {
    let read = EnvFilter::try_new(filter);
    read.map_err(|error| anyhow!("'{filter}' says not what to log: {error}; write a level, as in 'info'"))
}

//! SIGINT, SIGTERM and SIGHUP while something is made that must not stay half done.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use anyhow::Context;

use crate::terminal::end_signals::EndSignals;
use crate::terminal::outcome::Outcome;

/// What a signal does.
enum OnSignal {
    /// It ends the program, as usual.
    EndProgram,
    /// It asks the work to stop; another one ends the program.
    RequestStop(Arc<AtomicBool>),
    /// It cleans up and ends the program.
    CleanUp(Box<dyn FnOnce() + Send>),
    /// Nothing: the work is about to be finished.
    Ignore,
}

static ON_SIGNAL: Mutex<OnSignal> = Mutex::new(OnSignal::EndProgram);

/// Whether the thread that waits for signals runs, or why it cannot.
static WAITING: OnceLock<Result<(), String>> = OnceLock::new();

fn on_signal() -> MutexGuard<'static, OnSignal> {
    ON_SIGNAL.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Decides what a signal does, until it is dropped.
struct Watch;

impl Watch {
    fn begin(what: OnSignal) -> anyhow::Result<Watch> {
        let waiting = WAITING.get_or_init(|| start_waiting().map_err(|error| format!("{error:#}")));
        waiting.clone().map_err(anyhow::Error::msg)?;
        *on_signal() = what;
        Ok(Watch)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        *on_signal() = OnSignal::EndProgram;
    }
}

/// Turns the first SIGINT, SIGTERM or SIGHUP into a request to stop; the second ends the program at once, which an index
/// survives.
pub struct Interrupt {
    is_requested: Arc<AtomicBool>,
    _watch: Watch,
}

impl Interrupt {
    /// Watches until the result is dropped.
    ///
    /// # Errors
    /// If the system gives no thread or no signals.
    pub fn watch() -> anyhow::Result<Interrupt> {
        let is_requested = Arc::new(AtomicBool::new(false));
        let watch = Watch::begin(OnSignal::RequestStop(Arc::clone(&is_requested)))?;
        Ok(Interrupt { is_requested, _watch: watch })
    }

    /// Whether the work is to stop.
    pub fn is_requested(&self) -> bool {
        self.is_requested.load(Ordering::SeqCst)
    }
}

/// Cleans up when SIGINT, SIGTERM or SIGHUP ends the program.
pub struct CleanUp {
    _watch: Watch,
}

impl CleanUp {
    /// Has the first signal clean up and end the program, until the result is dropped.
    ///
    /// # Errors
    /// If the system gives no thread or no signals.
    pub fn on_signal(clean_up: impl FnOnce() + Send + 'static) -> anyhow::Result<CleanUp> {
        Ok(CleanUp { _watch: Watch::begin(OnSignal::CleanUp(Box::new(clean_up)))? })
    }

    /// Ignores signals from now on, because the finished work is being put in its place. If a signal came before, this
    /// does not return.
    pub fn is_too_late(&self) {
        *on_signal() = OnSignal::Ignore;
    }
}

/// Leaves signals to another program that has the terminal, or to a service of this one.
pub struct Ignored {
    _watch: Watch,
}

impl Ignored {
    /// Ignores signals until the result is dropped.
    ///
    /// # Errors
    /// If the system gives no thread or no signals.
    pub fn begin() -> anyhow::Result<Ignored> {
        Ok(Ignored { _watch: Watch::begin(OnSignal::Ignore)? })
    }
}

/// Starts the thread that waits for signals.
fn start_waiting() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()
        .context("cannot watch for signals")?;
    let entered = runtime.enter();
    let mut signals = EndSignals::watch_with_hangup()?;
    drop(entered);
    let wait = move || {
        runtime.block_on(async {
            loop {
                signals.next().await;
                obey();
            }
        });
    };
    std::thread::Builder::new().name("signals".to_owned()).spawn(wait).context("cannot watch for signals")?;
    Ok(())
}

/// Does what a signal does.
///
/// The lock is held while it cleans up, so that [`CleanUp::is_too_late`] cannot return meanwhile.
fn obey() {
    let mut what = on_signal();
    match std::mem::replace(&mut *what, OnSignal::EndProgram) {
        OnSignal::RequestStop(is_requested) => is_requested.store(true, Ordering::SeqCst),
        OnSignal::Ignore => *what = OnSignal::Ignore,
        OnSignal::EndProgram => end_program(),
        OnSignal::CleanUp(clean_up) => {
            clean_up();
            end_program();
        }
    }
}

fn end_program() -> ! {
    std::process::exit(Outcome::Interrupted.exit_code().into())
}

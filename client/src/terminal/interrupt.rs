//! SIGINT and SIGTERM while something is made that must not stay half done.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use anyhow::Context;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Exit code of a program that SIGINT has ended.
const INTERRUPTED: i32 = 130;

/// What a signal does.
enum OnSignal {
    /// It ends the program, as usual.
    EndProgram,
    /// It asks the work to stop; another one ends the program.
    RequestStop(Arc<AtomicBool>),
    /// It cleans up and ends the program.
    CleanUp(Box<dyn FnOnce() + Send>),
    /// It comes too late: what is made is as good as done.
    Ignore,
}

static ON_SIGNAL: Mutex<OnSignal> = Mutex::new(OnSignal::EndProgram);

/// Whether the thread that waits for signals runs; the reason where it cannot.
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

/// Turns the first SIGINT or SIGTERM into a request to stop; the second ends the program at once, which an index
/// survives.
pub struct Interrupt {
    is_requested: Arc<AtomicBool>,
    _watch: Watch,
}

impl Interrupt {
    /// Watches until the result is dropped.
    ///
    /// # Errors
    /// Where the system gives no thread or no signals.
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

/// Cleans up when SIGINT or SIGTERM ends the program.
pub struct CleanUp {
    _watch: Watch,
}

impl CleanUp {
    /// Has the first signal clean up and end the program, until the result is dropped.
    ///
    /// # Errors
    /// Where the system gives no thread or no signals.
    pub fn on_signal(clean_up: impl FnOnce() + Send + 'static) -> anyhow::Result<CleanUp> {
        Ok(CleanUp { _watch: Watch::begin(OnSignal::CleanUp(Box::new(clean_up)))? })
    }

    /// Lets signals pass from now on, because what is made takes its place. Does not return where one has come before.
    pub fn is_too_late(&self) {
        *on_signal() = OnSignal::Ignore;
    }
}

/// Starts the thread that waits for signals.
fn start_waiting() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()
        .context("cannot watch for signals")?;
    let entered = runtime.enter();
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot watch for SIGINT")?;
    let mut terminate = signal(SignalKind::terminate()).context("cannot watch for SIGTERM")?;
    drop(entered);
    let wait = move || {
        runtime.block_on(async {
            loop {
                next_of(&mut interrupt, &mut terminate).await;
                obey();
            }
        });
    };
    std::thread::Builder::new().name("signals".to_owned()).spawn(wait).context("cannot watch for signals")?;
    Ok(())
}

async fn next_of(interrupt: &mut Signal, terminate: &mut Signal) {
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}

/// Does what a signal does. While it cleans up nobody else can decide on it, and the work cannot be said to be done.
fn obey() {
    let mut what = on_signal();
    match std::mem::replace(&mut *what, OnSignal::EndProgram) {
        OnSignal::RequestStop(is_requested) => is_requested.store(true, Ordering::SeqCst),
        OnSignal::Ignore => *what = OnSignal::Ignore,
        OnSignal::EndProgram => std::process::exit(INTERRUPTED),
        OnSignal::CleanUp(clean_up) => {
            clean_up();
            std::process::exit(INTERRUPTED);
        }
    }
}

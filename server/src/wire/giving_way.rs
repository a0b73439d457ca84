//! Threads of heavy work give way to those of the network, so that whoever asks for little is answered at once although all
//! cores are busy.

/// How far they give way, as `nice` counts: a thread of the network that has something to do gets three times the time of one
/// that has not, and gets it first.
const NICENESS: i32 = 5;

/// The least urgency that there is.
const LEAST_URGENT: i32 = 19;

/// Lets the calling thread give way from now on. It cannot be taken back, so the thread has to be one that does nothing but
/// heavy work.
#[cfg(target_os = "linux")]
pub(crate) fn give_way() {
    use std::cell::Cell;

    use rustix::process::{getpriority_process, setpriority_process};

    thread_local!(static GIVES_WAY: Cell<bool> = const { Cell::new(false) });
    if GIVES_WAY.replace(true) {
        return;
    }
    // What is asked and said of no process in particular is of the calling thread, on Linux alone.
    let given = getpriority_process(None)
        .and_then(|niceness| setpriority_process(None, (niceness + NICENESS).min(LEAST_URGENT)));
    if let Err(error) = given {
        tracing::debug!(%error, "a thread of heavy work does not give way to those of the network");
    }
}

/// Elsewhere threads have no urgency of their own that could be set so.
#[cfg(not(target_os = "linux"))]
pub(crate) fn give_way() {}

/// Lets the threads that divide the work on releases among them give way.
pub(crate) fn let_pool_give_way() {
    let pool = rayon::ThreadPoolBuilder::new().start_handler(|_| give_way());
    if let Err(error) = pool.build_global() {
        tracing::debug!(%error, "the threads that divide work do not give way to those of the network");
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use rustix::process::getpriority_process;

    use super::*;

    #[test]
    fn thread_gives_way_once_and_alone() {
        let niceness = || getpriority_process(None).expect("the thread's");
        let before = niceness();
        let of_worker = std::thread::spawn(move || {
            give_way();
            give_way();
            niceness()
        });
        assert_eq!(of_worker.join().expect("a thread"), (before + NICENESS).min(LEAST_URGENT));
        assert_eq!(niceness(), before);
    }
}

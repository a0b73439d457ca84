//! How threads give way to others of the same process.

/// How far they give way, as `nice` counts: a thread of the network that has something to do gets three times the time of one
/// that has not, and gets it first.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 5;

/// The least urgency that there is.
#[cfg(target_os = "linux")]
const LEAST_URGENT: i32 = 19;

/// Lets the calling thread give way to the first thread of the process from now on. It cannot be taken back, so the thread has
/// to be one that does nothing but heavy work.
#[cfg(target_os = "linux")]
pub fn give_way() {
    use rustix::process::{getpid, getpriority_process, setpriority_process};

    // A number of a process is that of its first thread, and none is the calling one, on Linux alone. A thread begins with the
    // urgency of whoever has started it, which may give way itself.
    let given = getpriority_process(Some(getpid()))
        .and_then(|niceness| setpriority_process(None, (niceness + NICENESS).min(LEAST_URGENT)));
    if let Err(error) = given {
        tracing::debug!(%error, "a thread of heavy work does not give way to those of the network");
    }
}

/// Elsewhere threads have no urgency of their own that could be set so.
#[cfg(not(target_os = "linux"))]
pub fn give_way() {}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use rustix::process::{getpid, getpriority_process};

    use super::*;

    #[test]
    fn thread_gives_way_once_and_alone() {
        let niceness = || getpriority_process(None).expect("the thread's");
        let before = niceness();
        let of_process = getpriority_process(Some(getpid())).expect("the process's");
        let of_threads = std::thread::spawn(move || {
            give_way();
            give_way();
            let started = std::thread::spawn(move || {
                give_way();
                niceness()
            });
            (niceness(), started.join().expect("a thread"))
        });
        let expected = (of_process + NICENESS).min(LEAST_URGENT);
        assert_eq!(of_threads.join().expect("a thread"), (expected, expected));
        assert_eq!(niceness(), before);
    }
}

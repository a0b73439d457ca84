//! Threads that do nothing but heavy work, and give way to those of the network, so that whoever asks for little is answered at
//! once although all cores are busy.
//!
//! The threads of a runtime change their tasks: one that worked may serve the network the next moment. A thread that gives way
//! does so for ever, so that such threads are kept apart.

use std::io;
use std::time::Duration;

use hunktrace_proto::codec::work_on_long_messages;
use rayon::ThreadPoolBuilder;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::task::{JoinHandle, spawn_blocking};

use crate::wire::giving_way::give_way;

/// The threads of a process that serves others.
pub struct HeavyThreads(Runtime);

impl HeavyThreads {
    /// Starts them. Those that divide the work on a release among them, and those that read and write long messages, are of the
    /// whole process: the first ones stay.
    ///
    /// # Errors
    /// Where the system has no threads.
    pub fn start() -> io::Result<HeavyThreads> {
        let of_messages = pool().thread_name(|_| "messages".to_owned());
        work_on_long_messages(of_messages.build().map_err(io::Error::other)?);
        if let Err(error) = pool().build_global() {
            tracing::debug!(%error, "the threads that divide work were there before");
        }
        // It has no tasks, only threads that may wait.
        let mut runtime = Builder::new_multi_thread();
        runtime.worker_threads(1).thread_name("work").on_thread_start(give_way);
        runtime.build().map(HeavyThreads)
    }

    /// Where work is handed over.
    pub(crate) fn handle(&self) -> HeavyWork {
        HeavyWork(Some(self.0.handle().clone()))
    }

    /// Waits until all works have stopped, but no longer than so.
    pub fn end(self, time: Duration) {
        self.0.shutdown_timeout(time);
    }
}

fn pool() -> ThreadPoolBuilder {
    ThreadPoolBuilder::new().start_handler(|_| give_way())
}

/// Where heavy work is done: on threads of its own, or, in a process that serves nobody else, on those of the runtime that asks.
#[derive(Clone, Debug, Default)]
pub(crate) struct HeavyWork(Option<Handle>);

impl HeavyWork {
    /// Does some work, which may wait for what goes on in the runtime that asks for it.
    pub(crate) fn spawn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> JoinHandle<T> {
        let Some(threads) = &self.0 else { return spawn_blocking(work) };
        let asking = Handle::current();
        threads.spawn_blocking(move || {
            let _asking = asking.enter();
            work()
        })
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::time::Duration;

    use rustix::process::getpriority_process;
    use tokio::time::sleep;

    use super::*;

    /// How the calling thread is called, and how far it gives way.
    fn thread() -> (String, i32) {
        let name = std::thread::current().name().unwrap_or_default().to_owned();
        (name, getpriority_process(None).expect("the thread's"))
    }

    #[test]
    fn work_is_done_elsewhere_and_no_thread_of_the_network_gives_way() {
        let heavy = HeavyThreads::start().expect("threads");
        let network = Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("threads");
        let (name, of_work) = network.block_on(async {
            let work = heavy.handle();
            let worked = work.spawn(|| {
                // It waits for the clock of the network.
                Handle::current().block_on(sleep(Duration::from_millis(1)));
                thread()
            });
            worked.await.expect("it is done")
        });
        assert_eq!(name, "work");
        let (_, usual) = thread();
        assert!(of_work > usual, "{of_work}");
        // Threads that wait for long messages hand the network over to others.
        for _ in 0..20 {
            let (here, next) = network.block_on(async {
                tokio::spawn(async {
                    tokio::task::block_in_place(|| std::thread::sleep(Duration::from_millis(1)));
                    let next = tokio::spawn(async { thread() }).await.expect("it is done");
                    (thread(), next)
                })
                .await
                .expect("it is done")
            });
            assert_eq!((here.1, next.1), (usual, usual));
        }
        heavy.end(Duration::from_secs(1));
    }

    #[tokio::test]
    async fn process_that_serves_nobody_works_on_its_own_threads() {
        let worked = HeavyWork::default().spawn(|| std::thread::current().name().map(str::to_owned)).await;
        assert_ne!(worked.expect("it is done").as_deref(), Some("work"));
    }
}

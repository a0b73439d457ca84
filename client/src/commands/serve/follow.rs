//! `serve --repo`: the index of a clone is extended whenever the clone's references have moved.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::Context;
use hunktrace_indexer::cancellation::Cancellation;
use hunktrace_indexer::index::folder::IndexError;
use hunktrace_indexer::run::index_update::{IndexPace, IndexRequest, update_index};
use hunktrace_indexer::run::progress::IndexProgress;

use crate::source::repository_index::common_dir;

/// A thread that extends an index. It ends when this is dropped.
pub struct Follower {
    stop: Cancellation,
    /// Dropped to wake the thread.
    sleeping: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Follower {
    /// Looks at a repository every `interval`, and extends the index by what is new.
    ///
    /// # Errors
    /// If there is no repository, or the system gives no thread.
    pub fn start(repository: &Path, index: &Path, interval: Duration) -> anyhow::Result<Follower> {
        let following = Following { repository: common_dir(repository)?, index: index.to_owned(), interval };
        let stop = Cancellation::default();
        let (sleeping, waking) = channel();
        let watched = Arc::new(Watched(stop.clone()));
        let thread = std::thread::Builder::new()
            .name("follow".to_owned())
            .spawn(move || following.follow(&waking, &watched))
            .context("cannot start a thread")?;
        Ok(Follower { stop, sleeping: Some(sleeping), thread: Some(thread) })
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.stop.cancel();
        drop(self.sleeping.take());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("following the repository ended early");
        }
    }
}

struct Following {
    repository: PathBuf,
    index: PathBuf,
    interval: Duration,
}

impl Following {
    fn follow(&self, waking: &Receiver<()>, watched: &Watched) {
        while waking.recv_timeout(self.interval) == Err(RecvTimeoutError::Timeout) {
            match update_index(&self.request(), watched) {
                Ok(summary) if summary.new_commits > 0 => {
                    tracing::info!(
                        commits = summary.new_commits,
                        hunks = summary.new_hunks,
                        unindexed = summary.unindexed,
                        "the index was extended"
                    );
                }
                Ok(_) | Err(IndexError::Stopped) => {}
                Err(IndexError::Locked(_)) => tracing::debug!("another process extends the index"),
                Err(error) => tracing::error!(%error, "the index cannot be extended; it is tried again"),
            }
        }
    }

    /// One thread: what is served comes first.
    fn request(&self) -> IndexRequest {
        IndexRequest {
            index: self.index.clone(),
            repositories: vec![self.repository.clone()],
            revisions: Vec::new(),
            pace: IndexPace::usual(1),
        }
    }
}

/// A run that nobody listens to.
struct Watched(Cancellation);

impl IndexProgress for Watched {
    fn planned(&self, _: usize, _: usize) {}
    fn indexed(&self, _: usize) {}
    fn passed_over(&self, _: usize) {}
    fn merging(&self) {}
    fn is_stopped(&self) -> bool {
        self.0.is_cancelled()
    }
}

//! Releases are stored, one after the other, while further ones are taken apart.

use anyhow::{Context, bail};
use tokio::sync::mpsc;

use crate::commands::attribute::progress::AttributeProgress;
use crate::terminal::output::Output;
use crate::terminal::screen_text::{counted, printable};
use hunktrace_release::attribute::{CatalogueRow, Phase, ReadyRelease, Watcher};
use hunktrace_server::catalogue::release_writer::Added;
use hunktrace_server::catalogue::store::Catalogue;

/// Releases that may wait for being stored: a minor version takes longer to store than the update after it to be taken apart.
const RELEASES_WAITING: usize = 4;

/// What is said where releases that were given are not stored, and no reason came.
const BROKEN_OFF: &str =
    "storing was broken off; repeat the command: it goes on with the first release that is not there";

/// A release that can be stored.
pub struct NamedRelease {
    /// What it is called.
    pub name: String,
    /// The tree that it was read from, for messages.
    pub tree: String,
    /// What was taken apart.
    pub ready: ReadyRelease,
}

/// A catalogue, and the releases that are being added to it.
pub struct Storing {
    ready: mpsc::Sender<NamedRelease>,
    stored: mpsc::Receiver<Stored>,
    /// Releases of which nothing was said yet.
    unsaid: usize,
    is_quiet: bool,
}

/// What became of a release.
struct Stored {
    name: String,
    /// The tree that it was read from, for messages.
    tree: String,
    added: anyhow::Result<Added>,
}

impl Storing {
    /// Begins with a catalogue. A quiet one says nothing of what was added.
    pub fn begin(catalogue: Catalogue, is_quiet: bool) -> Storing {
        let (ready, mut to_store) = mpsc::channel::<NamedRelease>(RELEASES_WAITING);
        let (say, stored) = mpsc::channel(RELEASES_WAITING);
        tokio::task::spawn_blocking(move || {
            let mut row = CatalogueRow::new(catalogue);
            while let Some(NamedRelease { name, tree, ready }) = to_store.blocking_recv() {
                let added = row.store(ready);
                let is_over = added.is_err();
                // Nobody listens any more when the command has failed elsewhere.
                if say.blocking_send(Stored { name, tree, added }).is_err() || is_over {
                    break;
                }
            }
        });
        Storing { ready, stored, unsaid: 0, is_quiet }
    }

    /// Adds a release after those that were given before, and says which of these are stored by now.
    ///
    /// # Errors
    /// Where one of them could not be added: then the catalogue is as it was before that.
    pub async fn add(&mut self, mut release: NamedRelease) -> anyhow::Result<()> {
        loop {
            while let Ok(stored) = self.stored.try_recv() {
                self.say(stored)?;
            }
            match self.ready.try_send(release) {
                Ok(()) => {
                    self.unsaid += 1;
                    return Ok(());
                }
                // Where nothing is stored any more, the reason is among what has been said.
                Err(mpsc::error::TrySendError::Full(back) | mpsc::error::TrySendError::Closed(back)) => {
                    release = back;
                }
            }
            match self.stored.recv().await {
                Some(stored) => self.say(stored)?,
                None => bail!(BROKEN_OFF),
            }
        }
    }

    /// Waits until all are stored, and says so of each.
    ///
    /// # Errors
    /// As [`Storing::add`].
    pub async fn finish(mut self) -> anyhow::Result<()> {
        let progress = AttributeProgress::start(self.is_quiet);
        progress.advanced(Phase::WritingRecords, 0, 0);
        let (none, _) = mpsc::channel(1);
        drop(std::mem::replace(&mut self.ready, none));
        let mut all = Vec::new();
        while let Some(stored) = self.stored.recv().await {
            all.push(stored);
        }
        drop(progress);
        all.into_iter().try_for_each(|stored| self.say(stored))?;
        if self.unsaid > 0 {
            bail!(BROKEN_OFF);
        }
        Ok(())
    }

    fn say(&mut self, stored: Stored) -> anyhow::Result<()> {
        self.unsaid -= 1;
        let added = stored.added.context(stored.tree)?;
        if !self.is_quiet {
            Output::open().write(&added_text(&stored.name, &added))?;
        }
        Ok(())
    }
}

fn added_text(name: &str, added: &Added) -> String {
    let (files, commits) = (counted(added.files as u64, "file"), counted(added.commits as u64, "commit"));
    let mut text = format!(
        "{}: {commits}, {files} that differ from the base, {} of them new",
        printable(name),
        added.new_files
    );
    if added.entries > 0 {
        text += &format!("; changelog: {} of {} entries have a commit", added.matched_entries, added.entries);
    }
    text.push('\n');
    text
}

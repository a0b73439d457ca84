//! The index that answers are given from, exchanged for its next generation while the service runs.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, RwLock};

use hunktrace_indexer::graph::{CommitOrdinal, FoundCommit};
use hunktrace_indexer::index::folder::IndexError;
use hunktrace_indexer::index::snapshot::IndexPart;
use hunktrace_indexer::index::snapshot::Snapshot;

use crate::index::base_content::BaseContent;
use crate::index::likeness::closest;
use crate::index::origin::answering_for;

/// Sets of excluded commits that are kept: one for each of the bases asked for last.
const KEPT_BASES: usize = 8;

/// What of a reference's name people leave out.
const REF_FOLDERS: [&str; 3] = ["refs/tags/", "refs/heads/", "refs/remotes/"];

/// A generation of the index with what was worked out for it.
pub struct LiveSnapshot {
    /// The index.
    pub snapshot: Snapshot,
    /// What each base contains, the last one used at the end.
    bases: Mutex<Vec<(CommitOrdinal, Arc<BaseContent>)>>,
    /// The digest of the history, once it was asked for.
    history_digest: OnceLock<u128>,
}

/// Why a revision does not name a commit of the index.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum RevisionError {
    /// Nothing has that name; perhaps something else was meant.
    #[error("'{revision}' is no tag, branch or commit of the index; {}", advice(.meant))]
    Unknown {
        /// The name.
        revision: String,
        /// The name of a tag or branch that is much like it.
        meant: Option<String>,
    },
    /// An abbreviation fits several commits.
    #[error("'{0}' is ambiguous: it fits {1}; give more digits")]
    Ambiguous(String, String),
}

fn advice(meant: &Option<String>) -> String {
    match meant {
        Some(name) => format!("did you mean '{name}'?"),
        None => "'hunktrace status' lists what is indexed".to_owned(),
    }
}

impl LiveSnapshot {
    fn open(path: &Path) -> Result<LiveSnapshot, IndexError> {
        Ok(LiveSnapshot {
            snapshot: Snapshot::open(path)?,
            bases: Mutex::new(Vec::new()),
            history_digest: OnceLock::new(),
        })
    }

    /// The digest of the history.
    ///
    /// # Errors
    /// Where the index is damaged.
    pub fn history_digest(&self) -> Result<u128, IndexError> {
        match self.history_digest.get() {
            Some(digest) => Ok(*digest),
            None => {
                let digest = self.snapshot.history_digest()?;
                Ok(*self.history_digest.get_or_init(|| digest))
            }
        }
    }

    /// The commit that a revision names: a tag, a reference as it was when indexed, or an id, abbreviated or not.
    ///
    /// # Errors
    /// Where none or several fit.
    pub fn resolve(&self, revision: &str) -> Result<CommitOrdinal, RevisionError> {
        let graph = self.snapshot.graph();
        if let Some(tag) = graph.tags().iter().find(|tag| tag.name == revision)
            && let Some(commit) = graph.find(&tag.commit)
        {
            return Ok(commit);
        }
        let forms = [&REF_FOLDERS[..], &[""]].concat();
        let forms: Vec<String> = forms.iter().map(|prefix| format!("{prefix}{revision}")).collect();
        for reference in graph.refs().unwrap_or_default() {
            if forms.contains(&reference.name)
                && let FoundCommit::One(commit) = graph.find_abbreviated(&reference.commit)
            {
                return Ok(commit);
            }
        }
        match graph.find_abbreviated(revision) {
            FoundCommit::One(commit) => Ok(commit),
            FoundCommit::None => Err(RevisionError::Unknown {
                revision: revision.to_owned(),
                meant: self.likely_meant(revision),
            }),
            FoundCommit::Several(ids) => {
                let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
                Err(RevisionError::Ambiguous(revision.to_owned(), ids.join(", ")))
            }
        }
    }

    /// The tag or branch whose name is most like one that nothing has.
    fn likely_meant(&self, revision: &str) -> Option<String> {
        let graph = self.snapshot.graph();
        let refs = graph.refs().unwrap_or_default();
        let short =
            |name| REF_FOLDERS.iter().find_map(|folder| str::strip_prefix(name, folder)).unwrap_or(name);
        let tags = graph.tags().iter().map(|tag| tag.name.as_str());
        let branches = refs.iter().map(|reference| short(&reference.name));
        closest(revision, tags.chain(branches)).map(str::to_owned)
    }

    /// The commit that answers for a revision: the one that it names, or the oldest carrier of an origin that is not
    /// indexed, by at least the first 7 digits of its id.
    ///
    /// # Errors
    /// Where none or several fit.
    pub fn resolve_origin(&self, revision: &str) -> Result<CommitOrdinal, RevisionError> {
        match self.resolve(revision) {
            Err(unknown @ RevisionError::Unknown { .. }) => answering_for(self.snapshot.graph(), revision)
                .map_err(|ids| match ids.is_empty() {
                    true => unknown,
                    false => RevisionError::Ambiguous(revision.to_owned(), ids.join(", ")),
                }),
            resolved => resolved,
        }
    }

    /// What a base contains and so cannot be an origin.
    pub fn base_content(&self, base: CommitOrdinal) -> Arc<BaseContent> {
        let mut bases = self.bases.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let known = bases.iter().position(|(commit, _)| *commit == base).map(|place| bases.remove(place));
        let entry = known.unwrap_or_else(|| (base, Arc::new(BaseContent::new(self.snapshot.graph(), base))));
        if bases.len() >= KEPT_BASES {
            bases.remove(0);
        }
        let content = Arc::clone(&entry.1);
        bases.push(entry);
        content
    }
}

/// The current generation of an index.
pub struct LiveIndex {
    path: PathBuf,
    current: RwLock<Arc<LiveSnapshot>>,
}

impl LiveIndex {
    /// Opens the index at `path`.
    ///
    /// # Errors
    /// Where it cannot be opened.
    pub fn open(path: &Path) -> Result<LiveIndex, IndexError> {
        let current = RwLock::new(Arc::new(LiveSnapshot::open(path)?));
        Ok(LiveIndex { path: path.to_owned(), current })
    }

    /// The folder of the index.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The generation that answers are given from now; it stays whole while it is held.
    pub fn current(&self) -> Arc<LiveSnapshot> {
        Arc::clone(&self.current.read().unwrap_or_else(|poisoned| poisoned.into_inner()))
    }

    /// What is known to be damaged of the generation that answers are given from.
    pub fn known_damage(&self) -> Option<String> {
        let live = self.current();
        // Files that were cut off are only noted when somebody asks.
        drop(live.snapshot.ensure_sound(IndexPart::Core));
        live.snapshot.known_damage().map(str::to_owned)
    }

    /// Turns to the next generation if there is one, or if the present one was damaged and has been put right; returns its
    /// number.
    ///
    /// # Errors
    /// Where there is one that cannot be opened; the present one stays in use.
    pub fn refresh(&self) -> Result<Option<u64>, IndexError> {
        let current = self.current();
        let is_restored = || current.snapshot.known_damage().is_some() && current.snapshot.is_replaced();
        if !current.snapshot.is_outdated() && !is_restored() {
            return Ok(None);
        }
        let next = Arc::new(LiveSnapshot::open(&self.path)?);
        let number = next.snapshot.generation().number;
        *self.current.write().unwrap_or_else(|poisoned| poisoned.into_inner()) = next;
        Ok(Some(number))
    }
}

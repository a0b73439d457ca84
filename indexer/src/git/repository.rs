//! A git repository as a source of history: its references, its commits and their objects.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};

use bstr::{BStr, BString, ByteSlice};
use gix::ObjectId;

use crate::git::ref_pattern::RefPattern;

/// Memory for decoded delta bases, per thread.
///
/// Measured on 250,000 kernel commits: fewer bytes decode delta chains again and again, more bring nothing.
const DELTA_BASE_CACHE_BYTES: usize = 96 << 20;

/// What is said of an object that is not there.
pub const ABSENT: &str = "absent from the repository";

/// Why a repository cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum RepositoryError {
    /// There is no git repository at the path, or it is damaged.
    #[error("{}: cannot open as a git repository: {message}", path.display())]
    Open {
        /// Where a repository was expected.
        path: PathBuf,
        /// What git's storage layer says.
        message: String,
    },
    /// A reference or revision does not name a commit.
    #[error("{}: cannot resolve '{revision}' to a commit: {message}", path.display())]
    Revision {
        /// The repository.
        path: PathBuf,
        /// What was asked for.
        revision: String,
        /// What git's storage layer says.
        message: String,
    },
    /// The references cannot be listed.
    #[error("{}: cannot list references: {message}", path.display())]
    References {
        /// The repository.
        path: PathBuf,
        /// What git's storage layer says.
        message: String,
    },
    /// An object is absent or damaged.
    #[error("object {id}: {message}")]
    Object {
        /// The object.
        id: ObjectId,
        /// What git's storage layer says.
        message: String,
    },
}

/// A reference and the commit that it leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefTip {
    /// The full name (`refs/tags/v3.1`), or the revision as the user gave it.
    pub name: BString,
    /// The commit, annotated tags followed.
    pub commit: ObjectId,
}

impl RefTip {
    /// The tag's short name, where the reference is a tag.
    pub fn tag_name(&self) -> Option<&str> {
        self.name.strip_prefix(b"refs/tags/").and_then(|name| name.to_str().ok())
    }
}

/// The references of a repository.
#[derive(Debug, Default)]
pub struct RepositoryRefs {
    /// Those that lead to commits, sorted by name.
    pub tips: Vec<RefTip>,
    /// Those that lead to something else than a commit, or nowhere.
    pub skipped: Vec<SkippedRef>,
    /// How many there are beside those that were asked for, by their folder (`refs/pull`).
    pub others: BTreeMap<String, u64>,
}

/// A reference that leads to no commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SkippedRef {
    /// The full name.
    pub name: BString,
    /// Where it leads instead.
    pub reason: String,
}

/// A git repository: bare or not, with alternates, worktrees, grafts and shallow boundaries.
pub struct Repository {
    path: PathBuf,
    shared: gix::ThreadSafeRepository,
    grafts: HashMap<ObjectId, Vec<ObjectId>>,
    shallow: HashSet<ObjectId>,
}

impl Repository {
    /// Opens the repository at `path`: its working tree, a linked worktree, its `.git` folder, or a bare one.
    ///
    /// # Errors
    /// Where there is no repository, or it cannot be read.
    pub fn open(path: &Path) -> Result<Repository, RepositoryError> {
        let fail = |message: String| RepositoryError::Open { path: path.to_owned(), message };
        let options = gix::open::Options::isolated().strict_config(false);
        let shared =
            gix::ThreadSafeRepository::open_opts(path, options).map_err(|error| fail(chain(&error)))?;
        let repository = shared.to_thread_local();
        let shallow = repository.shallow_commits().map_err(|error| fail(chain(&error)))?;
        let shallow = shallow.map(|ids| ids.iter().copied().collect()).unwrap_or_default();
        let grafts = read_grafts(&repository.common_dir().join("info/grafts")).map_err(fail)?;
        Ok(Repository { path: path.to_owned(), shared, grafts, shallow })
    }

    /// The path it was opened with.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A handle for one thread, with caches of its own.
    pub fn reader(&self) -> ObjectReader {
        let mut repository = self.shared.to_thread_local();
        repository.objects.set_pack_cache(|| {
            Box::new(gix::odb::pack::cache::lru::MemoryCappedHashmap::new(DELTA_BASE_CACHE_BYTES))
        });
        repository.objects.unset_object_cache();
        ObjectReader { repository }
    }

    /// The parents that history is to be read with: those of the graft file, else `recorded`.
    pub fn parents<'a>(&'a self, commit: &ObjectId, recorded: &'a [ObjectId]) -> &'a [ObjectId] {
        self.grafts.get(commit).map_or(recorded, Vec::as_slice)
    }

    /// Whether a shallow clone was cut off at this commit: its parents exist elsewhere.
    pub fn is_shallow_boundary(&self, commit: &ObjectId) -> bool {
        self.shallow.contains(commit)
    }

    /// All branches (remote ones included) and tags.
    ///
    /// # Errors
    /// Where the references cannot be read.
    pub fn refs(&self) -> Result<RepositoryRefs, RepositoryError> {
        let wanted = [&b"refs/heads/"[..], b"refs/remotes/", b"refs/tags/"];
        self.refs_where(|name| wanted.iter().any(|prefix| name.starts_with(prefix)))
    }

    /// All references that a pattern names.
    ///
    /// # Errors
    /// Where the references cannot be read, or the pattern names none that leads to a commit.
    pub fn refs_like(&self, pattern: &str) -> Result<RepositoryRefs, RepositoryError> {
        let refs = match RefPattern::new(pattern) {
            Some(pattern) => self.refs_where(|name| pattern.matches(name))?,
            None => RepositoryRefs::default(),
        };
        if refs.tips.is_empty() {
            let message = match refs.skipped.len() {
                0 => "no reference has such a name; 'git for-each-ref' lists all".to_owned(),
                skipped => format!("none of {skipped} references with such a name leads to a commit"),
            };
            let (path, revision) = (self.path.clone(), pattern.to_owned());
            return Err(RepositoryError::Revision { path, revision, message });
        }
        Ok(refs)
    }

    fn refs_where(&self, is_wanted: impl Fn(&BStr) -> bool) -> Result<RepositoryRefs, RepositoryError> {
        let fail = |message: String| RepositoryError::References { path: self.path.clone(), message };
        let repository = self.shared.to_thread_local();
        let platform = repository.references().map_err(|error| fail(chain(&error)))?;
        let mut refs = RepositoryRefs::default();
        for reference in platform.all().map_err(|error| fail(chain(&error)))? {
            let mut reference = match reference {
                Ok(reference) => reference,
                // One file that is no reference says nothing of the others.
                Err(error) => {
                    let reason = error.to_string();
                    refs.skipped.push(SkippedRef { name: named_in(&reason), reason });
                    continue;
                }
            };
            let name = reference.name().as_bstr().to_owned();
            if !is_wanted(name.as_bstr()) {
                *refs.others.entry(folder_of(name.as_bstr())).or_default() += 1;
                continue;
            }
            let reason = match reference.peel_to_id() {
                Ok(id) => match repository.find_header(id).map(|header| header.kind()) {
                    Ok(gix::object::Kind::Commit) => {
                        refs.tips.push(RefTip { name, commit: id.detach() });
                        continue;
                    }
                    Ok(kind) => format!("leads to a {kind}, not to a commit"),
                    Err(error) => chain(&error),
                },
                Err(error) => chain(&error),
            };
            refs.skipped.push(SkippedRef { name, reason });
        }
        refs.tips.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(refs)
    }

    /// The commit that a revision (`v3.1`, `master~3`, an id) names; a branch or tag keeps its full name.
    ///
    /// # Errors
    /// Where the revision does not name a commit.
    pub fn resolve(&self, revision: &str) -> Result<RefTip, RepositoryError> {
        let fail = |message: String| RepositoryError::Revision {
            path: self.path.clone(),
            revision: revision.to_owned(),
            message,
        };
        let repository = self.shared.to_thread_local();
        let commit = repository
            .rev_parse_single(format!("{revision}^{{commit}}").as_str())
            .map_err(|error| fail(chain(&error)))?
            .detach();
        let full_name =
            repository.try_find_reference(revision).ok().flatten().map(|r| r.name().as_bstr().to_owned());
        Ok(RefTip { name: full_name.unwrap_or_else(|| revision.into()), commit })
    }
}

/// The reference that a message names; `refs` where it names none.
fn named_in(message: &str) -> BString {
    let from = message.find("refs/").map_or("refs", |at| &message[at..]);
    let is_end = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | ',' | ':');
    from.split(is_end).next().unwrap_or("refs").into()
}

/// The folder of a reference: `refs/pull` of `refs/pull/1/head`.
fn folder_of(name: &BStr) -> String {
    let parts: Vec<&[u8]> = name.splitn(3, |byte| *byte == b'/').take(2).collect();
    parts.join(&b'/').to_str_lossy().into_owned()
}

/// Reads objects of one repository on one thread.
pub struct ObjectReader {
    repository: gix::Repository,
}

impl ObjectReader {
    /// Reads an object's data into `buffer` and returns its kind.
    ///
    /// # Errors
    /// Where the object is absent or damaged.
    pub fn read(&self, id: &gix::oid, buffer: &mut Vec<u8>) -> Result<gix::object::Kind, RepositoryError> {
        use gix::prelude::FindExt;
        match self.repository.objects.find(id, buffer) {
            Ok(data) => Ok(data.kind),
            Err(error) => Err(RepositoryError::Object {
                id: id.to_owned(),
                message: object_error_message(&chain(&error)),
            }),
        }
    }

    /// The content of a file at the top of a commit's tree; none where the tree has no such file.
    ///
    /// # Errors
    /// Where one of the objects is absent or damaged.
    pub fn file_at(&self, commit: &gix::oid, name: &str) -> Result<Option<Vec<u8>>, RepositoryError> {
        let damaged = |id: &gix::oid, message: String| RepositoryError::Object { id: id.to_owned(), message };
        let mut buffer = Vec::new();
        self.read(commit, &mut buffer)?;
        let tree = gix::objs::CommitRefIter::from_bytes(&buffer, commit.kind()).tree_id();
        let tree = tree.map_err(|error| damaged(commit, format!("commit: {error}")))?;
        self.read(&tree, &mut buffer)?;
        let mut file = None;
        for entry in gix::objs::TreeRefIter::from_bytes(&buffer, tree.kind()) {
            let entry = entry.map_err(|error| damaged(&tree, format!("tree: {error}")))?;
            if entry.filename == name && entry.mode.is_blob() {
                file = Some(entry.oid.to_owned());
            }
        }
        let Some(file) = file else { return Ok(None) };
        self.read(&file, &mut buffer)?;
        Ok(Some(buffer))
    }

    /// The object database, for algorithms that walk it themselves.
    pub fn objects(&self) -> &gix::OdbHandle {
        &self.repository.objects
    }
}

/// Shortens the storage layer's words where they only repeat the id.
fn object_error_message(message: &str) -> String {
    if message.contains("could not be found") || message.contains("not found") {
        ABSENT.to_owned()
    } else {
        message.to_owned()
    }
}

/// Reads the old graft file: `<commit> <parent>...` a line.
fn read_grafts(path: &Path) -> Result<HashMap<ObjectId, Vec<ObjectId>>, String> {
    let text = match std::fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(HashMap::new()),
        Err(error) => return Err(format!("{}: {error}", path.display())),
    };
    let mut grafts = HashMap::new();
    for (index, line) in text.lines().enumerate() {
        if line.trim().is_empty() || line.starts_with(b"#") {
            continue;
        }
        let ids: Result<Vec<ObjectId>, _> = line.fields().map(ObjectId::from_hex).collect();
        match ids {
            Ok(ids) => grafts.insert(ids[0], ids[1..].to_vec()),
            Err(_) => return Err(format!("{}:{}: not a list of commit ids", path.display(), index + 1)),
        };
    }
    Ok(grafts)
}

/// An error with all its causes, in one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text
}

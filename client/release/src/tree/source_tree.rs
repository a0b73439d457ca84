//! A source tree: reading what a TREE argument names.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek};
use std::path::{Path, PathBuf};
use std::thread;

use bstr::{BStr, BString, ByteSlice};
use gix::ObjectId;

use super::argument::Argument;
use super::checksum::Checksum;
use super::entry::Entry;
use super::error::Error;
use super::options::Options;
use super::package_patch::PackagePatch;
use super::rpm::PackageFacts;
use super::source::Source;
use super::tarball::Tarball;
use super::{folder, git, rpm, source_rpm, tarball};

/// A source tree: its files, and where they come from.
///
/// Contents are read when they are asked for, from any thread. What they are read from has to stay as it is:
/// a file of a folder that changes is an error when it is read.
#[derive(Debug)]
pub struct Tree {
    /// The files by path: relative, `/` between the parts, no `.` or `..` among them.
    pub entries: BTreeMap<BString, Entry>,
    /// What the tree was read from, exactly.
    pub source: Source,
    /// When the newest of its files was changed, in seconds since 1970; of a tree in git, when its commit was made. None
    /// where nothing tells: a tree without a commit, or an archive whose files have no dates.
    pub newest_date: Option<i64>,
    /// The patches of its package that were applied, in order.
    pub patches: Vec<PackagePatch>,
    /// What a person should know about how it was read: what was stripped, left out or not applied.
    pub notes: Vec<String>,
}

impl Tree {
    /// Reads the tree that a TREE argument names.
    ///
    /// What exists as a path is read as a folder, tarball or RPM: the content decides which, not the name. Anything
    /// else is read as `REPO:REV`.
    ///
    /// # Errors
    ///
    /// If the argument names nothing, or nothing that can be read; if an archive is damaged or has members that
    /// no source tree has; if a limit is exceeded; if the tree is empty.
    pub fn open(argument: impl AsRef<OsStr>, options: &Options) -> Result<Tree, Error> {
        let tree = match Argument::parse(argument.as_ref())? {
            Argument::Folder(path) => {
                let (entries, newest_date, notes) = folder::read(&path, options)?;
                Tree { entries, source: Source::Folder { path }, newest_date, patches: Vec::new(), notes }
            }
            Argument::File(path) => open_archive(path, options)?,
            Argument::Revision { repo, revision } => {
                let (entries, source, newest_date) = git::read(&repo, revision.as_bstr(), &options.limits)?;
                Tree { entries, source, newest_date, patches: Vec::new(), notes: Vec::new() }
            }
        };
        if tree.entries.is_empty() {
            return Err(Error::Empty { archive: tree.source.to_string() });
        }
        Ok(tree)
    }

    /// Whether it has a file in this folder or below.
    pub fn has_folder(&self, path: &BStr) -> bool {
        let folder = BString::from([path.as_bytes(), b"/"].concat());
        let mut from_here = self.entries.range(folder.clone()..);
        from_here.next().is_some_and(|(path, _)| path.starts_with(&folder))
    }

    /// Checks that a TREE argument names something, without reading it.
    ///
    /// # Errors
    ///
    /// If it names nothing.
    pub fn check(argument: impl AsRef<OsStr>) -> Result<(), Error> {
        Argument::parse(argument.as_ref()).map(|_| ())
    }

    /// Reads a file; of a symlink, its target, and of a submodule, the line that `git diff` shows for it.
    ///
    /// # Errors
    ///
    /// If the tree has no such file, or its content is missing or has changed since the tree was opened.
    pub fn read(&self, path: &BStr) -> Result<Vec<u8>, Error> {
        self.entry(path)?.content.read(path)
    }

    /// The git blob id of a file's content; computed from the content where it is not known yet.
    ///
    /// # Errors
    ///
    /// As [`Tree::read`].
    pub fn blob_id(&self, path: &BStr) -> Result<ObjectId, Error> {
        self.entry(path)?.content.id(path)
    }

    /// Gives back the memory that reading has taken for good: the packs of a repository, which are mapped. Reading goes on
    /// to work, and takes it again.
    pub fn let_go(&self) {
        // All files of a tree are read through one repository.
        if let Some(repository) = self.entries.values().find_map(|entry| entry.content.repository()) {
            repository.let_go();
        }
    }

    fn entry(&self, path: &BStr) -> Result<&Entry, Error> {
        self.entries
            .get(path)
            .ok_or_else(|| Error::NoSuchFile { tree: self.source.to_string(), path: path.into() })
    }
}

/// The patches of a source RPM in the order in which its spec file applies them; `None` where the file is no RPM.
///
/// The kernel is not read, and nothing is applied.
///
/// # Errors
///
/// If the package cannot be read, or it is not certain which patches are applied.
pub fn package_patches(path: &Path, options: &Options) -> Result<Option<Vec<PackagePatch>>, Error> {
    let (is_rpm, _, _) = look_at(path).map_err(|source| Error::Io { path: path.to_owned(), source })?;
    is_rpm.then(|| source_rpm::read_patches(path, options)).transpose()
}

/// What the header of an RPM package says; `None` where the file is no RPM.
///
/// # Errors
///
/// If the file cannot be read, or its header is damaged.
pub fn package_facts(path: &Path, options: &Options) -> Result<Option<PackageFacts>, Error> {
    let unreadable = |source| Error::Io { path: path.to_owned(), source };
    let (is_rpm, _, file) = look_at(path).map_err(unreadable)?;
    is_rpm.then(|| rpm::read_facts(BufReader::new(file), &options.limits).map_err(unreadable)).transpose()
}

fn open_archive(path: PathBuf, options: &Options) -> Result<Tree, Error> {
    let unreadable = |source| Error::Io { path: path.clone(), source };
    let (is_rpm, bytes, file) = look_at(&path).map_err(unreadable)?;
    // The file is read again for its checksum, because readers of archives do not take every byte in turn.
    let (checksum, archive) = thread::scope(|scope| {
        let checksum = scope.spawn(|| File::open(&path).and_then(Checksum::of));
        let archive = read_archive(&path, is_rpm, file, options);
        (checksum.join(), archive)
    });
    let archive = archive?;
    let checksum =
        checksum.unwrap_or_else(|_| Err(io::Error::other("the checksum failed"))).map_err(unreadable)?;
    Ok(match archive {
        Archive::Tarball(Tarball { compression, entries, newest_date, notes }) => Tree {
            entries,
            source: Source::Tarball { path, bytes, checksum, compression },
            newest_date,
            patches: Vec::new(),
            notes,
        },
        Archive::Rpm(source_rpm::Kernel { identity, member, tarball, patches }) => {
            let Tarball { compression, entries, newest_date, notes } = tarball;
            Tree {
                entries,
                source: Source::Rpm { path, bytes, checksum, identity, member, compression },
                newest_date,
                patches,
                notes,
            }
        }
    })
}

/// What an archive holds.
enum Archive {
    Tarball(Tarball),
    Rpm(source_rpm::Kernel),
}

fn read_archive(path: &Path, is_rpm: bool, file: File, options: &Options) -> Result<Archive, Error> {
    if is_rpm {
        return Ok(Archive::Rpm(source_rpm::read(path, options)?));
    }
    let tarball = tarball::read(&path.display().to_string(), BufReader::new(file), options)?;
    Ok(Archive::Tarball(tarball))
}

/// Opens a file: whether it is an RPM package, its size, and the file from its beginning.
fn look_at(path: &Path) -> io::Result<(bool, u64, File)> {
    const LONGEST_MAGIC: u64 = 4;
    let mut file = File::open(path)?;
    let mut head = Vec::new();
    file.by_ref().take(LONGEST_MAGIC).read_to_end(&mut head)?;
    file.rewind()?;
    Ok((rpm::is_rpm(&head), file.metadata()?.len(), file))
}

//! Collecting an archive's members into the entries of a tree.

use std::collections::BTreeMap;
use std::io::Read;
use std::mem;
use std::sync::{Arc, OnceLock};

use bstr::{BStr, BString, ByteSlice};

use super::content::{Content, Spooled};
use super::entry::{Entry, Mode};
use super::error::Error;
use super::limits::{Exceeded, Limits};
use super::member_path;
use super::options::Options;
use super::spool::SpoolWriter;

/// The entries of an archive so far, in the archive's own names.
pub(super) struct Unpacked<'a> {
    archive: &'a str,
    limits: &'a Limits,
    spool: SpoolWriter,
    buffer: Vec<u8>,
    entries: BTreeMap<BString, Entry>,
    members: u64,
    bytes: u64,
    top: Top,
    replaced: Vec<BString>,
    in_git_folder: u64,
}

/// What stands at the top of an archive.
enum Top {
    Nothing,
    /// One folder and nothing else.
    Folder(BString),
    Several,
}

/// Where the member that is being read belongs.
pub(super) enum Destination {
    /// At this path of the tree; empty for the root.
    At(BString),
    /// In git's own folder: it is left out.
    InGitFolder,
}

impl<'a> Unpacked<'a> {
    /// Starts collecting. `archive` names the archive in messages.
    pub fn new(archive: &'a str, options: &'a Options) -> Result<Unpacked<'a>, Error> {
        Ok(Unpacked {
            archive,
            limits: &options.limits,
            spool: SpoolWriter::create(options.scratch.as_deref())?,
            buffer: vec![0; 256 << 10],
            entries: BTreeMap::new(),
            members: 0,
            bytes: 0,
            top: Top::Nothing,
            replaced: Vec::new(),
            in_git_folder: 0,
        })
    }

    /// Counts a member of `size` bytes, holes included, and finds out where it belongs.
    pub fn place(&mut self, name: &BStr, size: u64) -> Result<Destination, Error> {
        self.members += 1;
        self.bytes = self.bytes.saturating_add(size);
        self.limits
            .check_files(self.members)
            .and_then(|()| self.limits.check_total_bytes(self.bytes))
            .and_then(|()| self.limits.check_path_bytes(name))
            .map_err(|exceeded| self.over_limit(name, exceeded))?;
        let path =
            member_path::normalise(name).map_err(|problem| Error::bad_member(self.archive, name, problem))?;
        if member_path::is_in_git_folder(path.as_bstr()) {
            self.in_git_folder += 1;
            return Ok(Destination::InGitFolder);
        }
        Ok(Destination::At(path))
    }

    /// Adds a folder, in place of any file of that name.
    pub fn add_folder(&mut self, path: BString) {
        if path.is_empty() {
            return;
        }
        self.note_top(path.as_bstr(), true);
        if self.entries.remove(&path).is_some() {
            self.replaced.push(path);
        }
    }

    /// Adds a file whose content is `size` bytes of a stream.
    ///
    /// `damaged` makes an error of a failure to read the stream.
    pub fn add_file(
        &mut self,
        path: BString,
        mode: Mode,
        size: u64,
        content: &mut dyn Read,
        damaged: &dyn Fn(std::io::Error) -> Error,
    ) -> Result<(), Error> {
        self.limits.check_file_bytes(size).map_err(|exceeded| self.over_limit(&path, exceeded))?;
        let offset = self.spool.len();
        let mut remaining = size;
        while remaining > 0 {
            let wanted = self.buffer.len().min(usize::try_from(remaining).unwrap_or(usize::MAX));
            content.read_exact(&mut self.buffer[..wanted]).map_err(damaged)?;
            self.spool.append(&self.buffer[..wanted])?;
            remaining -= wanted as u64;
        }
        self.insert(path, self.spooled(mode, offset));
        Ok(())
    }

    /// Adds a symlink.
    pub fn add_symlink(&mut self, path: BString, target: &[u8]) -> Result<(), Error> {
        if target.is_empty() {
            return Err(Error::bad_member(self.archive, &path, "is a symlink without a target"));
        }
        self.limits.check_path_bytes(target).map_err(|exceeded| self.over_limit(&path, exceeded))?;
        let offset = self.spool.len();
        self.spool.append(target)?;
        self.insert(path, self.spooled(Mode::Symlink, offset));
        Ok(())
    }

    /// Adds another name for a member that came before.
    pub fn add_hard_link(&mut self, path: BString, target: &[u8]) -> Result<(), Error> {
        let target_path = member_path::normalise(target).map_err(|problem| {
            Error::bad_member(self.archive, &path, format!("is a hard link whose target {problem}"))
        })?;
        let Some(entry) = self.entries.get(&target_path).cloned() else {
            let problem = format!("is a hard link to {target_path:?}, which is no file that came before it");
            return Err(Error::bad_member(self.archive, &path, problem));
        };
        self.insert(path, entry);
        Ok(())
    }

    /// The entries, a single top folder stripped, and notes on what was left out or changed.
    pub fn finish(mut self) -> Result<(BTreeMap<BString, Entry>, Vec<String>), Error> {
        self.check_folders()?;
        let mut notes = Vec::new();
        if let Top::Folder(top) = mem::replace(&mut self.top, Top::Nothing) {
            self.strip(&top);
            notes.push(format!("the top folder {top:?} was stripped"));
        }
        if self.in_git_folder > 0 {
            notes.push(format!("{} members in folders named .git were left out", self.in_git_folder));
        }
        if let Some(first) = self.replaced.first() {
            let count = self.replaced.len();
            notes.push(format!(
                "{count} members come more than once, the first of them {first:?}; the last one counts"
            ));
        }
        self.spool.finish()?;
        Ok((self.entries, notes))
    }

    fn insert(&mut self, path: BString, entry: Entry) {
        self.note_top(path.as_bstr(), false);
        if self.entries.insert(path.clone(), entry).is_some() {
            self.replaced.push(path);
        }
    }

    /// An entry for what the spool has from an offset on.
    fn spooled(&self, mode: Mode, offset: u64) -> Entry {
        let spooled = Spooled {
            spool: Arc::clone(self.spool.spool()),
            offset,
            len: self.spool.len() - offset,
            id: OnceLock::new(),
        };
        Entry { mode, content: Content::InSpool(spooled) }
    }

    fn note_top(&mut self, path: &BStr, is_folder: bool) {
        let (first, is_folder) = match path.find_byte(b'/') {
            Some(end) => (path[..end].as_bstr(), true),
            None => (path, is_folder),
        };
        match &self.top {
            Top::Nothing if is_folder => self.top = Top::Folder(first.to_owned()),
            Top::Folder(top) if is_folder && top == first => {}
            _ => self.top = Top::Several,
        }
    }

    fn strip(&mut self, top: &BString) {
        let entries = mem::take(&mut self.entries);
        self.entries =
            entries.into_iter().map(|(path, entry)| (path[top.len() + 1..].into(), entry)).collect();
    }

    /// Refuses a tree in which a path lies below a file or a symlink: a tool that unpacks such an archive would follow
    /// the symlink out of the tree.
    fn check_folders(&self) -> Result<(), Error> {
        for path in self.entries.keys() {
            if let Some(above) =
                member_path::folders_above(path.as_bstr()).find(|above| self.entries.contains_key(*above))
            {
                let problem = format!("lies below {above:?}, which is no folder");
                return Err(Error::bad_member(self.archive, path, problem));
            }
        }
        Ok(())
    }

    fn over_limit(&self, member: &[u8], exceeded: Exceeded) -> Error {
        Error::over_limit(self.archive, format!("member {:?}", member.as_bstr()), exceeded)
    }
}

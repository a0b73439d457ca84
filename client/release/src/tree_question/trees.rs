//! The trees under question, and the files of them that the service asks for.

use std::collections::BTreeSet;
use std::sync::Arc;

use bstr::{BStr, BString, ByteSlice};
use hunktrace_proto::v1;
use rayon::prelude::*;
use rustc_hash::FxHashSet;

use crate::tree::{Entry, Error, Mode, Tree};

/// Bytes of files in one message, but for a single file that is longer.
const MESSAGE_BYTES: usize = 4 << 20;

/// The trees under question.
#[derive(Clone, Debug)]
pub struct Trees {
    /// What the vendor started from; none where it is not known.
    pub base: Option<Arc<Tree>>,
    /// The vendor's release.
    pub vendor: Arc<Tree>,
    /// Which files the vendor builds, as far as that is known.
    pub built: Option<BuiltFiles>,
}

/// Which files a vendor builds.
#[derive(Clone, Debug, Default)]
pub struct BuiltFiles {
    /// The files that are built.
    pub built: BTreeSet<BString>,
    /// The files that are not; of files in neither set nothing is known.
    pub not_built: BTreeSet<BString>,
    /// Whether a source file in neither set is not built: the list names all that is.
    pub is_whole: bool,
}

impl BuiltFiles {
    /// Whether a file is built, as far as that is known. Of headers nothing is known: they are built with what includes them.
    pub fn is_built(&self, path: &BStr) -> Option<bool> {
        let path: &BString = &path.to_owned();
        if self.built.contains(path) {
            return Some(true);
        }
        let is_source = path.ends_with(b".c") || path.ends_with(b".S") || path.ends_with(b".rs");
        (self.not_built.contains(path) || self.is_whole && is_source).then_some(false)
    }
}

impl Trees {
    /// The files under some paths as messages, in their order.
    ///
    /// # Errors
    /// Where a file cannot be read.
    fn files(&self, paths: &[Vec<u8>]) -> Result<Vec<v1::TreeFiles>, Error> {
        let files: Vec<v1::TreeFile> =
            paths.par_iter().map(|path| self.file(path.as_bstr())).collect::<Result<_, Error>>()?;
        let mut messages = vec![v1::TreeFiles::default()];
        let mut bytes = 0;
        for file in files {
            let size = [&file.vendor, &file.base].into_iter().flatten().map(Vec::len).sum::<usize>();
            if bytes > 0 && bytes + size > MESSAGE_BYTES {
                messages.push(v1::TreeFiles::default());
                bytes = 0;
            }
            bytes += size;
            if let Some(message) = messages.last_mut() {
                message.files.push(file);
            }
        }
        let last = messages.len() - 1;
        messages.iter_mut().take(last).for_each(|message| message.is_continued = true);
        Ok(messages)
    }

    /// What the service wants, as messages.
    ///
    /// # Errors
    /// Where a file cannot be read.
    pub(super) fn wanted(&self, wanted: &v1::WantedFiles) -> Result<Vec<v1::TreeFiles>, Error> {
        match wanted.names_only {
            true => Ok(vec![self.names(&wanted.paths)]),
            false => self.files(&wanted.paths),
        }
    }

    /// Which of some paths the vendor has, or another file of that name.
    fn names(&self, paths: &[Vec<u8>]) -> v1::TreeFiles {
        let asked: FxHashSet<&[u8]> = paths.iter().map(|path| file_name(path)).collect();
        let names = self.vendor.entries.keys().map(|path| file_name(path));
        let known: FxHashSet<&[u8]> = names.filter(|name| asked.contains(name)).collect();
        let file = |path: &Vec<u8>| {
            let is_there = text_entry(&self.vendor, path.as_bstr()).is_some();
            v1::TreeFile {
                path: path.clone(),
                vendor: is_there.then(Vec::new),
                is_elsewhere: !is_there && known.contains(file_name(path)),
                built: self.built(path.as_bstr()).into(),
                ..v1::TreeFile::default()
            }
        };
        v1::TreeFiles { files: paths.iter().map(file).collect(), is_continued: false }
    }

    /// Whether the vendor builds a file.
    fn built(&self, path: &BStr) -> v1::Built {
        match self.built.as_ref().and_then(|built| built.is_built(path)) {
            None => v1::Built::Unspecified,
            Some(true) => v1::Built::Yes,
            Some(false) => v1::Built::No,
        }
    }

    fn file(&self, path: &BStr) -> Result<v1::TreeFile, Error> {
        let vendor = text_entry(&self.vendor, path);
        let base = self.base.as_ref().and_then(|base| text_entry(base, path));
        let is_unchanged = match (base, vendor) {
            (Some(base), Some(vendor)) => base.is_same_content(vendor, path)?,
            _ => false,
        };
        let content = |tree: &Tree, entry: Option<&Entry>| entry.map(|_| tree.read(path)).transpose();
        Ok(v1::TreeFile {
            path: path.to_vec(),
            vendor: content(&self.vendor, vendor)?,
            base: match (&self.base, is_unchanged) {
                (Some(tree), false) => content(tree, base)?,
                _ => None,
            },
            is_unchanged,
            built: self.built(path).into(),
            ..v1::TreeFile::default()
        })
    }
}

/// The last part of a path.
fn file_name(path: &[u8]) -> &[u8] {
    path.rfind_byte(b'/').map_or(path, |at| &path[at + 1..])
}

/// A file of a tree that has lines: links and submodules have none.
fn text_entry<'a>(tree: &'a Tree, path: &BStr) -> Option<&'a Entry> {
    let entry = tree.entries.get(path)?;
    matches!(entry.mode(), Mode::Regular | Mode::Executable).then_some(entry)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_list_tells_of_every_source_file_and_no_header() {
        let built = BuiltFiles {
            built: BTreeSet::from(["net/a.c".into()]),
            not_built: BTreeSet::from(["net/b.c".into()]),
            is_whole: false,
        };
        let is_built = |built: &BuiltFiles, path: &str| built.is_built(path.into());
        assert_eq!(
            ["net/a.c", "net/b.c", "net/c.c"].map(|path| is_built(&built, path)),
            [Some(true), Some(false), None]
        );
        let whole = BuiltFiles { is_whole: true, ..built };
        assert_eq!(is_built(&whole, "net/c.c"), Some(false));
        assert_eq!(is_built(&whole, "include/c.h"), None);
    }
}

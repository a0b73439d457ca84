//! Differences of files that are kept from one release of a vendor for the next one, where most are the same.

use std::collections::HashMap;

use bstr::{BStr, BString};

use super::comparison::{ChangedFile, Compared};
use super::moved_files::{FormerNames, KeptChunks};

/// What is kept of a comparison for the next one.
#[derive(Debug, Default)]
pub(super) struct KeptDifferences {
    files: HashMap<BString, ChangedFile>,
    /// The former names that are known, and the base that they hold for.
    former_names: FormerNames,
    base_revision: String,
    /// What was read of files that may have been moved.
    chunks: KeptChunks,
}

impl KeptDifferences {
    /// Keeps the files of a comparison, and nothing of the one before.
    pub fn keep(&mut self, files: Vec<ChangedFile>) {
        let with_path = files.into_iter().filter(|file| file.compared.is_some());
        self.files = with_path.map(|file| (file.path.clone(), file)).collect();
    }

    /// Takes the difference of a file that was made from the same.
    pub fn take(
        &mut self,
        path: &BStr,
        compared: Compared,
        moved_from: Option<&BString>,
        copy_of: Option<&BString>,
    ) -> Option<ChangedFile> {
        let kept = self.files.remove(path)?;
        let is_same = kept.compared == Some(compared)
            && kept.moved_from.as_ref() == moved_from
            && kept.copy_of.as_ref() == copy_of;
        is_same.then_some(kept)
    }

    /// Whether there is no difference of a file.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// How many files there are differences of.
    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Forgets the files that nobody took.
    pub fn forget(&mut self) {
        self.files = HashMap::new();
    }

    /// Those of some paths whose former names are not known yet.
    pub fn unknown_names(&mut self, base_revision: &str, paths: Vec<BString>) -> Vec<BString> {
        if self.base_revision != base_revision {
            self.former_names = FormerNames::new();
            base_revision.clone_into(&mut self.base_revision);
        }
        paths.into_iter().filter(|path| !self.former_names.contains_key(path)).collect()
    }

    /// Adds former names.
    pub fn add_names(&mut self, names: FormerNames) {
        self.former_names.extend(names);
    }

    /// Takes what was read of files that may have been moved.
    pub fn take_chunks(&mut self) -> KeptChunks {
        std::mem::take(&mut self.chunks)
    }

    /// Keeps what was read of files that may have been moved.
    pub fn keep_chunks(&mut self, chunks: KeptChunks) {
        self.chunks = chunks;
    }

    /// The former names that are known; of paths that were not asked about there are none.
    pub fn former_names(&self) -> &FormerNames {
        &self.former_names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn former_names_are_asked_for_once_for_each_base() {
        let mut kept = KeptDifferences::default();
        let paths = || vec![BString::from("a"), BString::from("b")];
        assert_eq!(kept.unknown_names("v1", paths()), paths());
        kept.add_names([("a".into(), vec!["c".into()])].into());
        assert_eq!(kept.unknown_names("v1", paths()), ["b"]);
        assert_eq!(kept.unknown_names("v2", paths()), paths());
    }
}

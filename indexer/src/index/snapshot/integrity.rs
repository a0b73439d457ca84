//! What becomes of a snapshot whose files are damaged while it is open.

use std::sync::Arc;

use crate::index::folder::IndexError;
use crate::index::guarded_map::{GuardedMap, first_cut_off};
use crate::index::known_damage::IndexPart;
use crate::index::snapshot::Snapshot;
use crate::segment::segment_files::MESSAGES_FILE;

impl Snapshot {
    /// Whether answers may be given: nothing that they need is known to be damaged, and no file was cut off. Whoever gives an
    /// answer asks when he has it, because what was read of a file that is cut off is zeros.
    ///
    /// # Errors
    /// What is damaged.
    pub fn ensure_sound(&self, part: IndexPart) -> Result<(), IndexError> {
        if let Some(map) = first_cut_off(&self.maps) {
            let file = map.path().strip_prefix(self.folder.path()).unwrap_or(map.path());
            self.damage.note(IndexPart::Core, &format!("{} was cut off while it was read", file.display()));
        }
        match self.damage.of(part) {
            Some(message) => Err(self.folder.damaged(&message)),
            None => Ok(()),
        }
    }

    /// Whether other files have the names of those that are open, as where a damaged index was restored from a copy.
    pub fn is_replaced(&self) -> bool {
        self.maps.iter().any(|map| map.is_replaced())
    }

    /// What is known to be damaged.
    pub fn known_damage(&self) -> Option<&str> {
        self.damage.any()
    }

    /// Compares all files of this generation with their checksums, from the smallest to the largest. They are read, not
    /// mapped, a little at a time; `keep_on` is asked between. Files that a writer has replaced and removed meanwhile are
    /// passed over.
    ///
    /// # Errors
    /// The first that does not agree, from which on nothing is answered that needs it; [`IndexError::Stopped`] where
    /// `keep_on` says no.
    pub fn check_files(&self, keep_on: &dyn Fn() -> bool) -> Result<(), IndexError> {
        let graph = self.graph.verify_checksums();
        if let Err(error) = graph {
            let error = self.folder.graph_error(&self.generation, &error);
            return Err(self.noted(error));
        }
        let mut files: Vec<&GuardedMap> = self.maps.iter().map(Arc::as_ref).collect();
        files.sort_by_key(|map| map.mapped_bytes());
        for map in files {
            let checked = match map.path().extension() {
                // The graph was checked above.
                Some(extension) if extension == "bin" => Ok(()),
                _ => self.folder.check_segment_file(map.path(), keep_on),
            };
            match checked {
                Err(IndexError::Damaged { .. }) if !map.path().exists() => {}
                checked => checked.map_err(|error| self.noted(error))?,
            }
        }
        self.ensure_sound(IndexPart::Messages)
    }

    /// Notes damage that was found, and says it.
    pub(super) fn found_damage(&self, part: IndexPart, message: String) -> IndexError {
        self.damage.note(part, &message);
        self.folder.damaged(&message)
    }

    fn noted(&self, error: IndexError) -> IndexError {
        if let IndexError::Damaged { message, .. } = &error {
            let is_of_messages = message.contains(&format!(".{MESSAGES_FILE}"));
            let part = if is_of_messages { IndexPart::Messages } else { IndexPart::Core };
            self.damage.note(part, message);
        }
        error
    }
}

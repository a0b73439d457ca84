//! Whether a graph agrees with itself.

use crate::graph::commit_graph::CommitGraph;
use crate::graph::graph_file::section;
use crate::graph::ordinal::CommitOrdinal;
use crate::graph::section_file::SectionError;
use crate::graph::subsystems::MaintainersFile;

impl CommitGraph {
    /// Compares every section with its checksum and every reference between commits with their number.
    ///
    /// # Errors
    /// The first thing that does not agree.
    pub fn verify(&self) -> Result<(), SectionError> {
        self.file.verify_checksums()?;
        let is_known = |commit: CommitOrdinal| commit.index() < self.len();
        if !self.file.parents.iter().all(is_known) {
            let message = "a parent is no commit of the index".to_owned();
            return Err(SectionError::Content(section::PARENTS, message));
        }
        for commit in CommitOrdinal::first(self.len()) {
            let id = self.id(commit);
            if self.parents(commit).any(|parent| parent >= commit) {
                let message = format!("commit {id} comes before a parent");
                return Err(SectionError::Content(section::PARENTS, message));
            }
            if self.find(&id) != Some(commit) {
                let message = format!("commit {id} cannot be found");
                return Err(SectionError::Content(section::BY_ID, message));
            }
        }
        for (relation, pairs) in &self.file.pairs {
            let mut all = pairs.forward.iter().chain(pairs.backward.iter());
            if !all.all(|pair| is_known(pair.key) && is_known(pair.found)) {
                let message = "a pair names no commit of the index".to_owned();
                return Err(SectionError::Content(relation.name(), message));
            }
        }
        if !self.unreferenced().all(is_known) {
            let message = "it names no commit of the index".to_owned();
            return Err(SectionError::Content(section::UNREFERENCED, message));
        }
        let subsystems = &self.file.subsystems;
        let (places, titles) = (&subsystems.of_commits, subsystems.titles.len());
        if !(places.len() == self.len() || places.len() == 0 && titles == 0)
            || places.iter().flatten().any(|place| place.0 as usize >= titles)
        {
            let message = "it names no subsystem, or not one of each commit".to_owned();
            return Err(SectionError::Content(section::SUBSYSTEM_OF, message));
        }
        if let Some(Err(error)) = self.maintainers().map(MaintainersFile::text) {
            return Err(SectionError::Content(section::MAINTAINERS_FILE, error.to_string()));
        }
        let names = self.file.absent_origins.iter().chain(self.file.absent_carriers.iter());
        let origins = self.file.absent_ids.len();
        if !{ names }.all(|name| is_known(name.carrier) && (name.origin.0 as usize) < origins) {
            let message = "a name belongs to no commit, or to no origin".to_owned();
            return Err(SectionError::Content(section::ABSENT_ORIGINS, message));
        }
        Ok(())
    }
}

//! What a catalogue has, as far as it decides what a further release brings.

use std::collections::{HashMap, HashSet};

use super::changelog::ChangelogEntry;
use super::error::CatalogueError;
use super::store::Catalogue;

/// The releases of a vendor, their changelog entries, and the commits that any release has.
///
/// It is read once and told of every release that is on its way, so that the next one can be worked on while that is stored.
#[derive(Debug)]
pub struct KnownContent {
    /// What each release was read from, with its checksum, by name.
    releases: HashMap<String, (String, String)>,
    /// Version and release of each entry, and its text.
    entries: HashSet<(Option<String>, String)>,
    commits: HashSet<String>,
}

impl KnownContent {
    /// What a catalogue has of a vendor.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn of(catalogue: &Catalogue, vendor: &str) -> Result<KnownContent, CatalogueError> {
        let releases = catalogue.releases()?.into_iter().filter(|release| release.vendor == vendor);
        let mut entries = catalogue.connection.prepare(
            "SELECT changelog_entry.version_release, changelog_entry.text FROM changelog_entry \
             JOIN release ON release.id = changelog_entry.release JOIN vendor ON vendor.id = release.vendor WHERE vendor.name = ?1",
        )?;
        let entries = entries.query_map([vendor], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let mut commits = catalogue.connection.prepare("SELECT sha FROM upstream_commit")?;
        let commits = commits.query_map([], |row| row.get(0))?;
        Ok(KnownContent {
            releases: releases.map(|release| (release.name, (release.source, release.checksum))).collect(),
            entries: entries.collect::<Result<_, _>>()?,
            commits: commits.collect::<Result<_, _>>()?,
        })
    }

    /// Whether a release of a name is there, read from the same source.
    ///
    /// # Errors
    /// Where it was read from something else.
    pub fn has_release(&self, name: &str, checksum: &str) -> Result<bool, CatalogueError> {
        match self.releases.get(name) {
            Some((source, known)) if known != checksum => {
                Err(CatalogueError::Different { name: name.to_owned(), known: format!("{source} ({known})") })
            }
            known => Ok(known.is_some()),
        }
    }

    /// Adds a release.
    pub fn add_release(&mut self, name: &str, source: &str, checksum: &str) {
        self.releases.insert(name.to_owned(), (source.to_owned(), checksum.to_owned()));
    }

    /// Leaves out the entries of a changelog that are known, and adds the others.
    pub fn take_new_entries(&mut self, entries: &mut Vec<ChangelogEntry>) {
        entries.retain(|entry| self.entries.insert((entry.version_release.clone(), entry.text.clone())));
    }

    /// Adds a commit; whether it was not known.
    pub fn add_commit(&mut self, id: &str) -> bool {
        !self.commits.contains(id) && self.commits.insert(id.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::super::changelog::read_changelog;
    use super::super::test_catalogue::{TestRelease, catalogue};
    use super::*;

    fn known() -> KnownContent {
        let release = TestRelease::new("k-1", &[("a.c", "1\n2\n", &[(2, "abc")])]);
        let (_folder, catalogue) = catalogue(&[("a.c", "1\n")], &[release]);
        KnownContent::of(&catalogue, "v").expect("read")
    }

    #[test]
    fn releases_are_known_by_name_and_source() {
        let mut known = known();
        assert!(known.has_release("k-1", "k-1").expect("the same"));
        assert!(!known.has_release("k-2", "k-1").expect("unknown"));
        let refused = known.has_release("k-1", "other").expect_err("another").to_string();
        assert!(refused.starts_with("the catalogue has k-1 already, read from k-1 (k-1);"), "{refused}");
        known.add_release("k-2", "k-2.tar", "sum");
        assert!(known.has_release("k-2", "sum").expect("the same"));
    }

    #[test]
    fn each_entry_and_each_commit_is_new_once() {
        let mut known = known();
        assert!(!known.add_commit(&format!("{:0<40}", "abc")));
        assert!(known.add_commit("def") && !known.add_commit("def"));
        let text = "* Mon Nov 08 2010 A B <a@b.c> [2.6.32-71]\n- one {CVE-2010-1}\n- two\n";
        let (mut first, mut second) = (read_changelog(text), read_changelog(text));
        known.take_new_entries(&mut first);
        known.take_new_entries(&mut second);
        assert_eq!((first.len(), second.len()), (2, 0));
    }
}

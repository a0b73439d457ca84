//! Small catalogues for the tests of this room.

use std::collections::BTreeMap;

use bstr::BStr;
use tempfile::TempDir;

use super::contents::blob_id;
use super::new_release::{CommitFacts, FileTexts, NewCommit, NewFile, NewRelease, NewRun};
use super::purpose::MaintainedBy;
use super::store::Catalogue;
use crate::attribution::attributed_release::CommitStatus;
use crate::hunks::comparison::MatchKind;

/// A file: path (`OLD -> NEW` of a moved one), text, and for added lines by number the commit, named by its first digits.
pub(super) type GivenFile<'a> = (&'a str, &'a str, &'a [(u32, &'a str)]);

/// The same, kept.
type TestFile = (String, String, Vec<(u32, String)>);

/// A release whose files are given with the owners of their added lines.
pub(super) struct TestRelease {
    name: String,
    vendor: String,
    files: Vec<TestFile>,
}

impl TestRelease {
    /// A release of these files. Changed lines without a commit are the vendor's own.
    pub fn new(name: &str, files: &[GivenFile<'_>]) -> TestRelease {
        let file = |(path, text, owners): &GivenFile<'_>| {
            let owners = owners.iter().map(|(line, commit)| (*line, (*commit).to_owned())).collect();
            ((*path).to_owned(), (*text).to_owned(), owners)
        };
        TestRelease { name: name.to_owned(), vendor: "v".to_owned(), files: files.iter().map(file).collect() }
    }

    /// The same of another vendor than `v`.
    pub fn by(self, vendor: &str) -> TestRelease {
        TestRelease { vendor: vendor.to_owned(), ..self }
    }
}

struct Texts {
    base: BTreeMap<String, String>,
    vendor: BTreeMap<String, String>,
}

impl FileTexts for Texts {
    fn base_text(&self, file: &NewFile) -> Result<Vec<u8>, String> {
        let path = file.moved_from.as_ref().unwrap_or(&file.path);
        Ok(self.base[&path.to_string()].clone().into_bytes())
    }

    fn vendor_text(&self, file: &NewFile) -> Result<Vec<u8>, String> {
        Ok(self.vendor[&file.path.to_string()].clone().into_bytes())
    }

    fn release_text(&self, path: &BStr) -> Option<Vec<u8>> {
        let text = self.vendor.get(&path.to_string()).or_else(|| self.base.get(&path.to_string()))?;
        Some(text.clone().into_bytes())
    }
}

/// The messages of test commits are their names.
pub(super) struct Messages;

impl CommitFacts for Messages {
    fn messages(&mut self, commits: &[&str]) -> Result<Vec<Option<String>>, String> {
        Ok(commits.iter().map(|commit| Some((*commit).to_owned())).collect())
    }

    fn maintained_by(&self) -> Option<&dyn MaintainedBy> {
        None
    }
}

fn commit(name: &str) -> NewCommit {
    NewCommit {
        sha: format!("{name:0<40}"),
        subject: name.to_owned(),
        author: "A <a@example.org>".to_owned(),
        author_date: "2010-01-01T00:00:00Z".to_owned(),
        first_release: None,
        carriers: Vec::new(),
        status: CommitStatus::Complete,
        confidence: 0.9,
        lines: 1,
        hunks: 1,
        missing: Vec::new(),
        match_kind: MatchKind::Exact,
        superseded_by: None,
        later: Vec::new(),
        subsystem: None,
    }
}

/// A catalogue of releases of one vendor over a base of these files.
pub(super) fn catalogue(base: &[(&str, &str)], releases: &[TestRelease]) -> (TempDir, Catalogue) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut catalogue = Catalogue::open_or_create(&folder.path().join("c.sqlite")).expect("a catalogue");
    let base: BTreeMap<String, String> =
        base.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
    for release in releases {
        add(&mut catalogue, &base, release);
    }
    (folder, catalogue)
}

fn add(catalogue: &mut Catalogue, base: &BTreeMap<String, String>, release: &TestRelease) {
    let mut names: Vec<&String> =
        release.files.iter().flat_map(|(_, _, owners)| owners.iter().map(|(_, commit)| commit)).collect();
    names.sort();
    names.dedup();
    let files: Vec<NewFile> = release
        .files
        .iter()
        .map(|(path, text, owners)| {
            let (old_path, path) = path.split_once(" -> ").unwrap_or((path, path));
            let old = base.get(old_path);
            let hunks = hunktrace_indexer::git::line_diff::diff_lines(
                old.map_or(b"", |text| text.as_bytes()),
                text.as_bytes(),
            );
            let mut runs = Vec::new();
            for hunk in &hunks {
                let (mut old_line, mut new_line) = (hunk.old_start.max(1), hunk.new_start.max(1));
                for line in hunk.lines() {
                    let is_added = line.sign == hunktrace_indexer::hunk::Sign::Added;
                    let number = if is_added { new_line } else { old_line };
                    if line.sign.is_change() {
                        // A removed line goes with the added line that stands in its place.
                        let owner = owners.iter().find(|(line, _)| *line == new_line);
                        let origin = owner.map(|(_, commit)| {
                            let place = names.iter().position(|name| *name == commit).expect("listed");
                            (place, 0.9, MatchKind::Exact)
                        });
                        runs.push(NewRun { is_added, start: number, lines: 1, origin });
                    }
                    old_line += u32::from(!is_added);
                    new_line += u32::from(line.sign != hunktrace_indexer::hunk::Sign::Removed);
                }
            }
            NewFile {
                path: path.into(),
                moved_from: (old_path != path).then(|| old_path.into()),
                base: old.map(|text| blob_id(text.as_bytes())),
                vendor: Some(blob_id(text.as_bytes())),
                runs,
                ..NewFile::default()
            }
        })
        .collect();
    let texts = Texts {
        base: base.clone(),
        vendor: release
            .files
            .iter()
            .map(|(path, text, _)| (path.rsplit(" -> ").next().unwrap_or(path).to_owned(), text.clone()))
            .collect(),
    };
    let new = NewRelease {
        vendor: release.vendor.clone(),
        name: release.name.clone(),
        base_name: "base".to_owned(),
        base_revision: "v1".to_owned(),
        source: release.name.clone(),
        checksum: release.name.clone(),
        commits: names.iter().map(|name| commit(name)).collect(),
        ..NewRelease::default()
    };
    catalogue.add_release(&new, &files, &texts, &mut Messages).expect("added");
}

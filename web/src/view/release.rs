//! A release: what it consists of, as a tree, as commits, and as what is the vendor's own.

use std::collections::BTreeMap;

use hunktrace_proto::v1;
use serde::Serialize;
use utoipa::ToSchema;

use super::list::{Paging, page_of};
use super::named::{NamedCommit, non_empty, text_of};
use super::releases::{ReleaseRow, name_of};
use crate::place::{Form, Part, Place, ReleaseName};

/// Entries of a folder on a page.
pub const ENTRIES: usize = 400;

/// Commits or files of a list on a page.
pub const ROWS: usize = 200;

/// A release.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ReleaseView {
    /// The release.
    pub release: ReleaseRow,
    /// The vendor's release before.
    pub before: Option<ReleaseRow>,
    /// The vendor's release after.
    pub after: Option<ReleaseRow>,
    /// Version and release of its package.
    pub version_release: Option<String>,
    /// What it was read from, without folders.
    pub source: String,
    /// The checksum of that.
    pub checksum: String,
    /// The base as a revision of the index.
    pub base_revision: String,
    /// Commits, and how much of each is there.
    pub commits: CommitCounts,
    /// Files that differ from the base.
    pub files: usize,
    /// Those of them that the base does not have.
    pub new_files: usize,
    /// The folders at the top.
    pub entries: Vec<FolderEntry>,
    /// Whether an audit of it is at hand.
    pub has_audit: bool,
}

/// How many commits a release has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct CommitCounts {
    /// All.
    pub all: usize,
    /// Those of which everything is there.
    pub complete: usize,
    /// Those of which a part is there.
    pub partial: usize,
    /// Those that later ones have rewritten.
    pub implied: usize,
    /// Those that the release before lacks.
    pub new: usize,
}

/// A folder of a release.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FolderView {
    /// The release.
    pub release: ReleaseRow,
    /// Its path; empty for the top.
    pub path: String,
    /// The folders above it, from the top, and itself.
    pub crumbs: Vec<Crumb>,
    /// Which page of its entries this is.
    pub paging: Paging,
    /// What it has in all.
    pub total: FolderEntry,
    /// Its folders and files that differ from the base.
    pub entries: Vec<FolderEntry>,
    #[serde(skip)]
    raw_path: Vec<u8>,
}

/// A folder above.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Crumb {
    /// Its name.
    pub name: String,
    /// Its page.
    pub page: String,
}

/// A folder or file that differs from the base.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct FolderEntry {
    /// Its name; of a list of files the whole path.
    pub name: String,
    /// Its page.
    pub page: String,
    /// Whether it is a folder.
    pub is_folder: bool,
    /// Files in it that differ from the base; 1 of a file.
    pub files: usize,
    /// Changed lines.
    pub lines: u64,
    /// Those of them with a known origin.
    pub explained: u64,
    /// `new`, `deleted`, or from where it was moved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// The commits of a release.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CommitsView {
    /// The release.
    pub release: ReleaseRow,
    /// Which page of them this is.
    pub paging: Paging,
    /// How many there are.
    pub counts: CommitCounts,
    /// The commits, in upstream's order.
    pub commits: Vec<CommitRow>,
}

/// A commit of a release.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct CommitRow {
    /// The commit.
    pub commit: NamedCommit,
    /// `complete`, `partial` or `implied`.
    pub status: String,
    /// Probability that the release has it, from 0 to 1.
    pub confidence: f64,
    /// Changed lines that come from it.
    pub lines: u64,
    /// How many of its hunks are not there.
    pub missing: u32,
    /// The subsystem that it belongs to.
    pub subsystem: Option<String>,
    /// `fix`, `revert` or `change`.
    pub purpose: String,
    /// Whether the release before lacks it.
    pub is_new: bool,
}

/// The files with lines of the vendor's own.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OwnView {
    /// The release.
    pub release: ReleaseRow,
    /// Which page of them this is.
    pub paging: Paging,
    /// The files, those with most such lines first.
    pub files: Vec<FolderEntry>,
}

/// Where changelog and code disagree.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ChangelogView {
    /// The release.
    pub release: ReleaseRow,
    /// Entries of the changelog that came with it.
    pub entries: u64,
    /// Those with a commit.
    pub matched: u64,
    /// Entries of which no commit of the release is known.
    pub only_said: Vec<String>,
    /// Commits that arrived with the release and have no entry.
    pub only_done: Vec<NamedCommit>,
}

impl CommitCounts {
    /// Counts commits.
    pub fn of(commits: &[v1::CommitInRelease]) -> CommitCounts {
        let count = |status: &str| commits.iter().filter(|commit| commit.status == status).count();
        CommitCounts {
            all: commits.len(),
            complete: count("complete"),
            partial: count("partial"),
            implied: count("implied"),
            new: commits.iter().filter(|commit| commit.is_new).count(),
        }
    }
}

impl ReleaseView {
    /// A release, by its files and commits.
    pub fn of(
        release: &v1::CataloguedRelease,
        all: &[v1::CataloguedRelease],
        files: &[v1::FileShare],
        commits: &[v1::CommitInRelease],
        has_audit: bool,
    ) -> ReleaseView {
        let neighbour = |place: u32| {
            let found = all.iter().find(|other| other.vendor == release.vendor && other.place == place);
            found.map(ReleaseRow::of)
        };
        ReleaseView {
            release: ReleaseRow::of(release),
            before: release.place.checked_sub(1).and_then(neighbour),
            after: neighbour(release.place + 1),
            version_release: non_empty(&release.version_release),
            source: release.source.clone(),
            checksum: release.checksum.clone(),
            base_revision: release.base_revision.clone(),
            commits: CommitCounts::of(commits),
            files: files.len(),
            new_files: files.iter().filter(|file| file.is_new).count(),
            entries: entries_of(&name_of(release), files, b""),
            has_audit,
        }
    }
}

impl FolderView {
    /// A page of a folder; none where the release changes nothing in it, or it has no such page.
    pub fn of(
        release: &v1::CataloguedRelease,
        files: &[v1::FileShare],
        path: &[u8],
        page: usize,
    ) -> Option<FolderView> {
        let name = name_of(release);
        let entries = entries_of(&name, files, path);
        if entries.is_empty() {
            return None;
        }
        let (shown, paging) = page_of(&entries, page, ENTRIES)?;
        let mut total = FolderEntry {
            name: text_of(path),
            is_folder: true,
            page: folder_page(&name, path),
            ..FolderEntry::default()
        };
        for entry in &entries {
            total.add(entry.files, entry.lines, entry.explained);
        }
        Some(FolderView {
            release: ReleaseRow::of(release),
            path: text_of(path),
            crumbs: crumbs(&name, path, true),
            paging,
            total,
            entries: shown.to_vec(),
            raw_path: path.to_vec(),
        })
    }

    /// The page of this folder with another number.
    pub fn other_page(&self, page: usize) -> String {
        let name = ReleaseName { vendor: self.release.vendor.clone(), name: self.release.name.clone() };
        Place::Release(name, Part::Folder(self.raw_path.clone(), page)).path(Form::Html)
    }
}

impl FolderEntry {
    fn add(&mut self, files: usize, lines: u64, explained: u64) {
        self.files += files;
        self.lines += lines;
        self.explained += explained;
    }

    /// A file, named by its whole path.
    pub fn of_file(release: &ReleaseName, file: &v1::FileShare) -> FolderEntry {
        let note = match (file.is_new, file.is_deleted, file.moved_from.is_empty()) {
            (_, _, false) => Some(format!("moved from {}", text_of(&file.moved_from))),
            (true, _, _) => Some("new".to_owned()),
            (_, true, _) => Some("deleted".to_owned()),
            _ => None,
        };
        FolderEntry {
            name: text_of(&file.path),
            page: file_page(release, &file.path, 1),
            is_folder: false,
            files: 1,
            lines: file.added + file.removed,
            explained: file.explained,
            note,
        }
    }
}

/// The page of a file.
pub fn file_page(release: &ReleaseName, path: &[u8], page: usize) -> String {
    Place::Release(release.clone(), Part::File(path.to_vec(), page)).path(Form::Html)
}

fn folder_page(release: &ReleaseName, path: &[u8]) -> String {
    let part = if path.is_empty() { Part::Overview } else { Part::Folder(path.to_vec(), 1) };
    Place::Release(release.clone(), part).path(Form::Html)
}

/// The folders above a path, from the top; a folder is the last of its own.
pub fn crumbs(release: &ReleaseName, path: &[u8], is_folder: bool) -> Vec<Crumb> {
    let mut crumbs = vec![Crumb { name: release.name.clone(), page: folder_page(release, b"") }];
    let ends = path.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(at, _)| at);
    let ends = ends.chain(is_folder.then_some(path.len()).filter(|end| *end > 0));
    let mut begin = 0;
    for end in ends {
        crumbs.push(Crumb { name: text_of(&path[begin..end]), page: folder_page(release, &path[..end]) });
        begin = end + 1;
    }
    crumbs
}

/// The folders and files right below a folder, folders first.
fn entries_of(release: &ReleaseName, files: &[v1::FileShare], folder: &[u8]) -> Vec<FolderEntry> {
    let prefix = if folder.is_empty() { Vec::new() } else { [folder, b"/"].concat() };
    let mut folders: BTreeMap<&[u8], FolderEntry> = BTreeMap::new();
    let mut below = Vec::new();
    for file in files {
        let Some(rest) = file.path.strip_prefix(&prefix[..]) else { continue };
        match rest.iter().position(|byte| *byte == b'/') {
            Some(end) => {
                let entry = folders.entry(&rest[..end]).or_insert_with(|| FolderEntry {
                    name: text_of(&rest[..end]),
                    page: folder_page(release, &file.path[..prefix.len() + end]),
                    is_folder: true,
                    ..FolderEntry::default()
                });
                entry.add(1, file.added + file.removed, file.explained);
            }
            None => {
                let entry = FolderEntry::of_file(release, file);
                below.push(FolderEntry { name: text_of(rest), ..entry });
            }
        }
    }
    folders.into_values().chain(below).collect()
}

impl CommitsView {
    /// A page of a release's commits; none where there is no such page.
    pub fn of(
        release: &v1::CataloguedRelease,
        commits: &[v1::CommitInRelease],
        page: usize,
    ) -> Option<CommitsView> {
        let (shown, paging) = page_of(commits, page, ROWS)?;
        Some(CommitsView {
            release: ReleaseRow::of(release),
            paging,
            counts: CommitCounts::of(commits),
            commits: shown.iter().map(CommitRow::of).collect(),
        })
    }
}

impl CommitRow {
    fn of(known: &v1::CommitInRelease) -> CommitRow {
        let commit = known.commit.clone().unwrap_or_default();
        CommitRow {
            commit: NamedCommit::catalogued(&commit),
            status: known.status.clone(),
            confidence: known.confidence,
            lines: known.lines,
            missing: known.missing,
            subsystem: non_empty(&commit.subsystem),
            purpose: commit.purpose,
            is_new: known.is_new,
        }
    }
}

impl OwnView {
    /// A page of the files with lines of the vendor's own; none where there is no such page.
    pub fn of(release: &v1::CataloguedRelease, files: &[v1::FileShare], page: usize) -> Option<OwnView> {
        let own = |file: &v1::FileShare| (file.added + file.removed).saturating_sub(file.explained);
        let mut files: Vec<&v1::FileShare> = files.iter().filter(|file| own(file) > 0).collect();
        files.sort_by_key(|file| std::cmp::Reverse(own(file)));
        let (shown, paging) = page_of(&files, page, ROWS)?;
        let name = name_of(release);
        Some(OwnView {
            release: ReleaseRow::of(release),
            paging,
            files: shown.iter().map(|file| FolderEntry::of_file(&name, file)).collect(),
        })
    }
}

impl ChangelogView {
    /// What the service says.
    pub fn of(answer: &v1::GetChangelogResponse) -> ChangelogView {
        ChangelogView {
            release: ReleaseRow::of(&answer.release.clone().unwrap_or_default()),
            entries: answer.entries,
            matched: answer.matched,
            only_said: answer.only_said.clone(),
            only_done: answer.only_done.iter().map(NamedCommit::catalogued).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, lines: u64, explained: u64) -> v1::FileShare {
        v1::FileShare { path: path.into(), added: lines, explained, ..v1::FileShare::default() }
    }

    fn release() -> v1::CataloguedRelease {
        v1::CataloguedRelease {
            vendor: "v".into(),
            name: "k-1".into(),
            place: 1,
            ..v1::CataloguedRelease::default()
        }
    }

    #[test]
    fn folders_have_what_is_below_them() {
        let files = [
            file("Makefile", 1, 0),
            file("net/ipv4/a.c", 5, 4),
            file("net/ipv4/b.c", 5, 5),
            file("net/x.c", 1, 1),
        ];
        let names = |folder: &[u8]| -> Vec<(String, usize, u64, u64)> {
            let entries = entries_of(&name_of(&release()), &files, folder);
            entries.into_iter().map(|entry| (entry.name, entry.files, entry.lines, entry.explained)).collect()
        };
        assert_eq!(names(b""), [("net".to_owned(), 3, 11, 10), ("Makefile".to_owned(), 1, 1, 0)]);
        assert_eq!(names(b"net"), [("ipv4".to_owned(), 2, 10, 9), ("x.c".to_owned(), 1, 1, 1)]);
        let folder = FolderView::of(&release(), &files, b"net/ipv4", 1).expect("a folder");
        assert_eq!((folder.total.lines, folder.total.explained), (10, 9));
        let crumbs: Vec<&str> = folder.crumbs.iter().map(|crumb| crumb.name.as_str()).collect();
        assert_eq!(crumbs, ["k-1", "net", "ipv4"]);
        assert!(FolderView::of(&release(), &files, b"ne", 1).is_none());
    }

    #[test]
    fn vendors_own_files_come_by_their_lines() {
        let files = [file("a", 5, 4), file("b", 9, 1), file("c", 3, 3)];
        let own = OwnView::of(&release(), &files, 1).expect("a page");
        let names: Vec<&str> = own.files.iter().map(|file| file.name.as_str()).collect();
        assert_eq!(names, ["b", "a"]);
    }
}

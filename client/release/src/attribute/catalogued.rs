//! A release that goes into a catalogue: taken apart, and nothing but its records written.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, anyhow};
use bstr::{BStr, ByteSlice};
use hunktrace_server::catalogue::changelog::ChangelogEntry;
use hunktrace_server::catalogue::contents::BlobId;
use hunktrace_server::catalogue::known_content::KnownContent;
use hunktrace_server::catalogue::later_commits::{Later, NewLater};
use hunktrace_server::catalogue::new_release::{
    CommitFacts, FileTexts, NewCommit, NewFile, NewRelease, NewRun,
};
use hunktrace_server::catalogue::purpose::MaintainedBy;
use hunktrace_server::catalogue::release_writer::Added;
use hunktrace_server::catalogue::store::Catalogue;

use super::comparison::{ChangedFile, Compared, Comparison, UnreadableFile};
use super::index_used::IndexUsed;
use super::release_row::ReleaseRow;
use super::release_stream::Question;
use super::take_apart::note_of_copies;
use super::watcher::Watcher;
use crate::answer::{Answer, AnsweredFile, LaterCommit, ReleaseCommit, Side};
use crate::digest::digest_of;
use crate::series::MaintainedPaths;
use crate::tree::{Change, Error, Source, Tree};

/// A release that is to be added to a catalogue.
#[derive(Debug)]
pub struct ReleaseToAdd<'a> {
    /// The vendor.
    pub vendor_name: &'a str,
    /// What it is called.
    pub name: &'a str,
    /// Version and release of its package.
    pub version_release: Option<String>,
    /// When it was released, YYYY-MM-DD.
    pub released_on: Option<String>,
    /// What its base is called.
    pub base_name: &'a str,
    /// The base as a revision of the index.
    pub base_revision: &'a str,
    /// The base.
    pub base: &'a Arc<Tree>,
    /// The release.
    pub vendor: &'a Arc<Tree>,
    /// The checksum of its source.
    pub checksum: String,
    /// The index that answers.
    pub index: &'a IndexUsed,
    /// The entries of its changelog that no release before has.
    pub changelog: Vec<ChangelogEntry>,
}

/// A release that has been taken apart and waits for being stored.
#[derive(Debug)]
pub struct ReadyRelease {
    new: NewRelease,
    files: Vec<NewFile>,
    messages: HashMap<String, Option<String>>,
    base: Arc<Tree>,
    vendor: Arc<Tree>,
    /// The files that could not be read.
    pub unreadable: Vec<UnreadableFile>,
}

/// Takes the next release of a row apart for a catalogue, of which is known what it has. Nothing is stored yet.
///
/// # Errors
/// Where a tree or the index cannot be read.
pub async fn take_apart_for_catalogue(
    release: ReleaseToAdd<'_>,
    row: &mut ReleaseRow,
    known: &mut KnownContent,
    scratch: &Path,
    watcher: &dyn Watcher,
) -> anyhow::Result<ReadyRelease> {
    let (base, vendor) = (release.base, release.vendor);
    let compared = row.compare(release.base_revision, base, vendor, scratch, watcher).await?;
    let Comparison { files, unreadable } = compared;
    [base, vendor].into_iter().for_each(|tree| tree.let_go());
    let question = Question { base_revision: release.base_revision, ..Question::default() };
    let answer = row.answer(&question, &files, watcher).await?;

    let unknown: Vec<&ReleaseCommit> =
        answer.commits.iter().filter(|commit| known.add_commit(&commit.id)).collect();
    let asked: Vec<&str> = unknown.iter().map(|commit| read_from(commit)).collect();
    let messages = row.service().messages(&asked).await?;
    let messages = unknown.iter().map(|commit| commit.id.clone()).zip(messages).collect();

    let new = NewRelease {
        vendor: release.vendor_name.to_owned(),
        name: release.name.to_owned(),
        version_release: release.version_release,
        released_on: release.released_on,
        base_name: release.base_name.to_owned(),
        base_revision: release.base_revision.to_owned(),
        source: vendor.source.to_string(),
        checksum: release.checksum,
        index_digest: release.index.history_digest.clone(),
        index_generation: release.index.generation,
        program: concat!("hunktrace ", env!("CARGO_PKG_VERSION")).to_owned(),
        notes: vendor.notes.iter().cloned().chain(note_of_copies(&files)).collect(),
        commits: answer.commits.iter().map(|commit| new_commit(commit, &answer)).collect(),
        changelog: release.changelog,
        files_are_as_in: None,
    };
    known.add_release(&new.name, &new.source, &new.checksum);
    let new_files = new_files(&files, &answer.files, base, vendor)?;
    if row.is_followed() {
        row.keep_differences(files);
    }
    let (base, vendor) = (Arc::clone(base), Arc::clone(vendor));
    Ok(ReadyRelease { new, files: new_files, messages, base, vendor, unreadable })
}

/// A catalogue to which the releases of a row are added, in their order.
#[derive(Debug)]
pub struct CatalogueRow {
    catalogue: Catalogue,
    /// The row of the release that was added last.
    last_added: Option<i64>,
}

impl CatalogueRow {
    /// A catalogue to which nothing of the row was added yet.
    pub fn new(catalogue: Catalogue) -> CatalogueRow {
        CatalogueRow { catalogue, last_added: None }
    }

    /// Adds the next release; says what was stored.
    ///
    /// # Errors
    /// Where the catalogue cannot be written, or a text cannot be read. Then nothing is added.
    pub fn store(&mut self, release: ReadyRelease) -> anyhow::Result<Added> {
        let ReadyRelease { mut new, files, messages, base, vendor, unreadable: _ } = release;
        new.files_are_as_in = self.last_added;
        // Nothing is asked of the maintainers of commits that are known.
        let maintainers = if messages.is_empty() { None } else { Some(MaintainedPaths::of(&vendor)?) };
        let mut facts = Facts { messages, maintainers };
        let texts = Texts { base: &base, vendor: &vendor };
        let added = self.catalogue.add_release(&new, &files, &texts, &mut facts)?;
        self.last_added = Some(added.release);
        [&base, &vendor].into_iter().for_each(|tree| tree.let_go());
        Ok(added)
    }
}

/// The commit whose message is asked for: an origin that is not indexed is read from a carrier.
fn read_from(commit: &ReleaseCommit) -> &str {
    commit.read_from.as_deref().unwrap_or(&commit.id)
}

/// The checksum of what a tree was read from; of a folder it is made of all its files.
///
/// # Errors
/// Where a file of a folder cannot be read.
pub fn source_checksum(tree: &Tree) -> Result<String, Error> {
    Ok(match &tree.source {
        Source::Tarball { checksum, .. } | Source::Rpm { checksum, .. } => format!("sha256:{checksum}"),
        Source::Git { tree, .. } => format!("git:{tree}"),
        Source::Folder { .. } => {
            let files = tree.entries.iter().map(|(path, entry)| {
                Ok((path.to_vec(), entry.mode().octal(), tree.blob_id(path.as_bstr())?.as_slice().to_vec()))
            });
            let files: Vec<(Vec<u8>, u32, Vec<u8>)> = files.collect::<Result<_, Error>>()?;
            format!("xxh3:{:032x}", digest_of(&files))
        }
    })
}

struct Facts {
    messages: HashMap<String, Option<String>>,
    maintainers: Option<MaintainedPaths>,
}

impl CommitFacts for Facts {
    fn messages(&mut self, commits: &[&str]) -> Result<Vec<Option<String>>, String> {
        Ok(commits.iter().map(|commit| self.messages.remove(*commit).flatten()).collect())
    }

    fn maintained_by(&self) -> Option<&dyn MaintainedBy> {
        self.maintainers.as_ref().map(|maintainers| maintainers as &dyn MaintainedBy)
    }
}

struct Texts<'a> {
    base: &'a Tree,
    vendor: &'a Tree,
}

impl FileTexts for Texts<'_> {
    fn base_text(&self, file: &NewFile) -> Result<Vec<u8>, String> {
        let path = file.moved_from.as_ref().unwrap_or(&file.path);
        self.base.read(path.as_bstr()).map_err(|error| error.to_string())
    }

    fn vendor_text(&self, file: &NewFile) -> Result<Vec<u8>, String> {
        self.vendor.read(file.path.as_bstr()).map_err(|error| error.to_string())
    }

    fn release_text(&self, path: &BStr) -> Option<Vec<u8>> {
        self.vendor.entries.get(path.as_bytes().as_bstr()).and_then(|_| self.vendor.read(path).ok())
    }
}

fn new_commit(commit: &ReleaseCommit, answer: &Answer) -> NewCommit {
    let missing = commit.missing.iter();
    NewCommit {
        sha: commit.id.clone(),
        subject: commit.subject.clone(),
        author: commit.author.clone(),
        author_date: commit.author_date.clone(),
        first_release: commit.first_release.clone(),
        carriers: commit.carriers.clone(),
        status: commit.status,
        confidence: commit.confidence,
        lines: commit.lines,
        hunks: commit.hunks,
        missing: missing
            .map(|hunk| format!("{}:{} {}", hunk.file, hunk.old_start, hunk.reason.name()))
            .collect(),
        match_kind: commit.match_kind,
        superseded_by: commit.superseded_by.map(|by| answer.commit(by).id.clone()),
        later: later_commits(commit),
        subsystem: commit.subsystem.clone(),
    }
}

/// The commits of the index that repair a commit or take it back.
fn later_commits(commit: &ReleaseCommit) -> Vec<NewLater> {
    let later = |(relation, later): (Later, &LaterCommit)| NewLater {
        relation,
        sha: later.id.clone(),
        subject: later.subject.clone(),
        first_release: later.first_release.clone(),
    };
    let fixes = commit.fixed_by.iter().map(|commit| (Later::Fixes, commit));
    let reverts = commit.reverted_by.iter().map(|commit| (Later::Reverts, commit));
    fixes.chain(reverts).map(later).collect()
}

fn new_files(
    files: &[ChangedFile],
    answered: &[AnsweredFile],
    base: &Tree,
    vendor: &Tree,
) -> anyhow::Result<Vec<NewFile>> {
    let new_file = |(file, answered): (&ChangedFile, &AnsweredFile)| {
        let (base, vendor) = blobs(file, base, vendor).with_context(|| file.path.to_string())?;
        let hunks = answered.hunks.iter().flat_map(|hunk| &hunk.runs);
        Ok(NewFile {
            path: file.path.clone(),
            moved_from: file.moved_from.clone(),
            base,
            vendor,
            notes: file.notes.clone(),
            is_as_before: file.is_as_before && answered.is_as_before,
            runs: hunks
                .map(|run| NewRun {
                    is_added: run.side == Side::New,
                    start: run.start,
                    lines: run.lines,
                    origin: run
                        .origin
                        .map(|origin| (origin.commit.0 as usize, origin.confidence, origin.match_kind)),
                })
                .collect(),
        })
    };
    // A second copy of the tree is nobody's change, and its texts are those of the first one.
    let own = files.iter().zip(answered).filter(|(file, _)| file.copy_of.is_none());
    own.map(new_file).collect()
}

/// The blob ids of a file's two texts.
fn blobs(file: &ChangedFile, base: &Tree, vendor: &Tree) -> anyhow::Result<(Option<BlobId>, Option<BlobId>)> {
    let compared = match file.compared {
        Some(compared) => compared,
        None => {
            let old_path: &BStr = file.moved_from.as_ref().unwrap_or(&file.path).as_bstr();
            let change = Change {
                path: file.path.as_bstr(),
                base: base.entries.get(old_path).filter(|_| file.in_base),
                vendor: vendor.entries.get(&file.path).filter(|_| file.in_vendor),
            };
            Compared::of(&change, old_path, base, vendor)?
                .ok_or_else(|| anyhow!("an object is missing from the repository"))?
        }
    };
    let id = |id: gix::ObjectId| <BlobId>::try_from(id.as_slice()).map_err(|_| anyhow!("{id} is no SHA-1"));
    let (base, vendor) = compared.blobs();
    Ok((base.map(id).transpose()?, vendor.map(id).transpose()?))
}

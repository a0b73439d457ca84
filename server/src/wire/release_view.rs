//! What a release of a catalogue consists of, as messages.

use hunktrace_proto::v1;

use crate::catalogue::commit_name::CataloguedCommit;
use crate::catalogue::error::CatalogueError;
use crate::catalogue::file_lines::{FileLines, OwnedLines};
use crate::catalogue::release_commits::CommitInRelease;
use crate::catalogue::release_files::FileShare;
use crate::catalogue::search::Search;
use crate::catalogue::store::{Catalogue, CataloguedRelease};

/// What a search gives where the request does not say, and what it gives at most.
const USUAL_RESULTS: usize = 100;
const MOST_RESULTS: usize = 1_000;

impl From<CataloguedRelease> for v1::CataloguedRelease {
    fn from(release: CataloguedRelease) -> v1::CataloguedRelease {
        // Folders of the machine that read it are nobody else's business.
        let source = release.source.rsplit('/').next().unwrap_or_default().to_owned();
        v1::CataloguedRelease {
            vendor: release.vendor,
            name: release.name,
            place: release.place,
            version_release: release.version_release.unwrap_or_default(),
            released_on: release.released_on.unwrap_or_default(),
            base_name: release.base_name,
            base_revision: release.base_revision,
            source,
            checksum: release.checksum,
            index_digest: release.index_digest,
            lines: release.lines,
            explained_lines: release.explained_lines,
        }
    }
}

/// A commit.
pub(super) fn commit(commit: CataloguedCommit) -> v1::CataloguedCommit {
    v1::CataloguedCommit {
        commit: commit.sha,
        subject: commit.subject,
        author: commit.author,
        author_date: commit.author_date,
        first_release: commit.first_release.unwrap_or_default(),
        subsystem: commit.subsystem.unwrap_or_default(),
        purpose: commit.purpose,
        cc_stable: commit.cc_stable,
        syzbot: commit.syzbot,
    }
}

/// The files of a release.
pub(super) fn files_view(catalogue: &Catalogue, name: &str) -> Result<v1::ListFilesResponse, CatalogueError> {
    let found = catalogue.release(name)?;
    let file = |file: FileShare| v1::FileShare {
        path: file.path.into(),
        moved_from: file.moved_from.map(Vec::from).unwrap_or_default(),
        is_new: file.is_new,
        is_deleted: file.is_deleted,
        added: file.added,
        removed: file.removed,
        explained: file.explained,
    };
    let files = catalogue.release_files(&found)?.into_iter().map(file).collect();
    Ok(v1::ListFilesResponse { release: Some(found.into()), files })
}

/// The commits of a release.
pub(super) fn commits_view(
    catalogue: &Catalogue,
    name: &str,
) -> Result<v1::ListCommitsResponse, CatalogueError> {
    let found = catalogue.release(name)?;
    let in_release = |known: CommitInRelease| v1::CommitInRelease {
        commit: Some(commit(known.commit)),
        status: known.status,
        confidence: known.confidence,
        lines: known.lines,
        hunks: known.hunks,
        missing: known.missing,
        r#match: known.match_kind,
        superseded_by: known.superseded_by.unwrap_or_default(),
        is_new: known.is_new,
    };
    let commits = catalogue.release_commits(&found)?.into_iter().map(in_release).collect();
    Ok(v1::ListCommitsResponse { release: Some(found.into()), commits })
}

/// A file of a release.
pub(super) fn file_view(
    catalogue: &Catalogue,
    name: &str,
    path: &[u8],
) -> Result<v1::GetFileResponse, CatalogueError> {
    let found = catalogue.release(name)?;
    let FileLines { moved_from, base, text, runs, commits } = catalogue.file_lines(&found, path)?;
    let run = |run: OwnedLines| v1::OwnedLines {
        is_added: run.is_added,
        start: run.start,
        lines: run.lines,
        commit: run.commit.and_then(|place| u32::try_from(place).ok()),
        confidence: run.confidence,
        r#match: run.match_kind.unwrap_or_default(),
        function: run.function.unwrap_or_default(),
    };
    Ok(v1::GetFileResponse {
        release: Some(found.into()),
        moved_from: moved_from.unwrap_or_default(),
        base,
        text,
        runs: runs.into_iter().map(run).collect(),
        commits: commits.into_iter().map(commit).collect(),
    })
}

/// Where the changelog of a release and its code do not agree.
pub(super) fn changelog_view(
    catalogue: &Catalogue,
    name: &str,
) -> Result<v1::GetChangelogResponse, CatalogueError> {
    let found = catalogue.release(name)?;
    let disagreements = catalogue.disagreements(&found)?;
    Ok(v1::GetChangelogResponse {
        release: Some(found.into()),
        entries: disagreements.entries,
        matched: disagreements.matched,
        only_said: disagreements.only_said,
        only_done: disagreements.only_done.into_iter().map(commit).collect(),
    })
}

/// What is found for words.
pub(super) fn search_view(
    catalogue: &Catalogue,
    request: v1::SearchRequest,
) -> Result<v1::SearchResponse, CatalogueError> {
    let v1::SearchRequest { words, subject, author, path, function, max_results } = request;
    let most = match max_results as usize {
        0 => USUAL_RESULTS,
        wanted => wanted.min(MOST_RESULTS),
    };
    let found = catalogue.search(&Search { words, subject, author, path, function }, most)?;
    Ok(v1::SearchResponse {
        commits: found.commits.into_iter().map(commit).collect(),
        paths: found.paths.into_iter().map(Vec::from).collect(),
        functions: found.functions,
        is_cut: found.is_cut,
    })
}

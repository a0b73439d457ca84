//! The `Catalogue` service: a thin translation between messages and the questions to a catalogue.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use hunktrace_proto::v1;
use hunktrace_proto::v1::catalogue_server::{Catalogue as CatalogueCalls, CatalogueServer};
use prost::Message;
use tonic::{Request, Response, Status};

use crate::catalogue::call_trace::read_call_trace;
use crate::catalogue::changed_places::ChangedPlace;
use crate::catalogue::commit_history::{CommitHistory, EntryOfRelease, PlacedLines, Stretch};
use crate::catalogue::compare::{Comparison, Question};
use crate::catalogue::error::CatalogueError;
use crate::catalogue::extract::Extracted;
use crate::catalogue::extracted_file::ExtractedHunk;
use crate::catalogue::history::{History, Subject};
use crate::catalogue::later_commits::LaterCommit;
use crate::catalogue::live_patch::LiveFlag;
use crate::catalogue::store::{Catalogue, FileAccess};
use crate::wire::call::CallContext;
use crate::wire::limits::Limits;
use crate::wire::refusal::{cancelled_status, check_answer};
use crate::wire::release_view::{changelog_view, commit, commits_view, file_view, files_view, search_view};
use crate::wire::workers::{CancelOnDrop, Lane, Workers, on_worker};

/// The service over one catalogue, which is opened for each call: a release that was added in between is seen.
#[derive(Clone)]
pub struct CatalogueService {
    path: PathBuf,
    workers: Arc<Workers>,
    limits: Limits,
    access: FileAccess,
}

impl CatalogueService {
    /// A service that answers from the catalogue at `path`.
    pub(crate) fn new(path: PathBuf, workers: Arc<Workers>, limits: Limits) -> CatalogueService {
        CatalogueService { path, workers, limits, access: FileAccess::Read }
    }

    /// The same for one question of one process: the file is mapped into memory.
    pub(crate) fn with_mapped_file(self) -> CatalogueService {
        CatalogueService { access: FileAccess::Mapped, ..self }
    }

    /// Answers a request when it is its turn. If the call is dropped, its work stops.
    async fn answer<R: Message + 'static, T: Message + 'static>(
        &self,
        request: Request<R>,
        question: impl FnOnce(&Catalogue, R) -> Result<T, CatalogueError> + Send + 'static,
    ) -> Result<Response<T>, Status> {
        let call = CancelOnDrop::new();
        let context = CallContext::of(&request);
        let under_way = context.work();
        let request = request.into_inner();
        let held = context.take(request.encoded_len())?;
        let (path, limits, access) = (self.path.clone(), self.limits, self.access);
        let turn = context.turn(&self.workers, Lane::Lookups).await?;
        let cancellation = call.cancellation().until(Instant::now() + limits.request_time);
        let answer = on_worker(turn, move || {
            let answer = Catalogue::open_with(&path, access).and_then(|mut catalogue| {
                catalogue.stop_on(cancellation.clone())?;
                question(&catalogue, request)
            });
            // What a request holds is held until its work has stopped.
            drop((held, under_way));
            cancellation.check().map_err(cancelled_status)?;
            let answer = answer.map_err(|error| status_of(&error))?;
            check_answer(answer.encoded_len(), &limits, "ask about less, as about one path or function")?;
            Ok(answer)
        });
        answer.await.map(Response::new)
    }
}

/// The service with its limits set.
pub(crate) fn catalogue_server(
    path: PathBuf,
    workers: Arc<Workers>,
    limits: &Limits,
) -> CatalogueServer<CatalogueService> {
    CatalogueServer::new(CatalogueService::new(path, workers, *limits))
        .max_decoding_message_size(limits.request_message_bytes())
        .max_encoding_message_size(limits.answer_message_bytes())
}

#[tonic::async_trait]
impl CatalogueCalls for CatalogueService {
    async fn list_releases(
        &self,
        request: Request<v1::ListReleasesRequest>,
    ) -> Result<Response<v1::ListReleasesResponse>, Status> {
        self.answer(request, |catalogue, _| {
            let releases = catalogue.releases()?;
            Ok(v1::ListReleasesResponse { releases: releases.into_iter().map(Into::into).collect() })
        })
        .await
    }

    async fn history(
        &self,
        request: Request<v1::HistoryRequest>,
    ) -> Result<Response<v1::HistoryResponse>, Status> {
        self.answer(request, |catalogue, asked| catalogue.history(&asked.name).map(history)).await
    }

    async fn compare(
        &self,
        request: Request<v1::CompareRequest>,
    ) -> Result<Response<v1::CompareResponse>, Status> {
        self.answer(request, |catalogue, asked| {
            let v1::CompareRequest { from, to, path, function, trace } = asked;
            let said = |text: String| Some(text).filter(|text| !text.is_empty());
            let is_traced = !trace.is_empty();
            let trace = read_call_trace(&trace);
            if is_traced && trace.is_empty() {
                return Err(CatalogueError::NoTrace);
            }
            let traced = trace.iter().map(|function| function.name.clone()).collect();
            let question = Question { path: said(path), function: said(function), trace };
            Ok(comparison(catalogue.compare(&from, &to, &question)?, traced))
        })
        .await
    }

    async fn extract(
        &self,
        request: Request<v1::ExtractRequest>,
    ) -> Result<Response<v1::ExtractResponse>, Status> {
        self.answer(request, |catalogue, asked| {
            let v1::ExtractRequest { commit, release, onto } = asked;
            let onto = Some(onto.as_str()).filter(|onto| !onto.is_empty());
            catalogue.extract(&commit, &release, onto).map(extracted)
        })
        .await
    }

    async fn list_files(
        &self,
        request: Request<v1::ListFilesRequest>,
    ) -> Result<Response<v1::ListFilesResponse>, Status> {
        self.answer(request, |catalogue, asked| files_view(catalogue, &asked.release)).await
    }

    async fn list_commits(
        &self,
        request: Request<v1::ListCommitsRequest>,
    ) -> Result<Response<v1::ListCommitsResponse>, Status> {
        self.answer(request, |catalogue, asked| commits_view(catalogue, &asked.release)).await
    }

    async fn get_file(
        &self,
        request: Request<v1::GetFileRequest>,
    ) -> Result<Response<v1::GetFileResponse>, Status> {
        self.answer(request, |catalogue, asked| file_view(catalogue, &asked.release, &asked.path)).await
    }

    async fn get_changelog(
        &self,
        request: Request<v1::GetChangelogRequest>,
    ) -> Result<Response<v1::GetChangelogResponse>, Status> {
        self.answer(request, |catalogue, asked| changelog_view(catalogue, &asked.release)).await
    }

    async fn search(
        &self,
        request: Request<v1::SearchRequest>,
    ) -> Result<Response<v1::SearchResponse>, Status> {
        self.answer(request, search_view).await
    }
}

fn status_of(error: &CatalogueError) -> Status {
    let message = error.to_string();
    match error {
        CatalogueError::NoRelease { .. } | CatalogueError::Nothing(_) => Status::not_found(message),
        CatalogueError::ManyReleases { .. }
        | CatalogueError::ManyCommits { .. }
        | CatalogueError::NoTrace => Status::invalid_argument(message),
        CatalogueError::Damaged(_) => Status::data_loss(message),
        CatalogueError::Absent(_)
        | CatalogueError::Foreign(_)
        | CatalogueError::Newer { .. }
        | CatalogueError::Older { .. }
        | CatalogueError::Different { .. } => Status::failed_precondition(message),
        CatalogueError::Sqlite(_) => Status::internal(message),
    }
}

fn history(history: History) -> v1::HistoryResponse {
    let (kind, name, function) = match history.subject {
        Subject::Commit(sha) => ("commit", sha, String::new()),
        Subject::Path(path) => ("path", path, String::new()),
        Subject::Function { path, function } => ("function", path, function),
        Subject::Cve(cve) => ("cve", cve, String::new()),
    };
    v1::HistoryResponse {
        kind: kind.to_owned(),
        name,
        function,
        commits: history.commits.into_iter().map(commit_history).collect(),
        own_lines: history.own_lines,
        own_changes: history
            .own_changes
            .into_iter()
            .map(|own| v1::OwnLines { release: own.release, added: own.added, removed: own.removed })
            .collect(),
    }
}

fn commit_history(history: CommitHistory) -> v1::CommitHistory {
    v1::CommitHistory {
        commit: Some(commit(history.commit)),
        carriers: history.carriers,
        fixes: history.fixes,
        reverts: history.reverts,
        cves: history.cves,
        links: history.links,
        stretches: history.stretches.into_iter().map(stretch).collect(),
        entries: history.entries.into_iter().map(entry).collect(),
        later: history.later.into_iter().map(later).collect(),
        places: history.places.into_iter().map(placed).collect(),
    }
}

fn stretch(stretch: Stretch) -> v1::Stretch {
    v1::Stretch {
        vendor: stretch.vendor,
        first: stretch.first,
        released_on: stretch.released_on.unwrap_or_default(),
        last: stretch.last,
        is_newest: stretch.is_newest,
        gone_with: stretch.gone_with.unwrap_or_default(),
        status: stretch.status,
        confidence: stretch.confidence,
        lines: stretch.lines,
        hunks: stretch.hunks,
        missing: stretch.missing,
        superseded_by: stretch.superseded_by.unwrap_or_default(),
    }
}

fn entry(entry: EntryOfRelease) -> v1::ChangelogEntry {
    v1::ChangelogEntry { release: entry.release, text: entry.text, how: entry.how }
}

fn later(later: LaterCommit) -> v1::LaterCommit {
    v1::LaterCommit {
        commit: later.sha,
        subject: later.subject,
        relation: later.relation,
        since: later.since.unwrap_or_default(),
        first_release: later.first_release.unwrap_or_default(),
    }
}

fn placed(place: PlacedLines) -> v1::PlacedLines {
    v1::PlacedLines {
        path: place.path.into(),
        function: place.function.unwrap_or_default(),
        is_added: place.is_added,
        start: place.start,
        lines: place.lines,
        confidence: place.confidence,
        r#match: place.match_kind,
    }
}

fn changed_place(place: ChangedPlace) -> v1::ChangedPlace {
    v1::ChangedPlace {
        path: place.path.into(),
        function: place.function.unwrap_or_default(),
        added: place.added,
        removed: place.removed,
    }
}

fn comparison(comparison: Comparison, traced: Vec<String>) -> v1::CompareResponse {
    v1::CompareResponse {
        from: Some(comparison.from.into()),
        to: Some(comparison.to.into()),
        commits: comparison
            .commits
            .into_iter()
            .map(|change| v1::CommitChange {
                commit: Some(commit(change.commit)),
                change: change.change.name().to_owned(),
                status_before: change.status_before.unwrap_or_default(),
                status_after: change.status_after.unwrap_or_default(),
                places: change.places.into_iter().map(changed_place).collect(),
                score: change.score,
                later: change.later.into_iter().map(later).collect(),
                entries: change.entries.into_iter().map(entry).collect(),
            })
            .collect(),
        own: comparison
            .own
            .into_iter()
            .map(|own| v1::OwnChange { place: Some(changed_place(own.place)), score: own.score })
            .collect(),
        traced,
        untouched: comparison.untouched,
    }
}

fn extracted_hunk(hunk: ExtractedHunk) -> v1::ExtractedHunk {
    v1::ExtractedHunk {
        old_start: hunk.old_start,
        old_lines: hunk.old_lines,
        new_start: hunk.new_start,
        new_lines: hunk.new_lines,
        functions: hunk.functions,
        live_flags: live_flags(&hunk.live_flags),
    }
}

fn live_flags(flags: &[LiveFlag]) -> Vec<String> {
    flags.iter().map(|flag| flag.name().to_owned()).collect()
}

fn extracted(extracted: Extracted) -> v1::ExtractResponse {
    v1::ExtractResponse {
        commit: Some(commit(extracted.commit)),
        release: Some(extracted.release.into()),
        applies_to: extracted.applies_to,
        patch: extracted.patch.into(),
        files: extracted
            .files
            .into_iter()
            .map(|file| v1::ExtractedFile {
                path: file.path.into(),
                functions: file.functions,
                live_flags: live_flags(&file.live_flags),
                added: file.added,
                removed: file.removed,
                object: file.object.unwrap_or_default(),
                options: file.options,
                hunks: file.hunks.into_iter().map(extracted_hunk).collect(),
            })
            .collect(),
        needs: extracted
            .needs
            .into_iter()
            .map(|need| v1::NeededCommit { commit: Some(commit(need.commit)), why: need.why })
            .collect(),
        differences: extracted.differences,
    }
}

//! The release sent to the service, and its answer.

use anyhow::{Context, anyhow};
use bstr::BString;
use hunktrace_proto::v1;
use hunktrace_proto::v1::attribute_request::Part as RequestPart;
use hunktrace_proto::v1::attribute_response::Part;
use hunktrace_proto::v1::hunktrace_client::HunktraceClient;
use tokio_stream::StreamExt;
use tonic::transport::Channel;

use super::changed_files::ChangedFile;
use super::{Answer, Watcher};

/// Files that may be under way to the service.
const FILES_UNDER_WAY: usize = 64;

/// Has the service take the release apart.
pub(super) async fn attribute(
    mut client: HunktraceClient<Channel>,
    base_revision: &str,
    files: &[ChangedFile],
    watcher: &dyn Watcher,
) -> anyhow::Result<Answer> {
    let (sender, requests) = tokio::sync::mpsc::channel(FILES_UNDER_WAY);
    let options = v1::AttributeOptions { base: base_revision.to_owned() };
    let send_all = async {
        let request = |part| v1::AttributeRequest { part: Some(part) };
        // A service that stops listening says why in its answer.
        if sender.send(request(RequestPart::Options(options))).await.is_ok() {
            for file in files {
                if sender.send(request(RequestPart::File(file_diff(file)))).await.is_err() {
                    break;
                }
            }
        }
        drop(sender);
    };
    let receive_all = async {
        let requests = tokio_stream::wrappers::ReceiverStream::new(requests);
        let mut responses =
            client.attribute(requests).await.map_err(|status| anyhow!("{}", status.message()))?.into_inner();
        let mut answer = Answer::default();
        let mut is_whole = false;
        while let Some(response) = responses.next().await {
            match response.map_err(|status| anyhow!("{}", status.message()))?.part {
                Some(Part::Progress(progress)) => {
                    watcher.advanced(phase_words(progress.phase()), progress.done, progress.total)
                }
                Some(Part::File(file)) => answer.files.push(file),
                Some(Part::Commit(commit)) => answer.commits.push(commit),
                Some(Part::Summary(_)) => is_whole = true,
                None => {}
            }
        }
        is_whole.then_some(answer).context("the service ended before its answer did; try again")
    };
    let ((), answer) = tokio::join!(send_all, receive_all);
    answer
}

/// What the service is busy with, in words.
fn phase_words(phase: v1::AttributePhase) -> &'static str {
    match phase {
        v1::AttributePhase::GatheringCandidates => "gathering candidates",
        v1::AttributePhase::WeighingCommits => "weighing commits",
        v1::AttributePhase::Unspecified => "taking the release apart",
    }
}

fn file_diff(file: &ChangedFile) -> v1::FileDiff {
    let mut hunks = Vec::new();
    for hunk in &file.hunks {
        hunks.extend_from_slice(&hunk.header());
        hunks.extend_from_slice(&hunk.body);
    }
    let path = |is_there: bool, path: &BString| if is_there { path.to_vec() } else { Vec::new() };
    let old_path = file.moved_from.as_ref().unwrap_or(&file.path);
    v1::FileDiff { path: path(file.in_vendor, &file.path), old_path: path(file.in_base, old_path), hunks }
}

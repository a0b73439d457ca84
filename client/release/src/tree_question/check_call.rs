//! Asks the service whether commits are in a tree.

use anyhow::bail;
use hunktrace_proto::v1;
use hunktrace_proto::v1::check_request::Part as RequestPart;
use hunktrace_proto::v1::check_response::Part;
use tokio_stream::StreamExt;
use tokio_stream::wrappers::ReceiverStream;

use super::answers::CheckedCommit;
use super::trees::Trees;
use crate::attribute::Service;

/// Messages that may be under way to the service.
const MESSAGES_UNDER_WAY: usize = 4;

/// Asks whether commits are in a tree; the answers are in the order of the question. The base is a revision of the index, or
/// empty where it is not known.
///
/// # Errors
/// Where a tree cannot be read, or the service refuses or does not answer to the end.
pub async fn check(
    service: &Service,
    base_revision: &str,
    commits: Vec<String>,
    trees: &Trees,
) -> anyhow::Result<Vec<CheckedCommit>> {
    let asked = commits.len();
    let (requests, sent) = tokio::sync::mpsc::channel(MESSAGES_UNDER_WAY);
    let options = v1::CheckOptions { base: base_revision.to_owned(), commits, ..Default::default() };
    requests.send(request(RequestPart::Options(options))).await?;
    let mut responses = service.check(ReceiverStream::new(sent)).await?;
    let mut checked = Vec::with_capacity(asked);
    while let Some(response) = responses.next().await {
        match response.map_err(crate::attribute::refusal)?.part {
            Some(Part::Wanted(wanted)) => {
                for files in trees.wanted(&wanted)? {
                    // A service that stops listening says why in its answer.
                    drop(requests.send(request(RequestPart::Files(files))).await);
                }
            }
            Some(Part::Commit(commit)) => checked.push(CheckedCommit::try_from(commit)?),
            None => {}
        }
    }
    if checked.len() != asked {
        bail!("the service answered {} of {asked} commits; try again", checked.len());
    }
    Ok(checked)
}

fn request(part: RequestPart) -> v1::CheckRequest {
    v1::CheckRequest { part: Some(part) }
}

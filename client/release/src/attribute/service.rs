//! The service that takes releases apart, through the program's client of it.

use anyhow::{Context, anyhow, bail};
use bstr::BString;
use hunktrace_proto::v1;
use hunktrace_proto::v1::attribute_request::Part as RequestPart;
use hunktrace_proto::v1::attribute_response::Part;
use hunktrace_proto::v1::hunktrace_client::HunktraceClient;
use tokio_stream::StreamExt;
use tonic::transport::Channel;

use super::changed_files::ChangedFile;
use super::index_used::IndexUsed;
use super::moved_files::FormerNames;
use super::watcher::{Phase, Watcher};
use crate::answer::from_wire::AnswerReader;
use crate::answer::{Answer, AnsweredFile};

/// Files that may be under way to the service.
const FILES_UNDER_WAY: usize = 64;

/// Paths whose former names are asked for at once; the service's limit is higher.
const PATHS_PER_REQUEST: usize = 500;

/// A service, in this process or over the network. Copies share one connection.
#[derive(Clone, Debug)]
pub struct Service {
    client: HunktraceClient<Channel>,
}

impl Service {
    /// The service that a client is connected to.
    pub fn new(client: HunktraceClient<Channel>) -> Service {
        Service { client }
    }

    /// The first of some revisions that its index knows: a tag, a reference or a commit id.
    pub async fn first_known<'a>(&self, revisions: &'a [String]) -> Option<&'a str> {
        for revision in revisions {
            let request = v1::GetCommitRequest { commit: revision.clone(), ..Default::default() };
            if self.client.clone().get_commit(request).await.is_ok() {
                return Some(revision);
            }
        }
        None
    }

    /// The index that answers, as it is now.
    ///
    /// # Errors
    /// Where the service does not answer.
    pub async fn index_used(&self) -> anyhow::Result<IndexUsed> {
        let request = v1::GetStatusRequest { max_unindexed: 0 };
        let status = self.client.clone().get_status(request).await.map_err(refusal)?.into_inner();
        let references = status.refs.into_iter();
        Ok(IndexUsed {
            folder: status.index,
            format: status.format,
            generation: status.generation,
            is_complete: status.is_complete,
            commits: status.commits,
            hunks: status.hunks,
            references: references.map(|tip| (tip.repository, tip.name, tip.commit)).collect(),
        })
    }

    /// Whether a revision contains a commit, itself or as a carrier.
    ///
    /// # Errors
    /// Where the service does not answer, or its index does not know one of them.
    pub async fn contains(&self, revision: &str, commit: &str) -> anyhow::Result<bool> {
        let request = v1::GetCommitRequest {
            commit: commit.to_owned(),
            base: revision.to_owned(),
            ..Default::default()
        };
        let view = self.client.clone().get_commit(request).await.map_err(refusal)?;
        Ok(view.into_inner().in_base)
    }

    /// Looks up one patch.
    ///
    /// # Errors
    /// Where the service refuses the patch or does not answer.
    pub async fn look_up(&self, request: v1::LookupRequest) -> anyhow::Result<v1::LookupResponse> {
        Ok(self.client.clone().lookup(request).await.map_err(refusal)?.into_inner())
    }

    /// Asks what files were called before upstream renamed them, leaving out the renames that a base contains.
    ///
    /// # Errors
    /// Where the service does not answer, does not know the base, or contradicts itself.
    pub async fn former_names(
        &self,
        base_revision: &str,
        paths: &[BString],
        watcher: &dyn Watcher,
    ) -> anyhow::Result<FormerNames> {
        let mut former = FormerNames::new();
        for asked in paths.chunks(PATHS_PER_REQUEST) {
            watcher.advanced(Phase::FollowingRenames, former.len() as u64, paths.len() as u64);
            let request = v1::FormerNamesRequest {
                base: base_revision.to_owned(),
                paths: asked.iter().map(|path| path.to_vec()).collect(),
            };
            let response = match self.client.clone().former_names(request).await {
                Ok(response) => response.into_inner(),
                Err(status) if status.code() == tonic::Code::Unimplemented => {
                    bail!(
                        "the service is older than this program and cannot follow renames; update the server"
                    )
                }
                Err(status) => return Err(refusal(status)),
            };
            if response.files.len() != asked.len() {
                bail!("the service answered {} of {} paths; try again", response.files.len(), asked.len());
            }
            let names = response
                .files
                .into_iter()
                .map(|file| file.names.into_iter().map(|name| name.path.into()).collect());
            former.extend(asked.iter().cloned().zip(names));
        }
        Ok(former)
    }

    /// Asks where every changed line of a release comes from.
    ///
    /// `base_revision` is what the vendor started from, as a revision that the index knows; what it contains cannot be
    /// an origin.
    ///
    /// # Errors
    /// Where the service refuses the release, does not answer to the end, or contradicts itself.
    pub async fn answer(
        &self,
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
                    if sender.send(request(RequestPart::File(file_diff(file)?))).await.is_err() {
                        break;
                    }
                }
            }
            drop(sender);
            anyhow::Ok(())
        };
        let receive_all = async {
            let requests = tokio_stream::wrappers::ReceiverStream::new(requests);
            let responses = self.client.clone().attribute(requests).await.map_err(refusal)?;
            receive(responses.into_inner(), watcher).await
        };
        let ((), answer) = tokio::try_join!(send_all, receive_all)?;
        check_files(files, &answer.files)?;
        Ok(answer)
    }
}

/// Receives an answer, which its summary ends.
async fn receive(
    mut responses: tonic::Streaming<v1::AttributeResponse>,
    watcher: &dyn Watcher,
) -> anyhow::Result<Answer> {
    let mut reader = AnswerReader::default();
    while let Some(response) = responses.next().await {
        match response.map_err(refusal)?.part {
            Some(Part::Progress(progress)) => {
                watcher.advanced(phase(progress.phase()), progress.done, progress.total);
            }
            Some(Part::File(file)) => reader.add_file(file)?,
            Some(Part::Commit(commit)) => reader.add_commit(commit)?,
            Some(Part::Summary(_)) => return Ok(reader.finish()?),
            None => {}
        }
    }
    bail!("the service ended before its answer did; try again")
}

fn phase(phase: v1::AttributePhase) -> Phase {
    match phase {
        v1::AttributePhase::GatheringCandidates => Phase::GatheringCandidates,
        v1::AttributePhase::WeighingCommits => Phase::WeighingCommits,
        v1::AttributePhase::Unspecified => Phase::TakingApart,
    }
}

fn refusal(status: tonic::Status) -> anyhow::Error {
    anyhow!("{}", status.message())
}

/// Checks that the answer is about the files that were sent.
fn check_files(sent: &[ChangedFile], answered: &[AnsweredFile]) -> anyhow::Result<()> {
    if answered.len() != sent.len() {
        bail!("the service answered {} of {} files; try again", answered.len(), sent.len());
    }
    let is_other = |(sent, answered): &(&ChangedFile, &AnsweredFile)| {
        sent.path != answered.path || sent.hunks.len() != answered.hunks.len()
    };
    match sent.iter().zip(answered).find(is_other) {
        Some((sent, _)) => {
            bail!("{}: the service answered something else than was asked; try again", sent.path)
        }
        None => Ok(()),
    }
}

fn file_diff(file: &ChangedFile) -> anyhow::Result<v1::FileDiff> {
    let hunks =
        file.hunks.text().with_context(|| format!("{}: its hunks cannot be read again", file.path))?;
    let path = |is_there: bool, path: &BString| if is_there { path.to_vec() } else { Vec::new() };
    let old_path = file.moved_from.as_ref().unwrap_or(&file.path);
    Ok(v1::FileDiff { path: path(file.in_vendor, &file.path), old_path: path(file.in_base, old_path), hunks })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::AnsweredHunk;
    use crate::attribute::hunk_spool::SpooledHunks;

    fn sent(path: &str, hunks: usize) -> ChangedFile {
        ChangedFile { path: path.into(), hunks: SpooledHunks::counted(hunks), ..Default::default() }
    }

    fn answered(path: &str, hunks: usize) -> AnsweredFile {
        AnsweredFile { path: path.into(), hunks: vec![AnsweredHunk::default(); hunks] }
    }

    #[test]
    fn answer_is_about_the_files_that_were_asked_about() {
        let files = [sent("a.c", 2), sent("b.c", 0)];
        assert!(check_files(&files, &[answered("a.c", 2), answered("b.c", 0)]).is_ok());

        let refusal = |answered: &[AnsweredFile]| check_files(&files, answered).unwrap_err().to_string();
        assert_eq!(refusal(&[answered("a.c", 2)]), "the service answered 1 of 2 files; try again");
        let other = "b.c: the service answered something else than was asked; try again";
        assert_eq!(refusal(&[answered("a.c", 2), answered("c.c", 0)]), other);
        assert_eq!(refusal(&[answered("a.c", 2), answered("b.c", 1)]), other);
    }

    #[test]
    fn moved_files_are_sent_under_both_paths_and_new_ones_under_one() {
        let moved =
            ChangedFile { moved_from: Some("a.c".into()), in_base: true, in_vendor: true, ..sent("b.c", 0) };
        let diff = file_diff(&moved).expect("a diff");
        assert_eq!((diff.old_path.as_slice(), diff.path.as_slice()), (b"a.c".as_slice(), b"b.c".as_slice()));
        let new = ChangedFile { in_vendor: true, ..sent("new.c", 0) };
        let diff = file_diff(&new).expect("a diff");
        assert_eq!((diff.old_path.as_slice(), diff.path.as_slice()), (b"".as_slice(), b"new.c".as_slice()));
    }
}

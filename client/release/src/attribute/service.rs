//! The service that takes releases apart, through the program's client of it.

use anyhow::bail;
use bstr::BString;
use hunktrace_proto::v1;
use hunktrace_proto::v1::hunktrace_client::HunktraceClient;
use hunktrace_server::wire::client_channel::ClientChannel;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Streaming;

use super::index_used::{IndexUsed, IndexedRelease};
use super::moved_files::FormerNames;
use super::refusal::refusal;
use super::release_stream::ReleaseStream;
use super::watcher::{Phase, Watcher};

/// Paths whose former names are asked for at once; the service's limit is higher.
const PATHS_PER_REQUEST: usize = 500;

/// Commits whose messages are asked for at once: the service's limit.
const COMMITS_PER_REQUEST: usize = 1000;

/// A service, in this process or over the network. Copies share one connection.
#[derive(Clone, Debug)]
pub struct Service {
    client: HunktraceClient<ClientChannel>,
}

impl Service {
    /// The service that a client is connected to.
    pub fn new(client: HunktraceClient<ClientChannel>) -> Service {
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
        let release = |release: v1::IndexedRelease| IndexedRelease {
            name: release.name,
            date: release.committed_at,
            commits: release.commits,
        };
        Ok(IndexUsed {
            folder: status.index,
            format: status.format,
            generation: status.generation,
            is_complete: status.is_complete,
            history_digest: status.history_digest,
            commits: status.commits,
            hunks: status.hunks,
            releases: status.releases.into_iter().map(release).collect(),
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
            let answer = self.client.clone().former_names(request).await;
            let response = understood(answer, "cannot follow renames")?;
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

    /// The messages of commits, given by their full ids; none of a commit whose object the index could not read.
    ///
    /// # Errors
    /// Where the service does not answer, does not know a commit, or contradicts itself.
    pub async fn messages(&self, commits: &[&str]) -> anyhow::Result<Vec<Option<String>>> {
        let mut messages = Vec::with_capacity(commits.len());
        for asked in commits.chunks(COMMITS_PER_REQUEST) {
            let request = v1::GetMessagesRequest { commits: asked.iter().map(ToString::to_string).collect() };
            let answer = self.client.clone().get_messages(request).await;
            let response = understood(answer, "has no messages of commits")?;
            if response.messages.len() != asked.len() {
                let answered = response.messages.len();
                bail!("the service answered {answered} of {} commits; try again", asked.len());
            }
            messages.extend(response.messages.into_iter().map(|entry| Some(entry.message?.text)));
        }
        Ok(messages)
    }

    /// Begins to ask whether commits are in a tree.
    ///
    /// # Errors
    /// Where the service refuses or does not answer.
    pub(crate) async fn check(
        &self,
        requests: ReceiverStream<v1::CheckRequest>,
    ) -> anyhow::Result<Streaming<v1::CheckResponse>> {
        understood(self.client.clone().check(requests).await, "cannot check commits")
    }

    /// Begins to ask what a tree lacks.
    ///
    /// # Errors
    /// Where the service refuses or does not answer.
    pub(crate) async fn audit(
        &self,
        requests: ReceiverStream<v1::AuditRequest>,
    ) -> anyhow::Result<Streaming<v1::AuditResponse>> {
        understood(self.client.clone().audit(requests).await, "cannot audit trees")
    }

    /// A stream for releases of one vendor, in their order.
    pub(super) fn release_stream(&self) -> ReleaseStream {
        ReleaseStream::new(self.client.clone())
    }
}

/// An answer to a call that older services do not understand; `lacking` is what such a service lacks.
fn understood<T>(answer: Result<tonic::Response<T>, tonic::Status>, lacking: &str) -> anyhow::Result<T> {
    match answer {
        Ok(response) => Ok(response.into_inner()),
        Err(status) if status.code() == tonic::Code::Unimplemented => {
            bail!("the service is older than this program and {lacking}; update the server")
        }
        Err(status) => Err(refusal(status)),
    }
}

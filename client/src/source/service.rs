//! The way to the service: in this process or over the network, with the same client for both.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use hunktrace_proto::v1::hunktrace_client::HunktraceClient;
use hunktrace_server::wire::embedded;
use tokio::runtime::Runtime;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Status};

use crate::cli::SourceArgs;
use crate::source::cached_index::note_use;
use crate::source::index_choice::{AnswerSource, Surroundings, choose};
use crate::source::repository_index::bring_up_to_date;

/// How long a server may take to accept a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// A client of the service.
pub type Client = HunktraceClient<Channel>;

/// Where the service is.
#[derive(Clone, Debug)]
pub enum ServiceLocation {
    /// In this process, over the index in this folder.
    Embedded(PathBuf),
    /// At this URL.
    Server(String),
}

/// Finds out where to ask. If it is the index of a repository, that is brought up to date.
///
/// # Errors
/// If there is nothing to ask, or the index cannot be built.
pub fn find_service(args: &SourceArgs) -> anyhow::Result<ServiceLocation> {
    let source = choose(args, Surroundings::look)?;
    tracing::debug!(?source, "asking");
    Ok(match source {
        AnswerSource::Index(index) => ServiceLocation::Embedded(index),
        AnswerSource::Repository(repository) => {
            let index = bring_up_to_date(&repository)?;
            note_use(&index);
            ServiceLocation::Embedded(index)
        }
        AnswerSource::Server(url) => ServiceLocation::Server(url),
    })
}

/// The threads that the client and an embedded service run on.
///
/// # Errors
/// If the system gives no threads.
pub fn runtime() -> anyhow::Result<Runtime> {
    Runtime::new().context("cannot start threads")
}

/// Connects to the service.
///
/// # Errors
/// If there is no index, or no server answers.
pub async fn connect(location: &ServiceLocation) -> anyhow::Result<Client> {
    let client = match location {
        ServiceLocation::Embedded(index) => connect_embedded(index).await?,
        ServiceLocation::Server(url) => HunktraceClient::new(connect_server(url).await?),
    };
    // The user chose the service, so its answers may have any size.
    Ok(client.max_decoding_message_size(usize::MAX))
}

async fn connect_embedded(index: &Path) -> anyhow::Result<Client> {
    Ok(embedded::connect(index).await?)
}

/// Connects to a server.
///
/// # Errors
/// If no server answers.
pub async fn connect_server(url: &str) -> anyhow::Result<Channel> {
    let full_url = if url.contains("://") { url.to_owned() } else { format!("http://{url}") };
    if full_url.starts_with("https://") {
        bail!(
            "{url}: encrypted connections are not supported; reach the server through a tunnel, with http://"
        );
    }
    let invalid = || anyhow!("{url}: is no URL of a server; write it as http://HOST:PORT");
    if !full_url.starts_with("http://") {
        return Err(invalid());
    }
    let endpoint = Endpoint::from_shared(full_url).map_err(|_| invalid())?.connect_timeout(CONNECT_TIMEOUT);
    endpoint.connect().await.map_err(|error| {
        let reason = root_cause(&error);
        anyhow!("{url}: no server answers: {reason}; start one with 'hunktrace serve --index DIR'")
    })
}

/// What the service says when it cannot answer, as an error for the user.
pub fn refusal(status: &Status) -> anyhow::Error {
    match status.code() {
        Code::Unavailable | Code::Unknown | Code::Cancelled => {
            anyhow!("the server does not answer any more: {}; try again", status.message())
        }
        Code::Unimplemented => {
            anyhow!("the server does not know this request; it may be older than this program")
        }
        _ => anyhow!("{}", status.message()),
    }
}

/// The innermost of an error's causes, which is the one that says what happened.
fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn failure(url: &str) -> String {
        connect(&ServiceLocation::Server(url.to_owned()))
            .await
            .err()
            .map(|error| error.to_string())
            .unwrap_or_default()
    }

    #[tokio::test]
    async fn server_that_is_not_there_is_named_with_the_remedy() {
        let socket = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = socket.local_addr().expect("an address").to_string();
        drop(socket);
        let error = failure(&address).await;
        assert!(error.starts_with(&format!("{address}: no server answers: ")), "{error}");
        assert!(error.ends_with("'hunktrace serve --index DIR'"), "{error}");
    }

    #[tokio::test]
    async fn what_is_no_url_is_refused() {
        for url in ["http://", "ftp://x:1", "unix:///run/x"] {
            assert!(failure(url).await.contains("is no URL of a server"), "{url}");
        }
        assert!(failure("https://x:1").await.contains("encrypted"));
    }

    #[test]
    fn refusals_say_what_the_user_can_do() {
        let said = |code| refusal(&Status::new(code, "why")).to_string();
        assert_eq!(said(Code::Unavailable), "the server does not answer any more: why; try again");
        assert!(said(Code::Unimplemented).contains("older than this program"));
        assert_eq!(said(Code::NotFound), "why");
    }
}

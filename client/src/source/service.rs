//! The way to the service: in this process or over the network, with the same client for both.

use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use hunktrace_server::wire::embedded;
use tokio::runtime::Runtime;
use tonic::{Code, Status};

use crate::cli::{ServerAccess, SourceArgs};
use crate::source::cached_index::note_use;
use crate::source::index_choice::{AnswerSource, Surroundings, choose};
use crate::source::repository_index::bring_up_to_date;
use crate::source::server::{Client, connect_server};

/// Where the service is.
#[derive(Clone, Debug)]
pub enum ServiceLocation {
    /// In this process, over the index in this folder.
    Embedded(PathBuf),
    /// At this URL, and how it is asked.
    Server(String, ServerAccess),
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
        AnswerSource::Server(url) => {
            let access = args.access.clone().with_variables(|name| std::env::var_os(name));
            ServiceLocation::Server(url, access)
        }
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
        ServiceLocation::Server(url, access) => connect_server(url, access).await?,
    };
    // The user chose the service, so its answers may have any size.
    Ok(client.max_decoding_message_size(usize::MAX))
}

async fn connect_embedded(index: &Path) -> anyhow::Result<Client> {
    Ok(embedded::connect(index).await?)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_say_what_the_user_can_do() {
        let said = |code| refusal(&Status::new(code, "why")).to_string();
        assert_eq!(said(Code::Unavailable), "the server does not answer any more: why; try again");
        assert!(said(Code::Unimplemented).contains("older than this program"));
        assert_eq!(said(Code::NotFound), "why");
    }
}

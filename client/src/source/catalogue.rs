//! The way to a catalogue: in this process or over the network, with the same client for both.

use hunktrace_proto::v1::catalogue_client::CatalogueClient;
use hunktrace_proto::v1::{CompareRequest, CompareResponse};
use hunktrace_server::wire::client_channel::ClientChannel;
use hunktrace_server::wire::embedded;
use tonic::Response;

use crate::cli::{CatalogueSourceArgs, ServerAccess};
use crate::source::server::connect_channel;
use crate::source::service::refusal;

/// Connects to the service over a catalogue.
///
/// # Errors
/// If no server answers.
pub async fn connect_catalogue(args: &CatalogueSourceArgs) -> anyhow::Result<CatalogueClient<ClientChannel>> {
    let client = match (&args.catalogue, &args.server) {
        (_, Some(url)) => {
            let access = ServerAccess::default().with_variables(|name| std::env::var_os(name));
            CatalogueClient::new(connect_channel(url, &access).await?.channel)
        }
        (Some(catalogue), None) => embedded::connect_catalogue(catalogue).await?,
        (None, None) => anyhow::bail!("name a catalogue with --catalogue, or a server with --server"),
    };
    // The user chose the service, so its answers may have any size.
    Ok(client.max_decoding_message_size(usize::MAX))
}

/// Asks what differs between two releases.
///
/// # Errors
/// If no server answers, or there is no answer.
pub async fn compare(args: &CatalogueSourceArgs, request: CompareRequest) -> anyhow::Result<CompareResponse> {
    let answer = match (&args.catalogue, &args.server) {
        (Some(catalogue), None) => embedded::compare(catalogue, request).await,
        _ => connect_catalogue(args).await?.compare(request).await.map(Response::into_inner),
    };
    answer.map_err(|status| refusal(&status))
}

//! The way to a catalogue: in this process or over the network, with the same client for both.

use hunktrace_proto::v1::catalogue_client::CatalogueClient;
use hunktrace_server::wire::embedded;
use tonic::transport::Channel;

use crate::cli::CatalogueSourceArgs;
use crate::source::service::connect_server;

/// Connects to the service over a catalogue.
///
/// # Errors
/// If no server answers.
pub async fn connect_catalogue(args: &CatalogueSourceArgs) -> anyhow::Result<CatalogueClient<Channel>> {
    let client = match (&args.catalogue, &args.server) {
        (_, Some(url)) => CatalogueClient::new(connect_server(url).await?),
        (Some(catalogue), None) => embedded::connect_catalogue(catalogue).await?,
        (None, None) => anyhow::bail!("name a catalogue with --catalogue, or a server with --server"),
    };
    // The user chose the service, so its answers may have any size.
    Ok(client.max_decoding_message_size(usize::MAX))
}

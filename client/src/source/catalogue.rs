//! The way to a catalogue: in this process or over the network, with the same client for both.

use hunktrace_proto::v1::catalogue_client::CatalogueClient;
use hunktrace_server::wire::client_channel::ClientChannel;
use hunktrace_server::wire::embedded;

use crate::cli::{CatalogueSourceArgs, ServerAccess};
use crate::source::server::connect_channel;

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

//! The same service in this process, over an in-memory transport: one path through the code, no server needed.

use std::path::Path;
use std::sync::Arc;

use hunktrace_proto::v1::catalogue_client::CatalogueClient;
use hunktrace_proto::v1::catalogue_server::Catalogue;
use hunktrace_proto::v1::hunktrace_client::HunktraceClient;
use hunktrace_proto::v1::{CompareRequest, CompareResponse};
use hyper_util::rt::TokioIo;
use tonic::transport::server::Router;
use tonic::transport::{Channel, Endpoint, Server, Uri};
use tonic::{Request, Status};

use crate::index::live_index::LiveIndex;
use crate::wire::catalogue_service::{CatalogueService, catalogue_server};
use crate::wire::client_channel::ClientChannel;
use crate::wire::limits::Limits;
use crate::wire::serve::hunktrace_server;
use crate::wire::serve_options::ServeError;
use crate::wire::service::HunktraceService;
use crate::wire::workers::Workers;

/// Bytes that the in-memory transport buffers in each direction.
const PIPE_BYTES: usize = 1 << 20;

/// Starts the service over the index at `index`, and connects to it.
///
/// It runs on the current runtime until the client is dropped.
///
/// # Errors
/// Where the index cannot be opened.
pub async fn connect(index: &Path) -> Result<HunktraceClient<ClientChannel>, ServeError> {
    let index = Arc::new(LiveIndex::open(index)?);
    let service = HunktraceService::of_this_process(index);
    let limits = *service.limits();
    let channel = in_memory(Server::builder().add_service(hunktrace_server(service))).await?;
    Ok(HunktraceClient::new(ClientChannel::new(channel))
        .max_decoding_message_size(limits.answer_message_bytes())
        .max_encoding_message_size(limits.request_message_bytes()))
}

/// Starts the service over the catalogue at `catalogue`, and connects to it; the catalogue is opened with the first call.
///
/// # Errors
/// Where the transport fails.
pub async fn connect_catalogue(catalogue: &Path) -> Result<CatalogueClient<ClientChannel>, ServeError> {
    let limits = Limits::of_this_process();
    let channel = in_memory(Server::builder().add_service(catalogue_server(
        catalogue.to_owned(),
        Arc::new(Workers::new(&limits)),
        &limits,
    )))
    .await?;
    Ok(CatalogueClient::new(ClientChannel::new(channel)).max_decoding_message_size(usize::MAX))
}

/// What the service over the catalogue at `catalogue` answers to a comparison, without a connection.
///
/// Two major releases differ in so many places that it takes longer to write them to a message and to read that than to find them.
///
/// # Errors
/// As the call has it.
pub async fn compare(catalogue: &Path, request: CompareRequest) -> Result<CompareResponse, Status> {
    let limits = Limits::of_this_process();
    let workers = Arc::new(Workers::new(&limits));
    let service = CatalogueService::new(catalogue.to_owned(), workers, limits).with_mapped_file();
    Ok(service.compare(Request::new(request)).await?.into_inner())
}

/// Runs services of this process on a transport of its own, and connects to them.
pub(super) async fn in_memory(services: Router) -> Result<Channel, ServeError> {
    let (client_end, server_end) = tokio::io::duplex(PIPE_BYTES);
    let incoming = tokio_stream::once(Ok::<_, std::io::Error>(server_end));
    tokio::spawn(async move {
        if let Err(error) = services.serve_with_incoming(incoming).await {
            tracing::error!(%error, "the embedded service failed");
        }
    });
    let mut client_end = Some(client_end);
    // The address is never used: there is just this one connection.
    Endpoint::from_static("http://embedded.invalid")
        .connect_with_connector(tower::service_fn(move |_: Uri| {
            let end = client_end.take().map(TokioIo::new);
            async move { end.ok_or_else(|| std::io::Error::other("the embedded service has ended")) }
        }))
        .await
        .map_err(|error| ServeError::Transport(error.to_string()))
}

//! The same service in this process, over an in-memory transport: one path through the code, no server needed.

use std::path::Path;
use std::sync::Arc;

use hunktrace_proto::v1::hunktrace_client::HunktraceClient;
use hyper_util::rt::TokioIo;
use tonic::transport::{Channel, Endpoint, Server, Uri};

use crate::index::live_index::LiveIndex;
use crate::wire::limits::Limits;
use crate::wire::serve::{ServeError, hunktrace_server};

/// Bytes that the in-memory transport buffers in each direction.
const PIPE_BYTES: usize = 1 << 20;

/// Starts the service over the index at `index`, and connects to it.
///
/// It runs on the current runtime until the client is dropped.
///
/// # Errors
/// Where the index cannot be opened.
pub async fn connect(index: &Path) -> Result<HunktraceClient<Channel>, ServeError> {
    let index = Arc::new(LiveIndex::open(index)?);
    let limits = Limits::default();
    let (client_end, server_end) = tokio::io::duplex(PIPE_BYTES);
    let incoming = tokio_stream::once(Ok::<_, std::io::Error>(server_end));
    tokio::spawn(async move {
        if let Err(error) =
            Server::builder().add_service(hunktrace_server(index, limits)).serve_with_incoming(incoming).await
        {
            tracing::error!(%error, "the embedded service failed");
        }
    });
    let mut client_end = Some(client_end);
    // The address is never used: there is just this one connection.
    let channel = Endpoint::from_static("http://embedded.invalid")
        .connect_with_connector(tower::service_fn(move |_: Uri| {
            let end = client_end.take().map(TokioIo::new);
            async move { end.ok_or_else(|| std::io::Error::other("the embedded service has ended")) }
        }))
        .await
        .map_err(|error| ServeError::Transport(error.to_string()))?;
    Ok(HunktraceClient::new(channel)
        .max_decoding_message_size(limits.answer_message_bytes())
        .max_encoding_message_size(limits.request_message_bytes()))
}

//! The service on a socket: health, reflection, and new index content going live.

use std::future::Future;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use hunktrace_indexer::index::folder::IndexError;
use hunktrace_proto::v1::DESCRIPTORS;
use hunktrace_proto::v1::hunktrace_server::HunktraceServer;
use tokio::net::TcpListener;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;

use crate::index::live_index::LiveIndex;
use crate::wire::index_watch::IndexWatch;
use crate::wire::limits::Limits;
use crate::wire::service::HunktraceService;

/// Why the service cannot run.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The index cannot be opened.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {error}; choose another address with --listen")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        error: std::io::Error,
    },
    /// The transport failed.
    #[error("the transport failed: {0}")]
    Transport(String),
}

/// What to serve, and where.
#[derive(Clone, Debug)]
pub struct ServeOptions {
    /// The folder of the index.
    pub index: PathBuf,
    /// The address to listen on; port 0 takes a free one.
    pub listen: SocketAddr,
}

/// Serves until `shutdown` resolves; `on_ready` hears the address once requests are accepted.
///
/// # Errors
/// Where the index cannot be opened or the address cannot be listened on.
pub async fn serve(
    options: ServeOptions,
    on_ready: impl FnOnce(SocketAddr),
    shutdown: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    let index = Arc::new(LiveIndex::open(&options.index)?);
    let listen_error = |error| ServeError::Listen { address: options.listen, error };
    let listener = TcpListener::bind(options.listen).await.map_err(listen_error)?;
    let address = listener.local_addr().map_err(listen_error)?;

    let (health_reporter, health) = tonic_health::server::health_reporter();
    health_reporter.set_serving::<HunktraceServer<HunktraceService>>().await;
    let watch = IndexWatch::start(Arc::clone(&index), health_reporter);
    let reflection = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(DESCRIPTORS)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        .build_v1()
        .map_err(|error| ServeError::Transport(error.to_string()))?;

    // Without this every answer would wait for the acknowledgement of its first half.
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    on_ready(address);
    let served = Server::builder()
        .add_service(health)
        .add_service(reflection)
        .add_service(hunktrace_server(index, Limits::default()))
        .serve_with_incoming_shutdown(incoming, shutdown)
        .await;
    watch.stop();
    served.map_err(|error| ServeError::Transport(error.to_string()))
}

/// The service with its limits set.
pub(crate) fn hunktrace_server(index: Arc<LiveIndex>, limits: Limits) -> HunktraceServer<HunktraceService> {
    HunktraceServer::new(HunktraceService::new(index, limits))
        .max_decoding_message_size(limits.request_message_bytes())
        .max_encoding_message_size(limits.answer_message_bytes())
}

//! The service on its sockets: health, reflection, new index content going live, and an end in order.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use hunktrace_proto::v1::DESCRIPTORS;
use hunktrace_proto::v1::hunktrace_server::HunktraceServer;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::transport::Server;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;
use tonic_web::GrpcWebLayer;
use tower::util::option_layer;
use tower_http::cors::{AllowOrigin, Any, CorsLayer};

use crate::transport::accept::{AcceptOptions, BoundAddress, Listener, connections};
use crate::transport::address::ListenAddress;
use crate::transport::connection_state::ConnectionTimes;
use crate::wire::call_layer::{CallLayer, Calls};
use crate::wire::catalogue_service::catalogue_server;
use crate::wire::held_bytes::ByteBudget;
use crate::wire::index_watch::IndexWatch;
use crate::wire::metrics_page::{MetricsPage, serve_metrics};
use crate::wire::packing::PackingTurns;
use crate::wire::serve_options::{Prepared, ServeError, origin_header};
use crate::wire::service::HunktraceService;

/// Bytes of a question after the health of a service, at most: it has a name.
const HEALTH_REQUEST_BYTES: usize = 4096;

/// How long the other end may take to answer a sign of life.
const KEEP_ALIVE_TIMEOUT: Duration = Duration::from_secs(20);

/// How long a call that stands still has to hear of it before its connection ends.
const LAST_WORD_TIME: Duration = Duration::from_secs(10);

/// How often it is looked whether all calls are answered, once the service is to end.
const DRAIN_INTERVAL: Duration = Duration::from_millis(20);

/// How long connections get to say goodbye once all calls are answered, and works to stop once they are cancelled.
const GOODBYE_TIME: Duration = Duration::from_millis(500);

/// Where a service listens.
#[derive(Clone, Debug, Default)]
pub struct Listening {
    /// The addresses of the service.
    pub service: Vec<BoundAddress>,
    /// Those of its metrics.
    pub metrics: Vec<BoundAddress>,
}

/// Serves until `shutdown` resolves, and answers then what is under way for as long as the limits say; `on_ready` hears
/// where once requests are accepted.
///
/// # Errors
/// Where an address cannot be listened on.
pub async fn serve(
    prepared: Prepared,
    on_ready: impl FnOnce(Listening),
    shutdown: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    let Prepared { options, index, tls, tokens, metrics, workers, service } = prepared;
    let limits = options.limits;
    let listeners = bind(&options.listen, "listen").await?;
    let metrics_listeners = bind(options.metrics.as_slice(), "metrics").await?;
    let listening = Listening {
        service: addresses(&listeners, "listen")?,
        metrics: addresses(&metrics_listeners, "metrics")?,
    };

    let (stop, close) = (CancellationToken::new(), CancellationToken::new());
    let accept_options = AcceptOptions {
        connections: limits.connections,
        times: ConnectionTimes {
            handshake: limits.handshake_time,
            idle: limits.connection_idle,
            // Calls that can still be told so have ended by then.
            call_idle: limits.call_idle + LAST_WORD_TIME.min(limits.call_idle),
        },
        tls,
        local_users: options.local_users.clone(),
    };
    let (incoming, places) = connections(listeners, accept_options, &stop, &close);

    let calls = Arc::new(Calls {
        tokens,
        places: Arc::new(Semaphore::new(limits.calls)),
        most: limits.calls,
        watchers: Arc::new(Semaphore::new(limits.calls)),
        budget: ByteBudget::new(limits.held_bytes),
        message_bytes: limits.request_message_bytes(),
        packing: PackingTurns::new(workers.threads().clone()),
        metrics: Arc::clone(&metrics),
        last: AtomicU64::new(0),
    });
    let page = MetricsPage {
        metrics: Arc::clone(&metrics),
        index: Arc::clone(&index),
        workers: Arc::clone(&workers),
        budget: Arc::clone(&calls.budget),
        connections: places,
        most_connections: limits.connections,
    };
    serve_metrics(metrics_listeners, page, &close);

    let (reporter, health) = tonic_health::server::health_reporter();
    set_health(&reporter, ServingStatus::Serving).await;
    let router = Server::builder()
        .accept_http1(options.has_grpc_web)
        .http2_keepalive_interval(Some(limits.keep_alive))
        .http2_keepalive_timeout(Some(KEEP_ALIVE_TIMEOUT))
        .max_concurrent_streams(u32::try_from(limits.calls_per_connection).unwrap_or(u32::MAX))
        .layer(option_layer(cors(&options.cors_origins)?))
        .layer(option_layer(options.has_grpc_web.then(GrpcWebLayer::new)))
        .layer(CallLayer(Arc::clone(&calls)))
        .add_service(health.max_decoding_message_size(HEALTH_REQUEST_BYTES));
    let router = match options.has_reflection {
        true => router.add_service(reflection_v1()?).add_service(reflection_v1alpha()?),
        false => router,
    };
    let catalogue =
        options.catalogue.clone().map(|path| catalogue_server(path, Arc::clone(&workers), &limits));
    let router = router.add_optional_service(catalogue).add_service(hunktrace_server(service));
    let stopped = stop.clone().cancelled_owned();
    let serving = tokio::spawn(router.serve_with_incoming_shutdown(ReceiverStream::new(incoming), stopped));
    let watch = IndexWatch::start(index, reporter.clone(), workers.threads());
    on_ready(listening);

    shutdown.await;
    watch.stop();
    set_health(&reporter, ServingStatus::NotServing).await;
    stop.cancel();
    drain(serving, &calls, &close, limits.drain_time).await
}

/// Waits until all calls are answered and ends what is open then, or when the time is over.
async fn drain(
    mut serving: JoinHandle<Result<(), tonic::transport::Error>>,
    calls: &Calls,
    close: &CancellationToken,
    time: Duration,
) -> Result<(), ServeError> {
    let failed = |error: &dyn std::error::Error| ServeError::Transport(error.to_string());
    let deadline = Instant::now() + time;
    while !serving.is_finished() && calls.in_progress() > 0 && Instant::now() < deadline {
        sleep(DRAIN_INTERVAL).await;
    }
    let cut = calls.in_progress();
    if cut > 0 {
        tracing::warn!(calls = cut, "calls are cut off: the time to answer them is over");
    } else if let Ok(served) = tokio::time::timeout(GOODBYE_TIME, &mut serving).await {
        return served.map_err(|error| failed(&error))?.map_err(|error| failed(&error));
    }
    close.cancel();
    match tokio::time::timeout(GOODBYE_TIME, serving).await {
        Ok(served) => served.map_err(|error| failed(&error))?.map_err(|error| failed(&error)),
        // The program ends, and everything with it.
        Err(_) => Ok(()),
    }
}

pub(super) async fn bind(listen: &[ListenAddress], flag: &'static str) -> Result<Vec<Listener>, ServeError> {
    let mut listeners = Vec::new();
    for address in listen {
        let bound = Listener::bind(address).await;
        listeners.extend(bound.map_err(|error| ServeError::Listen {
            address: address.clone(),
            error,
            flag,
        })?);
    }
    Ok(listeners)
}

pub(super) fn addresses(listeners: &[Listener], flag: &'static str) -> Result<Vec<BoundAddress>, ServeError> {
    let unknown = |error| ServeError::Listen { address: ListenAddress::Tcp("?".to_owned()), error, flag };
    listeners.iter().map(Listener::address).collect::<io::Result<_>>().map_err(unknown)
}

async fn set_health(reporter: &HealthReporter, status: ServingStatus) {
    reporter.set_service_status("", status).await;
    reporter.set_service_status("hunktrace.v1.Hunktrace", status).await;
}

/// Lets pages of these origins ask; none lets no page.
fn cors(origins: &[String]) -> Result<Option<CorsLayer>, ServeError> {
    if origins.is_empty() {
        return Ok(None);
    }
    let origin = match origins.iter().any(|origin| origin == "*") {
        true => AllowOrigin::from(Any),
        false => {
            let origins = origins.iter().map(|origin| origin_header(origin));
            AllowOrigin::list(origins.collect::<Result<Vec<_>, _>>()?)
        }
    };
    let exposed =
        ["grpc-status", "grpc-message", "grpc-status-details-bin"].map(http::HeaderName::from_static);
    Ok(Some(
        CorsLayer::new().allow_origin(origin).allow_methods(Any).allow_headers(Any).expose_headers(exposed),
    ))
}

fn reflection() -> tonic_reflection::server::Builder<'static> {
    tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(DESCRIPTORS)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
}

fn reflection_v1() -> Result<
    tonic_reflection::server::v1::ServerReflectionServer<impl tonic_reflection::server::v1::ServerReflection>,
    ServeError,
> {
    reflection().build_v1().map_err(|error| ServeError::Transport(error.to_string()))
}

fn reflection_v1alpha() -> Result<
    tonic_reflection::server::v1alpha::ServerReflectionServer<
        impl tonic_reflection::server::v1alpha::ServerReflection,
    >,
    ServeError,
> {
    reflection().build_v1alpha().map_err(|error| ServeError::Transport(error.to_string()))
}

/// The service with its limits set.
pub(crate) fn hunktrace_server(service: HunktraceService) -> HunktraceServer<HunktraceService> {
    let limits = *service.limits();
    HunktraceServer::new(service)
        .max_decoding_message_size(limits.request_message_bytes())
        .max_encoding_message_size(limits.answer_message_bytes())
}

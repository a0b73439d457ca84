//! The server: connections in, answers out, and an end in order.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::Response;
use axum::routing::{get, post};
use http::{HeaderName, HeaderValue, Method, StatusCode, header};
use hunktrace_server::transport::connection::Connection;
use hunktrace_server::transport::connection_state::ConnectionState;
use hunktrace_server::wire::pages::PageConnections;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tonic::transport::server::Connected;

use super::access::for_holders;
use super::answering::{ask, openapi, page, script, style};
use super::pages::{PASTED_BYTES, Pages};
use crate::failure::Failure;
use crate::making::Maker;
use crate::page::{CONTENT_POLICY, Setting, Upstream};
use crate::permalink::KeptTexts;
use crate::source::Source;
use crate::view::missing::Audit;

/// Bytes of a form with that: each byte may become three.
const FORM_BYTES: usize = 3 * PASTED_BYTES + (64 << 10);

/// Requests that are worked on at a time; others are told to come again. The services have their own limits behind these.
const REQUESTS: usize = 64;

/// Requests with a body that are taken at a time, beside these: who sends his slowly keeps no reader waiting.
const BODIES: usize = 16;

/// Bytes of a request's head.
const HEAD_BYTES: usize = 64 << 10;

/// How long a request's head may take.
const HEAD_TIME: Duration = Duration::from_secs(10);

/// Pages that are ready to be served.
pub struct PageServer {
    router: Router,
}

#[derive(Clone)]
struct Limits {
    places: Arc<Semaphore>,
    bodies: Arc<Semaphore>,
    time: Duration,
}

impl PageServer {
    /// Pages of these services, for those who come by `connections`.
    pub fn new(
        source: Source,
        upstream: Upstream,
        audits: HashMap<String, Audit>,
        connections: &PageConnections,
    ) -> PageServer {
        let setting = Setting {
            is_live: true,
            has_index: source.has_index(),
            has_catalogue: source.has_catalogue(),
            upstream,
            has_json: true,
            context: None,
            audited: audits.keys().cloned().collect(),
            pages: None,
        };
        let maker = Maker { source, setting, audits };
        let pages = Arc::new(Pages { maker, kept: KeptTexts::default() });
        let [places, bodies] = [REQUESTS, BODIES].map(|places| Arc::new(Semaphore::new(places)));
        let limits = Limits { places, bodies, time: connections.request_time };
        let tokens = connections.tokens.clone();
        let router = Router::new()
            .route("/ask", post(ask).get(ask))
            .route("/style.css", get(style))
            .route("/pages.js", get(script))
            .route("/openapi.json", get(openapi))
            .fallback(get(page))
            .with_state(Arc::clone(&pages))
            .layer(DefaultBodyLimit::max(FORM_BYTES))
            .layer(from_fn_with_state((limits, Arc::clone(&pages)), within_limits))
            .layer(from_fn_with_state((tokens, pages), for_holders))
            .layer(from_fn(with_safe_headers));
        PageServer { router }
    }
}

/// Refuses what is too much at a time, and ends what takes too long.
async fn within_limits(
    State((limits, pages)): State<(Limits, Arc<Pages>)>,
    request: Request,
    next: Next,
) -> Response {
    let path = request.uri().path().to_owned();
    let refuse = |failure: Failure| pages.failure_page(&failure, &path);
    let places = if request.method() == Method::POST { &limits.bodies } else { &limits.places };
    let Ok(_place) = places.try_acquire() else {
        return refuse(Failure::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "too many ask at once; try again in a moment",
        ));
    };
    let activity = request.extensions().get::<Arc<ConnectionState>>().map(ConnectionState::begin_call);
    let started = std::time::Instant::now();
    // Dropping the work on a page drops its calls, and that stops their work.
    let response = match tokio::time::timeout(limits.time, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            refuse(Failure::new(StatusCode::GATEWAY_TIMEOUT, "this takes too long; ask for less at once"))
        }
    };
    drop(activity);
    tracing::info!(path, status = response.status().as_u16(), time = ?started.elapsed(), "page");
    response
}

/// Says with every answer what it may load, and that no other page may show it.
async fn with_safe_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let policy = HeaderValue::try_from(format!("{CONTENT_POLICY}; frame-ancestors 'none'"));
    headers.extend(policy.ok().map(|policy| (header::CONTENT_SECURITY_POLICY, policy)));
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("permissions-policy", "camera=(), geolocation=(), microphone=()"),
    ] {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    response
}

/// Answers browsers until there are no more connections, then waits for the answers under way, as long as the limits say.
pub async fn serve_pages(server: PageServer, connections: PageConnections) {
    let PageConnections { mut incoming, drain_time, .. } = connections;
    let stop = CancellationToken::new();
    let mut open = JoinSet::new();
    while let Some(accepted) = incoming.recv().await {
        // Failures to accept are told by who accepts.
        let Ok(connection) = accepted else { continue };
        open.spawn(serve_connection(&server.router, connection, stop.clone()));
        while open.try_join_next().is_some() {}
    }
    stop.cancel();
    let all_answered = async { while open.join_next().await.is_some() {} };
    if tokio::time::timeout(drain_time, all_answered).await.is_err() {
        tracing::warn!("pages are cut off: the time to answer them is over");
    }
}

fn serve_connection(
    router: &Router,
    connection: Connection,
    stop: CancellationToken,
) -> impl Future<Output = ()> + Send + use<> {
    let state = connection.connect_info();
    let router = router.clone().layer(axum::Extension(state));
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_TIME).max_buf_size(HEAD_BYTES);
    builder.http2().timer(TokioTimer::new()).max_header_list_size(HEAD_BYTES as u32);
    async move {
        let serving = builder.serve_connection(TokioIo::new(connection), TowerToHyperService::new(router));
        let mut serving = std::pin::pin!(serving);
        let served = tokio::select! {
            served = serving.as_mut() => served,
            () = stop.cancelled() => {
                // What is being answered is answered.
                serving.as_mut().graceful_shutdown();
                serving.await
            }
        };
        if let Err(error) = served {
            tracing::debug!(%error, "a connection of a browser failed");
        }
    }
}

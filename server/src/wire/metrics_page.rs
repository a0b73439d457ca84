//! The page that Prometheus reads, on its own address.

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::index::live_index::LiveIndex;
use crate::transport::accept::{AcceptOptions, Listener, LocalUsers, connections};
use crate::transport::connection_state::ConnectionTimes;
use crate::wire::held_bytes::ByteBudget;
use crate::wire::metrics::{Gauged, Metrics};
use crate::wire::workers::Workers;

/// Connections that may ask for the page at a time.
const CONNECTIONS: usize = 16;

/// How long asking for the page may take, and how long a connection may stay.
const PAGE_TIME: Duration = Duration::from_secs(10);
const CONNECTION_TIME: Duration = Duration::from_secs(300);

/// What the page tells of.
pub(crate) struct MetricsPage {
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) index: Arc<LiveIndex>,
    pub(crate) workers: Arc<Workers>,
    pub(crate) budget: Arc<ByteBudget>,
    /// The places that connections of the service have left.
    pub(crate) connections: Arc<Semaphore>,
    /// How many these are in all.
    pub(crate) most_connections: usize,
}

impl MetricsPage {
    fn answer(&self, request: &Request<Incoming>) -> Response<Full<Bytes>> {
        let plain = |status: StatusCode, text: &'static str| {
            let mut response = Response::new(Full::from(text));
            *response.status_mut() = status;
            response
        };
        if request.uri().path() != "/metrics" {
            return plain(StatusCode::NOT_FOUND, "the page is /metrics\n");
        }
        if request.method() != Method::GET && request.method() != Method::HEAD {
            return plain(StatusCode::METHOD_NOT_ALLOWED, "the page can only be read\n");
        }
        let gauged = Gauged {
            waiting: self.workers.waiting(),
            working: self.workers.working(),
            held_bytes: self.budget.held(),
            connections: self.most_connections.saturating_sub(self.connections.available_permits()),
        };
        let Ok(text) = self.metrics.text(gauged, &self.index.current()) else {
            return plain(StatusCode::INTERNAL_SERVER_ERROR, "the page cannot be written\n");
        };
        let mut response = Response::new(Full::from(text));
        let form = "application/openmetrics-text; version=1.0.0; charset=utf-8";
        response.headers_mut().insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static(form));
        response
    }
}

/// Answers at these listeners until `close` is cancelled.
pub(crate) fn serve_metrics(listeners: Vec<Listener>, page: MetricsPage, close: &CancellationToken) {
    if listeners.is_empty() {
        return;
    }
    let times = ConnectionTimes { handshake: PAGE_TIME, idle: CONNECTION_TIME, call_idle: CONNECTION_TIME };
    let local_users = LocalUsers::default();
    let options = AcceptOptions { connections: CONNECTIONS, times, tls: None, local_users };
    let (mut incoming, _) = connections(listeners, options, close, close);
    let page = Arc::new(page);
    tokio::spawn(async move {
        while let Some(Ok(connection)) = incoming.recv().await {
            let page = Arc::clone(&page);
            let answer = service_fn(move |request| {
                let answer = page.answer(&request);
                async move { Ok::<_, Infallible>(answer) }
            });
            let serving = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(PAGE_TIME)
                .serve_connection(TokioIo::new(connection), answer);
            tokio::spawn(async move {
                if let Err(error) = serving.await {
                    tracing::debug!(%error, "a connection to the metrics failed");
                }
            });
        }
    });
}

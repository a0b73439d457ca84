//! What is done around every call, whatever it asks: it is let in or refused, counted, bounded and logged.

use std::collections::HashMap;
use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use http::{HeaderMap, Request, Response};
use http_body_util::BodyExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tonic::body::Body;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};
use tower::{Layer, Service};

use crate::access::scope::Scope;
use crate::access::tokens::{Holder, Refused, Tokens};
use crate::transport::connection_state::{CallActivity, ConnectionState};
use crate::wire::call::{Call, CallContext, CallEnd};
use crate::wire::call_body::{AnswerBody, RequestBody};
use crate::wire::call_span::call_span;
use crate::wire::held_bytes::ByteBudget;
use crate::wire::message_encoding::Encoding;
use crate::wire::metrics::Metrics;
use crate::wire::packing::PackingTurns;
use crate::wire::refusal::{REASON_DOMAIN, too_busy};
use crate::wire::request_messages::RequestMessages;

/// The path of the service that says whether the others answer; everybody may ask it at any time.
const HEALTH: &str = "/grpc.health.v1.Health/";

/// Its method that does not end.
const WATCH: &str = "Watch";

/// The path of the service that this one is.
const HUNKTRACE: &str = "/hunktrace.v1.Hunktrace/";

/// What the paths of all services of the contract begin with.
const CONTRACT: &str = "/hunktrace.v1.";

/// What all calls have in common.
pub(crate) struct Calls {
    /// The tokens that calls need; none where everybody may ask.
    pub(crate) tokens: Option<Arc<Tokens>>,
    /// Calls at a time.
    pub(crate) places: Arc<Semaphore>,
    /// How many these are at most.
    pub(crate) most: usize,
    /// Clients that watch the service's health, beside these.
    pub(crate) watchers: Arc<Semaphore>,
    /// The bytes that they hold.
    pub(crate) budget: Arc<ByteBudget>,
    /// Bytes that a message may unpack to.
    pub(crate) message_bytes: usize,
    /// Who compresses and unpacks.
    pub(crate) packing: PackingTurns,
    /// What is counted.
    pub(crate) metrics: Arc<Metrics>,
    /// The number of the last call.
    pub(crate) last: AtomicU64,
}

/// Puts this around services.
#[derive(Clone)]
pub(crate) struct CallLayer(pub(crate) Arc<Calls>);

impl<S> Layer<S> for CallLayer {
    type Service = CallService<S>;

    fn layer(&self, inner: S) -> CallService<S> {
        CallService { calls: Arc::clone(&self.0), inner }
    }
}

/// A service with this around it.
#[derive(Clone)]
pub(crate) struct CallService<S> {
    calls: Arc<Calls>,
    inner: S,
}

impl<S> Service<Request<Body>> for CallService<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let calls = Arc::clone(&self.calls);
        let health_method = request.uri().path().strip_prefix(HEALTH);
        if health_method.is_some_and(|method| method != WATCH) {
            return Box::pin(self.inner.call(request));
        }
        if health_method == Some(WATCH) {
            let Ok(place) = Arc::clone(&calls.watchers).try_acquire_owned() else {
                let refusal = too_busy("clients that watch its health", calls.most, "calls").into_http();
                return Box::pin(async { Ok(refusal) });
            };
            let watching = self.inner.call(request);
            return Box::pin(async { watching.await.map(|response| holding(response, place)) });
        }
        // The one that is ready answers; its copy waits for the next call.
        let next = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, next);
        Box::pin(async move { Ok(calls.answer(request, |request| inner.call(request)).await) })
    }
}

/// An answer that holds a place until it is over.
fn holding(response: Response<Body>, place: OwnedSemaphorePermit) -> Response<Body> {
    response.map(|body| {
        Body::new(body.map_frame(move |frame| {
            let _place = &place;
            frame
        }))
    })
}

impl Calls {
    /// How many calls are being answered, health checks not counted.
    pub(crate) fn in_progress(&self) -> usize {
        self.most.saturating_sub(self.places.available_permits())
    }

    async fn answer<F>(
        &self,
        mut request: Request<Body>,
        inner: impl FnOnce(Request<Body>) -> F,
    ) -> Response<Body>
    where
        F: Future<Output = Result<Response<Body>, Infallible>>,
    {
        let path = request.uri().path();
        let method = path.rsplit('/').next().unwrap_or_default().to_owned();
        let is_of_contract = path.starts_with(CONTRACT);
        let holder = self.admit(path, request.headers());
        let connection = request.extensions().get::<Arc<ConnectionState>>();
        let activity = connection.map_or_else(CallActivity::unwatched, ConnectionState::begin_call);
        let peer = connection.map(|connection| connection.peer().to_string()).unwrap_or_default();
        let name = holder.as_ref().ok().and_then(Option::as_ref).map(|holder| holder.name.clone());
        let id = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        let metrics = Arc::clone(&self.metrics);
        let name = name.unwrap_or_default();
        let span = call_span(id, path, &peer, &name, request.headers());
        let call = Arc::new(Call::new(id, method, peer, name, Arc::clone(&activity), metrics, span));
        let mut end = CallEnd::new(Arc::clone(&call));
        let mut refuse = |status: Status| {
            end.is(status.code());
            status.into_http()
        };
        if let Err(status) = holder {
            return refuse(status);
        }
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else {
            return refuse(too_busy("calls", self.most, "calls"));
        };
        let deadline = client_timeout(request.headers());
        let packed_as = Encoding::accepted(request.headers()).filter(|_| is_of_contract);
        let context = CallContext::new(activity, &self.budget, call.span().clone());
        let body_bytes = Arc::clone(&context.body);
        let messages = match Encoding::take_from(request.headers_mut()) {
            Ok(encoding) => RequestMessages::new(encoding, self.message_bytes, Arc::clone(&body_bytes)),
            Err(status) => return refuse(status),
        };
        request.extensions_mut().insert(context);
        let (reader, call) = (self.budget.nothing(), Arc::clone(&call));
        let packing = self.packing.clone();
        let request = request
            .map(|body| Body::new(RequestBody::new(body, call, body_bytes, reader, messages, packing)));
        let Ok(mut response) = inner(request).await;
        if let Some(encoding) = packed_as {
            encoding.tell(response.headers_mut());
        }
        // An answer that is nothing but a status has it in its head.
        if let Some(status) = Status::from_header_map(response.headers()) {
            end.is(status.code());
        }
        let answer_bytes = self.budget.nothing();
        let packing = self.packing.clone();
        response.map(|body| {
            Body::new(AnswerBody::new(body, end, answer_bytes, place, deadline, packed_as, packing))
        })
    }

    /// Whose call it is, where somebody has to say.
    fn admit(&self, path: &str, headers: &HeaderMap) -> Result<Option<Arc<Holder>>, Status> {
        let Some(tokens) = &self.tokens else { return Ok(None) };
        let refusal = |reason: &str, code: Code, message: String| {
            let details = ErrorDetails::with_error_info(reason, REASON_DOMAIN, HashMap::new());
            Status::with_error_details(code, message, details)
        };
        let shown = headers.get(http::header::AUTHORIZATION).map(http::HeaderValue::as_bytes);
        let scope = scope_of(path);
        let refused = match tokens.admit(shown, scope) {
            Ok(holder) => return Ok(Some(holder)),
            Err(refused) => refused,
        };
        Err(match refused {
            Refused::NoToken => {
                let message = "this service wants a token; give one with --server-token-file, or send it in the \
                               metadata 'authorization: Bearer TOKEN'";
                refusal("NO_TOKEN", Code::Unauthenticated, message.to_owned())
            }
            Refused::UnknownToken => {
                let message = "this service does not know the token; ask its owner for one";
                refusal("UNKNOWN_TOKEN", Code::Unauthenticated, message.to_owned())
            }
            Refused::NoScope(name) => {
                let scope = scope.name();
                let message =
                    format!("the token '{name}' has not the scope '{scope}'; ask the service's owner for it");
                refusal("NO_SCOPE", Code::PermissionDenied, message)
            }
        })
    }
}

/// What kind of request a path is.
fn scope_of(path: &str) -> Scope {
    match path.strip_prefix(HUNKTRACE) {
        Some("GetStatus") => Scope::Status,
        Some("Attribute") => Scope::Attribute,
        Some(_) => Scope::Lookup,
        None if path.starts_with(CONTRACT) => Scope::Lookup,
        None => Scope::Status,
    }
}

/// How long the client waits for the whole answer, as the header `grpc-timeout` says; none where it says nothing that can
/// be read.
///
/// The transport observes it up to the beginning of an answer.
fn client_timeout(headers: &HeaderMap) -> Option<Duration> {
    const MOST_DIGITS: usize = 8;
    let value = headers.get("grpc-timeout")?.to_str().ok()?;
    let (digits, unit) = value.split_at_checked(value.len().checked_sub(1)?)?;
    if digits.is_empty() || digits.len() > MOST_DIGITS {
        return None;
    }
    let number: u64 = digits.parse().ok()?;
    Some(match unit {
        "H" => Duration::from_secs(number * 3600),
        "M" => Duration::from_secs(number * 60),
        "S" => Duration::from_secs(number),
        "m" => Duration::from_millis(number),
        "u" => Duration::from_micros(number),
        "n" => Duration::from_nanos(number),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_of_the_client_is_read_in_all_units() {
        let timeout = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert("grpc-timeout", http::HeaderValue::from_static(value));
            client_timeout(&headers)
        };
        assert_eq!(timeout("2H"), Some(Duration::from_secs(7200)));
        assert_eq!(timeout("100m"), Some(Duration::from_millis(100)));
        assert_eq!(timeout("99999999n"), Some(Duration::from_nanos(99_999_999)));
        for value in ["", "S", "1", "999999999S", "-1S", "1x"] {
            assert_eq!(timeout(value), None, "{value}");
        }
    }

    #[test]
    fn methods_have_scopes_and_unknown_ones_are_lookups() {
        assert_eq!(scope_of("/hunktrace.v1.Hunktrace/GetStatus"), Scope::Status);
        assert_eq!(scope_of("/hunktrace.v1.Hunktrace/Attribute"), Scope::Attribute);
        assert_eq!(scope_of("/hunktrace.v1.Hunktrace/Lookup"), Scope::Lookup);
        assert_eq!(scope_of("/hunktrace.v1.Hunktrace/Whatever"), Scope::Lookup);
        assert_eq!(scope_of("/hunktrace.v1.Catalogue/History"), Scope::Lookup);
        assert_eq!(scope_of("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"), Scope::Status);
    }
}

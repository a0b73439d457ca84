//! Spans of calls, for those who trace them.

use http::HeaderMap;
use tracing::field::Empty;
use tracing::{Span, debug_span};

/// What spans of calls and their steps are called in filters of logs.
const SPANS: &str = "hunktrace_server::calls";

/// The span of a call whose client, and its token's name, are known.
pub(crate) fn call_span(id: u64, path: &str, peer: &str, token: &str, headers: &HeaderMap) -> Span {
    let (service, method) = path.trim_start_matches('/').split_once('/').unwrap_or(("", path));
    let span = debug_span!(
        target: SPANS,
        "call",
        otel.name = path,
        otel.kind = "server",
        otel.status_code = Empty,
        rpc.system = "grpc",
        rpc.service = service,
        rpc.method = method,
        rpc.grpc.status_code = Empty,
        network.peer.address = peer,
        hunktrace.call = id,
        hunktrace.token = token,
        hunktrace.bytes_in = Empty,
        hunktrace.bytes_out = Empty,
    );
    #[cfg(feature = "opentelemetry")]
    parent::adopt(&span, headers);
    #[cfg(not(feature = "opentelemetry"))]
    let _ = headers;
    span
}

/// The span of a step of a call.
pub(crate) fn step_span(call: &Span, name: &'static str) -> Span {
    debug_span!(target: SPANS, parent: call, "step", otel.name = name)
}

/// Notes how a call went.
pub(crate) fn note_end(span: &Span, code: tonic::Code, bytes_in: u64, bytes_out: u64) {
    span.record("hunktrace.bytes_in", bytes_in);
    span.record("hunktrace.bytes_out", bytes_out);
    span.record("rpc.grpc.status_code", code as i32);
    if matches!(code, tonic::Code::Unknown | tonic::Code::Internal | tonic::Code::DataLoss) {
        span.record("otel.status_code", "ERROR");
    }
}

#[cfg(feature = "opentelemetry")]
mod parent {
    use http::HeaderMap;
    use opentelemetry::global::get_text_map_propagator;
    use opentelemetry::propagation::Extractor;
    use tracing::Span;
    use tracing_opentelemetry::OpenTelemetrySpanExt;

    struct Headers<'a>(&'a HeaderMap);

    impl Extractor for Headers<'_> {
        fn get(&self, key: &str) -> Option<&str> {
            self.0.get(key)?.to_str().ok()
        }

        fn keys(&self) -> Vec<&str> {
            self.0.keys().map(http::HeaderName::as_str).collect()
        }
    }

    /// Makes a span a part of the trace that headers name, if they do.
    pub(super) fn adopt(span: &Span, headers: &HeaderMap) {
        let parent = get_text_map_propagator(|propagator| propagator.extract(&Headers(headers)));
        // A span that nobody traces has no parent.
        drop(span.set_parent(parent));
    }
}

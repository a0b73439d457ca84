//! Traces of calls, at a collector of the test's own.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use hunktrace_proto::v1::LookupRequest;
use hunktrace_proto::v1::hunktrace_client::HunktraceClient;
use hunktrace_tests::server::Server;
use hunktrace_tests::workplace::Workplace;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status};

const PROGRAM: &str = env!("CARGO_BIN_EXE_hunktrace_under_test");

/// The trace and the span that the client says its call belongs to.
const TRACE: [u8; 16] = [0x0a; 16];
const PARENT: [u8; 8] = [0x0b; 8];

/// How long sending may take; far longer than it does.
const PATIENCE: Duration = Duration::from_secs(60);

/// A collector that keeps what it gets.
#[derive(Clone, Default)]
struct Collector(Arc<Mutex<Vec<ExportTraceServiceRequest>>>);

#[tonic::async_trait]
impl TraceService for Collector {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        self.0.lock().expect("no panic").push(request.into_inner());
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

impl Collector {
    /// Collects at a free port, whose URL it returns.
    async fn start() -> (Collector, String) {
        let collector = Collector::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let service = TraceServiceServer::new(collector.clone());
        tokio::spawn(
            tonic::transport::Server::builder()
                .add_service(service)
                .serve_with_incoming(TcpListenerStream::new(listener)),
        );
        (collector, url)
    }

    /// What it has got.
    fn spans(&self) -> Vec<Span> {
        let requests = self.0.lock().expect("no panic");
        let scopes = requests.iter().flat_map(|request| &request.resource_spans);
        scopes.flat_map(|resource| &resource.scope_spans).flat_map(|scope| scope.spans.clone()).collect()
    }

    /// The name of the service that sent it.
    fn service_name(&self) -> Option<String> {
        let requests = self.0.lock().expect("no panic");
        let resource = requests.first()?.resource_spans.first()?.resource.clone()?;
        resource.attributes.into_iter().find_map(|attribute| {
            match (attribute.key.as_str(), attribute.value?.value?) {
                ("service.name", Value::StringValue(name)) => Some(name),
                _ => None,
            }
        })
    }
}

/// The attributes of a span that are texts or numbers.
fn attributes(span: &Span) -> HashMap<String, String> {
    let text = |value: Value| match value {
        Value::StringValue(text) => Some(text),
        Value::IntValue(number) => Some(number.to_string()),
        _ => None,
    };
    let attributes = span.attributes.iter().cloned();
    attributes.filter_map(|attribute| Some((attribute.key, text(attribute.value?.value?)?))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_are_parts_of_their_clients_traces() {
    let (collector, url) = Collector::start().await;
    let place = Workplace::new(PROGRAM);
    place.repository("upstream").import_history(1);
    place.index("index", "upstream");
    let mut server = Server::start_with(&place, "index", &["--traces", &url], "server.log");
    let mut client = HunktraceClient::connect(server.url().to_owned()).await.expect("a connection");
    let text = b"--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n".to_vec();
    let mut request = Request::new(LookupRequest { text, ..LookupRequest::default() });
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let parent = format!("00-{}-{}-01", hex(&TRACE), hex(&PARENT));
    request.metadata_mut().insert("traceparent", parent.parse().expect("a header"));
    client.lookup(request).await.expect("an answer");

    // The end of the service sends what has not been sent.
    server.signal(libc::SIGTERM);
    assert_eq!(server.wait().code(), Some(0), "{}", server.log());
    let started = Instant::now();
    while collector.spans().len() < 3 {
        assert!(started.elapsed() < PATIENCE, "{:?}\n{}", collector.spans(), server.log());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }

    assert_eq!(collector.service_name().as_deref(), Some("hunktrace"));
    let spans = collector.spans();
    let [call] = &spans.iter().filter(|span| span.name.ends_with("/Lookup")).collect::<Vec<_>>()[..] else {
        panic!("one call: {spans:?}")
    };
    assert_eq!((&call.trace_id[..], &call.parent_span_id[..]), (&TRACE[..], &PARENT[..]));
    let told = attributes(call);
    assert_eq!(told.get("rpc.service").map(String::as_str), Some("hunktrace.v1.Hunktrace"));
    assert_eq!(told.get("rpc.method").map(String::as_str), Some("Lookup"));
    assert_eq!(told.get("rpc.grpc.status_code").map(String::as_str), Some("0"));
    let mut steps: Vec<&str> = spans
        .iter()
        .filter(|span| span.parent_span_id == call.span_id && span.trace_id == TRACE)
        .map(|span| span.name.as_str())
        .collect();
    steps.sort_unstable();
    assert_eq!(steps, ["wait for a turn", "work"]);
}

#[test]
fn service_answers_where_no_collector_does() {
    let place = Workplace::new(PROGRAM);
    place.repository("upstream").import_history(1);
    place.index("index", "upstream");
    let flags = ["--traces", "http://127.0.0.1:9"];
    let mut server = Server::start_with(&place, "index", &flags, "server.log");
    place.run(&["status", "--server", server.url()]).succeeded();
    server.signal(libc::SIGTERM);
    assert_eq!(server.wait().code(), Some(0), "{}", server.log());
}

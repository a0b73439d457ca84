//! Traces of calls on their way to an OpenTelemetry collector.

use std::sync::OnceLock;

use anyhow::Context;
use opentelemetry::global::set_text_map_propagator;
use opentelemetry::trace::TracerProvider;
use opentelemetry::{KeyValue, global};
use opentelemetry_otlp::{SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tokio::runtime::{Builder, Runtime};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::{Layer, Registry};

/// The spans that are traced.
const SPANS: &str = "hunktrace_server::calls";

/// What sends traces.
struct Sender {
    provider: SdkTracerProvider,
    /// The connection to the collector lives on it.
    _runtime: Runtime,
}

static SENDER: OnceLock<Sender> = OnceLock::new();

/// What sends the spans of calls to the collector at `url`.
///
/// # Errors
/// If the URL is none, or the system gives no thread.
pub fn traces_layer(url: &str) -> anyhow::Result<Box<dyn Layer<Registry> + Send + Sync>> {
    let runtime = Builder::new_multi_thread().worker_threads(1).thread_name("traces").enable_all().build();
    let runtime = runtime.context("cannot start a thread for traces")?;
    let exporter = {
        let _context = runtime.enter();
        let exporter = SpanExporter::builder().with_tonic().with_endpoint(url).build();
        exporter.with_context(|| format!("{url}: traces cannot be sent there"))?
    };
    let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
    let resource = Resource::builder().with_service_name("hunktrace").with_attribute(version).build();
    let provider = SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build();
    set_text_map_propagator(TraceContextPropagator::new());
    global::set_tracer_provider(provider.clone());
    let layer = tracing_opentelemetry::layer()
        .with_tracer(provider.tracer("hunktrace"))
        .with_location(false)
        .with_threads(false)
        .with_target(false)
        .with_filter(Targets::new().with_target(SPANS, LevelFilter::DEBUG));
    drop(SENDER.set(Sender { provider, _runtime: runtime }));
    Ok(layer.boxed())
}

/// Sends what has not been sent.
///
/// # Errors
/// Where the collector does not take it.
pub fn finish_traces() -> anyhow::Result<()> {
    let finished = SENDER.get().map_or(Ok(()), |sender| sender.provider.shutdown());
    finished.context("the last traces were not sent")
}

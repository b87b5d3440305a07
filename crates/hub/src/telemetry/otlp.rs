//! OpenTelemetry traces, by configuration: OTLP over HTTP, with JSON bodies.

use crate::config::Telemetry;
use anyhow::{Context as _, Result};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{Protocol, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use tracing_subscriber::{EnvFilter, Layer, Registry};

/// The exporter of this process.
#[derive(Debug)]
pub struct Traces {
    provider: SdkTracerProvider,
}

/// Starts exporting, if an endpoint is configured. Call it inside the runtime.
///
/// # Errors
/// When the endpoint cannot be used.
pub fn start(settings: &Telemetry) -> Result<Option<Traces>> {
    let Some(endpoint) = &settings.otlp_endpoint else { return Ok(None) };
    let exporter = opentelemetry_otlp::SpanExporter::builder()
        .with_http()
        .with_http_client(crate::http::client::client()?)
        .with_protocol(Protocol::HttpJson)
        .with_endpoint(format!("{endpoint}/v1/traces"))
        .build()
        .context("telemetry.otlp_endpoint")?;
    let provider = SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_sampler(Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(settings.trace_sample))))
        .with_resource(Resource::builder().with_service_name("syncline").build())
        .build();
    Ok(Some(Traces { provider }))
}

impl Traces {
    /// What turns spans of `tracing` into traces.
    #[must_use]
    pub fn layer(&self) -> Box<dyn Layer<Registry> + Send + Sync> {
        let tracer = self.provider.tracer("syncline");
        let ours = EnvFilter::new("off,syncline_hub=info");
        tracing_opentelemetry::layer().with_tracer(tracer).with_filter(ours).boxed()
    }

    /// Sends what is still waiting.
    pub fn finish(self) {
        if let Err(error) = self.provider.shutdown() {
            tracing::debug!(%error, "the last traces were not sent");
        }
    }
}
